"""Runs one store mutation at a time on the writer thread and tells listeners what changed. No Qt: the window wraps it in a signal.

Undo and redo are operations like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from core.errors import PendantError
from core.storage.store import Changes, Store

Operation = Callable[[Store], Changes | None]
_log = logging.getLogger("pendant.operations")


class Operations:
    """The writer thread of a store. Listeners run on it, in order, after the change is durable."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "catalogue")
        self._changed: list[Callable[[Changes], None]] = []
        self._failed: list[Callable[[str], None]] = []

    def listen(self, changed: Callable[[Changes], None], failed: Callable[[str], None]) -> None:
        """Call `changed` after every change and `failed` with a sentence when one could not be saved."""
        self._changed.append(changed)
        self._failed.append(failed)

    def run(self, operation: Operation) -> Future[Changes | None]:
        """Queue `operation`; the future holds its changes, or None when it was refused (listeners have the sentence)."""
        return self._thread.submit(self._one, operation)

    def undo(self) -> Future[Changes | None]:
        """Take the last edit back."""
        return self.run(Store.undo)

    def redo(self) -> Future[Changes | None]:
        """Do it again."""
        return self.run(Store.redo)

    def close(self) -> None:
        """Finish what is queued, then close the store."""
        self._thread.submit(self._store.close).result()
        self._thread.shutdown()

    def _one(self, operation: Operation) -> Changes | None:
        try:
            changes = operation(self._store)
        except PendantError as error:
            _log.warning("refused: %s", error, exc_info=True)
            for failed in self._failed:
                failed(str(error))
            return None
        if changes is not None:
            for changed in self._changed:
                changed(changes)
        return changes
