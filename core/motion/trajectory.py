"""Motions in time: jerk-limited joint moves (ruckig) and straight tool lines with a quintic time law, sampled at 50 Hz.

Called by planners. Knows nothing about objects or hardware; every function returns plain `Waypoints`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import ruckig

from core.motion.kinematics import ArmModel
from core.types import Array, Waypoints

RATE_HZ = 50.0
MAX_VELOCITY = 2.0
MAX_ACCELERATION = 6.0
MAX_JERK = 40.0
LINE_SPEED = 0.35


def joint_move(start: Array, end: Array, gripper: float, speed: float = 1.0) -> Waypoints:
    """Rest to rest from joints `start` to `end` (6,), time-optimal within the limits scaled by `speed` (0..1]; gripper kept, metres."""
    generator = ruckig.Ruckig(len(start))
    request = ruckig.InputParameter(len(start))
    request.current_position, request.target_position = list(map(float, start)), list(map(float, end))
    request.max_velocity = [MAX_VELOCITY * speed] * len(start)
    request.max_acceleration = [MAX_ACCELERATION * speed**2] * len(start)
    request.max_jerk = [MAX_JERK * speed**3] * len(start)
    trajectory = ruckig.Trajectory(len(start))
    result = generator.calculate(request, trajectory)
    if result not in (ruckig.Result.Working, ruckig.Result.Finished):
        raise ValueError(f"No joint move exists between these joints ({result}).")
    times = _sample_times(trajectory.duration)
    joints = np.array([trajectory.at_time(min(t, trajectory.duration))[0] for t in times])
    joints[-1] = end
    return Waypoints(times=times, joints=joints, gripper=np.full(len(times), gripper))


def line_move(model: ArmModel, start: Array, T_end: Array, gripper: float, speed: float = 1.0) -> Waypoints | None:
    """The tool on a straight line from joints `start` to pose `T_end` (same orientation or turning evenly); None when it leaves reach.

    The time law is quintic: at rest at both ends. A joint that would have to race makes the line slower.
    """
    T_start = model.forward(start)
    length = float(np.linalg.norm(T_end[:3, 3] - T_start[:3, 3]))
    duration = max(1.875 * length / (LINE_SPEED * speed), 0.2)
    times = _sample_times(duration)
    joints = follow(model, start, [_between(T_start, T_end, s) for s in quintic(times / times[-1])[1:]])
    if joints is None:
        return None
    joints = np.vstack([start, joints])
    racing = np.abs(np.diff(joints, axis=0)).max() * RATE_HZ / (MAX_VELOCITY * speed)
    return Waypoints(times=times * max(1.0, racing), joints=joints, gripper=np.full(len(times), gripper))


def wait(joints: Array, before: float, after: float, seconds: float) -> Waypoints:
    """The arm stands at joints (6,) while the gripper is told to go from `before` to `after` (metres)."""
    times = _sample_times(seconds)
    gripper = np.full(len(times), after)
    gripper[0] = before
    return Waypoints(times=times, joints=np.repeat(joints[None], len(times), axis=0), gripper=gripper)


def follow(model: ArmModel, start: Array, poses: Sequence[Array]) -> Array | None:
    """Joints (N, 6) through tool poses without a jump between branches; None where a pose has no solution near the previous one."""
    joints, q = [], start
    for T in poses:
        found = model.inverse(T, q)
        if found is None or np.abs(found - q).max() > 0.35:
            return None
        q = found
        joints.append(q)
    return np.array(joints)


def join(parts: Sequence[Waypoints]) -> Waypoints:
    """Parts one after the other, each starting where the previous one ended, resampled to one 50 Hz clock."""
    times, joints, gripper, offset = [parts[0].times], [parts[0].joints], [parts[0].gripper], float(parts[0].times[-1])
    for part in parts[1:]:
        times.append(part.times[1:] + offset)
        joints.append(part.joints[1:])
        gripper.append(part.gripper[1:])
        offset += float(part.times[-1])
    return resample(Waypoints(times=np.concatenate(times), joints=np.vstack(joints), gripper=np.concatenate(gripper)))


def resample(path: Waypoints) -> Waypoints:
    """The path at even steps of 1/50 s; joints linear between given points, the gripper as commanded last."""
    times = _sample_times(float(path.times[-1]))
    clipped = np.minimum(times, path.times[-1])
    joints = np.stack([np.interp(clipped, path.times, path.joints[:, j]) for j in range(path.joints.shape[1])], axis=1)
    last = np.clip(np.searchsorted(path.times, clipped + 1e-9, side="right") - 1, 0, len(path.times) - 1)
    return Waypoints(times=times, joints=joints, gripper=path.gripper[last])


def quintic(s: Array) -> Array:
    """Rest to rest from 0 to 1 with zero velocity and acceleration at both ends."""
    return s * s * s * (10 + s * (-15 + 6 * s))


def _sample_times(duration: float) -> Array:
    return np.arange(int(np.ceil(duration * RATE_HZ - 1e-9)) + 1) / RATE_HZ


def _between(T_start: Array, T_end: Array, s: float) -> Array:
    T = np.eye(4)
    T[:3, 3] = T_start[:3, 3] + s * (T_end[:3, 3] - T_start[:3, 3])
    T[:3, :3] = T_start[:3, :3] @ _turn(T_start[:3, :3].T @ T_end[:3, :3], s)
    return T


def _turn(R: Array, s: float) -> Array:
    """The fraction s of the rotation R (3, 3), by Rodrigues' formula."""
    angle = np.arccos(np.clip((np.trace(R) - 1) / 2, -1, 1))
    if angle < 1e-9:
        return np.eye(3)
    if np.pi - angle < 1e-6:
        values, vectors = np.linalg.eigh((R + R.T) / 2)
        axis = vectors[:, np.argmax(values)]
    else:
        axis = np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]]) / (2 * np.sin(angle))
    K = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(s * angle) * K + (1 - np.cos(s * angle)) * K @ K
