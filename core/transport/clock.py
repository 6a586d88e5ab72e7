"""The one clock of a rig, passed in everywhere: host time when live, the world's own time in the simulated cell.

Only this package reads host time; `time.*` is not used elsewhere in `core`.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
import zlib
from pathlib import Path
from typing import Protocol

_LAYOUT = struct.Struct("<QQQQQ")  # stop latch, time of its event, world time, host time at that world time, time of the first hold (ns)
_LONGEST_EXTRAPOLATION_NS = 40_000_000
_KEPT = struct.Struct("<QII16s")  # how many were kept before it, its length and checksum, the run
_KEPT_BYTES, _KEPT_FROM = 1 << 18, 64


class Clock(Protocol):
    """Something that tells the rig's time in nanoseconds."""

    def now_ns(self) -> int:
        """Nanoseconds on the rig's clock, never running backwards."""
        ...


class HostClock:
    """Monotonic host time, for real rigs, heartbeats and STOP."""

    def now_ns(self) -> int:
        """Nanoseconds of the host's monotonic clock."""
        return time.monotonic_ns()

    def wall_s(self) -> float:
        """Seconds since 1970, for dates shown to people."""
        return time.time()

    def sleep_until(self, t_ns: int) -> None:
        """Sleep until monotonic `t_ns`; returns at once when it has passed."""
        delay = (t_ns - time.monotonic_ns()) / 1e9
        if delay > 0:
            time.sleep(delay)


class ManualClock:
    """A clock that is set: the world's time in lockstep."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """The time last set."""
        return self._now_ns

    def set_ns(self, t_ns: int) -> None:
        """Move on to `t_ns`; earlier times are refused, so that time never runs backwards."""
        self._now_ns = max(self._now_ns, t_ns)


class RigMemory:
    """Shared memory of one rig: the STOP latch, the simulated world's time and its last state, mapped from a file so that they outlive
    processes. `run`: whose world it is; another run's state is not gone on from.

    Writers are single: the window sets the latch, the world's process sets the time. 64-bit aligned stores are atomic on all
    platforms that Pendant runs on.
    """

    def __init__(self, path: Path, run: str = "") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        size = _KEPT_FROM + 2 * _KEPT_BYTES
        if os.fstat(self._file).st_size < size:
            os.ftruncate(self._file, size)
        self._map = mmap.mmap(self._file, size)
        self._run, self._kept = run.encode()[:16].ljust(16, b"\0"), 0

    def stop(self, now_ns: int) -> None:
        """Latch STOP; `now_ns` (host monotonic) is kept for the latency figure."""
        struct.pack_into("<Q", self._map, 8, now_ns)
        struct.pack_into("<Q", self._map, 0, 1)
        self._map.flush()

    def release(self) -> None:
        """Leave STOP: the deliberate act of an operator."""
        struct.pack_into("<Q", self._map, 0, 0)
        self._map.flush()

    @property
    def stopped(self) -> bool:
        """Whether STOP is latched."""
        return bool(struct.unpack_from("<Q", self._map, 0)[0])

    @property
    def stop_event_ns(self) -> int:
        """Host time of the last STOP event in ns, 0 if none."""
        return int(struct.unpack_from("<Q", self._map, 8)[0])

    def held(self, now_ns: int) -> None:
        """The arm's host sent its first hold after STOP at host time `now_ns`."""
        struct.pack_into("<Q", self._map, 32, now_ns)

    @property
    def held_ns(self) -> int:
        """Host time of the first hold after the last STOP, 0 if none."""
        return int(struct.unpack_from("<Q", self._map, 32)[0])

    def set_world_time(self, world_ns: int) -> None:
        """Publish the simulated world's time."""
        struct.pack_into("<Q", self._map, 24, time.monotonic_ns())
        struct.pack_into("<Q", self._map, 16, world_ns)

    def world_time(self) -> int:
        """The world's time, extrapolated by host time for at most 40 ms (a late world slows down, it never skips)."""
        _, _, world_ns, at_ns, _ = _LAYOUT.unpack_from(self._map, 0)
        return int(world_ns + min(max(0, time.monotonic_ns() - at_ns), _LONGEST_EXTRAPOLATION_NS))

    def keep_world(self, state: bytes) -> None:
        """Keep an encoded state of the world for the process that comes after this one; a topic's history dies with its publisher.

        Two places take turns, so that a process killed half way leaves the state before. Raises ValueError on a state that is too long.
        """
        if len(state) > _KEPT_BYTES - _KEPT.size:
            raise ValueError("the world's state is too long to be kept")
        at = _KEPT_FROM + _KEPT_BYTES * (self._kept % 2)
        self._kept += 1
        self._map[at + _KEPT.size : at + _KEPT.size + len(state)] = state
        _KEPT.pack_into(self._map, at, self._kept, len(state), zlib.crc32(state), self._run)

    def kept_world(self) -> bytes | None:
        """The last whole state that this run kept, None when there is none."""
        found: tuple[int, bytes] | None = None
        for at in (_KEPT_FROM, _KEPT_FROM + _KEPT_BYTES):
            count, length, checksum, run = _KEPT.unpack_from(self._map, at)
            state = self._map[at + _KEPT.size : at + _KEPT.size + min(length, _KEPT_BYTES - _KEPT.size)]
            if count and run == self._run and zlib.crc32(state) == checksum and (found is None or count > found[0]):
                found = count, state
        if found is not None:
            self._kept = max(self._kept, found[0])
        return found[1] if found is not None else None

    def close(self) -> None:
        """Unmap; the file and its latch stay."""
        self._map.close()
        os.close(self._file)


class WorldClock:
    """Follows the simulated world's time from another process."""

    def __init__(self, memory: RigMemory) -> None:
        self._memory = memory
        self._last_ns = 0

    def now_ns(self) -> int:
        """The world's time in ns, never running backwards."""
        self._last_ns = max(self._last_ns, self._memory.world_time())
        return self._last_ns
