"""How the arm is moved, how fast, and which keys do it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.buttons import IconButton
from widgets.facts import Rows
from widgets.parts import KeyCap, label
from widgets.segmented import Segmented

HOW = (
    ("click", "cursor", "By clicking. The arm does the motion."),
    ("keys", "keyboard", "By keys. Hold a key to move."),
    ("gamepad", "game-controller", "By gamepad."),
    ("leader", "leader", "By a leader arm."),
    ("hand", "hand", "By guiding the arm by hand."),
)


ALL_WAYS = tuple(row[0] for row in HOW)


class HowPicker(QWidget):
    """How the arm is moved: five icons and a sentence."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, IconButton] = {}
        row = QHBoxLayout()
        row.setSpacing(2)
        for key, icon, words in HOW:
            button = IconButton(icon, words, outlined=True, size=46)
            button.clicked.connect(lambda _=False, how=key: self.chosen.emit(how))
            self._buttons[key] = button
            row.addWidget(button)
            if key != HOW[-1][0]:
                row.addStretch(1)
        self._sentence = label("", "body", "2", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("How", "strong"))
        column.addLayout(row)
        column.addWidget(self._sentence)

    def set_how(self, how: str, available: Sequence[str] = ALL_WAYS, *, sentence: bool = True) -> None:
        """Show the way that is on; the others are disabled with the reason."""
        for key, _, words in HOW:
            button = self._buttons[key]
            button.set_on(key == how)
            button.setEnabled(key in available)
            missing = "Not during a take-over." if key == "click" else "Not connected."
            button.setToolTip(words if key in available else f"{words} {missing}")
        self._sentence.setText(next((words for key, _, words in HOW if key == how), ""))
        self._sentence.setVisible(sentence)


class SpeedPicker(QWidget):
    """A titled three-way switch with + and - printed: speed or rating."""

    chosen = Signal(int)

    def __init__(self, title: str, options: Sequence[str], *, keys: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.switch = Segmented(options, title)
        self.switch.chosen.connect(self.chosen)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(label(title, "strong"), 1)
        if keys:
            head.addWidget(KeyCap("−"))
            head.addWidget(KeyCap("+"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.switch)

    def set_index(self, index: int) -> None:
        """Show the option that is on; -1 = none."""
        self.switch.set_index(index)


class KeyHelp(Rows):
    """What the keys do while driving: words, then caps."""

    def set_help(self, rows: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """Show (words, keys) pairs."""
        self._set(rows)

    def make(self, value: tuple[str, tuple[str, ...]]) -> QWidget:
        row = QWidget()
        box = QHBoxLayout(row)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(label(value[0], "body", "2"), 1)
        for key in value[1]:
            box.addWidget(KeyCap({"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}.get(key, key)))
        return row
