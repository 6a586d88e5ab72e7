"""Makes one of what something nearer parts in two: a box behind a can, a book under another.

Called by `propose`. Two pieces are one where both reach as high, one smooth surface goes through both, and all that lies between them is
behind something nearer. Pure functions of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects

from core.geometry import Mask
from core.types import Array

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]

_SAMPLES, _LEAST = 200, 40
_LEVEL_M = 0.006
_FLAT_M = 0.0015
_WORSE = 1.8  # than a surface of its own; 2.5 joined nothing else on real frames
_NEARER_M = 0.008
_HIDDEN, _SHOWN = 0.02, 0.02  # shares of both areas: what is one had at most 0.005 of it shown on real frames, what is two 0.3 or more
_WAY, _OPEN = 24, 0.3
_RIM = np.ones((5, 5), np.uint8)


def join(labels: Labels, depth_m: Image, height: Image, noise: float, arm: Mask) -> Labels:
    """Labels (H, W) 0..n in which the parts of what something nearer parts have one number, the smaller; some numbers may be gone then.

    depth_m, height: f32 (H, W), metres, 0 without depth; `noise`: sigma of depth over depth squared; `arm` (H, W) hides things too.
    """
    windows = find_objects(labels)
    known = {i: _piece(labels, i, at, depth_m, height) for i, at in enumerate(windows, 1) if at is not None}
    near = _Near(labels.copy(), depth_m, arm)
    for a, b in combinations(sorted(known), 2):
        if a in known and b in known and _is_one(known[a], known[b], near, noise):
            near.labels[near.labels == b] = a
            known[a] = _piece(near.labels, a, _both(known[a].window, known.pop(b).window), depth_m, height)
    return near.labels


@dataclass(frozen=True)
class _Piece:
    """Its number, mask in a window of the picture, area in pixels, how high it reaches (m), and u, v, 1/z of some of it (N, 3)."""

    number: int
    window: tuple[slice, ...]
    mask: npt.NDArray[np.uint8]
    area: int
    top: float
    points: Array

    @cached_property
    def hull(self) -> npt.NDArray[np.int32]:
        """Corners (N, 2) in pixels of the picture."""
        lines, _ = cv2.findContours(self.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return np.asarray(cv2.convexHull(np.concatenate(lines)).reshape(-1, 2) + _corner(self.window), np.int32)

    @cached_property
    def off(self) -> float:
        """How far it is from a surface of its own."""
        surface = _Surface.through(self)
        return surface.off(self) if surface is not None else 0.0


@dataclass(frozen=True)
class _Near:
    """The picture: labels (H, W), depth (m) and the robot."""

    labels: Labels
    depth_m: Image
    arm: Mask


def _piece(labels: Labels, number: int, window: tuple[slice, ...], depth_m: Image, height: Image) -> _Piece:
    mask = (labels[window] == number).astype(np.uint8)
    inner = cv2.erode(mask, _RIM, borderValue=0)  # what colour added at the rim has the depth of something else
    v, u = np.nonzero((inner[::2, ::2] > 0) & (depth_m[window][::2, ::2] > 0))
    step = max(1, len(v) // _SAMPLES)
    u, v = (2 * np.stack([u[::step], v[::step]], 1) + _corner(window)).T
    points = np.stack([u, v, 1 / depth_m[v, u].astype(np.float64)], 1)
    return _Piece(number, window, mask, int(np.count_nonzero(mask)), _ranked(height[v, u], 0.9), points)


def _ranked(values: npt.NDArray[np.floating], share: float) -> float:
    """The value that `share` of them are at most."""
    return float(np.sort(values)[int(share * (len(values) - 1))]) if len(values) else 0.0


def _corner(window: tuple[slice, ...]) -> npt.NDArray[np.int64]:
    """The pixel u, v of a window's first."""
    return np.array([window[1].start, window[0].start])


def _is_one(a: _Piece, b: _Piece, near: _Near, noise: float) -> bool:
    if min(len(a.points), len(b.points)) < _LEAST:
        return False
    least = _FLAT_M + noise / min(a.points[:, 2].mean(), b.points[:, 2].mean()) ** 2
    if abs(a.top - b.top) > _LEVEL_M - _FLAT_M + least:
        return False
    if _is_open(a, b, near):
        return False
    between = _between(a, b, near)
    if len(between) < _HIDDEN * (a.area + b.area):
        return False
    surface = _Surface.through(a, b)
    if surface is None or any(surface.off(piece) > _WORSE * max(piece.off, least) for piece in (a, b)):
        return False
    return _is_hidden(between, surface, near, a.area + b.area)


def _is_open(a: _Piece, b: _Piece, near: _Near) -> bool:
    """Whether nothing stands for a good part of the way between their middles: quick, and true of most pairs."""
    ways = np.linspace(a.points[:, :2].mean(0), b.points[:, :2].mean(0), _WAY).astype(np.intp).T
    nothing = (near.labels[ways[1], ways[0]] == 0) & (near.depth_m[ways[1], ways[0]] > 0) & ~near.arm[ways[1], ways[0]]
    return bool(np.count_nonzero(nothing) > _OPEN * _WAY)


def _between(a: _Piece, b: _Piece, near: _Near) -> npt.NDArray[np.int64]:
    """Pixels u, v (N, 2) that the two would cover together, their rims aside, and neither does."""
    window = _both(a.window, b.window)
    part = near.labels[window]
    whole = np.zeros(part.shape, np.uint8)
    cv2.fillConvexPoly(whole, cv2.convexHull(np.concatenate([a.hull, b.hull]) - _corner(window).astype(np.int32)), 1)
    own = ((part == a.number) | (part == b.number)).astype(np.uint8)
    left = cv2.findNonZero(cv2.erode(whole, _RIM, borderValue=0) & ~cv2.dilate(own, _RIM))
    return np.zeros((0, 2), np.int64) if left is None else left.reshape(-1, 2) + _corner(window)


def _both(a: tuple[slice, ...], b: tuple[slice, ...]) -> tuple[slice, ...]:
    return tuple(slice(min(s.start, t.start), max(s.stop, t.stop)) for s, t in zip(a, b, strict=True))


def _is_hidden(pixels: npt.NDArray[np.int64], surface: _Surface, near: _Near, area: int) -> bool:
    """Whether a surface lies behind something nearer at those pixels, but for a few; what has no depth tells nothing."""
    u, v = pixels.T
    expected = 1 / np.maximum(surface.at(pixels), 1e-3)
    seen, nearer = near.depth_m[v, u], (near.labels[v, u] > 0) | near.arm[v, u]
    hidden = np.count_nonzero((seen > 0) & (seen < expected - _NEARER_M) & nearer)
    shown = np.count_nonzero(seen >= expected - _NEARER_M)
    return bool(hidden > _HIDDEN * area and shown < _SHOWN * area)


@dataclass(frozen=True)
class _Surface:
    """1/z as a quadratic of the pixel, which is exact for planes at any tilt; pixels count from `middle` in units of `half`."""

    middle: Array
    half: float
    terms: Array

    @staticmethod
    def through(*pieces: _Piece) -> _Surface | None:
        """The least-squares surface through all points, each piece counting the same; None where it is not to be told."""
        points = np.concatenate([p.points for p in pieces])
        weight = np.concatenate([np.full(len(p.points), 1 / len(p.points)) for p in pieces])
        middle = points[:, :2].mean(0)
        half = max(1.0, float(np.abs(points[:, :2] - middle).max()))
        A = _terms(points[:, :2], middle, half)
        try:
            return _Surface(middle, half, np.linalg.solve(A.T @ (A * weight[:, None]), A.T @ (points[:, 2] * weight)))
        except np.linalg.LinAlgError:
            return None

    def at(self, pixels: npt.NDArray[np.number]) -> Array:
        """1/z at pixels (N, 2)."""
        return _terms(pixels, self.middle, self.half) @ self.terms

    def off(self, piece: _Piece) -> float:
        """How far three quarters of a piece are from it at most, metres along the view."""
        apart = np.abs(piece.points[:, 2] - self.at(piece.points[:, :2])) / piece.points[:, 2] ** 2
        return _ranked(apart, 0.75)


def _terms(pixels: npt.NDArray[np.number], middle: Array, half: float) -> Array:
    x, y = ((pixels - middle) / half).T
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 1)
