"""What was found is kept while nothing moves: the network's evidence, and for a live camera the whole proposal.

`standard` puts these around a `segment.Segmenter` and around `propose.propose` where frames follow each other. On two cores a proposal
costs 55 ms and telling that nothing moved 2 ms, so a still table is followed at the camera's rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Depth, Mask, Plane
from core.perception.propose import Proposal, Settings
from core.perception.segment import GRID, Evidence, Looker, Patch
from core.types import ColorImage, Intrinsics

_KEPT_FRAMES = 8
_KEPT_PROPOSALS = 4  # a rollout that looks eight times shall see two proposals
_NOISE_M, _NOISE_GROWS = 0.004, 0.018  # what depth flickers by: metres, and times the distance cubed (measured on the simulated D435)
_MOVED_PX = 12  # of the network's grid, after specks are taken away
_COLOR_CHANGED = 24  # of 255, beyond noise and JPEG
_COLOR_STEP = 4


@dataclass(frozen=True)
class _Look:
    """What was looked at, what the network said of it, and how often that was used since."""

    patch: Patch
    evidence: Evidence
    frames: int = 0


class StillSegmenter:
    """A `Looker` with a memory of one look."""

    def __init__(self, segmenter: Looker) -> None:
        self._segmenter = segmenter
        self.version = segmenter.version
        self._last: _Look | None = None

    def look(self, patch: Patch) -> Evidence:
        """As `Segmenter.look`; the last answer again while nothing moved."""
        known = self._last
        if known is None or known.frames >= _KEPT_FRAMES or _differ(known.patch, patch):
            known = _Look(patch, self._segmenter.look(patch))
        self._last = replace(known, frames=known.frames + 1)
        return known.evidence


@dataclass(frozen=True)
class _Kept:
    """A proposal, what it was made of on coarse grids, and how often it was used since."""

    color: ColorImage
    depth_m: Depth
    arm: Mask
    proposal: Proposal
    frames: int = 0


class StillProposer:
    """A proposer that answers as before while neither depth, nor colour, nor the robot changed, for at most four frames."""

    def __init__(self, propose: Callable[..., Proposal]) -> None:
        self._propose = propose
        self._last: _Kept | None = None

    def __call__(
        self,
        color: ColorImage,
        depth_m: Depth,
        camera: Intrinsics,
        *,
        arm: Mask | None = None,
        expected: Plane | None = None,
        certain: bool = True,
        settings: Settings | None = None,
        clock: Callable[[], float] | None = None,
    ) -> Proposal:
        """As `propose.propose`; the stages that were left out are not in `ms`."""
        shown = color[::_COLOR_STEP, ::_COLOR_STEP]
        few = np.ascontiguousarray(depth_m[::GRID, ::GRID])
        robot = np.zeros(few.shape, bool) if arm is None else arm[::GRID, ::GRID]
        known = self._last
        if known is not None and known.frames < _KEPT_PROPOSALS and _unchanged(known, shown, few, robot):
            self._last = replace(known, frames=known.frames + 1)
            return replace(known.proposal, ms={})
        made = self._propose(color, depth_m, camera, arm=arm, expected=expected, certain=certain, settings=settings, clock=clock)
        self._last = _Kept(shown.copy(), few, robot.copy(), made)
        return made


def _unchanged(then: _Kept, color: ColorImage, depth_m: Depth, arm: Mask) -> bool:
    if then.color.shape != color.shape or then.depth_m.shape != depth_m.shape:
        return False
    if _solid((then.arm != arm).astype(np.uint8)) > _MOVED_PX or _moved(then.depth_m, depth_m, arm | then.arm):
        return False  # the robot's outline is told by depth too, so it flickers
    changed = (cv2.absdiff(then.color, color).max(axis=2) > _COLOR_CHANGED).astype(np.uint8)
    changed[arm[:: _COLOR_STEP // GRID, :: _COLOR_STEP // GRID][: changed.shape[0], : changed.shape[1]]] = 0
    return cv2.countNonZero(cv2.erode(changed, np.ones((2, 2), np.uint8))) <= _MOVED_PX // 2


def _differ(then: Patch, now: Patch) -> bool:
    if then.depth_m.shape != now.depth_m.shape or _moved(then.depth_m, now.depth_m, then.closed | now.closed):
        return True
    bared = (then.closed & ~now.closed & now.support.above).astype(np.uint8)  # a thing that the robot hid when it was looked at
    return _solid(bared) > _MOVED_PX


def _moved(then: Depth, now: Depth, closed: Mask) -> bool:
    """Whether more than noise lies between two depth images (H, W) outside the robot; missing readings say nothing."""
    both = (then > 0) & (now > 0) & ~closed
    changed = (both & (np.abs(then - now) > _NOISE_M + _NOISE_GROWS * now * now * now)).astype(np.uint8)
    return _solid(changed) > _MOVED_PX


def _solid(changed: npt.NDArray[np.uint8]) -> int:
    """How many pixels changed together with all their neighbours."""
    return cv2.countNonZero(cv2.erode(changed, np.ones((3, 3), np.uint8)))
