"""Intel RealSense, live and recorded, through librealsense. Used by the camera host alone, in a process of its own.

`pipeline.start` without a camera blocks 15 s and holds the GIL, so nothing is started before a look at what is connected. librealsense
has no error classes in Python: everything is RuntimeError, and its text decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyrealsense2 as rs

from core.errors import CameraLost, CameraStalled, DeviceError
from core.types import Array, CameraInfo, Frame, Intrinsics

_WANTED = ((640, 480, 30), (848, 480, 30), (640, 480, 15), (1280, 720, 30), (640, 480, 6))
_OPEN_TRIES = 3
_RESET_WAIT_S = 5.0
_STALL_TEXTS = ("didn't arrive", "did not arrive")
_GONE_TEXTS = ("device disconnected", "no device connected", "failed to set power state", "xioctl", "device is no longer connected")


def open_live(
    source: str, *, now_ns: Callable[[], int], wait_s: Callable[[float], None], loop: bool = True, fps: float = 0.0
) -> RealSenseCamera:
    """A live camera by serial number, "" = the first found."""
    return RealSenseCamera(source, now_ns=now_ns, wait_s=wait_s)


def open_recording(
    source: str, *, now_ns: Callable[[], int], wait_s: Callable[[float], None], loop: bool = True, fps: float = 0.0
) -> RecordingCamera:
    """A `.db3` or `.bag` recording."""
    return RecordingCamera(Path(source), now_ns=now_ns, loop=loop)


def connected() -> list[tuple[str, str, str]]:
    """(serial, name, USB type) of every camera that the system sees now."""
    return [(_info(d, rs.camera_info.serial_number), _info(d, rs.camera_info.name), _usb(d)) for d in rs.context().query_devices()]


class RealSenseCamera:
    """`core.ports.Camera` over one device. `device`: a librealsense device to use instead of looking for one (a software device)."""

    def __init__(self, serial: str, *, now_ns: Callable[[], int], wait_s: Callable[[float], None] = time.sleep, device: Any = None) -> None:
        self._serial, self._now_ns, self._wait_s, self._device = serial, now_ns, wait_s, device
        self._pipeline: Any = None
        self._seq = 0

    def open(self) -> CameraInfo:
        """Connect and start, with one reset in between when it does not go. Raises DeviceError in a sentence."""
        device = self._device or self._find()
        error: RuntimeError | None = None
        for attempt in range(_OPEN_TRIES):
            try:
                return self._start(device)
            except RuntimeError as failure:
                error = failure
                self.close()
                if attempt == 1 and self._device is None:
                    device.hardware_reset()
                    self._wait_s(_RESET_WAIT_S)
                    device = self._find()  # after a reset every object of the device is stale
        raise DeviceError(_sentence(str(error), _usb(device))) from error

    def read(self, timeout_s: float) -> Frame:
        """The next pair of depth and colour, copied. Raises CameraStalled, CameraLost."""
        if self._pipeline is None:
            raise CameraLost("The camera is not open.")
        try:
            frames = self._pipeline.wait_for_frames(max(1, int(timeout_s * 1000)))
        except RuntimeError as error:
            text = str(error).lower()
            if any(part in text for part in _STALL_TEXTS):
                raise CameraStalled("The camera sends no frames. Check its USB cable at both ends.") from error
            raise CameraLost(_sentence(str(error), "")) from error
        depth, color = frames.get_depth_frame(), frames.get_color_frame()
        if not depth or not color:
            raise CameraStalled("The camera sent half a frame.")
        self._seq += 1
        return _frame(depth, color, self._serial, self._seq, self._now_ns())

    def close(self) -> None:
        """Stop streaming; safe to call twice."""
        if self._pipeline is not None:
            pipeline, self._pipeline = self._pipeline, None
            try:
                pipeline.stop()
            except RuntimeError:
                return  # it never started, or the device is gone: either way nothing streams

    def _find(self) -> Any:
        devices = list(rs.context().query_devices())
        if not devices:
            raise DeviceError("No RealSense camera is connected. Plug one in, or use the simulated cell.")
        for device in devices:
            if self._serial in ("", _info(device, rs.camera_info.serial_number)):
                self._serial = _info(device, rs.camera_info.serial_number)
                return device
        raise DeviceError(f"The camera {self._serial} is not connected. Plug it in, or choose another one.")

    def _start(self, device: Any) -> CameraInfo:
        self._serial = self._serial or _info(device, rs.camera_info.serial_number)
        self._pipeline = rs.pipeline()
        config = rs.config()
        if self._device is not None:
            self._pipeline.set_device(device)
        else:
            config.enable_device(self._serial)
        width, height, fps = self._mode(device)
        config.enable_stream(rs.stream.depth, width, height, rs.format.z16, fps)
        config.enable_stream(rs.stream.color, width, height, rs.format.rgb8, fps)
        profile = self._pipeline.start(config)
        return camera_info(profile, device, simulated=False)

    def _mode(self, device: Any) -> tuple[int, int, int]:
        """The first wanted mode that both sensors list: a USB 2 link lists fewer."""
        depth, color = set(), set()
        for sensor in device.query_sensors():
            for profile in sensor.get_stream_profiles():
                if profile.is_video_stream_profile():
                    video = profile.as_video_stream_profile()
                    key = (video.width(), video.height(), video.fps())
                    if profile.stream_type() == rs.stream.depth:
                        depth.add(key)
                    elif profile.stream_type() == rs.stream.color:
                        color.add(key)
        for mode in _WANTED:
            if mode in depth and mode in color:
                return mode
        both = sorted(depth & color, reverse=True)
        if not both:
            raise DeviceError("The camera offers no mode in which depth and colour have the same size. Use a USB 3 port and cable.")
        return both[0]


class RecordingCamera:
    """`core.ports.Camera` over a recording of librealsense; `loop` False reads every frame as fast as it can and ends with CameraLost."""

    def __init__(self, path: Path, *, now_ns: Callable[[], int], loop: bool = True) -> None:
        self._path, self._now_ns, self._loop = path, now_ns, loop
        self._pipeline: Any = None
        self._playback: Any = None
        self._seq = 0

    def open(self) -> CameraInfo:
        """Open the file. Raises DeviceError when it is missing, torn or holds no depth and colour."""
        if not self._path.is_file():
            raise DeviceError(f"The recording {self._path.name} is missing. Choose another one.")
        try:
            self._pipeline = rs.pipeline()
            config = rs.config()
            rs.config.enable_device_from_file(config, str(self._path), repeat_playback=self._loop)
            device = config.resolve(rs.pipeline_wrapper(self._pipeline)).get_device()
            self._playback = device.as_playback()
            self._playback.set_real_time(self._loop)
            profile = self._pipeline.start(config)
            return camera_info(profile, device, simulated=False)
        except RuntimeError as error:
            self.close()
            raise DeviceError(_sentence(str(error), "", self._path.name)) from error

    def read(self, timeout_s: float) -> Frame:
        """The next complete pair. Raises CameraStalled while none comes, CameraLost at the end."""
        if self._pipeline is None:
            raise CameraLost("The recording is closed.")
        try:
            frames = self._pipeline.wait_for_frames(max(1, int(timeout_s * 1000)))
        except RuntimeError as error:
            if not self._loop or self._playback.current_status() == rs.playback_status.stopped:
                raise CameraLost(f"The recording {self._path.name} is at its end.") from error
            raise CameraStalled(f"{self._path.name} has no frame here.") from error
        depth, color = frames.get_depth_frame(), frames.get_color_frame()
        if not depth or not color:
            raise CameraStalled(f"{self._path.name} has half a frame here.")
        self._seq += 1
        return _frame(depth, color, self._path.stem, self._seq, self._now_ns())

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._pipeline is not None:
            pipeline, self._pipeline = self._pipeline, None
            try:
                pipeline.stop()
            except RuntimeError:
                return  # it never started


def camera_info(profile: Any, device: Any, *, simulated: bool) -> CameraInfo:
    """Intrinsics, depth scale and extrinsics as the device reports them. Raises DeviceError without both streams."""
    try:
        depth = profile.get_stream(rs.stream.depth).as_video_stream_profile()
        color = profile.get_stream(rs.stream.color).as_video_stream_profile()
    except RuntimeError as error:
        raise DeviceError("That recording holds no depth and colour together. Record both streams.") from error
    serial = _info(device, rs.camera_info.serial_number)
    return CameraInfo(
        id=serial or "realsense",
        serial=serial,
        name=_info(device, rs.camera_info.name) or "RealSense",
        depth=_intrinsics(depth.get_intrinsics()),
        color=_intrinsics(color.get_intrinsics()),
        depth_scale=_depth_scale(device),
        T_color_depth=_extrinsics(depth.get_extrinsics_to(color)),
        fps=float(depth.fps()),
        simulated=simulated,
        connection=_usb(device),
    )


def _depth_scale(device: Any) -> float:
    for sensor in device.query_sensors():
        if sensor.supports(rs.option.depth_units):
            return float(sensor.get_option(rs.option.depth_units))
    raise DeviceError("The camera does not say what its depth values mean, so they cannot be used.")


def _intrinsics(value: Any) -> Intrinsics:
    return Intrinsics(width=value.width, height=value.height, fx=value.fx, fy=value.fy, cx=value.ppx, cy=value.ppy)


def _extrinsics(value: Any) -> Array:
    T = np.eye(4)
    T[:3, :3] = np.array(value.rotation).reshape(3, 3).T  # librealsense stores columns first
    T[:3, 3] = value.translation
    return T


def _frame(depth: Any, color: Any, camera: str, seq: int, now_ns: int) -> Frame:
    """Both images copied at once: holding frame objects starves librealsense's pool after sixteen."""
    pixels = np.asanyarray(color.get_data())
    if color.get_profile().format() == rs.format.bgr8:
        pixels = pixels[..., ::-1]
    return Frame(
        camera=camera,
        seq=seq,
        t_device_ns=int(depth.get_timestamp() * 1e6),
        t_host_ns=now_ns,
        depth=np.array(depth.get_data(), np.uint16),
        color=np.ascontiguousarray(pixels, np.uint8).copy(),
    )


def _info(device: Any, what: Any) -> str:
    return str(device.get_info(what)) if device.supports(what) else ""


def _usb(device: Any) -> str:
    return _info(device, rs.camera_info.usb_type_descriptor)


def _sentence(text: str, usb: str, file: str = "") -> str:
    """Librealsense's words as a sentence that says what to do."""
    low = text.lower()
    if "unindexed" in low:
        return f"The recording {file} was never finished and cannot be read. Record again; .db3 recordings survive that."
    if file:
        return f"The recording {file} is torn or of another kind and cannot be played. Choose another one."
    if "resolve" in low:
        link = " It is on a USB 2 link: use a USB 3 port and cable." if usb.startswith("2") else " Use a USB 3 port and cable."
        return f"The camera does not offer the wanted picture size.{link}"
    if "busy" in low or "in use" in low:
        return "Another program uses the camera. Close it, then try again."
    if any(part in low for part in _GONE_TEXTS):
        return "The camera is gone. Check its USB cable at both ends."
    return "The camera did not start. Unplug it, plug it in again, and try again."
