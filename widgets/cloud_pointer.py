"""What the mouse means over the cloud: a click, a drag that turns or pans, pointing at something."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent

_CLICK_PX = 5
_POINT_MS = 45


class CloudPointer(QObject):
    """Takes a view's mouse events. `turned` and `panned` give pixels, `clicked` the modifiers."""

    turned = Signal(float, float)
    panned = Signal(float, float)
    clicked = Signal(float, float, int)
    pointed = Signal(float, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._press: QPointF | None = None
        self._last, self._at = QPointF(), QPointF()
        self._dragged = False
        # Looking up what lies under the pointer is slower than the pointer moves.
        self._timer = QTimer(self, singleShot=True, interval=_POINT_MS)
        self._timer.timeout.connect(lambda: self.pointed.emit(self._at.x(), self._at.y()))

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        self._press = self._last = event.position()
        self._dragged = False

    def move(self, event: QMouseEvent) -> None:
        """The pointer moves, with or without a button."""
        if self._press is None:
            self._at = event.position()
            if not self._timer.isActive():
                self._timer.start()
            return
        delta = event.position() - self._last
        self._last = event.position()
        self._dragged = self._dragged or (event.position() - self._press).manhattanLength() > _CLICK_PX
        if not self._dragged:
            return
        turns = event.buttons() & Qt.MouseButton.LeftButton and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        (self.turned if turns else self.panned).emit(delta.x(), delta.y())

    def release(self, event: QMouseEvent) -> None:
        """A button came up: a click, unless something was dragged."""
        clicked = self._press is not None and not self._dragged and event.button() == Qt.MouseButton.LeftButton
        self._press = None
        if clicked:
            self.clicked.emit(event.position().x(), event.position().y(), event.modifiers().value)

    def leave(self) -> None:
        """The pointer is elsewhere."""
        self._timer.stop()
