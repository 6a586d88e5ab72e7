"""Recordings of ours as cameras: episodes, and folders of frames by name. Knows no SDK and no screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.errors import CameraLost, CameraStalled, DeviceError, StoreError
from core.storage.episode import EpisodeReader
from core.types import CameraInfo, Frame
from devices.playback import FolderCamera


def open_folder(
    source: str, *, now_ns: Callable[[], int], wait_s: Callable[[float], None], loop: bool = True, fps: float = 0.0
) -> FolderCamera:
    """A folder of frames."""
    return FolderCamera(Path(source), now_ns=now_ns, wait_s=wait_s, loop=loop, fps=fps or 15.0)


def open_episode(
    source: str, *, now_ns: Callable[[], int], wait_s: Callable[[float], None], loop: bool = True, fps: float = 0.0
) -> EpisodeCamera:
    """An episode file."""
    return EpisodeCamera(Path(source), now_ns=now_ns, wait_s=wait_s, loop=loop)


class EpisodeCamera:
    """`core.ports.Camera` over an episode: frames come with the gaps of time that they were recorded with."""

    def __init__(self, path: Path, *, now_ns: Callable[[], int], wait_s: Callable[[float], None], loop: bool = True) -> None:
        self._path, self._now_ns, self._wait_s, self._loop = path, now_ns, wait_s, loop
        self._reader: EpisodeReader | None = None
        self._seqs: list[int] = []
        self._times_ns: list[int] = []
        self._next = self._played = 0
        self._start_ns = 0

    def open(self) -> CameraInfo:
        """Open the file. Raises DeviceError when it cannot be read."""
        try:
            self._reader = EpisodeReader(self._path)
            self._seqs, self._times_ns = self._reader.seqs(), [int(t) for t in self._reader.times_ns()]
            info = self._reader.camera()
        except StoreError as error:
            raise DeviceError(str(error)) from error
        if not self._seqs:
            raise DeviceError("That demonstration holds no frame, so there is nothing to play.")
        self._next, self._start_ns = 0, self._now_ns()
        return info

    def read(self, timeout_s: float) -> Frame:
        """The next frame when it is due. Raises CameraStalled before that, CameraLost at the end."""
        if self._reader is None or self._next >= len(self._seqs):
            if self._reader is None or not self._loop:
                raise CameraLost("The recording is at its end. Open it again to start over.")
            self._next, self._start_ns = 0, self._now_ns()
        due = self._start_ns + self._times_ns[self._next] - self._times_ns[0]
        wait = (due - self._now_ns()) / 1e9
        if wait > timeout_s:
            self._wait_s(timeout_s)
            raise CameraStalled("The recording has a gap here.")
        if wait > 0:
            self._wait_s(wait)
        try:
            stored = self._reader.frame(self._seqs[self._next])
        except StoreError as error:
            raise CameraLost(str(error)) from error
        self._next += 1
        self._played += 1
        return Frame(
            camera=stored.camera,
            seq=self._played,
            t_device_ns=stored.t_device_ns,
            t_host_ns=self._now_ns(),
            depth=stored.depth,
            color=stored.color,
        )

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
