"""Naming an object: the popover beside it and the question card in the right column.

Both emit what the operator says; the page stores it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import PaintedButton
from widgets.crop import CropView
from widgets.fields import NameField
from widgets.parts import label, line
from widgets.values import Choice, Crop

_TOOLS = (
    ("outline", "Outline", "paint-brush", "B"),
    ("split", "Split", "columns", "X"),
    ("merge", "Merge", "intersect", "M"),
    ("unsure", "Unsure", "question", "U"),
    ("box", "Box", "cube", "D"),
    ("again", "Again", "film-strip", "T"),
    ("not_an_object", "Not an object", "selection-slash", "0"),
)


class ToolRow(PaintedButton):
    """A tool of the popover: icon, word, key."""

    def __init__(self, words: str, icon: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.setText(words)
        self._icon, self._key = icon, key
        self.setFixedHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.hovered() or self.isDown():
            paint.rounded(painter, QRectF(self.rect()), 8, theme.color("pressed" if self.isDown() else "hover"))
        words = theme.color("text_2" if self.isEnabled() else "text_off")
        paint.icon(painter, self._icon, 7, 22, words, 20)
        paint.text(painter, QRectF(36, 0, self.width() - 72, 44), self.text(), theme.font("body"), words)
        cap = paint.key_cap_width(self._key) if self._key else 0.0
        if cap:
            paint.key_cap(painter, self.width() - cap - 7, 22, self._key, words, theme.color("line_strong"))
        painter.end()


class ChoiceRow(PaintedButton):
    """A class with its swatch, and a bar when it has a score; outlined when it is the one Enter takes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.choice: Choice | None = None
        self.on = False
        self.setFixedHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_choice(self, choice: Choice, on: bool = False) -> None:
        """Show a class."""
        if (choice, on) == (self.choice, self.on):
            return
        self.choice, self.on = choice, on
        score = "" if choice.score is None else f", {choice.score:.0%}"
        self.setAccessibleName(f"{choice.name}{score}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 44)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.choice is None:
            return
        painter = QPainter(self)
        rect = QRectF(self.rect())
        if self.on:
            paint.rounded(painter, rect, 8, theme.color("selected"), theme.color("accent"), 2)
        elif self.hovered():
            paint.rounded(painter, rect, 8, theme.color("hover"))
        choice = self.choice
        inset = 10 if choice.score is not None else 8
        paint.swatch(painter, QRectF(inset, 10, 24, 24), theme.swatch_text(choice.key, choice.color), choice.color)
        end = rect.right() - (128 if choice.score is not None else 4)
        paint.text(painter, QRectF(inset + 36, 0, end - inset - 36, 44), choice.name, theme.font("body"), theme.color("text"))
        if choice.score is not None:
            self._paint_score(painter, rect, choice.score)
        painter.end()

    @staticmethod
    def _paint_score(painter: QPainter, rect: QRectF, score: float) -> None:
        bar = QRectF(rect.right() - 123, 19, 64, 6)
        paint.rounded(painter, bar, 3, theme.color("pressed"))
        bar.setWidth(max(4.0, 64 * score))
        paint.rounded(painter, bar, 3, theme.color("text_2"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        paint.text(painter, QRectF(rect.right() - 55, 0, 44, 44), f"{score:.0%}", theme.font("body"), theme.color("text_2"), right)


class NamePopover(QFrame):
    """304 px beside the object. Emits a known class's id, a new name, or a tool's id."""

    class_chosen = Signal(int)
    name_entered = Signal(str)
    name_changed = Signal(str)
    tool_requested = Signal(str)
    close_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(304)
        self.setAccessibleName("Name this object")
        self.field = NameField("Type a name", digits=True)
        self.field.digit_pressed.connect(self._digit)
        self.field.submitted.connect(self._submit)
        self.field.name_changed.connect(self.name_changed)
        self.field.back_requested.connect(self.close_requested)
        self.setFocusProxy(self.field)  # a click beside the field leaves it the keys: letters would act on the page
        self._choices: tuple[Choice, ...] = ()
        self._grid = QGridLayout()
        self._grid.setSpacing(2)
        self._rows = [ChoiceRow() for _ in range(8)]
        for i, row in enumerate(self._rows):
            row.clicked.connect(lambda _=False, at=i: self._choose(at))
            self._grid.addWidget(row, i // 2, i % 2)
            row.hide()
        self._tools = QGridLayout()
        self._tools.setSpacing(2)
        for i, (tool, words, icon, key) in enumerate(_TOOLS):
            button = ToolRow(words, icon, key)
            button.clicked.connect(lambda _=False, name=tool: self.tool_requested.emit(name))
            self._tools.addWidget(button, i // 2, i % 2, 1, 2 if i == len(_TOOLS) - 1 else 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 10)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addLayout(self._grid)
        column.addWidget(line())
        column.addLayout(self._tools)
        self._hint = label("While you type: Alt and the key", "caption", "3")
        column.addWidget(self._hint, alignment=Qt.AlignmentFlag.AlignHCenter)
        self.hide()

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """The known classes; the first eight are shown, all complete in the field."""
        if tuple(choices) == self._choices:
            return
        self._choices = tuple(choices)
        self.field.set_names([choice.name for choice in choices])
        for i, row in enumerate(self._rows):
            row.setVisible(i < len(choices))
            if i < len(choices):
                row.set_choice(choices[i])

    def open_beside(self, anchor: QRect, bounds: QRect) -> None:
        """Show it right of the object + 18, kept 16 inside the canvas, else left of it, with an empty field that has the keys."""
        self.field.clear()
        self.show()
        self.stay_beside(anchor, bounds)
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def stay_beside(self, anchor: QRect, bounds: QRect) -> None:
        """Move it there as it is: the window has another size."""
        inside = bounds.adjusted(16, 16, -16, -16)
        self._hint.show()
        self.adjustSize()
        if self.height() > inside.height():  # eight classes in the smallest window
            self._hint.hide()
            self.adjustSize()
        x = anchor.right() + 18
        if x + self.width() > inside.right() and anchor.left() - 18 - self.width() >= inside.left():
            x = anchor.left() - 18 - self.width()
        x = max(inside.left(), min(x, inside.right() - self.width()))
        y = max(inside.top(), min(anchor.center().y() - self.height() // 3, inside.bottom() - self.height()))
        self.move(x, y)

    def _digit(self, digit: int) -> None:
        if digit == 0:
            self.tool_requested.emit("not_an_object")
        known = next((choice for choice in self._choices if choice.key == digit), None)
        if known is not None and digit:
            self.class_chosen.emit(known.class_id)

    def _choose(self, at: int) -> None:
        self.class_chosen.emit(self._choices[at].class_id)

    def _submit(self, name: str) -> None:
        known = next((c for c in self._choices if c.name.casefold() == name.casefold()), None)
        if known is None:
            self.name_entered.emit(name)
        else:
            self.class_chosen.emit(known.class_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace:
            self.close_requested.emit()
        else:
            event.ignore()


class QuestionCard(QWidget):
    """The crop, the top three guesses, a field for another name. Emits the chosen class or a new name."""

    class_chosen = Signal(int)
    name_entered = Signal(str)
    name_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, digits: bool = False) -> None:
        super().__init__(parent)
        self.crop = CropView()
        self._rows = [ChoiceRow() for _ in range(3)]
        for row in self._rows:
            row.clicked.connect(lambda _=False, r=row: self._choose(r))
        self.field = NameField("Another name", "N", search=True, digits=digits)
        self.field.submitted.connect(self._submit)
        self.field.name_changed.connect(self.name_changed)
        self.setFocusProxy(self.field)  # a click beside a field that is typed into leaves it the keys
        self._choices: tuple[Choice, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.crop)
        column.addSpacing(8)
        for row in self._rows:
            column.addWidget(row)
        column.addSpacing(8)
        column.addWidget(self.field)

    def set_question(
        self, crop: Crop | None, guesses: Sequence[Choice], names: Sequence[Choice], *, hint: str = "Another name", taken: bool = True
    ) -> None:
        """Show an object and what it may be; `taken`: Enter takes the first guess, which is marked."""
        self.crop.set_crop(crop)
        self._choices = tuple(names)
        self.field.set_names([choice.name for choice in names])
        self.field.setPlaceholderText(hint)
        for i, row in enumerate(self._rows):
            row.setVisible(i < len(guesses))
            if i < len(guesses):
                row.set_choice(guesses[i], taken and i == 0)

    def _choose(self, row: ChoiceRow) -> None:
        if row.choice is not None:
            self.class_chosen.emit(row.choice.class_id)

    def _submit(self, name: str) -> None:
        known = next((c for c in self._choices if c.name.casefold() == name.casefold()), None)
        if known is None:
            self.name_entered.emit(name)
        else:
            self.class_chosen.emit(known.class_id)
