"""Notices a worker that lives but says nothing any more (it hangs), and has it ended, so that the rig starts it again. No Qt."""

from __future__ import annotations

from collections.abc import Callable

SILENT_NS = 5_000_000_000
PATIENCE_NS = 15_000_000_000
"""A worker that was started again needs time: a simulated camera compiles its shaders, a real one resets its USB port."""


class Silence:
    """Of one worker. `restart` ends it."""

    def __init__(self, restart: Callable[[], None]) -> None:
        self._restart = restart
        self._next_ns = 0

    def watch(self, last_word_ns: int, now_ns: int) -> None:
        """Call a few times a second with the time of the worker's last word; both are the host's."""
        if now_ns - last_word_ns > SILENT_NS and now_ns >= self._next_ns:
            self._next_ns = now_ns + PATIENCE_NS
            self._restart()
