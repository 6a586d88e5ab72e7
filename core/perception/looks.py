"""One masked thing of a frame: its box and its embedding, made the same way for what is seen live and for what was labelled.

Called by `identify` for proposals and by `core.learning.exemplars` for stored labels. Pure functions of arrays.
"""

from __future__ import annotations

import cv2
import numpy as np

from core import geometry
from core.geometry import Depth, Mask
from core.perception import boxes, names
from core.types import Array, ColorImage, Intrinsics, OrientedBox

Window = tuple[slice, slice]

_POINTS = 1000


def box_of(depth_m: Depth, camera: Intrinsics, T_base_camera: Array, window: Window, inside: Mask) -> OrientedBox | None:
    """The box in base of the pixels `inside` a window of the picture; None when nothing can be said. depth_m (H, W) registered."""
    sure = inside & (depth_m[window] > 0)
    solid = cv2.erode(sure.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    used = solid if solid.sum() > 0.5 * sure.sum() else sure
    points = geometry.deproject_window(depth_m, camera, window)[used]
    base = geometry.transform(T_base_camera, points[:: max(1, len(points) // _POINTS)]).astype(np.float32)
    box = boxes.hug(base, camera=T_base_camera[:3, 3])
    return box or _flat_box(camera, T_base_camera, window, inside)


def _flat_box(camera: Intrinsics, T_base_camera: Array, window: Window, inside: Mask) -> OrientedBox | None:
    """A thing without depth of its own lies on the table: its outline is followed down to it."""
    plane = geometry.plane_of(T_base_camera)
    rows, columns = np.nonzero(inside)
    u, v = columns + window[1].start, rows + window[0].start
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(len(u))], 1)
    slope = rays @ plane.normal
    if len(u) < 8 or (slope > -0.05).any():
        return None
    return boxes.hug(geometry.transform(T_base_camera, rays * (-plane.d / slope)[:, None]).astype(np.float32))


def window_of(mask: Mask) -> Window:
    """The rows and columns that a mask (H, W) spans; it must not be empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def embed(color: ColorImage, depth_m: Depth, camera: Intrinsics, T_base_camera: Array, mask: Mask) -> names.Vector | None:
    """The embedding of the thing under `mask` (H, W), for a label; None when it has no box. The table is z = 0 of base."""
    if not mask.any():
        return None
    window = window_of(mask)
    box = box_of(depth_m, camera, T_base_camera, window, mask[window])
    if box is None:
        return None
    white = names.table_level(color, table_of(depth_m, camera, T_base_camera) & ~mask)
    return names.embed_crop(color[window], depth_m[window], mask[window], box, white=white)


def table_of(depth_m: Depth, camera: Intrinsics, T_base_camera: Array) -> Mask:
    """Pixels (H, W) whose depth lies on the table within 6 mm."""
    height = geometry.deproject(depth_m, camera) @ T_base_camera[2, :3].astype(np.float32) + np.float32(T_base_camera[2, 3])
    return (depth_m > 0) & (np.abs(height) < 0.006)
