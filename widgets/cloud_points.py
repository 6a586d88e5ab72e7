"""A frame's points on the CPU, for picking and framing: the same deprojection and registration as the vertex shader.

Computed only when somebody points; used by `cloud_view`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import TABLE_LABEL, CameraInfo, Frame
from widgets.orbit import Matrix, project

_REACH_PX = 7.0


@dataclass(frozen=True, slots=True)
class CloudPoints:
    """Points (N, 3) in the colour camera's frame with their colour pixels (N, 2) (u, v), int32."""

    p_camera: npt.NDArray[np.float64]
    pixels: npt.NDArray[np.int32]


def deproject(frame: Frame, camera: CameraInfo, stride: int = 1) -> CloudPoints:
    """All valid points whose colour pixel lies in the colour image."""
    depth = frame.depth[::stride, ::stride]
    v, u = np.nonzero(depth)
    z = depth[v, u] * camera.depth_scale
    kd, kc = camera.depth, camera.color
    p = np.stack([(u * stride - kd.cx) / kd.fx * z, (v * stride - kd.cy) / kd.fy * z, z], axis=1)
    p = p @ camera.T_color_depth[:3, :3].T + camera.T_color_depth[:3, 3]
    depth_ok = p[:, 2] > 1e-6
    p = p[depth_ok]
    pixels = np.floor(p[:, :2] / p[:, 2:] * [kc.fx, kc.fy] + [kc.cx, kc.cy] + 0.5).astype(np.int32)
    inside = ((pixels >= 0) & (pixels < [kc.width, kc.height])).all(axis=1)
    return CloudPoints(p[inside], pixels[inside])


def pick(
    points: CloudPoints, labels: npt.NDArray[np.uint16] | None, clip_from_camera: Matrix, size: tuple[int, int], x: float, y: float
) -> tuple[int, int] | None:
    """The colour pixel under a position: the nearest point to the eye within reach, objects before table; None off the cloud."""
    xy, w = project(points.p_camera, clip_from_camera, *size)
    off = ((xy - [x, y]) ** 2).sum(axis=1)
    near = np.flatnonzero((off < _REACH_PX**2) & (w > 0))
    if near.size == 0:
        return None
    rank = w[near] + 0.004 * np.sqrt(off[near])
    if labels is not None:
        value = labels[points.pixels[near, 1], points.pixels[near, 0]]
        rank = rank - 0.03 * ((value > 0) & (value < TABLE_LABEL))
    u, v = points.pixels[near[int(np.argmin(rank))]]
    return int(u), int(v)
