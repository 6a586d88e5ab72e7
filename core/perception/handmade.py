"""What a person would name about a thing's look, in numbers: hue, tone, lightness, metric size, outline, roundness, texture.

Called by `names.embed_part`. No trained weights: each value is divided by how much it varies between looks at one thing.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.types import Array, ColorImage, OrientedBox

HUES = 18
# Group, features, expected deviation of each between looks at the same thing: light 0.5 to 1.6, size +-10 %, hue +-8 degrees, any yaw,
# measured over twelve kinds in the simulated cell. The vector holds values over deviations, so distances are in sigmas.
LAYOUT: tuple[tuple[str, int, tuple[float, ...]], ...] = (
    ("hue", HUES, (0.14,)),
    ("tone", 2, (0.06, 0.06)),
    ("chroma", 3, (0.025, 0.02, 0.025)),
    ("light", 3, (0.16, 0.10, 0.12)),
    ("size", 4, (0.075, 0.16, 0.12, 0.055)),
    ("shape", 3, (0.04, 0.03, 0.03)),
    ("relief", 2, (0.04, 0.05)),
    ("texture", 3, (0.11, 0.16, 0.10)),
)
LENGTH = sum(count for _, count, _ in LAYOUT)


def measured(crop: ColorImage, depth_m: npt.NDArray[np.float32], part: Mask, box: OrientedBox, *, white: float) -> npt.NDArray[np.float32]:
    """f32 (LENGTH,) in sigmas of the thing in a picture cut to its mask `part` (h, w); `white` as from `names.table_level`."""
    core = cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    core = core if core.sum() > 20 else part
    groups = (
        *_color_features(crop, core, white),
        _size_features(box),
        _shape_features(part),
        _relief_features(depth_m, core),
        _texture_features(crop, core),
    )
    scaled = [np.asarray(values, np.float32) / np.asarray(sigma, np.float32) for values, (_, _, sigma) in zip(groups, LAYOUT, strict=True)]
    return np.concatenate(scaled).astype(np.float32)


def _color_features(crop: ColorImage, core: Mask, white: float) -> tuple[Array, Array, Array, Array]:
    """Hue histogram (chroma-weighted, soft bins), mean hue as a direction, chroma statistics, lightness against the table.

    Hue and chroma do not see brightness."""
    pixels = crop[core]
    rgb = pixels[:: max(1, len(pixels) // 3000)].astype(np.float32) + 2
    value = rgb.max(1)
    shine = (rgb.min(1) > 245) | (value < 12)
    rgb, value = (rgb[~shine], value[~shine]) if (~shine).sum() > 20 else (rgb, value)
    low = rgb.min(1)
    chroma = (value - low) / value
    a, b = rgb[:, 0] - 0.5 * (rgb[:, 1] + rgb[:, 2]), 0.8660254 * (rgb[:, 1] - rgb[:, 2])
    hue = (np.arctan2(b, a) / (2 * np.pi) * HUES) % HUES
    weight = np.clip(chroma - 0.08, 0, None)
    left = np.floor(hue).astype(int) % HUES
    share = hue - np.floor(hue)
    bins: npt.NDArray[np.floating] = 1.0 * np.bincount(left, weight * (1 - share), HUES) + np.bincount(
        (left + 1) % HUES, weight * share, HUES
    )
    bins = 0.25 * np.roll(bins, 1) + 0.5 * bins + 0.25 * np.roll(bins, -1)
    strength = min(1.0, float(weight.mean()) / 0.15)
    histogram: Array = np.sqrt(bins / max(1e-6, float(bins.sum()))) * strength
    levels = np.log(value / white)
    spread = _deciles(levels)
    angle = 2 * np.pi * hue / HUES
    tone = strength * np.array([(weight * np.cos(angle)).sum(), (weight * np.sin(angle)).sum()]) / max(1e-6, float(weight.sum()))
    return (
        histogram,
        tone,
        np.array([chroma.mean(), chroma.std(), _deciles(chroma)[2]]),
        np.array([spread[1], spread[2] - spread[1], spread[1] - spread[0]]),
    )


def _deciles(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The 10th, 50th and 90th percentile."""
    ranked = np.sort(values[:: max(1, len(values) // 2000)])
    return ranked[np.rint(np.array([0.1, 0.5, 0.9]) * (len(ranked) - 1)).astype(int)]


def _size_features(box: OrientedBox) -> Array:
    """Log of the size as a whole, and of its two proportions; what is longest hides least."""
    long, short, height = np.maximum(box.size, 2e-3)
    height = height + 0.003
    return np.array([np.log(long * short * height) / 3, np.log(long / short), np.log(height / np.sqrt(long * short)), 0.5 * np.log(long)])


def _shape_features(part: Mask) -> Array:
    """Fill of the upright rectangle, solidity, roundness of the outline."""
    contours, _ = cv2.findContours(np.pad(part, 1).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    area, hull = cv2.contourArea(contour), cv2.convexHull(contour)
    (_, (w, h), _) = cv2.minAreaRect(contour)
    ring = cv2.arcLength(hull, True)
    return np.array(
        [area / max(1.0, w * h), area / max(1.0, cv2.contourArea(hull)), 4 * np.pi * cv2.contourArea(hull) / max(1.0, ring * ring)]
    )


def _relief_features(depth_m: npt.NDArray[np.float32], core: Mask) -> Array:
    """How round the surface is: what a sphere's depth profile explains of the relief, and the relief over the width."""
    v, u = np.nonzero(core & (depth_m > 0))
    if len(u) < 40:
        return np.zeros(2)
    step = max(1, len(u) // 1500)
    u, v = u[::step], v[::step]
    z = depth_m[v, u].astype(np.float64)
    x, y = u - u.mean(), v - v.mean()
    scale = np.sqrt(x.var() + y.var())
    x, y = x / scale, y / scale
    A = np.stack([np.ones_like(x), x, y, x * x + y * y, x * x - y * y, x * y], 1)
    z = np.clip(z, np.median(z) - 0.15, np.median(z) + 0.15)
    fit = np.linalg.solve(A.T @ A + 1e-6 * np.eye(6), A.T @ z)
    tilt = A[:, :3] @ fit[:3]
    left = (z - A @ fit).std() + 0.001
    bend = (z - tilt).std() + 0.001
    return np.array([np.log(bend / left) * 0.3, np.arctan(40 * fit[3]) * 0.5])


def _texture_features(crop: ColorImage, core: Mask) -> Array:
    """Log energy of brightness detail at a fine and a coarse scale, and of chroma, each relative to the brightness."""
    shrink = min(1.0, 96 / max(crop.shape[:2]))
    size = (max(1, round(crop.shape[1] * shrink)), max(1, round(crop.shape[0] * shrink)))
    crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    core = cv2.resize(core.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    if not core.any():
        core[:] = True
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB).astype(np.float32)
    fine = lab - cv2.blur(lab, (3, 3))
    coarse = cv2.blur(lab, (3, 3)) - cv2.blur(lab, (11, 11))
    level = max(20.0, float(lab[..., 0][core].mean()))
    return np.log(
        [
            0.02 + np.abs(fine[..., 0][core]).mean() / level,
            0.03 + np.abs(coarse[..., 0][core]).mean() / level,
            0.02 + np.abs(coarse[..., 1:][core]).mean() / level,
        ]
    )
