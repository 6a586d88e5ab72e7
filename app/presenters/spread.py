"""Same again: carries the label of one thing over the last frames in memory, beside the window; shows how far it is, can be cancelled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.main_window import MainWindow
from app.pages.see import Spreading
from app.propagation import Progress, Propagation, Recent, Said
from app.session import Session, Subject
from core.errors import PendantError
from core.storage import mask_edits
from core.storage.store import Changes, Store
from core.types import Detection, Scene
from widgets.values import Toast


class Spread(QObject):
    """One run at a time. `changed`: show the page anew."""

    changed = Signal()
    _reported = Signal(object)
    _finished = Signal(object, str)

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._thread = ThreadPoolExecutor(1, "propagate")
        self._job: Propagation | None = None
        self._words = ""
        self.running: Spreading | None = None
        self._reported.connect(self._on_report)
        self._finished.connect(self._on_finished)
        window.closing.connect(self.close)

    @Slot()
    def close(self) -> None:
        """End with the window; an unfinished run leaves no trace."""
        self.cancel()
        self._thread.shutdown()

    def start(self, subject: Subject, detection: Detection, scene: Scene) -> None:
        """Carry what is said of `subject` on the frame of `scene`."""
        live = self._session.live
        if self._job is not None or live.camera is None:
            return
        frames = Recent(live.camera, live.recent())
        at = frames.position(scene.frame_seq)
        if at is None or len(frames) < 2:
            self._session.say(Toast("That picture is gone already. Click again.", "warning", "warn"))
            return
        named = detection.confirmed and detection.class_id is not None
        said = Said(
            at=at,
            mask=subject.mask,
            track=subject.track,
            kind="name" if named else "shape",
            class_id=detection.class_id if named else None,
            T_base_camera=scene.T_base_camera,
            back=at,
            on=len(frames) - at - 1,
            since_s=self._session.started_s,
        )
        self._words = f"the {detection.name}" if detection.name else "it"
        self._job = Propagation(self._session.store, frames, said, self._reported.emit)
        self.running = Spreading(self._words, 0, len(frames) - 1, 0)
        self._thread.submit(self._work, self._job)
        self.changed.emit()

    @Slot()
    def cancel(self) -> None:
        """End soon, storing nothing."""
        if self._job is not None:
            self._job.cancel()

    def _work(self, job: Propagation) -> None:
        try:
            self._finished.emit(job.run(), "")
        except PendantError as error:
            self._finished.emit([], str(error))

    @Slot(object)
    def _on_report(self, progress: Progress) -> None:
        if self.running is not None:
            self.running = Spreading(self._words, progress.done, progress.total, progress.kept, progress.left_s)
            self.changed.emit()

    @Slot(object, str)
    def _on_finished(self, labels: list[mask_edits.Carried], sentence: str) -> None:
        job, self._job, self.running = self._job, None, None
        if job is not None and labels:
            self._session.run(partial(_store, job, labels))
            self._session.say(Toast(f"The same is said on {len(labels)} more frames.", action="Undo", key="Ctrl Z"))
        elif sentence:
            self._session.say(Toast(sentence, "warning", "warn"))
        else:
            cancelled = job is not None and job.cancelled
            words = "Cancelled. Nothing was changed." if cancelled else "It is hidden or looks different on the frames beside this one."
            self._session.say(Toast(words, "info", "plain"))
        self.changed.emit()


def _store(job: Propagation, labels: list[mask_edits.Carried], store: Store) -> Changes | None:
    return job.store(store, labels)
