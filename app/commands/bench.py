"""bench: the project's own figures, as JSON with medians and 95th percentiles, the machine, and the versions."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module, metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import psutil

from app.commands.console import Console
from app.probe import Probe
from app.rig import camera_rig, simulated_rig, start_worker
from core.cells import find_cell
from core.errors import PendantError
from core.learning.exemplars import NamesSource
from core.policies.demonstration import Demonstration
from core.policies.pickplace import PickPlacePolicy
from core.storage import edits
from core.storage.episode import EpisodeReader
from core.storage.store import Store
from core.transport.topics import ARM_STATE, FRAME, SCENE
from core.types import Detection, Frame, OrientedBox

_STOPS = 200  # a 99th percentile of sixty is their largest
_LABELS, _AT_ONCE = 10_000, 50
_FRAMES = 12  # of a recording: with fewer tables than that in turn, an identifier that skips frames meets the same one again


def bench(options: argparse.Namespace, console: Console) -> int:
    """Measure what was asked for."""
    parts: dict[str, Callable[[float], dict[str, Any]]] = {
        "see": see,
        "record": record,
        "store": store,
        "labels": labels,
        "learn": learn,
        "control": control,
    }
    chosen = list(parts) if options.what == "all" else [options.what]
    value: dict[str, Any] = {"machine": machine()}
    for name in chosen:
        value[name] = parts[name](options.seconds)
    console.result(value, [json.dumps(value, indent=1)])
    return 0


def machine() -> dict[str, Any]:
    """Where the figures were taken."""
    names = ("pyside6", "torch", "mujoco-core", "opencv-python", "iceoryx2", "numpy")
    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(x, 2) for x in os.getloadavg()],
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in names},
    }


def summary(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Median, p95, p99 and count of some values."""
    if not values:
        return {"count": 0, "unit": unit}
    median, p95, p99 = np.percentile(values, [50, 95, 99])
    return {"median": round(float(median), 2), "p95": round(float(p95), 2), "p99": round(float(p99), 2), "count": len(values), "unit": unit}


def see(seconds: float) -> dict[str, Any]:
    """A 640x480 recording played at 30 fps, window and perceive together: a table that lies still, one that changes always."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return {"left_out": "no display"}
    return {**_seen(seconds, (3,)), "changing": _seen(seconds, range(3, 3 + _FRAMES))}


def _seen(seconds: float, layouts: Sequence[int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="pendant-bench-") as place:
        rig = camera_rig("folder", str(_recorded(Path(place) / "frames", layouts)), fps=30.0)
        return dict(import_module("app.bench_window").measure(Path(place) / "data", rig, seconds))


def record(seconds: float) -> dict[str, Any]:
    """A 30 fps source recorded with perceive running: frames lost by sequence."""
    with tempfile.TemporaryDirectory(prefix="pendant-bench-") as place:
        rig = camera_rig("folder", str(_recorded(Path(place) / "frames")), fps=30.0)
        with_probe = Probe(Path(place) / "data", rig)
        try:
            with_probe.wait(lambda: with_probe.get(SCENE) is not None, "the first scene", 60)
            path = with_probe.record()
            with_probe.sleep(seconds)
            with_probe.finish(path)
            scenes, frames = list(with_probe.scenes), list(with_probe.frames)
        finally:
            with_probe.close()
        reader = EpisodeReader(path)
        count, gaps = reader.counts()
        reader.close()
        ages = [(at - t) / 1e6 for at, _, t in scenes]
        span = (frames[-1][0] - frames[0][0]) / 1e9
        return {
            "seconds": seconds,
            "frames": count,
            "lost": gaps,
            "source_fps": round(len(frames) / span, 1),
            "identification_fps": round(len(scenes) / span, 1),
            "frame_to_scene": summary(ages, "ms"),
            "bytes_per_second": round(path.stat().st_size / seconds),
        }


def store(seconds: float) -> dict[str, Any]:
    """Edits on a catalogue that grows to 1,000 labels."""
    with tempfile.TemporaryDirectory(prefix="pendant-bench-") as place:
        opened = Store(Path(place), wall_s=time.time, who="bench")
        naming, undoing = [], []
        rng = np.random.default_rng(1)
        for n in range(1000):
            judgement = _judgement(n, rng)
            started = time.perf_counter()
            edits.name_object(opened, judgement, f"kind {n % 12}")
            naming.append(1e3 * (time.perf_counter() - started))
            if n % 20 == 0:
                started = time.perf_counter()
                opened.undo()
                opened.redo()
                undoing.append(1e3 * (time.perf_counter() - started) / 2)
        opened.close()
        return {"naming": summary(naming, "ms"), "last_100": summary(naming[-100:], "ms"), "undo": summary(undoing, "ms")}


def labels(seconds: float) -> dict[str, Any]:
    """A store of 10,000 labels, a queue of 10,000 questions and a camera that goes on: decisions, scrolling, edits in the window."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return {"left_out": "no display"}
    with tempfile.TemporaryDirectory(prefix="pendant-bench-") as place:
        rig = camera_rig("folder", str(_recorded(Path(place) / "frames")), fps=30.0)
        data = Path(place) / "data"
        opened = Store(data, wall_s=time.time, who="bench")
        rng = np.random.default_rng(1)
        for n in range(_LABELS // _AT_ONCE):
            judgement = _judgement(n, rng)
            edits.name_objects(opened, [_elsewhere(judgement, at) for at in range(_AT_ONCE)], f"kind {n % 8}")
        opened.close()
        NamesSource(data, float("inf")).load()  # as it is where labels were made one by one: every one was embedded when it came
        return dict(import_module("app.bench_labels").measure(data, rig))


def _elsewhere(judgement: edits.Judgement, at: int) -> edits.Judgement:
    """The same frame, another outline."""
    mask = np.zeros_like(judgement.mask)
    mask[4 + at // 5 : 16 + at // 5, 8 + 3 * (at % 5) : 30 + 3 * (at % 5)] = True
    return msgspec.structs.replace(judgement, mask=mask)


def learn(seconds: float) -> dict[str, Any]:
    """Fitting and leave-one-out check of `pickplace` on ten demonstrations."""
    rng = np.random.default_rng(2)
    demonstrations = [_demonstration(rng) for _ in range(10)]
    fitting, proposing = [], []
    for _ in range(20):
        policy = PickPlacePolicy()
        started = time.perf_counter()
        policy.fit(demonstrations, ())
        policy.held_out_errors(demonstrations, ())
        fitting.append(1e3 * (time.perf_counter() - started))
        started = time.perf_counter()
        policy.propose(demonstrations[0].detections)
        proposing.append(1e3 * (time.perf_counter() - started))
    return {"fit_and_check": summary(fitting, "ms"), "propose": summary(proposing, "ms")}


def control(seconds: float) -> dict[str, Any]:
    """STOP with a rehearsal and a recording going on: event to the first hold command at the arm's host."""
    with tempfile.TemporaryDirectory(prefix="pendant-bench-") as place:
        probe = Probe(Path(place) / "data", simulated_rig("fruit", 0))
        busy = _busy(Path(place))
        try:
            probe.wait(lambda: probe.get(ARM_STATE) is not None and probe.get(FRAME) is not None, "the rig", 90)
            path = probe.record()
            delays = [_stop_once(probe) for _ in range(_STOPS)]
            probe.finish(path)
        finally:
            if busy.stdin is not None:
                busy.stdin.close()
            busy.kill()
            busy.wait()
            probe.close()
    return {"stop_to_first_hold": summary(delays, "ms"), "while": "recording at 15 fps, perceiving, and a training process"}


def _stop_once(probe: Probe) -> float:
    probe.memory.release()
    probe.wait(lambda: (s := probe.get(ARM_STATE)) is not None and not s.stopped, "the release", 5)
    probe.sleep(0.05 + 0.013 * np.random.default_rng(probe.clock.now_ns() % 2**32).random())
    event = probe.clock.now_ns()
    probe.memory.stop(event)
    probe.wait(lambda: probe.memory.held_ns >= event, "the hold", 5)
    return (probe.memory.held_ns - event) / 1e6


def _busy(place: Path) -> Any:
    """A training process that keeps a core busy: `app.workers busy` steps physics and perception like a rehearsal does."""
    spec = {"worker": "busy", "run_id": "bench", "data": str(place / "busy"), "clock": "host", "priority": 10, "options": {}}
    return start_worker(spec, (place / "busy.log").open("ab"))


def _recorded(folder: Path, layouts: Sequence[int] = (3,)) -> Path:
    """Made in a process of its own: the simulated camera's EGL and the window's GLX cannot share one through PyOpenGL."""
    made = get_context("spawn").Process(target=_recording, args=(folder, layouts))
    made.start()
    made.join()
    if made.exitcode:
        raise PendantError("The recording for the bench could not be made. `pendant doctor` says what is missing.")
    return folder


def _recording(folder: Path, layouts: Sequence[int] = (3,), count: int = _FRAMES) -> Path:
    """A folder of simulated frames, depth not registered, as a camera would give them; `layouts` in turn."""
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    folder.mkdir(parents=True)
    cell = find_cell("fruit")
    for at, layout in enumerate(layouts):
        camera = SimCamera(cell, layout)
        state, info = World(cell, layout).state(), camera.info()
        for n in range(at, count, len(layouts)):
            frame: Frame = camera.render(state, n, 0)
            cv2.imwrite(str(folder / f"{n:04d}-color.jpg"), frame.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            cv2.imwrite(str(folder / f"{n:04d}-depth.png"), frame.depth)
        camera.close()
    both = {
        name: {k: getattr(i, k) for k in ("fx", "fy", "cx", "cy", "width", "height")}
        for name, i in (("depth", info.depth), ("color", info.color))
    }
    data = both | {"depth_scale": info.depth_scale, "depth_to_color": info.T_color_depth.tolist(), "registered": False}
    (folder / "camera.json").write_text(json.dumps(data))
    return folder


def _judgement(n: int, rng: np.random.Generator) -> edits.Judgement:
    from core.types import CameraInfo, Intrinsics

    small = Intrinsics(width=64, height=48, fx=60, fy=60, cx=32, cy=24)
    camera = CameraInfo(id="c", serial="s", name="bench", depth=small, color=small, depth_scale=0.001, T_color_depth=np.eye(4))
    depth = rng.integers(400, 900, (48, 64)).astype(np.uint16)
    frame = Frame(camera="c", seq=n, t_device_ns=0, t_host_ns=n, depth=depth, color=np.zeros((48, 64, 3), np.uint8))
    mask = np.zeros((48, 64), bool)
    mask[10:20, 10:30] = True
    return edits.Judgement(
        frame=frame, camera=camera, T_base_camera=np.eye(4), mask=mask, track=1, center_base=np.zeros(3), identifier="bench", score=0.5
    )


def _demonstration(rng: np.random.Generator) -> Demonstration:
    from core.motion.targets import pose

    red = _thing(1, rng.uniform([0.3, -0.3], [0.5, 0.3]), (0.075, 0.045, 0.045), rng)
    blue = _thing(2, rng.uniform([0.3, -0.3], [0.5, 0.3]), (0.095, 0.06, 0.045), rng)
    grasp = pose(red.box.center, 0.2)
    place = pose(blue.box.center + [0.0, 0.1, 0.0], 0.2)
    return Demonstration(episode="bench", detections=(red, blue), pick=1, T_base_pick=grasp, T_base_place=place)


def _thing(instance: int, xy: Any, size: tuple[float, float, float], rng: np.random.Generator) -> Detection:
    from core.motion.targets import pose

    center = np.array([*xy, size[2] / 2])
    box = OrientedBox(center=center, size=np.array(size), R=pose(center, rng.uniform(-1, 1))[:3, :3])
    name = {1: "red", 2: "blue"}[instance]
    return Detection(
        instance=instance,
        track=instance,
        class_id=instance,
        name=name,
        score=0.9,
        guesses=(),
        box=box,
        area_px=100,
        mean_color=np.full(3, 90.0),
    )
