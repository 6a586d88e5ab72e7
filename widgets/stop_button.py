"""STOP: the one filled red button. Acts on press, never disabled; latched it shows STOPPED, unanswered it says so.

The window places it; it knows no arm. Esc reaches the same signal through the application's event filter.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.buttons import PaintedButton

REACH = "Keep the robot’s own emergency stop within reach."
UNANSWERED = "STOP was sent, the arm has not answered. Use the robot’s emergency stop."


class StopButton(PaintedButton):
    """The big red button. Its hit area is the whole widget; the drawn button lies inset in it by `set_inset`."""

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("STOP", parent)
        self.setAccessibleDescription(f"Halts the arm at once. It is software, not a safety-rated stop. {REACH}")
        self.setToolTip(f"Halts the arm at once. This is software, not a safety-rated stop. {REACH}")
        self.setProperty("ring_radius", 10)
        self._latched = False
        self._unanswered = False
        self._window_active = True
        self._size = QSize(280, 48)

    def set_latched(self, latched: bool) -> None:
        """The arm's own word that it is stopped."""
        if latched != self._latched:
            self._latched = latched
            self.setAccessibleName("STOPPED" if latched else "STOP")
            self.update()

    def set_unanswered(self, unanswered: bool) -> None:
        """STOP was sent and the arm's state has not said so in time."""
        if unanswered != self._unanswered:
            self._unanswered = unanswered
            self.setAccessibleDescription(UNANSWERED if unanswered else REACH)
            self.update()

    def set_window_active(self, active: bool) -> None:
        """While another window has the keys the cap says "click"."""
        if active != self._window_active:
            self._window_active = active
            self.update()

    def set_drawn_size(self, width: int, height: int) -> None:
        """The size of the red button inside the hit area."""
        self._size = QSize(width, height)
        self.update()

    def drawn_rect(self) -> QRectF:
        """Where the red button lies in the hit area."""
        left = (self.width() - self._size.width()) / 2
        return QRectF(left, (self.height() - self._size.height()) / 2, self._size.width(), self._size.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.stop_requested.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stop_requested.emit()
        else:
            event.ignore()

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = self.drawn_rect()
        if self._latched:
            paint.rounded(painter, rect, 10, theme.color("panel"), theme.color("stop"), 3)
            self._words(painter, rect, "STOPPED", theme.color("danger"), centred=True)
        else:
            state = "stop_pressed" if self.isDown() else "stop_hover" if self.hovered() else "stop"
            paint.rounded(painter, rect, 10, theme.color(state))
            self._words(painter, rect, "STOP", theme.color("on_stop"), centred=False)
        painter.end()

    def _words(self, painter: QPainter, rect: QRectF, word: str, color: QColor, *, centred: bool) -> None:
        if self._unanswered:
            font = theme.sized_font(13)
            painter.setFont(font)
            painter.setPen(color)
            painter.drawText(rect.adjusted(10, 0, -10, 0), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, UNANSWERED)
            return
        font = theme.font("stop")
        width = 28 + 12 + paint.text_width(font, word)
        x = rect.center().x() - width / 2 + (0 if centred else 0)
        self._octagon(painter, x + 14, rect.center().y(), color)
        paint.text(painter, QRectF(x + 40, rect.top(), rect.right() - x - 40, rect.height()), word, font, color)
        if not centred:
            key = "Esc" if self._window_active else "click"
            cap = paint.key_cap_width(key)
            paint.key_cap(painter, rect.right() - cap - 12, rect.center().y(), key, color, None, QColor(0, 0, 0, 76))

    @staticmethod
    def _octagon(painter: QPainter, cx: float, cy: float, color: QColor) -> None:
        paint.icon(painter, "octagon-bold", cx - 14, cy, color, 28)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(QPointF(cx - 5, cy - 1.25), QPointF(cx + 5, cy + 1.25)), 1, 1)
