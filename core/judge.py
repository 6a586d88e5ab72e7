"""Whether a goal holds: one pure function on objects, whether these come from the simulator's truth or from a scene's boxes.

Called by benches, rehearsal, the executor and the screen. Knows nothing about how objects were found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.types import Array, Goal, Scene, TrueObject

DISTRACTOR_M = 0.02


def judge(goal: Goal, objects: Sequence[TrueObject]) -> tuple[bool, str]:
    """Whether the goal holds for these objects, and the reason in a sentence when it does not ('' when it does)."""
    candidates = [o for o in objects if o.class_name == goal.object_class]
    references: list[TrueObject | None] = [None]
    if goal.reference is not None:
        references = [o for o in objects if o.class_name == goal.reference]
    if not candidates:
        return False, f"There is no {goal.object_class}."
    if not references:
        return False, f"There is no {goal.reference}."
    reasons = [
        min((_miss(goal, o, r) for r in references if r is not o), key=len, default="It has nothing to refer to.") for o in candidates
    ]
    misses = [reason for reason in reasons if reason]
    if goal.every:
        return not misses, misses[0] if misses else ""
    return len(misses) < len(reasons), "" if len(misses) < len(reasons) else misses[0]


def judge_all(goals: Sequence[Goal], objects: Sequence[TrueObject]) -> tuple[bool, str]:
    """Whether all goals hold. A goal about a class that is not there does not count, unless none is there."""
    present = {o.class_name for o in objects}
    asked = [goal for goal in goals if goal.object_class in present]
    if not asked:
        return False, "Nothing that the task is about is on the table."
    for goal in asked:
        done, reason = judge(goal, objects)
        if not done:
            return False, reason
    return True, ""


def disturbed(before: Sequence[TrueObject], after: Sequence[TrueObject], taking_part: Sequence[str]) -> tuple[str, ...]:
    """Classes that do not take part and moved 2 cm or more (or vanished), the same objects in any order."""
    left = [o for o in after if o.class_name not in taking_part]
    moved = []
    for old in (o for o in before if o.class_name not in taking_part):
        same = [o for o in left if o.class_name == old.class_name]
        nearest = min(same, key=lambda o: _distance(o, old), default=None)
        if nearest is None or _distance(nearest, old) >= DISTRACTOR_M:
            moved.append(old.class_name)
        if nearest is not None:
            left = [o for o in left if o is not nearest]
    return tuple(moved)


def target_pose(goal: Goal, thing: TrueObject, objects: Sequence[TrueObject]) -> Array | None:
    """A wanted T_base_object (4, 4) for `thing` so that the goal holds; None when the reference is missing. For scripted operators.

    'inside': the middle of the container at its rim; 'on': resting on the reference, turned like it.
    """
    reference = next((o for o in objects if o.class_name == goal.reference and o is not thing), None)
    if goal.reference is not None and reference is None:
        return None
    T = np.eye(4) if reference is None else reference.T_base_object.copy()
    if goal.kind == "at":
        return T if goal.T_reference_object is None else T @ goal.T_reference_object
    top = 0.0 if reference is None else T[2, 3] + _half_height(reference)
    T[2, 3] = top + (0.0 if goal.kind == "inside" else _half_height(thing))
    return T


def objects_in_scene(scene: Scene, containers: Sequence[str] = ()) -> tuple[TrueObject, ...]:
    """A scene's named boxes as objects in base, so that they can be judged like truth."""
    found = []
    for d in scene.detections:
        if d.name is None:
            continue
        T = np.eye(4)
        T[:3, :3], T[:3, 3] = d.box.R, d.box.center
        T = T if d.box.frame == "base" else scene.T_base_camera @ T
        found.append(TrueObject(class_name=d.name, T_base_object=T, size=d.box.size, container=d.name in containers))
    return tuple(found)


def _miss(goal: Goal, thing: TrueObject, reference: TrueObject | None) -> str:
    """'' when the goal holds for this pair, else why not."""
    if goal.kind == "at":
        return _miss_at(goal, thing, reference)
    if reference is None:
        gap = abs(float(thing.T_base_object[2, 3]) - _half_height(thing))
        return "" if gap < goal.tolerance_m else f"The {thing.class_name} is not on the table."
    local = _local(reference, thing)
    if goal.kind == "inside":
        deep = -reference.size[2] / 2 - 0.02 < local[2] < reference.size[2] / 2 + 0.03
        return "" if _over(reference, local) and deep else f"The {thing.class_name} is not inside the {reference.class_name}."
    top = float(reference.T_base_object[2, 3]) + _half_height(reference)
    rests = abs(float(thing.T_base_object[2, 3]) - _half_height(thing) - top) < goal.tolerance_m
    return "" if _over(reference, local) and rests else f"The {thing.class_name} is not on the {reference.class_name}."


def _miss_at(goal: Goal, thing: TrueObject, reference: TrueObject | None) -> str:
    T_relative = np.eye(4) if goal.T_reference_object is None else goal.T_reference_object
    turns = [0.0] if reference is None else _symmetries(reference)
    T_reference = np.eye(4) if reference is None else _upright(reference.T_base_object)
    best = min((_error(T_reference @ _turned(turn) @ T_relative, thing) for turn in turns), key=lambda e: e[0] + 0.05 * e[1])
    if best[0] > goal.tolerance_m:
        return f"The {thing.class_name} is {best[0] * 100:.1f} cm from its place."
    if best[1] > goal.tolerance_rad:
        return f"The {thing.class_name} is turned by {np.rad2deg(best[1]):.0f} degrees from its place."
    return ""


def _error(T_wanted: Array, thing: TrueObject) -> tuple[float, float]:
    """Distance (m) and smallest turn (rad) about the vertical, over the turns that leave the thing's box unchanged.

    Height counts beyond 2 cm only: a mat is thin and boxes seen from one side are uncertain in height.
    """
    offset = T_wanted[:3, 3] - thing.T_base_object[:3, 3]
    offset[2] = np.sign(offset[2]) * max(0.0, abs(offset[2]) - 0.02)
    yaw = _yaw(T_wanted) - _yaw(thing.T_base_object)
    turn = min(abs((yaw + s + np.pi) % (2 * np.pi) - np.pi) for s in _symmetries(thing))
    return float(np.linalg.norm(offset)), float(turn)


def _symmetries(thing: TrueObject) -> list[float]:
    """Turns about the vertical that leave a box of this footprint unchanged: quarter turns for a square, half turns otherwise."""
    across = _horizontal_size(thing)
    square = abs(across[0] - across[1]) < 0.08 * max(across)
    return [0.0, np.pi / 2, np.pi, -np.pi / 2] if square else [0.0, np.pi]


def _horizontal_size(thing: TrueObject) -> tuple[float, float]:
    """Extents along the thing's own two most horizontal axes, x first as `_yaw` measures it."""
    vertical = int(np.argmax(np.abs(thing.T_base_object[2, :3])))
    a, b = [i for i in range(3) if i != vertical]
    return float(thing.size[a]), float(thing.size[b])


def _yaw(T: Array) -> float:
    """Heading of the first of the two most horizontal axes."""
    vertical = int(np.argmax(np.abs(T[2, :3])))
    axis = T[:2, 1 if vertical == 0 else 0]
    return float(np.arctan2(axis[1], axis[0]))


def _upright(T: Array) -> Array:
    """The pose with its tilt taken away."""
    result = _turned(_yaw(T))
    result[:3, 3] = T[:3, 3]
    return result


def _turned(yaw: float) -> Array:
    T = np.eye(4)
    T[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    return T


def _over(reference: TrueObject, local: Array) -> bool:
    """Whether a point in the reference's frame lies above its footprint (an ellipse for round ones)."""
    x, y = np.abs(local[:2]) / (reference.size[:2] / 2)
    return bool(np.hypot(x, y) <= 1.0 if reference.container and abs(reference.size[0] - reference.size[1]) < 0.01 else max(x, y) <= 1.0)


def _local(reference: TrueObject, thing: TrueObject) -> Array:
    T = _upright(reference.T_base_object)
    return T[:3, :3].T @ (thing.T_base_object[:3, 3] - T[:3, 3])


def _half_height(thing: TrueObject) -> float:
    return float(np.abs(thing.T_base_object[2, :3]) @ thing.size / 2)


def _distance(a: TrueObject, b: TrueObject) -> float:
    return float(np.linalg.norm(a.T_base_object[:3, 3] - b.T_base_object[:3, 3]))


def why_not(judged: str, said: str, *, believed: bool) -> str:
    """Why a rollout did not work: what was `judged`, and what the version `said` at its end, unless it `believed` that all was done."""
    return f"{judged} {'The version took the goal for reached.' if believed else said}"
