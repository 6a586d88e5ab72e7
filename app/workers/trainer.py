"""The trainer: one job in a process of its own, niced; reads a fixed snapshot, reports by JSON lines, can be resumed. No Qt.

`python -m app.workers.trainer SPEC`. It never enters anything into the catalogue: the window adopts a complete result.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import msgspec

from app.naming_job import tune_names
from app.rollouts import rollout
from app.training_files import FINISH, SPEC, TrainSpec, picture_name
from core.cells import Cell, Task, find_cell
from core.errors import CellFileError, DiskFull, PendantError
from core.learning.dataset import snapshot
from core.learning.naming_versions import MANIFEST as NAMING
from core.learning.naming_versions import identifier_with, read_naming
from core.learning.progress import Progress, Report
from core.learning.train import judged, train_policy
from core.learning.versions import MANIFEST, Manifest, read_manifest, write_manifest
from core.storage.catalogue import Folder, engine_of
from core.storage.edits import goal_from
from core.storage.frames import write_durably
from core.storage.queries import Queries
from core.transport.clock import HostClock
from core.transport.worker import watch_parent

_RESULTS = "rehearsals.json"
_FULL = "The disk is full, so learning ended. What it did so far is kept. Empty the trash or free some space, then press Go on."


def run(spec: TrainSpec, out: BinaryIO) -> None:
    """Do the job of `spec`, or go on with it where an earlier process was ended; progress goes to `out`."""
    os.nice(10)

    def report(progress: Progress) -> None:
        out.write(msgspec.json.encode(progress) + b"\n")
        out.flush()

    try:
        folder = Path(spec.folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / SPEC, msgspec.json.encode(spec))
        sentence = _names(spec, folder, report) if spec.what == "names" else _policy(spec, folder, report)
        report(Progress(stage="done", done=1, total=1, folder=spec.folder, sentence=sentence))
    except DiskFull as error:
        begun = (Path(spec.folder) / SPEC).exists()
        report(Progress(stage="done", done=0, total=1, error=_FULL if begun else str(error), cut_off=begun, folder=spec.folder))
    except PendantError as error:
        report(Progress(stage="done", done=0, total=1, error=str(error), folder=spec.folder))


def _names(spec: TrainSpec, folder: Path, report: Report) -> str:
    if not (folder / NAMING).exists():
        tune_names(spec, report, stopped=lambda: False)
    return read_naming(folder).sentence


def _policy(spec: TrainSpec, folder: Path, report: Report) -> str:
    if not (folder / MANIFEST).exists():
        _fit(spec, folder, report)
    cell, task = _cell_of(spec)
    if cell is not None and task is not None and spec.rehearsals:
        _rehearse(spec, folder, cell, task, report)
    return read_manifest(folder).sentence


def _fit(spec: TrainSpec, folder: Path, report: Report) -> None:
    engine = engine_of(Folder(Path(spec.data)).catalogue, read_only=True)
    try:
        queries = Queries(engine)
        task = queries.task_named(spec.task)
        episodes = queries.demonstrations(task.id) if task is not None else []
        goal = goal_from(task.goal) if task is not None else None
        context = Manifest(
            task=spec.task,
            policy=spec.policy,
            seed=spec.seed,
            labels=len(queries.labels()),
            names_revision=queries.names_revision(),
            identifier=identifier_with(queries.active_naming()),
            made_s=HostClock().wall_s(),
        )
    finally:
        engine.dispose()
    _, cell_task = _cell_of(spec)
    goals = cell_task.goals if cell_task is not None else tuple([goal] if goal else [])
    data = snapshot(Path(spec.data), episodes)
    train_policy(folder, spec.task, spec.policy, data, goals, seed=spec.seed, context=context, report=report)


def _cell_of(spec: TrainSpec) -> tuple[Cell | None, Task | None]:
    if not spec.cell:
        return None, None
    try:
        cell = find_cell(spec.cell)
        return cell, cell.task(spec.task)
    except CellFileError:
        return None, None  # a task of the operator's own: checked on held-out demonstrations instead


def _rehearse(spec: TrainSpec, folder: Path, cell: Cell, task: Task, report: Report) -> None:
    done: list[tuple[bool, str]] = []
    if (folder / _RESULTS).exists():
        done = msgspec.json.decode((folder / _RESULTS).read_bytes(), type=list[tuple[bool, str]])
    for n in range(len(done), spec.rehearsals):
        if (folder / FINISH).exists():
            break
        report(Progress(stage="rehearse", done=n, total=spec.rehearsals, rehearsed=[ok for ok, _ in done]))
        result = rollout(
            Path(spec.data), str(folder), cell, task, spec.seed * 1000 + n, purpose="rehearse", picture=folder / picture_name(n)
        )
        done.append((result.succeeded, result.reason))
        write_durably(folder / _RESULTS, msgspec.json.encode(done))
    if not done:
        return
    report(Progress(stage="rehearse", done=len(done), total=spec.rehearsals, rehearsed=[ok for ok, _ in done]))
    manifest = msgspec.structs.replace(
        read_manifest(folder),
        rehearsals=len(done),
        rehearsed_ok=sum(ok for ok, _ in done),
        rehearsal_reasons=[reason for _, reason in done],
    )
    write_manifest(folder, judged(manifest))


def main(text: str) -> int:
    """Run the job; when the parent dies, end at once: everything so far is on disk and is resumed."""
    gone = watch_parent(sys.stdin.buffer)

    def leave() -> None:
        gone.wait()
        os._exit(3)

    threading.Thread(target=leave, daemon=True, name="leave").start()
    run(msgspec.json.decode(text, type=TrainSpec), sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
