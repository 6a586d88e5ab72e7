"""Made-up kinds of things and looks at them, as the names' encoder is trained on: a crop in colour and depth, its mask, its box.

A kind is a solid from `things` with a skin; its siblings differ a little in tone, pattern, size or proportion. Looks at one kind differ in
light, hue, size, turn, viewpoint, what hides a part, outline and depth noise. Called by `core.perception.encoder_training`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.perception import looks
from core.perception.synthesis import skins, things
from core.perception.synthesis.layout import turn
from core.perception.synthesis.shapes import MISS, Shape
from core.perception.synthesis.skins import Skin
from core.types import Array, ColorImage, Intrinsics, OrientedBox

_TABLE = 0.8
_MARGIN = 3
_FOCAL = 617.0
_LEAST_PX = 150


@dataclass(frozen=True)
class MadeKind:
    """A kind that exists nowhere: parts lying as R (3, 3) turns them, a skin for each, a stretch of the whole (3,)."""

    parts: tuple[Shape, ...]
    skins: tuple[Skin, ...]
    R: Array
    stretch: Array


@dataclass(frozen=True)
class View:
    """One look: color u8 (h, w, 3), depth_m f32 (h, w), mask (h, w), box in base, `white` as from `names.table_level`."""

    color: ColorImage
    depth_m: npt.NDArray[np.float32]
    mask: Mask
    box: OrientedBox
    white: float


def family(rng: np.random.Generator, count: int) -> list[MadeKind]:
    """`count` kinds that are look-alikes of each other."""
    first = _kind(rng)
    return [first, *(_sibling(first, rng) for _ in range(count - 1))]


def _kind(rng: np.random.Generator) -> MadeKind:
    maker = things.KINDS[int(rng.choice(len(things.KINDS), p=_CHANCE))][0]
    parts = tuple(maker(rng, float(np.exp(rng.uniform(np.log(0.04), np.log(0.16))))))
    skin = skins.draw(rng)
    second = skins.draw(rng) if rng.random() < 0.2 else skin
    return MadeKind(parts, tuple(skin if i % 2 == 0 else second for i in range(len(parts))), turn(rng), np.ones(3))


_CHANCE = np.array([w * (3 if m in (things.ball, things.pebble) else 1) for m, w in things.KINDS])
_CHANCE /= _CHANCE.sum()


def _sibling(kind: MadeKind, rng: np.random.Generator) -> MadeKind:
    """Another size, other proportions, another skin: at least one of these."""
    size = float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.12, 0.35))) if rng.random() < 0.45 else 1.0
    shape = np.exp(rng.normal(0, 0.18, 3)) if rng.random() < 0.4 else np.ones(3)
    same = size == 1.0 and (shape == 1.0).all()
    made = {s: skins.sibling(s, rng) for s in dict.fromkeys(kind.skins)} if same or rng.random() < 0.6 else {}
    return replace(kind, stretch=kind.stretch * size * shape, skins=tuple(made.get(s, s) for s in kind.skins))


def view(kind: MadeKind, rng: np.random.Generator, *, plain: bool = False) -> View | None:
    """A look at a kind; None when too little is to be seen. plain: as an operator first clicks it, in usual light and size, unhidden."""
    light, hue, size, hidden = 1.0, 0.0, float(rng.uniform(0.94, 1.06)), 0.0
    if not plain:
        light, hue = float(np.exp(rng.uniform(np.log(0.45), np.log(1.7)))), float(rng.uniform(-11, 11))
        size *= float(rng.uniform(0.84, 1.16))
        hidden = float(rng.uniform(0, 0.33)) if rng.random() < 0.4 else 0.0
    pose = _pose(kind, size, rng)
    camera, T = _camera(_corners(kind, pose), rng)
    depth, part, at, normal = _cast(kind, pose, camera, T)
    if (part >= 0).sum() < _LEAST_PX:
        return None
    toward = _lamp(rng)
    key = float(rng.uniform(0.4, 0.7))
    color = _painted(kind, part, at, normal @ toward, (key, light, hue), rng)
    mask = outlined(part >= 0, hidden, rng)
    seen = _measured(depth, mask, rng)
    box = looks.box_of(seen, camera, T, (slice(0, camera.height), slice(0, camera.width)), mask)
    if box is None or mask.sum() < 0.5 * _LEAST_PX:
        return None
    white = max(8.0, min(255.0, 255 * light * _TABLE * float(rng.uniform(0.95, 1.05)) * (1 - key + key * float(toward[2]))))
    return View(color, seen, mask, box, white)


@dataclass(frozen=True)
class _Pose:
    """World points are A @ local + p."""

    A: Array
    p: Array


def _pose(kind: MadeKind, size: float, rng: np.random.Generator) -> _Pose:
    """Standing on the table near the origin, turned anyhow about z."""
    a = rng.uniform(0, 2 * np.pi)
    A = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ kind.R @ np.diag(kind.stretch * size)
    corners = _corners(kind, _Pose(A, np.zeros(3)))
    return _Pose(A, np.array([*(-corners[:, :2].mean(0)), -corners[:, 2].min()]))


def _corners(kind: MadeKind, pose: _Pose) -> Array:
    """Corners (N, 3) of the parts' bounding boxes in the world."""
    return things.Thing(kind.parts, np.eye(3), np.zeros(3)).corners() @ pose.A.T + pose.p


def _camera(corners: Array, rng: np.random.Generator) -> tuple[Intrinsics, Array]:
    """Looking down by 30 to 70 degrees from 0.6 to 1.0 m: intrinsics of the window that the thing fills, T_base_camera."""
    tilt, distance, a = np.deg2rad(rng.uniform(30, 70)), float(rng.uniform(0.6, 1.0)), float(rng.uniform(-0.4, 0.4))
    forward = np.array([np.cos(a) * np.cos(tilt), np.sin(a) * np.cos(tilt), -np.sin(tilt)])
    right = np.array([np.sin(a), -np.cos(a), 0.0])
    T = np.eye(4)
    T[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
    T[:3, 3] = -distance * forward
    local = (corners - T[:3, 3]) @ T[:3, :3]
    low = np.floor((_FOCAL * local[:, :2] / local[:, 2:]).min(0)) - _MARGIN
    high = np.ceil((_FOCAL * local[:, :2] / local[:, 2:]).max(0)) + _MARGIN
    width, height = (high - low).astype(int)
    return Intrinsics(width=int(width), height=int(height), fx=_FOCAL, fy=_FOCAL, cx=-low[0], cy=-low[1]), T


def _cast(kind: MadeKind, pose: _Pose, camera: Intrinsics, T: Array) -> tuple[Array, Array, Array, Array]:
    """Depth (h, w) of thing and table, part (h, w) or -1, local points (h, w, 3), world normals (h, w, 3)."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u, float)], -1).reshape(-1, 3)
    world = rays @ T[:3, :3].T
    back = np.linalg.inv(pose.A)
    o, d = (back @ (T[:3, 3] - pose.p)).astype(np.float32), (world @ back.T).astype(np.float32)
    hits = np.stack([shape.cast(o, d) for shape in kind.parts])
    best = hits.min(0)
    table = -T[2, 3] / np.minimum(world[:, 2], -1e-3)
    part = np.where(best < np.minimum(table, MISS / 2), hits.argmin(0), -1)
    depth = np.where(part >= 0, best, table)
    shape = (camera.height, camera.width)
    points = (T[:3, 3] + depth[:, None] * world).reshape(*shape, 3)
    normal = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    normal *= np.where((normal * world.reshape(*shape, 3)).sum(-1, keepdims=True) > 0, -1, 1)
    return depth.reshape(shape), part.reshape(shape), (o + depth[:, None].astype(np.float32) * d).reshape(*shape, 3), normal


def _lamp(rng: np.random.Generator) -> Array:
    """The unit direction (3,) towards the lamp, somewhere above."""
    toward = np.array([*rng.normal(0, 0.45, 2), 1.0])
    return toward / np.linalg.norm(toward)


def _painted(
    kind: MadeKind, part: Array, at: Array, facing: Array, lamp: tuple[float, float, float], rng: np.random.Generator
) -> ColorImage:
    """The colour picture; `lamp`: share of the lamp, brightness, turn of all hues in degrees."""
    key, light, hue = lamp
    color = np.full((*part.shape, 3), _TABLE * light, np.float32) * np.asarray([1.0, 0.72, 0.45], np.float32)
    for skin in dict.fromkeys(kind.skins):
        mine = np.isin(part, [i for i, s in enumerate(kind.skins) if s == skin])
        if mine.any():
            lit = skins.albedo(skin, at[mine].astype(np.float32), hue, rng)
            front = np.clip(facing[mine], 0, 1)[:, None]
            color[mine] = light * (lit * (1 - key + key * front) + skin.gloss * 0.6 * key * front**30)
    soft = cv2.GaussianBlur(color, (0, 0), 0.6)
    return np.clip(255 * soft + rng.normal(0, 1.0, color.shape) + 0.5, 0, 255).astype(np.uint8)


def outlined(mask: Mask, hidden: float, rng: np.random.Generator) -> Mask:
    """As an identifier cuts it: a side hidden, the outline off by up to a pixel or two."""
    rows, columns = np.nonzero(mask)
    angle = rng.uniform(0, 2 * np.pi)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    made = mask.copy()
    made[rows[along > np.quantile(along, 1 - hidden)], columns[along > np.quantile(along, 1 - hidden)]] = False
    wobble = cv2.GaussianBlur(rng.standard_normal(mask.shape).astype(np.float32), (0, 0), 3)
    edge = cv2.GaussianBlur(made.astype(np.float32), (0, 0), 1.2)
    return edge > 0.5 + rng.normal(0, 0.1) + 0.6 * wobble


def _measured(depth: Array, mask: Mask, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Depth with noise of one to three millimetres, smooth over some pixels, steps, and holes along the outline."""
    z = depth.astype(np.float32)
    noise = cv2.GaussianBlur(rng.standard_normal(z.shape).astype(np.float32), (0, 0), float(rng.uniform(1.0, 3.0)))
    z = z + np.float32(rng.uniform(0.0008, 0.003)) * noise / max(1e-6, float(noise.std())) * z**2
    ring = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    lost = ring & (rng.random(z.shape) < rng.uniform(0, 0.6))
    return np.where(lost, 0, z).astype(np.float32)
