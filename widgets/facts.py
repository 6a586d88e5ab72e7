"""What the right column says in rows: facts, findings, steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import Link
from widgets.parts import IconLabel, label, line
from widgets.values import Fact, Finding, StepRow


def rebuild(host: QVBoxLayout, values: Sequence[Any], make: Callable[[Any], QWidget]) -> None:
    """Replace a layout's widgets by one a value."""
    while host.count():
        item = host.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
    for value in values:
        host.addWidget(make(value))


class Rows(QWidget):
    """Base: a column of rows rebuilt when the values change."""

    spacing = 12

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: tuple[Any, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(self.spacing)

    def _set(self, values: Sequence[Any]) -> None:
        if tuple(values) != self._values:
            self._values = tuple(values)
            rebuild(self._column, self._values, self.make)
        self.setVisible(bool(values))

    def make(self, value: Any) -> QWidget:
        """One row."""
        raise NotImplementedError


class Facts(Rows):
    """Name at the left, value at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._made: list[_FactRow] = []

    def set_facts(self, facts: Sequence[Fact]) -> None:
        """Show facts. Where only values differ, as with every picture of a live camera, the rows stay."""
        if [fact.label for fact in facts] == [fact.label for fact in self._values]:
            self._values = tuple(facts)
            for row, fact in zip(self._made, facts, strict=True):
                row.set_value(fact)
            self.setVisible(bool(facts))
        else:
            self._made = []
            self._set(facts)

    def make(self, value: Fact) -> QWidget:
        row = _FactRow(value)
        self._made.append(row)
        return row


class _FactRow(QWidget):
    def __init__(self, fact: Fact) -> None:
        super().__init__()
        self._value = _Value()
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(label(fact.label, "body", "2"))
        box.addWidget(self._value, 1)
        self.set_value(fact)

    def set_value(self, fact: Fact) -> None:
        self._value.set_words(fact.value)
        self.setAccessibleName(f"{fact.label}: {fact.value}")


class _Value(QWidget):
    """One line at the right, shortened in its middle where it does not fit: serial numbers and names of files differ at their ends."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setMinimumHeight(theme.line_height("medium"))

    def set_words(self, words: str) -> None:
        if words != self._words:
            self._words = words
            self.setToolTip(words)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.font("medium")
        fitting = QFontMetricsF(font).elidedText(self._words, Qt.TextElideMode.ElideMiddle, self.width())
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        paint.text(painter, QRectF(self.rect()), fitting, font, theme.color("text"), right)
        painter.end()


class Findings(Rows):
    """An icon, what was found, what to do; emits the id of a clicked link."""

    action_requested = Signal(str)
    spacing = 16

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show findings, the worst first."""
        self._set(findings)

    def make(self, value: Finding) -> QWidget:
        row = QWidget()
        box = QHBoxLayout(row)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(IconLabel(value.icon, value.tone, 20), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(value.text, "medium" if value.detail else "body", "" if value.detail else "2", wrap=True))
        if value.detail:
            words.addWidget(label(value.detail, "caption", "3", wrap=True))
        box.addLayout(words, 1)
        if value.action:
            link = Link(value.action)
            link.clicked.connect(lambda _=False, action=value.id: self.action_requested.emit(action))
            box.addWidget(link)
        return row


class _StepGlyph(QWidget):
    def __init__(self, state: str, number: int) -> None:
        super().__init__()
        self._state, self._number = state, number
        self.setFixedSize(28, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        token = {"done": "ok", "now": "accent", "unmet": "warn"}.get(self._state, "line_strong")
        paint.rounded(painter, QRectF(self.rect()), 14, None, theme.color(token), 2 if self._state == "now" else 1.4)
        if self._state == "done":
            paint.icon(painter, "check-bold", 7, 14, theme.color("ok"), 14)
        else:
            words = theme.color("accent" if self._state == "now" else "text_2")
            paint.text(painter, QRectF(self.rect()), str(self._number), theme.font("strong"), words, Qt.AlignmentFlag.AlignCenter)
        painter.end()


class Steps(Rows):
    """Ticked steps; a step not met is a hollow number with its reason. Emits the id of a clicked link."""

    action_requested = Signal(str)
    spacing = 14

    def set_steps(self, steps: Sequence[StepRow]) -> None:
        """Show steps in order."""
        self._set(steps)

    def make(self, value: StepRow) -> QWidget:
        row = QWidget()
        box = QHBoxLayout(row)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(_StepGlyph(value.state, self._values.index(value) + 1))
        words = QVBoxLayout()
        words.setSpacing(0)
        tone = "warn" if value.state == "unmet" else ""
        if not value.strong_first:
            row.setMinimumHeight(44)  # as high as with a link: what is below does not move when one comes
        if value.strong_first:
            words.addWidget(label(value.caption, "medium"))
            words.addWidget(label(value.value, "caption", tone or "3", wrap=True))
        else:
            words.addWidget(label(value.caption, "caption", "3"))
            words.addWidget(label(value.value, "medium", tone, wrap=True))
        box.addLayout(words, 1)
        if value.action:
            link = Link(value.action)
            link.clicked.connect(lambda _=False, action=value.id: self.action_requested.emit(action))
            box.addWidget(link)
        return row


def separator() -> QWidget:
    """A line with air around it."""
    host = QWidget()
    column = QVBoxLayout(host)
    column.setContentsMargins(0, 4, 0, 4)
    column.addWidget(line())
    return host
