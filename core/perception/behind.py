"""Things that the robot passes in front of: each keeps its outline, box and track while it lies there, however much of it is hidden.

Called by `identify`. What stood whole beside the robot is remembered with its picture; when the robot covers part of it, the pieces that
are left are that thing and no others, and a thing that is hidden altogether is not looked for elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np

from core.geometry import Depth, Mask, Window
from core.perception.corrected import Correction
from core.types import ColorImage

Look = TypeVar("Look")

_SEEN_SHARE = 0.02  # of a thing that must be in view to be told from its memory
_HIDDEN_SHARE = 0.75  # that the robot covers, for what is left to be too little to say that it is gone
_NEAR_PX = 7  # how near the robot's outline is taken for touching: it is a few pixels wrong
_RENEWED = 2  # memories made anew a frame, so that a frame takes no longer for them


@dataclass(frozen=True)
class Whole(Generic[Look]):
    """A thing that is seen whole: its track, window and pixels there, and what it looks like."""

    track: int
    window: Window
    inside: Mask
    look: Look


class Behind(Generic[Look]):
    """The memory. `hidden`: tracks that were there and are covered altogether now."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Correction, Look]] = {}
        self._turn = 0
        self.hidden: frozenset[int] = frozenset()

    def recall(self, robot: Mask, color: ColorImage, depth_m: Depth, *, gone: int = 0) -> dict[Correction, Look]:
        """The things that the robot (H, W) covers in part now, to be laid over the proposals. color u8 (H, W, 3), depth_m (H, W).

        gone: the track that the robot took away.
        """
        self._known.pop(gone, None)
        found, hidden = {}, set()
        for track, (memory, look) in list(self._known.items()):
            if memory.shape != robot.shape:
                del self._known[track]
            elif _touches(memory, robot):
                shown = memory.seen(robot, color, depth_m, least=_SEEN_SHARE)
                if shown is not None:
                    found[memory] = look
                elif _covered(memory, robot):
                    hidden.add(track)
                else:
                    del self._known[track]  # it was moved
        self.hidden = frozenset(hidden)
        return found

    def remember(self, whole: Sequence[Whole[Look]], tracks: Mapping[int, int], robot: Mask, color: ColorImage, depth_m: Depth) -> None:
        """Note a few of the things that are seen whole; `tracks`: when each was seen last, ns, the others are forgotten."""
        self._known = {t: known for t, known in self._known.items() if t in tracks}
        around = cv2.dilate(robot.view(np.uint8), np.ones((2 * _NEAR_PX + 1,) * 2, np.uint8)).view(bool)
        free = [thing for thing in whole if not (around[thing.window] & thing.inside).any()]
        fresh = [thing for thing in free if thing.track not in self._known]
        self._turn += _RENEWED
        turns = [free[(self._turn + k) % len(free)] for k in range(min(_RENEWED, len(free)))]
        for thing in (fresh or turns)[: 2 * _RENEWED]:
            self._known[thing.track] = Correction(thing.window, thing.inside, color, depth_m, track=thing.track), thing.look


def _touches(memory: Correction, robot: Mask) -> bool:
    rows, columns = (slice(max(0, s.start - _NEAR_PX), s.stop + _NEAR_PX) for s in memory.window)
    near = robot[rows, columns]
    if not near.any():
        return False
    inside = np.zeros(near.shape, np.uint8)
    top, left = memory.window[0].start - rows.start, memory.window[1].start - columns.start
    inside[top : top + memory.inside.shape[0], left : left + memory.inside.shape[1]] = memory.inside
    return bool((cv2.dilate(inside, np.ones((2 * _NEAR_PX + 1,) * 2, np.uint8)).view(bool) & near).any())


def _covered(memory: Correction, robot: Mask) -> bool:
    """Whether the robot hides most of it."""
    hidden = np.count_nonzero(memory.inside & robot[memory.window])
    return bool(hidden >= _HIDDEN_SHARE * np.count_nonzero(memory.inside))
