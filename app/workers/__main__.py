"""A worker process: `python -m app.workers SPEC`, with SPEC the JSON that `app.rig` writes. No Qt.

Everything that runs in a process of its own starts here. The parent holds our standard input; when it closes, we end in good order.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import threading
from pathlib import Path

import msgspec


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to run. `options` are the worker's own; `priority`: niceness; `clock`: whose time the rig lives on."""

    worker: str
    run_id: str
    data: str
    clock: str = "world"
    priority: int = 0
    options: dict[str, str | int | float | bool | None] = {}


def main(text: str) -> int:
    """Run the worker of `text` until the parent closes our standard input."""
    spec = msgspec.json.decode(text, type=Spec)
    faulthandler.enable()
    _set_priority(spec.priority)
    from app.workers.factories import FACTORIES, Context
    from core.errors import PendantError
    from core.transport.clock import HostClock, RigMemory, WorldClock
    from core.transport.topics import SharedBus
    from core.transport.worker import calm_collector, run_in_process, watch_parent

    ended = watch_parent(sys.stdin.buffer)
    memory = RigMemory(Path(spec.data) / "rig.mem", spec.run_id)
    clock = WorldClock(memory) if spec.clock == "world" else HostClock()
    try:
        context = Context(data=Path(spec.data), clock=clock, memory=memory, ended=ended, options=spec.options)
        worker = FACTORIES[spec.worker](context)
        bus = SharedBus(spec.run_id)
        calm_collector()
        run_in_process(worker, bus, clock, ended)
        bus.close()
    except PendantError as error:
        sys.stderr.write(json.dumps({"error": str(error)}) + "\n")
        return 1
    finally:
        _end_soon()
    return 0


def _set_priority(niceness: int) -> None:
    try:
        os.nice(niceness)
    except PermissionError:
        os.nice(0)  # only root may be faster than others; the rig works without


def _end_soon() -> None:
    """Native libraries that hang at exit must not keep a device: leave after two seconds whatever they do."""
    timer = threading.Timer(2.0, os._exit, args=(0,))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
