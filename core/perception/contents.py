"""What lies in an open container where depth alone does not tell it from the container or from what lies beside it there.

Called by `containers` once a container and its mouth are known. Colour says what is no part of the container, height that it is no mark
on its bottom. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.types import Array

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Lab = npt.NDArray[np.uint8]

UNLIKE = 18.0
"""Distance in CIELAB, lightness by a fifth, beyond which colours are two things' and not one's in light and shade."""

_OTHER_HUE = 14.0  # of a pixel, shade aside: the inside of a white mug is light and shade
_LEAST_PX = 60
_BOTTOM_PX = 100
_RINGS = 5
_RISE_M = 0.008


def distance(colors: npt.NDArray[np.generic], own: Array) -> Array:
    """How unlike OpenCV's 8-bit CIELAB colours (..., 3) are to one (3,): shade counts by a fifth."""
    return np.asarray(_hue_distance(colors, own) + 0.2 * np.abs(colors[..., 0].astype(np.float32) - own[0]))


def _hue_distance(colors: npt.NDArray[np.generic], own: Array) -> Array:
    off = colors[..., 1:].astype(np.float32) - own[1:]
    return np.asarray(np.hypot(off[..., 0], off[..., 1]))


def cut_out(
    labels: Labels, lab: Lab, height: Image, radius: Image, mouth: Mask, target: int, own: Array, things: Sequence[int], first: int
) -> list[int]:
    """Give what stands out of the bottom of container `target` labels of its own, in place (H, W), from `first` on; the new ones.

    radius (H, W): distance from the middle, 1 at the rim. mouth bool (H, W): what the rim encloses. own (3,): the container's colour.
    `things`: pieces in it that are known already; what has the colour of one that it touches goes to that.
    """
    within = mouth & (labels == target) & (radius < 0.95) & (height != 0)
    far = _hue_distance(cv2.blur(lab, (3, 3)), own) > _OTHER_HUE
    bottom = _bottom(radius, height, within & ~far)
    if bottom is None:
        return []
    over = cv2.morphologyEx((within & far).view(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(over, connectivity=4)
    new: list[int] = []
    for i in range(1, count):
        piece = parts == i
        rise = height[piece] - bottom[(radius[piece] * _RINGS).astype(int)]
        if stats[i, cv2.CC_STAT_AREA] < _LEAST_PX or float(np.median(rise)) < _RISE_M:
            continue
        beside = _beside(labels, lab, piece, things)
        labels[piece] = beside or first + len(new)
        new += [] if beside else [first + len(new)]
    return new


def unlike_pairs(labels: Labels, lab: Lab, things: Sequence[int]) -> list[tuple[int, int]]:
    """Which of the things in a container, pieces of `labels` (H, W), are of colours that no one thing has."""
    colors = {i: np.median(lab[labels == i], axis=0) for i in things if (labels == i).any()}
    return [(a, b) for a in colors for b in colors if a < b and float(distance(colors[a], colors[b])) > UNLIKE]


def _bottom(radius: Image, height: Image, seen: Mask) -> Image | None:
    """How high the container is at each of `_RINGS` distances from its middle (N,); None where too little of it is seen."""
    ring = (radius[seen] * _RINGS).astype(int)
    if len(ring) < _BOTTOM_PX:
        return None
    there = [r for r in range(_RINGS) if np.count_nonzero(ring == r) > 15]
    if not there:
        return None
    level = [float(np.quantile(height[seen][ring == r], 0.3)) for r in there]
    return np.interp(np.arange(_RINGS), there, level).astype(np.float32)


def _beside(labels: Labels, lab: Lab, piece: Mask, things: Sequence[int]) -> int:
    """The known thing of the piece's own colour that it touches, 0 for none."""
    around = cv2.dilate(piece.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    touched = np.bincount(labels[around & ~piece], minlength=1)
    own = np.median(lab[piece], axis=0)
    for i in sorted(things, key=lambda i: -int(touched[i]) if i < len(touched) else 0):
        if i < len(touched) and touched[i] and float(distance(np.median(lab[labels == i], axis=0), own)) < 0.7 * UNLIKE:
            return i
    return 0
