"""Name tags over objects: where they sit (a pure function) and how they are painted.

Used by the cloud's overlay and the image view.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap

from widgets import paint, theme
from widgets.tokens import Tokens
from widgets.values import ObjectRow

TAG_HEIGHT, QUIET = 28.0, 26.0
_ABOVE, _BELOW = 12.0, 10.0
_SIDEWAYS = (0.0, -0.75, 0.75, -1.4, 1.4)


@dataclass(frozen=True, slots=True)
class Placed:
    """A tag's rectangle, its leader line when it was moved sideways, and which candidate it took."""

    rect: QRectF
    leader: QLineF | None
    candidate: int


_ROWS = 3  # above the box, below it, high above it
_CANDIDATES = _ROWS * len(_SIDEWAYS)


def _candidate(at: int, box: QRectF, size: QSizeF, bounds: QRectF) -> tuple[QRectF, QLineF | None]:
    """The tag at the candidate `at` with its leader, best places first."""
    shift, row = _SIDEWAYS[at // _ROWS], at % _ROWS
    below = row == 1
    cx = box.center().x()
    top = box.bottom() + _BELOW if below else box.top() - (_ABOVE if row == 0 else 3 * _ABOVE) - size.height()
    rect = QRectF(cx - size.width() / 2 + shift * size.width(), top, size.width(), size.height())
    rect.moveLeft(min(max(rect.left(), bounds.left()), bounds.right() - rect.width()))
    end = QPointF(cx, box.bottom() if below else box.top())
    start = QPointF(rect.center().x(), rect.top() if below else rect.bottom())
    aside = abs(start.x() - end.x()) > size.width() / 3 or row == 2
    return rect, QLineF(start, end) if aside else None


def _overlap(rect: QRectF, others: Sequence[QRectF]) -> float:
    total = 0.0
    for other in others:
        both = rect.intersected(other)
        if not both.isEmpty():
            total += both.width() * both.height()
    return total


def place_tags(
    boxes: Mapping[int, QRectF],
    sizes: Mapping[int, QSizeF],
    bounds: QRectF,
    before: Mapping[int, int] | None = None,
    *,
    kept: Sequence[QRectF] = (),
) -> dict[int, Placed]:
    """Tags by track: 12 above the box, else 10 below, else sideways with a leader; never over another tag if there is room.

    `before` is the candidate each track had last time: it is kept while it still fits, so that tags do not jump.
    `kept`: what else lies there and is read.
    """
    placed: dict[int, Placed] = {}
    for track, box in boxes.items():
        taken = [*kept, *(tag.rect.adjusted(-3, -3, 3, 3) for tag in placed.values())]
        others = [other for key, other in boxes.items() if key != track]
        order = sorted(range(_CANDIDATES), key=lambda i: (i != (before or {}).get(track, 0), i))
        options: list[tuple[float, Placed]] = []
        for i in order:
            rect, leader = _candidate(i, box, sizes[track], bounds)
            cost = 40 * _overlap(rect, taken) + _overlap(rect, others) + _outside(rect, bounds)
            options.append((cost, Placed(rect, leader, i)))
            if cost < 1.0:
                break
        placed[track] = min(options, key=lambda option: option[0])[1]
    return placed


def _outside(rect: QRectF, bounds: QRectF) -> float:
    inside = rect.intersected(bounds)
    return 100 * (rect.width() * rect.height() - max(0.0, inside.width() * inside.height()))


def _words(row: ObjectRow) -> tuple[str, str]:
    """Name and quiet end of a tag."""
    if row.name is None:
        return "unknown", ""
    if row.state == "yours":
        return row.name, "yours"
    return (f"{row.name}?" if row.state == "unsure" else row.name), f"{row.score:.0%}"


def tag_size(row: ObjectRow, full: bool) -> QSizeF:
    """The size a tag takes."""
    if not full:
        return QSizeF(QUIET, QUIET)
    return QSizeF(_width(*_words(row), row.state == "yours"), TAG_HEIGHT)


@lru_cache(maxsize=512)
def _width(name: str, end: str, checked: bool) -> int:
    width = 34 + paint.text_width(theme.font("medium"), name) + 10
    if end:
        width += paint.text_width(theme.font("caption"), end) + 6 + (22 if checked else 0)
    return round(width)


def paint_tag(painter: QPainter, rect: QRectF, row: ObjectRow, *, full: bool, selected: bool) -> None:
    """Paint a tag: full with name and score, or quiet with the swatch only; inverted when selected."""
    ratio = painter.device().devicePixelRatioF()
    drawn = _drawn(replace(row, track=0), full, selected, rect.width(), rect.height(), ratio, theme.tokens())
    painter.drawPixmap(QPointF(round(rect.left() * ratio) / ratio, round(rect.top() * ratio) / ratio), drawn)


@lru_cache(maxsize=512)
def _drawn(row: ObjectRow, full: bool, selected: bool, width: float, height: float, ratio: float, tokens: Tokens) -> QPixmap:
    """A tag, drawn once: all of them are painted with every picture of the camera. `tokens`: the theme that it was drawn in."""
    pixmap = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint(painter, QRectF(0, 0, width, height), row, full=full, selected=selected)
    painter.end()
    return pixmap


def _paint(painter: QPainter, rect: QRectF, row: ObjectRow, *, full: bool, selected: bool) -> None:
    c = theme.color
    label = theme.swatch_text(row.key, row.color)
    if not full:
        paint.rounded(painter, rect, 7, c("panel"), c("line_strong"))
        paint.swatch(painter, rect.adjusted(3, 3, -3, -3), label, row.color)
        return
    fill = c("text") if selected else c("panel")
    paint.rounded(painter, rect, 7, fill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_edge(row, selected))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
    paint.swatch(painter, QRectF(rect.left() + 5, rect.top() + 4, 20, 20), label, row.color)
    name, end = _words(row)
    words = c("window") if selected else c("text")
    font = theme.font("medium")
    if selected:
        font.setWeight(QFont.Weight.DemiBold)
    x = rect.left() + 34
    width = paint.text_width(font, name)
    paint.text(painter, QRectF(x, rect.top(), width + 2, rect.height()), name, font, words)
    x += width + 6
    if row.state == "yours" and end:
        paint.icon(painter, "check-bold", x, rect.center().y(), words if selected else c("ok"), 16)
        x += 22
    if end:
        quiet: QColor = words if selected else c("text_2")
        paint.text(painter, QRectF(x, rect.top(), rect.right() - x - 2, rect.height()), end, theme.font("caption"), quiet)


def _edge(row: ObjectRow, selected: bool) -> QPen:
    if row.state == "unsure":
        pen = QPen(theme.color("warn"), 1)
        pen.setDashPattern([4, 3])
        return pen
    if row.color is None:
        return QPen(theme.color("text_2"), 1, Qt.PenStyle.DotLine)
    return QPen(theme.color("text" if selected else "line_strong"), 1)
