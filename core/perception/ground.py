"""The plane under everything, where no table is in view: a bin, a shelf, a heap that fills the picture.

Called by `support` when no plane is seen to hold anything, or when the one found is a lid with the rest lying lower around it. Pure
functions of points in the camera frame.
"""

from __future__ import annotations

import numpy as np

from core.geometry import Plane, Points, refine_plane
from core.types import Array

_NEAR_M = 0.2  # what lies lower than that is another matter: the floor beside a table
_SHALLOW_M = 0.015
_LOWER = 0.7  # tables, real and made up, had at most 0.55 of their own share just under them, lids at least 0.85
_CAMERA_M = 0.06
_UNDER = 0.03  # share of the points that may lie under the ground: noise, a slit
_DIRECTIONS, _STEEPEST_DEG = 400, 80.0
_SPREAD = (0.12, 0.04, 0.013)


def holds(sample: Points, plane: Plane) -> bool:
    """Whether a plane may be what things stand on: little of the sample (N, 3) lies just under it, for the plane's own share.

    A plane that passes by the camera within a hand's breadth is the side of something near.
    """
    if plane.d < _CAMERA_M:
        return False
    height = plane.height(sample)
    weight = 1 / np.clip(sample[:, 2], 0.3, None)
    tolerance = np.maximum(0.004, 0.004 * sample[:, 2] ** 2)
    level = float(weight[np.abs(height) < 1.5 * tolerance].sum())
    lower = float(weight[(height < -np.maximum(_SHALLOW_M, 3 * tolerance)) & (height > -_NEAR_M)].sum())
    return lower < _LOWER * level


def under(sample: Points, expected: Plane | None, certain: bool = True) -> Plane:
    """The plane that the sample (N, 3) lies over, and on average least high over: the ground's own patches, if any are seen, are on it.

    `expected`: a plane known from calibration, or, not `certain`, from before; it is the ground unless much lies under it, or, if it is
    not certain, hardly anything on it.
    """
    if expected is not None:
        height = expected.height(sample)
        if float((height < -0.02).mean()) < _UNDER and (certain or float((np.abs(height) < 0.02).mean()) > _UNDER):
            return expected
    plane = _lowest(sample)
    tolerance = np.maximum(0.006, 0.004 * sample[:, 2] ** 2)
    refined = refine_plane(sample, plane, tolerance)
    return refined if float(refined.normal @ plane.normal) > 0.95 and holds(sample, refined) else plane


def _lowest(sample: Points) -> Plane:
    """A search over directions, then nearer and nearer about the best."""
    normals = _directions()
    weight = 1 / np.clip(sample[:, 2], 0.3, None)
    rng = np.random.default_rng(0)
    best = normals[0]
    for spread in (*_SPREAD, 0.0):
        along = sample @ normals.T.astype(np.float32)
        height = np.abs(along - np.quantile(along, _UNDER, axis=0))
        best = normals[int(np.argmin((weight @ height) / _likeliness(normals)))]
        normals = best + rng.normal(0, spread, (100, 3))
        normals = np.vstack([best, normals / np.linalg.norm(normals, axis=1, keepdims=True)])
    return Plane(best, -float(np.quantile(sample @ best.astype(np.float32), _UNDER)))


def _directions() -> Array:
    """Unit normals (N, 3) of planes that face the camera, evenly spread over a cap (a Fibonacci lattice)."""
    k = np.arange(_DIRECTIONS) + 0.5
    cosine = 1 - k / _DIRECTIONS * (1 - np.cos(np.deg2rad(_STEEPEST_DEG)))
    sine, turn = np.sqrt(1 - cosine**2), np.pi * (1 + 5**0.5) * k
    return np.stack([sine * np.cos(turn), sine * np.sin(turn), -cosine], 1)


def _likeliness(normals: Array) -> Array:
    """How likely (N,) the ground of a camera held about level has that normal: it points up or at the camera, hardly to a side or down."""
    side, down = np.abs(normals[:, 0]), np.clip(normals[:, 1], 0, 1)
    return np.clip(1.1 - side, 0.05, 1) * np.clip(1 - 2 * np.clip(down - 0.1, 0, 1), 0.05, 1) * np.clip(0.2 - 2 * normals[:, 2], 0.05, 1)
