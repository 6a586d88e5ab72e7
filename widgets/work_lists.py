"""Lists of work: demonstrations, versions, rollouts."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.lists import RowList
from widgets.values import DemoCard, RolloutRow, VersionRow

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MIDDLE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class EpisodeList(RowList[DemoCard]):
    """Demonstration cards. Emits `chosen(id, modifiers)`."""

    row_height = 72

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Demonstrations", parent)
        self._thumb = (88, 56)
        self._images: dict[str, tuple[int, QImage]] = {}

    def set_thumb_size(self, width: int, height: int) -> None:
        """The size of the pictures; follows the window's width."""
        self._thumb = (width, height)
        self.row_height = max(72, height + 16)
        self.viewport().update()

    def row_id(self, row: DemoCard) -> object:
        return row.id

    def spoken(self, row: DemoCard) -> str:
        return f"{row.title}, {row.detail}, {row.flag}"

    def paint_row(self, painter: QPainter, rect: QRectF, row: DemoCard) -> None:
        width, height = self._thumb
        cy = rect.center().y()
        box = QRectF(rect.left(), cy - height / 2, width, height)
        image = self._image(row)
        if image is None:
            paint.rounded(painter, box, 6, theme.color("raised"))
        else:
            paint.picture(painter, box, image, 5)
        x, room = box.right() + 12, rect.right() - box.right() - 10
        paint.text(painter, QRectF(x, cy - 31, room, 22), row.title, theme.font("medium"), theme.color("text"))
        paint.text(painter, QRectF(x, cy - 9, room, 18), row.detail, theme.font("caption"), theme.color("text_3"))
        tone = paint.tone(row.tone, "text_3")
        paint.icon(painter, row.icon, x, cy + 19, tone, 16)
        paint.text(painter, QRectF(x + 21, cy + 10, room - 21, 18), row.flag, theme.font("caption"), tone)

    def _image(self, row: DemoCard) -> QImage | None:
        if row.picture is None:
            return None
        cached = self._images.get(row.id)
        if cached is None or cached[0] != id(row.picture):
            cached = (id(row.picture), paint.to_image(row.picture))
            self._images[row.id] = cached
        return cached[1]


class VersionList(RowList[VersionRow]):
    """Versions of the policy with their rehearsal score. Emits `chosen(id, modifiers)`; Shift picks a second one to compare."""

    row_height = 72

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Versions", parent)

    def row_id(self, row: VersionRow) -> object:
        return row.id

    def spoken(self, row: VersionRow) -> str:
        return f"{row.title}, {row.made_from}, {row.status}, {row.score}"

    def paint_row(self, painter: QPainter, rect: QRectF, row: VersionRow) -> None:
        cy = rect.center().y()
        paint.text(painter, QRectF(rect.left(), cy - 14, 38, 28), row.title, theme.font("heading"), theme.color("text"), _MIDDLE)
        figures = theme.font("medium" if rect.width() > 225 else "caption")
        score = paint.text_width(figures, row.score)
        room = rect.width() - 40 - score - 4
        paint.text(painter, QRectF(rect.left() + 40, cy - 18, room, 18), row.made_from, theme.font("caption"), theme.color("text_3"))
        x = rect.left() + 40
        tone = paint.tone(row.tone, "text_3")
        if row.icon:
            paint.icon(painter, row.icon, x, cy + 9, tone, 16)
            x += 21
        paint.text(painter, QRectF(x, cy, rect.left() + 40 + room - x, 18), row.status, theme.font("caption"), tone)
        paint.text(painter, QRectF(rect.right() - score - 1, cy - 14, score + 1, 28), row.score, figures, theme.color("text"), _RIGHT)


class RolloutList(RowList[RolloutRow]):
    """Today's rollouts. Emits `chosen(id, modifiers)`."""

    row_height = 48

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Rollouts", parent)

    def row_id(self, row: RolloutRow) -> object:
        return row.id

    def spoken(self, row: RolloutRow) -> str:
        return f"{row.title} {row.outcome}, {row.time}"

    def paint_row(self, painter: QPainter, rect: QRectF, row: RolloutRow) -> None:
        cy = rect.center().y()
        paint.icon(painter, row.icon, rect.left(), cy, paint.tone(row.tone), 20)
        name = paint.text_width(theme.font("medium"), row.title)
        paint.text(painter, QRectF(rect.left() + 32, cy - 14, name + 2, 28), row.title, theme.font("medium"), theme.color("text"))
        x = rect.left() + 32 + name + 5
        time = paint.text_width(theme.font("caption"), row.time) + 6
        paint.text(painter, QRectF(x, cy - 14, rect.right() - x - time, 28), row.outcome, theme.font("body"), theme.color("text_2"))
        paint.text(painter, QRectF(rect.right() - 60, cy - 14, 60, 28), row.time, theme.font("caption"), theme.color("text_3"), _RIGHT)
