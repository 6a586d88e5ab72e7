"""Where an object shall go, from clicks or from a policy: the wanted pose of the object itself, independent of how it is grasped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from core.types import Array, Data, Detection

RELEASE_M = 0.012
_CONTAINER_HEIGHT = 0.03
_FLOOR = 0.7  # how much of a container's width its floor has: a basket's foot is narrower than its rim
_OBLONG = 1.2


class PlaceTarget(Data, frozen=True, kw_only=True):
    """The wanted pose of the object: `T_base_object` (4, 4), z at the object's middle; `yaw_free` when its turn does not matter.

    relation: "inside", "on", "beside" or "at"; `reference`: instance it refers to, None for the table; `error_m`: expected error.
    `T_base_other` (4, 4): a pose that will do where that one is blocked: at the other end of a reference that looks the same after half a
    turn, or let go of over a rim; None without one.
    """

    T_base_object: Array
    yaw_free: bool
    relation: Literal["inside", "on", "beside", "at"]
    reference: int | None
    error_m: float = 0.0
    T_base_other: Array | None = None


def poses_of(target: PlaceTarget) -> list[Array]:
    """The poses (4, 4) that will do, the wanted one first."""
    return [target.T_base_object] + ([] if target.T_base_other is None else [target.T_base_other])


def yaw_of(R: Array) -> float:
    """The turn about z of a rotation (3, 3), rad."""
    return float(np.arctan2(R[1, 0], R[0, 0]))


def pose_of(detection: Detection) -> Array:
    """A detection's box as an upright pose (4, 4) in base: x along its longer side, the turn taken in (-pi/2, pi/2]."""
    size, yaw = detection.box.size, yaw_of(detection.box.R)
    if size[1] > size[0]:
        yaw += np.pi / 2
    return pose(detection.box.center, wrap_half(yaw))


def long_short(detection: Detection) -> tuple[float, float]:
    """The longer and the shorter side of the footprint, metres."""
    a, b = float(detection.box.size[0]), float(detection.box.size[1])
    return max(a, b), min(a, b)


def pose(position: Array, yaw: float) -> Array:
    """An upright pose (4, 4)."""
    T = np.eye(4)
    c, s = np.cos(yaw), np.sin(yaw)
    T[:2, :2] = [[c, -s], [s, c]]
    T[:3, 3] = position
    return T


def wrap_half(angle: float) -> float:
    """An angle modulo pi, in (-pi/2, pi/2]."""
    return float(np.pi / 2 - (np.pi / 2 - angle) % np.pi)


def is_container(detection: Detection, item: Detection) -> bool:
    """Whether `item` could lie inside `detection`: it is higher than a mat and its footprint leaves room."""
    return bool(
        detection.box.size[2] > _CONTAINER_HEIGHT and long_short(detection)[1] > 1.25 * long_short(item)[1] and _wide(detection, item)
    )


def _wide(detection: Detection, item: Detection) -> bool:
    return long_short(detection)[0] * long_short(detection)[1] > 2.0 * long_short(item)[0] * long_short(item)[1]


def bottom(detection: Detection) -> float:
    """Height of a detection's lowest point in base, metres."""
    return float(detection.box.center[2] - detection.box.size[2] / 2)


def top(detection: Detection) -> float:
    """Height of a detection's highest point in base, metres."""
    return float(detection.box.center[2] + detection.box.size[2] / 2)


def inside(item: Detection, container: Detection, others: Sequence[Detection]) -> PlaceTarget:
    """Let `item` down into `container`, at the spot that is farthest from what lies in it already.

    It is let go of over the rim; what stands higher than the rim would topple, so it is set down on the floor where the hand can.
    """
    spot, yaw, half = free_spot(container, item, others), yaw_of(pose_of(item)[:3, :3]), item.box.size[2] / 2
    over = pose(np.array([*spot, top(container) + half + RELEASE_M]), yaw)
    if item.box.size[2] < container.box.size[2]:
        return PlaceTarget(T_base_object=over, yaw_free=True, relation="inside", reference=container.instance)
    down = pose(np.array([*spot, max(0.0, bottom(container)) + half + RELEASE_M]), yaw)
    return PlaceTarget(T_base_object=down, yaw_free=True, relation="inside", reference=container.instance, T_base_other=over)


def on_top(item: Detection, support: Detection) -> PlaceTarget:
    """Put `item` onto the middle of `support`."""
    center = support.box.center
    T = pose(np.array([center[0], center[1], top(support) + item.box.size[2] / 2]), yaw_of(pose_of(item)[:3, :3]))
    return PlaceTarget(T_base_object=T, yaw_free=True, relation="on", reference=support.instance)


def at_point(item: Detection, point: Array) -> PlaceTarget:
    """Put `item` onto the table at `point` (3,) in base, turned as it is."""
    T = pose(np.array([point[0], point[1], max(0.0, float(point[2])) + item.box.size[2] / 2]), yaw_of(pose_of(item)[:3, :3]))
    return PlaceTarget(T_base_object=T, yaw_free=True, relation="at", reference=None)


def from_clicks(
    item: Detection, reference: Detection | None, point: Array | None, yaw: float | None, others: Sequence[Detection]
) -> PlaceTarget | None:
    """What an operator means by clicking `reference` or a `point` (3,) on the table, turned to `yaw` rad; None when it is neither."""
    if reference is not None:
        return inside(item, reference, others) if is_container(reference, item) else on_top(item, reference)
    if point is None:
        return None
    target = at_point(item, point)
    if yaw is None:
        return target
    turned = pose(target.T_base_object[:3, 3], wrap_half(yaw))
    return PlaceTarget(T_base_object=turned, yaw_free=False, relation="at", reference=None)


def free_spot(container: Detection, item: Detection, others: Sequence[Detection]) -> Array:
    """The point (2,) within `container`, kept `item`'s radius from its wall, that is farthest from `others` inside; else its middle.

    Along a longer side there is room beyond the ring that a round one has.
    """
    middle, (long, short), radius = container.box.center[:2], long_short(container), long_short(item)[0] / 2
    inner = max(0.0, short / 2 * _FLOOR - radius)
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = middle + min(inner, 0.055) * np.stack([np.cos(angles), np.sin(angles)], 1)
    along = max(0.0, long / 2 * _FLOOR - radius) * pose_of(container)[:2, 0]
    far = [middle + along, middle - along] if long > _OBLONG * short else []
    points = np.array([middle, *ring, *far])
    lying = [o.box.center[:2] for o in others if o.instance not in (container.instance, item.instance) and holds(container, o)]
    if not lying:
        return np.asarray(middle, np.float64)
    gaps = np.linalg.norm(points[:, None] - np.array(lying)[None], axis=2).min(axis=1)
    return np.asarray(points[int(np.argmax(gaps))], np.float64)


def holds(container: Detection, item: Detection) -> bool:
    """Whether `item` lies inside `container`, judged by their boxes."""
    offset = container.box.R.T @ (item.box.center - container.box.center)
    within = np.all(np.abs(offset[:2]) < container.box.size[:2] / 2 * 0.95)
    return bool(within and bottom(item) < top(container) - 0.005 and container.instance != item.instance)
