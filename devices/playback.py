"""A folder of frames (docs: "a folder of frames") as a camera: opened by the camera host like any live one.

Frames come at the folder's rate on the clock that is passed in and start over at the end. Knows no SDK and no screen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.errors import CameraLost, CameraStalled, DeviceError
from core.types import Array, CameraInfo, ColorImage, DepthImage, Frame, Intrinsics

_KEPT_FRAMES = 64
_SLOWEST = 10.0  # frames a second: seldomer ones would be taken for a camera that stalls
_WIDEST, _LONGEST = 0.05, 1e7  # focal lengths over the picture's width, and in pixels
_FARTHEST_M = 100.0


class FolderCamera:
    """`core.ports.Camera` over `NNNN-color.png|jpg`, `NNNN-depth.png` and `camera.json`.

    `now_ns` reads the rig's clock and `wait_s` lets that clock pass; `loop` False ends with CameraLost after the last frame.
    fps: pictures a second; below ten each comes several times, as a camera sees what lies still.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now_ns: Callable[[], int],
        wait_s: Callable[[float], None],
        fps: float = 15.0,
        loop: bool = True,
        id: str = "",
    ) -> None:
        self._folder = folder
        self._now_ns, self._wait_s = now_ns, wait_s
        self._each = max(1, math.ceil(_SLOWEST / fps))
        self._fps, self._loop, self._id = fps * self._each, loop, id or folder.name
        self._pairs: list[tuple[Path, Path]] = []
        self._info: CameraInfo | None = None
        self._kept: dict[int, tuple[ColorImage, DepthImage]] = {}
        self._seq = 0
        self._due_ns = 0

    def open(self) -> CameraInfo:
        """Read the folder's description. Raises DeviceError when there is no camera.json or no complete frame."""
        self._pairs = frame_pairs(self._folder)
        if not self._pairs:
            raise DeviceError(f"{self._folder} holds no frames (NNNN-color.png or .jpg with NNNN-depth.png). Choose another folder.")
        color = read_color(self._pairs[0][0])
        depth = read_depth(self._pairs[0][1])
        self._info = read_camera_info(self._folder / "camera.json", id=self._id, fps=self._fps, color=color, depth=depth)
        self._seq, self._due_ns = 0, self._now_ns()
        return self._info

    def read(self, timeout_s: float) -> Frame:
        """The next frame when it is due. Raises CameraStalled when that is later than `timeout_s`, CameraLost at the end or unopened."""
        if self._info is None or (not self._loop and self._seq >= self._each * len(self._pairs)):
            raise CameraLost(f"The recording {self._folder.name} is at its end. Open it again to start over.")
        wait = (self._due_ns - self._now_ns()) / 1e9
        if wait > timeout_s:
            self._wait_s(timeout_s)
            raise CameraStalled(f"No frame of {self._folder.name} was due within {timeout_s:.2f} s.")
        if wait > 0:
            self._wait_s(wait)
        color, depth = self._pictures(self._seq // self._each % len(self._pairs))
        now = self._now_ns()
        frame = Frame(
            camera=self._info.id, seq=self._seq, t_device_ns=round(self._seq * 1e9 / self._fps), t_host_ns=now, depth=depth, color=color
        )
        self._seq += 1
        self._due_ns = max(self._due_ns + round(1e9 / self._fps), now)
        return frame

    def close(self) -> None:
        """Let go; safe to call twice."""
        self._info = None
        self._kept.clear()

    def _pictures(self, index: int) -> tuple[ColorImage, DepthImage]:
        """Copies of one pair; a short folder that repeats is decoded once."""
        if index in self._kept:
            color, depth = self._kept[index]
            return color.copy(), depth.copy()
        color_path, depth_path = self._pairs[index]
        color, depth = read_color(color_path), read_depth(depth_path)
        if self._info is not None and not _fits(self._info, color, depth):
            raise DeviceError(f"{color_path} or its depth has another size than the folder's first frame. Remove that frame.")
        if self._loop and len(self._pairs) <= _KEPT_FRAMES:
            self._kept[index] = (color.copy(), depth.copy())
        return color, depth


def frame_pairs(folder: Path) -> list[tuple[Path, Path]]:
    """(colour, depth) paths of the complete frames of a folder, in order."""
    colors = {p.name[: -len(p.suffix) - len("-color")]: p for s in ("jpg", "jpeg", "png") for p in folder.glob(f"*-color.{s}")}
    return [(colors[k], folder / f"{k}-depth.png") for k in sorted(colors) if (folder / f"{k}-depth.png").is_file()]


def frame_names(folder: Path) -> list[str]:
    """What comes before "-color" and "-depth" in the names of the complete frames of a folder, in order; numbers may be missing."""
    return [depth.name.removesuffix("-depth.png") for _, depth in frame_pairs(folder)]


def read_color(path: Path) -> ColorImage:
    """RGB u8 (H, W, 3). Raises DeviceError on a torn or foreign file."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DeviceError(f"{path} is no picture that can be read. The recording is torn there; remove that frame.")
    return np.ascontiguousarray(image[..., ::-1])


def read_depth(path: Path) -> DepthImage:
    """Depth u16 (H, W). Raises DeviceError on a torn or foreign file."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 2 or image.dtype != np.uint16:
        raise DeviceError(f"{path} is no 16-bit depth picture. The recording is torn there; remove that frame.")
    return image


def read_camera_info(path: Path, *, id: str, fps: float, color: ColorImage, depth: DepthImage) -> CameraInfo:
    """`CameraInfo` of a camera.json. Raises DeviceError when numbers are missing or depth cannot be placed on the colour.

    Depth whose registration is false or "unknown" without `depth_to_color` is taken as it is: there is nothing better to do with it.
    """
    if not path.is_file():
        raise DeviceError(f"{path} is missing. It describes the camera: fx fy cx cy width height depth_scale.")
    try:
        data: dict[str, Any] = dict(json.loads(path.read_text()))
        color_at = _intrinsics(data.get("color") or data, color)
        depth_at = _intrinsics(data.get("depth") or data, depth)
        T = _rigid("depth_to_color", data.get("depth_to_color", np.eye(4)))
        T_base_camera = None if data.get("T_base_camera") is None else _rigid("T_base_camera", data["T_base_camera"])
        scale = _scale(float(data["depth_scale"]), depth)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DeviceError(f"{path} does not describe the camera ({error}). It needs fx fy cx cy width height depth_scale.") from error
    return CameraInfo(
        id=id,
        serial=str(data.get("serial", "")),
        name=str(data.get("camera_model", id)),
        depth=depth_at,
        color=color_at,
        depth_scale=scale,
        T_color_depth=T,
        T_mount_camera=T_base_camera,
        fps=fps,
        connection="recording",
    )


def _intrinsics(data: dict[str, Any], image: ColorImage | DepthImage) -> Intrinsics:
    """Numbers of the file, scaled when the pictures are stored at another size than it says."""
    height, width = image.shape[:2]
    scale = width / float(data.get("width") or width)
    fx, fy, cx, cy = (float(data[k]) * scale for k in ("fx", "fy", "cx", "cy"))
    if not all(_WIDEST * width <= f <= _LONGEST for f in (fx, fy)) or not max(abs(cx), abs(cy)) <= _LONGEST:
        raise ValueError(f"fx {fx:g}, fy {fy:g}, cx {cx:g}, cy {cy:g} of a picture {width} wide are no camera's")
    return Intrinsics(width=width, height=height, fx=fx, fy=fy, cx=cx, cy=cy)


def _scale(scale: float, depth: DepthImage) -> float:
    """The depth scale, if it puts what the picture shows where a depth camera can see."""
    middle = float(np.median(depth[depth > 0])) if (depth > 0).any() else 1.0
    if not 0 < scale <= 1 or not 1e-3 <= scale * middle * (1 + 1e-9) <= _FARTHEST_M:
        raise ValueError(f"with a depth_scale of {scale:g} the picture is {scale * middle:g} m away; 0.001 is usual")
    return scale


def _rigid(name: str, value: object) -> Array:
    T = np.asarray(value, np.float64).reshape(4, 4)
    sound = np.isfinite(T).all() and np.allclose(T[3], (0, 0, 0, 1), atol=1e-6) and np.abs(T[:3, 3]).max() <= _FARTHEST_M
    if not sound or abs(np.linalg.det(T[:3, :3]) - 1) > 0.05:
        raise ValueError(f"{name} is no rigid transform in metres")
    return T


def _fits(info: CameraInfo, color: ColorImage, depth: DepthImage) -> bool:
    """Whether pictures have the sizes that the camera is described with."""
    sizes = (info.color.height, info.color.width), (info.depth.height, info.depth.width)
    return (color.shape[:2], depth.shape[:2]) == sizes
