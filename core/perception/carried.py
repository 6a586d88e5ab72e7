"""What the hand holds: it moves with the tool, keeps its track however little of it is seen, and is looked for where it was let go of.

Called by `identify` once a frame, with what the robot's own sensors say (tool pose, jaw opening). Grasped is what lies between the fingers
when they close; it is let go of when they open. Knows no simulator and no gripper's force: an arm without such a sensor serves too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from core import geometry
from core.geometry import Depth
from core.perception import looks
from core.perception.corrected import Correction
from core.types import Array, ColorImage, Intrinsics, OrientedBox

_CLOSING_M, _CLOSING_NS = 0.004, 1_200_000_000  # so much narrower within this time: the jaws are closing
_EMPTY_M = 0.004  # jaws as narrow as this hold nothing
_BETWEEN_M = 0.015  # how far outside a thing's box the tool point may be, closing on it
_TAKEN_M = 0.015  # so far up or aside with the tool, it is in the hand
_AWAY_M = 0.12  # a hand that is so far does not hide what it let go of
_SEARCH_NS = 6_000_000_000  # how long a thing is looked for where it was let go of
_FRINGE_M = 0.02  # depth and grip are as wrong as this
_OWN_SHARE = 0.6  # of a proposal inside its box, to be the thing or a part of it
_FEWEST_PX = 12


class Boxed(Protocol):
    """A look at a thing."""

    @property
    def box(self) -> OrientedBox:
        """Its box in base."""
        ...


Look = TypeVar("Look", bound=Boxed)


@dataclass(frozen=True)
class _Jaws:
    t_ns: int
    T_base_tool: Array
    opening: float


@dataclass(frozen=True)
class _Hold(Generic[Look]):
    """A thing in the hand. `closed`: the jaws when they closed on it, which it moves with; `least` their least opening since.

    `open`: the jaws when they let go of it, None while they hold.
    """

    track: int
    look: Look
    closed: _Jaws
    least: float
    open: _Jaws | None = None


class Carried(Generic[Look]):
    """The memory of one hand. tool: joints (6,) to T_base_tool, None without an arm.

    `hidden`: the track in the hand, which no other sighting is; `expected`: where in base (3,) the thing that was let go of should be.
    """

    def __init__(self, tool: Callable[[Array], Array] | None) -> None:
        self._tool = tool
        self._known: dict[int, Look] = {}
        self._past: deque[_Jaws] = deque()
        self._hold: _Hold[Look] | None = None

    def feel(self, joints: Array | None, t_ns: int) -> None:
        """Joints (7,) at a frame's time, the last the jaws' opening in metres; nothing is felt without that."""
        if self._tool is None or joints is None or len(joints) < 7:
            return
        now = _Jaws(t_ns, self._tool(joints[:6]), float(joints[6]))
        self._past.append(now)
        while self._past[0].t_ns < t_ns - _CLOSING_NS:
            self._past.popleft()
        if self._hold is None or self._hold.open is not None:
            self._hold = self._grasped(now) or self._hold
        if self._hold is not None:
            self._hold = self._still(self._hold, now)

    @property
    def taken(self) -> int:
        """The track that the hand has moved from its place and holds, 0 = none."""
        hold = self._hold
        return hold.track if hold is not None and hold.open is None and self._moved(hold) else 0

    @property
    def hidden(self) -> frozenset[int]:
        """The track in the hand, or looked for under it: no sighting elsewhere is taken for it."""
        return frozenset({self._hold.track}) if self._hold is not None and (self.taken or self._hold.open is not None) else frozenset()

    @property
    def expected(self) -> Mapping[int, Array]:
        """Track and place (3,) in base of what was let go of."""
        hold = self._hold
        return {hold.track: self._box(hold).center} if hold is not None and hold.open is not None else {}

    def recall(
        self, labels: npt.NDArray[np.integer], color: ColorImage, depth_m: Depth, camera: Intrinsics, T_base_camera: Array
    ) -> dict[Correction, Look]:
        """The proposals (H, W) that are the thing in the hand, as one, to be laid over them; empty when none of it is seen."""
        hold = self._hold
        if hold is None or not (self.taken or (hold.open is not None and self._near(self._box(hold).center))):
            return {}
        box = self._box(hold)
        mask = _inside(box, labels, depth_m, camera, T_base_camera)
        if mask is None:
            return {}
        window = looks.window_of(mask)
        return {Correction(window, mask[window], color, depth_m, box, hold.track): hold.look}

    def note(self, seen: Mapping[int, Look], tracks: Mapping[int, int]) -> None:
        """The looks of this frame by track; `tracks`: all that are known, the others are forgotten."""
        for track, look in seen.items():
            if not self._near(look.box.center):  # beside the hand a piece of it may be taken for a thing, and a thing is half hidden
                self._known[track] = look
        self._known = {track: look for track, look in self._known.items() if track in tracks}
        hold = self._hold
        if hold is not None and (hold.track not in tracks or self._found(hold, seen)):
            self._hold = None

    def _grasped(self, now: _Jaws) -> _Hold[Look] | None:
        """The thing that the jaws are closing on: the smallest that the tool point is in."""
        if now.opening < _EMPTY_M or max(jaws.opening for jaws in self._past) - now.opening < _CLOSING_M:
            return None
        for jaws in reversed(self._past):
            inside = [track for track, look in self._known.items() if _holds(look.box, jaws.T_base_tool[:3, 3])]
            if inside:
                track = min(inside, key=lambda t: float(np.prod(self._known[t].box.size)))
                return _Hold(track, self._known[track], jaws, now.opening)
        return None

    def _still(self, hold: _Hold[Look], now: _Jaws) -> _Hold[Look] | None:
        """The hold as it is now, None when it is over."""
        if hold.open is not None:
            return hold if now.t_ns - hold.open.t_ns < _SEARCH_NS else None
        if now.opening < _EMPTY_M or now.opening > hold.least + _CLOSING_M:
            self._past = deque([now])  # how wide they were before they closed says nothing of the next time
            return replace(hold, open=now) if self._moved(hold) else None
        if now.opening < hold.least and not self._moved(hold):
            hold = replace(hold, closed=now)  # they are closing still, so it lies still
        return replace(hold, least=min(hold.least, now.opening))

    def _moved(self, hold: _Hold[Look]) -> bool:
        by = (hold.open or self._past[-1]).T_base_tool[:3, 3] - hold.closed.T_base_tool[:3, 3]
        return bool(np.hypot(by[0], by[1]) > _TAKEN_M or by[2] > _TAKEN_M)

    def _box(self, hold: _Hold[Look]) -> OrientedBox:
        """Where the thing is: moved with the tool since the jaws closed, until they opened."""
        T = (hold.open or self._past[-1]).T_base_tool @ geometry.invert(hold.closed.T_base_tool)
        box = hold.look.box
        return OrientedBox(center=T[:3, :3] @ box.center + T[:3, 3], size=box.size, R=T[:3, :3] @ box.R)

    def _near(self, place: Array) -> bool:
        return bool(self._past) and float(np.linalg.norm(self._past[-1].T_base_tool[:3, 3] - place)) < _AWAY_M

    def _found(self, hold: _Hold[Look], seen: Mapping[int, Look]) -> bool:
        """Whether what was let go of is found, the hand out of its way."""
        return hold.open is not None and hold.track in seen and not self._near(seen[hold.track].box.center)


def _holds(box: OrientedBox, point: Array) -> bool:
    return bool((np.abs((point - box.center) @ box.R) < box.size / 2 + _BETWEEN_M).all())


def _inside(
    box: OrientedBox, labels: npt.NDArray[np.integer], depth_m: Depth, camera: Intrinsics, T_base_camera: Array
) -> npt.NDArray[np.bool_] | None:
    """The pixels (H, W) of the proposals that lie in `box`; None when there are none."""
    window = _window(box, camera, T_base_camera)
    part = labels[window]
    if not part.size or not part.any():
        return None
    points = geometry.transform(T_base_camera, geometry.deproject_window(depth_m, camera, window))
    there = (np.abs((points - box.center) @ box.R) < box.size / 2 + _FRINGE_M).all(-1) & (depth_m[window] > 0) & (part > 0)
    count = int(labels.max()) + 1
    own = np.bincount(part[there], minlength=count) > _OWN_SHARE * np.bincount(labels.ravel(), minlength=count)
    own[0] = False
    mask = np.asarray(own[labels])
    return mask if np.count_nonzero(mask) >= _FEWEST_PX else None


def _window(box: OrientedBox, camera: Intrinsics, T_base_camera: Array) -> tuple[slice, slice]:
    """The rows and columns that a box with its fringe may cover."""
    grown = OrientedBox(center=box.center, size=box.size + 2 * _FRINGE_M, R=box.R)
    corners = geometry.transform(geometry.invert(T_base_camera), geometry.box_corners(grown))
    if corners[:, 2].min() < 0.05:
        return slice(0, camera.height), slice(0, camera.width)
    pixels = geometry.project(corners, camera)
    low, high = np.floor(pixels.min(0)).astype(int), np.ceil(pixels.max(0)).astype(int) + 1
    return slice(max(0, low[1]), max(0, high[1])), slice(max(0, low[0]), max(0, high[0]))
