"""The robot in the picture: which pixels belong to its links, from their known geometry alone.

Called by `identify`. A link is a capsule (two ends and a radius, metres, base frame). Pure functions of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.geometry import Depth, Mask, Points, transform
from core.motion.kinematics import LINKS, ArmModel
from core.types import Array, Intrinsics

Capsule = tuple[Array, Array, float]


def arm_mask(
    capsules: Sequence[Capsule], T_camera_base: Array, depth_m: Depth, points: Points, camera: Intrinsics, *, margin_m: float = 0.012
) -> Mask:
    """Pixels (H, W) of the robot: within `margin_m` of a capsule, or without depth in its outline. points f32 (H, W, 3), camera frame."""
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
        close = _near(points[y0:y1, x0:x1][rows, columns], a, b, radius + margin_m)
        hit = close | (depth_m[y0:y1, x0:x1][rows, columns] == 0)
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


def built_in_arm(joints: Array, model: ArmModel | None = None) -> list[Capsule]:
    """Capsules of the built-in arm at joints (6,), or (7,) with the jaw opening in metres as the last; fingers only when it is given."""
    model = model or ArmModel()
    opening = float(joints[6]) if len(joints) > 6 else None
    poses = model.link_poses(joints[:6], opening if opening is not None else model.opening_max)
    index = {name: i for i, name in enumerate(LINKS)}
    result = []
    for link, start, end, radius in _BUILT_IN:
        if link.startswith("finger") and opening is None:
            continue
        ends = transform(poses[index[link]], np.array([start, end], float))
        result.append((ends[0], ends[1], radius))
    return result


# Link, both ends in its frame, radius; metres. They enclose the meshes of the built-in arm.
_BUILT_IN = (
    ("base", (0, 0, 0.0), (0, 0, 0.04), 0.098),
    ("base", (0, 0, 0.04), (0, 0, 0.14), 0.075),
    ("shoulder", (0, 0, 0.14), (0, 0, 0.24), 0.062),
    ("shoulder", (0, -0.045, 0.24), (0, 0.14, 0.24), 0.066),
    ("upper_arm", (0, 0.122, 0.0), (0, 0.122, 0.34), 0.058),
    ("upper_arm", (0, 0.02, 0.34), (0, 0.13, 0.34), 0.058),
    ("elbow", (0, -0.05, 0.0), (0, 0.05, 0.0), 0.060),
    ("elbow", (0, 0, 0.0), (0, 0, 0.15), 0.048),
    ("forearm", (0, 0, 0.15), (0, 0, 0.24), 0.044),
    ("forearm", (0, -0.05, 0.238), (0, 0.05, 0.238), 0.036),
    ("forearm", (0, -0.05, 0.24), (0, -0.05, 0.315), 0.036),
    ("forearm", (0, 0.05, 0.24), (0, 0.05, 0.315), 0.036),
    ("wrist", (0, 0, 0.0), (0, 0, 0.05), 0.040),
    ("flange", (0, 0, -0.03), (0, 0, 0.01), 0.038),
    ("hand", (-0.055, 0, 0.027), (0.055, 0, 0.027), 0.036),
    ("finger_left", (0.012, 0, 0.06), (0.012, 0, 0.165), 0.014),
    ("finger_right", (-0.012, 0, 0.06), (-0.012, 0, 0.165), 0.014),
)
