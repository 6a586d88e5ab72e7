"""The robot in the picture: which pixels belong to its links, from their known geometry alone.

Called by `identify`. A link is a capsule (two ends and a radius, metres, base frame). Pure functions of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.geometry import Depth, Mask, Points, reduced, transform
from core.motion.body import Capsule
from core.types import Array, Intrinsics


def arm_mask(capsules: Sequence[Capsule], T_camera_base: Array, depth_m: Depth, camera: Intrinsics, *, margin_m: float = 0.012) -> Mask:
    """Pixels (H, W) of the robot: within `margin_m` of a capsule, or without depth in its outline. Made at half resolution."""
    small, at = reduced(depth_m, camera, 2)
    mask = _arm_mask(capsules, T_camera_base, small, at, margin_m)
    return cv2.resize(mask.view(np.uint8), (depth_m.shape[1], depth_m.shape[0]), interpolation=cv2.INTER_NEAREST).view(bool)


def _arm_mask(capsules: Sequence[Capsule], T_camera_base: Array, depth_m: Depth, camera: Intrinsics, margin_m: float) -> Mask:
    mask = np.zeros(depth_m.shape, bool)
    for start, end, radius in capsules:
        a, b = transform(T_camera_base, np.stack([start, end]))
        outline = _silhouette(a, b, radius + margin_m, camera)
        if outline is None:
            continue
        x, y, w, h = cv2.boundingRect(outline)
        x0, y0, x1, y1 = max(0, x), max(0, y), min(camera.width, x + w), min(camera.height, y + h)
        if x1 <= x0 or y1 <= y0:
            continue
        drawn = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillConvexPoly(drawn, outline - (x0, y0), 1)
        rows, columns = np.nonzero(drawn)
        z = depth_m[y0:y1, x0:x1][rows, columns]
        x_z, y_z = (columns + x0 - camera.cx) / camera.fx, (rows + y0 - camera.cy) / camera.fy
        points = np.stack([x_z * z, y_z * z, z], 1).astype(np.float32)
        hit = _near(points, a, b, radius + margin_m) | (z == 0)
        mask[y0:y1, x0:x1][rows[hit], columns[hit]] = True
    return mask


def _silhouette(a: Array, b: Array, radius: float, camera: Intrinsics) -> np.ndarray | None:
    """The convex outline i32 (N, 1, 2) of a capsule's projection; None where it reaches behind the camera."""
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = []
    for p in (a, b):
        if p[2] < radius + 0.02:
            return None
        u, v = p[0] / p[2] * camera.fx + camera.cx, p[1] / p[2] * camera.fy + camera.cy
        r = radius / (p[2] - radius) * camera.fx
        ring.append(np.stack([u + r * np.cos(angle), v + r * np.sin(angle)], 1))
    corners = np.clip(np.concatenate(ring), -4000, 8000)
    return cv2.convexHull(np.rint(corners).astype(np.int32))


def _near(points: Points, a: Array, b: Array, radius: float) -> Mask:
    """Which of the points (N, 3) lie within `radius` of the segment a-b."""
    along = (b - a).astype(np.float32)
    length = max(1e-9, float(along @ along))
    t = np.clip((points - a.astype(np.float32)) @ along / np.float32(length), 0, 1)
    off = points - a.astype(np.float32) - t[:, None] * along
    return np.einsum("ij,ij->i", off, off) < radius * radius
