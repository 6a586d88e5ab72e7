"""Labels as folders of frames, the layout that `pendant play`, `identify` and `score` read: colour, depth, masks of instance ids, camera.

One folder a camera, since a folder has one `camera.json`; `labels.json` says what each instance is. Raw depth is kept as it was.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.storage.exchange.labelled import Labelled, LabelledFrame, Steps, counted
from core.storage.frames import png
from core.types import CameraInfo, Intrinsics


def write(source: Labelled, out: Path) -> Steps:
    """Write into the empty folder `out`; yields after every frame, returns what was written, in words."""
    cameras: dict[str, list[dict[str, Any]]] = {}
    for n, labelled in enumerate(source):
        yield n, len(source)
        key = json.dumps(_camera(labelled.camera), indent=1)
        if key not in cameras:
            cameras[key] = []
            place = _place(out, len(cameras))
            place.mkdir(exist_ok=True)
            (place / "camera.json").write_text(key)
        place = _place(out, list(cameras).index(key) + 1)
        cameras[key].append(_write_frame(place, labelled, len(cameras[key]), source.names))
    for n, frames in enumerate(cameras.values()):
        (_place(out, n + 1) / "labels.json").write_text(json.dumps({"frames": frames}, indent=1))
    yield len(source), len(source)
    folders = f", in {len(cameras)} folders, one a camera" if len(cameras) > 1 else ""
    return f"{counted(len(source), 'frame')} with masks{folders}"


def _place(out: Path, number: int) -> Path:
    """The first camera's frames lie in the folder itself."""
    return out if number == 1 else out / f"camera-{number}"


def _write_frame(place: Path, labelled: LabelledFrame, number: int, names: dict[int, str]) -> dict[str, Any]:
    stem = f"{number:04d}"
    ids = np.zeros(labelled.frame.color.shape[:2], np.uint16)
    for n, mask in enumerate(labelled.masks):
        ids[mask] = n + 1
    (place / f"{stem}-color.png").write_bytes(png(labelled.frame.color))
    (place / f"{stem}-depth.png").write_bytes(png(labelled.frame.depth))
    (place / f"{stem}-mask.png").write_bytes(png(ids))
    instances = [{"instance": n + 1, "name": names[label.class_id or 0]} for n, label in enumerate(labelled.labels)]
    return {"frame": stem, "held_out": labelled.held_out, "T_base_camera": labelled.T_base_camera.tolist(), "instances": instances}


def _camera(camera: CameraInfo) -> dict[str, Any]:
    both = {"depth": _intrinsics(camera.depth), "color": _intrinsics(camera.color)}
    same = both["depth"] == both["color"] and np.allclose(camera.T_color_depth, np.eye(4))
    return both | {"depth_scale": camera.depth_scale, "depth_to_color": camera.T_color_depth.tolist(), "registered": bool(same)}


def _intrinsics(lens: Intrinsics) -> dict[str, float]:
    return {name: getattr(lens, name) for name in ("fx", "fy", "cx", "cy", "width", "height")}
