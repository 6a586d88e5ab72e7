"""A row of options of which one is on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import paint, theme


class Segmented(QWidget):
    """A row of options of which one is on."""

    chosen = Signal(int)

    def __init__(self, options: Sequence[str], name: str, *, item_width: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = tuple(options)
        self._index = 0
        self._item_width = item_width
        self._hover = -1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setFixedHeight(52)
        self.setProperty("ring_radius", 10)
        self.setAccessibleName(name)
        if item_width:
            self.setFixedWidth(item_width * len(options) + 6)
        self._describe()

    def index(self) -> int:
        """The option that is on."""
        return self._index

    def set_index(self, index: int) -> None:
        """Show an option as on."""
        if index != self._index:
            self._index = index
            self._describe()
            self.update()

    def _describe(self) -> None:
        chosen = self._options[self._index] if 0 <= self._index < len(self._options) else "nothing"
        self.setAccessibleDescription(f"{chosen} is on; options: {', '.join(self._options)}")

    def _edges(self) -> list[float]:
        """Where items begin and end: equal widths, or by their words where equal ones would be too narrow."""
        room = self.width() - 6
        words = [paint.text_width(theme.font("strong"), option) + 32 for option in self._options]
        equal = room / len(words)
        widths = [equal] * len(words) if max(words) <= equal + 16 else [room * word / sum(words) for word in words]
        return [3 + sum(widths[:i]) for i in range(len(words) + 1)]

    def _rect(self, index: int) -> QRectF:
        edges = self._edges()
        return QRectF(edges[index], 4, edges[index + 1] - edges[index], self.height() - 8)

    def _at(self, x: float) -> int:
        return max(0, min(len(self._options) - 1, sum(x >= edge for edge in self._edges()[1:-1])))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self._at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._at(event.position().x())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self.chosen.emit(max(0, min(len(self._options) - 1, self._index + step)))
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        c = theme.color
        paint.rounded(painter, QRectF(self.rect()), 10, c("raised" if self.parentWidget() else "panel"), c("line"))
        for i, option in enumerate(self._options):
            rect = self._rect(i)
            on = i == self._index
            if on:
                paint.rounded(painter, rect, 8, c("pressed") if theme.tokens().dark else c("panel"), c("line_strong"))
            elif i == self._hover:
                paint.rounded(painter, rect, 8, c("hover"))
            words = c("text") if on else c("text_2")
            paint.text(painter, rect, option, theme.font("strong" if on else "body"), words, Qt.AlignmentFlag.AlignCenter)
        painter.end()
