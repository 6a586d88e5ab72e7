"""What an outline in the picture says of a thing's size, where depth is good to half a centimetre and missing at the rim.

Called by `looks.box_of` on the box that hugs the seen surface. Pure functions of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask, Points, Window, percentiles
from core.types import Array, Intrinsics, OrientedBox

_POINTS, _BESIDE_PX = 300, 7
_TRIM = 2.0
_TURNS = np.linspace(0, np.pi, 24, endpoint=False)
_YAWS = np.deg2rad(np.arange(0, 90, 3.0))
_LEAST_FILL, _LEAST_SLOPE, _LEAST_SIDE_M, _LEAST_HEIGHT_M = 0.9, 0.3, 0.004, 0.001
# Measured over 300 things of three simulated cells: fruit is off by 0.3 to 1.0 % of its size (with tips, 2), mugs by 1.2 to 2.0, blocks by
# 1.5 to 3.3; as blocks, blocks and boxes are off by 0.8 to 1.5 %, rounded sponges by 1.4, cans by 2.0, mugs by 2.4. As cans, cans are off
# by 0.6 to 1.8, mugs whose handle is before or behind them by 0.6 to 0.9, all else by 2.8 or more (130 things of four cells;
# on other layouts one block with a poor outline by 2.0).
_ROUND, _BLOCK, _CAN = 0.01, 0.018, 0.02
_STICKS_OUT_M, _HANDLE = 0.011, 0.02


def rim_points(depth_m: npt.NDArray[np.float32], camera: Intrinsics, window: Window, inside: Mask, solid: Mask) -> Points:
    """Camera points (N, 3) of the outline, each as deep as the thing is beside it: at the rim itself depth is missing or the background's.

    `inside`, `solid` (h, w) in the window: the thing's pixels, and those with depth of its own. depth_m (H, W) registered.
    """
    rim = inside & (cv2.erode(inside.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) == 0)
    weight = cv2.blur(solid.astype(np.float32), (_BESIDE_PX, _BESIDE_PX))
    z = cv2.blur(np.where(solid, depth_m[window], 0).astype(np.float32), (_BESIDE_PX, _BESIDE_PX))
    rows, columns = np.nonzero(rim & (weight > 0))
    step = max(1, len(rows) // _POINTS)
    rows, columns = rows[::step], columns[::step]
    deep = z[rows, columns] / weight[rows, columns]
    u, v = columns + window[1].start, rows + window[0].start
    return np.stack([(u - camera.cx) / camera.fx * deep, (v - camera.cy) / camera.fy * deep, deep], 1)


def widened(box: OrientedBox, rim: Points) -> OrientedBox:
    """The box, its sides moved out to where the outline's base points (N, 3) reach. Those near the table or far off do not count."""
    far = np.linalg.norm(rim[:, :2] - box.center[:2], axis=1) > 0.75 * np.hypot(*box.size[:2]) + 0.01
    own = rim[(rim[:, 2] > min(0.006, 0.3 * box.size[2])) & ~far]
    if len(own) < 30:
        return box
    along = (own - box.center) @ box.R[:, :2]
    low, high = percentiles(along, _TRIM, 100 - _TRIM)
    low, high = np.minimum(low, -box.size[:2] / 2), np.maximum(high, box.size[:2] / 2)
    center = box.center + box.R[:, :2] @ ((low + high) / 2)
    return sorted_sides(OrientedBox(center=center, size=np.array([*(high - low), box.size[2]]), R=box.R))


def sorted_sides(box: OrientedBox) -> OrientedBox:
    """The same box with its longer side as x."""
    if box.size[0] >= box.size[1]:
        return box
    R = np.column_stack([box.R[:, 1], -box.R[:, 0], box.R[:, 2]])
    return OrientedBox(center=box.center, size=box.size[[1, 0, 2]], R=R)


@dataclass(frozen=True)
class Silhouette:
    """How far a thing reaches across the line of sight, along `n` (24, 3): `half` its width there, `off` of its middle from `middle` (3,).

    All in metres of base; `pixel`: how much a pixel is there.
    """

    middle: Array
    pixel: float
    ahead: Array
    right: Array
    n: Array
    half: Array
    off: Array


def silhouette(inside: Mask, window: Window, camera: Intrinsics, T_base_camera: Array, middle: Array) -> Silhouette | None:
    """Of the thing under `inside` (h, w) about a point (3,) of base; None for what has dents, is tiny, or is seen from too low."""
    hull = _hull(inside)
    sight = _Sight(T_base_camera, middle)
    n = np.cos(_TURNS)[:, None] * sight.right + np.sin(_TURNS)[:, None] * sight.up
    if hull is None or np.abs(n @ sight.ahead).max() < _LEAST_SLOPE:
        return None
    pixels = hull.astype(np.float64) + [window[1].start, window[0].start]
    reach = sight.across(pixels, camera, T_base_camera) @ n.T
    low, high = reach.min(0), reach.max(0)
    return Silhouette(middle, sight.distance / camera.fx, sight.ahead, sight.right, n, (high - low) / 2, (high + low) / 2)


def round_box(seen: Silhouette, bottom: float, top: float) -> OrientedBox | None:
    """The box of the upright ellipsoid between two heights (m) that looks like that; None when none does within a hundredth of its size.

    An ellipsoid {x: x^T Q^-1 x <= 1} reaches sqrt(n^T Q n) along n (Boyd, Vandenberghe, "Convex Optimization", 8.4.1). Its height being
    known, its footprint follows by least squares. What is hidden in part is no ellipse in the picture.
    """
    height = max(_LEAST_HEIGHT_M, top - bottom)
    ahead, right, rise = seen.n @ seen.ahead, seen.n @ seen.right, seen.n[:, 2] * height / 2
    terms = np.stack([ahead**2, 2 * ahead * right, right**2], 1)
    half = seen.half - 0.5 * seen.pixel  # a mask takes in the soft edge
    (a, b, c), *_ = np.linalg.lstsq(terms, half**2 - rise**2)
    values, vectors = np.linalg.eigh(np.array([[a, b], [b, c]]))
    reached = np.sqrt(np.maximum(terms @ np.array([a, b, c]) + rise**2, 0))
    if values[0] < _LEAST_SIDE_M**2 or _off(reached, half) > _ROUND:
        return None
    x = vectors[0, 1] * seen.ahead + vectors[1, 1] * seen.right
    return _placed(seen, x, np.array([*(2 * np.sqrt(values[::-1])), height]), bottom)


def sticks_out(can: OrientedBox, points: Points) -> bool:
    """Whether some of the base points (N, 3) lie well beside the cylinder that fills a box: a handle that points at the camera."""
    beside = np.hypot(*(points[:, :2] - can.center[:2]).T) - can.size[0] / 2
    return bool(np.mean(beside > _STICKS_OUT_M) > _HANDLE)


def can_box(seen: Silhouette, bottom: float, top: float) -> OrientedBox | None:
    """The box of the upright cylinder between two heights (m) that looks like that; None when none does within a fiftieth of its size.

    A cylinder of radius r and height 2 c reaches r |n.xy| + c |n.z| along n: r by least squares.
    """
    height = max(_LEAST_HEIGHT_M, top - bottom)
    half = seen.half + 0.5 * seen.pixel  # to the pixels' outer edges, as of a block
    level, terms = half - np.abs(seen.n[:, 2]) * height / 2, np.hypot(seen.n[:, 0], seen.n[:, 1])
    radius = float(terms @ level / (terms @ terms))
    if radius < _LEAST_SIDE_M or _off(radius * terms, level) > _CAN:
        return None
    return _placed(seen, seen.ahead, np.array([2 * radius, 2 * radius, height]), bottom)


def beside_ball(box: OrientedBox, points: Points) -> float:
    """How far base points (N, 3) lie beside the ellipsoid that fills a box: the middle of |r - 1|, r being 1 on it."""
    r = np.linalg.norm((points - box.center) @ box.R / (box.size / 2), axis=1)
    return float(np.median(np.abs(r - 1)))


def block_box(seen: Silhouette, bottom: float, top: float) -> OrientedBox | None:
    """The box of the upright block between two heights (m) that looks like that; None when none does within a fiftieth of its size.

    A block reaches a |n.x| + b |n.y| + c |n.z| along n, half its sides being a, b, c: for each turn of it, a and b by least squares.
    """
    height = max(_LEAST_HEIGHT_M, top - bottom)
    x = np.cos(_YAWS)[:, None] * seen.ahead + np.sin(_YAWS)[:, None] * seen.right
    y = np.cos(_YAWS)[:, None] * seen.right - np.sin(_YAWS)[:, None] * seen.ahead
    terms = np.stack([np.abs(x @ seen.n.T), np.abs(y @ seen.n.T)], 2)
    half = seen.half + 0.5 * seen.pixel  # to the pixels' outer edges, which makes up for edges that are never quite sharp
    level = half - np.abs(seen.n[:, 2]) * height / 2
    square = np.einsum("kpi,kpj->kij", terms, terms) + 1e-9 * np.eye(2)
    sides = np.linalg.solve(square, np.einsum("kpi,p->ki", terms, level)[..., None])[..., 0]
    off = np.sqrt(np.mean((np.einsum("kpi,ki->kp", terms, sides) - level) ** 2, 1)) / (2 * seen.half.mean())
    off[sides.min(1) < _LEAST_SIDE_M] = np.inf
    best = int(off.argmin())
    if off[best] > _BLOCK:
        return None
    return sorted_sides(_placed(seen, x[best], np.array([*(2 * sides[best]), height]), bottom))


def _off(reached: Array, half: Array) -> float:
    return float(np.sqrt(np.mean((reached - half) ** 2)) / (2 * half.mean()))


def _placed(seen: Silhouette, x: Array, size: Array, bottom: float) -> OrientedBox:
    """A box of that size (3,) in the middle of what is seen, x (3,) along its first side."""
    up = np.array([0.0, 0.0, bottom + size[2] / 2 - seen.middle[2]])
    (right, ahead), *_ = np.linalg.lstsq(np.stack([seen.n @ seen.right, seen.n @ seen.ahead], 1), seen.off - seen.n @ up)
    center = seen.middle + up + right * seen.right + ahead * seen.ahead
    return OrientedBox(center=center, size=size, R=np.column_stack([x, [-x[1], x[0], 0], [0, 0, 1]]))


class _Sight:
    """The line from the camera to a point (3,) of base, and two directions across it: `right` level, `up`; `ahead` level along it."""

    def __init__(self, T_base_camera: Array, to: Array) -> None:
        self._from, self._to = T_base_camera[:3, 3], to
        self.distance = float(np.linalg.norm(to - self._from))
        self._along = (to - self._from) / self.distance
        level = np.array([self._along[0], self._along[1], 0.0])
        self.ahead = level / max(1e-9, float(np.linalg.norm(level)))
        self.right = np.array([-self.ahead[1], self.ahead[0], 0.0])
        self.up = np.cross(self._along, self.right)

    def across(self, pixels: npt.NDArray[np.floating], camera: Intrinsics, T_base_camera: Array) -> Array:
        """Where the rays of pixels (N, 2) meet the plane across the sight through the point: offsets (N, 3) from it."""
        local = np.stack([(pixels[:, 0] - camera.cx) / camera.fx, (pixels[:, 1] - camera.cy) / camera.fy, np.ones(len(pixels))], 1)
        rays = local @ T_base_camera[:3, :3].T
        offsets: Array = rays * (self.distance / (rays @ self._along))[:, None] + self._from - self._to
        return offsets


def _hull(inside: Mask) -> npt.NDArray[np.int32] | None:
    """Corners (N, 2) of the convex hull of a mask; None for what has dents or is tiny."""
    contours, _ = cv2.findContours(np.ascontiguousarray(inside).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len, default=None)
    hull = cv2.convexHull(contour) if contour is not None else np.empty((0, 1, 2), np.int32)
    if contour is None or len(hull) < 4 or cv2.contourArea(contour) < _LEAST_FILL * cv2.contourArea(hull):
        return None
    return np.asarray(hull[:, 0], np.int32)
