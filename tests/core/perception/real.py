"""The shared real frames with drawn or true masks, for every test that scores on them."""

import os
from pathlib import Path

import cv2
import pytest

from core.registration import register_depth
from devices.playback import frame_pairs, read_camera_info, read_color, read_depth

REAL = Path(os.environ.get("PENDANT_SHARED", "../shared")) / "data" / "real"


def real_frames(name):
    """Per frame of a set that has a mask: its number, colour, depth as stored, depth registered, the colour camera, true mask, ignored.

    They may not be copied here, and CI (`.ci/run`) refuses to run without them.
    """
    folder = REAL / name
    for number, color, depth in real_pictures(name):
        true = next((p for p in (folder / f"{number}-mask.png", folder / f"{number}-handmask.png") if p.exists()), None)
        if true is None:
            continue
        info = camera_of(name, color, depth)
        ignore = folder / f"{number}-ignore.png"
        ignored = cv2.imread(str(ignore), -1) if ignore.exists() else None
        yield number, color, depth, register_depth(depth, info), info.color, cv2.imread(str(true), -1), ignored


def real_pictures(name):
    """Per frame of a set its number, colour and depth as stored. Skipped where the shared data are not."""
    folder = REAL / name
    if not folder.is_dir():
        pytest.skip("the shared real frames are not here (PENDANT_SHARED)")
    for color_path, depth_path in frame_pairs(folder):
        yield color_path.name[:4], read_color(color_path), read_depth(depth_path)


def camera_of(name, color, depth):
    """The camera of a set whose pictures have these sizes."""
    return read_camera_info(REAL / name / "camera.json", id=name, fps=15, color=color, depth=depth)
