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
_COARSE = 4  # every fourth pixel finds the neighbourhood, the full grid there finds the pixel
_COARSE_REACH_PX = 18.0
Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class CloudPoints:
    """Points (N, 3) in the colour camera's frame, their colour pixels (N, 2) (u, v) and their depth pixels (N, 2) (u, v), int32."""

    p_camera: npt.NDArray[np.float64]
    pixels: npt.NDArray[np.int32]
    depth_pixels: npt.NDArray[np.int32]


def deproject(frame: Frame, camera: CameraInfo, stride: int = 1, window: Window | None = None) -> CloudPoints:
    """All valid points of a window (x0, y0, x1, y1) of the depth image whose colour pixel lies in the colour image."""
    height, width = frame.depth.shape
    x0, y0, x1, y1 = window or (0, 0, width, height)
    depth = frame.depth[y0:y1:stride, x0:x1:stride]
    v, u = np.nonzero(depth)
    z = depth[v, u] * camera.depth_scale
    u, v = u * stride + x0, v * stride + y0
    kd, kc = camera.depth, camera.color
    p = np.stack([(u - kd.cx) / kd.fx * z, (v - kd.cy) / kd.fy * z, z], axis=1)
    p = p @ camera.T_color_depth[:3, :3].T + camera.T_color_depth[:3, 3]
    depth_ok = p[:, 2] > 1e-6
    p, at = p[depth_ok], np.stack([u, v], axis=1)[depth_ok].astype(np.int32)
    pixels = np.floor(p[:, :2] / p[:, 2:] * [kc.fx, kc.fy] + [kc.cx, kc.cy] + 0.5).astype(np.int32)
    inside = ((pixels >= 0) & (pixels < [kc.width, kc.height])).all(axis=1)
    return CloudPoints(p[inside], pixels[inside], at[inside])


def points_at(frame: Frame, camera: CameraInfo, pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Camera points (M, 3) of those colour pixels (N, 2) as (u, v) that the depth under or beside them places; parallax is left out."""
    kd, kc = camera.depth, camera.color
    at = np.rint((pixels - [kc.cx, kc.cy]) / [kc.fx, kc.fy] * [kd.fx, kd.fy] + [kd.cx, kd.cy]).astype(int)
    at = np.clip(at, 0, [kd.width - 1, kd.height - 1])
    z = frame.depth[at[:, 1], at[:, 0]] * camera.depth_scale
    ray = np.column_stack([(pixels - [kc.cx, kc.cy]) / [kc.fx, kc.fy], np.ones(len(pixels))])
    placed = z > 0
    return np.asarray(ray[placed] * z[placed, None])


class Picker:
    """Finds the colour pixel under a position: coarse over the frame (kept until the frame changes), then fine around the hit."""

    def __init__(self, frame: Frame, camera: CameraInfo) -> None:
        self._frame, self._camera = frame, camera
        self._coarse: CloudPoints | None = None

    def pick(
        self, labels: npt.NDArray[np.uint16] | None, clip_from_camera: Matrix, size: tuple[int, int], x: float, y: float
    ) -> tuple[int, int] | None:
        """The nearest point to the eye within reach, objects before table; None off the cloud."""
        if self._coarse is None:
            self._coarse = deproject(self._frame, self._camera, _COARSE)
        near, _, _ = _near(self._coarse, clip_from_camera, size, x, y, _COARSE_REACH_PX)
        if near.size == 0:
            return None
        at = self._coarse.depth_pixels[near]
        low, high = at.min(axis=0) - _COARSE, at.max(axis=0) + _COARSE + 1
        x0, y0 = np.maximum(low, 0)
        fine = deproject(self._frame, self._camera, 1, (int(x0), int(y0), int(high[0]), int(high[1])))
        return _best(fine, labels, clip_from_camera, size, x, y)


def _near(
    points: CloudPoints, clip: Matrix, size: tuple[int, int], x: float, y: float, reach: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points within reach of a position: their indices, squared distances in pixels, depths along the eye."""
    xy, w = project(points.p_camera, clip, *size)
    off = ((xy - [x, y]) ** 2).sum(axis=1)
    near = np.flatnonzero((off < reach**2) & (w > 0))
    return near, off[near], w[near]


def _best(
    points: CloudPoints, labels: npt.NDArray[np.uint16] | None, clip: Matrix, size: tuple[int, int], x: float, y: float
) -> tuple[int, int] | None:
    near, off, w = _near(points, clip, size, x, y, _REACH_PX)
    if near.size == 0:
        return None
    rank = w + 0.004 * np.sqrt(off)
    if labels is not None:
        value = labels[points.pixels[near, 1], points.pixels[near, 0]]
        rank = rank - 0.03 * ((value > 0) & (value < TABLE_LABEL))
    u, v = points.pixels[near[int(np.argmin(rank))]]
    return int(u), int(v)
