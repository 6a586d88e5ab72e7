"""What lies over the canvas and says something: the pill at its top, the message above the bottom line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QHideEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import Button
from widgets.parts import IconLabel, label
from widgets.values import PillState, Toast


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


def _on_two_lines(text: str, width: int) -> str:
    """The text, its end left out where it would not fit on two lines of `width` pixels."""
    metrics, most = QFontMetricsF(theme.font("body")), 2 * theme.line_height("body")
    room = QRectF(0, 0, width, 10 * most)

    def fits(shown: str) -> bool:
        return metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, shown).height() <= most

    words = text.split(" ")
    kept = next((n for n in range(len(words), 0, -1) if fits(text if n == len(words) else " ".join(words[:n]) + "…")), 1)
    return text if kept == len(words) else " ".join(words[:kept]) + "…"


class ToastView(QFrame):
    """A message above the bottom line that goes after six seconds; `gone` when it went."""

    action_requested = Signal()
    gone = Signal()

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
        self.setAccessibleName(toast.text)
        self._action.setText(toast.action)
        self._action.key = toast.key
        self._action.setVisible(bool(toast.action))
        self._action.updateGeometry()
        action = self._action.sizeHint().width() + 12 if toast.action else 0
        natural = QFontMetricsF(theme.font("body")).horizontalAdvance(toast.text) + action + 68
        self.resize(min(480, round(natural)), 56)
        self._text.setText(_on_two_lines(toast.text, self.width() - action - 68))
        self.show()
        self.raise_()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.isHidden():  # not the whole window
            self.gone.emit()
