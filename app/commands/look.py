"""identify, score, cells, doctor: what is seen, how well, in which cells, and what is installed."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.commands.console import Console
from app.sources import Shot, shots
from core import geometry
from core.cells import builtin_cells, find_cell, load_cell, sample_layout
from core.errors import PendantError
from core.learning.exemplars import NamesSource
from core.learning.progress import Progress
from core.motion.kinematics import ArmModel
from core.perception.identify import GeometricIdentifier
from core.perception.standard import standard_identifier
from core.storage.frames import write_durably
from core.types import ARM_LABEL, TABLE_LABEL, Array, Detection, Scene


def identifier(data: Path | None) -> GeometricIdentifier:
    """An identifier with the names of a data folder (none without one)."""
    model = ArmModel()
    made = standard_identifier(arm=model, clock=time.perf_counter, lenient=True)
    if made.notice:
        sys.stderr.write(f"{made.notice}\n")
    if data is not None:
        names = NamesSource(data, time.time()).load()
        made.set_names(names.model, names.revision)
        if names.notice:
            sys.stderr.write(f"{names.notice}\n")
    return made


def identify(options: argparse.Namespace, console: Console) -> int:
    """Write a mask per frame and scenes.json."""
    options.out.mkdir(parents=True, exist_ok=True)
    made = identifier(options.data if options.data.exists() else None)
    scenes: list[dict[str, Any]] = []
    stages: dict[str, list[float]] = {}
    for path in options.paths:
        for shot in shots(path):
            scene = made.identify(shot.frame, shot.camera, shot.joints)
            name = shot.name if len(options.paths) == 1 else f"{Path(path).name}-{shot.name}"
            _write_mask(options.out / f"{name}-mask.png", scene)
            scenes.append(_scene_value(name, shot, scene))
            for stage, ms in made.last_timings.items():
                stages.setdefault(stage, []).append(ms)
            console.progress(Progress(stage="identify", done=len(scenes), total=len(scenes)))
    if not scenes:
        raise PendantError("There was no frame to identify. Check the path.")
    timing = {stage: round(statistics.median(values), 1) for stage, values in stages.items()}
    value = {"frames": scenes, "median_ms": timing, "identifier": made.version}
    write_durably(options.out / "scenes.json", _json(value))
    summary = {"frames": len(scenes), "out": str(options.out), "median_ms": timing}
    console.result(summary, [f"{len(scenes)} frames, {sum(timing.values()):.0f} ms each, in {options.out}"])
    return 0


def _write_mask(path: Path, scene: Scene) -> None:
    mask = scene.labels.copy()
    mask[(mask == ARM_LABEL) | (mask == TABLE_LABEL)] = 0
    done, data = cv2.imencode(".png", mask)
    if not done:
        raise PendantError(f"{path.name} could not be encoded.")
    write_durably(path, data.tobytes())


def _scene_value(name: str, shot: Shot, scene: Scene) -> dict[str, Any]:
    T_camera_base = geometry.invert(scene.T_base_camera)
    return {
        "frame": name,
        "duration_ms": round(scene.duration_ms, 1),
        "table_frame": scene.table_frame,
        "T_base_camera": scene.T_base_camera.tolist(),
        "objects": [_object_value(d, T_camera_base) for d in scene.detections],
    }


def _object_value(d: Detection, T_camera_base: Array) -> dict[str, Any]:
    center = geometry.transform(T_camera_base, d.box.center[None])[0]
    return {
        "instance": d.instance,
        "track": d.track,
        "name": d.name,
        "score": round(d.score, 4),
        "center": center.round(5).tolist(),
        "size": np.asarray(d.box.size).round(5).tolist(),
        "R": (T_camera_base[:3, :3] @ d.box.R).round(6).tolist(),
        "area_px": d.area_px,
    }


def _json(value: object) -> bytes:
    import json

    return json.dumps(value, indent=1).encode()


def score(options: argparse.Namespace, console: Console) -> int:
    """The figures of instances, boxes, names or tracks."""
    from app import score as figures

    if options.what == "instances":
        value = figures.score_instances([Path(p) for p in options.paths])
    elif options.what == "boxes":
        from app.score_boxes import score_boxes

        seeds = range(options.seed, options.seed + options.layouts)
        value = score_boxes(options.cell, seeds=options.seeds or seeds, fitted=options.fitted)
    elif options.what == "names" and options.labels:
        from app.naming_figures import score_tuned

        given = {"labels": options.labels, "frames": options.frames, "layouts": options.layouts}
        value = score_tuned(options.cell, options.seed, **given, report=console.progress)
    elif options.what == "names":
        value = _names_figures(options)
    else:
        value = _tracks_figures(options)
    console.result(value)
    return 0


def _tracks_figures(options: argparse.Namespace) -> dict[str, Any]:
    from app import score_carried
    from app.score import score_tracks

    measure = {"crossing": score_tracks, "carried": score_carried.score_carried, "away": score_carried.score_away}[options.how]
    return measure(options.cell, seeds=tuple(range(options.seed, options.seed + options.layouts)))


def _names_figures(options: argparse.Namespace) -> dict[str, Any]:
    from app.score_names import Terms, score_names

    terms = Terms(
        named=options.named,
        frames=options.frames,
        layouts=options.layouts,
        size=options.size / 100,
        hue=options.hue,
        occluded=options.occluded / 100,
        corrections=options.corrections,
    )
    return score_names(options.cell, seeds=options.seeds or (options.seed,), terms=terms)


def cells(options: argparse.Namespace, console: Console) -> int:
    """List, picture and validate cell files."""
    if not options.files:
        found = [load_cell(path) for path in builtin_cells()]
        value = [
            {"name": c.name, "title": c.title, "tasks": [t.id for t in c.tasks], "objects": [o.name for o in c.objects]} for c in found
        ]
        console.result(value, [f"{c['name']}: {c['title']} (tasks: {', '.join(c['tasks'])})" for c in value])
        return 0
    value = []
    for name in options.files:
        cell = find_cell(name)
        layout = sample_layout(cell, options.seed, "teach")
        entry: dict[str, Any] = {"name": cell.name, "objects": [o.class_name for o in layout.objects], "tasks": [t.id for t in cell.tasks]}
        if options.picture:
            entry["picture"] = str(_picture(cell, options.seed, options.picture))
        value.append(entry)
    console.result(value, [f"{c['name']} is fine: {', '.join(c['objects'])}" for c in value])
    return 0


def _picture(cell: Any, seed: int, path: Path) -> Path:
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    world, camera = World(cell, seed), SimCamera(cell, seed, quality="good")
    color = camera.picture(world.state())
    camera.close()
    cv2.imwrite(str(path), color[..., ::-1])
    return path


def doctor(options: argparse.Namespace, console: Console) -> int:
    """What is installed, found, missing; one line each, with the remedy. Returns 1 when something needed is missing."""
    checks = [*_package_checks(), _gl_check(), _camera_check(), _gpu_check(), *_place_checks(options.data), _clock_check()]
    console.result(
        [dict(zip(("what", "ok", "text"), c, strict=True)) for c in checks], [f"{'ok ' if ok else '-- '} {w}: {t}" for w, ok, t in checks]
    )
    return 0 if all(ok or what in _OPTIONAL for what, ok, _ in checks) else 1


_OPTIONAL = ("camera", "GPU", "pyrealsense2")
Check = tuple[str, bool, str]


def _package_checks() -> list[Check]:
    found: list[Check] = [("Python", sys.version_info >= (3, 11), platform.python_version())]
    for name in ("PySide6", "torch", "open3d", "opencv-python", "pyrealsense2", "iceoryx2", "mujoco-core", "sqlalchemy"):
        try:
            found.append((name, True, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, False, f"not installed: run `make install`, or `pip install {name}`"))
    return found


def _gl_check() -> Check:
    probe = "from devices.sim.gl import choose_gl; print(choose_gl(probe=True))"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2]
    )
    name = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    if done.returncode or not name:
        return "OpenGL", False, "none found off screen: install libegl1 and libgl1-mesa-dri; until then the camera uses rays"
    return "OpenGL", True, f"{name} for the simulated camera"


def _camera_check() -> Check:
    try:
        from devices.realsense import connected
    except ImportError as error:
        return "camera", False, f"pyrealsense2 does not load ({error}): install libusb-1.0-0"
    found = connected()
    if not found:
        return "camera", False, "no RealSense connected: plug one in, or use the simulated cell"
    slow = [name for _, name, usb in found if usb.startswith("2")]
    words = ", ".join(f"{name} {serial} USB {usb}" for serial, name, usb in found)
    return "camera", True, words + (" (USB 2: use a USB 3 port for full speed)" if slow else "")


def _gpu_check() -> Check:
    probe = "import torch; print(torch.cuda.get_device_name(0) if torch.cuda.is_available() else '')"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=120, check=False)
    name = done.stdout.strip()
    return "GPU", bool(name), name or "none: training runs on the CPU"


def _place_checks(data: Path) -> list[Check]:
    place = data if data.exists() else next(p for p in data.parents if p.exists())
    writable = os.access(place, os.W_OK)
    free = shutil.disk_usage(place).free
    checks: list[Check] = [
        ("data folder", writable, str(data) if writable else f"{data} cannot be written: choose another with --data"),
        ("disk", free > 2e9, f"{free / 1e9:.0f} GB free" + ("" if free > 2e9 else ": free some, recordings need about 8 MB a second")),
    ]
    shared = Path("/dev/shm")
    if shared.exists():
        size = shutil.disk_usage(shared).total
        remedy = "" if size >= 512e6 else ": mount /dev/shm with 512 MB or more, frames travel there"
        checks.append(("shared memory", size >= 512e6, f"{size / 1e6:.0f} MB{remedy}"))
    return checks


def _clock_check() -> Check:
    resolution = time.get_clock_info("monotonic").resolution
    return "clock", resolution < 1e-4, f"{resolution * 1e9:.0f} ns"
