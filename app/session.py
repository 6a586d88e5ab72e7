"""What the window works on: live state, the store through operations, the current task and the recordings. Built by `app.application`.

Presenters get one `Session`. Changes made on the writer thread arrive here as a signal in the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from app.live import Live
from app.operations import Operations
from app.takes import Takes
from core.messages import ActStatus, RecorderStatus
from core.storage import edits
from core.storage.queries import Queries
from core.storage.records import ObjectClass, Task
from core.storage.store import Changes, Store
from core.types import Array, CameraInfo, Detection, Frame, Scene
from widgets import theme
from widgets.values import Choice, Toast


@dataclass(frozen=True)
class Subject:
    """What an operator speaks of: mask bool (H, W) on the colour grid, track, centre (3,) in base; `added`: grown from a click."""

    mask: npt.NDArray[np.bool_]
    track: int
    center_base: Array
    mean_color: Array
    score: float = 0.0
    added: bool = False


def subject_of(detection: Detection, scene: Scene) -> Subject:
    """A detection as a subject."""
    mask = np.asarray(scene.labels == detection.instance)
    return Subject(mask, detection.track, detection.box.center, detection.mean_color, detection.score)


def judgement_of(subject: Subject, scene: Scene, frame: Frame, camera: CameraInfo, since_s: float) -> edits.Judgement:
    """What is said of `subject` on the frame of `scene`; `since_s`: when this run began, seconds since 1970."""
    return edits.Judgement(
        frame=frame,
        camera=camera,
        T_base_camera=scene.T_base_camera,
        mask=subject.mask,
        track=subject.track,
        center_base=subject.center_base,
        identifier=scene.identifier,
        score=subject.score,
        added=subject.added,
        since_s=since_s,
    )


class Session(QObject):
    """Shared by all presenters. `cell`: the simulated cell's name or file, "" without one."""

    changed = Signal(object)
    said = Signal(object)
    happened = Signal(str, str)
    task_changed = Signal()
    page_requested = Signal(str)
    _from_writer = Signal(object)
    _refused = Signal(str)

    def __init__(self, store: Store, operations: Operations, live: Live, *, cell: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store, self.operations, self.live, self.cell = store, operations, live, cell
        self.queries = Queries(store.engine)
        self.takes = Takes(store, live.record)
        self.classes: list[ObjectClass] = self.queries.classes()
        self.task_id = self._first_task()
        self.undo_text, self.redo_text = store.undo_texts()
        self.last_text = ""
        self.started_s = store.wall_s()
        self._from_writer.connect(self._on_changes)
        self._refused.connect(self._on_refused)
        operations.listen(self._from_writer.emit, self._refused.emit)
        live.act_changed.connect(self._on_act)
        live.recorder_changed.connect(self._on_recorder)

    @property
    def task(self) -> Task | None:
        """The task at work."""
        return self.queries.task(self.task_id)

    @property
    def armless(self) -> bool:
        """Whether this rig is a camera alone, so that nothing can be shown or run."""
        return not self.cell and self.live.arm is None

    def choose_task(self, task_id: int) -> None:
        """Work on another task."""
        self.task_id = task_id
        self.operations.run(lambda store: store.set_setting("task", {"value": task_id}))
        self.task_changed.emit()

    def run(self, operation: Callable[[Store], Changes | None]) -> None:
        """Queue a mutation; its result comes back as `changed`, a refusal as `said`."""
        self.operations.run(operation)

    def begin_take(self, task_id: int, kind: str, how: str, details: dict[str, object]) -> None:
        """Start recording; a refusal comes back as `said`."""

        def begin(_: Store) -> None:
            self.takes.begin(task_id, kind, how, details)

        self.run(begin)

    def judge(self, subject: Subject, scene: Scene, operation: Callable[[Store, edits.Judgement], Changes]) -> bool:
        """Store what the operator says of `subject` on the scene that was shown; False when its frame is gone."""
        return self.judge_all([subject], scene, lambda store, judgements: operation(store, judgements[0]))

    def judge_all(
        self, subjects: Sequence[Subject], scene: Scene, operation: Callable[[Store, Sequence[edits.Judgement]], Changes]
    ) -> bool:
        """Store in one step what the operator says of several things on one scene; False when its frame is gone."""
        frame, camera = self.frame_of(scene), self.live.camera
        if frame is None or camera is None:
            self.say(Toast("That picture is gone already. Click again.", "warning", "warn"))
            return False
        judgements = [judgement_of(subject, scene, frame, camera, self.started_s) for subject in subjects]
        self.run(lambda store: operation(store, judgements))
        return True

    def frame_of(self, scene: Scene) -> Frame | None:
        """The frame of a shown scene, while it is kept or shown."""
        kept = self.live.frame_of(scene)
        shown = self.live.frame
        return kept if kept is not None else shown if shown is not None and shown.seq == scene.frame_seq else None

    def say(self, toast: Toast) -> None:
        """Show a message for six seconds."""
        self.said.emit(toast)

    def note(self, sentence: str, icon: str = "info") -> None:
        """Say in the bottom line what just happened."""
        self.happened.emit(sentence, icon)

    def clock_words(self) -> str:
        """The time of day, "10:58:07"."""
        return f"{datetime.fromtimestamp(self.live.host.wall_s()):%H:%M:%S}"

    def class_of(self, detection: Detection) -> ObjectClass | None:
        """The catalogue's class of a detection."""
        return next((c for c in self.classes if c.id == detection.class_id), None)

    def choices(self) -> tuple[Choice, ...]:
        """All classes, as fields and popovers offer them."""
        return tuple(Choice(c.id, c.name, c.key or 0, c.colour - 1) for c in self.classes)

    def free_colour(self, mean_color: Iterable[float]) -> int:
        """The free palette colour 1..12 nearest to an object's own mean colour (RGB 0..255)."""
        return theme.free_color(mean_color, [c.colour - 1 for c in self.classes]) + 1

    @Slot(object)
    def _on_changes(self, changes: Changes) -> None:
        self.undo_text, self.redo_text, self.last_text = changes.undo_text, changes.redo_text, changes.text
        if changes.touches("label", "object_class", "naming_version"):
            self.classes = self.queries.classes()
            self.live.believe(self.queries.confirmed_since(self.started_s), changes.names_revision)
            self.live.names_changed(changes.names_revision)
        self.changed.emit(changes)

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        self.say(Toast(sentence, "warning", "warn"))

    @Slot(object)
    def _on_act(self, status: ActStatus) -> None:
        self.operations.run(lambda _: self.takes.on_act(status))

    @Slot(object)
    def _on_recorder(self, status: RecorderStatus) -> None:
        if status.state in ("kept", "error"):
            self.operations.run(lambda _: self.takes.on_recorder(status))

    def _first_task(self) -> int:
        wanted = int(self.store.setting("task", {"value": 0})["value"])
        tasks = self.queries.tasks()
        known = [t.id for t in tasks]
        return wanted if wanted in known else (known[0] if known else 0)
