"""Same again on See: carries the label of one thing over the last frames in memory; shows how far it is, can be cancelled."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from app.main_window import MainWindow
from app.pages.see import Spreading
from app.presenters.propagating import Outcome, Propagating, toast_of
from app.propagation import Progress, Propagation, Recent, Said
from app.session import Session, Subject, judgement_of
from core.storage.carried_edits import Origin
from core.storage.edits import Judgement
from core.types import Detection, Scene
from widgets.values import Toast


class Spread(QObject):
    """One run at a time. `changed`: show the page anew."""

    changed = Signal()

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._words = ""
        self.running: Spreading | None = None
        self._work = Propagating(session, self)
        self._work.progressed.connect(self._on_progress)
        self._work.finished.connect(self._on_finished)
        window.closing.connect(self._work.close)

    def start(self, subject: Subject, detection: Detection, scene: Scene) -> None:
        """Carry what is said of `subject` on the frame of `scene`."""
        camera = self._session.live.camera
        if self._work.busy or camera is None:
            return
        frames, frame = Recent(camera, self._session.live.recent()), self._session.frame_of(scene)
        at = frames.position(scene.frame_seq)
        if at is None or frame is None or len(frames) < 2:
            self._session.say(Toast("That picture is gone already. Click again.", "warning", "warn"))
            return
        judgement = judgement_of(subject, scene, frame, camera, self._session.started_s)
        named = detection.confirmed and detection.class_id is not None
        said = Said(
            at=at,
            mask=subject.mask,
            track=subject.track,
            label_track=subject.track,
            origin=self._origin(judgement, detection.class_id if named else None),
            T_base_camera=scene.T_base_camera,
            back=at,
            on=len(frames) - at - 1,
            since_s=self._session.started_s,
        )
        self._words = f"the {detection.name}" if detection.name else "it"
        self._work.begin(lambda report: Propagation(self._session.store, frames, said, report))
        self._on_progress(Progress(0, len(frames) - 1, 0))

    def _origin(self, judgement: Judgement, class_id: int | None) -> Origin:
        """The newest label of this run that says so, else what the operator says by carrying it."""
        kind = "name" if class_id is not None else "shape"
        said = [x.id for x in self._session.queries.labels_since(self._session.started_s) if (x.track, x.kind) == (judgement.track, kind)]
        return Origin(kind, class_id, said[-1]) if said else Origin(kind, class_id, first=judgement)

    def cancel(self) -> None:
        """End soon, storing nothing."""
        self._work.cancel()

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        self.running = Spreading(self._words, progress.done, progress.total, progress.kept, progress.left_s)
        self.changed.emit()

    @Slot(object)
    def _on_finished(self, outcome: Outcome) -> None:
        self.running = None
        self._session.say(toast_of(outcome))
        self.changed.emit()
