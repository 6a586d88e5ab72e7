"""Exact boxes of simple solids: a block, a can or an ellipsoid standing on the table, fitted to the outline in the picture.

Called where a pose decides a motion (rollouts, plans, demonstrations), not for every frame. An outline is good to a pixel where depth is
noisy to half a centimetre; what is none of these keeps its hugging box. Pure functions of arrays.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from core import geometry, registration
from core.geometry import Mask
from core.types import ARM_LABEL, TABLE_LABEL, Array, CameraInfo, Detection, Frame, OrientedBox, Scene

Polygon = npt.NDArray[np.float32]
_LEAST_IOU = 0.945
_LARGEST_M = 0.16
_MARK_M = 0.014
_COVERED = 0.12
_HEIGHT_M = 0.006
_MAYBE_ROUND = 1.5  # longer things are no cans: searching costs 10 ms each


def exact(scene: Scene, frame: Frame, camera: CameraInfo) -> Scene:
    """The scene with the boxes of blocks, cans, marks and round things fitted to their outlines; `frame` is the one it was made from."""
    depth_m = registration.register_depth(frame.depth, camera)
    points = geometry.transform(scene.T_base_camera, geometry.deproject(depth_m, camera.color))
    P = camera.color.K @ geometry.invert(scene.T_base_camera)[:3]
    found = []
    for d in scene.detections:
        box = _fitted(d, scene, points[..., 2], depth_m > 0, P) if d.area_px > 60 else None
        found.append(d if box is None else msgspec.structs.replace(d, box=box))
    return msgspec.structs.replace(scene, detections=tuple(found))


def fit(outline: Polygon, P: Array, box: OrientedBox, height: float) -> tuple[OrientedBox, float]:
    """The solid whose outline is most like `outline` (N, 2) px, convex, and their overlap (IoU). P (3, 4): base to pixels.

    `box` is the start; `height` (m) what depth says. A thing lower than 14 mm is a mark: its height stays as given.
    """
    size, yaw = box.size, float(np.arctan2(box.R[1, 0], box.R[0, 0]))
    start = np.array([box.center[0], box.center[1], yaw, size[0], size[1], height])
    flat = height < _MARK_M
    shapes: tuple[Callable[[Array, Array], Polygon], ...] = (_block,) if flat else (_block, _ellipsoid)
    if not flat and max(size[:2]) < _MAYBE_ROUND * min(size[:2]):
        shapes = (*shapes, _can)
    results = [(*_search(shape, outline, P, start, flat), shape) for shape in shapes]
    best, overlap, shape = max(results, key=lambda r: r[1])
    if shape is _can:
        best[3:5] = best[3:5].mean()
    return _box_of(best), overlap


def _fitted(d: Detection, scene: Scene, heights: npt.NDArray[np.floating], valid: Mask, P: Array) -> OrientedBox | None:
    mask = scene.labels == d.instance
    if d.box.size[0] > _LARGEST_M or d.box.center[2] - d.box.size[2] / 2 > 0.02 or _is_covered(mask, scene.labels):
        return None
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    hull = cv2.convexHull(contour)
    if len(hull) < 4 or cv2.contourArea(contour) < 0.9 * cv2.contourArea(hull):
        return None
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    seen = heights[inner & valid]
    top = float(np.percentile(seen, 75)) if len(seen) > 20 else d.box.size[2]
    box, overlap = fit(_to_pixel_edges(hull), P, d.box, max(0.002, top))
    return box if overlap > _LEAST_IOU and np.linalg.norm(box.center - d.box.center) < 0.04 else None


def _is_covered(mask: Mask, labels: npt.NDArray[np.uint16]) -> bool:
    """Whether something else, or the picture's edge, cuts off a good part of the outline."""
    ring = (cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~mask
    beside = labels[ring]
    other = (beside != 0) & (beside != TABLE_LABEL) | (beside == ARM_LABEL)
    edge = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    return bool(edge or other.mean() > _COVERED)


def _to_pixel_edges(hull: npt.NDArray[np.int32]) -> Polygon:
    """A hull through pixel centres, moved out by half a pixel to the pixels' outer edges."""
    points = hull[:, 0].astype(np.float32)
    out = points - points.mean(0)
    return np.asarray(points + 0.5 * out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-3), np.float32)


def _search(shape: Callable[[Array, Array], Polygon], outline: Polygon, P: Array, start: Array, flat: bool) -> tuple[Array, float]:
    area = float(cv2.contourArea(outline))
    scale = np.array([0.006, 0.006, 0.10, 0.008, 0.008, 0.005])
    free = 5 if flat else 6

    def values(step: Array) -> Array:
        result = start.copy()
        result[:free] += step * scale[:free]
        result[3:5] = np.maximum(result[3:5], 0.008)
        result[5] = max(result[5], 0.002)
        return result

    def loss(step: Array) -> float:
        v = values(step)
        prior = 0.01 * ((v[5] - start[5]) / _HEIGHT_M) ** 2 + 0.0005 * float(step[:5] @ step[:5])
        return 1 - _overlap(shape(v, P), outline, area) + prior

    simplex = np.vstack([np.zeros(free), np.eye(free)])
    found = minimize(
        loss, np.zeros(free), method="Nelder-Mead", options={"maxiter": 60 * free, "xatol": 0.01, "fatol": 2e-4, "initial_simplex": simplex}
    )
    best = values(np.asarray(found.x, np.float64))
    return best, _overlap(shape(best, P), outline, area)


def _overlap(polygon: Polygon, outline: Polygon, area: float) -> float:
    common, _ = cv2.intersectConvexConvex(polygon, outline)
    return float(common / max(1e-6, area + cv2.contourArea(polygon) - common))


def _block(v: Array, P: Array) -> Polygon:
    """The outline of an upright block (x, y, yaw, length, width, height) that stands on the table."""
    c, s = np.cos(v[2]), np.sin(v[2])
    u, w = v[3] / 2 * np.array([c, s]), v[4] / 2 * np.array([-s, c])
    foot = v[:2] + np.array([u + w, u - w, -u - w, -u + w])
    corners = np.column_stack([np.tile(foot, (2, 1)), np.repeat([0.0, v[5]], 4), np.ones(8)])
    pixels = corners @ P.T
    return np.asarray(cv2.convexHull((pixels[:, :2] / pixels[:, 2:]).astype(np.float32))[:, 0], np.float32)


_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 28, endpoint=False)), np.sin(np.linspace(0, 2 * np.pi, 28, endpoint=False))])


def _ellipsoid(v: Array, P: Array) -> Polygon:
    """The outline of an upright ellipsoid with the same parameters: its dual quadric projects to a dual conic (Hartley, Zisserman 8.3)."""
    c, s = np.cos(v[2]), np.sin(v[2])
    T = np.array([[c, -s, 0, v[0]], [s, c, 0, v[1]], [0, 0, 1, v[5] / 2], [0, 0, 0, 1]])
    Q = T @ np.diag([v[3] ** 2 / 4, v[4] ** 2 / 4, v[5] ** 2 / 4, -1.0]) @ T.T
    C = P @ Q @ P.T
    C = C / -C[2, 2]
    middle = -C[:2, 2]
    values, vectors = np.linalg.eigh(C[:2, :2] + np.outer(middle, middle))
    return np.asarray((middle[:, None] + vectors @ (np.sqrt(np.maximum(values, 1e-6))[:, None] * _CIRCLE)).T, np.float32)


def _can(v: Array, P: Array) -> Polygon:
    """The outline of an upright cylinder with the same parameters; its diameter is the mean of length and width."""
    foot = v[:2, None] + (v[3] + v[4]) / 4 * _CIRCLE
    rings = np.vstack([np.tile(foot, 2), np.repeat([0.0, v[5]], foot.shape[1]), np.ones(2 * foot.shape[1])])
    pixels = P @ rings
    return np.asarray(cv2.convexHull((pixels[:2] / pixels[2]).T.astype(np.float32))[:, 0], np.float32)


def _box_of(v: Array) -> OrientedBox:
    yaw, length, width = (v[2], v[3], v[4]) if v[3] >= v[4] else (v[2] + np.pi / 2, v[4], v[3])
    c, s = np.cos(yaw), np.sin(yaw)
    R = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float64)
    return OrientedBox(center=np.array([v[0], v[1], v[5] / 2]), size=np.array([length, width, v[5]]), R=R)
