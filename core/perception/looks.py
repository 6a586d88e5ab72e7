"""One masked thing of a frame: its box and its embedding, made the same way for what is seen live and for what was labelled.

Called by `identify` for proposals and by `core.learning.exemplars` for stored labels. Pure functions of arrays.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core import geometry
from core.geometry import Depth, Mask, Points, Window
from core.perception import boxes, names, outline
from core.types import Array, ColorImage, Intrinsics, OrientedBox

_POINTS = 1000
_SAME_IOU = 0.85
_LARGEST_SOLID_M, _LARGEST_BLOCK_M, _MARK_M = 0.2, 0.4, 0.014
_TOP_M = 0.01  # a flat top's noise reaches up to there below its highest points


def box_of(depth_m: Depth, camera: Intrinsics, T_base_camera: Array, window: Window, inside: Mask) -> OrientedBox | None:
    """The box in base of the pixels `inside` a window of the picture; None when nothing can be said. depth_m (H, W) registered."""
    sure = inside & (depth_m[window] > 0)
    solid = cv2.erode(sure.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    used = solid if solid.sum() > 0.5 * sure.sum() else sure
    points = geometry.deproject_window(depth_m, camera, window)[used]
    base = _to_base(T_base_camera, points[:: max(1, len(points) // _POINTS)])
    rim = _to_base(T_base_camera, outline.rim_points(depth_m, camera, window, inside, used))
    own = boxes.own(np.concatenate([base, rim]))
    return (
        _solid_box(own, camera, T_base_camera, window, inside)
        or _hugging_box(own, rim, T_base_camera)
        or _flat_box(camera, T_base_camera, window, inside)
    )


def _to_base(T_base_camera: Array, points: npt.NDArray[np.floating]) -> Points:
    return geometry.transform(T_base_camera, points).astype(np.float32)


def _solid_box(own: Points, camera: Intrinsics, T_base_camera: Array, window: Window, inside: Mask) -> OrientedBox | None:
    """The box of what is round, a can or a block, by its outline: that is good to a pixel, and tells of the back."""
    if len(own) < 8:
        return None
    bottom, top = boxes.rise(own)
    middle = np.array([*own[:, :2].mean(0), (bottom + top) / 2])
    seen = outline.silhouette(inside, window, camera, T_base_camera, middle)
    if seen is None or seen.half.max() > _LARGEST_BLOCK_M / 2:
        return None
    flat_top = float(np.median(own[own[:, 2] > top - _TOP_M, 2]))
    if seen.half.max() > _LARGEST_SOLID_M / 2:  # a tray is a block; what is round and large is a basket, wider at its rim
        return outline.block_box(seen, bottom, flat_top)
    # A ball that is seen from above shows nothing of itself near the table; what it shows fits one way of standing only.
    balls = [ball for low in {bottom, 0.0} if (ball := outline.round_box(seen, low, top)) is not None]
    if balls:
        return min(balls, key=lambda ball: outline.beside_ball(ball, own))
    if flat_top - bottom <= _MARK_M:
        return None
    can = outline.can_box(seen, bottom, flat_top)
    if can is not None:
        return None if outline.sticks_out(can, own) else can
    return outline.block_box(seen, bottom, flat_top)


def _hugging_box(own: Points, rim: Points, T_base_camera: Array) -> OrientedBox | None:
    box = boxes.hug(own, camera=T_base_camera[:3, 3])
    return None if box is None else outline.widened(box, rim)


def _flat_box(camera: Intrinsics, T_base_camera: Array, window: Window, inside: Mask) -> OrientedBox | None:
    """A thing without depth of its own lies on the table: its outline is followed down to it."""
    plane = geometry.plane_of(T_base_camera)
    rows, columns = np.nonzero(inside)
    u, v = columns + window[1].start, rows + window[0].start
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(len(u))], 1)
    slope = rays @ plane.normal
    if len(u) < 8 or (slope > -0.05).any():
        return None
    return boxes.hug(boxes.own(_to_base(T_base_camera, rays * (-plane.d / slope)[:, None])))


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
    return names.embed_part(color, depth_m, window, mask[window], box, white=white)


def table_of(depth_m: Depth, camera: Intrinsics, T_base_camera: Array) -> Mask:
    """Pixels (H, W) whose depth lies on the table within 6 mm."""
    height = geometry.deproject(depth_m, camera) @ T_base_camera[2, :3].astype(np.float32) + np.float32(T_base_camera[2, 3])
    return (depth_m > 0) & (np.abs(height) < 0.006)


def unchanged(now: npt.NDArray[np.integer], then: npt.NDArray[np.integer], count: int, before: int) -> dict[int, int]:
    """Which of the things 1..count in labels `now` (H, W) cover nearly the same pixels as which of 1..before in `then`."""
    n = before + 1
    both = np.bincount((now[::2, ::2] * n + then[::2, ::2]).ravel(), minlength=(count + 1) * n)[: (count + 1) * n].reshape(count + 1, n)
    union = both.sum(1, keepdims=True) + both.sum(0, keepdims=True) - both
    iou = both[1:, 1:] / np.maximum(union[1:, 1:], 1)
    return {i: int(row.argmax()) + 1 for i, row in enumerate(iou, 1) if row.max() > _SAME_IOU}
