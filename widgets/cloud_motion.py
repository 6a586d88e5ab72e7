"""What moves in the cloud by itself: the eye on its way to another place, and the flash of a just named object."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from widgets import theme
from widgets.orbit import Orbit, eased

_STEP_MS = 16


class CloudMotion(QObject):
    """Where the eye is and what flashes; `moved` asks for a drawing. `flashed`: a track, 0 = none."""

    moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.flashed = 0
        self._at: Orbit | None = None
        self._way = (Orbit(), Orbit())
        self._clock, self._flash_clock = QElapsedTimer(), QElapsedTimer()
        self._timer = QTimer(self, interval=_STEP_MS)
        self._timer.timeout.connect(self._step)

    def orbit(self) -> Orbit:
        """Where it looks from."""
        return self._at or Orbit()

    def go(self, orbit: Orbit, *, animate: bool) -> None:
        """Look from somewhere else, on a way of a fifth of a second or at once."""
        if animate and theme.duration(theme.VIEW_MOVE_MS):
            self._way = (self.orbit(), orbit)
            self._clock.start()
            self._timer.start()
            return
        self.halt()
        self._at = orbit
        self.moved.emit()

    def halt(self) -> None:
        """The hand takes the eye: it stays where it is."""
        self._timer.stop()
        self._clock.invalidate()

    def flash(self, track: int) -> None:
        """Brighten an object for a moment."""
        if theme.duration(theme.LABEL_FLASH_MS):
            self.flashed = track
            self._flash_clock.start()
            self._timer.start()

    def flash_left(self) -> float:
        """How much of the flash is left, 1..0."""
        return max(0.0, 1 - self._flash_clock.elapsed() / theme.LABEL_FLASH_MS) if self.flashed else 0.0

    def _step(self) -> None:
        if self._clock.isValid():
            fraction = self._clock.elapsed() / theme.VIEW_MOVE_MS
            self._at = eased(*self._way, fraction)
            if fraction >= 1:
                self._clock.invalidate()
        if self.flashed and self._flash_clock.elapsed() > theme.LABEL_FLASH_MS:
            self.flashed = 0
        if not self._clock.isValid() and not self.flashed:
            self._timer.stop()
        self.moved.emit()
