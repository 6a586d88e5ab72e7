"""Rehearsals as small pictures with their outcome, by number."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.values import Rehearsal

_COLUMNS, _GAP = 4, 9


class RehearsalGrid(QWidget):
    """Emits `watch_requested(number)` on a click."""

    watch_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: tuple[Rehearsal, ...] = ()
        self.setAccessibleName("Rehearsals")

    def set_rehearsals(self, items: Sequence[Rehearsal]) -> None:
        """Show rehearsals in order."""
        self._items = tuple(items)
        self.setAccessibleDescription(", ".join(f"{r.number} {r.state}" for r in items))
        self.updateGeometry()
        self.update()

    def _cell(self, at: int) -> QRectF:
        width = (self.width() - _GAP * (_COLUMNS - 1)) / _COLUMNS
        height = width * 0.7
        return QRectF((at % _COLUMNS) * (width + _GAP), (at // _COLUMNS) * (height + _GAP), width, height)

    def sizeHint(self) -> QSize:
        rows = -(-max(1, len(self._items)) // _COLUMNS)
        return QSize(360, round(rows * 70))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for i, item in enumerate(self._items):
            if self._cell(i).contains(event.position()) and item.state != "waiting":
                self.watch_requested.emit(item.number)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for i, item in enumerate(self._items):
            rect = self._cell(i)
            if item.picture is None:
                paint.rounded(painter, rect, 6, theme.color("raised"), theme.color("line"))
                words = theme.color("accent" if item.state == "running" else "text_3")
                if item.state in ("waiting", "running"):
                    paint.text(painter, rect, str(item.number), theme.font("body"), words, Qt.AlignmentFlag.AlignCenter)
            else:
                paint.picture(painter, rect, paint.to_image(item.picture), 6)
            if item.state in ("worked", "missed"):
                self._paint_mark(painter, rect, item.state == "worked")
        painter.end()

    @staticmethod
    def _paint_mark(painter: QPainter, rect: QRectF, worked: bool) -> None:
        mark = QRectF(rect.right() - 26, rect.bottom() - 26, 22, 22)
        paint.rounded(painter, mark, 11, theme.color("panel"))
        paint.icon(
            painter, "check-bold" if worked else "x-bold", mark.left() + 4, mark.center().y(), theme.color("ok" if worked else "danger"), 14
        )
