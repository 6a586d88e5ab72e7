"""What the right column says: facts, findings, steps, how and speed, the score of today, counts per name, checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import IconButton, Link
from widgets.parts import IconLabel, KeyCap, Segmented, label, line
from widgets.values import Bar, Check, Fact, Finding, StepRow

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


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


class _Rows(QWidget):
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


class Facts(_Rows):
    """Name at the left, value at the right."""

    def set_facts(self, facts: Sequence[Fact]) -> None:
        """Show facts."""
        self._set(facts)

    def make(self, value: Fact) -> QWidget:
        row = QWidget()
        box = QHBoxLayout(row)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(label(value.label, "body", "2"), 1)
        box.addWidget(label(value.value, "medium"))
        row.setAccessibleName(f"{value.label}: {value.value}")
        return row


class Findings(_Rows):
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


class Steps(_Rows):
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
            button.setToolTip(words if key in available else f"{words} Not connected.")
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


class KeyHelp(_Rows):
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


_MARKS = {
    "worked": ("check-bold", "ok"),
    "take-over": ("user-bold", "warn"),
    "missed": ("x-bold", "danger"),
    "running": ("play-bold", "accent"),
}


class Score(QWidget):
    """ "6 of 7 worked alone" with one mark per rollout (worked, take-over, missed, running)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figure, self._words = "", ""
        self._marks: tuple[str, ...] = ()
        self.setMinimumHeight(84)

    def set_score(self, figure: str, words: str, marks: Sequence[str]) -> None:
        """Show a score."""
        self._figure, self._words, self._marks = figure, words, tuple(marks)
        self.setAccessibleName(f"{figure} {words}: {', '.join(marks)}")
        self.setVisible(bool(figure))
        self.updateGeometry()
        self.update()

    def _per_row(self) -> int:
        return max(1, round((self.width() + 7) // self._pitch()))

    def _pitch(self) -> float:
        """35 px a mark, closer where that keeps them in one row."""
        return min(35.0, max(31.0, (self.width() + 3) / max(1, len(self._marks))))

    def sizeHint(self) -> QSize:
        return QSize(200, 48 + 36 * max(1, -(-len(self._marks) // self._per_row())))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.font("figure")
        width = paint.text_width(font, self._figure)
        paint.text(painter, QRectF(0, 0, width + 2, 42), self._figure, font, theme.color("text"))
        paint.text(painter, QRectF(width + 10, 12, self.width() - width - 10, 24), self._words, theme.font("body"), theme.color("text_2"))
        for i, mark in enumerate(self._marks):
            icon, tone = _MARKS.get(mark, ("x-bold", "danger"))
            x, y = self._pitch() * (i % self._per_row()), 48 + 36 * (i // self._per_row())
            paint.rounded(painter, QRectF(x, y, 28, 28), 14, None, theme.color(tone), 1.4)
            paint.icon(painter, icon, x + 7, y + 14, theme.color(tone), 14)
        painter.end()


class Bars(QWidget):
    """Counts per name; few ones in warn with the word."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._bars: tuple[Bar, ...] = ()

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show counts, the most first."""
        self._bars = tuple(bars)
        self.setAccessibleName(self._title + ": " + ", ".join(f"{b.name} {b.count} {b.spoken}".rstrip() for b in bars))
        self.setVisible(bool(bars))
        self.setFixedHeight(32 + 28 * len(bars))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.text(painter, QRectF(0, 0, self.width(), 22), self._title, theme.font("strong"), theme.color("text"))
        most = max((bar.count for bar in self._bars), default=1) or 1
        end = 112 if any(bar.score for bar in self._bars) else 74
        room = self.width() - 74 - end - 2
        for i, bar in enumerate(self._bars):
            y = 32 + 28 * i
            paint.text(painter, QRectF(0, y, 72, 22), bar.name, theme.font("body"), theme.color("text"))
            track = QRectF(74, y + 7, room, 8)
            paint.rounded(painter, track, 4, theme.color("pressed"))
            track.setWidth(max(8.0, room * bar.count / most))
            paint.rounded(painter, track, 4, theme.color("warn" if bar.few else "text_2"))
            words = " · ".join(word for word in (str(bar.count), "few" if bar.few else "", bar.score) if word)
            paint.text(painter, QRectF(self.width() - end, y, end, 22), words, theme.font("caption"), theme.color("text_2"), _RIGHT)
        painter.end()


class ChecksList(QWidget):
    """What must hold: tick or cross, name, value; 44 px a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checks: tuple[Check, ...] = ()

    def set_checks(self, checks: Sequence[Check]) -> None:
        """Show the checks."""
        if tuple(checks) != self._checks:
            self._checks = tuple(checks)
            self.setAccessibleName("Checks: " + ", ".join(f"{c.name} {'good' if c.ok else 'not met'}, {c.value}" for c in checks))
            self.setFixedHeight(44 * len(checks) + 8)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for i, check in enumerate(self._checks):
            cy = 44 * i + 22
            tone = "ok" if check.ok else "danger"
            paint.icon(painter, "check-circle" if check.ok else "x-circle", 16, cy, theme.color(tone), 20)
            paint.text(painter, QRectF(48, cy - 14, 100, 28), check.name, theme.font("medium"), theme.color("text"))
            value = theme.color("text_2" if check.ok else "danger")
            paint.text(painter, QRectF(120, cy - 14, self.width() - 136, 28), check.value, theme.font("caption"), value, _RIGHT)
        painter.end()


class CoverageMap(QWidget):
    """The table from above: where demonstrations began as dots, the best next start as a dashed ring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[Any, ...] = ()
        self._bounds = (0.0, -0.4, 0.8, 0.4)
        self.setFixedHeight(168)

    def set_points(self, points: Sequence[Any], bounds: tuple[float, float, float, float]) -> None:
        """Points (`CoveragePoint`) in base, and the table's (x0, y0, x1, y1) in metres."""
        self._points, self._bounds = tuple(points), bounds
        self.setAccessibleName(f"Where {len(points)} demonstrations began on the table")
        self.setVisible(bool(points))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.text(painter, QRectF(0, 0, self.width(), 22), "Where they began", theme.font("strong"), theme.color("text"))
        rect = QRectF(0, 30, self.width(), self.height() - 30)
        paint.rounded(painter, rect, 8, theme.color("raised"), theme.color("line"))
        x0, y0, x1, y1 = self._bounds
        for point in self._points:
            # From above with the arm at the near edge: base y points left, x away.
            at = QPointF(
                rect.right() - (point.y - y0) / (y1 - y0) * rect.width(), rect.bottom() - (point.x - x0) / (x1 - x0) * rect.height()
            )
            if point.suggested:
                pen = QPen(theme.color("text_2"), 1.6)
                pen.setDashPattern([3, 2.5])
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, 11, 11)
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("accent"))
                painter.drawEllipse(at, 4, 4)
        painter.end()


def separator() -> QWidget:
    """A line with air around it."""
    host = QWidget()
    column = QVBoxLayout(host)
    column.setContentsMargins(0, 4, 0, 4)
    column.addWidget(line())
    return host
