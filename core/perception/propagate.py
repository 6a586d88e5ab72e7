"""Carries one mask from frame to frame, forwards or backwards, and says where it drifts: then a person looks again.

Called by `app.propagation`. The mask is moved by the thing's own motion (dense optical flow, DIS, Kroeger et al. 2016) and must keep its
colour and depth; where it does not, the identifier's track may take over if it looks like the thing. Pure of storage and screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Depth, Mask
from core.types import ColorImage, LabelMap

_MARGIN_PX = 24
_KEPT_SHARE = 0.75  # of the mask that must look as it did in the frame before
_TRACK_IOU = 0.35
_AREA = (0.6, 1.7)  # against the frame that a person drew on
_ALIKE = 0.62
_LEVELS = 30.0
_DEPTH_M = 0.02


@dataclass(frozen=True)
class View:
    """One frame: color u8 (H, W, 3), depth_m f32 (H, W) registered; labels and instances by track where it was identified."""

    color: ColorImage
    depth_m: Depth
    labels: LabelMap | None = None
    instances: Mapping[int, int] = field(default_factory=dict)

    def mask_of(self, track: int) -> Mask | None:
        """The identifier's mask of a track (H, W)."""
        instance = self.instances.get(track)
        return None if instance is None or self.labels is None else np.asarray(self.labels == instance)


@dataclass(frozen=True)
class Step:
    """What became of one frame: the mask, or None and why it ended there."""

    mask: Mask | None
    alike: float
    reason: str = ""


def carry(first: View, mask: Mask, track: int, views: Iterable[View]) -> Iterator[Step]:
    """The mask of `first` on each of `views`, neighbours in time; ends after the first step without a mask."""
    look, area = _look(first.color, mask), int(np.count_nonzero(mask))
    before = first
    for view in views:
        step = _step(before, view, mask, track, look, area)
        yield step
        if step.mask is None:
            return
        before, mask = view, step.mask


def _step(before: View, view: View, mask: Mask, track: int, look: npt.NDArray[np.float32], area: int) -> Step:
    if view.color.shape != before.color.shape or not mask.any():
        return Step(None, 0.0, "The picture has another size there.")
    moved, kept = _moved(before, view, mask)
    found = view.mask_of(track)
    if kept < _KEPT_SHARE and found is not None and found.any():
        moved, kept = found, 1.0
    elif found is not None and _iou(moved, found) < _TRACK_IOU and _iou(mask, before.mask_of(track)) > _TRACK_IOU:
        return Step(None, kept, "It parts from its track there.")
    if kept < _KEPT_SHARE or not moved.any():
        return Step(None, kept, "It is hidden or looks different there.")
    share = np.count_nonzero(moved) / max(1, area)
    alike = float(cv2.compareHist(look, _look(view.color, moved), cv2.HISTCMP_CORREL))
    if not _AREA[0] < share < _AREA[1] or alike < _ALIKE:
        return Step(None, alike, "It looks different there.")
    return Step(moved, alike)


def _moved(before: View, view: View, mask: Mask) -> tuple[Mask, float]:
    """The mask where the thing went, and the share of it that kept its colour and depth."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = np.s_[max(0, rows[0] - _MARGIN_PX) : rows[-1] + 1 + _MARGIN_PX, max(0, columns[0] - _MARGIN_PX) : columns[-1] + 1 + _MARGIN_PX]
    part = mask[window]
    then, now = _grey(before.color[window]), _grey(view.color[window])
    grid = np.indices(part.shape, np.float32)
    flow = np.zeros((*part.shape, 2), np.float32)
    if min(part.shape) >= 16 and not np.array_equal(then, now):
        backwards = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        flow = backwards.calc(now, then, flow)
        inside = cv2.erode(part.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        # One thing moves as one: its middle flow, so that a rim does not stick to the table behind it.
        flow = np.broadcast_to(np.median(flow[inside if inside.any() else part], axis=0), flow.shape)
    at_u, at_v = (grid[1] + flow[..., 0]).astype(np.float32), (grid[0] + flow[..., 1]).astype(np.float32)
    moved = cv2.remap(part.astype(np.uint8), at_u, at_v, cv2.INTER_NEAREST) > 0
    out = np.zeros(mask.shape, bool)
    out[window] = moved
    if not moved.any():
        return out, 0.0
    color = cv2.remap(cv2.blur(before.color[window], (3, 3)), at_u, at_v, cv2.INTER_LINEAR).astype(np.float32)
    depth = cv2.remap(before.depth_m[window], at_u, at_v, cv2.INTER_NEAREST)
    off = np.abs(color - cv2.blur(view.color[window], (3, 3))).max(2) > _LEVELS
    both = (depth > 0) & (view.depth_m[window] > 0)
    off |= both & (np.abs(depth - view.depth_m[window]) > _DEPTH_M)
    return out, 1.0 - float(np.count_nonzero(off & moved)) / float(np.count_nonzero(moved))


def _grey(color: ColorImage) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(cv2.cvtColor(color, cv2.COLOR_RGB2GRAY), np.uint8)


def _look(color: ColorImage, mask: Mask) -> npt.NDArray[np.float32]:
    """A smoothed histogram of hue and saturation under the mask, which does not see brightness."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    hsv = cv2.cvtColor(np.ascontiguousarray(color[window]), cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hsv], [0, 1], np.ascontiguousarray(mask[window]).view(np.uint8), [18, 8], [0, 180, 0, 256])
    return np.asarray(cv2.GaussianBlur(counts / max(1.0, float(counts.sum())), (3, 3), 0), np.float32)


def _iou(a: Mask, b: Mask | None) -> float:
    return 0.0 if b is None else float(np.count_nonzero(a & b)) / max(1.0, float(np.count_nonzero(a | b)))
