"""The queue of questions on Review: what is asked, why, and what was answered; and above it how far one is and what is shown.

Rows are painted one by one as they come into sight, so ten thousand scroll like ten.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import Button
from widgets.lists import RowList, two_lines
from widgets.parts import ProgressBar, label

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One question. `name`, `key`, `color` as in `ObjectRow`; `detail` says why it is asked; `answered`: the operator has decided."""

    id: int
    name: str | None
    key: int
    color: int | None
    score: float
    detail: str
    flagged: bool = False
    answered: bool = False


class QueueList(RowList[QueueRow]):
    """Emits `chosen(id, modifiers)`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Labels to check", parent)

    def row_id(self, row: QueueRow) -> object:
        return row.id

    def spoken(self, row: QueueRow) -> str:
        score = "" if row.answered else f", {row.score:.0%}"
        return f"{row.name or 'unknown'}, {row.detail}{score}"

    def paint_row(self, painter: QPainter, rect: QRectF, row: QueueRow) -> None:
        cy = rect.center().y()
        swatch = QRectF(rect.left(), cy - 14, 28, 28)
        paint.swatch(painter, swatch, theme.swatch_text(row.key, row.color), row.color)
        body = QRectF(rect.left() + 40, rect.top(), rect.width() - 40 - 48, rect.height())
        tone = "ok" if row.answered else "warn" if row.flagged else "text_3"
        two_lines(painter, body, row.name or "unknown", row.detail, tone)
        if row.answered:
            paint.icon(painter, "check-bold", rect.right() - 18, cy, theme.color("ok"), 16)
            return
        words = QRectF(rect.right() - 60, cy - 16, 60, 20)
        paint.text(painter, words, f"{row.score:.0%}", theme.font("medium"), theme.color("text"), _RIGHT)
        track = QRectF(rect.right() - 40, cy + 9, 40, 4)
        paint.rounded(painter, track, 2, theme.color("pressed"))
        track.setWidth(40 * row.score)
        paint.rounded(painter, track, 2, theme.color("warn" if row.score < 0.8 else "text_2"))


class QueueHead(QWidget):
    """How many are decided and how fast, and the button that chooses what is shown. Emits where its menu goes."""

    filter_requested = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._decided = label("", "medium")
        self._rate = label("", "caption", "3")
        self._bar = ProgressBar()
        self.filter = Button("Everything", icon="magnifying-glass")
        self.filter.clicked.connect(self.open_filter)
        row = QHBoxLayout()
        row.addWidget(self._decided, 1)
        row.addWidget(self._rate)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 16, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._bar)
        column.addSpacing(4)
        column.addWidget(self.filter)

    def set_progress(self, decided: int, total: int, rate: str) -> None:
        """Show "34 of 120 decided" with its bar, and the pace."""
        self._decided.setText(f"{decided} of {total} decided")
        self._rate.setText(rate)
        self._bar.set_fraction(decided / total if total else 0.0)

    def set_filter(self, words: str) -> None:
        """Say what is shown."""
        self.filter.setText(words)
        self.filter.setAccessibleName(f"Show: {words}")

    def open_filter(self) -> None:
        """Ask for the menu, under the button."""
        self.filter_requested.emit(self.filter.mapToGlobal(QPoint(0, self.filter.height() + 4)))
