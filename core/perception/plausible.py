"""Which pieces may be things: of a thing's size, on the table, and no wall that goes on beyond it.

Called by `propose` on the joined pieces of a frame. Pure functions.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects

from core.geometry import Depth, Mask
from core.perception.support import Support

Labels = npt.NDArray[np.int32]
Sides = tuple[bool, bool, bool, bool]
"""Top, bottom, left, right."""

# The far end of a thing that hides the edge of its table seems to stand beyond: 0.055 m on real frames, a box that does stand there 0.1.
_END_M = 0.09


def things(labels: Labels, z: Depth, support: Support, focal: float, sizes: tuple[float, float], sides: Sides) -> Labels:
    """Labels (H, W) without dust, walls and what stands beside the table; the others are numbered from 1.

    z (H, W) smooth depth, metres. `sizes`: the least and the largest of a thing, metres. `sides`: which borders are the picture's.
    """
    count = int(labels.max()) + 1
    at = np.flatnonzero(labels)
    flat = labels.ravel()[at]
    area = np.maximum(np.bincount(flat, minlength=count), 1)
    depth = np.bincount(flat, z.ravel()[at], count) / area
    extent = np.sqrt(area) * depth / focal
    top = np.bincount(flat, support.height.ravel()[at] > 0.006, count)
    edge = np.concatenate([line * side for line, side in zip((labels[0], labels[-1], labels[:, 0], labels[:, -1]), sides, strict=True)])
    cut_off = np.bincount(edge, minlength=count) * depth / focal
    foreign = np.bincount(_going_on(labels, z, support.outside), minlength=count) / np.maximum(8.0, 7 * np.sqrt(area))
    beyond = np.sqrt(_beside(labels, support.outside, count, sides)) * np.maximum(depth, 0.1) / focal
    good = (extent > sizes[0]) & (area > 40) & (extent < sizes[1]) & (top > 0)
    good &= (foreign < 0.35) | (beyond < _END_M)
    good &= (_width(labels, count) * depth / focal < sizes[1]) & (cut_off < 0.25)
    good[0] = False
    numbers = np.where(good, np.cumsum(good), 0).astype(np.int32)
    return numbers[labels]


def _width(labels: Labels, count: int) -> npt.NDArray[np.float64]:
    """The longer side of each label's bounding box, pixels."""
    sides = [max(b[0].stop - b[0].start, b[1].stop - b[1].start) if b else 0 for b in find_objects(labels, max_label=count - 1)]
    return np.array([0, *sides], float)


def _beside(labels: Labels, outside: Mask, count: int, sides: Sides) -> npt.NDArray[np.float64]:
    """Per label how many pixels have the parts beyond the table that it touches; endless what runs out of the picture, as an arm does."""
    few, near = np.ascontiguousarray(outside[::2, ::2]), labels[::2, ::2]
    _, parts = cv2.connectedComponents(cv2.dilate(few.view(np.uint8), np.ones((5, 5), np.uint8)))
    most = int(parts.max()) + 1
    area = 4.0 * np.bincount(parts[few], minlength=most)
    area[np.concatenate([line * side for line, side in zip((parts[0], parts[-1], parts[:, 0], parts[:, -1]), sides, strict=True)])] = np.inf
    area[0] = 0
    touching = np.bincount(near.ravel() * most + parts.ravel(), minlength=count * most).reshape(count, most) > 0
    return np.where(touching, area, 0).sum(1)


def _going_on(labels: Labels, z: Depth, outside: Mask) -> npt.NDArray[np.int32]:
    """The labels of rim pixels whose surface goes on beyond the table: a wall, a neighbouring table."""
    beyond = cv2.dilate(z * outside, np.ones((5, 5), np.uint8))
    rim = (labels > 0) & (beyond > 0) & (np.abs(beyond - z) < 0.03 * z)
    return labels[rim]
