"""From what is seen and where a thing shall go to a plan that can be shown as a ghost and run: grasp, path, clearance, or why not.

Called by `act` for Show and for policies alike. Works on the scene and its frame alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core import geometry, registration
from core.geometry import Mask
from core.motion import grasp, plan
from core.motion.body import arm_capsules, outside
from core.motion.kinematics import ArmModel
from core.motion.plan import Motion
from core.motion.targets import PlaceTarget, long_short, pose_of, poses_of, top, yaw_of
from core.types import TABLE_LABEL, Array, Detection, Observation, PickPlace, Plan

_MOST_TRIED = 24
_ROUND = 1.2
_FRINGE_M = 0.012  # depth this near to the thing's own box is its own ragged edge
_MAT_M = 0.014
_BODY_M = 0.03  # depth this near to the arm's own body, and no thing's, is the arm's ragged edge
_LOOSE_M = 0.02  # what belongs to nothing counts only when it stands out of the noise of the table's depth


class TaskPlanner:
    """Plans for one arm model."""

    def __init__(self, model: ArmModel) -> None:
        self.model = model
        self.open_width = 0.08

    def plan(self, seen: Observation, item: Detection, target: PlaceTarget, *, plan_id: int, version: str, confidence: float) -> Plan:
        """Take `item` to `target`; without a path the plan holds the reason in a sentence."""
        points, around = surroundings(self.model, seen, item)
        reason = "There is no room for the fingers beside it. Move things apart." if len(points) >= 8 else "Too little of it is seen."
        tried = 0
        for hold in self._holds(seen, item, points, around):
            for place in places(item, target, hold.T_base_pick):
                release = grasp.release_width(hold, place, around)
                if release is None:
                    reason = "The hand would touch something at the place. Choose another place."
                    continue
                pick_place = PickPlace(T_base_pick=hold.T_base_pick, T_base_place=place, width=hold.width, release=release)
                held = plan.held_from_points(points, hold.T_base_pick)
                motion = plan.plan_pick_place(self.model, seen.arm.joints, pick_place, around, held=held)
                if motion.path is not None:
                    return self._made(seen, item, target, motion, pick_place, plan_id, version, confidence)
                reason, tried = motion.reason, tried + 1
                if tried >= _MOST_TRIED:
                    return _nothing(plan_id, version, item, target, reason, _intent(seen.scene.detections, item, target))
        return _nothing(plan_id, version, item, target, reason, _intent(seen.scene.detections, item, target))

    def first(self, seen: Observation, item: Detection, target: PlaceTarget) -> PickPlace | None:
        """The best grasp with a free place for it, the way between not looked at; None when there is none."""
        points, around = surroundings(self.model, seen, item)
        for hold in self._holds(seen, item, points, around):
            for place in places(item, target, hold.T_base_pick):
                release = grasp.release_width(hold, place, around)
                if release is not None and not plan.out_of_reach(self.model, place, seen.arm.joints):
                    return PickPlace(T_base_pick=hold.T_base_pick, T_base_place=place, width=hold.width, release=release)
        return None

    def home(self, joints: Array, gripper: float, *, plan_id: int) -> Plan:
        """Back to the home pose."""
        path = plan.home(self.model, joints, gripper)
        tool = np.array([self.model.forward(q)[:3, 3] for q in path.joints])
        return Plan(
            id=plan_id,
            version="",
            path=path,
            tool_path=tool,
            target=None,
            pick_track=0,
            place_track=None,
            intent="Going home",
            confidence=1.0,
            clearance_m=0.0,
        )

    def _holds(self, seen: Observation, item: Detection, points: Array, around: grasp.Heights) -> list[grasp.Grasp]:
        start = yaw_of(pose_of(item)[:3, :3])
        return grasp.reachable(grasp.grasps(points, around, self.model, start=start), self.model, seen.arm.joints)

    def _made(
        self,
        seen: Observation,
        item: Detection,
        target: PlaceTarget,
        motion: Motion,
        pick_place: PickPlace,
        plan_id: int,
        version: str,
        confidence: float,
    ) -> Plan:
        reference = next((d for d in seen.scene.detections if d.instance == target.reference), None)
        return Plan(
            id=plan_id,
            version=version,
            path=motion.path,
            tool_path=motion.tool_path,
            target=pick_place,
            pick_track=item.track,
            place_track=reference.track if reference is not None else None,
            intent=_intent(seen.scene.detections, item, target),
            confidence=confidence,
            clearance_m=motion.clearance,
        )


def surroundings(model: ArmModel, seen: Observation, item: Detection) -> tuple[Array, grasp.Heights]:
    """Points (N, 3) of the item in base, and the heights of everything else but the arm."""
    scene, camera = seen.scene, seen.camera
    body = arm_capsules(model, seen.arm.joints, seen.arm.gripper)
    ghosts = {d.instance for d in scene.detections if _hangs(d) and not outside(body, d.box.center, 0.0)}
    depth_m = registration.register_depth(seen.frame.depth, camera)
    points = geometry.transform(scene.T_base_camera, geometry.deproject(depth_m, camera.color)).astype(np.float64)
    valid = depth_m > 0
    own = points[(scene.labels == item.instance) & valid]
    low = [d.instance for d in scene.detections if top(d) < _MAT_M]
    thing = (
        valid
        & (scene.labels > 0)
        & (scene.labels < TABLE_LABEL)
        & (scene.labels != item.instance)
        & ~np.isin(scene.labels, [*low, *ghosts])
    )
    loose = _without_specks(valid & (scene.labels == 0) & (points[..., 2] > _LOOSE_M))
    rest = (thing & (points[..., 2] > 0.008) | loose) & (points[..., 2] < 0.5)
    rest &= _away_from(points, item)
    rest[rest] = thing[rest] | outside(body, points[rest], _BODY_M)
    others = points[rest]
    beside = [d for d in scene.detections if d.instance not in ghosts | {item.instance} and d.area_px > 0]
    boxes = [_filled(d) for d in beside if _solid(d) and top(d) >= _MAT_M]
    return _completed(own, item), grasp.height_map(np.concatenate([others, *boxes]))


def places(item: Detection, target: PlaceTarget, T_base_pick: Array) -> Sequence[Array]:
    """Tool poses (4, 4) at the place that bring the item to its target, held as at the pick; its own pose first."""
    T_item_tool = np.linalg.inv(pose_of(item)) @ T_base_pick
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False) if target.yaw_free else [0.0, np.pi]
    return [T @ _turn(angle) @ T_item_tool for T in poses_of(target) for angle in turns]


def _nothing(plan_id: int, version: str, item: Detection, target: PlaceTarget, reason: str, intent: str) -> Plan:
    return Plan(
        id=plan_id,
        version=version,
        path=None,
        tool_path=np.zeros((0, 3)),
        target=None,
        pick_track=item.track,
        place_track=None,
        intent=intent,
        confidence=0.0,
        clearance_m=0.0,
        reason=reason,
    )


def _intent(detections: Sequence[Detection], item: Detection, target: PlaceTarget) -> str:
    name = item.name[:1].upper() + item.name[1:] if item.name else "The object"
    reference = next((d for d in detections if d.instance == target.reference), None)
    what = (reference.name or "unnamed object") if reference is not None else ""
    words = {"inside": f"into the {what}", "on": f"onto the {what}", "beside": f"beside the {what}", "at": "to its place"}
    return f"{name} {words[target.relation]}"


def _completed(own: Array, item: Detection) -> Array:
    """What to take hold of: the top of the box where the box is the thing; long, bent things show their outline and keep their points."""
    long, short = long_short(item)
    if len(own) < 8:
        return own
    block = _fills_its_box(own, item)
    if not block and long > 1.6 * short:
        return own
    return grasp.box_points(pose_of(item), np.array([long, short, item.box.size[2]]), round_=not block and long < _ROUND * short)


def _fills_its_box(own: Array, item: Detection, cell: float = 0.008) -> bool:
    """Whether points (N, 3) lie high all over the footprint, out to its corners."""
    half = np.array(long_short(item)) / 2 - 0.004
    local = (own - item.box.center) @ pose_of(item)[:3, :3]
    high = own[:, 2] > 0.6 * top(item)
    counts = np.maximum(1, np.round(2 * half / cell)).astype(int)
    at = np.floor((local[high, :2] + half) / (2 * half) * counts).astype(int)
    inside = ((at >= 0) & (at < counts)).all(axis=1)
    return bool(len(np.unique(at[inside], axis=0)) > 0.9 * counts.prod())


def _without_specks(mask: Mask) -> Mask:
    """Only what is at least three pixels wide: single wild depths are noise."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def _hangs(d: Detection) -> bool:
    """Whether it stands on nothing: inside the arm's body such a thing is a piece of the arm that was taken for one."""
    return bool(d.box.center[2] - d.box.size.max() / 2 > _BODY_M)


def _solid(d: Detection) -> bool:
    """Whether a box may stand for the thing: not for containers, which are open and seen by their rim."""
    return bool(long_short(d)[0] < 0.16)


def _filled(d: Detection) -> Array:
    long, short = long_short(d)
    return grasp.box_points(pose_of(d), np.array([long, short, d.box.size[2]]), round_=long < _ROUND * short)


def _away_from(points: Array, item: Detection) -> Array:
    """Pixels whose points do not belong to the item: depth near its edge that was labelled as table."""
    offset = np.abs((points - item.box.center) @ item.box.R) - item.box.size / 2
    return np.asarray(offset.max(axis=-1) > _FRINGE_M)


def _turn(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    T = np.eye(4)
    T[:2, :2] = [[c, -s], [s, c]]
    return T
