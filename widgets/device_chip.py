"""A device's chip in the top bar: caption, state as a shape, value."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.buttons import PaintedButton
from widgets.values import Chip


class DeviceChip(PaintedButton):
    """A device's caption, state glyph and value; a click asks for its page."""

    def __init__(self, chip: Chip, parent: QWidget | None = None) -> None:
        super().__init__(chip.caption, parent)
        self.setFixedSize(84 if chip.id == "model" else 104, 44)
        self._chip = chip
        self._describe()

    def set_chip(self, chip: Chip) -> None:
        """Show a state."""
        if chip != self._chip:
            self._chip = chip
            self._describe()
            self.update()

    def _describe(self) -> None:
        chip = self._chip
        self.setAccessibleName(f"{chip.caption}: {chip.value}")
        self.setAccessibleDescription(chip.detail or f"Opens the {chip.caption.lower()}'s page")
        self.setToolTip(chip.detail)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.hovered():
            paint.rounded(painter, QRectF(self.rect()), 8, theme.color("hover"))
        paint.text(painter, QRectF(4, 2, self.width() - 4, 18), self._chip.caption, theme.font("caption"), theme.color("text_3"))
        _chip_glyph(painter, QPointF(9, 31), self._chip.state)
        paint.text(painter, QRectF(22, 20, self.width() - 22, 22), self._chip.value, theme.font("medium"), theme.color("text"))
        painter.end()


def _chip_glyph(painter: QPainter, at: QPointF, state: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    x, y = at.x(), at.y()
    shapes = {
        "moving": ("ok", [QPointF(x - 4, y - 5), QPointF(x + 5, y), QPointF(x - 4, y + 5)]),
        "stalled": ("warn", [QPointF(x - 5, y + 5), QPointF(x, y - 5), QPointF(x + 5, y + 5)]),
        "holding": ("text_2", [QPointF(x - 4.5, y - 4.5), QPointF(x + 4.5, y - 4.5), QPointF(x + 4.5, y + 4.5), QPointF(x - 4.5, y + 4.5)]),
    }
    if state in shapes:
        token, points = shapes[state]
        painter.setBrush(theme.color(token))
        painter.drawPolygon(QPolygonF(points))
    elif state == "ok":
        painter.setBrush(theme.color("ok"))
        painter.drawEllipse(at, 5, 5)
    elif state == "lost":
        painter.setPen(QPen(theme.color("danger"), 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(x - 4, y - 4), QPointF(x + 4, y + 4))
        painter.drawLine(QPointF(x - 4, y + 4), QPointF(x + 4, y - 4))
    else:
        pen = QPen(theme.color("accent" if state == "simulated" else "text_2"), 1.8)
        if state == "simulated":
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([1.4, 1.2])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawEllipse(at, 4.5, 4.5)
