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

from core.geometry import Depth, Mask, Plane, reduced
from core.perception import containers, cuts, merge, parted, plausible, refine
from core.perception import evidence as evidences
from core.perception.segment import GRID, Evidence, Looker, Patch, strided
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
    """labels i32 (H, W): 0 nothing, 1..n things; `table` and `arm` (H, W); the table's plane in the camera frame or None.

    A number between may be of nothing any more: its thing was joined to another, or was dust.
    """

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
    certain: bool = True,
    settings: Settings | None = None,
    clock: Callable[[], float] | None = None,
    segmenter: Looker | None = None,
) -> Proposal:
    """Things standing or lying on the table of a frame, on the colour grid; depth_m (H, W) registered, 0 = none.

    `arm` (H, W): pixels of the robot. `expected`: the table's plane where calibration knows it, or, not `certain`, where it was before.
    `clock` in seconds, for `ms`.
    `segmenter`: learned evidence for what geometry is unsure of; None leaves geometry alone.
    """
    settings = settings or Settings()
    depth_m = _known(depth_m)
    arm = np.zeros(depth_m.shape, bool) if arm is None else arm
    stage = _Stages(clock)
    step = 1 if depth_m.shape[1] <= settings.work_width else int(np.ceil(depth_m.shape[1] / settings.work_width))
    small, at = reduced(depth_m, camera, step)
    arm_small = cv2.dilate(arm[::step, ::step].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    seen = (small > 0) & ~arm_small
    support = find_support(small, seen, at, expected=expected, certain=certain, max_height=settings.max_height_m)
    stage.end("table")
    if support is None:
        nothing = np.zeros(depth_m.shape, np.int32)
        return Proposal(nothing, nothing > 0, arm, None, stage.ms)
    small_color = color if step == 1 else cv2.resize(color, (at.width, at.height), interpolation=cv2.INTER_AREA)
    window = _region(support.above)
    part, part_color, part_support = small[window], np.ascontiguousarray(small_color[window]), support.window(window)
    evidence = None if segmenter is None else segmenter.look(_on_grid(small, support, arm_small, at)).window(window)
    stage.end("look")
    z = cuts.smooth(part)
    cut, step_edge = _things(z, part_color, at.fx, part_support, settings, _sides(window, small.shape), evidence)
    stage.end("cut")
    unlike = refine.TableColor(small_color, support.table)
    cut = _outlined(cut, part_color, part_support, arm_small[window], step_edge, unlike.near(window))
    if support.seen:  # in a heap without a table as many pieces of two things were joined as of one
        cut = parted.join(cut, z, part_support.height, support.noise, arm_small[window])
    labels = np.zeros(small.shape, np.int32)
    labels[window] = cut
    if settings.marks:
        refine.add_marks(labels, unlike, support.table, small, at.fx)
        if support.seen:
            refine.add_low(labels, unlike, support.table, small, support.height, at.fx)
    stage.end("outline")
    labels, table = _enlarged(labels, depth_m.shape), _enlarged(support.table.astype(np.int32), depth_m.shape) > 0
    labels[arm] = 0
    stage.end("finish")
    return Proposal(labels, table & (labels == 0) & ~arm, arm, support.plane, stage.ms)


def _known(depth_m: Depth) -> Depth:
    """Depth with 0 where it is no distance: a camera's filter may leave NaN, infinite or negative values."""
    if np.isfinite(depth_m.sum()) and depth_m.min(initial=0) >= 0:
        return depth_m
    return np.where(np.isfinite(depth_m) & (depth_m > 0), depth_m, 0).astype(np.float32)


def _on_grid(depth_m: Depth, support: Support, arm: Mask, camera: Intrinsics) -> Patch:
    """What a segmenter looks at: the picture on its grid."""
    few, at = reduced(depth_m, camera, GRID)
    return Patch(few, strided(support), arm[::GRID, ::GRID], at)


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


def _enlarged(labels: Labels, shape: tuple[int, ...]) -> Labels:
    if labels.shape == shape:
        return labels
    return cv2.resize(labels.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST).astype(np.int32)


def _region(above: Mask, margin: int = 16) -> tuple[slice, slice]:
    """The window of the picture that holds all that stands over the table, specks aside; in steps, so that noise seldom moves it."""
    solid = cv2.erode(above[::2, ::2].astype(np.uint8), np.ones((2, 2), np.uint8))
    x, y, width, height = (2 * n for n in cv2.boundingRect(solid))
    if not width:
        return slice(0, min(64, above.shape[0])), slice(0, min(64, above.shape[1]))
    return _stepped(y - margin, y + height + margin), _stepped(x - margin, x + width + margin)


def _stepped(start: int, stop: int, step: int = 16) -> slice:
    return slice(max(0, start // step * step), -(-stop // step) * step)


def _sides(window: tuple[slice, slice], shape: tuple[int, ...]) -> tuple[bool, bool, bool, bool]:
    """Whether a window's top, bottom, left, right are the picture's."""
    rows, columns = window
    return rows.start == 0, rows.stop >= shape[0], columns.start == 0, columns.stop >= shape[1]


def _things(
    z: Depth,
    color: ColorImage,
    focal: float,
    support: Support,
    settings: Settings,
    sides: tuple[bool, bool, bool, bool],
    evidence: Evidence | None,
) -> tuple[Labels, Mask]:
    """Smooth depth alone: labels (H, W) of things over the table; also where depth jumps. `sides`: which borders are the picture's."""
    w = cuts.inverse(z)
    over = support.above & (z > 0) & ~cuts.smeared(z, support.height, focal)
    step = cuts.jumps(z, focal, support.noise)
    near = z[::2, ::2][over[::2, ::2]]
    middle = max(0.2, float(np.median(near)) if len(near) else 1.0)
    radius = max(3, round(0.008 * focal / middle))
    crease = cuts.concavity(cv2.blur(w, (3, 3)), z, min(radius, 8), focal)
    free = over & ~step & (crease < settings.crease)
    if evidence is not None:
        free &= evidences.enlarged(evidences.partings(evidence), z.shape) < evidences.PARTED
    opened = cv2.morphologyEx(free.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(opened, connectivity=4)
    labels = _without_dust(labels, 30)
    labels = cuts.grow(labels, over, z, focal, 2 * min(radius, 8))
    labels = _rest(labels, over)
    labels, inside = containers.join(labels, over, support.height, support.across, support.along, color, evidence=evidence)
    small_px = max(40, int((settings.min_size_m * focal / middle) ** 2))
    labels = merge.join(labels, support.height, z, crease, focal, min_area=small_px, evidence=evidence, inside=inside)
    if evidence is not None:
        labels = evidences.without_scenery(labels, evidence)
    sizes = (settings.min_size_m, settings.max_size_m)
    return plausible.things(labels, z, support, focal, sizes, sides), step


def _without_dust(labels: Labels, least: int) -> Labels:
    area = np.bincount(labels.ravel())
    table = np.where(area >= least, np.cumsum(area >= least), 0)
    table[0] = 0
    return table.astype(np.int32)[labels]


def _rest(labels: Labels, over: Mask) -> Labels:
    """What no seed reached: connected leftovers become pieces of their own, to be merged or dropped."""
    left = (over & (labels == 0)).astype(np.uint8)
    _, parts = cv2.connectedComponents(left, connectivity=8)
    parts = _without_dust(parts, 20)
    return np.where(parts > 0, parts + int(labels.max()), labels).astype(np.int32)


def _outlined(labels: Labels, color: ColorImage, support: Support, arm: Mask, step: Mask, unlike: Mask) -> Labels:
    labels = _filled(labels, support, unlike)
    if _is_whole(labels, support):
        return _tidy(labels)
    sure = support.height > np.maximum(2.5 * support.threshold, 0.02)
    solid = cv2.erode((sure & ~step).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    labels = refine.snap(labels, color, inner=3, outer=4, keep=solid, closed=arm)
    return _tidy(labels)


def _is_whole(labels: Labels, support: Support) -> bool:
    """Whether depth has no gap all around the things: then it was aligned and filled, and its own edges are the outlines."""
    things = (labels > 0).astype(np.uint8)
    around = cv2.dilate(things, np.ones((9, 9), np.uint8)) > 0
    gaps = np.count_nonzero(support.height[around] == 0)
    return bool(gaps < 0.002 * np.count_nonzero(around))


def _filled(labels: Labels, support: Support, unlike: Mask) -> Labels:
    """Holes of depth inside things, and low bottoms of bowls, unless the table shows through; `unlike` the table in colour (H, W)."""
    level = (support.height != 0) & (np.abs(support.height) < support.threshold)
    fillable = (~support.table | unlike) & ~level
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
