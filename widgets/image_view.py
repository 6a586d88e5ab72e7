"""The colour image with the objects' outlines: the same selection, gestures and colour pixels as the cloud; letterboxed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from core.types import TABLE_LABEL, Frame, Scene
from widgets import paint, theme
from widgets.crop import outline
from widgets.tags import paint_tag, place_tags, tag_size
from widgets.values import ObjectRow


class ImageView(QWidget):
    """Emits like `CloudView`."""

    object_clicked = Signal(int, int)
    background_clicked = Signal(int, int)
    add_requested = Signal(int, int)
    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Colour image")
        self.setAccessibleDescription("The camera's picture; the object list holds the same objects")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._image: QImage | None = None
        self._grey: QImage | None = None
        self._scene: Scene | None = None
        self._rows: dict[int, ObjectRow] = {}
        self._outlines: dict[int, QPainterPath] = {}
        self._selected = self._hovered = 0
        self._also: frozenset[int] = frozenset()
        self._frozen = self._tags = False
        self._drawn: QPixmap | None = None

    def set_frame(self, frame: Frame) -> None:
        """Show a frame's colour."""
        self._image = paint.to_image(frame.color)
        self._grey = None
        self._redraw()

    def set_scene(self, scene: Scene | None, rows: Sequence[ObjectRow]) -> None:
        """Show what was identified."""
        if scene is not self._scene:
            self._outlines.clear()
        self._scene = scene
        self._rows = {row.track: row for row in rows}
        self._redraw()

    def set_selection(self, track: int) -> None:
        """Outline an object; 0 = none."""
        if track != self._selected:
            self._selected = track
            self._redraw()

    def set_hovered(self, track: int) -> None:
        """Outline an object lightly; 0 = none."""
        if track != self._hovered:
            self._hovered = track
            self._redraw()

    def set_frozen(self, frozen: bool) -> None:
        """Grey: the picture is old."""
        if frozen != self._frozen:
            self._frozen = frozen
            self._redraw()

    def set_tags(self, tags: bool) -> None:
        """Names over the objects, when the picture is large."""
        if tags != self._tags:
            self._tags = tags
            self._redraw()

    def set_also(self, tracks: Collection[int]) -> None:
        """Outline these besides the selection."""
        if frozenset(tracks) != self._also:
            self._also = frozenset(tracks)
            self._redraw()

    def picture_rect(self) -> QRectF:
        """Where the picture lies; it fills a small pane's width and is letterboxed in a large one."""
        if self._image is None:
            return QRectF(self.rect())
        mode = Qt.AspectRatioMode.KeepAspectRatio
        size = QSizeF(self._image.size()).scaled(QSizeF(self.size()), mode)
        return QRectF(QPointF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2), size)

    def pixel_at(self, at: QPointF) -> tuple[int, int] | None:
        """The colour pixel (u, v) at a position."""
        if self._image is None:
            return None
        rect = self.picture_rect()
        u = int((at.x() - rect.left()) / rect.width() * self._image.width())
        v = int((at.y() - rect.top()) / rect.height() * self._image.height())
        return (u, v) if 0 <= u < self._image.width() and 0 <= v < self._image.height() else None

    def positions_of(self, pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Where the middles of colour pixels (N, 2) as (u, v) lie in the widget (N, 2)."""
        rect = self.picture_rect()
        scale = rect.width() / max(1, self._image.width() if self._image is not None else 1)
        return (pixels + 0.5) * scale + [rect.left(), rect.top()]

    def track_at(self, at: QPointF) -> int:
        """The track at a position, 0 = none."""
        pixel = self.pixel_at(at)
        if pixel is None or self._scene is None:
            return 0
        label = int(self._scene.labels[pixel[1], pixel[0]])
        return next((d.track for d in self._scene.detections if d.instance == label), 0) if 0 < label < TABLE_LABEL else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture())
        painter.end()

    def _picture(self) -> QPixmap:
        """The whole view, kept until something of it changes: what lies over it repaints many times a second."""
        if self._drawn is None:
            ratio = self.devicePixelRatioF()
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._paint(self._drawn)
        return self._drawn

    def _paint(self, target: QPixmap) -> None:
        target.fill(theme.color("canvas"))
        if self._image is None:
            return
        painter = QPainter(target)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        rect = self.picture_rect()
        painter.drawImage(rect, self._shown())
        if not self._frozen:
            self._paint_objects(painter, rect)
        painter.end()

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()
        super().changeEvent(event)

    def _shown(self) -> QImage:
        if not self._frozen or self._image is None:
            return self._image or QImage()
        if self._grey is None:
            self._grey = self._image.convertToFormat(QImage.Format.Format_Grayscale8)
        return self._grey

    def _paint_objects(self, painter: QPainter, rect: QRectF) -> None:
        if self._scene is None or self._image is None:
            return
        scale = rect.width() / self._image.width()
        painter.save()
        painter.translate(rect.topLeft())
        painter.scale(scale, scale)
        for d in self._scene.detections:
            row = self._rows.get(d.track)
            if row is None or not (self._tags or d.track in (self._selected, self._hovered, *self._also)):
                continue
            selected = d.track == self._selected or d.track in self._also
            path = self._outline_of(d.instance)
            color = theme.color("on_accent") if selected else theme.object_color(row.color)
            for shade, width in ((theme.color("ink"), 3.6), (color, 2.0)):
                painter.setPen(QPen(shade, width / scale, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
                painter.drawPath(path)
        painter.restore()
        if self._tags:
            self._paint_tags(painter, rect, scale)

    def _outline_of(self, instance: int) -> QPainterPath:
        """An instance's border, found once a scene."""
        if instance not in self._outlines and self._scene is not None:
            inside = self._scene.labels == instance
            rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
            path = QPainterPath()
            if rows.size:
                path = outline(inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
                path.translate(float(columns[0]), float(rows[0]))
            self._outlines[instance] = path
        return self._outlines.get(instance, QPainterPath())

    def _paint_tags(self, painter: QPainter, rect: QRectF, scale: float) -> None:
        detections = {d.track: d for d in self._scene.detections if d.track in self._rows} if self._scene else {}
        chosen = (self._selected, self._hovered)
        full = {track: self._rows[track].full_tag or track in chosen for track in detections}
        boxes = {t: box for t, d in detections.items() if not (box := self._outline_of(d.instance).boundingRect()).isEmpty()}
        shown = {t: QRectF(rect.topLeft() + box.topLeft() * scale, box.size() * scale) for t, box in boxes.items()}
        sizes = {track: tag_size(self._rows[track], full[track]) for track in shown}
        bounds = rect.intersected(QRectF(self.rect())).adjusted(4, 4, -4, -4)
        for track, placed in place_tags(shown, sizes, bounds).items():
            if placed.leader is not None:
                painter.setPen(QPen(theme.color("on_accent"), 1.25))
                painter.drawLine(placed.leader)
            paint_tag(painter, placed.rect, self._rows[track], full=full[track], selected=track == self._selected)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hovered.emit(self.track_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pixel = self.pixel_at(event.position())
        track = self.track_at(event.position())
        if track:
            self.object_clicked.emit(track, event.modifiers().value)
        elif pixel is not None:
            self.background_clicked.emit(*pixel)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pixel = self.pixel_at(event.position())
        if pixel is not None and not self.track_at(event.position()):
            self.add_requested.emit(*pixel)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
