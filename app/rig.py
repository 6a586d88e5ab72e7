"""Starts, watches and restarts the worker processes that a rig description names. No Qt; used by the window and by proofs.

A worker that dies is started again, ever more slowly when it keeps dying; listeners are told in a sentence.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.transport.clock import Clock

_BACKOFF_NS = (0, 500_000_000, 1_000_000_000, 3_000_000_000)
_LAST_WORDS_NS = 1_000_000_000
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS", "NUMEXPR_NUM_THREADS")}


Options = dict[str, str | int | float | bool | None]


@dataclass(frozen=True)
class WorkerDescription:
    """One worker of a rig: its factory's name, options, niceness, and what its death means for the operator."""

    name: str
    options: Options = field(default_factory=dict)
    priority: int = 0
    died: str = "A part of Pendant ended and was started again."


@dataclass(frozen=True)
class RigDescription:
    """The workers of a rig and whose time they live on: "world" (simulated) or "host"."""

    name: str
    clock: str
    workers: tuple[WorkerDescription, ...]


def simulated_rig(cell: str, layout_seed: int, *, fps: float = 15.0) -> RigDescription:
    """The simulated cell: world and arm in one process, its camera in another, then perceive, act and recorder."""
    world: Options = {"cell": cell, "layout_seed": layout_seed}
    return RigDescription(
        name="simulated",
        clock="world",
        workers=(
            WorkerDescription("cell", world, -5, "The simulated cell ended and was started again where it was. The arm holds."),
            WorkerDescription("sim_camera", {**world, "fps": fps}, 0, "The simulated camera ended and was started again."),
            *_common_workers(),
        ),
    )


def camera_rig(kind: str, source: str, *, fps: float = 0.0) -> RigDescription:
    """A camera without an arm: kind and source as `devices.open_camera` takes them; `fps` of a recording, 0 = its own."""
    camera = WorkerDescription(
        "camera", {"kind": kind, "source": source, "fps": fps}, -5, "The camera's process ended and was started again."
    )
    perceive, _, recorder = _common_workers()
    return RigDescription(name=kind, clock="host", workers=(camera, perceive, recorder))


def _common_workers() -> tuple[WorkerDescription, WorkerDescription, WorkerDescription]:
    return (
        WorkerDescription("perceive", {}, -1, "The identification ended and was started again. The arm held meanwhile."),
        WorkerDescription("act", {}, -2, "The arm's planner ended and was started again. The arm holds; nothing was lost."),
        WorkerDescription(
            "recorder", {}, -3, "The recorder ended and was started again. What was recorded up to half a second before is kept."
        ),
    )


class Rig:
    """The running processes of one description. `told` is called with a sentence when a worker died."""

    def __init__(self, description: RigDescription, data: Path, clock: Clock, told: Callable[[str, str], None]) -> None:
        self.description = description
        self.run_id = secrets.token_hex(6)
        self._data, self._clock, self._told = data, clock, told
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, list[int]] = {}
        self._due_ns: dict[str, int] = {}
        self._ending_ns: dict[str, int] = {}
        self._log: IO[bytes] = (data / "workers.log").open("ab")

    def start(self) -> None:
        """Start every worker."""
        for worker in self.description.workers:
            self._start(worker)

    def watch(self) -> None:
        """Notice deaths and start again what is due; call a few times a second."""
        now = self._clock.now_ns()
        for worker in self.description.workers:
            process = self._running.get(worker.name)
            if process is not None and process.poll() is not None:
                self._died(worker, now)
            elif process is not None and now >= self._ending_ns.get(worker.name, now + 1):
                process.kill()
            elif process is None and now >= self._due_ns.get(worker.name, 0):
                self._start(worker)

    def pid(self, name: str) -> int | None:
        """The process id of a worker, None while it is down."""
        process = self._running.get(name)
        return process.pid if process is not None else None

    def restart(self, name: str) -> None:
        """End a worker, by force where it does not react; `watch` starts it again."""
        process = self._running.get(name)
        if process is not None:
            process.terminate()
            self._ending_ns.setdefault(name, self._clock.now_ns() + _LAST_WORDS_NS)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End every worker in good order: close their standard input, wait, and only then end them by force."""
        for process in self._running.values():
            _close_input(process)
        for process in self._running.values():
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
        self._log.close()

    def _start(self, worker: WorkerDescription) -> None:
        spec = {
            "worker": worker.name,
            "run_id": self.run_id,
            "data": str(self._data),
            "clock": self.description.clock,
            "priority": worker.priority,
            "options": worker.options,
        }
        self._running[worker.name] = start_worker(spec, self._log)

    def _died(self, worker: WorkerDescription, now: int) -> None:
        process = self._running.pop(worker.name)
        self._ending_ns.pop(worker.name, None)
        _close_input(process)
        recent = [t for t in self._deaths.get(worker.name, []) if now - t < 20_000_000_000] + [now]
        self._deaths[worker.name] = recent
        self._due_ns[worker.name] = now + _BACKOFF_NS[min(len(recent) - 1, len(_BACKOFF_NS) - 1)]
        self._told(worker.name, worker.died)


def go_first() -> None:
    """Let this process and the workers it starts win over other programs on a small machine, where the system allows it.

    The arm holds when the window or the picture is late, so being late is what an operator would notice.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -5)
    except PermissionError:
        return  # an ordinary user may not; the rig works without


def start_worker(spec: dict[str, object], log: IO[bytes], *, stdout: int | IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Start `python -m app.workers` with `spec`; its standard input is the life line to us, its errors go to `log`."""
    command: Sequence[str] = (sys.executable, "-m", "app.workers", json.dumps(spec))
    environment = {**os.environ, **ONE_THREAD}
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout or log, stderr=log, env=environment, cwd=root)


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None and not process.stdin.closed:
        try:
            process.stdin.close()
        except BrokenPipeError:
            return  # it is gone already, which is what we wanted
