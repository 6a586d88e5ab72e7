"""Deprojection, planes, rigid transforms, boxes and height maps, on plain arrays.

Called by perception, policies and devices. Knows no camera, no arm and no screen. Metres throughout; the camera frame is x right,
y down, z forward, and a plane (n, d) gives the height n.p + d with n towards the camera.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from core.types import Array, DepthImage, Intrinsics, OrientedBox

Depth = npt.NDArray[np.float32]
Points = npt.NDArray[np.float32]
Window = tuple[slice, slice]
"""Rows and columns of a picture."""
Mask = npt.NDArray[np.bool_]

_FILLED = 0.85  # of a footprint's least rectangle: an ellipse fills 0.79, a block 1
_ROUNDISH, _LONG = 1.1, 1.6  # length over width: under it a footprint has no direction, over it the least rectangle tells it best
_LARGE_M = 0.2  # of what is larger, a basket, moments mostly tell which part was seen


class Plane(NamedTuple):
    """Unit `normal` (3,) and offset `d`: height of p above the plane is normal.p + d, metres."""

    normal: Array
    d: float

    def height(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Heights (...,) of points (..., 3)."""
        return points @ self.normal.astype(points.dtype) + points.dtype.type(self.d)


def depth_in_metres(depth: DepthImage, scale: float) -> Depth:
    """f32 (H, W) metres along the optical axis; 0 = none."""
    return depth.astype(np.float32) * np.float32(scale)


def deproject(depth_m: Depth, camera: Intrinsics) -> Points:
    """f32 (H, W, 3) camera points; pixels without depth give the origin."""
    height, width = depth_m.shape
    x = ((np.arange(width) - camera.cx) / camera.fx).astype(np.float32)
    y = ((np.arange(height) - camera.cy) / camera.fy).astype(np.float32)
    points = np.empty((height, width, 3), np.float32)
    np.multiply(depth_m, x[None, :], out=points[..., 0])
    np.multiply(depth_m, y[:, None], out=points[..., 1])
    points[..., 2] = depth_m
    return points


def reduced(depth_m: Depth, camera: Intrinsics, step: int) -> tuple[Depth, Intrinsics]:
    """Every `step`-th row and column of a depth image, and the camera that would see just those."""
    if step == 1:
        return depth_m, camera
    small = np.ascontiguousarray(depth_m[::step, ::step])
    height, width = small.shape
    return small, Intrinsics(width=width, height=height, fx=camera.fx / step, fy=camera.fy / step, cx=camera.cx / step, cy=camera.cy / step)


def deproject_window(depth_m: Depth, camera: Intrinsics, window: tuple[slice, slice]) -> Points:
    """`deproject` of a window (rows, columns) of the picture only."""
    part = depth_m[window]
    at = Intrinsics(
        width=part.shape[1],
        height=part.shape[0],
        fx=camera.fx,
        fy=camera.fy,
        cx=camera.cx - (window[1].start or 0),
        cy=camera.cy - (window[0].start or 0),
    )
    return deproject(part, at)


def project(points: npt.NDArray[np.floating], camera: Intrinsics) -> Array:
    """Pixels f64 (N, 2) of camera points (N, 3); points at or behind the camera give -1e6."""
    z = points[:, 2]
    safe = np.where(z > 1e-6, z, 1.0)
    pixels = np.stack([points[:, 0] / safe * camera.fx + camera.cx, points[:, 1] / safe * camera.fy + camera.cy], 1).astype(np.float64)
    pixels[z <= 1e-6] = -1e6
    return pixels


def invert(T: Array) -> Array:
    """The inverse of a rigid transform (4, 4)."""
    out = np.eye(4)
    out[:3, :3] = T[:3, :3].T
    out[:3, 3] = -T[:3, :3].T @ T[:3, 3]
    return out


def transform(T: Array, points: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Points (..., 3) mapped by T (4, 4), in the points' dtype."""
    return points @ T[:3, :3].T.astype(points.dtype) + T[:3, 3].astype(points.dtype)


def pose(R: Array, p: Array) -> Array:
    """A (4, 4) transform of rotation (3, 3) and position (3,)."""
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, p
    return T


def fit_plane(
    points: npt.NDArray[np.floating],
    tolerance: float | npt.NDArray[np.floating],
    *,
    weights: Array | None = None,
    trials: int = 160,
    seed: int = 0,
) -> tuple[Plane, Mask] | None:
    """The plane with most (weighted) points within `tolerance` (scalar or (N,)): RANSAC (Fischler, Bolles 1981), then least squares.

    points (N, 3). Returns the plane, normal towards the origin, and inliers (N,); None when fewer than 3 points or all are collinear.
    """
    candidates = plane_candidates(points, tolerance, weights=weights, trials=trials, seed=seed)
    if candidates is None:
        return None
    normals, offsets, support = candidates
    best = int(np.argmax(support))
    plane = refine_plane(points, Plane(normals[best], float(offsets[best])), tolerance)
    return plane, np.abs(plane.height(points)) < tolerance


def plane_candidates(
    points: npt.NDArray[np.floating],
    tolerance: float | npt.NDArray[np.floating],
    *,
    weights: Array | None = None,
    trials: int = 160,
    seed: int = 0,
) -> tuple[Array, Array, Array] | None:
    """Sampled planes: normals (M, 3), offsets (M,) and the weight of points (N, 3) within `tolerance` of each (M,)."""
    if len(points) < 3:
        return None
    rng = np.random.default_rng(seed)
    triple = points[rng.integers(0, len(points), (trials, 3))].astype(np.float64)
    normals = np.cross(triple[:, 1] - triple[:, 0], triple[:, 2] - triple[:, 0])
    length = np.linalg.norm(normals, axis=1)
    good = length > 1e-7
    if not good.any():
        return None
    normals = normals[good] / length[good, None]
    offsets = -np.einsum("ij,ij->i", normals, triple[good, 0])
    flip = np.where(offsets < 0, -1.0, 1.0)
    normals, offsets = normals * flip[:, None], offsets * flip
    near = np.abs(points.astype(np.float32) @ normals.T.astype(np.float32) + offsets.astype(np.float32)) < np.reshape(tolerance, (-1, 1))
    weight = np.ones(len(points), np.float32) if weights is None else weights.astype(np.float32)
    return normals, offsets, weight @ near.astype(np.float32)


def refine_plane(points: npt.NDArray[np.floating], plane: Plane, tolerance: float | npt.NDArray[np.floating], rounds: int = 3) -> Plane:
    """Least squares over the inliers, a few rounds; the plane itself when there are too few.

    Each counts by the inverse square of its tolerance, which stands for its noise: far points would lever the plane off the near ones.
    """
    weights = 1 / np.broadcast_to(tolerance, len(points)).astype(np.float64) ** 2
    for _ in range(rounds):
        near = np.abs(plane.height(points)) < tolerance
        inliers, weight = points[near].astype(np.float64), weights[near, None]
        if len(inliers) < 3:
            return plane
        center = (weight * inliers).sum(0) / weight.sum()
        _, vectors = np.linalg.eigh((weight * (inliers - center)).T @ (inliers - center))
        normal = vectors[:, 0]
        d = -float(normal @ center)
        plane = Plane(-normal, -d) if d < 0 else Plane(normal, d)
    return plane


def table_frame(plane: Plane, near: Array) -> Array:
    """T_table_camera of a fitted plane: z along the normal, x along the camera's right, origin on the plane below `near` (3,)."""
    z = plane.normal
    x = np.array([1.0, 0, 0]) - z[0] * z
    if np.linalg.norm(x) < 1e-3:
        x = np.array([0, 0, 1.0]) - z[2] * z
    x /= np.linalg.norm(x)
    R = np.stack([x, np.cross(z, x), z])
    origin = near - (plane.normal @ near + plane.d) * plane.normal
    return pose(R, -R @ origin)


def percentiles(values: npt.NDArray[np.floating], *shares: float) -> Array:
    """`np.percentile` along the first axis of (N, ...), linear between ranks: (len(shares), ...). One sort takes a fraction of its time."""
    ranked = np.sort(values, axis=0)
    at = np.asarray(shares) * ((len(values) - 1) / 100)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, len(values) - 1)
    part = (at - below).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(ranked[below] + part * (ranked[above] - ranked[below]), np.float64)


def upright_box(
    points: npt.NDArray[np.floating], *, table_z: float = 0.0, resting: bool = True, trim: float = 1.0, trim_height: float | None = None
) -> OrientedBox:
    """The box that hugs points (N, 3) of a frame with z up: a rectangle about the footprint (`_turn`), height from the table when resting.

    `trim`: percent of points that may stick out at each side, `trim_height` at top and bottom (as `trim` when None). Its axes: x the
    longer side, z up. Raises ValueError without points.
    """
    if len(points) == 0:
        raise ValueError("a box needs points")
    xy = points[:, :2].astype(np.float32)
    angle = _turn(_trimmed(xy, trim))
    axis = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    along = xy @ axis
    low, high = percentiles(along, trim, 100 - trim)
    out = trim if trim_height is None else trim_height
    bottom, top = percentiles(points[:, 2], out, 100 - out)
    bottom = min(table_z, float(top)) if resting else float(bottom)
    return _sorted_box(axis, low, high, bottom, float(top))


def _turn(xy: npt.NDArray[np.float32]) -> float:
    """The turn (rad) of the rectangle about a footprint (N, 2): the least one's; by its moments where that lies across (lemons, mugs)."""
    hull = cv2.convexHull(xy)
    _, (width, depth), degrees = cv2.minAreaRect(hull)
    moments = cv2.moments(hull * np.float32(1000))
    both, spread, skew = moments["mu20"] + moments["mu02"], moments["mu20"] - moments["mu02"], 2 * moments["mu11"]
    across = np.hypot(spread, skew)
    filled = moments["m00"] > _FILLED * width * depth * 1e6
    if filled or max(width, depth) > _LARGE_M or not _ROUNDISH**2 < (both + across) / max(both - across, 1e-9) < _LONG**2:
        return float(np.deg2rad(degrees))
    return float(0.5 * np.arctan2(skew, spread))


def _trimmed(xy: npt.NDArray[np.float32], trim: float) -> npt.NDArray[np.float32]:
    distance = np.linalg.norm(xy - percentiles(xy, 50)[0], axis=1)
    return xy[distance <= percentiles(distance, 100 - trim)[0]]


def _sorted_box(axis: Array, low: Array, high: Array, bottom: float, top: float) -> OrientedBox:
    size = high - low
    if size[1] > size[0]:
        axis, low, high = axis[:, ::-1], low[::-1], high[::-1]
    axis = axis.copy()
    if np.linalg.det(axis) < 0:
        axis[:, 1] *= -1
        low, high = np.array([low[0], -high[1]]), np.array([high[0], -low[1]])
    R = np.eye(3)
    R[:2, :2] = axis
    center = np.append(axis @ ((low + high) / 2), (bottom + top) / 2)
    extent = np.maximum(np.append(high - low, top - bottom), 1e-3)
    return OrientedBox(center=center, size=extent, R=R)


def box_corners(box: OrientedBox) -> Array:
    """The eight corners (8, 3) of a box, in its frame."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T / 2
    return box.center + (signs * box.size) @ box.R.T


def height_map(points: npt.NDArray[np.floating], low: Array, high: Array, cell: float) -> npt.NDArray[np.float32]:
    """Highest z of points (N, 3) per cell of [low, high] (2,): f32 (ny, nx), NaN where nothing was seen."""
    shape = np.maximum(1, np.ceil((high - low) / cell - 1e-9).astype(int))
    index = np.floor((points[:, :2] - low) / cell).astype(int)
    inside = ((index >= 0) & (index < shape)).all(1)
    flat = np.full(int(shape[0] * shape[1]), -np.inf, np.float32)
    np.maximum.at(flat, index[inside, 1] * shape[0] + index[inside, 0], points[inside, 2].astype(np.float32))
    return np.where(np.isinf(flat), np.float32(np.nan), flat).reshape(shape[1], shape[0])


def plane_of(T_base_camera: Array) -> Plane:
    """The base frame's table (z = 0) as a plane in the camera frame."""
    return Plane(T_base_camera[2, :3].copy(), float(T_base_camera[2, 3]))
