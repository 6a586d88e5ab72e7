"""The ghost arm: where a plan will go, as meshes in the cloud; it moves along the path when a preview is played."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Slot

from core.motion.kinematics import LINKS, ArmModel
from core.types import Array, Plan
from widgets.cloud_overlay import Marks
from widgets.cloud_view import CloudView

_STEP_MS = 33
_SPEED = 1.5
_PLACE_M = 0.04


def split_path(plan: Plan, progress: float) -> tuple[Array, Array]:
    """The tool's path (N, 3) still ahead, and the part that is done at `progress` 0..1."""
    last = len(plan.tool_path) - 1
    at = int(np.clip(round(progress * last), 0, max(0, last)))
    return plan.tool_path[at:], plan.tool_path[: at + 1]


class Ghost(QObject):
    """Draws one plan at a time. `meshes`: (link index, vertices (N, 3), faces (M, 3)) in link frames."""

    def __init__(self, cloud: CloudView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cloud, self._model = cloud, ArmModel()
        self._meshes: list[tuple[int, Array, np.ndarray]] | None = None
        self._plan: Plan | None = None
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(self._advance)

    def show(self, plan: Plan) -> None:
        """Stand where the plan takes the thing to."""
        self._plan = plan
        path = plan.path
        if path is None:
            self.hide()
            return
        self._timer.stop()
        self._pose_at(self._release_time(plan))

    def play(self, plan: Plan) -> None:
        """Move along the path once."""
        self._plan = plan
        self._clock.start()
        self._timer.start()

    def follow(self, plan: Plan | None, progress: float) -> None:
        """Mark the path of a plan at `progress` 0..1 and where it ends; without a motion nothing, and no ghost."""
        if plan is None or plan.path is None or plan.target is None:
            self._cloud.set_marks(Marks())
            self.hide()
            return
        ahead, done = split_path(plan, progress)
        self._cloud.set_marks(Marks(planned=ahead, done=done, place=(plan.target.T_base_place[:3, 3], _PLACE_M)))

    def hide(self) -> None:
        """No ghost."""
        self._timer.stop()
        self._plan = None
        self._cloud.set_ghost((), ())

    def _release_time(self, plan: Plan) -> float:
        path = plan.path
        if path is None:
            return 0.0
        closed = np.flatnonzero(path.gripper <= path.gripper.min() + 0.004)
        return float(path.times[closed[-1]]) if len(closed) else float(path.times[-1])

    @Slot()
    def _advance(self) -> None:
        plan = self._plan
        if plan is None or plan.path is None:
            self._timer.stop()
            return
        at = self._clock.elapsed() / 1e3 * _SPEED
        if at > plan.path.times[-1]:
            self.show(plan)
            return
        self._pose_at(at)

    def _pose_at(self, seconds: float) -> None:
        path = self._plan.path if self._plan is not None else None
        if path is None:
            return
        joints = np.array([np.interp(seconds, path.times, path.joints[:, k]) for k in range(path.joints.shape[1])])
        opening = float(np.interp(seconds, path.times, path.gripper))
        poses = self._model.link_poses(joints, opening)
        meshes = self._load()
        self._cloud.set_ghost([(v, f) for _, v, f in meshes], [poses[link] for link, _, _ in meshes])

    def _load(self) -> list[tuple[int, Array, np.ndarray]]:
        if self._meshes is None:
            from devices.sim.arm_shape import arm_meshes  # numpy only, but not needed before the first plan

            self._meshes = [(m.link, m.vertices, m.faces) for m in arm_meshes() if m.link < len(LINKS)]
        return self._meshes
