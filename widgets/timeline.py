"""The timeline of an episode: picture strip, speed, gripper, gaps, trim handles, playhead.

Emits where the operator wants the playhead or the handles; never moves them by itself.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import IconButton
from widgets.parts import KeyCap, label
from widgets.values import TimelineData

_LEFT, _RIGHT_PAD = 84, 16
_HANDLE, _REACH = 14, 22


class TimelineTrack(QWidget):
    """The painted tracks. Emits `seek_requested(s)`, `trim_requested(start, end)` while dragging and `trim_committed` at release."""

    seek_requested = Signal(float)
    trim_requested = Signal(float, float)
    trim_committed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = TimelineData(1.0, 30)
        self._images: list[QImage] = []
        self._time = 0.0
        self._grab = ""
        self.setMinimumHeight(152)
        self.setMouseTracking(True)
        self.setAccessibleName("Timeline")

    def set_data(self, data: TimelineData) -> None:
        """Show an episode."""
        if data is self._data:
            return
        if data.pictures is not self._data.pictures:
            self._images = [paint.to_image(p) for p in data.pictures]
        self._data = data
        self.update()

    def set_time(self, time: float) -> None:
        """Put the playhead at a time in seconds."""
        if time != self._time:
            self._time = time
            self.setAccessibleDescription(f"{time:.1f} s of {self._data.duration:.1f} s")
            self.update()

    def x_of(self, time: float) -> float:
        """Where a time lies."""
        return _LEFT + (self.width() - _LEFT - _RIGHT_PAD) * time / max(1e-6, self._data.duration)

    def time_at(self, x: float) -> float:
        """The time at a place, inside the episode."""
        return float(np.clip((x - _LEFT) / max(1, self.width() - _LEFT - _RIGHT_PAD), 0, 1)) * self._data.duration

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._data.frames:
            return
        x = event.position().x()
        start, end = (abs(x - self.x_of(t)) for t in self._data.trim)
        if min(start, end) < _REACH and abs(x - self.x_of(self._time)) > 4:
            self._grab = "start" if start <= end else "end"
        else:
            self._grab = "seek"
            self.seek_requested.emit(self.time_at(x))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        time = self.time_at(event.position().x())
        if self._grab == "seek":
            self.seek_requested.emit(time)
        elif self._grab:
            self.trim_requested.emit(*self._trimmed(time))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grab in ("start", "end"):
            self.trim_committed.emit(*self._trimmed(self.time_at(event.position().x())))
        self._grab = ""

    def _trimmed(self, time: float) -> tuple[float, float]:
        start, end = self._data.trim
        return (min(time, end - 0.1), end) if self._grab == "start" else (start, max(time, start + 0.1))

    def _tracks(self) -> tuple[QRectF, QRectF, QRectF]:
        left, width = float(_LEFT), float(self.width() - _LEFT - _RIGHT_PAD)
        extra = max(0, self.height() - 152) / 2
        picture = QRectF(left, 15, width, 52 + extra)
        speed = QRectF(left, picture.bottom() + 8, width, 36 + extra)
        return picture, speed, QRectF(left, speed.bottom() + 8, width, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tracks = self._tracks()
        for name, rect in zip(("picture", "speed", "gripper"), tracks, strict=True):
            paint.text(painter, QRectF(16, rect.center().y() - 11, 52, 22), name, theme.font("caption"), theme.color("text_3"))
        self._paint_pictures(painter, tracks[0])
        if self._data.frames:
            self._paint_speed(painter, tracks[1])
        self._paint_gripper(painter, tracks[2])
        if self._data.frames:
            self._paint_trim(painter, tracks[0].top(), tracks[2].bottom() + 1)
            self._paint_ticks(painter, tracks[2].bottom() + 6)
            self._paint_head(painter, tracks[0].top(), tracks[2].bottom() + 1)
        painter.end()

    def _paint_pictures(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, theme.color("raised"))
        count = len(self._images)
        for i, image in enumerate(self._images):
            x = rect.left() + rect.width() * i / count
            paint.picture(painter, QRectF(x, rect.top(), rect.width() / count - 1, rect.height()), image, 0)
        for start, end in self._data.unnamed:
            painter.fillRect(QRectF(self.x_of(start), rect.bottom() - 4, self.x_of(end) - self.x_of(start), 4), theme.color("warn"))
        for start, end in self._data.labelled:
            width = max(3.0, self.x_of(end) - self.x_of(start))
            painter.fillRect(QRectF(self.x_of(start), rect.bottom() - 4, width, 4), theme.color("accent"))

    def _paint_speed(self, painter: QPainter, rect: QRectF) -> None:
        speed = self._data.speed
        top = float(speed.max()) or 1.0
        xs = np.linspace(rect.left(), rect.right(), len(speed))
        ys = rect.bottom() - 1 - speed / top * (rect.height() - 4)
        line = QPolygonF([QPointF(x, y) for x, y in zip(xs, ys, strict=True)])
        area = QPainterPath()
        area.addPolygon(line)
        area.lineTo(rect.bottomRight())
        area.lineTo(rect.bottomLeft())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent", 0.16))
        painter.drawPath(area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawPolyline(line)

    def _paint_gripper(self, painter: QPainter, rect: QRectF) -> None:
        paint.rounded(painter, rect, 3, theme.color("raised"))
        for start, end in self._data.gripped:
            paint.rounded(
                painter, QRectF(self.x_of(start), rect.top(), self.x_of(end) - self.x_of(start), rect.height()), 4, theme.color("text_2")
            )

    def _paint_trim(self, painter: QPainter, top: float, bottom: float) -> None:
        start, end = (self.x_of(t) for t in self._data.trim)
        veil = theme.color("panel", 0.72)
        painter.fillRect(QRectF(_LEFT, top - 1, start - _LEFT, bottom - top + 2), veil)
        painter.fillRect(QRectF(end, top - 1, self.width() - _RIGHT_PAD - end, bottom - top + 2), veil)
        for gap_start, gap_end in self._data.gaps:
            x = self.x_of(gap_start)
            painter.fillRect(QRectF(x, top, max(6.0, self.x_of(gap_end) - x), bottom - top), theme.color("warn", 0.5))
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawLine(QPointF(start, top - 1), QPointF(end, top - 1))
        painter.drawLine(QPointF(start, bottom + 1), QPointF(end, bottom + 1))
        for x in (start - _HANDLE / 2, end - _HANDLE / 2):
            handle = QRectF(x, top - 2, _HANDLE, bottom - top + 4)
            paint.rounded(painter, handle, 3, theme.color("accent_fill"))
            painter.setPen(QPen(theme.color("on_accent"), 1.6))
            for dx in (-2.0, 2.0):
                at = handle.center() + QPointF(dx, 0)
                painter.drawLine(at - QPointF(0, 11), at + QPointF(0, 11))

    def _paint_ticks(self, painter: QPainter, y: float) -> None:
        step = next((s for s in (1, 2, 5, 10, 30, 60, 120) if self._data.duration / s <= 8), 300)
        for second in range(0, int(self._data.duration) + 1, step):
            x = self.x_of(second)
            flags = Qt.AlignmentFlag.AlignLeft if second == 0 else Qt.AlignmentFlag.AlignHCenter
            rect = QRectF(x, y, 60, 18) if second == 0 else QRectF(x - 30, y, 60, 18)
            if rect.right() < self.width():
                paint.text(painter, rect, f"{second} s", theme.font("caption"), theme.color("text_3"), flags)

    def _paint_head(self, painter: QPainter, top: float, bottom: float) -> None:
        x = self.x_of(self._time)
        head = QColor(theme.color("text"))
        painter.setPen(QPen(theme.color("canvas"), 4))
        painter.drawLine(QPointF(x, top - 4), QPointF(x, bottom + 2))
        painter.setPen(QPen(head, 2))
        painter.drawLine(QPointF(x, top - 6), QPointF(x, bottom + 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(head)
        painter.drawPolygon(
            QPolygonF(
                [QPointF(x - 7, top - 14), QPointF(x + 7, top - 14), QPointF(x + 7, top - 6), QPointF(x, top), QPointF(x - 7, top - 6)]
            )
        )


class Timeline(QWidget):
    """Play, where the playhead is, what is kept, split; and the tracks."""

    play_requested = Signal()
    split_requested = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.track = TimelineTrack()
        self._play = IconButton("play", "Play (Space)")
        self._play.clicked.connect(self.play_requested)
        self._now = label("", "strong")
        self._of = label("", "body", "2")
        self._keeps = label("", "body", "2")
        self._time = 0.0
        self._split = IconButton("columns", "Split here (X)")
        self._split.clicked.connect(lambda: self.split_requested.emit(self._time))
        self._data = TimelineData(1.0, 30)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(5)
        head.addWidget(self._play)
        head.addSpacing(3)
        head.addWidget(self._now)
        head.addWidget(self._of)
        head.addStretch(1)
        head.addWidget(self._keeps)
        self._caps = KeyCap("I"), KeyCap("O")
        for cap in self._caps:
            head.addWidget(cap)
        head.addSpacing(4)
        head.addWidget(self._split)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.track, 1)

    def set_data(self, data: TimelineData) -> None:
        """Show an episode."""
        self._data = data
        for button in (self._play, self._split):
            button.setEnabled(True)
        for cap in self._caps:
            cap.setVisible(True)
        self.track.set_data(data)
        start, end = data.trim
        self._keeps.setText(f"Keeps {start:.1f} s to {end:.1f} s")
        self.set_time(self._time)

    def set_time(self, time: float) -> None:
        """Put the playhead at a time in seconds."""
        self._time = time
        frame = int(np.searchsorted(self._data.times, time + 1e-6, side="right"))
        self._now.setText(f"{time:.1f} s")
        self._of.setText(f"of {self._data.duration:.1f} s    frame {frame} of {self._data.frames}")
        self.track.set_time(time)

    def clear(self) -> None:
        """No episode is open."""
        self.set_data(TimelineData(0.0, 0))
        self._now.setText("")
        self._of.setText("No demonstration is open")
        self._keeps.setText("")
        for button in (self._play, self._split):
            button.setEnabled(False)
        for cap in self._caps:
            cap.setVisible(False)  # there is nothing to trim

    def set_playing(self, playing: bool) -> None:
        """Show play or pause."""
        self._play.set_icon("pause" if playing else "play")
        self._play.setAccessibleName("Pause (Space)" if playing else "Play (Space)")
