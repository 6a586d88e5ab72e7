"""One look at a made-up thing, cut out as an identifier cuts it: an outline that is off a little, now and then a side hidden.

For training the names' encoder. Pure functions of arrays and a generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import Depth, Mask
from core.types import ColorImage, OrientedBox

_UNSEEN = 0.15


@dataclass(frozen=True)
class View:
    """One look: color u8 (h, w, 3), depth_m f32 (h, w), mask (h, w), box in base, `white` as from `names.table_level`."""

    color: ColorImage
    depth_m: Depth
    mask: Mask
    box: OrientedBox
    white: float


def hidden_side(mask: Mask, share: float, rng: np.random.Generator) -> Mask:
    """Pixels (h, w) of something with a straight edge that hides a `share` of a mask from any side; none at 0."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    return along > np.quantile(along[mask], 1 - share) if share else np.zeros_like(mask)


def in_front(depth_m: Depth, mask: Mask, card: Mask, rng: np.random.Generator) -> Depth:
    """The depth (h, w) with what hides a thing 1.5 to 12 cm before it; now and then depth does not tell of it."""
    known = depth_m[mask & (depth_m > 0)]
    if not card.any() or not len(known) or rng.random() < _UNSEEN:
        return depth_m
    near = np.quantile(known, 0.02) - rng.uniform(0.015, 0.12)
    return np.where(card, near + rng.normal(0, 0.001, card.shape), depth_m).astype(np.float32)


def outlined(mask: Mask, rng: np.random.Generator) -> Mask:
    """As an identifier cuts it: the outline off by up to a pixel or two."""
    wobble = cv2.GaussianBlur(rng.standard_normal(mask.shape).astype(np.float32), (0, 0), 3)
    edge = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2)
    return edge > 0.5 + rng.normal(0, 0.1) + 0.6 * wobble
