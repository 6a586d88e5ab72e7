"""Solids and shells that rays are cast at: the parts which `things` are put together from. Pure functions of arrays.

A ray is an origin (3,) or (N, 3) and a direction (N, 3), not unit; an answer is how many directions away the first hit lies, f32 (N,),
`MISS` where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Rays = npt.NDArray[np.float32]
Hits = npt.NDArray[np.float32]

MISS = np.float32(1e6)
_TINY = np.float32(1e-9)


class Shape(Protocol):
    """One part of a thing, in the thing's frame, metres."""

    def cast(self, origin: Rays, direction: Rays) -> Hits:
        """How far along each ray its surface lies."""
        ...

    def bounds(self) -> Rays:
        """Two opposite corners (2, 3) of a box around it."""
        ...


@dataclass(frozen=True)
class Box:
    """An upright block; low, high (3,) its corners."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def cast(self, origin: Rays, direction: Rays) -> Hits:
        """See `Shape`."""
        near, far = _slab(np.asarray(self.low, np.float32), np.asarray(self.high, np.float32), origin, direction)
        return np.where((near < far) & (near > 0), near, MISS)

    def bounds(self) -> Rays:
        """See `Shape`."""
        return np.array([self.low, self.high], np.float32)


@dataclass(frozen=True)
class Ellipsoid:
    """A ball with three radii."""

    center: tuple[float, float, float]
    radii: tuple[float, float, float]

    def cast(self, origin: Rays, direction: Rays) -> Hits:
        """See `Shape`."""
        scale = np.asarray(self.radii, np.float32)
        return _ball((origin - np.asarray(self.center, np.float32)) / scale, direction / scale)

    def bounds(self) -> Rays:
        """See `Shape`."""
        center, radii = np.array(self.center, np.float32), np.array(self.radii, np.float32)
        return np.stack([center - radii, center + radii])


@dataclass(frozen=True)
class Frustum:
    """A cylinder or cone about z, from `z0` with radius `r0` to `z1` with `r1`. `capped`: closed at both ends, else a bare wall."""

    z0: float
    z1: float
    r0: float
    r1: float
    capped: bool = True

    def cast(self, origin: Rays, direction: Rays) -> Hits:
        """See `Shape`."""
        slope = np.float32((self.r1 - self.r0) / (self.z1 - self.z0))
        o, d = origin, direction
        r, s = np.float32(self.r0) + slope * (o[..., 2] - np.float32(self.z0)), slope * d[..., 2]
        a = d[..., 0] ** 2 + d[..., 1] ** 2 - s * s
        b = d[..., 0] * o[..., 0] + d[..., 1] * o[..., 1] - r * s
        c = o[..., 0] ** 2 + o[..., 1] ** 2 - r * r
        a = np.where(np.abs(a) < _TINY, _TINY, a)
        root = b * b - a * c
        width = np.sqrt(np.maximum(root, 0))
        best = np.full(direction.shape[0], MISS)
        for t in ((-b - width) / a, (-b + width) / a):
            z = o[..., 2] + t * d[..., 2]
            good = (root > 0) & (t > 0) & (z >= self.z0) & (z <= self.z1)
            best = np.where(good & (t < best), t, best)
        if self.capped:
            for z, radius in ((self.z0, self.r0), (self.z1, self.r1)):
                best = np.minimum(best, Ring(z, 0.0, radius).cast(origin, direction))
        return best

    def bounds(self) -> Rays:
        """See `Shape`."""
        r = max(self.r0, self.r1)
        return np.array([[-r, -r, self.z0], [r, r, self.z1]], np.float32)


@dataclass(frozen=True)
class Ring:
    """A level disc with a hole: rims and bottoms."""

    z: float
    inner: float
    outer: float

    def cast(self, origin: Rays, direction: Rays) -> Hits:
        """See `Shape`."""
        down = direction[..., 2]
        t = (np.float32(self.z) - origin[..., 2]) / np.where(np.abs(down) < _TINY, _TINY, down)
        x, y = origin[..., 0] + t * direction[..., 0], origin[..., 1] + t * direction[..., 1]
        off = x * x + y * y
        return np.where((t > 0) & (off <= self.outer**2) & (off >= self.inner**2), t, MISS)

    def bounds(self) -> Rays:
        """See `Shape`."""
        return np.array([[-self.outer, -self.outer, self.z], [self.outer, self.outer, self.z]], np.float32)


@dataclass(frozen=True)
class Capsule:
    """A rod with round ends: handles, pens, cables, links of an arm."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float

    def cast(self, origin: Rays, direction: Rays) -> Hits:
        """See `Shape`. Closed form: a cylinder between the ends, a ball at each."""
        a, b, r = np.asarray(self.start, np.float32), np.asarray(self.end, np.float32), np.float32(self.radius)
        axis, off = b - a, origin - a
        length = axis @ axis + _TINY
        along_d, along_o = direction @ axis, off @ axis
        A = length * (direction * direction).sum(-1) - along_d**2
        B = length * (direction * off).sum(-1) - along_o * along_d
        C = length * (off * off).sum(-1) - along_o**2 - r * r * length
        root = B * B - A * C
        t = (-B - np.sqrt(np.maximum(root, 0))) / np.maximum(A, _TINY)
        at = along_o + t * along_d
        best = np.where((root > 0) & (t > 0) & (at > 0) & (at < length), t, MISS)
        for end in (a, b):
            best = np.minimum(best, _ball((origin - end) / r, direction / r))
        return best

    def bounds(self) -> Rays:
        """See `Shape`."""
        ends = np.array([self.start, self.end], np.float32)
        return np.stack([ends.min(0) - self.radius, ends.max(0) + self.radius]).astype(np.float32)


@dataclass(frozen=True)
class Superquadric:
    """Between a block and a ball: |x/a|^p + |y/b|^p + |z/c|^p = 1 (Barr 1981), p from 2 (ball) upwards (rounded block)."""

    radii: tuple[float, float, float]
    power: float

    def cast(self, origin: Rays, direction: Rays, steps: int = 14) -> Hits:
        """See `Shape`. Marches through its bounding box, then bisects where it enters."""
        scale = np.asarray(self.radii, np.float32)
        o, d = origin / scale, direction / scale
        near, far = _slab(-np.ones(3, np.float32), np.ones(3, np.float32), o, d)
        hit = np.flatnonzero((near < far) & (near > 0))
        best = np.full(len(direction), MISS)
        if not len(hit):
            return best
        o, d, near, far = o[hit] if o.ndim == 2 else o, d[hit], near[hit], far[hit]
        share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
        inside = self._level(o + (near + share * (far - near))[..., None] * d) < 1
        first = inside.argmax(0)
        step = (far - near) / np.float32(steps - 1)
        high = near + first * step
        low = np.maximum(high - step, near)
        for _ in range(5):
            middle = (low + high) / 2
            within = self._level(o + middle[:, None] * d) < 1
            low, high = np.where(within, low, middle), np.where(within, middle, high)
        best[hit] = np.where(inside.any(0), high, MISS)
        return best

    def _level(self, at: Rays) -> Hits:
        return (np.abs(at) ** np.float32(self.power)).sum(-1)

    def bounds(self) -> Rays:
        """See `Shape`."""
        return np.array([[-r for r in self.radii], self.radii], np.float32)


def _slab(low: Rays, high: Rays, origin: Rays, direction: Rays) -> tuple[Hits, Hits]:
    """Where rays enter and leave an upright box."""
    safe = np.where(np.abs(direction) < _TINY, _TINY, direction)
    a, b = (low - origin) / safe, (high - origin) / safe
    return np.minimum(a, b).max(-1), np.maximum(a, b).min(-1)


def _ball(origin: Rays, direction: Rays) -> Hits:
    """The unit ball, seen from outside."""
    a, b = (direction * direction).sum(-1), (direction * origin).sum(-1)
    root = b * b - a * ((origin * origin).sum(-1) - 1)
    t = (-b - np.sqrt(np.maximum(root, 0))) / a
    return np.where((root > 0) & (t > 0), t, MISS)
