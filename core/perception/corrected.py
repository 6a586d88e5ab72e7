"""Things whose outline a person drew, split or merged: each stays as it was drawn while it lies there, whatever is proposed.

Called by `identify` after the added things. A correction holds while the picture under it is the one it was drawn on, but for what now
hides it; when the thing is moved the proposals count again, and when it is put back exactly, so does the correction.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Depth, Mask, Window
from core.perception import looks
from core.types import ColorImage, OrientedBox

Labels = npt.NDArray[np.int32]

_CHANGED_LEVELS = 26.0  # of a colour channel, after blurring and after the light is evened out
_CHANGED_M = 0.015
_SMOOTH_PX = 5
_CHANGED_SHARE = 0.25
_SEEN_SHARE = 0.3  # of a thing that must be in view to be still drawn
_TAKEN_SHARE = 0.3  # of an older correction that a newer one may take before the older is void
_COVERED_SHARE = 0.5  # of a proposal beyond which its rest is not a thing of its own


class Correction:
    """One thing as it was drawn: its pixels `inside` a window, on the colour and registered depth (H, W) that were seen then.

    `box` when that was corrected too. `track`: the track that it was drawn for in this run, 0 = none yet.
    """

    def __init__(
        self, window: Window, inside: Mask, color: ColorImage, depth_m: Depth, box: OrientedBox | None = None, track: int = 0
    ) -> None:
        self.window = window
        self.shape = depth_m.shape
        self.inside = np.ascontiguousarray(inside)
        self.box, self.track = box, track
        self._color = _smooth(color[self.window])
        self._depth = depth_m[self.window].copy()

    @classmethod
    def of_mask(cls, mask: Mask, color: ColorImage, depth_m: Depth, box: OrientedBox | None = None, track: int = 0) -> Correction:
        """The same from a mask of the whole picture (H, W), which must not be empty."""
        window = looks.window_of(mask)
        return cls(window, mask[window], color, depth_m, box, track)

    def seen(self, blocked: Mask, color: ColorImage, depth_m: Depth, *, least: float = _SEEN_SHARE) -> Mask | None:
        """The pixels of its window that show it now; None when it is not there, or less than the share `least` of it is in view."""
        if depth_m.shape != self.shape:
            return None
        now = depth_m[self.window]
        both = (now > 0) & (self._depth > 0)
        before = (both & (now < self._depth - 2 * _CHANGED_M)).astype(np.uint8)
        before = cv2.morphologyEx(before, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))  # single pixels are the sensor's noise at a rim
        hidden = blocked[self.window] | (before > 0)
        shown = self.inside & ~hidden
        count = np.count_nonzero(shown)
        if count < max(1, least * np.count_nonzero(self.inside)):
            return None
        moved = both & (np.abs(now - self._depth) > _CHANGED_M)
        changed = np.count_nonzero((moved | self._repainted(color[self.window], shown)) & shown)
        return shown if changed <= _CHANGED_SHARE * count else None

    def _repainted(self, crop: ColorImage, shown: Mask) -> Mask:
        now = _smooth(crop)
        part = cv2.erode(shown.view(np.uint8), np.ones((_SMOOTH_PX,) * 2, np.uint8))  # what hides the rest is smoothed into its rim
        light = np.clip(np.array(cv2.mean(self._color, part)[:3]) / np.maximum(1.0, cv2.mean(now, part)[:3]), 0.6, 1.6)
        difference = np.abs(now * np.float32(light.mean()) - self._color).max(2)
        return np.asarray((difference > _CHANGED_LEVELS) & (part > 0))


class Corrected:
    """The corrections of a data folder, laid over each frame's proposals."""

    def __init__(self) -> None:
        self._corrections: tuple[Correction, ...] = ()
        self._tracks: dict[Correction, int] = {}

    def set(self, corrections: Sequence[Correction]) -> None:
        """The corrections that stand now, oldest first; those that stay keep their tracks."""
        self._corrections = tuple(corrections)
        self._tracks = {c: self._tracks.get(c, c.track) for c in corrections}

    def standing(self) -> frozenset[int]:
        """The tracks that corrections were drawn for, and those they were last seen as."""
        return frozenset((*(c.track for c in self._corrections), *self._tracks.values()))

    def track_of(self, correction: Correction | None) -> int:
        """The track that a corrected thing had when it was last seen, 0 = none."""
        return self._tracks.get(correction, correction.track) if correction is not None else 0

    def follow(self, correction: Correction | None, track: int) -> None:
        """A corrected thing was seen as this track; None: it was not corrected."""
        if correction is not None and correction in self._tracks:
            self._tracks[correction] = track

    def lay(
        self, labels: Labels, blocked: Mask, color: ColorImage, depth_m: Depth, recalled: Sequence[Correction] = ()
    ) -> tuple[Labels, dict[int, Correction]]:
        """`labels` (H, W), 0 = nothing, with the corrected things as instances of their own; and which instance is which.

        `blocked` (H, W): the robot. color u8 (H, W, 3), depth_m f32 (H, W) registered. `recalled`: things that are there though the robot
        covers part of them; what a person drew goes before them.
        """
        held, claimed = self._held(blocked, color, depth_m, recalled)
        if not held:
            return labels, {}
        count = int(labels.max()) + 1
        total = np.bincount(labels.ravel(), minlength=count)
        covered = np.bincount(labels[claimed], minlength=count)
        void = covered > _COVERED_SHARE * total
        out = np.where(void[labels], 0, labels).astype(np.int32) if void[1:].any() else labels.astype(np.int32)
        for number, (correction, shown) in enumerate(held, count):
            out[correction.window][shown] = number
        return _compact(out, {n: correction for n, (correction, _) in enumerate(held, count)})

    def _held(
        self, blocked: Mask, color: ColorImage, depth_m: Depth, recalled: Sequence[Correction]
    ) -> tuple[list[tuple[Correction, Mask]], Mask]:
        """The corrections that hold, and all their pixels (H, W); a newer one goes before an older."""
        claimed = np.zeros(depth_m.shape, bool)
        held: list[tuple[Correction, Mask]] = []
        for correction in reversed((*recalled, *self._corrections)):
            shown = correction.seen(blocked, color, depth_m, least=0.0 if correction in recalled else _SEEN_SHARE)
            if shown is None:
                continue
            free = shown & ~claimed[correction.window]
            if np.count_nonzero(free) < (1 - _TAKEN_SHARE) * np.count_nonzero(shown):
                continue
            claimed[correction.window] |= free
            held.append((correction, free))
        return held, claimed


def _smooth(color: ColorImage) -> npt.NDArray[np.float32]:
    return cv2.blur(color, (_SMOOTH_PX, _SMOOTH_PX)).astype(np.float32)


def _compact(labels: Labels, drawn: dict[int, Correction]) -> tuple[Labels, dict[int, Correction]]:
    """Labels numbered without gaps, and what is drawn under the new numbers."""
    there = np.bincount(labels.ravel()) > 0
    there[0] = False
    numbers = np.where(there, np.cumsum(there), 0).astype(np.int32)
    return numbers[labels], {int(numbers[n]): correction for n, correction in drawn.items()}
