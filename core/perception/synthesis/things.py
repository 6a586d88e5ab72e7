"""Things as they stand on tables, put together from `shapes` with random measures: the kinds a scene is drawn from.

Every maker takes a random generator and a size (about the longest side, metres) and returns parts in the thing's own frame, standing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.perception.synthesis.shapes import MISS, Box, Capsule, Ellipsoid, Frustum, Hits, Rays, Ring, Shape, Superquadric
from core.types import Array

Parts = list[Shape]
Maker = Callable[[np.random.Generator, float], Parts]


@dataclass(frozen=True)
class Thing:
    """Parts of one thing, its turn R (3, 3) and place p (3,) in the world."""

    parts: tuple[Shape, ...]
    R: Array
    p: Array

    def cast(self, origin: Rays, direction: Rays) -> Hits:
        """The nearest hit of world rays; see `shapes`."""
        R = self.R.astype(np.float32)
        o, d = (origin - self.p.astype(np.float32)) @ R, direction @ R
        best = np.full(len(direction), MISS)
        for part in self.parts:
            np.minimum(best, part.cast(o, d), out=best)
        return best

    def corners(self) -> Array:
        """The corners (N, 3) of its parts' bounding boxes, in the world."""
        bounds = np.stack([part.bounds() for part in self.parts])
        pick = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
        local = bounds[:, pick, np.arange(3)].reshape(-1, 3)
        return local @ self.R.T + self.p


def block(rng: np.random.Generator, size: float) -> Parts:
    """A carton: sides in any proportion."""
    x, y, z = size * rng.uniform(0.2, 1, 3)
    return [Box((-x / 2, -y / 2, 0), (x / 2, y / 2, z))]


def slab(rng: np.random.Generator, size: float) -> Parts:
    """Something flat: a book, a plate, a card, down to 3 mm."""
    height = float(rng.uniform(0.003, 0.025))
    if rng.random() < 0.35:
        r = size * float(rng.uniform(0.3, 0.5))
        return [Frustum(0, height, r * float(rng.uniform(0.6, 1)), r)]
    x, y = size * rng.uniform(0.3, 1, 2)
    return [Box((-x / 2, -y / 2, 0), (x / 2, y / 2, height))]


def tin(rng: np.random.Generator, size: float) -> Parts:
    """A cylinder or a blunt cone."""
    height, r = size * float(rng.uniform(0.3, 1)), size * float(rng.uniform(0.15, 0.45))
    return [Frustum(0, height, r, r * float(rng.choice([1.0, 1.0, rng.uniform(0.3, 1.4)])))]


def cone(rng: np.random.Generator, size: float) -> Parts:
    """A pointed cone."""
    r = size * float(rng.uniform(0.2, 0.5))
    return [Frustum(0, size, r, 0.05 * r)]


def ball(rng: np.random.Generator, size: float) -> Parts:
    """A ball or an egg."""
    radii = 0.45 * size * (rng.uniform(0.7, 1, 3) if rng.random() < 0.6 else np.ones(3))
    return [Ellipsoid((0, 0, float(radii[2])), (float(radii[0]), float(radii[1]), float(radii[2])))]


def pebble(rng: np.random.Generator, size: float) -> Parts:
    """Rounded blocks and pillows."""
    radii = 0.5 * size * rng.uniform(0.3, 1, 3)
    return [Superquadric((float(radii[0]), float(radii[1]), float(radii[2])), float(rng.uniform(2.5, 7)))]


def bowl(rng: np.random.Generator, size: float) -> Parts:
    """A bowl: a hollow turned on a lathe, wall 2 to 6 mm."""
    size = max(size, 0.08)
    r, height = size / 2, size * float(rng.uniform(0.25, 0.6))
    bulge = float(rng.uniform(0.4, 1))
    t = np.linspace(0, 1, 4)
    radius = r * (0.45 + 0.55 * t**bulge)
    return hollow(height * t, radius, float(rng.uniform(0.002, 0.006)))


def hollow(z: Array, radius: Array, wall: float) -> Parts:
    """An open vessel: outer and inner wall along a profile (N,), a bottom, a rim."""
    parts: Parts = [
        Ring(0, 0, float(radius[0])),
        Ring(wall, 0, float(radius[0])),
        Ring(float(z[-1]), float(radius[-1]) - wall, float(radius[-1])),
    ]
    for a, b, ra, rb in zip(z, z[1:], radius, radius[1:], strict=False):
        parts.append(Frustum(float(a), float(b), float(ra), float(rb), capped=False))
        parts.append(Frustum(float(a), float(b), float(ra) - wall, float(rb) - wall, capped=False))
    return parts


def mug(rng: np.random.Generator, size: float) -> Parts:
    """A mug, with a handle mostly."""
    size = float(np.clip(size, 0.06, 0.14))
    r, height = size * float(rng.uniform(0.33, 0.48)), size * float(rng.uniform(0.7, 1.2))
    parts = hollow(np.array([0, height]), np.array([r * rng.uniform(0.7, 1), r]), float(rng.uniform(0.002, 0.005)))
    return parts + (handle(rng, r, height) if rng.random() < 0.75 else [])


def handle(rng: np.random.Generator, r: float, height: float) -> Parts:
    """An ear of rods on the side of a vessel of radius `r`."""
    turn = rng.uniform(0, 2 * np.pi)
    out, thick = r * float(rng.uniform(0.4, 0.8)), float(rng.uniform(0.004, 0.008))
    low, high = height * float(rng.uniform(0.15, 0.3)), height * float(rng.uniform(0.7, 0.9))
    angle = np.linspace(-np.pi / 2, np.pi / 2, 6)
    reach, z = 0.93 * r + out * np.cos(angle), (low + high) / 2 + (high - low) / 2 * np.sin(angle)
    points = np.stack([reach * np.cos(turn), reach * np.sin(turn), z], 1)
    return rods(points, thick)


def rods(points: Array, radius: float) -> Parts:
    """A chain of rods through points (N, 3)."""
    return [Capsule(tuple(map(float, a)), tuple(map(float, b)), radius) for a, b in zip(points, points[1:], strict=False)]  # type: ignore[arg-type]


def bottle(rng: np.random.Generator, size: float) -> Parts:
    """A solid lathe profile: bottles, vases, spray cans, pawns."""
    count = int(rng.integers(3, 6))
    z = np.sort(np.concatenate([[0, 1], rng.uniform(0.1, 0.9, count - 1)])) * size
    radius = size * rng.uniform(0.08, 0.3, count + 1)
    z = np.maximum.accumulate(z + np.arange(count + 1) * 0.003)
    return [Frustum(float(a), float(b), float(ra), float(rb)) for a, b, ra, rb in zip(z, z[1:], radius, radius[1:], strict=False)]


def pen(rng: np.random.Generator, size: float) -> Parts:
    """Something long and thin that lies."""
    r, length = float(rng.uniform(0.004, 0.014)), max(size, 0.08)
    return [Capsule((-length / 2, 0, r), (length / 2, 0, r), r)]


def tool(rng: np.random.Generator, size: float) -> Parts:
    """Rods and a block at an angle: clamps, scissors, drills, taps."""
    length = max(size, 0.09)
    r = float(rng.uniform(0.006, 0.02))
    bend = rng.uniform(0.4, 2.6)
    elbow = rng.uniform(-0.2, 0.4) * length
    tip = np.array([elbow + np.cos(bend) * length * rng.uniform(0.3, 0.7), np.sin(bend) * length * rng.uniform(0.3, 0.7), r])
    parts = rods(np.array([[-length / 2, 0, r], [elbow, 0, r], tip]), r)
    if rng.random() < 0.5:
        half = r * rng.uniform(1, 2.2)
        parts.append(Box((-length / 2 - half, -half, 0), (-length / 2 + half, half, 2 * half)))
    return parts


def banana(rng: np.random.Generator, size: float) -> Parts:
    """A bent rod, thinner at its ends."""
    length = max(size, 0.1)
    angle = np.linspace(-1, 1, 6) * rng.uniform(0.3, 0.9)
    r = length * rng.uniform(0.07, 0.13)
    R = length / 2 / np.sin(angle[-1])
    points = np.stack([R * np.sin(angle), R * np.cos(angle) - R, np.full(6, r)], 1)
    return rods(points, float(r))


def tray(rng: np.random.Generator, size: float) -> Parts:
    """An open box: baskets, drawers, trays."""
    size = max(size, 0.1)
    x, y, z = size / 2, size / 2 * float(rng.uniform(0.5, 1)), size * float(rng.uniform(0.1, 0.6))
    w = float(rng.uniform(0.002, 0.008))
    return [
        Box((-x, -y, 0), (x, y, w)),
        Box((-x, -y, 0), (-x + w, y, z)),
        Box((x - w, -y, 0), (x, y, z)),
        Box((-x, -y, 0), (x, -y + w, z)),
        Box((-x, y - w, 0), (x, y, z)),
    ]


def arch(rng: np.random.Generator, size: float) -> Parts:
    """Two feet and a beam: bridges, staples, toy animals."""
    x, y, z = size / 2 * rng.uniform(0.6, 1, 3)
    foot = float(x * rng.uniform(0.15, 0.5))
    return [Box((-x, -y, 0), (-x + foot, y, z)), Box((x - foot, -y, 0), (x, y, z)), Box((-x, -y, z), (x, y, z + foot))]


KINDS: tuple[tuple[Maker, float], ...] = (
    (block, 5.0),
    (slab, 1.6),
    (tin, 3.0),
    (cone, 0.4),
    (ball, 2.5),
    (pebble, 1.2),
    (bowl, 1.6),
    (mug, 2.0),
    (bottle, 1.5),
    (pen, 0.8),
    (tool, 1.0),
    (banana, 0.7),
    (tray, 0.7),
    (arch, 0.6),
)
"""Makers and how often each is drawn."""


def draw(rng: np.random.Generator) -> tuple[Shape, ...]:
    """The parts of a random thing, 2 to 35 cm."""
    weights = np.array([weight for _, weight in KINDS])
    maker = KINDS[int(rng.choice(len(KINDS), p=weights / weights.sum()))][0]
    size = float(np.exp(rng.uniform(np.log(0.03), np.log(0.3))))
    return tuple(maker(rng, size))
