"""The camera host: owns one camera, publishes its frames, says in words when it stalls or vanishes, and recovers alone. No Qt."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal

from core.errors import CameraLost, CameraStalled, DeviceError
from core.messages import DeviceStatus
from core.ports import Camera
from core.transport.topics import CAMERA_INFO, DEVICE_STATUS, FRAME
from core.transport.worker import Inputs, Output
from core.types import CameraInfo, Frame

_READ_TIMEOUT_S = 0.3
_LOST_AFTER_NS = 3_000_000_000
_RETRY_NS = (500_000_000, 1_000_000_000, 2_000_000_000, 4_000_000_000)
_STATUS_NS = 500_000_000

State = Literal["starting", "streaming", "stalled", "lost", "error"]


class CameraHost:
    """The worker around one camera. `make` opens a fresh driver; after a loss it is called again, ever more slowly.

    Sequence numbers go on over a re-opening, so that a gap is a gap and never a repeat.
    """

    name = "camera"
    period_ns = 1_000_000
    reads = ()
    writes = (FRAME, CAMERA_INFO, DEVICE_STATUS)

    def __init__(self, make: Callable[[], Camera]) -> None:
        self._make = make
        self._camera: Camera | None = None
        self._info: CameraInfo | None = None
        self._state: State = "starting"
        self._text = "The camera is starting."
        self._since_ns = self._last_frame_ns = self._retry_ns = self._status_ns = 0
        self._tries = 0
        self._offset = self._last_seq = 0
        self._stamps: deque[int] = deque(maxlen=120)

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Read one frame, or work on getting the camera back."""
        now = inputs.now_ns
        if self._camera is None:
            return [*self._connect(now), *self._report(now)]
        try:
            frame = self._camera.read(_READ_TIMEOUT_S)
        except CameraStalled as error:
            if now - self._last_frame_ns > _LOST_AFTER_NS:
                self._drop(now, str(error))
            else:
                self._set("stalled", str(error), now)
            return self._report(now)
        except CameraLost as error:
            self._drop(now, str(error))
            return self._report(now)
        return [*self._deliver(frame, now), *self._report(now)]

    def close(self) -> None:
        """Let go of the camera."""
        if self._camera is not None:
            self._camera.close()
            self._camera = None

    def _connect(self, now: int) -> list[Output]:
        if now < self._retry_ns:
            return []
        camera = self._make()
        try:
            self._info = camera.open()
        except DeviceError as error:
            camera.close()
            self._retry_ns = now + _RETRY_NS[min(self._tries, len(_RETRY_NS) - 1)]
            self._tries += 1
            self._set("lost" if self._last_frame_ns else "error", str(error), now)
            return []
        self._camera, self._tries, self._last_frame_ns = camera, 0, now
        self._offset = self._last_seq + 1
        return [(CAMERA_INFO, self._info)]

    def _deliver(self, frame: Frame, now: int) -> list[Output]:
        self._last_frame_ns = now
        self._stamps.append(now)
        self._set("streaming", "", now)
        seq = max(self._last_seq + 1, frame.seq + self._offset)
        self._last_seq = seq
        numbered = Frame(
            camera=frame.camera,
            seq=seq,
            t_device_ns=frame.t_device_ns,
            t_host_ns=frame.t_host_ns,
            depth=frame.depth,
            color=frame.color,
        )
        return [(FRAME, numbered)]

    def _drop(self, now: int, text: str) -> None:
        self.close()
        self._retry_ns = now + _RETRY_NS[0]
        self._set("lost", text, now)

    def _set(self, state: State, text: str, now: int) -> None:
        if state != self._state:
            self._since_ns, self._status_ns = now, 0
        self._state, self._text = state, text

    def _report(self, now: int) -> list[Output]:
        if now < self._status_ns:
            return []
        self._status_ns = now + _STATUS_NS
        recent = [t for t in self._stamps if now - t < 1_000_000_000]
        fps = float(len(recent))
        status = DeviceStatus(device="camera", state=self._state, text=self._text, fps=fps, since_ns=self._since_ns)
        return [(DEVICE_STATUS, status)] + ([(CAMERA_INFO, self._info)] if self._info is not None else [])
