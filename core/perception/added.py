"""Missed things that an operator added by a click: finds each of them again on every frame, at the place where it was added.

Called by `identify` after the proposals. A thing that lies still keeps its mask; only a change there makes it grow anew, at half size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from core import geometry
from core.geometry import Depth, Mask, Plane
from core.perception import click
from core.types import Array, ColorImage, Intrinsics, LabelMap

Labels = npt.NDArray[np.int32]

_CHANGED = 7.0  # levels of mean colour by which the picture under a mask may change before it is grown anew
_RETRY = 10  # frames until a place where nothing stood out is tried again
_LEAST_PX = 25
_LARGEST = 0.15  # of the picture
_ABOUT_M = 0.03  # how far from the place, on the table, the middle of a proposal may be that is what was added there
_MOVED_M = 0.12  # farther from the place, the thing that was added there was moved: what is there now is another


class AddedPlace(NamedTuple):
    """A place (3,) in base, metres, and the track that the thing was added as, 0 = none in this run."""

    point_base: Array
    track: int = 0


@dataclass
class _Place:
    """One place (3,) in base; the mask last grown there (H, W) or None, its mean colour, and the mean colour of the first.

    `pixel`: row and column of the place where this frame shows it; `grown`: whether its thing was grown there.
    """

    point: Array
    track: int = 0
    pixel: tuple[int, int] | None = None
    grown: bool = False
    mask: Mask | None = None
    mean: Array | None = None
    first: Array | None = None
    wait: int = 0


class Added:
    """The places of a run."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def set(self, places: Sequence[AddedPlace]) -> None:
        """The places that hold now; those that stay keep what was grown there."""
        known = {p.point.tobytes(): p for p in self._places}
        points = [(np.array(place.point_base, np.float64), place.track) for place in places]
        self._places = [known.get(point.tobytes()) or _Place(point) for point, _ in points]
        for place, (_, track) in zip(self._places, points, strict=True):
            place.track = track

    def standing(self) -> frozenset[int]:
        """The tracks that things were added as."""
        return frozenset(place.track for place in self._places)

    def tracks(self, things: LabelMap, centers: Sequence[Array], place_of: Callable[[int], Array | None]) -> dict[int, int]:
        """Which things of the frame last extended are those that were added: number in `things` (H, W) to track.

        centers: the middle (3,) in base of each, in order of their numbers; place_of: where a track was seen last.
        """
        found = {}
        for place in self._places:
            number = int(things[place.pixel]) if place.pixel is not None and place.track > 0 else 0
            last = place_of(place.track) if number else None
            if not number or (last is not None and np.linalg.norm(last - place.point) > _MOVED_M):
                continue
            if place.grown or np.linalg.norm((centers[number - 1] - place.point)[:2]) < _ABOUT_M:
                found[number] = place.track
        return found

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
            place.pixel = (v, u) if 0 <= v < labels.shape[0] and 0 <= u < labels.shape[1] else None
            place.grown = False
            if not _is_free(out, blocked, depth_m, u, v, float(p[2])):
                continue
            mask = _grown(place, color, depth_m, camera, u, v, plane)
            if mask is not None:
                place.grown = True
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
