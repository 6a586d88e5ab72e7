"""Plans a pick and place: from where the arm is, over everything in the way, and home again; or says in a sentence why not.

Called by the executor, the ghost preview and scripted operators. Knows the arm and a height map, not cameras or hardware.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.motion.grasp import PAD_BELOW, Heights, finger_clearance
from core.motion.kinematics import ArmModel
from core.motion.safety import Limits
from core.motion.trajectory import join, joint_move, line_move, wait
from core.types import Array, PickPlace, Waypoints

CLOSE_S, OPEN_S = 0.7, 0.4
SAFE_GAP = 0.03
HIGHEST_TOOL = 0.42
_SWING = 0.62  # an arm that turns inside out swings its hand to 1.1 m; home is at 0.45
_LOW, _HIGH = np.array(Limits().workspace_low), np.append(Limits().workspace_high[:2], _SWING)
_TOO_FAR = "Too far"
_NEARER = dict.fromkeys(("pick", "above the pick", "carrying"), "Move it closer to the arm.") | dict.fromkeys(
    ("place", "above"), "Move the goal closer, or pick another one."
)


@dataclass(frozen=True)
class Held:
    """What will hang in the hand: how far below the tool point it reaches, and its horizontal radius about it. Metres."""

    below: float = 0.03
    radius: float = 0.05


@dataclass(frozen=True)
class Motion:
    """A planned path and the least room (m) beside things not taking part, or None and the reason in a sentence. tool_path (N, 3)."""

    path: Waypoints | None
    tool_path: Array
    clearance: float
    reason: str = ""


def held_from_points(points: Array, T_base_pick: Array) -> Held:
    """How a thing with these points (N, 3) hangs in the hand at the pick pose, counted down to the table."""
    radius = float(np.linalg.norm(points[:, :2] - T_base_pick[:2, 3], axis=1).max(initial=0.02))
    return Held(below=max(0.0, float(T_base_pick[2, 3])), radius=radius)


def plan_pick_place(
    model: ArmModel, q_now: Array, target: PickPlace, around: Heights, speed: float = 1.0, held: Held | None = None
) -> Motion:
    """Above, down, close, lift, carry over everything, lower, open, retreat, home. `around`: heights without the thing itself."""
    held = held or Held()
    reason, clearance = _refusal(target, around, model)
    if reason:
        return _refused(reason)
    parts: list[Waypoints] | str = "There is no way for the arm to get there."
    for turn in (0.0, np.pi):
        parts = _attempt(model, q_now, _turned(target, turn), around, speed, held)
        if not isinstance(parts, str):
            path = join(parts)
            tool_path = np.array([model.forward(q)[:3, 3] for q in path.joints])
            if _stays_inside(tool_path):
                return Motion(path=path, tool_path=tool_path, clearance=clearance)
            parts = "On its way the arm would swing out of its workspace. Move it, or choose another place."
    return _refused(str(parts))


def _stays_inside(tool_path: Array) -> bool:
    """Whether a tool path (N, 3) stays where the arm's host lets it, and does not swing over the arm as where that turns inside out.

    It may begin where the arm stands now, wherever that is.
    """
    low, high = np.minimum(_LOW, tool_path[0]), np.maximum(_HIGH, tool_path[0])
    return bool((tool_path >= low - 1e-6).all() and (tool_path <= high + 1e-6).all())


def home(model: ArmModel, q_now: Array, gripper: float, speed: float = 1.0) -> Waypoints:
    """Straight up when the hand is low, then to the home pose."""
    parts = []
    T = model.forward(q_now)
    if T[2, 3] < 0.25 and T[2, 2] < -0.7:
        T[2, 3] = 0.28
        lift = line_move(model, q_now, T, gripper, speed)
        if lift is not None:
            parts.append(lift)
    start = parts[-1].joints[-1] if parts else q_now
    return join([*parts, joint_move(start, model.home, gripper, speed)])


def out_of_reach(model: ArmModel, T_base_tool: Array, near: Array) -> str:
    """'' when the arm can hold its tool there, else why not, in a sentence."""
    if not np.all(np.isfinite(T_base_tool)):
        return "The pose is not made of numbers."
    if model.inverse(T_base_tool, near) is not None:
        return ""
    center = T_base_tool[:3, 3] - model.wrist_to_tool * T_base_tool[:3, 2]
    distance = float(np.linalg.norm(center - [0, 0, model.shoulder_height]))
    if distance > model.reach:
        return f"{_TOO_FAR} by {max(1, round((distance - model.reach) * 100))} cm."
    if distance < 0.12 or np.hypot(*T_base_tool[:2, 3]) < 0.12:
        return "Too close to the arm's own base."
    return "The arm's joints cannot turn the hand that way there."


def _refusal(target: PickPlace, around: Heights, model: ArmModel) -> tuple[str, float]:
    """Why not, or '' and the clearance at pick and place."""
    if not (np.all(np.isfinite(target.T_base_pick)) and np.all(np.isfinite(target.T_base_place)) and np.isfinite(target.width)):
        return "The target is not made of numbers.", 0.0
    if target.width > model.opening_max + 1e-6:
        return f"Too wide: it needs {target.width * 1000:.0f} mm, the jaws open {model.opening_max * 1000:.0f} mm.", 0.0
    for where, T in (("pick", target.T_base_pick), ("place", target.T_base_place)):
        if T[2, 3] < PAD_BELOW - 0.003:
            return f"The fingers would touch the table at the {where}.", 0.0
    pick = finger_clearance(target.T_base_pick, target.width, around)
    if pick <= 0:
        return "A finger would land on something beside it. Move them apart.", pick
    place = finger_clearance(target.T_base_place, _release(target), around)
    if place <= 0:
        return "The hand would touch something at the place. Choose another place.", place
    return "", min(pick, place)


def _attempt(model: ArmModel, q_now: Array, target: PickPlace, around: Heights, speed: float, held: Held) -> list[Waypoints] | str:
    pick, place = target.T_base_pick, target.T_base_place
    hover = min(max(pick[2, 3] + target.approach_m, _highest(around, pick, pick, 0.10) + PAD_BELOW + SAFE_GAP), HIGHEST_TOOL)
    ceiling = _highest(around, pick, place, held.radius + 0.02) + max(held.below, PAD_BELOW) + SAFE_GAP
    carry = max(ceiling, hover if np.hypot(*(pick - place)[:2, 3]) < 0.05 else ceiling, place[2, 3] + 0.03)
    if carry > HIGHEST_TOOL:
        return f"Something in the way is too high by {round((carry - HIGHEST_TOOL) * 100) + 1} cm."
    poses = {
        "pick": pick,
        "above the pick": _at_height(pick, hover),
        "carrying": _at_height(pick, carry),
        "place": place,
        "above": _at_height(place, carry),
    }
    joints: dict[str, Array] = {}
    near = model.inverse(poses["above the pick"], q_now)
    for name, T in poses.items():
        reason = out_of_reach(model, T, q_now if near is None else near)
        if reason:
            return f"{reason} {_NEARER[name]}" if reason.startswith(_TOO_FAR) else reason
        found = model.inverse(T, q_now if near is None else near)
        joints[name] = q_now if found is None else found
    opening, closed, release = target.width, 0.0, _release(target)
    steps = [joint_move(q_now, joints["above the pick"], opening, speed)]
    lines = ((pick, opening), (poses["carrying"], closed), (place, closed), (poses["above"], release))
    for index, (T, gripper) in enumerate(lines):
        if index == 2:
            steps.append(_carry(model, steps[-1].joints[-1], poses["above"], joints["above"], closed, speed))
        step = line_move(model, steps[-1].joints[-1], T, gripper, speed)
        if step is None:
            return "The arm cannot move straight down " + ("there." if index < 2 else "at the place.")
        steps.append(step)
        if index == 0:
            steps.append(wait(step.joints[-1], opening, closed, CLOSE_S))
        if index == 2:
            steps.append(wait(step.joints[-1], closed, release, OPEN_S))
    return [*steps, joint_move(steps[-1].joints[-1], model.home, release, speed)]


def _release(target: PickPlace) -> float:
    return target.width if target.release is None else target.release


def _carry(model: ArmModel, here: Array, T_above: Array, above: Array, gripper: float, speed: float) -> Waypoints:
    """A straight line where it stays in reach, else a joint move; both end above the place."""
    line = line_move(model, here, T_above, gripper, speed)
    return joint_move(here, above, gripper, speed) if line is None else line


def _highest(around: Heights, a: Array, b: Array, radius: float) -> float:
    """Greatest height in the corridor of `radius` between two poses."""
    s = np.linspace(0, 1, 40)[:, None]
    line = a[:2, 3] + s * (b[:2, 3] - a[:2, 3])
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rings = [r * np.stack([np.cos(angle), np.sin(angle)], axis=1) for r in np.linspace(0, radius, 6)]
    disc = np.vstack(rings)
    return around.over((line[:, None] + disc[None]).reshape(-1, 2))


def _at_height(T: Array, z: float) -> Array:
    result = T.copy()
    result[2, 3] = max(z, T[2, 3])
    return result


def _turned(target: PickPlace, angle: float) -> PickPlace:
    """The same pick and place with the symmetric hand turned about its approach."""
    c, s = np.cos(angle), np.sin(angle)
    R = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    return PickPlace(
        T_base_pick=target.T_base_pick @ R,
        T_base_place=target.T_base_place @ R,
        width=target.width,
        release=target.release,
        approach_m=target.approach_m,
    )


def _refused(reason: str) -> Motion:
    return Motion(path=None, tool_path=np.zeros((0, 3)), clearance=0.0, reason=reason)
