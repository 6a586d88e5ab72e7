"""One propagation at a time, beside the window: its progress as signals, its labels stored as one step, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from app.propagation import Ended, Progress, Propagation
from app.session import Session
from core.errors import PendantError, StoreError
from core.storage.carried_edits import PROPAGATED, Carried
from core.storage.store import Changes, Store
from widgets.values import Toast


@dataclass(frozen=True)
class Outcome:
    """What came of a run: how many labels were stored, where it ended early, and a sentence when nothing could be read or stored."""

    stored: int
    ended: tuple[Ended, ...] = ()
    cancelled: bool = False
    sentence: str = ""


class Propagating(QObject):
    """`progressed(Progress)` after every frame, `finished(Outcome)` once the store has it."""

    progressed = Signal(object)
    finished = Signal(object)
    _reported = Signal(object)
    _ran = Signal(object, str)
    _stored = Signal(object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._thread = ThreadPoolExecutor(1, "propagate")
        self._job: Propagation | None = None
        self._last = Progress(0, 0, 0)
        self._reported.connect(self._on_report)
        self._ran.connect(self._on_ran)
        self._stored.connect(self._on_stored)

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return self._job is not None

    @Slot()
    def close(self) -> None:
        """End with the window; an unfinished run leaves no trace."""
        self.cancel()
        self._thread.shutdown()

    def begin(self, make: Callable[[Callable[[Progress], None]], Propagation], done: Callable[[], None] = lambda: None) -> None:
        """Run what `make` makes of a function that takes reports; `done` is called on the thread when its frames are needed no more."""
        if self._job is None:
            self._job, self._last = make(self._reported.emit), Progress(0, 0, 0)
            self._thread.submit(self._work, self._job, done)

    @Slot()
    def cancel(self) -> None:
        """End soon, storing nothing."""
        if self._job is not None:
            self._job.cancel()

    def _work(self, job: Propagation, done: Callable[[], None]) -> None:
        try:
            labels, sentence = job.run(), ""
        except PendantError as error:
            labels, sentence = [], str(error)
        finally:
            done()
        self._ran.emit(labels, sentence)

    @Slot(object)
    def _on_report(self, progress: Progress) -> None:
        if self._job is not None:
            self._last = progress
            self.progressed.emit(progress)

    @Slot(object, str)
    def _on_ran(self, labels: list[Carried], sentence: str) -> None:
        job = self._job
        if job is None:
            return
        if not labels:
            self._on_stored(Outcome(0, self._last.ended, job.cancelled, sentence))
            return

        def operation(store: Store) -> Changes | None:
            try:
                changes = job.store(store, labels)
            except StoreError as error:
                self._stored.emit(Outcome(0, self._last.ended, False, str(error)))
                return None
            self._stored.emit(Outcome(self._count(changes), self._last.ended))
            return changes

        self._session.run(operation)

    def _count(self, changes: Changes | None) -> int:
        ids = [key for table, key in changes.touched if table == "label"] if changes is not None else []
        return sum(label.source == PROPAGATED and not label.deleted for label in self._session.queries.labels_by_id(ids))

    @Slot(object)
    def _on_stored(self, outcome: Outcome) -> None:
        self._job = None
        self.finished.emit(outcome)


def toast_of(outcome: Outcome) -> Toast:
    """What came of a run, in a sentence."""
    if outcome.stored:
        frames = "1 more frame" if outcome.stored == 1 else f"{outcome.stored} more frames"
        return Toast(f"The same is said on {frames}.", action="Undo", key="Ctrl Z")
    if outcome.sentence:
        return Toast(outcome.sentence, "warning", "warn")
    if outcome.cancelled:
        return Toast("Cancelled. Nothing was changed.", "info", "plain")
    return Toast("It is hidden or looks different on the frames beside this one.", "info", "plain")
