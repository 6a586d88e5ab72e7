"""Depth as the colour camera sees it, on plain arrays: registered here, or by somebody else before.

Called wherever frames become pictures with depth. Knows no camera of a maker and no screen.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Depth, depth_in_metres
from core.types import CameraInfo, DepthImage

_NOWHERE = np.float32(1e3)
_GRID_HOLES = 0.15  # of what has depth: cameras' own single holes were at most 0.009, made-up ones 0.08, points drawn 1.3 times as fine 0.7
_KERNEL = np.ones((3, 3), np.uint8)


def is_registered(info: CameraInfo) -> bool:
    """Whether depth pixels already are colour pixels."""
    a, b = info.depth, info.color
    same = (a.width, a.height) == (b.width, b.height) and np.allclose((a.fx, a.fy, a.cx, a.cy), (b.fx, b.fy, b.cx, b.cy), atol=1e-3)
    return same and bool(np.allclose(info.T_color_depth, np.eye(4), atol=1e-6))


def register_depth(depth: DepthImage, info: CameraInfo) -> Depth:
    """Depth u16 (Hd, Wd) as the colour camera would see it: f32 (Hc, Wc) metres, 0 = none; nearer surfaces hide farther ones.

    Depth that somebody else drew point by point onto a finer colour grid has rows and columns of holes; they are closed as our own are.
    """
    metres = depth_in_metres(depth, info.depth_scale)
    if not is_registered(info):
        return _splat(metres, info)
    return _close_grid_holes(np.where(metres > 0, metres, _NOWHERE)) if _has_grid_holes(metres) else metres


def _splat(metres: Depth, info: CameraInfo) -> Depth:
    M = (info.T_color_depth[:3, :3] @ np.linalg.inv(info.depth.K)).astype(np.float32)
    t = info.T_color_depth[:3, 3].astype(np.float32)
    color, (height, width) = info.color, metres.shape
    u, v = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    x, y, depth = ((M[i, 0] * u + (M[i, 1] * v + M[i, 2])) * metres + t[i] for i in range(3))
    there = (metres > 0) & (depth > 1e-3)
    near = np.divide(np.float32(1), depth, where=there, out=np.zeros_like(depth))
    column = np.rint(x * near * np.float32(color.fx) + np.float32(color.cx)).astype(np.int32)
    row = np.rint(y * near * np.float32(color.fy) + np.float32(color.cy)).astype(np.int32)
    there &= (column >= 0) & (column < color.width) & (row >= 0) & (row < color.height)
    nearest = np.full(color.height * color.width, _NOWHERE)
    np.minimum.at(nearest, (row * color.width + column)[there], depth[there])
    return _close_grid_holes(nearest.reshape(color.height, color.width))


def _has_grid_holes(metres: Depth) -> bool:
    """Whether single empty rows and columns run through depth (H, W), whatever else is missing."""
    there = (metres > 0).view(np.uint8)
    return int(np.count_nonzero(_surrounded(there) > there)) > _GRID_HOLES * int(np.count_nonzero(there))


def _surrounded(there: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """1 where depth is, or is on both sides within a pixel."""
    return np.asarray(cv2.morphologyEx(there, cv2.MORPH_CLOSE, _KERNEL), np.uint8)


def _close_grid_holes(nearest: Depth) -> Depth:
    """Fill single pixels that rounding or a finer colour grid left empty (`_NOWHERE`) with their nearest neighbour's depth."""
    empty = nearest >= _NOWHERE
    surrounded = _surrounded((~empty).view(np.uint8)) > 0
    filled = np.where(empty & surrounded, cv2.erode(nearest, _KERNEL), nearest)
    return np.where(filled >= _NOWHERE, np.float32(0), filled).astype(np.float32)
