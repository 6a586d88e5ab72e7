"""Class-agnostic instances of one RGB-D frame: table, things on it, nothing learnt, nothing remembered.

Called by `identify`. A learned proposer has the same signature as `propose`. Knows no names and no time. The arm is left out by a mask
that the caller renders from its joints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects

from core.geometry import Depth, Mask, Plane
from core.perception import containers, cuts, merge, refine
from core.perception.support import Support, find_support
from core.types import ColorImage, Intrinsics

Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Settings:
    """Metres and ratios, not pixels: they hold for every camera. `work_width`: wider pictures are halved for the depth part."""

    min_size_m: float = 0.012
    max_size_m: float = 0.6
    max_height_m: float = 0.6
    crease: float = 0.45
    work_width: int = 700
    marks: bool = True


@dataclass(frozen=True)
class Proposal:
    """labels i32 (H, W): 0 nothing, 1..n things; `table` and `arm` (H, W); the table's plane in the camera frame or None."""

    labels: Labels
    table: Mask
    arm: Mask
    plane: Plane | None
    ms: dict[str, float]


def propose(
    color: ColorImage,
    depth_m: Depth,
    camera: Intrinsics,
    *,
    arm: Mask | None = None,
    expected: Plane | None = None,
    settings: Settings | None = None,
    clock: Callable[[], float] | None = None,
) -> Proposal:
    """Things standing or lying on the table of a frame, on the colour grid; depth_m (H, W) registered, 0 = none.

    `arm` (H, W): pixels of the robot. `expected`: the table's plane where calibration knows it. `clock` in seconds, for `ms`.
    """
    settings = settings or Settings()
    arm = np.zeros(depth_m.shape, bool) if arm is None else arm
    stage = _Stages(clock)
    step = 1 if depth_m.shape[1] <= settings.work_width else int(np.ceil(depth_m.shape[1] / settings.work_width))
    small, at = _reduced(depth_m, camera, step)
    arm_small = cv2.dilate(arm[::step, ::step].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    support = find_support(small, (small > 0) & ~arm_small, at, expected=expected, max_height=settings.max_height_m)
    stage.end("table")
    if support is None:
        nothing = np.zeros(depth_m.shape, np.int32)
        return Proposal(nothing, nothing > 0, arm, None, stage.ms)
    small_color = color if step == 1 else cv2.resize(color, (at.width, at.height), interpolation=cv2.INTER_AREA)
    labels, flat = _things(small, small_color, at, support, settings)
    stage.end("cut")
    labels = _outlined(labels, small_color, small, at, support, arm_small, flat, settings)
    stage.end("outline")
    labels, table = _enlarged(labels, depth_m.shape), _enlarged(support.table.astype(np.int32), depth_m.shape) > 0
    labels[arm] = 0
    stage.end("finish")
    return Proposal(labels, table & (labels == 0) & ~arm, arm, support.plane, stage.ms)


class _Stages:
    """Milliseconds a stage, when a clock was given."""

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self._clock = clock
        self._at = clock() if clock else 0.0
        self.ms: dict[str, float] = {}

    def end(self, name: str) -> None:
        if self._clock:
            now = self._clock()
            self.ms[name] = 1e3 * (now - self._at)
            self._at = now


def _reduced(depth_m: Depth, camera: Intrinsics, step: int) -> tuple[Depth, Intrinsics]:
    if step == 1:
        return depth_m, camera
    small = np.ascontiguousarray(depth_m[::step, ::step])
    at = Intrinsics(
        width=small.shape[1], height=small.shape[0], fx=camera.fx / step, fy=camera.fy / step, cx=camera.cx / step, cy=camera.cy / step
    )
    return small, at


def _enlarged(labels: Labels, shape: tuple[int, ...]) -> Labels:
    if labels.shape == shape:
        return labels
    return cv2.resize(labels.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST).astype(np.int32)


def _things(depth_m: Depth, color: ColorImage, camera: Intrinsics, support: Support, settings: Settings) -> tuple[Labels, Mask]:
    """Depth alone: labels (H, W) of things over the table; also where depth can be trusted for outlines."""
    focal = camera.fx
    z = cuts.smooth(depth_m)
    w = cuts.inverse(z)
    over = support.above & (z > 0)
    noise = max(1e-4, float(np.median(support.threshold[::8, ::8] / np.maximum(depth_m[::8, ::8], 0.2) ** 2)) / 4)
    step = cuts.jumps(z, focal, noise)
    radius = max(3, round(0.008 * focal / max(0.2, float(np.median(z[over])) if over.any() else 1.0)))
    crease = cuts.concavity(cv2.blur(w, (3, 3)), z, min(radius, 8), focal)
    free = over & ~step & (crease < settings.crease)
    opened = cv2.morphologyEx(free.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(opened, connectivity=4)
    labels = _without_dust(labels, 30)
    labels = cuts.grow(labels, over, z, focal, 2 * min(radius, 8))
    labels = _rest(labels, over)
    labels = containers.join(labels, over, support.height, support.across, support.along, color)
    small_px = max(40, int((settings.min_size_m * focal / max(0.2, float(np.median(z[over])) if over.any() else 1.0)) ** 2))
    labels = merge.join(labels, support.height, z, crease, focal, min_area=small_px)
    return _plausible(labels, z, support, focal, settings), step


def _without_dust(labels: Labels, least: int) -> Labels:
    area = np.bincount(labels.ravel())
    keep = np.cumsum(area >= least)
    keep[area < least] = 0
    table = np.where(area >= least, np.cumsum(area >= least), 0)
    table[0] = 0
    return table.astype(np.int32)[labels]


def _rest(labels: Labels, over: Mask) -> Labels:
    """What no seed reached: connected leftovers become pieces of their own, to be merged or dropped."""
    left = (over & (labels == 0)).astype(np.uint8)
    _, parts = cv2.connectedComponents(left, connectivity=8)
    parts = _without_dust(parts, 20)
    return np.where(parts > 0, parts + int(labels.max()), labels).astype(np.int32)


def _plausible(labels: Labels, z: Depth, support: Support, focal: float, settings: Settings) -> Labels:
    """Drops dust, walls and what stands beside the table; numbers the others from 1."""
    count = int(labels.max()) + 1
    at = np.flatnonzero(labels)
    flat = labels.ravel()[at]
    area = np.maximum(np.bincount(flat, minlength=count), 1)
    depth = np.bincount(flat, z.ravel()[at], count) / area
    extent = np.sqrt(area) * depth / focal
    top = np.zeros(count)
    np.maximum.at(top, flat, support.height.ravel()[at])
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    cut_off = np.bincount(edge, minlength=count) * depth / focal
    foreign = np.bincount(_beside(labels, support.outside), minlength=count) / area
    good = (extent > settings.min_size_m) & (area > 40) & (extent < settings.max_size_m) & (foreign < 0.15) & (top > 0.006)
    good &= (_width(labels, count) * depth / focal < settings.max_size_m) & (cut_off < 0.25)
    good[0] = False
    numbers = np.where(good, np.cumsum(good), 0).astype(np.int32)
    return numbers[labels]


def _width(labels: Labels, count: int) -> npt.NDArray[np.float64]:
    """The longer side of each label's bounding box, pixels."""
    sides = [max(b[0].stop - b[0].start, b[1].stop - b[1].start) if b else 0 for b in find_objects(labels, max_label=count - 1)]
    return np.array([0, *sides], float)


def _beside(labels: Labels, outside: Mask) -> npt.NDArray[np.int32]:
    near = cv2.dilate(outside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return labels[near & (labels > 0)]


def _outlined(
    labels: Labels, color: ColorImage, depth_m: Depth, camera: Intrinsics, support: Support, arm: Mask, step: Mask, settings: Settings
) -> Labels:
    chroma, light = refine.table_distance(color, support.table)
    labels = _filled(labels, support, chroma, light)
    sure = support.height > np.maximum(2.5 * support.threshold, 0.02)
    solid = cv2.erode((sure & ~step).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    labels = refine.snap(labels, color, inner=3, outer=4, keep=solid, closed=arm)
    labels = _tidy(labels)
    if settings.marks:
        metre_px = np.divide(camera.fx, depth_m, out=np.zeros_like(depth_m), where=depth_m > 0)
        marks = refine.colored_marks(chroma, light, support.table, labels > 0, metre_px=metre_px)
        labels = np.where((labels == 0) & (marks > 0), marks + int(labels.max()), labels).astype(np.int32)
    return labels


def _filled(labels: Labels, support: Support, chroma: refine.Image, light: refine.Image) -> Labels:
    """Holes of depth inside things, and low bottoms of bowls, unless the table shows through."""
    fillable = ~support.table | (chroma > 2) | (light > 2.5)
    for i, found in enumerate(find_objects(labels), 1):
        if found:
            box = _grown_box(found, 1)
            part = labels[box]
            filled = merge.fill_holes(part == i, fillable[box])
            part[filled & (part == 0)] = i
    return labels


def _grown_box(box: tuple[slice, ...], margin: int) -> tuple[slice, ...]:
    return tuple(slice(max(0, s.start - margin), s.stop + margin) for s in box)


def _tidy(labels: Labels) -> Labels:
    """Each label's largest part, smooth outline."""
    out = np.zeros_like(labels)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    for i, found in enumerate(find_objects(labels), 1):
        if not found:
            continue
        mask = cv2.morphologyEx((labels[found] == i).astype(np.uint8), cv2.MORPH_OPEN, kernel)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        if count > 1:
            keep = stats[:, cv2.CC_STAT_AREA] >= 0.25 * stats[1:, cv2.CC_STAT_AREA].max()
            keep[0] = False
            out[found][keep[parts]] = i
    return out


def windows(labels: Labels) -> list[tuple[tuple[slice, slice], Mask]]:
    """Per label 1..n its bounding window and the mask within; an empty window for a number that is not there."""
    found = find_objects(labels)
    empty = (slice(0, 0), slice(0, 0))
    return [(box or empty, labels[box or empty] == i) for i, box in enumerate(found, 1)]
