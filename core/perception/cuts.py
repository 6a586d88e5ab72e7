"""Where one thing ends and another begins, in depth alone: occlusion jumps and concave creases.

Called by `propose`. Works on inverse depth, which is linear over a plane at any tilt and in which the noise of stereo and structured
light is the same at every range. Pure functions of arrays.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]

_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))


def smooth(depth_m: Image) -> Image:
    """Depth without salt noise (5x5 median, then 3x3 mean inside surfaces); 0 stays 0."""
    tenths = np.clip(depth_m * 10000, 0, 65535).astype(np.uint16)
    return np.where(depth_m > 0, cv2.medianBlur(tenths, 5).astype(np.float32) * np.float32(1e-4), 0).astype(np.float32)


def inverse(depth_m: Image) -> Image:
    """1/z, 0 without depth."""
    return np.divide(1, depth_m, out=np.zeros_like(depth_m), where=depth_m > 0)


def jumps(depth_m: Image, focal: float, noise: float) -> Mask:
    """Pixels (H, W) beside an occlusion edge, on the farther side: steeper than a surface seen at 80 degrees, over the noise.

    `noise`: sigma of depth over depth squared.
    """
    z = depth_m
    limit = z * np.float32(6 / focal) + z * z * np.float32(4 * noise) + np.float32(0.003)
    far = np.where(z > 0, z, np.float32(1e3))
    return (z > 0) & (z - cv2.erode(far, np.ones((3, 3), np.uint8)) > limit)


def smeared(depth_m: Image, height: Image, focal: float) -> Mask:
    """The outer half of a ramp that leads from a thing's edge down to the table, steeper than any surface could be seen: (H, W).

    Sensors that fill their holes draw such ramps; the true edge lies where the ramp is half way down.
    """
    radius = int(np.clip(round(focal / 190), 1, 4))
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    top = cv2.dilate(height, kernel)
    far = np.where(depth_m > 0, depth_m, np.float32(1e3))
    steep = depth_m - cv2.erode(far, kernel) > depth_m * np.float32(radius * 3 / focal)
    return steep & (height < 0.5 * top) & (depth_m > 0)


def concavity(w: Image, z: Image, radius: int, focal: float) -> Image:
    """How much each pixel lies behind the chord of its neighbours at `radius`, over the chord's half length: f32 (H, W), 0 = flat.

    A right-angled corner seen along its bisector gives about 1; convex edges and chords across jumps give 0.
    """
    best = np.zeros_like(w)
    h, width = w.shape
    r = radius
    if h <= 2 * r or width <= 2 * r:
        return best
    mid = w[r:-r, r:-r]
    scale = z[r:-r, r:-r] * np.float32(focal / r) * (mid > 0)
    for dv, du in _SHIFTS:
        a = w[r - dv * r : h - r - dv * r, r - du * r : width - r - du * r]
        b = w[r + dv * r : h - r + dv * r, r + du * r : width - r + du * r]
        bend = cv2.addWeighted(a, 0.5, b, 0.5, 0) - mid
        bend *= scale if not (dv and du) else scale * np.float32(0.7071)
        known = cv2.min(a, b) > 0
        known &= cv2.absdiff(a, b) * scale < 8
        bend *= known
        np.maximum(best[r:-r, r:-r], bend, out=best[r:-r, r:-r])
    return best


def grow(labels: Labels, mask: Mask, depth_m: Image, focal: float, steps: int) -> Labels:
    """Spread labels > 0 over the rest of `mask` (H, W), a pixel a step, each to the neighbour nearest in depth, never over a step."""
    wide = np.pad(labels, 1)
    z = np.pad(depth_m, 1)
    todo = np.flatnonzero(np.pad(mask & (labels == 0), 1))
    out, flat_z, row = wide.ravel(), z.ravel(), wide.shape[1]
    limit = flat_z[todo] * np.float32(8 / focal) + np.float32(0.006)
    for _ in range(steps):
        nearest, take = limit.copy(), np.zeros(len(todo), np.int32)
        for offset in (1, -1, row, -row):
            label = out[todo + offset]
            gap = np.abs(flat_z[todo + offset] - flat_z[todo])
            better = (label > 0) & (gap < nearest)
            nearest[better], take[better] = gap[better], label[better]
        done = take > 0
        if not done.any():
            break
        out[todo[done]] = take[done]
        todo, limit = todo[~done], limit[~done]
    return wide[1:-1, 1:-1]
