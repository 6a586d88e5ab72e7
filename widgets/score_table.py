"""Names with how often each was right, before and after: in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.values import NameScoreRow

_ROW, _HEAD, _GAP, _LEAST = 40, 26, 40, 280
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MIDDLE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_FIGURE = 84


class ScoreTable(QWidget):
    """Rows fill one column after the other; its height follows from its width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[NameScoreRow, ...] = ()
        self.setAccessibleName("Named right, before and after")
        self.setProperty("surface", "clear")

    def set_rows(self, rows: Sequence[NameScoreRow]) -> None:
        """Show rows in order."""
        self._rows = tuple(rows)
        spoken = (f"{r.name}: {r.before} of {r.total} right before, {r.after} after" for r in rows)
        self.setAccessibleDescription("; ".join(spoken))
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _columns(self) -> int:
        return max(1, min(2, (self.width() + _GAP) // (_LEAST + _GAP)))

    def _per_column(self) -> int:
        return -(-len(self._rows) // self._columns())

    def _fit(self) -> None:
        self.setMinimumHeight(_HEAD + _ROW * self._per_column() if self._rows else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._rows:
            words, centre = "Shown as soon as a version has learned", Qt.AlignmentFlag.AlignCenter
            paint.text(painter, QRectF(self.rect()), words, theme.font("body"), theme.color("text_3"), centre)
        columns, per_column = self._columns(), self._per_column()
        width = (self.width() - _GAP * (columns - 1)) / columns
        for n in range(min(columns, len(self._rows))):
            self._paint_head(painter, QRectF(n * (width + _GAP), 0, width, _HEAD))
        for n, row in enumerate(self._rows):
            left = n // per_column * (width + _GAP)
            self._paint_row(painter, QRectF(left, _HEAD + n % per_column * _ROW, width, _ROW), row)
        painter.end()

    def _paint_head(self, painter: QPainter, rect: QRectF) -> None:
        for words, right in (("before", rect.right() - 28 - _FIGURE), ("after", rect.right() - 28)):
            spot = QRectF(right - _FIGURE, rect.top(), _FIGURE, rect.height())
            paint.text(painter, spot, words, theme.font("caption"), theme.color("text_3"), _RIGHT)

    def _paint_row(self, painter: QPainter, rect: QRectF, row: NameScoreRow) -> None:
        cy = rect.center().y()
        painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), 1), theme.color("line"))
        paint.swatch(painter, QRectF(rect.left(), cy - 11, 22, 22), theme.swatch_text(row.key, row.color), row.color)
        room = rect.width() - 2 * _FIGURE - 28 - 34
        paint.text(painter, QRectF(rect.left() + 34, cy - 14, room, 28), row.name, theme.font("medium"), theme.color("text"), _MIDDLE)
        right = rect.right() - 28
        before = QRectF(right - 2 * _FIGURE, cy - 14, _FIGURE, 28)
        paint.text(painter, before, f"{row.before} of {row.total}", theme.font("body"), theme.color("text_2"), _RIGHT)
        after = QRectF(right - _FIGURE, cy - 14, _FIGURE, 28)
        paint.text(painter, after, f"{row.after} of {row.total}", theme.font("medium"), theme.color("text"), _RIGHT)
        icon, tone = _mark(row)
        if icon:
            paint.icon(painter, icon, rect.right() - 20, cy, theme.color(tone), 18)


def _mark(row: NameScoreRow) -> tuple[str, str]:
    if row.after == row.before:
        return "", ""
    return ("arrow-up-bold", "ok") if row.after > row.before else ("arrow-down-bold", "warn")
