"""Form fields: the name field with completion of known classes, and labelled fields with an error in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.parts import label
from widgets.values import Choice

LONGEST = 40
"""Letters of a name: more fit into no tag, row or message."""


class NameField(QLineEdit):
    """Type a name: known names complete, a new one is marked "new name". Enter submits; empty Backspace asks to close.

    With `digits`, a digit in the empty field is a class key and does not type.
    """

    submitted = Signal(str)
    name_changed = Signal(str)
    back_requested = Signal()
    digit_pressed = Signal(int)

    def __init__(self, hint: str, key: str = "", *, search: bool = False, digits: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._digits = digits
        self._key, self._search = key, search
        self._names: list[str] = []
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setFont(theme.font("body"))
        self.setFixedHeight(44)
        self.setMaxLength(LONGEST)
        self.setTextMargins(26 if search else 0, 0, 40, 0)
        self.setProperty("ring_radius", 8)
        self._completer = QCompleter(self)
        self._completer.setModel(QStringListModel(self._completer))
        self._completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(self._completer)
        self.textEdited.connect(self._edited)

    def set_names(self, names: Sequence[str]) -> None:
        """The names that complete."""
        if self._names == list(names):
            return
        self._names = list(names)
        model = self._completer.model()
        if isinstance(model, QStringListModel):
            model.setStringList(self._names)
        self.update()

    def name(self) -> str:
        """What is typed, trimmed."""
        return self.text().strip()

    def is_new(self) -> bool:
        """Whether the typed name is not known yet."""
        return bool(self.name()) and self.name().casefold() not in {n.casefold() for n in self._names}

    def _edited(self) -> None:
        self.name_changed.emit(self.name())
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.name() and not event.isAutoRepeat():
                self.submitted.emit(self.name())
        elif event.key() == Qt.Key.Key_Backspace and not self.text():
            self.back_requested.emit()
        elif self._digits and not self.text() and len(event.text()) == 1 and event.text() in "0123456789":
            self.digit_pressed.emit(int(event.text()))
        else:
            super().keyPressEvent(event)
            if self.hasSelectedText():
                self._edited()  # what the completion added came after `textEdited`, and Enter submits it

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        cy = self.height() / 2
        if self._search:
            paint.icon(painter, "magnifying-glass-bold", 13, cy, theme.color("text_3"), 16)
        key = "Enter" if self.name() else self._key
        x = float(self.width() - 10)
        if key:
            width = paint.key_cap_width(key)
            x -= width
            paint.key_cap(painter, x, cy, key, theme.color("text_2"), theme.color("line_strong"))
        width = paint.text_width(theme.font("caption"), "new name")
        typed = self.textMargins().left() + 16 + paint.text_width(self.font(), self.text())
        if self.is_new() and not self.hasSelectedText() and typed < x - width - 16:
            paint.text(
                painter, QRectF(x - width - 10, 0, width + 2, self.height()), "new name", theme.font("caption"), theme.color("text_3")
            )
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(200, 44)


class _Line(QLineEdit):
    """Keeps Enter to itself: Qt hands it on to the parents, and by then the form may be closed and the page behind would take it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()


class Field(QWidget):
    """A labelled text field; an error stands under it in words."""

    edited = Signal(str)
    submitted = Signal(str)

    def __init__(self, caption: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = _Line()
        self.edit.setPlaceholderText(hint)
        self.edit.setAccessibleName(caption)
        self.edit.setFont(theme.font("body"))
        self.edit.textEdited.connect(self.edited)
        self.edit.returnPressed.connect(lambda: self.submitted.emit(self.edit.text()))
        self._title = label(caption, "caption", "3")
        self._title.setBuddy(self.edit)
        self._error = label("", "caption", "danger", wrap=True)
        self._error.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for item in (self._title, self.edit, self._error):
            column.addWidget(item)

    def set_caption(self, caption: str) -> None:
        """What the field is for."""
        self._title.setText(caption.replace("&", "&&"))  # a label with a buddy would underline the letter after it
        self.edit.setAccessibleName(caption)

    def set_text(self, text: str) -> None:
        """Show a value."""
        if text != self.edit.text():
            self.edit.setText(text)

    def set_error(self, words: str) -> None:
        """Say what is wrong, or nothing."""
        self._error.setText(words)
        self._error.setVisible(bool(words))
        self.edit.setProperty("error", bool(words))
        self.edit.setAccessibleDescription(words)
        self.edit.style().unpolish(self.edit)
        self.edit.style().polish(self.edit)


def match(choices: Sequence[Choice], name: str) -> Choice | None:
    """The known class with this name, ignoring case."""
    return next((choice for choice in choices if choice.name.casefold() == name.strip().casefold()), None)
