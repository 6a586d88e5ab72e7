"""Owns the position on a planned path: pause and speed scale it, and at most 0.3 s of set-points are ever under way. No Qt, no arm."""

from __future__ import annotations

import numpy as np

from core.types import Array, Command, Driver, Waypoints

_HORIZON_S = 0.3
_STEP_S = 0.02
_GRIP_CHECK_S, _EMPTY_S = 0.5, 0.15


class PathExecutor:
    """Streams one path as commands of one lease. `position_s` runs from 0 to `duration_s` in the path's own time."""

    def __init__(self, path: Waypoints, source: Driver, generation: int) -> None:
        self._path, self._source, self._generation = path, source, generation
        self.position_s = 0.0
        self.duration_s = float(path.times[-1])
        self.paused = False
        self._last_ns: int | None = None
        self._held_s = 0.0

    @property
    def done(self) -> bool:
        """Whether the last set-point was sent."""
        return self.position_s >= self.duration_s

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, self.position_s / max(self.duration_s, 1e-9))

    def step(self, now_ns: int, speed: float, seq: int) -> Command | None:
        """The command for now, None while paused. `speed` scales the path's time."""
        elapsed = 0.0 if self._last_ns is None else (now_ns - self._last_ns) / 1e9
        self._last_ns = now_ns
        if self.paused:
            return None
        # A late executor slows down; it never skips along the path.
        self.position_s = min(self.duration_s, self.position_s + min(elapsed, 3 * _STEP_S) * speed)
        ahead = np.arange(0.0, _HORIZON_S, _STEP_S)
        at = np.minimum(self.position_s + ahead * speed, self.duration_s)
        return Command(
            seq=seq,
            source=self._source,
            generation=self._generation,
            times_ns=now_ns + (ahead * 1e9).astype(np.int64),
            joints=self.joints_at(at),
            gripper=self.gripper_at(at),
            expiry_ns=now_ns + int(_HORIZON_S * 1e9),
        )

    def rest(self) -> None:
        """Forget the time that passes while the host holds, so that the path goes on from where it stands."""
        self._last_ns = None

    def closed_for_s(self) -> float:
        """Seconds of the path's time since the gripper was told to close; 0 while it is open."""
        path = self._path
        index = int(np.clip(np.searchsorted(path.times, self.position_s, side="right") - 1, 0, len(path.times) - 1))
        opened = np.flatnonzero(path.gripper[: index + 1] > path.gripper.min() + 0.005)
        if len(path.gripper) == 0 or np.ptp(path.gripper) < 0.005 or path.gripper[index] > path.gripper.min() + 0.005:
            return 0.0
        closed_at = path.times[opened[-1] + 1] if len(opened) else path.times[0]
        return float(self.position_s - closed_at)

    def slipped(self, gripping: bool) -> bool:
        """Whether the gripper has been closed for long enough to hold something, and has held nothing for a while.

        Asked once a step: a pad loses touch for an instant when what it holds touches the ground, which is no slip.
        """
        if gripping or self.closed_for_s() <= _GRIP_CHECK_S:
            self._held_s = self.position_s
        return self.position_s - self._held_s > _EMPTY_S

    def joints_at(self, times: Array) -> Array:
        """Joints (N, 6) rad at path times (N,) s."""
        path = self._path
        return np.stack([np.interp(times, path.times, path.joints[:, k]) for k in range(path.joints.shape[1])], axis=1)

    def gripper_at(self, times: Array) -> Array:
        """Gripper openings (N,) m at path times (N,) s: each commanded opening holds until the next."""
        index = np.clip(np.searchsorted(self._path.times, times, side="right") - 1, 0, len(self._path.times) - 1)
        return self._path.gripper[index]
