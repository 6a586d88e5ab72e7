"""The last check before a set-point reaches an arm: pure functions that clamp, refuse or hold, each with its reason.

Called by every arm host in every cycle. Speed and step are scaled as a whole vector; position, workspace and NaN are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.motion.kinematics import ArmModel
from core.types import Array, Command


@dataclass(frozen=True)
class Limits:
    """What an arm may do. Speeds rad/s; workspace: corners (3,) of a box in base for the tool point; ages in ns on the rig's clock."""

    model: ArmModel = field(default_factory=ArmModel)
    max_speed: float = 2.2
    max_step: float = 0.12
    workspace_low: tuple[float, float, float] = (-0.65, -0.65, 0.012)
    workspace_high: tuple[float, float, float] = (0.75, 0.75, 1.15)
    max_frame_age_ns: int = 500_000_000
    max_heartbeat_age_ns: int = 1_000_000_000


def check(previous: Array, wanted: Array, dt: float, limits: Limits) -> tuple[Array, str]:
    """The joints (6,) to send now and '' or the reason. A refusal returns `previous`: hold.

    A step that is too fast is scaled as a whole, so the direction stays; that is not a refusal and has no reason.
    """
    if wanted.shape != previous.shape or not np.all(np.isfinite(wanted)):
        return previous, "The command was not made of numbers."
    model = limits.model
    over = np.maximum(model.lower - wanted, wanted - model.upper)
    if over.max() > 1e-6:
        return previous, f"Joint {int(np.argmax(over)) + 1} would leave its range by {np.rad2deg(over.max()):.0f} degrees."
    step = wanted - previous
    allowed = min(limits.max_speed * dt, limits.max_step)
    largest = float(np.abs(step).max())
    joints = wanted if largest <= allowed else previous + step * (allowed / largest)
    reason = _outside(model.forward(joints)[:3, 3], model.forward(previous)[:3, 3], limits)
    return (previous, reason) if reason else (joints, "")


def check_gripper(wanted: float, limits: Limits) -> float | None:
    """The opening to send, clamped to the jaws' range; None when it is not a number."""
    return float(np.clip(wanted, 0.0, limits.model.opening_max)) if np.isfinite(wanted) else None


def command_fault(command: Command, driver: str, generation: int, now_ns: int) -> str:
    """Why a command must not be carried out: '' or a sentence. Lease first, then expiry, then its own shape."""
    if command.source != driver or command.generation != generation:
        return f"The command came from {command.source}, but {driver} has the arm."
    if now_ns > command.expiry_ns:
        return "The command is too old."
    count = len(command.times_ns)
    if count == 0 or command.joints.shape != (count, 6) or command.gripper.shape != (count,):
        return "The command is incomplete."
    if not (np.all(np.isfinite(command.joints)) and np.all(np.isfinite(command.gripper))):
        return "The command was not made of numbers."
    if np.any(np.diff(command.times_ns) < 0):
        return "The command's times run backwards."
    return ""


def stale(now_ns: int, seen_ns: int, limits: Limits) -> str:
    """'' or why the arm must hold: the last frame or scene is older than allowed."""
    age = now_ns - seen_ns
    return f"The picture is {age / 1e9:.1f} s old." if age > limits.max_frame_age_ns else ""


def _outside(point: Array, before: Array, limits: Limits) -> str:
    """'' or which side of the workspace the tool would leave. Moving back in from outside is allowed."""
    low, high = np.array(limits.workspace_low), np.array(limits.workspace_high)
    excess = np.maximum(low - point, point - high)
    excess_before = np.maximum(low - before, before - high)
    if excess.max() <= 0 or np.all(excess <= np.maximum(excess_before, 0) + 1e-9):
        return ""
    if int(np.argmax(excess)) == 2 and point[2] < low[2]:
        return "The tool would touch the table."
    return f"The tool would leave its workspace at x {point[0]:.2f}, y {point[1]:.2f}, z {point[2]:.2f} m."
