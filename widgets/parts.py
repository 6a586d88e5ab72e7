"""Small quiet parts of every page: labels in a role, lines, surfaces, key caps, icons, empty states, a progress bar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import Button
from widgets.values import Empty


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
