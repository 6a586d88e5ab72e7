"""The table under the objects: its plane, how far every pixel stands over it, and where it ends.

Called by `propose`. The camera may be tilted, or look straight down; floors and walls are planes too, so the choice is by support,
uprightness and stacking of parallel planes. Knows no names and no time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Depth, Mask, Plane, Points, percentiles, plane_candidates, refine_plane
from core.perception import ground
from core.types import Array, Intrinsics

Image = npt.NDArray[np.float32]

_CELL = 0.01  # metres of the footprint raster
_RANKED = 4000  # feet that tell how far the table reaches
_MOST = 0.8  # of what the best of a few planes holds; of pictures that follow each other a plane held 0.98 and more
_OUTLINE_SHARE = 0.2  # of what has depth: less of a table, seen between things, does not tell where it ends
_UNDER = 0.04  # share of the sample that may lie under a face of a hollow: noise, a slit
_OTHER = float(np.cos(np.deg2rad(12)))
_FACE = 0.3  # of what the side holds the floor holds at least; no table of the real frames has such a plane beside it
_DEEPER = 0.7
_SIGMA = 0.0015  # of depth over depth squared, where no table is there to tell it


@dataclass(frozen=True)
class Support:
    """A table. height, threshold f32 (H, W) metres (0 without depth); `table` its visible pixels; `above` stands over it, within its edge.

    across, along f32 (H, W): the foot of every pixel's point on the plane, metres. noise: sigma of depth over depth squared.
    `seen`: the table is in view; else the plane is only the one under everything (`ground`), and `table` what lies on it, if anything.
    """

    plane: Plane
    height: Image
    threshold: Image
    table: Mask
    above: Mask
    outside: Mask
    across: Image
    along: Image
    noise: float
    seen: bool = True

    def window(self, at: tuple[slice, slice]) -> Support:
        """The same table, seen through a window of the picture."""
        return replace(
            self,
            height=self.height[at],
            threshold=self.threshold[at],
            table=self.table[at],
            above=self.above[at],
            outside=self.outside[at],
            across=self.across[at],
            along=self.along[at],
        )


def find_support(
    depth_m: Depth,
    valid: Mask,
    camera: Intrinsics,
    *,
    expected: Plane | None = None,
    certain: bool = True,
    max_height: float = 0.6,
    seed: int = 0,
) -> Support | None:
    """The table of a frame, depth_m (H, W) on the grid of `camera`, where `valid`; None when there is next to no depth.

    `expected`: where the table should be; it is believed when the depth agrees. Not `certain`, where that is only where it was in the
    frame before: then it must also hold about as much as any other plane, for a camera is moved, and pictures need not follow each other.
    """
    sample = _sample(depth_m, valid, camera, seed)
    if len(sample) < 50:
        return None
    plane = _choose(sample, expected, certain, seed)
    if plane is None or not ground.holds(sample, plane):
        return _over(depth_m, valid, camera, ground.under(sample, expected, certain))
    height = _along(depth_m, camera, plane.normal) + np.float32(plane.d)
    z = depth_m
    height, sigma = _flatten(height, z, valid)
    threshold = np.clip(4.0 * sigma * z * z, 0.004, 0.02).astype(np.float32)
    table = valid & (np.abs(height) < np.maximum(threshold, 0.006))
    table = _main_parts(table)
    across, along = _feet(depth_m, camera, plane)
    outlined = np.count_nonzero(table) > _OUTLINE_SHARE * np.count_nonzero(valid)
    inside = _inside(across, along, valid, table) if outlined else np.ones(table.shape, bool)
    high = valid & (height > threshold)
    over = high & (height < max_height)
    flat = table & (np.abs(height) <= threshold)
    noise = max(1e-4, float(np.median(threshold[::8, ::8] / np.maximum(z[::8, ::8], 0.2) ** 2)) / 4)
    sure = cv2.erode(valid.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    return Support(plane, height, threshold, flat, over & inside & sure, high & ~(over & inside), across, along, noise)


def _over(depth_m: Depth, valid: Mask, camera: Intrinsics, plane: Plane) -> Support:
    """What there is where no table is in view: everything stands over the plane under it, wherever its foot lies."""
    height = (_along(depth_m, camera, plane.normal) + np.float32(plane.d)) * valid
    threshold = np.clip(4.0 * _SIGMA * depth_m * depth_m, 0.004, 0.02).astype(np.float32)
    sure = cv2.erode(valid.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    level = _main_parts(valid & (np.abs(height) <= threshold))
    none = np.zeros(valid.shape, bool)
    across, along = _feet(depth_m, camera, plane)
    return Support(plane, height, threshold, level, sure & (height > threshold), none, across, along, _SIGMA, seen=False)


def _along(depth_m: Depth, camera: Intrinsics, axis: Array) -> Image:
    """The coordinate of every pixel's point along a unit axis (3,) of the camera frame, f32 (H, W)."""
    x = ((np.arange(camera.width) - camera.cx) * (axis[0] / camera.fx)).astype(np.float32)
    y = ((np.arange(camera.height) - camera.cy) * (axis[1] / camera.fy) + axis[2]).astype(np.float32)
    along = x[None] + y[:, None]
    along *= depth_m
    return along


def _sample(depth_m: Depth, valid: Mask, camera: Intrinsics, seed: int, count: int = 2000) -> Points:
    flat = np.flatnonzero(valid.ravel()[::7]) * 7
    if len(flat) > count:
        flat = np.random.default_rng(seed).choice(flat, count, replace=False)
    v, u = np.divmod(flat, camera.width)
    z = depth_m.ravel()[flat]
    return np.stack([(u - camera.cx) / camera.fx * z, (v - camera.cy) / camera.fy * z, z], 1).astype(np.float32)


def _choose(sample: Points, expected: Plane | None, certain: bool, seed: int) -> Plane | None:
    tolerance = np.maximum(0.004, 0.004 * sample[:, 2] ** 2).astype(np.float32)
    weights = _weights(sample)
    if expected is not None and (np.abs(expected.height(sample)) < 0.02).mean() > 0.1:
        plane = refine_plane(sample, expected, 0.012)
        if certain or _holds_most(sample, plane, tolerance, weights, seed):
            return plane
    candidates = plane_candidates(sample, tolerance, weights=weights, trials=250, seed=seed)
    if candidates is None:
        return None
    normals, offsets, support = candidates
    score = support / weights.sum() * _uprightness(normals)
    best = int(np.argmax(score))
    if score[best] < 0.05:
        return None
    best = _higher_parallel(normals, offsets, score, best)
    plane = refine_plane(sample, Plane(normals[best], float(offsets[best])), tolerance)
    return _floor(sample, plane, candidates, tolerance) or plane


def _holds_most(sample: Points, plane: Plane, tolerance: Image, weights: Array, seed: int) -> bool:
    """Whether no other plane of a quick search holds clearly more of the sample (N, 3); it takes half a millisecond."""
    held = _held(sample, plane, tolerance)
    candidates = plane_candidates(sample, tolerance, weights=weights, trials=60, seed=seed)
    if candidates is None:
        return True
    most = (candidates[2] * _uprightness(candidates[0])).max()
    return held > _MOST * most and _floor(sample, plane, candidates, tolerance) is None


def _floor(sample: Points, plane: Plane, candidates: tuple[Array, Array, Array], tolerance: Image) -> Plane | None:
    """The floor of the hollow that `plane` is a side of: of a bin's five faces each has all the others over it, the floor the least high.

    None where the plane is no side: something lies under it, or no other face of about its size is deeper.
    """
    if _lower(sample, plane) > _UNDER:
        return None
    normals, offsets, support = candidates
    score = support * _uprightness(normals)
    enough = np.flatnonzero((normals @ plane.normal < _OTHER) & (score > 0.5 * _FACE * _held(sample, plane, tolerance)))
    for i in enough[np.argsort(-score[enough])]:
        face = refine_plane(sample, Plane(normals[i], float(offsets[i])), tolerance)
        large = _held(sample, face, tolerance) > _FACE * _held(sample, plane, tolerance)
        deep = _rise(sample, face) < _DEEPER * _rise(sample, plane)
        if large and deep and _lower(sample, face) < _UNDER and ground.holds(sample, face):
            return _floor(sample, face, candidates, tolerance) or face
    return None


def _held(sample: Points, plane: Plane, tolerance: Image) -> float:
    """How much of the sample (N, 3) a plane holds, less where it looks like no place to put things."""
    near = np.abs(plane.height(sample)) < tolerance
    return float(_weights(sample) @ near * _uprightness(plane.normal[None])[0])


def _lower(sample: Points, plane: Plane) -> float:
    """Share of the sample (N, 3) that lies clearly under a plane."""
    return float((plane.height(sample) < -0.015).mean())


def _rise(sample: Points, plane: Plane) -> float:
    """How far from a plane the sample (N, 3) lies on the whole, for one that may hold things; what is far counts as a hand's length."""
    weights = _weights(sample)
    mean = float(weights @ np.minimum(np.abs(plane.height(sample)), 0.25) / weights.sum())
    return mean / float(_uprightness(plane.normal[None])[0])


def _weights(sample: Points) -> Array:
    """Near points lie denser: each counts (N,) for the surface that it stands for, as far as that can be told."""
    return np.asarray(1 / np.clip(sample[:, 2], 0.3, None))


def _uprightness(normals: Array) -> Array:
    """How much a plane looks like something to put things on, for a camera held about level: its normal points up or at the camera."""
    side = np.abs(normals[:, 0])
    down = np.clip(normals[:, 1], 0, 1)
    return np.clip(1.2 - side, 0.05, 1) * np.clip(1 - 3 * np.clip(down - 0.1, 0, 1), 0.05, 1)


def _higher_parallel(normals: Array, offsets: Array, score: Array, best: int) -> int:
    """A table over the floor: a parallel plane well nearer to the camera with a fair share of the support wins."""
    parallel = normals @ normals[best] > 0.985
    rise = offsets[best] - offsets
    better = parallel & (rise > 0.25) & (score > 0.3 * score[best])
    return int(np.argmax(np.where(better, score, -1))) if better.any() else best


def _flatten(height: Image, z: Image, valid: Mask) -> tuple[Image, float]:
    """Take the depth's smooth warp (a few mm over the table) out of the heights; also the noise of height over z squared."""
    rows, columns = height.shape
    v, u = np.mgrid[0:rows:8, 0:columns:8]
    h, zs = height[::8, ::8], z[::8, ::8]
    basis = _quadratic(u / columns - 0.5, v / rows - 0.5)
    limit = 0.012
    fit: Array = np.zeros(6)
    for _ in range(3):
        residual = h - basis @ fit
        near = valid[::8, ::8] & (np.abs(residual) < limit)
        if near.sum() < 60:
            return height, _SIGMA
        A, b = basis[near], h[near]
        fit = np.linalg.solve(A.T @ A + 1e-6 * np.eye(6), A.T @ b).astype(np.float64)
        limit = max(0.005, limit * 0.7)
    residual = (h - basis @ fit)[near] / zs[near] ** 2
    sigma = 1.48 * float(np.median(np.abs(residual)))
    x = (np.arange(columns) / columns - 0.5).astype(np.float32)
    y = (np.arange(rows) / rows - 0.5).astype(np.float32)
    c = fit.astype(np.float32)
    warp = (c[0] + c[1] * x + c[3] * x * x)[None] + (c[2] * y + c[5] * y * y)[:, None] + c[4] * y[:, None] * x[None]
    height = height - np.clip(warp, -0.01, 0.01)
    height[~valid] = 0
    return height, sigma


def _quadratic(x: Array, y: Array) -> Array:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)


def _main_parts(table: Mask) -> Mask:
    """The table without slivers where the plane cuts through other things."""
    opened = cv2.morphologyEx(table.view(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels = cv2.connectedComponents(opened, connectivity=4, ltype=cv2.CV_16U)
    if count < 2:
        return table
    area = np.bincount(labels[::2, ::2].ravel(), minlength=count)
    area[0] = 0
    keep = area > 0.03 * area.max()
    return keep[labels]


def _feet(depth_m: Depth, camera: Intrinsics, plane: Plane) -> tuple[Image, Image]:
    x_axis = np.cross([0, 1.0, 0], plane.normal) if abs(plane.normal[1]) < 0.9 else np.cross([0, 0, 1.0], plane.normal)
    x_axis /= np.linalg.norm(x_axis)
    return _along(depth_m, camera, x_axis), _along(depth_m, camera, np.cross(plane.normal, x_axis))


def _inside(across: Image, along: Image, valid: Mask, table: Mask) -> Mask:
    """Pixels whose foot on the plane lies on the table or within its convex outline, (H, W); made at half resolution."""
    some = table[::3, ::3]
    feet = np.stack([across[::3, ::3][some], along[::3, ::3][some]], 1)
    if len(feet) < 10:
        return np.ones(table.shape, bool)
    low, high = percentiles(feet[:: max(1, len(feet) // _RANKED)], 0.5, 99.5) + np.array([[-0.06], [0.06]])
    size = np.clip(((high - low) / _CELL).astype(int) + 1, 1, 1000)
    cells = ((feet - low) / _CELL).astype(np.int32)
    hull = cv2.convexHull(cells[((cells >= 0) & (cells < size)).all(1)])
    raster = np.zeros((int(size[1]), int(size[0])), np.uint8)
    cv2.fillConvexPoly(raster, hull, 1)
    raster = cv2.dilate(raster, np.ones((3, 3), np.uint8))
    column = (across[::2, ::2] - np.float32(low[0])) * np.float32(1 / _CELL)
    row = (along[::2, ::2] - np.float32(low[1])) * np.float32(1 / _CELL)
    inside = cv2.remap(raster, column, row, cv2.INTER_NEAREST) | (~valid[::2, ::2]).view(np.uint8)
    return cv2.resize(inside, (table.shape[1], table.shape[0]), interpolation=cv2.INTER_NEAREST).view(bool)
