"""Where things stand in a made-up scene: alone, touching, stacked, in heaps and bowls, on a table, in a bin, on a shelf.

The world has z up and the table at 0. Things are let down on what lies there already, by rays from above and below.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.perception.synthesis.shapes import MISS, Box, Capsule, Rays, Shape
from core.perception.synthesis.things import Thing, draw
from core.types import Array

_CELL = 0.008
_HALF = 0.64  # metres from the middle to the end of the height field


@dataclass
class Layout:
    """Things (instances), `scenery` (table, floor, walls, bin: no things) and `arm` parts (no things either)."""

    things: list[Thing] = field(default_factory=list)
    scenery: list[Thing] = field(default_factory=list)
    arm: list[Thing] = field(default_factory=list)
    middle: Array = field(default_factory=lambda: np.zeros(2))


class Ground:
    """The height of what lies on the table, a raster of cells; things are let down on it."""

    def __init__(self) -> None:
        count = int(2 * _HALF / _CELL)
        self._height = np.zeros((count, count), np.float32)

    def let_down(self, parts: tuple[Shape, ...], R: Array, xy: Array) -> Thing | None:
        """The thing as it rests at `xy`; None beside the raster."""
        loose = Thing(parts, R, np.array([*xy, 1.0]))
        corners = loose.corners()
        low = np.floor((corners[:, :2].min(0) + _HALF) / _CELL).astype(int)
        high = np.ceil((corners[:, :2].max(0) + _HALF) / _CELL).astype(int) + 1
        if (low < 0).any() or (high > len(self._height)).any():
            return None
        columns, rows = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        feet = np.stack([(columns.ravel() + 0.5) * _CELL - _HALF, (rows.ravel() + 0.5) * _CELL - _HALF], 1)
        up, bottom = _looks(loose, feet, float(corners[:, 2].min()) - 0.1, 1.0)
        down, top = _looks(loose, feet, float(corners[:, 2].max()) + 0.1, -1.0)
        under = up & down
        if not under.any():
            return None
        at = (rows.ravel()[under], columns.ravel()[under])
        drop = float((bottom[under] - self._height[at]).min())
        self._height[at] = np.maximum(self._height[at], top[under] - drop)
        return Thing(parts, R, np.array([*xy, 1.0 - drop]))

    def height_at(self, xy: Array) -> float:
        """Metres over the table."""
        column, row = np.clip(((xy + _HALF) / _CELL).astype(int), 0, len(self._height) - 1)
        return float(self._height[row, column])


def _looks(thing: Thing, feet: Array, z: float, way: float) -> tuple[np.ndarray, Rays]:
    """Which vertical rays from height `z` hit the thing, and where."""
    origin = np.concatenate([feet, np.full((len(feet), 1), z)], 1).astype(np.float32)
    direction = np.tile(np.asarray([0, 0, way], np.float32), (len(feet), 1))
    t = thing.cast(origin, direction)
    return t < MISS / 2, (np.float32(z) + np.float32(way) * t).astype(np.float32)


def make(rng: np.random.Generator) -> Layout:
    """A random layout."""
    layout = Layout(middle=rng.uniform(-0.12, 0.12, 2))
    _surround(layout, rng)
    ground = Ground()
    crowd = float(rng.uniform(0.06, 0.3))
    for _ in range(1 + int(rng.integers(0, 13))):
        _add(layout, ground, rng, crowd)
    if rng.random() < 0.35:
        layout.arm.append(_arm(rng, layout.middle))
    return layout


def _add(layout: Layout, ground: Ground, rng: np.random.Generator, crowd: float) -> None:
    parts, R = draw(rng), turn(rng)
    how = rng.random()
    if layout.things and how < 0.3:
        thing = ground.let_down(parts, R, _beside(layout, parts, R, rng))
    elif layout.things and how < 0.45:
        under = layout.things[int(rng.integers(len(layout.things)))]
        thing = ground.let_down(parts, R, under.p[:2] + rng.normal(0, 0.015, 2))
    else:
        thing = _apart(layout, ground, parts, R, rng, crowd)
    if thing is not None:
        layout.things.append(thing)


def _apart(layout: Layout, ground: Ground, parts: tuple[Shape, ...], R: Array, rng: np.random.Generator, crowd: float) -> Thing | None:
    """A free place, if one is found in a few tries; else wherever it falls (a heap)."""
    reach = np.ptp(Thing(parts, R, np.zeros(3)).corners()[:, :2], axis=0).max() / 2
    places = layout.middle + rng.normal(0, crowd, (6, 2))
    others = np.array([t.p[:2] for t in layout.things]).reshape(-1, 2)
    room = [np.hypot(*(others - xy).T).min(initial=9.0) - reach for xy in places]
    return ground.let_down(parts, R, places[int(np.argmax(room))])


def _beside(layout: Layout, parts: tuple[Shape, ...], R: Array, rng: np.random.Generator) -> Array:
    """A place where it touches another thing, or nearly."""
    other = layout.things[int(rng.integers(len(layout.things)))]
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else float(np.arctan2(R[1, 0], R[0, 0])) + np.pi / 2 * rng.integers(4)
    way = np.array([np.cos(angle), np.sin(angle)])
    mine = Thing(parts, R, np.zeros(3)).corners()[:, :2] @ way
    theirs = (other.corners()[:, :2] - other.p[:2]) @ way
    gap = float(rng.choice([0.0, 0.001, rng.uniform(0, 0.015)]))
    return other.p[:2] + way * (theirs.max() - mine.min() + gap) + np.array([-way[1], way[0]]) * rng.normal(0, 0.02)


def turn(rng: np.random.Generator) -> Array:
    """Mostly standing, often lying on a side, sometimes anyhow: R (3, 3)."""
    a = rng.uniform(0, 2 * np.pi)
    yaw = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    how = rng.random()
    if how < 0.62:
        return yaw
    if how < 0.7:
        return yaw @ np.diag([1.0, -1, -1])
    if how < 0.9:
        return yaw @ np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return q * np.sign(np.linalg.det(q))


def _still(*parts: Shape) -> Thing:
    return Thing(parts, np.eye(3), np.zeros(3))


def _surround(layout: Layout, rng: np.random.Generator) -> None:
    """Table, floor, walls, a bin or a shelf."""
    how = rng.random()
    x, y = rng.uniform(0.3, 0.9, 2) if how < 0.7 else (3.0, 3.0)
    layout.scenery.append(_still(Box((-x, -y, -0.04), (x, y, 0))))
    if x < 1 and rng.random() < 0.8:
        drop = float(rng.uniform(0.2, 0.9))
        layout.scenery.append(_still(Box((-4, -4, -drop - 0.1), (4, 4, -drop))))
    if rng.random() < 0.4:
        layout.scenery.append(_wall(rng, float(rng.uniform(0.25, 0.9))))
    if rng.random() < 0.12:
        layout.scenery.append(_bin(rng, layout.middle))
    elif rng.random() < 0.1:
        layout.scenery.append(_shelf(rng))


def _wall(rng: np.random.Generator, distance: float) -> Thing:
    a = rng.normal(0, 0.5)
    R = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    return Thing((Box((-4, distance, -1), (4, distance + 0.05, float(rng.uniform(0.05, 1.5)))),), R, np.zeros(3))


def _bin(rng: np.random.Generator, middle: Array) -> Thing:
    x, y, z, w = rng.uniform(0.15, 0.35), rng.uniform(0.12, 0.3), rng.uniform(0.06, 0.25), rng.uniform(0.003, 0.02)
    a = rng.uniform(0, 2 * np.pi)
    R = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    sides = (
        Box((-x - w, -y - w, 0), (-x, y + w, z)),
        Box((x, -y - w, 0), (x + w, y + w, z)),
        Box((-x, -y - w, 0), (x, -y, z)),
        Box((-x, y, 0), (x, y + w, z)),
    )
    return Thing(sides, R, np.array([*middle, 0.0]))


def _shelf(rng: np.random.Generator) -> Thing:
    x, back, top = rng.uniform(0.25, 0.5), rng.uniform(0.15, 0.35), rng.uniform(0.25, 0.5)
    return _still(
        Box((-x, back, 0), (x, back + 0.02, top)),
        Box((-x - 0.02, -0.2, 0), (-x, back, top)),
        Box((x, -0.2, 0), (x + 0.02, back, top)),
        Box((-x, 0.05, top), (x, back, top + 0.02)),
    )


def _arm(rng: np.random.Generator, middle: Array) -> Thing:
    """Links that come in from beside the table and end over it, with two fingers."""
    side = rng.uniform(0, 2 * np.pi)
    foot = np.array([np.cos(side), np.sin(side), 0]) * rng.uniform(0.4, 0.9)
    hand = np.array([*(middle + rng.normal(0, 0.12, 2)), rng.uniform(0.08, 0.4)])
    elbow = (foot + hand) / 2 + [0, 0, rng.uniform(0.1, 0.4)]
    r = float(rng.uniform(0.025, 0.06))
    parts: list[Shape] = [
        Capsule(tuple(foot + [0, 0, rng.uniform(0, 0.3)]), tuple(elbow), r),
        Capsule(tuple(elbow), tuple(hand + [0, 0, 0.1]), 0.85 * r),
        Capsule(tuple(hand + [0, 0, 0.1]), tuple(hand + [0, 0, 0.03]), 0.7 * r),
    ]
    spread = rng.normal(0, 1, 3) * [1, 1, 0]
    spread *= rng.uniform(0.015, 0.05) / np.linalg.norm(spread)
    for way in (-1, 1):
        parts.append(
            Capsule(tuple(hand + way * spread + [0, 0, 0.04]), tuple(hand + way * spread - [0, 0, 0.03]), float(rng.uniform(0.006, 0.012)))
        )
    return Thing(tuple(parts), np.eye(3), np.zeros(3))
