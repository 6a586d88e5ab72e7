"""A box in the hand: what of it lies under the pointer, and what a drag makes of it. Pure functions of arrays; base has its z upright.

A box is moved by its body along the table, sized by the middle of a side, and turned about the upright by the ring beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from core.types import OrientedBox
from widgets.orbit import Matrix, project

Points = npt.NDArray[np.float64]
Grip = tuple[int, int]
"""A side of the box: its axis and -1 or 1; or one of the two others."""
BODY: Grip = (-1, 0)
RING: Grip = (-1, 1)
_LEAST_REACH_PX, _REACH_PX = 6.0, 16.0
_REACH = 0.2  # of the smaller way from side to side on the screen: between the handles the body can be gripped
_BESIDE = 1.3  # times the way from the middle to a corner, where the ring is
_LEAST_M = 0.004
_FARTHEST_M = 1.5  # a pointer near the horizon would send the box out of the room
_LEVEL = 0.05  # sine of the least angle to the table at which a place on it can be pointed at


@dataclass(frozen=True)
class Ray:
    """A line of sight in base: where it begins (3,) and its direction (3,) of length 1."""

    eye: Points
    along: Points


def ray_at(clip_from_base: Matrix, width: float, height: float, x: float, y: float) -> Ray:
    """The line of sight through a place of a view of that size."""
    flat = np.array([2 * x / width - 1, 1 - 2 * y / height])
    ends = np.array([[*flat, -1.0, 1.0], [*flat, 1.0, 1.0]]) @ np.linalg.inv(clip_from_base).T
    near, far = ends[:, :3] / ends[:, 3:]
    return Ray(near, (far - near) / np.linalg.norm(far - near))


def grips(box: OrientedBox, eye: Points) -> Mapping[Grip, Points]:
    """Where the box can be gripped (3,): the sides that are seen from `eye`, its foot, and the ring."""
    found: dict[Grip, Points] = {}
    for axis in range(3):
        for side in (-1, 1):
            normal = side * box.R[:, axis]
            middle = box.center + normal * box.size[axis] / 2
            if normal @ (eye - middle) > 0 or normal[2] < -0.9:
                found[axis, side] = middle
    found[RING] = _ring(box, eye)
    return found


def grip_at(box: OrientedBox, clip_from_base: Matrix, eye: Points, size: tuple[float, float], x: float, y: float) -> Grip | None:
    """What of the box lies under a place of a view of `size`: the nearest handle, else its body; None beside it."""
    found = grips(box, eye)
    xy, w = project(np.stack(list(found.values())), clip_from_base, *size)
    apart = np.where(w > 0, np.hypot(*(xy - [x, y]).T), np.inf)
    if apart.min() < reach_px(box, clip_from_base, size):
        return list(found)[int(apart.argmin())]
    return BODY if _met(box, ray_at(clip_from_base, *size, x, y)) is not None else None


def reach_px(box: OrientedBox, clip_from_base: Matrix, size: tuple[float, float]) -> float:
    """How near a handle the pointer grips it."""
    middles = box.center + (np.concatenate([np.eye(3), -np.eye(3)]) * box.size / 2) @ box.R.T
    xy, _ = project(middles, clip_from_base, *size)
    return float(np.clip(_REACH * np.ptp(xy, axis=0).min(), _LEAST_REACH_PX, _REACH_PX))


def dragged(box: OrientedBox, grip: Grip, start: Ray, now: Ray) -> OrientedBox:
    """The box when what was gripped at `start` is at `now`; as it was where that says nothing."""
    if grip == BODY:
        return _slid(box, start, now)
    return _turned(box, start, now) if grip == RING else _stretched(box, *grip, start, now)


def turned(box: OrientedBox, angle: float) -> OrientedBox:
    """Turned about the upright through its middle, radians."""
    c, s = np.cos(angle), np.sin(angle)
    return msgspec.structs.replace(box, R=np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]) @ box.R)


def grown(box: OrientedBox, by_m: float) -> OrientedBox:
    """Every side longer by so much, metres; none shorter than a box can be."""
    return msgspec.structs.replace(box, size=np.maximum(box.size + by_m, _LEAST_M))


def _slid(box: OrientedBox, start: Ray, now: Ray) -> OrientedBox:
    met = _met(box, start)
    if met is None:
        return box
    before, after = _on_level(start, met[2]), _on_level(now, met[2])
    if before is None or after is None or np.linalg.norm(after - before) > _FARTHEST_M:
        return box
    return msgspec.structs.replace(box, center=box.center + after - before)


def _stretched(box: OrientedBox, axis: int, side: int, start: Ray, now: Ray) -> OrientedBox:
    """One side moved along its normal; the opposite one stays."""
    normal = side * box.R[:, axis]
    middle = box.center + normal * box.size[axis] / 2
    before, after = _along(start, middle, normal), _along(now, middle, normal)
    if before is None or after is None or abs(after - before) > _FARTHEST_M:
        return box
    size = box.size.copy()
    size[axis] = max(_LEAST_M, size[axis] + after - before)
    return msgspec.structs.replace(box, size=size, center=box.center + normal * (size[axis] - box.size[axis]) / 2)


def _turned(box: OrientedBox, start: Ray, now: Ray) -> OrientedBox:
    before, after = _on_level(start, box.center[2]), _on_level(now, box.center[2])
    if before is None or after is None:
        return box
    (x0, y0), (x1, y1) = (before - box.center)[:2], (after - box.center)[:2]
    return turned(box, float(np.arctan2(y1, x1) - np.arctan2(y0, x0)))


def _ring(box: OrientedBox, eye: Points) -> Points:
    """To the right of the box as seen from `eye`, at the height of its middle, however it is turned."""
    away = (box.center - eye)[:2]
    right = np.array([away[1], -away[0], 0.0]) / max(1e-6, float(np.linalg.norm(away)))
    return np.asarray(box.center + right * (_BESIDE * float(np.linalg.norm(box.size)) / 2))


def _met(box: OrientedBox, ray: Ray) -> Points | None:
    """Where a line of sight meets the box first."""
    eye, along = (ray.eye - box.center) @ box.R, ray.along @ box.R
    along = np.where(np.abs(along) < 1e-9, 1e-9, along)
    ends = np.stack([(-box.size / 2 - eye) / along, (box.size / 2 - eye) / along])
    near, far = float(ends.min(0).max()), float(ends.max(0).min())
    return ray.eye + near * ray.along if far > max(near, 0.0) else None


def _on_level(ray: Ray, z: float) -> Points | None:
    """Where a line of sight meets the level plane at height `z`; None when it hardly does."""
    if abs(ray.along[2]) < _LEVEL:
        return None
    distance = (z - ray.eye[2]) / ray.along[2]
    return ray.eye + distance * ray.along if distance > 0 else None


def _along(ray: Ray, point: Points, axis: Points) -> float | None:
    """How far from `point` along `axis` (of length 1) a line of sight passes it nearest; None when it looks along it."""
    slope = float(ray.along @ axis)
    if 1 - slope * slope < _LEVEL**2:
        return None
    apart = point - ray.eye
    return float((slope * (ray.along @ apart) - axis @ apart) / (1 - slope * slope))
