"""The F1 page: every key of the current page, made from the table of commands; lies over the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from widgets.parts import KeyCap, label
from widgets.stop_button import REACH

_LINE_PX = 28
_PRINTED = {"Return": "Enter", "PgDown": "PgDn", "1": "1 to 9"}


def printed(key: str) -> str:
    """A key as the caps say it."""
    return _PRINTED.get(key, key.replace("+", " ") if len(key) > 1 else key)


class KeyPage(QFrame):
    """All keys, to be scrolled by wheel and by keys."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("All keys")
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def scroll_by(self, lines: int) -> None:
        """Move on by so many lines, or back."""
        bar = self.area.verticalScrollBar()
        bar.setValue(bar.value() + lines * _LINE_PX)


def key_page(parent: QWidget, page: str, commands: Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> KeyPage:
    """The page for `page` from (text, keys, pages) triples; the nine digits are one line."""
    frame = KeyPage(parent)
    inner = QWidget()
    inner.setProperty("surface", "clear")
    grid = QGridLayout(inner)
    grid.setContentsMargins(8, 8, 8, 8)
    grid.setVerticalSpacing(6)
    rows = [(words, keys) for words, keys, where in commands if page in where and keys[0] not in "23456789"]
    half = -(-len(rows) // 2)
    for i, (words, keys) in enumerate(rows):
        side = 3 * (i // half)
        grid.addWidget(_caps(keys), i % half, side, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        digits = "Pick object, then goal" if page == "show" else "Name it"
        grid.addWidget(label(digits if keys == ("1",) else words, "body", "2", wrap=True), i % half, side + 1)
    grid.setColumnStretch(1, 1)
    grid.setColumnStretch(4, 1)
    frame.area.setWidget(inner)
    column = QVBoxLayout(frame)
    column.setContentsMargins(20, 16, 20, 16)
    column.addWidget(label(f"Keys on {page.capitalize()}", "title"))
    column.addWidget(label(f"{REACH} Pendant does not see people.", "body", "2", wrap=True))
    column.addWidget(frame.area, 1)
    return frame


def _caps(keys: Sequence[str]) -> QWidget:
    host = QWidget()
    row = QHBoxLayout(host)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for key in keys[:2]:
        row.addWidget(KeyCap(printed(key)))
    return host
