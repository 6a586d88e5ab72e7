"""The plain door to a policy: posed views with pick and place poses in, poses out; no cell, no topic, no storage.

For benchmarks outside of Pendant (`core.ports.Policy`). Built on the geometric identifier, the relations of `pickplace` and the
planner's grasps. Views carry no names, so looks decide; the classes of a sample are a remark for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec
import numpy as np

from core.errors import NothingToLearn
from core.motion.kinematics import ArmModel
from core.motion.task_plan import TaskPlanner
from core.perception.identify import GeometricIdentifier
from core.perception.solids import exact
from core.policies import template
from core.policies.demonstration import Demonstration, scene_detections
from core.policies.opinion import decide
from core.policies.pickplace import PickPlacePolicy
from core.types import (
    ArmState,
    Array,
    CameraInfo,
    Detection,
    Frame,
    Intrinsics,
    Observation,
    PickPlacePrediction,
    PickPlaceSample,
    Scene,
    View,
)

_DEPTH_SCALE = 1e-4
_GRASP_NEAR_M = 0.015


class ViewPolicy:
    """`core.ports.Policy` on the geometric identifier. Of several views the one with the most valid depth is used."""

    name = "pickplace"

    def __init__(self, policy: PickPlacePolicy | None = None, model: ArmModel | None = None) -> None:
        self._policy = policy or PickPlacePolicy()
        self._planner = TaskPlanner(model or ArmModel())

    def fit(self, samples: Sequence[PickPlaceSample], *, seed: int, minutes: float) -> None:
        """Learn from demonstrations. `seed` and `minutes` change nothing: the fit is exact and takes milliseconds.

        Raises NothingToLearn when no sample shows what was picked.
        """
        shown = [made for number, sample in enumerate(samples) if (made := _demonstration(number, sample)) is not None]
        if not shown:
            raise NothingToLearn("None of the samples shows what was picked up. Give at least one with depth at the pick.")
        self._policy.fit(shown, ())

    def predict(self, views: Sequence[View]) -> PickPlacePrediction:
        """Tool poses for the next pick and place, or None with the reason. Raises NothingToLearn before `fit`."""
        seen = _observe(views, self._planner.model)
        if seen is None:
            return _abstained("There is no view with depth.")
        scene = msgspec.structs.replace(seen.scene, detections=scene_detections(seen.scene))
        seen, proposal = decide(self._policy, msgspec.structs.replace(seen, scene=scene))
        if proposal.target is None:
            return _abstained(proposal.reason)
        item = next(d for d in seen.scene.detections if d.instance == proposal.pick)
        found = self._planner.first(seen, item, proposal.target)
        if found is None:
            return _abstained("There is no room for the fingers beside it or at its place.")
        return PickPlacePrediction(
            T_base_pick=found.T_base_pick,
            T_base_place=found.T_base_place,
            confidence=proposal.confidence,
            reason=proposal.relation,
            width=found.width,
            pick_instance=item.instance,
            place_instance=proposal.target.reference,
        )

    def save(self, folder: Path) -> None:
        """Write weights as safetensors into an existing folder."""
        self._policy.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises WeightsError on torn or foreign files."""
        return cls(PickPlacePolicy.load(folder))


def _abstained(reason: str) -> PickPlacePrediction:
    return PickPlacePrediction(T_base_pick=None, T_base_place=None, confidence=0.0, reason=reason)


def _demonstration(number: int, sample: PickPlaceSample) -> Demonstration | None:
    seen = _observe(sample.views, ArmModel())
    if seen is None:
        return None
    detections = scene_detections(seen.scene)
    item = _nearest(detections, sample.T_base_pick[:3, 3], _GRASP_NEAR_M)
    if item is None:
        return None
    return Demonstration(
        episode=str(number),
        detections=detections,
        pick=item.instance,
        T_base_pick=np.asarray(sample.T_base_pick, np.float64),
        T_base_place=np.asarray(sample.T_base_place, np.float64),
        template=template.cut(seen.frame, seen.camera, seen.scene.T_base_camera, item),
    )


def _nearest(detections: Sequence[Detection], point: Array, within_m: float) -> Detection | None:
    """The smallest thing whose box, widened by `within_m`, holds the point."""
    offsets = [(d, np.abs(d.box.R.T @ (point - d.box.center)) - d.box.size / 2) for d in detections]
    near = [(float(np.prod(d.box.size)), d.instance, d) for d, off in offsets if off.max() < within_m]
    return min(near)[2] if near else None


def _observe(views: Sequence[View], model: ArmModel) -> Observation | None:
    """What one view shows, with exact boxes; the arm is taken to stand at home, out of the picture."""
    usable = [v for v in views if (v.depth_m > 0).any()]
    if not usable:
        return None
    view = max(usable, key=lambda v: int((v.depth_m > 0).sum()))
    frame, camera = _frame(view), _camera(view)
    scene: Scene = exact(GeometricIdentifier().identify(frame, camera, None), frame, camera)
    return Observation(frame=frame, scene=scene, camera=camera, arm=_arm(model))


def _frame(view: View) -> Frame:
    depth = np.clip(np.rint(np.nan_to_num(view.depth_m, posinf=0.0) / _DEPTH_SCALE), 0, 65535).astype(np.uint16)
    return Frame(camera="view", seq=0, t_device_ns=0, t_host_ns=0, depth=depth, color=np.ascontiguousarray(view.color))


def _camera(view: View) -> CameraInfo:
    K, (height, width) = view.K, view.depth_m.shape
    grid = Intrinsics(width=width, height=height, fx=float(K[0, 0]), fy=float(K[1, 1]), cx=float(K[0, 2]), cy=float(K[1, 2]))
    return CameraInfo(
        id="view",
        serial="",
        name="View",
        depth=grid,
        color=grid,
        depth_scale=_DEPTH_SCALE,
        T_color_depth=np.eye(4),
        T_mount_camera=np.asarray(view.T_base_camera, np.float64),
    )


def _arm(model: ArmModel) -> ArmState:
    joints = model.home
    return ArmState(
        seq=0,
        t_host_ns=0,
        joints=joints,
        velocities=np.zeros(6),
        T_base_tool=model.forward(joints),
        gripper=model.opening_max,
        gripper_target=model.opening_max,
        gripping=False,
        driver="nobody",
        generation=0,
        mode="holding",
        stopped=False,
        fault="",
        sent=joints,
    )
