"""Small quiet parts: labels in a role, lines, key caps, segmented switch, chips, pill, toast, empty state, progress, focus ring.

Used by every page; each takes values and emits intent.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QTextLayout, QTextOption
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import Button, Link, PaintedButton
from widgets.values import Chip, Empty, PillState, Progress, Toast


class Paragraph(QLabel):
    """Wrapped words with the role's line height, which a plain label cannot have."""

    def __init__(self, text: str, role: theme.Role, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._pitch = theme.line_height(role)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def _layout(self, width: int) -> tuple[QTextLayout, int]:
        layout = QTextLayout(self.text(), self.font())
        option = QTextOption(self.alignment())
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        count = 0
        while True:
            made = layout.createLine()
            if not made.isValid():
                break
            made.setLineWidth(max(1, width))
            made.setPosition(QPointF(0, count * self._pitch + (self._pitch - made.height()) / 2))
            count += 1
        layout.endLayout()
        return layout, count

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._layout(width)[1] * self._pitch

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > 40 else 240
        return QSize(120, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self._pitch)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        layout, count = self._layout(self.width())
        centred = self.alignment() & Qt.AlignmentFlag.AlignVCenter
        layout.draw(painter, QPointF(0, max(0, self.height() - count * self._pitch) / 2 if centred else 0))
        painter.end()


def label(text: str = "", role: theme.Role = "body", tone: str = "", *, wrap: bool = False, parent: QWidget | None = None) -> QLabel:
    """A text label in a role and tone ("2", "3", "ok", "warn", ...)."""
    result = Paragraph(text, role, parent) if wrap else QLabel(text, parent)
    result.setFont(theme.font(role))
    result.setTextFormat(Qt.TextFormat.PlainText)
    set_tone(result, tone)
    if not wrap:
        result.setMinimumHeight(theme.line_height(role))
    return result


def set_tone(widget: QLabel, tone: str) -> None:
    """Change a label's tone."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def line(*, vertical: bool = False, parent: QWidget | None = None) -> QFrame:
    """A 1 px separator."""
    result = QFrame(parent)
    result.setProperty("surface", "line")
    if vertical:
        result.setFixedWidth(1)
    else:
        result.setFixedHeight(1)
    return result


def surface(kind: str, parent: QWidget | None = None) -> QFrame:
    """A frame with a surface of the style sheet: panel, window, card, raised, danger, popover, bar, clear."""
    result = QFrame(parent)
    result.setProperty("surface", kind)
    result.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return result


class KeyCap(QWidget):
    """A printed key."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self.setAccessibleName(f"Key {key}")
        self.setFixedSize(round(paint.key_cap_width(key)), 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.key_cap(painter, 0, 11, self.key, theme.color("text_2"), theme.color("line_strong"))
        painter.end()


class IconLabel(QWidget):
    """A still icon in a tone."""

    def __init__(self, icon: str, tone: str = "plain", size: int = 22, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._tone, self._size = icon, tone, size
        self.setFixedSize(size, size)

    def set_icon(self, icon: str, tone: str = "plain") -> None:
        """Change icon and tone."""
        self._icon, self._tone = icon, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._icon:
            painter = QPainter(self)
            paint.icon(painter, self._icon, 0, self._size / 2, paint.tone(self._tone), self._size)
            painter.end()


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


class DeviceChip(PaintedButton):
    """A device's caption, state glyph and value; a click asks for its page."""

    def __init__(self, chip: Chip, parent: QWidget | None = None) -> None:
        super().__init__(chip.caption, parent)
        self._chip = chip
        self.setFixedSize(84 if chip.id == "model" else 104, 44)
        self.set_chip(chip)

    def set_chip(self, chip: Chip) -> None:
        """Show a state."""
        self._chip = chip
        self.setAccessibleName(f"{chip.caption}: {chip.value}")
        self.setAccessibleDescription(chip.detail or f"Opens the {chip.caption.lower()}'s page")
        self.setToolTip(chip.detail)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.hovered():
            paint.rounded(painter, QRectF(self.rect()), 8, theme.color("hover"))
        paint.text(painter, QRectF(4, 2, self.width() - 4, 18), self._chip.caption, theme.font("caption"), theme.color("text_3"))
        _chip_glyph(painter, QPointF(9, 31), self._chip.state)
        paint.text(painter, QRectF(22, 20, self.width() - 22, 22), self._chip.value, theme.font("medium"), theme.color("text"))
        painter.end()


def _chip_glyph(painter: QPainter, at: QPointF, state: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    x, y = at.x(), at.y()
    shapes = {
        "moving": ("ok", [QPointF(x - 4, y - 5), QPointF(x + 5, y), QPointF(x - 4, y + 5)]),
        "stalled": ("warn", [QPointF(x - 5, y + 5), QPointF(x, y - 5), QPointF(x + 5, y + 5)]),
        "holding": ("text_2", [QPointF(x - 4.5, y - 4.5), QPointF(x + 4.5, y - 4.5), QPointF(x + 4.5, y + 4.5), QPointF(x - 4.5, y + 4.5)]),
    }
    if state in shapes:
        token, points = shapes[state]
        painter.setBrush(theme.color(token))
        painter.drawPolygon(QPolygonF(points))
    elif state == "ok":
        painter.setBrush(theme.color("ok"))
        painter.drawEllipse(at, 5, 5)
    elif state == "lost":
        painter.setPen(QPen(theme.color("danger"), 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(x - 4, y - 4), QPointF(x + 4, y + 4))
        painter.drawLine(QPointF(x - 4, y + 4), QPointF(x + 4, y - 4))
    else:
        pen = QPen(theme.color("accent" if state == "simulated" else "text_2"), 1.8)
        if state == "simulated":
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([1.4, 1.2])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawEllipse(at, 4.5, 4.5)


class Pill(QWidget):
    """The pill at the top of the canvas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = PillState("")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_state(self, state: PillState) -> None:
        """Show a state; an empty text hides it."""
        self._state = state
        self.setAccessibleName(state.text)
        self.setVisible(bool(state.text))
        self.resize(self.sizeHint())
        self.update()

    def wanted(self) -> bool:
        """Whether there is something to say."""
        return bool(self._state.text)

    def sizeHint(self) -> QSize:
        width = paint.text_width(theme.font("medium"), self._state.text) + 32 + (26 if self._state.icon else 0)
        return QSize(round(width), 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        s = self._state
        plain = s.tone == "plain"
        fill = theme.color({"accent": "selected", "warn": "warn_soft", "danger": "danger_soft", "ok": "ok_soft"}.get(s.tone, "panel"))
        edge = theme.color("line_strong") if plain else theme.color(s.tone)
        paint.rounded(painter, QRectF(self.rect()), 18, fill, edge, 1 if plain else 2)
        x = 14.0
        if s.icon:
            paint.icon(painter, s.icon, x, 18, theme.color("text") if plain else theme.color(s.tone), 18)
            x += 26
        paint.text(painter, QRectF(x, 0, self.width() - x - 10, 36), s.text, theme.font("medium"), theme.color("text"))
        painter.end()


class ToastView(QFrame):
    """A message above the bottom line that goes after six seconds."""

    action_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self._icon = IconLabel("")
        self._text = label("", "body", wrap=True)
        self._action = Button("", kind="quiet")
        self._action.clicked.connect(self.action_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 5, 8, 5)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        self._text.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.setFixedHeight(56)
        self.setMaximumWidth(480)
        self._timer = QTimer(self, singleShot=True, interval=theme.TOAST_STAYS_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_toast(self, toast: Toast) -> None:
        """Show a message and start its time."""
        self._icon.set_icon(toast.icon, toast.tone)
        self._text.setText(toast.text)
        self.setAccessibleName(toast.text)
        self._action.setText(toast.action)
        self._action.key = toast.key
        self._action.setVisible(bool(toast.action))
        self._action.updateGeometry()
        action = self._action.sizeHint().width() + 12 if toast.action else 0
        natural = QFontMetricsF(theme.font("body")).horizontalAdvance(toast.text) + action + 68
        self.resize(min(480, round(natural)), 56)
        self.show()
        self.raise_()
        self._timer.start()


class EmptyState(QWidget):
    """Icon, title, sentence and the way on, centred."""

    action_requested = Signal()

    def __init__(self, empty: Empty | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = IconLabel("", size=32)
        self._title = label("", "strong", wrap=True)
        self._sentence = label("", "body", "2", wrap=True)
        for item in (self._title, self._sentence):
            item.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._action = Button("")
        self._action.clicked.connect(self.action_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 24, 20, 24)
        column.setSpacing(8)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        column.addWidget(self._title)
        column.addWidget(self._sentence)
        column.addSpacing(8)
        column.addWidget(self._action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        if empty:
            self.set_empty(empty)

    def set_empty(self, empty: Empty) -> None:
        """Show an empty state."""
        self._icon.set_icon(empty.icon)
        self._title.setText(empty.title)
        self._title.setVisible(bool(empty.title))
        self._sentence.setText(empty.sentence)
        self._action.setText(empty.action)
        self._action.setAccessibleName(empty.action)
        self._action.key = empty.key
        self._action.setVisible(bool(empty.action))


class ProgressBar(QWidget):
    """An 8 px bar; None moves nothing and shows a middle piece ("working")."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction: float | None = 0.0
        self.setFixedHeight(8)
        self.setAccessibleName("Progress")

    def set_fraction(self, fraction: float | None) -> None:
        """Show a fraction 0..1, or None while the length is unknown."""
        self._fraction = fraction
        self.setAccessibleDescription("working" if fraction is None else f"{fraction:.0%}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.rounded(painter, rect, 4, theme.color("pressed"))
        done = QRectF(rect.width() * 0.34, 0, rect.width() * 0.28, 8)
        if self._fraction is not None:
            done = QRectF(0, 0, max(8.0, rect.width() * min(1.0, self._fraction)), 8)
        if self._fraction is None or self._fraction > 0:
            paint.rounded(painter, done, 4, theme.color("accent"))
        painter.end()


class ProgressCard(QFrame):
    """A job that runs: title, bar, time left, its buttons."""

    action_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self._title = label("", "strong")
        self._percent = label("", "body", "2")
        self._bar = ProgressBar()
        self._left = label("", "body", "2", wrap=True)
        self._buttons: list[Button] = []
        self._ids: list[str] = []
        self._actions = QHBoxLayout()
        self._actions.setSpacing(12)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._percent)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self._left)
        column.addLayout(self._actions)

    def set_progress(self, progress: Progress) -> None:
        """Show a job."""
        self._title.setText(progress.title)
        self._percent.setText("working" if progress.fraction is None else f"{progress.fraction:.0%}")
        self._bar.set_fraction(progress.fraction)
        self._left.setText(progress.left)
        for old in self._buttons[len(progress.actions) :]:
            old.hide()
        for i, spec in enumerate(progress.actions):
            if i == len(self._buttons):
                made = Button("")
                made.clicked.connect(lambda _=False, at=i: self.action_requested.emit(self._ids[at]))
                self._buttons.append(made)
                self._actions.addWidget(made)
            self._buttons[i].set_spec(spec)
            self._buttons[i].show()
        self._ids = [spec.id for spec in progress.actions]


class FocusRing(QWidget):
    """One transparent widget over the whole window that draws the focus ring 2 px outside the focused control."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._target: QWidget | None = None
        self._by_key = False
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)
        window.installEventFilter(self)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        ringed = new is not None and (new.inherits("QLineEdit") or (bool(new.property("ring_radius")) and getattr(new, "by_key", True)))
        inside = new is not None and ringed and new.window() is self.window()
        for widget in self._carried_by():
            widget.removeEventFilter(self)
        self._target = new if inside else None
        for widget in self._carried_by():
            widget.installEventFilter(self)
        if self._target is not None:
            self._target.destroyed.connect(self._forget)
        self._follow()

    def _carried_by(self) -> list[QWidget]:
        """The target and what it moves with, below the window."""
        found, widget = [], self._target
        while widget is not None and widget is not self.window():
            found.append(widget)
            widget = widget.parentWidget()
        return found

    def _forget(self) -> None:
        self._target = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self._follow()
        return False

    def _follow(self) -> None:
        target = self._target
        if target is None or not target.isVisible():
            self.hide()
            return
        rect = target.rect()
        drawn = getattr(target, "drawn_rect", None)
        if drawn is not None:
            rect = drawn().toRect()
        top_left = target.mapTo(self.window(), rect.topLeft())
        self.setGeometry(QRect(top_left - QPoint(4, 4), rect.size() + QSize(8, 8)))
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._target is None:
            return
        radius = int(self._target.property("ring_radius") or 8) + 3
        painter = QPainter(self)
        paint.rounded(painter, QRectF(self.rect()).adjusted(0, 0, 0, 0), radius, None, theme.color("accent"), 2)
        painter.end()


class Dot(QWidget):
    """A 10 px disc in a tone; the recording mark."""

    def __init__(self, token: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._token = token
        self.setFixedSize(10, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.color(self._token)))
        painter.drawEllipse(self.rect())
        painter.end()


__all__ = [
    "Button",
    "DeviceChip",
    "Dot",
    "EmptyState",
    "FocusRing",
    "IconLabel",
    "KeyCap",
    "Link",
    "Pill",
    "ProgressBar",
    "ProgressCard",
    "Segmented",
    "ToastView",
    "label",
    "line",
    "set_tone",
    "surface",
]
