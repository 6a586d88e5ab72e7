"""Frames on which labels were made: one file a frame, named by its hash, written durably before any row refers to it."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.errors import DiskFull, StoreError
from core.transport.codec import CodecError, decode, encode
from core.types import Array, CameraInfo, Data, Frame


class LabelledFrame(Data, frozen=True, kw_only=True):
    """A frame at rest: images as PNG bytes, the camera, and the transform in force (4, 4)."""

    camera: CameraInfo
    seq: int
    t_device_ns: int
    t_host_ns: int
    color_png: bytes
    depth_png: bytes
    T_base_camera: Array


# Nothing in a camera's picture repeats from afar, and to try all filters on every row takes longer than to pack it: a real colour
# picture takes 8 ms and 360 kB (16 ms and as much with the defaults for runs), a depth image 3 ms and 72 kB (6 ms).
_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY]
_COLOR = [*_FAST, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG]
_PLANE = [*_FAST, cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]


def png(image: npt.NDArray[Any]) -> bytes:
    """PNG bytes of an image: u16 (H, W), or u8 RGB (H, W, 3). Lossless, 3 to 10 ms at 640x480."""
    flat = image.ndim == 2
    done, data = cv2.imencode(".png", image if flat else cv2.cvtColor(image, cv2.COLOR_RGB2BGR), _PLANE if flat else _COLOR)
    if not done:
        raise StoreError("A picture could not be encoded.")
    return data.tobytes()


def unpng(data: bytes) -> npt.NDArray[Any]:
    """The image in PNG or JPEG bytes: (H, W), or RGB (H, W, 3). Raises StoreError when it is torn."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise StoreError("A stored picture is torn. What was saved around it is kept.")
    return image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])


def write_frame(folder: Path, frame: Frame, camera: CameraInfo, T_base_camera: Array) -> str:
    """Store `frame` under `folder` and return its hash; a frame that is there already is not written again."""
    record = LabelledFrame(
        camera=camera,
        seq=frame.seq,
        t_device_ns=frame.t_device_ns,
        t_host_ns=frame.t_host_ns,
        color_png=png(frame.color),
        depth_png=png(frame.depth),
        T_base_camera=T_base_camera,
    )
    data = encode(record)
    name = hashlib.sha256(data).hexdigest()
    path = folder / f"{name}.frame"
    if not path.exists():
        write_durably(path, data)
    return name


def read_frame(folder: Path, name: str) -> tuple[Frame, CameraInfo, Array]:
    """The stored frame of that hash, its camera and `T_base_camera`. Raises StoreError when it is missing or torn."""
    try:
        record = decode((folder / f"{name}.frame").read_bytes(), LabelledFrame)
    except (OSError, CodecError) as error:
        raise StoreError("The picture of a label is missing or torn. The label stays, without it.") from error
    frame = Frame(
        camera=record.camera.id,
        seq=record.seq,
        t_device_ns=record.t_device_ns,
        t_host_ns=record.t_host_ns,
        depth=unpng(record.depth_png),
        color=unpng(record.color_png),
    )
    return frame, record.camera, record.T_base_camera


class StoredDepths:
    """Depth pictures of stored frames, told apart by their pixels: depth is recorded without loss, colour may have been packed smaller."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, str] = {}

    def same(self, name: str, other: str) -> bool:
        """Whether two stored frames are the same picture of the same moment; one whose file is gone is like itself alone."""
        return name == other or ("" != self._key(name) == self._key(other))

    def same_as(self, name: str, frame: Frame) -> bool:
        """Whether a stored frame is the picture `frame`."""
        return self._key(name) == _depth_key(frame.seq, frame.depth)

    def _key(self, name: str) -> str:
        if name not in self._keys:
            try:
                frame, _, _ = read_frame(self._folder, name)
                self._keys[name] = _depth_key(frame.seq, frame.depth)
            except StoreError:
                self._keys[name] = ""
        return self._keys[name]


def _depth_key(seq: int, depth: npt.NDArray[np.uint16]) -> str:
    return f"{seq}:{hashlib.sha256(np.ascontiguousarray(depth).tobytes()).hexdigest()}"


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole, or not at all, after a power cut. Raises DiskFull, or StoreError, when it cannot."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise DiskFull from error
        raise StoreError(f"That could not be saved: {error.strerror}. Nothing was changed. `pendant doctor` looks for a cause.") from error


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
