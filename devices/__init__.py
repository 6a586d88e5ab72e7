"""Devices by kind: one file each, imported only when chosen. Third parties add kinds through the entry point `pendant.cameras`."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from importlib.metadata import entry_points

from core.errors import DeviceError
from core.ports import Camera

CAMERAS: dict[str, str] = {
    "realsense": "devices.realsense:open_live",
    "recording": "devices.realsense:open_recording",
    "folder": "devices.replay:open_folder",
    "episode": "devices.replay:open_episode",
}


def camera_kinds() -> dict[str, str]:
    """All camera kinds: ours and those of installed packages."""
    return CAMERAS | {point.name: point.value for point in entry_points(group="pendant.cameras")}


def open_camera(
    kind: str,
    source: str,
    now_ns: Callable[[], int],
    *,
    loop: bool = True,
    wait_s: Callable[[float], None] = time.sleep,
    fps: float = 0.0,
) -> Camera:
    """A camera of `kind` on `source` (serial number, file or folder; "" = the first found), not opened yet. Raises DeviceError.

    `fps`: of a folder of frames, which has no rate of its own (0: 15).
    """
    kinds = camera_kinds()
    if kind not in kinds:
        raise DeviceError(f"There is no camera kind {kind!r}. Known: {', '.join(sorted(kinds))}.")
    module, _, name = kinds[kind].partition(":")
    try:
        make = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise DeviceError(f"What the camera kind {kind!r} needs is not installed: {error}. `pendant doctor` says more.") from error
    camera: Camera = make(source, now_ns=now_ns, wait_s=wait_s, loop=loop, fps=fps)
    return camera
