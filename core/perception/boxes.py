"""Boxes that hug: from an instance's pixels to an upright oriented box in the base frame.

Called by `identify`. Leaves out the pixels at the rim whose depth is the table's or the background's. Pure functions of arrays.
"""

from __future__ import annotations

import numpy as np

from core.geometry import Points, upright_box
from core.types import OrientedBox


def hug(points: Points, *, rest_below_m: float = 0.03) -> OrientedBox | None:
    """The box of base points (N, 3) seen on one thing, the table being z = 0; None with fewer than 8.

    A thing whose lowest seen point is under `rest_below_m` stands on the table: its box goes down to it.
    """
    if len(points) < 8:
        return None
    points = _own(points)
    bottom = float(np.percentile(points[:, 2], 2))
    return upright_box(points, resting=bottom < rest_below_m, trim=1.0)


def _own(points: Points) -> Points:
    """Without stragglers: the table's pixels under the outline of something tall, and depth smeared between it and what is behind."""
    top = float(np.percentile(points[:, 2], 95))
    floor = min(0.006, 0.3 * top)
    raised = points[points[:, 2] > floor]
    points = raised if len(raised) > 0.5 * len(points) else points
    middle = np.median(points, axis=0)
    off = np.linalg.norm(points - middle, axis=1)
    own = points[off < 3.5 * np.median(off) + 0.005]
    return own if len(own) >= 8 else points
