"""Open containers as one thing: a closed high rim with something lower inside, seen from above whatever the camera's tilt.

Called by `propose` before fragments are merged: baskets, bowls, mugs and trays fall into many pieces by depth edges alone. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.types import ColorImage

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]

_CELL = 0.008
_BINS = 16


@dataclass(frozen=True)
class Seen:
    """Pixels over the table: flat index, footprint (N, 2) m, height m, label; all (N,) but the footprint."""

    index: npt.NDArray[np.int64]
    foot: npt.NDArray[np.float32]
    height: npt.NDArray[np.float32]
    label: Labels


def join(labels: Labels, over: Mask, height: Image, across: Image, along: Image, color: ColorImage, *, min_height_m: float = 0.02) -> Labels:
    """Labels (H, W) in which the pieces of each open container are one, and its bottom belongs to it; things inside stay apart."""
    index = np.flatnonzero(over & (labels > 0))
    if len(index) < 200:
        return labels
    foot = np.stack([across.ravel()[index], along.ravel()[index]], 1)
    seen = Seen(index, foot, height.ravel()[index], labels.ravel()[index])
    group = _groups(foot)
    labels = labels.copy()
    lab: npt.NDArray[np.uint8] = cv2.cvtColor(color, cv2.COLOR_RGB2LAB)
    for g in range(1, int(group.max()) + 1):
        here = np.flatnonzero(group == g)
        if len(here) < 200:
            continue
        part = Seen(index[here], foot[here], seen.height[here], seen.label[here])
        radius = _rim_distance(part, min_height_m)
        if radius is not None:
            _unite(labels, part, radius, lab)
    return labels


def _groups(foot: npt.NDArray[np.float32]) -> Labels:
    """Which of the points (N, 2) stand together on the table: 1..n, split at gaps of a few cells."""
    low = foot.min(0)
    cell = np.minimum(((foot - low) / _CELL).astype(np.int32), 800)
    grid = np.zeros(cell.max(0)[::-1] + 1, np.uint8)
    grid[cell[:, 1], cell[:, 0]] = 1
    grid = cv2.dilate(grid, np.ones((3, 3), np.uint8))
    _, parts = cv2.connectedComponents(grid, connectivity=8)
    return parts[cell[:, 1], cell[:, 0]]


def _rim_distance(part: Seen, min_height_m: float) -> npt.NDArray[np.float32] | None:
    """How far each point lies from the middle, 1 at the rim (N,); None when these points are no open container."""
    ranked = np.sort(part.height[::3])
    top = float(ranked[int(0.97 * (len(ranked) - 1))])
    high = part.height > top - max(0.2 * top, 0.008)
    if top < min_height_m or high.sum() < 40:
        return None
    rim = part.foot[high]
    (middle_x, middle_y), _ = cv2.minEnclosingCircle(cv2.convexHull(np.ascontiguousarray(rim[:: max(1, len(rim) // 500)], np.float32)))
    off = part.foot - np.array([middle_x, middle_y], np.float32)
    distance = np.hypot(off[:, 0], off[:, 1])
    sector = ((np.arctan2(off[:, 1], off[:, 0]) / (2 * np.pi) + 0.5) * _BINS).astype(int) % _BINS
    reach = np.array([_upper(distance[high & (sector == b)]) for b in range(_BINS)])
    if (reach > 0).sum() < _BINS - 2 or reach[reach > 0].min() < 0.3 * reach.max() or not 0.02 < reach.max() < 0.3:
        return None
    reach[reach == 0] = np.median(reach[reach > 0])
    relative = distance / reach[sector].astype(np.float32)
    inner = relative < 0.6
    if inner.sum() < 30 or (high & inner).sum() > 0.3 * inner.sum() or np.median(part.height[inner]) > 0.75 * top:
        return None
    return relative


def _upper(values: npt.NDArray[np.float32]) -> float:
    return float(np.sort(values)[int(0.9 * (len(values) - 1))]) if len(values) >= 3 else 0.0


def _unite(labels: Labels, part: Seen, radius: npt.NDArray[np.float32], lab: npt.NDArray[np.uint8]) -> None:
    """Give the container's pieces one label, in place; its low bottom too."""
    pieces = np.unique(part.label)
    colors = lab.reshape(-1, 3)[part.index]
    wall = radius > 0.75
    own = np.median(colors[wall], axis=0)
    target = int(np.bincount(part.label[wall]).argmax())
    outside = [p for p in pieces if np.median(radius[part.label == p]) > 1.25]
    inside = [p for p in pieces if p not in outside and p != target and _is_other(part, p, radius, colors, own)]
    joined = np.isin(labels, [p for p in pieces if p not in outside and p not in inside])
    labels[joined] = target
    rim = part.index[(radius > 0.8) & (radius < 1.1)]
    v, u = np.divmod(rim, labels.shape[1])
    x, y, width, height = cv2.boundingRect(np.stack([u, v], 1).astype(np.int32))
    hull = cv2.convexHull(np.stack([u - x, v - y], 1).astype(np.int32))
    within = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(within, hull, 1)
    window = labels[y : y + height, x : x + width]
    window[(within > 0) & (window == 0)] = target


def _is_other(part: Seen, piece: int, radius: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8], own: npt.NDArray[np.float64]) -> bool:
    """Whether a piece within the rim is a thing of its own: well inside, big enough, of another colour."""
    mine = part.label == piece
    if mine.sum() < 60 or np.median(radius[mine]) > 0.9:
        return False
    spread = np.ptp(np.sort(part.foot[mine], axis=0)[[len(part.foot[mine]) // 10, -1 - len(part.foot[mine]) // 10]], axis=0).max()
    other = np.median(colors[mine], axis=0) - own
    return bool(spread > 0.012 and np.hypot(other[1], other[2]) + 0.3 * abs(other[0]) > 18)
