"""The run that carries a label over a demonstration's frames: how far it is, and where it ended."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from app.main_window import MainWindow
from app.presenters.propagating import Outcome, Propagating, toast_of
from app.presenters.replay import Replay
from app.propagation import Progress, Propagation, Recorded, Said
from app.session import Session
from core.errors import StoreError
from core.storage.store import Changes
from core.types import Detection
from widgets.values import Toast


@dataclass(frozen=True)
class Done:
    """What a run came to, as the page says it: of what, how many, and the frames (as on the timeline) where it ended early."""

    episode: str
    track: int
    words: str
    stored: int = 0
    ended: tuple[tuple[int, str], ...] = ()


class CarryRun(QObject):
    """One at a time. `progress`: None while there is none; `done`: what the last one came to, until it is forgotten."""

    changed = Signal()

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self.progress: Progress | None = None
        self.done: Done | None = None
        self._of = Done("", 0, "")
        self._work = Propagating(session, self)
        self._work.progressed.connect(self._on_progress)
        self._work.finished.connect(self._on_finished)
        session.changed.connect(self._on_changed)
        window.closing.connect(self._work.close)

    @property
    def words(self) -> str:
        """What is being carried."""
        return self._of.words

    def start(self, replay: Replay, detection: Detection, said: Said) -> None:
        """Carry what is said of a thing of an open demonstration; its file is read beside the replay."""
        if self._work.busy:
            return
        try:
            frames = Recorded(self._session.store.folder.root / replay.episode.path)
        except StoreError as error:
            self._session.say(Toast(str(error), "warning", "warn"))
            return
        named = f"the {detection.name}" if detection.name else "it"
        self._of, self.done = Done(replay.episode.id, detection.track, named), None
        self._work.begin(lambda report: Propagation(self._session.store, frames, said, report), frames.close)
        self._on_progress(Progress(0, said.back + said.on, 0))

    def cancel(self) -> None:
        """End soon, storing nothing."""
        self._work.cancel()

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        self.progress = progress
        self.changed.emit()

    @Slot(object)
    def _on_finished(self, outcome: Outcome) -> None:
        self.progress = None
        ended = tuple((stop.at + 1, stop.reason) for stop in outcome.ended)
        if not outcome.cancelled and (outcome.stored or ended):
            self.done = Done(self._of.episode, self._of.track, self._of.words, outcome.stored, ended)
        self._session.say(toast_of(outcome))
        self.changed.emit()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        """What was taken back is no longer said to be carried."""
        if self.done is not None and changes.undone and changes.touches("label"):
            self.done = None
            self.changed.emit()
