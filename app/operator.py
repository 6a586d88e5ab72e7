"""The scripted operator: names what is on the table and shows a task, by the same operations as clicks do. No Qt.

It alone (with the judge) may look at the truth: to know what a person would see. What it does goes through names, plans and presses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from app.headless import HeadlessCell
from app.sight import detection_of
from core import judge
from core.cells import Task
from core.errors import PendantError
from core.messages import ActRequest
from core.motion.targets import wrap_half, yaw_of
from core.storage import edits
from core.storage.queries import Queries
from core.storage.store import Store
from core.types import Array, Detection, Scene, TrueObject

_MOTION_LIMIT_S = 60.0


class Operator:
    """Works on one layout of a cell."""

    def __init__(self, cell: HeadlessCell, store: Store) -> None:
        self._cell, self._store = cell, store
        self._queries = Queries(store.engine)

    def name_everything(self, rounds: int = 2, wanted: Collection[str] = ()) -> int:
        """Click and name every object whose name is missing or wrong, and one of each `wanted` kind; returns how many names were given."""
        given = 0
        for _ in range(rounds):
            scene = self._cell.settle(3)
            wrong = self.misnamed(scene, wanted if given == 0 else ())
            for detection, name in wrong:
                self.name(scene, detection, name)
            given += len(wrong)
            if not wrong:
                break
        return given

    def misnamed(self, scene: Scene, wanted: Collection[str] = ()) -> list[tuple[Detection, str]]:
        """Detections that a person would correct (or confirm, of the `wanted` kinds), with the right name."""
        wrong = []
        for thing in self._cell.truth().objects:
            seen = detection_of(thing, scene.detections)
            doubtful = seen is not None and (seen.name != thing.class_name or (not seen.confirmed and seen.score < 0.8))
            if seen is not None and (doubtful or thing.class_name in wanted):
                wrong.append((seen, thing.class_name))
        return wrong

    def name(self, scene: Scene, detection: Detection, name: str) -> None:
        """One click and a typed name."""
        camera = self._cell.camera
        if camera is None:
            raise PendantError("There is no camera.")
        judgement = edits.Judgement(
            frame=self._cell.frame_of(scene),
            camera=camera,
            T_base_camera=scene.T_base_camera,
            mask=scene.labels == detection.instance,
            track=detection.track,
            center_base=detection.box.center,
            identifier=scene.identifier,
            score=detection.score,
        )
        changes = edits.name_object(self._store, judgement, name)
        self._cell.names_changed(changes.names_revision)

    def show(self, task: Task, task_id: int, rng: np.random.Generator) -> str:
        """Click an object of the task, click where it goes, hold Show. Returns "" or why it did not work, in a sentence."""
        scene = self._cell.settle(3)
        objects = self._cell.truth().objects
        choices = [o for o in objects if o.class_name in task.move and not _done(task, o, objects)]
        if not choices:
            return "Nothing on the table belongs to the task."
        for index in rng.permutation(len(choices)):
            request = self._clicks(task, choices[index], objects, scene)
            if request is None:
                continue
            self._cell.request(request)
            self._cell.advance(0.1)
            plan = self._cell.plan
            if plan is not None and plan.path is not None and plan.pick_track == request.pick_track:
                return self._perform(task_id, choices[index].class_name)
        plan = self._cell.plan
        return plan.reason if plan is not None and plan.reason else "What to move was not seen."

    def _clicks(self, task: Task, thing: TrueObject, objects: Sequence[TrueObject], scene: Scene) -> ActRequest | None:
        goal = next(g for g in task.goals if g.object_class == thing.class_name)
        seen = detection_of(thing, scene.detections)
        if seen is None:
            return None
        if goal.kind == "at":
            wanted = judge.target_pose(goal, thing, objects)
            if wanted is None:
                return None
            place = np.array([*wanted[:2, 3], wanted[2, 3] - thing.size[2] / 2])
            return ActRequest(kind="plan", pick_track=seen.track, place_base=place, place_yaw=_long_yaw(wanted, thing.size))
        reference = next((o for o in objects if o.class_name == goal.reference), None)
        onto = detection_of(reference, scene.detections) if reference is not None else None
        return ActRequest(kind="plan", pick_track=seen.track, place_track=onto.track) if onto is not None else None

    def _perform(self, task_id: int, name: str) -> str:
        takes = self._cell.takes
        if takes is None:
            raise PendantError("This cell records nothing.")
        takes.begin(task_id, "demonstration", "click", {"moved": name})
        self._cell.advance(0.3)
        self._cell.grant()
        self._cell.request(ActRequest(kind="show"))
        self._cell.advance(0.1)
        status = self._cell.until_status(("done", "failed"), _MOTION_LIMIT_S)
        for _ in range(100):
            if takes.current is None:
                break
            self._cell.advance(0.02)
        return "" if status.succeeded else status.result


def _done(task: Task, thing: TrueObject, objects: Sequence[TrueObject]) -> bool:
    goal = next(g for g in task.goals if g.object_class == thing.class_name)
    return judge.judge(goal, [thing, *(o for o in objects if o.class_name == goal.reference)])[0]


def _long_yaw(T: Array, size: Array) -> float:
    yaw = yaw_of(T[:3, :3])
    return wrap_half(yaw + np.pi / 2 if size[1] > size[0] else yaw)
