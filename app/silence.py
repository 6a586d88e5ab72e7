"""Notices a worker that lives but says nothing any more (it hangs), and has it ended, so that the rig starts it again. No Qt."""

from __future__ import annotations

from collections.abc import Callable

SILENT_NS = 5_000_000_000
PATIENCE_NS = 15_000_000_000
"""A worker that was started again needs time: a simulated camera compiles its shaders, a real one resets its USB port."""

_MOST_DOUBLINGS = 4


class Silence:
    """Of one worker. `restart` ends it. Each further time it gets twice as long, so that a busy machine does not end it while it starts."""

    def __init__(self, restart: Callable[[], None]) -> None:
        self._restart = restart
        self._next_ns = self._tries = 0

    def watch(self, last_word_ns: int, now_ns: int) -> None:
        """Call a few times a second with the time of the worker's last word; both are the host's."""
        if now_ns - last_word_ns <= SILENT_NS:
            self._next_ns = self._tries = 0
        elif now_ns >= self._next_ns:
            self._next_ns = now_ns + (PATIENCE_NS << min(self._tries, _MOST_DOUBLINGS))
            self._tries += 1
            self._restart()
