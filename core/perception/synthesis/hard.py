"""Scenes that are hard to tell things apart in, in colour and depth with their true masks: for scores and tests, never for training.

No table in view (a bin, a shelf, a heap that fills the picture), steep and grazing cameras, thin things, hands, small, large and
unregistered pictures. Called by `app.score`. Deterministic from kind and seed; knows no network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from core.perception.synthesis import layout as layouts
from core.perception.synthesis import skins, things
from core.perception.synthesis.arms import person_hand
from core.perception.synthesis.layout import Ground, Layout
from core.perception.synthesis.scenes import looking_at, render, without_specks
from core.perception.synthesis.sensor import measured
from core.perception.synthesis.shapes import Box, Shape
from core.perception.synthesis.things import Thing
from core.types import Array, CameraInfo, ColorImage, DepthImage, Intrinsics

SCALE = 1e-4
_FAR = 4.0
_NEAREST_M = 0.22


@dataclass(frozen=True)
class HardScene:
    """color u8 (H, W, 3), depth u16 (Hd, Wd) in 0.1 mm, things i32 (H, W): 0 none, 1..n; camera: uncalibrated."""

    color: ColorImage
    depth: DepthImage
    things: npt.NDArray[np.int32]
    camera: CameraInfo


@dataclass(frozen=True)
class _View:
    """What stands there and where it is seen from; `field_m`: how wide the picture is in the middle."""

    layout: Layout
    target: Array
    tilt_deg: float
    field_m: float
    size: tuple[int, int] = (640, 480)
    beside_m: float = 0.0


def hard_scene(kind: str, seed: int, *, shrink: int = 1) -> HardScene:
    """The scene of a kind (a key of `KINDS`) and a seed; `shrink`: so many times smaller, for quick tests. Raises KeyError."""
    rng = np.random.default_rng([sum(kind.encode()), seed])
    view = KINDS[kind](rng)
    width, height = view.size[0] // shrink, view.size[1] // shrink
    focal = float(rng.uniform(0.85, 1.15)) * width
    at = Intrinsics(width=width, height=height, fx=focal, fy=focal, cx=width / 2 - 0.5, cy=height / 2 - 0.5)
    distance = view.field_m * focal / width
    T = looking_at(view.target, distance, np.deg2rad(view.tilt_deg), float(rng.uniform(-0.15, 0.15)), float(rng.normal(0, 0.02)))
    far_enough = [t for t in view.layout.things if _is_far_enough(t, T)]
    layout = replace(view.layout, things=[*far_enough, *view.layout.hands], hands=[])  # a hand has a skin of its own
    true_m, ids, _ = render(layout, at, T)
    color = _painted(layout, ids, true_m.astype(np.float64), at, T, rng)
    depth_at, T_color_depth = at, np.eye(4)
    if view.beside_m:
        depth_at = _wider(at, 0.75)
        T_color_depth[0, 3] = view.beside_m
        true_m, depth_ids, _ = render(layout, depth_at, T @ T_color_depth)
    else:
        depth_ids = ids
    depth = np.clip(np.rint(measured(true_m, depth_ids, depth_at.fx, rng) / SCALE), 0, 65535).astype(np.uint16)
    true = np.where(ids > len(far_enough), 0, ids)
    return HardScene(color, depth, without_specks(true), _info(kind, depth_at, at, T_color_depth))


def _is_far_enough(thing: Thing, T_world_camera: Array) -> bool:
    """Whether all of it is where a depth camera can see: the top of a heap may reach up to the lens."""
    ahead = (thing.corners() - T_world_camera[:3, 3]) @ T_world_camera[:3, 2]
    return bool(ahead.min() > _NEAREST_M)


def _wider(at: Intrinsics, share: float) -> Intrinsics:
    """A camera of the same picture size that sees more."""
    return Intrinsics(width=at.width, height=at.height, fx=at.fx * share, fy=at.fy * share, cx=at.cx, cy=at.cy)


def _info(name: str, depth: Intrinsics, color: Intrinsics, T_color_depth: Array) -> CameraInfo:
    return CameraInfo(id=name, serial="", name=name, depth=depth, color=color, depth_scale=SCALE, T_color_depth=T_color_depth)


def _painted(layout: Layout, ids: npt.NDArray[np.int32], depth_m: Array, at: Intrinsics, T: Array, rng: np.random.Generator) -> ColorImage:
    """The colour picture: a skin for each thing and one for the scenery, under a lamp from above."""
    v, u = np.mgrid[0 : at.height, 0 : at.width]
    rays = np.stack([(u - at.cx) / at.fx, (v - at.cy) / at.fy, np.ones_like(u, float)], -1)
    points = (rays * depth_m[..., None]) @ T[:3, :3].T + T[:3, 3]
    normal = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    normal *= np.where((normal * (points - T[:3, 3])).sum(-1, keepdims=True) > 0, -1, 1)
    lamp = np.array([0.3, -0.4, 1.0]) / np.linalg.norm([0.3, -0.4, 1.0])
    light = 0.45 + 0.55 * np.clip(normal @ lamp, 0, 1)
    color = np.zeros((*ids.shape, 3), np.float32)
    for i in range(len(layout.things) + 1):
        mine = ids == i
        skin = skins.draw(rng)
        if mine.any():
            origin = layout.things[i - 1].p if i else np.zeros(3)
            color[mine] = skins.albedo(skin, (points[mine] - origin).astype(np.float32), 0.0, rng) * light[mine][:, None]
    soft = cv2.GaussianBlur(color, (0, 0), 0.6)
    return np.clip(255 * soft + rng.normal(0, 1.5, color.shape) + 0.5, 0, 255).astype(np.uint8)


def _drawn(rng: np.random.Generator, largest_m: float, *, least_m: float = 0.025) -> tuple[tuple[Shape, ...], Array]:
    """Parts and turn of a thing whose longest side is at most `largest_m`."""
    while True:
        parts, R = things.draw(rng), layouts.turn(rng)
        sides = np.ptp(Thing(parts, R, np.zeros(3)).corners(), axis=0)
        if least_m < sides.max() < largest_m:
            return parts, R


def _dropped(rng: np.random.Generator, count: int, half: tuple[float, float], largest_m: float) -> list[Thing]:
    """Things let fall within a rectangle of half sides `half` about the origin."""
    ground, fallen = Ground(), []
    for _ in range(count):
        parts, R = _drawn(rng, largest_m)
        sides = np.ptp(Thing(parts, R, np.zeros(3)).corners()[:, :2], axis=0) / 2
        room = np.maximum(np.array(half) - sides - 0.005, 0.0)
        corners = Thing(parts, R, np.zeros(3)).corners()[:, :2]
        xy = rng.uniform(-room, room) - (corners.min(0) + corners.max(0)) / 2
        thing = ground.let_down(parts, R, xy)
        if thing is not None:
            fallen.append(thing)
    return fallen


def _fixed(*parts: Shape) -> Thing:
    return Thing(parts, np.eye(3), np.zeros(3))


def _bin(rng: np.random.Generator) -> _View:
    """A deep bin whose floor is covered; its walls end the picture."""
    x, y, z, w = *rng.uniform((0.17, 0.13), (0.24, 0.18)), float(rng.uniform(0.12, 0.25)), 0.01
    walls = (
        Box((-x - w, -y - w, 0), (-x, y + w, z)),
        Box((x, -y - w, 0), (x + w, y + w, z)),
        Box((-x, -y - w, 0), (x, -y, z)),
        Box((-x, y, 0), (x, y + w, z)),
        Box((-x - w, -y - w, -w), (x + w, y + w, 0)),
    )
    layout = Layout(things=_dropped(rng, int(rng.integers(24, 50)), (x, y), 0.13), scenery=[_fixed(*walls)])
    return _View(layout, np.array([0, 0, 0.4 * z]), float(rng.uniform(62, 88)), float(rng.uniform(1.8, 2.3)) * x)


def _shelf(rng: np.random.Generator) -> _View:
    """Two or three boards one over the other, a back, sides, seen from in front; things stand on every board."""
    x, back, rise, thick = float(rng.uniform(0.3, 0.45)), float(rng.uniform(0.12, 0.2)), float(rng.uniform(0.2, 0.3)), 0.018
    layout = Layout()
    boards = [Box((-x, -0.2, k * rise - thick), (x, back, k * rise)) for k in range(4)]
    sides = (
        Box((-x - thick, -0.2, -thick), (-x, back, 3 * rise)),
        Box((x, -0.2, -thick), (x + thick, back, 3 * rise)),
        Box((-x, back, -thick), (x, back + thick, 3 * rise)),
    )
    layout.scenery.append(_fixed(*boards, *sides))
    for k in range(3):
        for thing in _dropped(rng, int(rng.integers(7, 15)), (x, 0.12), 0.8 * rise):
            if thing.corners()[:, 2].max() < 0.9 * rise:
                layout.things.append(replace(thing, p=thing.p + [0, 0, k * rise]))
    field_m = float(rng.uniform(1.2, 1.7)) * x
    return _View(layout, np.array([rng.uniform(-0.05, 0.05), 0, rng.uniform(0.9, 1.9) * rise]), float(rng.uniform(2, 20)), field_m)


def _heap(rng: np.random.Generator) -> _View:
    """Things upon things as far as the picture goes."""
    layout = Layout(things=_dropped(rng, int(rng.integers(90, 130)), (0.34, 0.28), 0.13), scenery=[_floor()])
    return _View(layout, np.array([0, 0, 0.08]), float(rng.uniform(50, 85)), float(rng.uniform(0.4, 0.5)))


def _floor() -> Thing:
    return _fixed(Box((-_FAR, -_FAR, -0.04), (_FAR, _FAR, 0)))


def _on_a_table(rng: np.random.Generator, tilt_deg: float, *, size: tuple[int, int] = (640, 480), beside_m: float = 0.0) -> _View:
    """Five to twelve things on a table with an end, the floor behind it."""
    table = _fixed(Box((-0.6, -0.4, -0.04), (0.6, 0.4, 0)))
    floor = _fixed(Box((-_FAR, -_FAR, -0.8), (_FAR, _FAR, -0.75)))
    layout = Layout(things=_dropped(rng, int(rng.integers(5, 12)), (0.3, 0.2), 0.2), scenery=[table, floor])
    return _View(layout, np.array([0, 0, 0.03]), tilt_deg, float(rng.uniform(0.6, 0.95)), size, beside_m)


def _thin(rng: np.random.Generator) -> _View:
    """Things of 3 to 9 mm height, apart, on a table."""
    view = _on_a_table(rng, float(rng.uniform(40, 75)))
    ground, flat = Ground(), []
    for k, xy in enumerate(rng.permutation([(x, y) for x in (-0.18, 0.0, 0.18) for y in (-0.11, 0.11)])):
        x, y, z = *rng.uniform(0.02, 0.06, 2), float(rng.uniform(0.003, 0.009))
        parts: tuple[Shape, ...] = (
            (Box((-x, -y, 0), (x, y, z)),) if k % 3 else tuple(things.rods(np.array([[-x, 0, z / 2], [x, 0, z / 2]]), z / 2))
        )
        thing = ground.let_down(parts, _turned(float(rng.uniform(0, np.pi))), xy + rng.normal(0, 0.01, 2))
        if thing is not None:
            flat.append(thing)
    return replace(view, layout=replace(view.layout, things=flat), field_m=0.6)


def _hands(rng: np.random.Generator) -> _View:
    """One or two hands over a table with things, some of them about a thing's top."""
    view = _on_a_table(rng, float(rng.uniform(35, 65)))
    tops = [t.corners() for t in view.layout.things]
    for k in range(int(rng.integers(1, 3))):
        palm = np.array([*rng.uniform(-0.2, 0.2, 2), rng.uniform(0.03, 0.2)])
        if k and tops:
            corners = tops[int(rng.integers(len(tops)))]
            palm = np.array([*corners[:, :2].mean(0), corners[:, 2].max() + rng.uniform(0.0, 0.04)])
        view.layout.hands.append(person_hand(rng, palm))
    return view


def _turned(angle: float) -> Array:
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])


KINDS: dict[str, Callable[[np.random.Generator], _View]] = {
    "bin": _bin,
    "shelf": _shelf,
    "heap": _heap,
    "steep": lambda rng: _on_a_table(rng, float(rng.uniform(60, 85))),
    "grazing": lambda rng: _on_a_table(rng, float(rng.uniform(10, 20))),
    "thin": _thin,
    "small": lambda rng: _on_a_table(rng, float(rng.uniform(35, 60)), size=(424, 240)),
    "large": lambda rng: _on_a_table(rng, float(rng.uniform(35, 60)), size=(1280, 720)),
    "hands": _hands,
    "unregistered": lambda rng: _on_a_table(rng, float(rng.uniform(35, 60)), beside_m=0.015),
}
"""Kinds of hard scenes: the first three have no dominant plane."""
