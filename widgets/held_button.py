"""The primary button: pressed, or held until it acts where it starts the arm."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.buttons import ENTER, Button
from widgets.values import ButtonSpec


class HeldButton(Button):
    """The primary button: acts on click, or, with `hold_ms`, after a press held that long (mouse, or Enter when focused or forwarded)."""

    activated = Signal()

    def __init__(self, text: str = "", key: str = "Enter", hold_ms: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(text, key, "primary", "", parent)
        self.hold_ms = hold_ms
        self._pressed_at = QElapsedTimer()
        self._tick = QTimer(self, interval=16)
        self._tick.timeout.connect(self._advance)
        self.clicked.connect(self._clicked)

    def set_spec(self, spec: ButtonSpec) -> None:
        """Show a state; a change of meaning while held cancels the hold."""
        if (spec.text, spec.hold_ms) != (self.text(), self.hold_ms) or not spec.enabled or spec.busy:
            self.cancel_hold()
        self.hold_ms = spec.hold_ms
        super().set_spec(spec)

    def begin_hold(self) -> None:
        """A fresh press; ignored while disabled or hidden."""
        if self.hold_ms and self.isEnabled() and self.isVisible() and not self._tick.isActive():
            self._pressed_at.start()
            self._tick.start()
            self.update()

    def cancel_hold(self) -> None:
        """Let go before the time was up."""
        if self._tick.isActive():
            self._tick.stop()
            self.update()

    def holding(self) -> bool:
        """Whether a press is being counted."""
        return self._tick.isActive()

    def press(self) -> None:
        """Enter from elsewhere in the window: begins a hold, or clicks."""
        if self.hold_ms:
            self.begin_hold()
        elif self.isEnabled() and self.isVisible():
            self.click()

    def fraction(self) -> float:
        """How much of the hold has passed, 0..1."""
        return min(1.0, self._pressed_at.elapsed() / self.hold_ms) if self._tick.isActive() and self.hold_ms else 0.0

    def _advance(self) -> None:
        if self._pressed_at.elapsed() >= self.hold_ms:
            self.cancel_hold()
            self.setDown(False)
            self.activated.emit()
        self.update()

    def _clicked(self) -> None:
        if not self.hold_ms:
            self.activated.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.begin_hold()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.cancel_hold()
        super().mouseReleaseEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.rect().contains(event.position().toPoint()):
            self.cancel_hold()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and self.hold_ms:
            if not event.isAutoRepeat():
                self.begin_hold()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and not event.isAutoRepeat():
            self.cancel_hold()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.cancel_hold()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.cancel_hold()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.EnabledChange, QEvent.Type.ActivationChange):
            self.cancel_hold()
        super().changeEvent(event)

    def _colors(self) -> tuple[QColor | None, QColor | None, QColor]:
        if self._tick.isActive():
            return theme.color("accent_fill_pressed"), None, theme.color("on_accent")
        return super()._colors()

    def _paint_progress(self, painter: QPainter, rect: QRectF) -> None:
        if not self._tick.isActive():
            return
        painter.save()
        painter.setClipRect(QRectF(0, 0, rect.width() * self.fraction(), rect.height()))
        paint.rounded(painter, rect, 10, theme.color("accent_fill_hover"))
        painter.restore()
