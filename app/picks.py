"""What a version promised and what came of it: each motion's confidence beside whether the right thing ended in its place. No Qt.

The judge's side of a rollout: it reads the truth, which nothing that decides may.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from core import judge
from core.cells import Task
from core.perception.score import calibration_error
from core.types import Plan, Scene, TrueObject, Truth


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """One motion: `confidence` as it was shown before; `right`: of a kind to move; `done`: its goal held for that very thing after it."""

    confidence: float
    right: bool
    done: bool


class Picks:
    """Watches the plans of one rollout. `task`: what should be moved where."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._plan = 0
        self._open: tuple[float, int] | None = None
        self._picks: list[Pick] = []

    def see(self, plan: Plan | None, scene: Scene | None, truth: Truth) -> None:
        """To be called often: a plan that was not seen before begins a pick and ends the one before."""
        if plan is None or scene is None or plan.path is None or plan.id == self._plan or not plan.version:
            return
        self._close(truth.objects)
        self._plan = plan.id
        item = next((d for d in scene.detections if d.track == plan.pick_track), None)
        if item is not None and truth.objects:
            apart = [np.linalg.norm(o.T_base_object[:2, 3] - item.box.center[:2]) for o in truth.objects]
            self._open = (plan.confidence, int(np.argmin(apart)))

    def over(self, truth: Truth) -> list[Pick]:
        """The rollout has ended: all its picks."""
        self._close(truth.objects)
        return self._picks

    def _close(self, objects: Sequence[TrueObject]) -> None:
        if self._open is None:
            return
        (confidence, index), self._open = self._open, None
        thing = objects[index]
        goals = [goal for goal in self._task.goals if goal.object_class == thing.class_name]
        others = [o for k, o in enumerate(objects) if k != index and o.class_name != thing.class_name]
        done = bool(goals) and judge.judge_all(goals, [thing, *others])[0]
        self._picks.append(Pick(confidence=round(confidence, 4), right=thing.class_name in self._task.move, done=done))


def reliability(picks: Sequence[Pick], bins: int = 5) -> dict[str, object]:
    """How well confidence foretells success: expected calibration error, and per bin of confidence the count, mean and share done."""
    if not picks:
        return {"picks": 0}
    confidence, done = np.array([p.confidence for p in picks]), np.array([p.done for p in picks])
    at = np.minimum((confidence * bins).astype(int), bins - 1)
    curve = [
        [int((at == b).sum()), round(float(confidence[at == b].mean()), 3), round(float(done[at == b].mean()), 3)]
        for b in range(bins)
        if (at == b).any()
    ]
    return {
        "picks": len(picks),
        "right": round(float(np.mean([p.right for p in picks])), 4),
        "done": round(float(done.mean()), 4),
        "calibration_error": round(calibration_error(confidence.tolist(), done.tolist()), 4),
        "curve": curve,
    }
