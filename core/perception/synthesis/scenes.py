"""One made-up scene as a camera would see it: measured depth, true instances. Deterministic from its seed.

Called by `core.perception.training`. Knows no network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.geometry import Mask, Plane
from core.perception.synthesis import layout as layouts
from core.perception.synthesis.layout import Layout
from core.perception.synthesis.sensor import measured
from core.perception.synthesis.shapes import MISS
from core.perception.synthesis.things import Thing
from core.types import Array, Intrinsics

WIDTH, HEIGHT = 256, 192
_LEAST_PX = 12


@dataclass(frozen=True)
class Sample:
    """depth_m f32 (H, W), 0 = none; things i32 (H, W): 0 none, 1..n; `arm` (H, W): the robot, where it is known; plane: the table's."""

    depth_m: npt.NDArray[np.float32]
    things: npt.NDArray[np.int32]
    arm: Mask
    camera: Intrinsics
    plane: Plane


def sample(seed: int, *, width: int = WIDTH, height: int = HEIGHT) -> Sample:
    """The scene of a seed."""
    rng = np.random.default_rng([91, seed])
    layout = layouts.make(rng)
    camera, T_world_camera = _camera(layout, rng, width, height)
    depth, ids, arm = render(layout, camera, T_world_camera)
    known = arm & (rng.random() < 0.6)
    surfaces = np.where(arm, int(ids.max()) + 1, ids)
    z = measured(depth, surfaces.astype(np.int32), camera.fx, rng)
    R, p = T_world_camera[:3, :3], T_world_camera[:3, 3]
    return Sample(z, without_specks(ids), known, camera, Plane(R[2].copy(), float(p[2])))


def render(layout: Layout, camera: Intrinsics, T_world_camera: Array) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], Mask]:
    """True depth (H, W) metres, ids of things (index + 1, 0 none) and the arm's pixels."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u, float)], -1)
    world = (rays @ T_world_camera[:3, :3].T).astype(np.float32)
    origin = T_world_camera[:3, 3].astype(np.float32)
    depth = np.full((camera.height, camera.width), MISS)
    ids = np.zeros(depth.shape, np.int32)
    bodies = [
        *((t, 0) for t in (*layout.scenery, *layout.hands)),
        *((t, i) for i, t in enumerate(layout.things, 1)),
        *((t, -1) for t in layout.arm),
    ]
    for body, number in bodies:
        window = _window(body, camera, T_world_camera)
        part = world[window]
        t = body.cast(origin, part.reshape(-1, 3)).reshape(part.shape[:2])
        nearer = t < depth[window]
        depth[window][nearer] = t[nearer]
        ids[window][nearer] = number
    depth[depth > 6] = 0
    return depth, np.maximum(ids, 0), ids < 0


def _window(body: Thing, camera: Intrinsics, T_world_camera: Array) -> tuple[slice, slice]:
    """The part of the picture that a body can cover."""
    at = (body.corners() - T_world_camera[:3, 3]) @ T_world_camera[:3, :3]
    if at[:, 2].min() < 0.05:
        return slice(0, camera.height), slice(0, camera.width)
    u, v = at[:, 0] / at[:, 2] * camera.fx + camera.cx, at[:, 1] / at[:, 2] * camera.fy + camera.cy
    low = np.clip([v.min() - 1, u.min() - 1], 0, None).astype(int)
    high = np.clip([v.max() + 2, u.max() + 2], 0, None).astype(int)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def _camera(layout: Layout, rng: np.random.Generator, width: int, height: int) -> tuple[Intrinsics, Array]:
    """A camera that looks at the things, from 22 to 89 degrees above the table, or into a shelf: intrinsics and T_world_camera."""
    focal = float(np.exp(rng.uniform(np.log(105), np.log(330)))) * width / 320
    camera = Intrinsics(
        width=width,
        height=height,
        fx=focal,
        fy=focal,
        cx=width / 2 + rng.normal(0, 0.05 * width),
        cy=height / 2 + rng.normal(0, 0.05 * height),
    )
    grazing = rng.random() < (0.7 if len(layout.boards) > 1 else 0.12)
    tilt = np.deg2rad(rng.uniform(3, 30) if grazing else rng.uniform(22, 89))
    field_m = float(rng.uniform(0.35, 1.3))
    distance = float(np.clip(field_m * focal / width, 0.3, 1.6))
    heading, roll = rng.uniform(-0.6, 0.6), rng.normal(0, 0.05)
    T = looking_at(np.array([*layout.middle, rng.choice(layout.boards) + 0.03]), distance, tilt, heading, roll)
    return camera, T


def looking_at(target: Array, distance: float, tilt: float, heading: float, roll: float) -> Array:
    """T_world_camera (4, 4) of a camera `distance` metres from target (3,), its axis `tilt` rad below the horizon."""
    forward = np.array([np.sin(heading) * np.cos(tilt), np.cos(heading) * np.cos(tilt), -np.sin(tilt)])
    right = np.array([np.cos(heading), -np.sin(heading), 0.0])
    down = np.cross(forward, right)
    right, down = np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right
    T = np.eye(4)
    T[:3, :3] = np.stack([right, down, forward], 1)
    T[:3, 3] = target - distance * forward
    return T


def without_specks(ids: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    area = np.bincount(ids.ravel())
    numbers = np.where(area >= _LEAST_PX, np.cumsum(area >= _LEAST_PX), 0)
    numbers -= int(area[0] >= _LEAST_PX)
    numbers[0] = 0
    return np.maximum(numbers, 0).astype(np.int32)[ids]
