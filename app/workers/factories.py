"""How each worker is made from the options of its description; SDKs load only in the process that needs them. No Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.transport.clock import Clock, HostClock, RigMemory
from core.transport.worker import Worker

_LABELS_AT_ONCE = 64  # 0.2 s, between two pictures


@dataclass(frozen=True)
class Context:
    """What a factory may use."""

    data: Path
    clock: Clock
    memory: RigMemory
    ended: threading.Event
    options: Mapping[str, Any]


def _cell(context: Context) -> Worker:
    from app.workers.cell import CellHost
    from core.cells import find_cell

    host = HostClock()
    resumed = context.memory.world_time()
    cell = find_cell(str(context.options["cell"]))
    return CellHost(
        cell,
        int(context.options["layout_seed"]),
        latch=context.memory,
        memory=context.memory,
        host_ns=host.now_ns,
        start_ns=max(resumed, host.now_ns()),
    )


def _sim_camera(context: Context) -> Worker:
    from app.workers.cell import SimCameraHost
    from core.cells import find_cell

    cell = find_cell(str(context.options["cell"]))
    return SimCameraHost(cell, int(context.options["layout_seed"]), fps=float(context.options["fps"]))


def _camera(context: Context) -> Worker:
    from app.workers.camera import CameraHost
    from devices import open_camera

    kind, source = str(context.options["kind"]), str(context.options["source"])
    fps = float(context.options.get("fps", 0.0))
    return CameraHost(lambda: open_camera(kind, source, context.clock.now_ns, fps=fps))


def _perceive(context: Context) -> Worker:
    import time

    import cv2

    from app.workers.perceive import Perceive
    from core.learning.exemplars import NamesSource
    from core.learning.turned import TurnedLooks
    from core.motion.kinematics import ArmModel
    from core.perception.standard import standard_identifier
    from core.storage.catalogue import Folder

    cv2.setNumThreads(1)
    model = ArmModel()
    identifier = standard_identifier(arm=model, clock=time.perf_counter, live=True, lenient=True)
    source, turned = NamesSource(context.data, HostClock().wall_s()), TurnedLooks(Folder(context.data).looks)
    return Perceive(identifier, source, at_once=_LABELS_AT_ONCE, turned=turned)


def _act(context: Context) -> Worker:
    from app.workers.act import Act
    from core.learning.renamed import aliases_in
    from core.motion.kinematics import ArmModel
    from core.motion.task_plan import TaskPlanner

    return Act(TaskPlanner(ArmModel()), lambda: aliases_in(context.data))


def _recorder(context: Context) -> Worker:
    from app.workers.recorder import Recorder

    return Recorder(encoders=2, lossless=bool(context.options.get("lossless", False)))


def _busy(context: Context) -> Worker:
    from app.workers.busy import Busy

    return Busy()


FACTORIES: dict[str, Callable[[Context], Worker]] = {
    "cell": _cell,
    "sim_camera": _sim_camera,
    "camera": _camera,
    "perceive": _perceive,
    "act": _act,
    "recorder": _recorder,
    "busy": _busy,
}
