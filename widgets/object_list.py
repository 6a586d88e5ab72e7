"""The objects seen now, in the order in which they are given; it mirrors the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.lists import RowList, two_lines
from widgets.values import ObjectRow

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_DETAIL = {
    "sure": "sure",
    "unsure": "not sure",
    "unknown": "no name yet",
    "yours": "named by you",
    "looking": "looking",
    "not_saved": "not saved",
    "gone": "out of view",
    "stale": "",
}


class ObjectList(RowList[ObjectRow]):
    """Emits `chosen(track, modifiers)` and `hovered_row(track or None)`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Objects on the table", parent)

    def set_objects(self, rows: Sequence[ObjectRow]) -> None:
        """Show what is seen, in the order given: who gives it keeps the places."""
        self.set_rows(rows)

    def row_id(self, row: ObjectRow) -> object:
        return row.track

    def spoken(self, row: ObjectRow) -> str:
        name = row.name or "unknown"
        score = f", {row.score:.0%}" if row.state in ("sure", "unsure") else ""
        return f"{name}, {row.detail or _DETAIL[row.state]}{score}"

    def paint_row(self, painter: QPainter, rect: QRectF, row: ObjectRow) -> None:
        swatch = QRectF(rect.left(), rect.center().y() - 14, 28, 28)
        paint.swatch(painter, swatch, theme.swatch_text(row.key, row.color), row.color)
        body = QRectF(rect.left() + 40, rect.top(), rect.width() - 40 - (0 if row.state in ("gone", "stale") else 76), rect.height())
        tone = "warn" if row.state in ("unsure", "not_saved") else "text_3"
        two_lines(painter, body, row.name or "unknown", row.detail or _DETAIL[row.state], tone)
        self._paint_end(painter, rect, row)

    def _paint_end(self, painter: QPainter, rect: QRectF, row: ObjectRow) -> None:
        cy = rect.center().y()
        if row.state == "yours":
            self._word(painter, rect, "check-bold", "yours", "ok")
        elif row.state == "not_saved":
            self._word(painter, rect, "warning-bold", "not saved", "warn")
        elif row.state == "unknown":
            if row.track == self._first_unknown():
                paint.key_cap(painter, rect.right() - 24, cy, "N", theme.color("text_2"), theme.color("line_strong"))
        elif row.state in ("sure", "unsure"):
            paint.text(
                painter, QRectF(rect.right() - 60, cy - 16, 60, 20), f"{row.score:.0%}", theme.font("medium"), theme.color("text"), _RIGHT
            )
            track = QRectF(rect.right() - 40, cy + 9, 40, 4)
            paint.rounded(painter, track, 2, theme.color("pressed"))
            track.setWidth(40 * row.score)
            paint.rounded(painter, track, 2, theme.color("warn" if row.state == "unsure" else "text_2"))

    def _first_unknown(self) -> int:
        unknown = [row.track for row in self.rows() if row.state == "unknown"]
        selected = self.selected()
        return selected if isinstance(selected, int) and selected in unknown else (unknown or [0])[0]

    @staticmethod
    def _word(painter: QPainter, rect: QRectF, icon: str, word: str, tone: str) -> None:
        width = paint.text_width(theme.font("caption"), word)
        paint.icon(painter, icon, rect.right() - width - 21, rect.center().y(), theme.color(tone), 16)
        paint.text(
            painter,
            QRectF(rect.right() - width - 1, rect.top(), width + 1, rect.height()),
            word,
            theme.font("caption"),
            theme.color(tone),
            _RIGHT,
        )
