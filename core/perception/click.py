"""One click, one thing: grows a mask from a pixel by depth, then follows the colour.

Called by `identify.grow` when an operator adds what was missed. Pure functions of arrays.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.geometry import Depth, Mask, Plane, deproject
from core.perception import cuts
from core.types import ColorImage, Intrinsics

_RADIUS_M = 0.16


def grow(color: ColorImage, depth_m: Depth, camera: Intrinsics, u: int, v: int, *, table: Plane | None = None) -> Mask:
    """The thing at pixel (u, v): mask (H, W). Empty when the click is outside the picture or nothing stands out there."""
    height, width = depth_m.shape
    nothing = np.zeros((height, width), bool)
    if not (0 <= u < width and 0 <= v < height):
        return nothing
    z = _depth_near(depth_m, u, v)
    radius = int(np.clip(_RADIUS_M * camera.fx / z if z > 0 else 0.15 * width, 20, width))
    window = np.s_[max(0, v - radius) : v + radius + 1, max(0, u - radius) : u + radius + 1]
    at = (u - window[1].start, v - window[0].start)
    seed, away = _by_depth(depth_m, camera, window, at, table)
    nothing[window] = _by_color(color[window], seed, away, at)
    return nothing


def _depth_near(depth_m: Depth, u: int, v: int) -> float:
    around = depth_m[max(0, v - 3) : v + 4, max(0, u - 3) : u + 4]
    return float(np.median(around[around > 0])) if (around > 0).any() else 0.0


def _by_depth(
    depth_m: Depth, camera: Intrinsics, window: tuple[slice, slice], at: tuple[int, int], table: Plane | None
) -> tuple[Mask, Mask]:
    """What hangs together with the click in depth (may be empty), and what surely does not belong."""
    z = cuts.smooth(np.ascontiguousarray(depth_m[window]))
    shifted = Intrinsics(
        width=z.shape[1], height=z.shape[0], fx=camera.fx, fy=camera.fy, cx=camera.cx - window[1].start, cy=camera.cy - window[0].start
    )
    over = np.full(z.shape, 1.0, np.float32) if table is None else table.height(deproject(z, shifted))
    stands = (z > 0) & (over > 0.006)
    nothing = np.zeros(z.shape, bool)
    if not stands[at[1], at[0]] or table is None:
        return nothing, nothing
    crease = cuts.concavity(cv2.blur(cuts.inverse(z), (3, 3)), z, 5, camera.fx)
    free = stands & ~cuts.jumps(z, camera.fx, 0.0008) & (crease < 0.4)
    free[max(0, at[1] - 1) : at[1] + 2, max(0, at[0] - 1) : at[0] + 2] = True
    _, parts = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    part = parts == parts[at[1], at[0]]
    grown = cuts.grow(part.astype(np.int32), stands, z, camera.fx, 5) > 0
    return grown, (z > 0) & ~cv2.dilate(grown.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)


def _by_color(crop: ColorImage, seed: Mask, away: Mask, at: tuple[int, int]) -> Mask:
    """GrabCut (Rother et al. 2004) of the crop from the depth's answer, or from a dot at the click where depth has none."""
    labels = np.full(seed.shape, cv2.GC_PR_BGD, np.uint8)
    if seed.any():
        labels[seed] = cv2.GC_PR_FGD
        labels[cv2.erode(seed.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0] = cv2.GC_FGD
        labels[away] = cv2.GC_BGD
    else:
        cv2.circle(labels, at, max(6, min(seed.shape) // 8), cv2.GC_PR_FGD, -1)
        cv2.rectangle(labels, (0, 0), (seed.shape[1] - 1, seed.shape[0] - 1), cv2.GC_BGD, max(2, min(seed.shape) // 12))
    cv2.circle(labels, at, 3, cv2.GC_FGD, -1)
    cv2.setRNGSeed(0)
    cv2.grabCut(np.ascontiguousarray(crop), labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, parts = cv2.connectedComponents(cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), connectivity=4)
    return parts == parts[at[1], at[0]]
