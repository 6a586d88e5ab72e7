"""Missed things that an operator added by a click: finds each of them again on every frame, at the place where it was added.

Called by `identify` after the proposals. A thing that lies still keeps its mask; only a change there makes it grow anew, at half size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core import geometry
from core.geometry import Depth, Mask, Plane
from core.perception import click
from core.types import Array, ColorImage, Intrinsics

Labels = npt.NDArray[np.int32]

_CHANGED = 7.0  # levels of mean colour by which the picture under a mask may change before it is grown anew
_RETRY = 10  # frames until a place where nothing stood out is tried again
_LEAST_PX = 25
_LARGEST = 0.15  # of the picture


@dataclass
class _Place:
    """One place (3,) in base; the mask last grown there (H, W) or None, its mean colour, and the mean colour of the first."""

    point: Array
    mask: Mask | None = None
    mean: Array | None = None
    first: Array | None = None
    wait: int = 0


class Added:
    """The places of a run."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def set(self, points_base: Sequence[Array]) -> None:
        """The places (3,) in base that hold now; places that stay keep what was grown there."""
        known = {p.point.tobytes(): p for p in self._places}
        points = [np.array(p, np.float64) for p in points_base]
        self._places = [known.get(p.tobytes()) or _Place(p) for p in points]

    def extend(
        self,
        labels: Labels,
        blocked: Mask,
        color: ColorImage,
        depth_m: Depth,
        camera: Intrinsics,
        T_base_camera: Array,
        plane: Plane | None,
    ) -> Labels:
        """`labels` (H, W) with one more instance at each place that none of them covers and nothing hides; `blocked` (H, W): the robot."""
        if not self._places:
            return labels
        T = geometry.invert(T_base_camera)
        out = labels
        for place in self._places:
            p = T[:3, :3] @ place.point + T[:3, 3]
            u, v = (int(round(float(x))) for x in geometry.project(p[None], camera)[0])
            if not _is_free(out, blocked, depth_m, u, v, float(p[2])):
                continue
            mask = _grown(place, color, depth_m, camera, u, v, plane)
            if mask is not None:
                out = out.copy() if out is labels else out
                out[mask & (out == 0) & ~blocked] = int(out.max()) + 1
        return out


def _is_free(labels: Labels, blocked: Mask, depth_m: Depth, u: int, v: int, z: float) -> bool:
    """Whether the picture shows the place, uncovered by any instance, the robot or something well before it."""
    if not (0 <= v < labels.shape[0] and 0 <= u < labels.shape[1]) or labels[v, u] > 0 or blocked[v, u]:
        return False
    return bool(depth_m[v, u] == 0 or depth_m[v, u] > z - 0.08)


def _grown(place: _Place, color: ColorImage, depth_m: Depth, camera: Intrinsics, u: int, v: int, plane: Plane | None) -> Mask | None:
    known = place.mask
    if known is not None and known.shape == depth_m.shape and place.mean is not None and known[v, u]:
        now = np.array(cv2.mean(color, known.view(np.uint8))[:3])
        if np.abs(now - place.mean).max() < _CHANGED:
            return known
    if place.wait > 0:
        place.wait -= 1
        return None
    place.mask = _grow(color, depth_m, camera, u, v, plane)
    if place.mask is None:
        place.wait = _RETRY
        return None
    place.mean = np.array(cv2.mean(color, place.mask.view(np.uint8))[:3])
    place.first = place.mean if place.first is None else place.first
    if not _is_alike(place.mean, place.first):
        place.mask, place.wait = None, _RETRY
    return place.mask


def _is_alike(mean: Array, first: Array) -> bool:
    """Whether two mean colours can be the same thing's in another light."""
    a, b = mean / max(1.0, float(mean.sum())), first / max(1.0, float(first.sum()))
    return bool(np.abs(a - b).max() < 0.05)


def _grow(color: ColorImage, depth_m: Depth, camera: Intrinsics, u: int, v: int, plane: Plane | None) -> Mask | None:
    small, at = geometry.reduced(depth_m, camera, 2)
    half = cv2.resize(color, (at.width, at.height), interpolation=cv2.INTER_AREA)
    mask = click.grow(half, small, at, min(u // 2, at.width - 1), min(v // 2, at.height - 1), table=plane)
    if not _LEAST_PX <= np.count_nonzero(mask) <= _LARGEST * mask.size or not _stands_out(half, mask):
        return None
    return cv2.resize(mask.view(np.uint8), (depth_m.shape[1], depth_m.shape[0]), interpolation=cv2.INTER_NEAREST).view(bool)


def _stands_out(color: ColorImage, mask: Mask) -> bool:
    """Whether the thing's colour differs from what is around it: bare table does not."""
    part = mask.view(np.uint8)
    ring = cv2.dilate(part, np.ones((9, 9), np.uint8)) & ~cv2.dilate(part, np.ones((3, 3), np.uint8)) & 1
    inside, around = np.array(cv2.mean(color, part)[:3]), np.array(cv2.mean(color, ring)[:3])
    return bool(np.abs(inside - around).max() > _CHANGED)
