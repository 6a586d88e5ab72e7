"""The layer over the cloud in which the box in hand is dragged, sized and turned by the mouse. Beside the box the mouse is the cloud's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from core.types import OrientedBox
from widgets import box_hand, theme
from widgets.box_hand import BODY, RING, Grip, Ray
from widgets.cloud_overlay import CloudOverlay, OverlayState
from widgets.orbit import project

_SIDE_PX, _HELD_PX = 6.0, 8.0
_NOTCH = 120


@dataclass(frozen=True)
class _Drag:
    """What was gripped, of which box, and the line of sight where."""

    grip: Grip
    box: OrientedBox
    start: Ray


class BoxPane(QWidget):
    """`moved(OrientedBox)` while it is dragged, from `grabbed()` to `released()`; `sized(n)` and `turned(n)`: notches of the wheel."""

    grabbed = Signal()
    moved = Signal(object)
    released = Signal()
    sized = Signal(int)
    turned = Signal(int)

    def __init__(self, view: QWidget, overlay: CloudOverlay) -> None:
        super().__init__(view)
        self.setAccessibleName("Box")
        self.setMouseTracking(True)
        self._view, self._overlay = view, overlay
        self._box: OrientedBox | None = None
        self._drag: _Drag | None = None
        self._at: QPointF | None = None
        self._wheel = 0
        view.installEventFilter(self)
        self.hide()

    def set_box(self, box: OrientedBox | None) -> None:
        """The box in hand; None lets the view have the mouse again."""
        self._box = box
        if box is None:
            self._drag = self._at = None
        self.setGeometry(self._view.rect())
        self.setVisible(box is not None)
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._view.rect())
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        grip = self._grip_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        ray = self._ray(event.position())
        if grip is None or ray is None or self._box is None:
            event.ignore()
            return
        self._drag = _Drag(grip, self._box, ray)
        self.grabbed.emit()
        self._point(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(event.position())
        ray = self._ray(event.position())
        if self._drag is None or ray is None:
            event.ignore()
            return
        self._box = box_hand.dragged(self._drag.box, self._drag.grip, self._drag.start, ray)
        self.moved.emit(self._box)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._drag is None:
            event.ignore()
            return
        self._drag = None
        self._point(event.position())
        self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Over the box: its size, as the brush's, and with Shift its turn, which some systems then give as a turn sideways."""
        if self._grip_at(event.position()) is None:
            event.ignore()
            return
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        notches = int(self._wheel / _NOTCH)
        self._wheel -= notches * _NOTCH
        if notches:
            shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.turned if shifted else self.sized).emit(notches)

    def leaveEvent(self, event: QEvent) -> None:
        if self._drag is None:
            self._at = None
            self.update()

    def _point(self, at: QPointF) -> None:
        self._at = at
        grip = self._drag.grip if self._drag is not None else self._grip_at(at)
        shapes = {None: Qt.CursorShape.ArrowCursor, BODY: Qt.CursorShape.SizeAllCursor}
        self.setCursor(shapes.get(grip, Qt.CursorShape.PointingHandCursor))
        self.update()

    def _sight(self) -> OverlayState | None:
        return self._overlay.sight()

    def _size(self) -> tuple[float, float]:
        return float(max(1, self.width())), float(max(1, self.height()))

    def _ray(self, at: QPointF) -> Ray | None:
        sight = self._sight()
        return box_hand.ray_at(sight.clip_from_base, *self._size(), at.x(), at.y()) if sight is not None else None

    def _grip_at(self, at: QPointF) -> Grip | None:
        sight = self._sight()
        if sight is None or self._box is None:
            return None
        return box_hand.grip_at(self._box, sight.clip_from_base, sight.eye, self._size(), at.x(), at.y())

    def paintEvent(self, event: QPaintEvent) -> None:
        sight = self._sight()
        if sight is None or self._box is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        held = self._drag.grip if self._drag is not None else self._grip_at(self._at) if self._at is not None else None
        found = box_hand.grips(self._box, sight.eye)
        xy, w = project(np.stack([*found.values(), self._box.center]), sight.clip_from_base, *self._size())
        places = [QPointF(*p) for p in xy]
        turning = self._drag is not None and self._drag.grip == RING
        for grip, place, depth in zip(found, places, w, strict=False):
            if depth <= 0:
                continue
            at = self._at if turning and grip == RING and self._at is not None else place
            if grip == RING:
                self._line(painter, places[-1], at)
            self._handle(painter, at, grip, _HELD_PX if grip == held else _SIDE_PX)
        painter.end()

    @staticmethod
    def _line(painter: QPainter, a: QPointF, b: QPointF) -> None:
        for color, width in ((theme.color("ink"), 3.0), (theme.color("accent"), 1.5)):
            painter.setPen(QPen(color, width))
            painter.drawLine(a, b)

    @staticmethod
    def _handle(painter: QPainter, at: QPointF, grip: Grip, half: float) -> None:
        painter.setPen(QPen(theme.color("ink"), 1.5))
        painter.setBrush(theme.color("accent"))
        if grip == RING:
            painter.drawEllipse(at, half + 1, half + 1)
        else:
            painter.drawRect(QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half))
