"""Boxes that hug: from an instance's pixels to an upright oriented box in the base frame.

Called by `identify`. Leaves out the pixels at the rim whose depth is the table's or the background's. Pure functions of arrays.
"""

from __future__ import annotations

import numpy as np

from core.geometry import Points, percentiles, upright_box
from core.types import Array, OrientedBox

_REST_BELOW_M = 0.03
_TRIM, _TRIM_HEIGHT = 1.5, 8.0  # percent; depth's noise lifts single points of a top by more than it moves its sides


def hug(points: Points, *, camera: Array | None = None) -> OrientedBox | None:
    """The box of base points (N, 3) seen on one thing, the table being z = 0; None with fewer than 8. They are `own` ones.

    `camera` (3,): where it was seen from; then the unseen back is taken to mirror the front about the highest line.
    """
    if len(points) < 8:
        return None
    if camera is not None:
        points = _with_back(points, camera)
    return upright_box(points, resting=_is_resting(points), trim=_TRIM, trim_height=_TRIM_HEIGHT)


def rise(points: Points) -> tuple[float, float]:
    """Bottom and top in base of `own` points (N, 3): the table is the bottom of what stands on it."""
    low, bottom, top, high = percentiles(points[:, 2], 2, _TRIM_HEIGHT, 100 - _TRIM_HEIGHT, 98)
    return min(0.0, float(top)) if _rests(low, high) else float(bottom), float(top)


def _is_resting(points: Points) -> bool:
    """Whether its lowest seen point is near the table, or in the lower part of its height: then its box goes down to the table."""
    return _rests(*percentiles(points[:, 2], 2, 98))


def _rests(low: float, high: float) -> bool:
    return bool(low < max(_REST_BELOW_M, 0.45 * high))


def own(points: Points) -> Points:
    """Base points (N, 3) without stragglers: the table's pixels under the outline of something tall, depth smeared to what is behind."""
    if len(points) < 8:
        return points
    top = float(percentiles(points[:, 2], 95)[0])
    floor = min(0.006, 0.3 * top)
    raised = points[points[:, 2] > floor]
    points = raised if len(raised) > 0.5 * len(points) else points
    off = np.linalg.norm(points - percentiles(points, 50)[0], axis=1)
    near = points[off < 3.5 * percentiles(off, 50)[0] + 0.005]
    return near if len(near) >= 8 else points


def _with_back(points: Points, camera: Array, strips: int = 8) -> Points:
    """Points and, strip by strip along the view, their front mirrored about the strip's top: the back of what is round is never seen.

    A flat top, which is seen whole, is mirrored onto itself.
    """
    view = points[:, :2].mean(0) - camera[:2]
    if np.linalg.norm(view) < 0.02:
        return points
    view = (view / np.linalg.norm(view)).astype(points.dtype)
    ahead = points[:, :2] @ view
    side = points[:, 0] * view[1] - points[:, 1] * view[0]
    edges = np.linspace(side.min(), side.max() + 1e-6, strips + 1)
    strip = np.clip(np.searchsorted(edges, side, "right") - 1, 0, strips - 1)
    mirrored = points.copy()
    for i in range(strips):
        here = np.flatnonzero(strip == i)
        if len(here) < 8:
            continue
        z = points[here, 2]
        ranked = np.sort(z)
        high = float(ranked[-1 - len(z) // 20])  # a few points of what stands before it are higher than all of its own
        top = np.sort(ahead[here[z > high - max(0.008, 0.25 * (high - float(ranked[0])))]])
        middle = (top[len(top) // 20] + top[-1 - len(top) // 20]) / 2
        mirrored[here, :2] += (2 * (middle - ahead[here]))[:, None] * view
    return np.concatenate([points, mirrored[ahead < np.median(ahead)]])
