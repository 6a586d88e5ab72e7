"""Where things stand in a made-up scene: alone, touching, stacked, in heaps and bowls, on a table, in a bin, on a shelf.

The world has z up and the table at 0. Things are let down on what lies there already, by rays from above and below.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from core.perception.synthesis.arms import person_hand, robot_arm
from core.perception.synthesis.shapes import MISS, Box, Rays, Shape
from core.perception.synthesis.things import Thing, draw
from core.types import Array

_CELL = 0.008
_HALF = 0.64  # metres from the middle to the end of the height field


@dataclass
class Layout:
    """Things (instances), `scenery` (table, floor, walls, bin: no things), `arm` and `hands` (no things either).

    `boards`: the heights that things stand on; more than one in a shelf.
    """

    things: list[Thing] = field(default_factory=list)
    scenery: list[Thing] = field(default_factory=list)
    arm: list[Thing] = field(default_factory=list)
    hands: list[Thing] = field(default_factory=list)
    middle: Array = field(default_factory=lambda: np.zeros(2))
    boards: tuple[float, ...] = (0.0,)


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
    crowd, count = _crowd(rng)
    grounds = [Ground() for _ in layout.boards]
    for _ in range(count):
        k = int(rng.integers(len(grounds)))
        _add(layout, grounds[k], rng, crowd, layout.boards[k])
    if rng.random() < 0.3:
        layout.arm.append(robot_arm(rng, layout.middle))
    while rng.random() < 0.2 and len(layout.hands) < 2:
        layout.hands.append(person_hand(rng, _palm(layout, rng)))
    return layout


def _crowd(rng: np.random.Generator) -> tuple[float, int]:
    """How far from the middle things lie, in metres, and how many there are: now and then a heap."""
    if rng.random() < 0.12:
        return float(rng.uniform(0.05, 0.12)), int(rng.integers(12, 28))
    return float(rng.uniform(0.06, 0.3)), 1 + int(rng.integers(0, 13))


def _palm(layout: Layout, rng: np.random.Generator) -> Array:
    """Where a hand is: over the table, or about a thing's top."""
    if layout.things and rng.random() < 0.5:
        corners = layout.things[int(rng.integers(len(layout.things)))].corners()
        return np.array([*corners[:, :2].mean(0), corners[:, 2].max() + rng.uniform(0.0, 0.05)]) + rng.normal(0, 0.012, 3) * [1, 1, 0]
    return np.array([*(layout.middle + rng.normal(0, 0.14, 2)), rng.uniform(0.02, 0.22)])


def _add(layout: Layout, ground: Ground, rng: np.random.Generator, crowd: float, board: float) -> None:
    """One more thing, on what lies on the board at height `board`."""
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
        layout.things.append(replace(thing, p=thing.p + [0, 0, board]))


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
    inside = rng.random()
    if inside < 0.16:
        layout.scenery.append(_bin(rng, layout.middle))
    elif inside < 0.32:
        rise = float(rng.uniform(0.18, 0.4))
        layout.boards = tuple(k * rise for k in range(int(rng.integers(1, 4))))
        layout.scenery.append(_shelf(rng, layout.boards))


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


def _shelf(rng: np.random.Generator, boards: tuple[float, ...]) -> Thing:
    """Boards one over the other, a back, sides, and sometimes a top."""
    x, front, back, thick = (float(v) for v in rng.uniform((0.25, 0.1, 0.12, 0.01), (0.5, 0.25, 0.35, 0.025)))
    top = max(boards) + float(rng.uniform(0.2, 0.4))
    parts: list[Shape] = [
        Box((-x, back, 0), (x, back + 0.02, top)),
        Box((-x - thick, -front, 0), (-x, back, top)),
        Box((x, -front, 0), (x + thick, back, top)),
        *(Box((-x, -front, z - thick), (x, back, z)) for z in boards if z > 0),
    ]
    if rng.random() < 0.5:
        parts.append(Box((-x, float(rng.uniform(-front, back)), top), (x, back, top + thick)))
    return _still(*parts)
