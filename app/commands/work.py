"""teach, train, push, versions, run, loop: the loop without a window."""

from __future__ import annotations

import argparse
import getpass
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from app import jobs, rollouts, teaching
from app.commands.console import Console
from app.tasks import ensure_task
from app.versions import push as push_version
from core.cells import Cell, Task, find_cell
from core.errors import PendantError, StoreError
from core.learning.progress import Progress
from core.storage.queries import Queries
from core.storage.records import Version
from core.storage.store import Store


@contextmanager
def opened(data: Path) -> Iterator[Store]:
    """The store of a data folder, closed afterwards whatever happens."""
    store = Store(data, wall_s=time.time, who=getpass.getuser())
    try:
        yield store
    finally:
        store.close()


def teach(options: argparse.Namespace, console: Console) -> int:
    """Record demonstrations by the scripted operator."""
    cell = find_cell(options.cell)
    task = cell.task(options.task)
    with opened(options.data) as store:
        failures = teaching.teach(store, cell, task, options.demos, options.seed, console.progress)
        task_id = ensure_task(store, cell, task)
        count = len(Queries(store.engine).demonstrations(task_id))
    value = {"task": task.id, "recorded": options.demos, "demonstrations": count, "failed_tries": failures}
    console.result(value, [f"{options.demos} demonstrations recorded; {count} in all for {task.title}."])
    return 0


def train(options: argparse.Namespace, console: Console) -> int:
    """Learn a policy from what the store holds and enter the version, or make the identifier's weights."""
    if options.what == "identifier":
        if not options.synthetic:
            raise PendantError("The identifier learns from made-up scenes only: say --synthetic.")
        return (train_encoder if options.part == "names" else train_segmenter)(options, console)
    with opened(options.data) as store:
        task = _only_task(store, options.task)
        cell_task = _cell_task(task.cell, task.name)
        version = jobs.train(store, task.name, options.policy, options.seed, goals_of=cell_task, report=console.progress)
    value = {"version": version.number, "state": version.state, "folder": version.folder, "manifest": version.manifest}
    console.result(value, [f"v{version.number}: {version.manifest['sentence']} ({version.manifest['relation']})"])
    return 0


def train_encoder(options: argparse.Namespace, console: Console) -> int:
    """Make the weights of the identifier's names from made-up things."""
    from app.encoder_training import train_encoder as job
    from core.perception.encoder_training import Settings

    folder = options.out or options.data / "identifier"
    with interrupted() as stopped:
        manifest = job(folder, Settings(seed=options.seed), console.progress, stopped)
    sentence = f"{manifest['looks']} looks, {100 * manifest['held_out_right']:.1f} % of those held out decided right, in {folder}."
    console.result({**manifest, "folder": str(folder)}, [sentence])
    return 0


def train_segmenter(options: argparse.Namespace, console: Console) -> int:
    """Make the identifier's weights from made-up scenes; Ctrl+C ends it early, and the same command goes on from there."""
    from app.identifier_training import train_identifier
    from core.perception.training import Settings

    if not options.minutes > 0:
        raise PendantError("Training needs some time: say --minutes with a number above 0.")
    folder = options.out or options.data / "identifier"
    with interrupted() as stopped:
        manifest = train_identifier(folder, Settings(minutes=options.minutes, seed=options.seed), console.progress, stopped)
    early = " It was stopped early; the same command goes on." if manifest["minutes"] < options.minutes - 0.1 else ""
    sentence = f"{manifest['scenes']} scenes, held-out loss {manifest['held_out_loss']}, in {folder}.{early}"
    console.result({**manifest, "folder": str(folder)}, [sentence])
    return 0


@contextmanager
def interrupted() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl+C was pressed; while it is asked, Ctrl+C does nothing else."""
    pressed = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def push(options: argparse.Namespace, console: Console) -> int:
    """Make a version active after its checks."""
    number = _number(options.version)
    with opened(options.data) as store:
        task = _only_task(store, options.task)
        version = Queries(store.engine).version(task.id, number)
        if version is None:
            raise StoreError(f"There is no v{number} of {task.title}. `pendant versions` lists them.")
        push_version(store, version)
    console.result({"active": number, "task": task.name}, [f"v{number} of {task.title} is active."])
    return 0


def versions(options: argparse.Namespace, console: Console) -> int:
    """List versions with lineage and scores."""
    with opened(options.data) as store:
        queries = Queries(store.engine)
        names = {t.id: t.name for t in queries.tasks()}
        task_id = _only_task(store, options.task).id if options.task else None
        found = queries.versions(task_id)
    value = [_version_value(v, names.get(v.task_id, "")) for v in found]
    lines = [f"v{v['version']} {v['task']} {v['state']}{' active' if v['active'] else ''}: {v['sentence']}" for v in value]
    console.result(value, lines or ["No versions yet."])
    return 0


def run(options: argparse.Namespace, console: Console) -> int:
    """Run the active version on unseen layouts."""
    cell = find_cell(options.cell)
    task = cell.task(options.task)
    with opened(options.data) as store:
        row = Queries(store.engine).task_named(task.id)
        active = Queries(store.engine).active_version(row.id) if row is not None else None
        if row is None or active is None:
            raise StoreError(f"No version of {task.title} is active. `pendant train` makes one, `pendant push` makes it active.")
        folder = str(store.folder.root / active.folder)
        results = []
        for n in range(options.rollouts):
            result = rollouts.rollout(store.folder.root, folder, cell, task, options.seed * 10_000 + n, store=store, task_id=row.id)
            results.append(msgspec.to_builtins(result))
            console.progress(Progress(stage="run", done=n + 1, total=options.rollouts))
    good = sum(r["succeeded"] for r in results)
    low, high = rollouts.interval(good, len(results))
    value = {"task": task.id, "version": active.number, "success_rate": good / max(1, len(results)), "interval_95": [low, high]}
    console.result(value | {"results": results}, [f"{good} of {len(results)} worked."] + [r["reason"] for r in results if r["reason"]])
    return 0


def loop(options: argparse.Namespace, console: Console) -> int:
    """Teach + train + push + run in a fresh store."""
    cell = find_cell(options.cell)
    task = cell.task(options.task)
    other_cell, other = _train_task(cell, options.train_task)
    with tempfile.TemporaryDirectory(prefix="pendant-loop-") as fresh:
        root = Path(options.keep) if options.keep else Path(fresh)
        value = jobs.loop(
            lambda: root,
            cell,
            task,
            options.demos,
            options.rollouts,
            options.seed,
            train_task=other,
            train_cell=other_cell,
            policy=options.policy,
            report=console.progress,
        )
    low, high = value["interval_95"]
    reasons = [f"  {r['layout_seed']}: {r['reason']}" for r in value["results"] if r["reason"]]
    line = f"{value['success_rate']:.0%} of {value['rollouts']} (95 %: {low:.0%} to {high:.0%}) in {value['wall']['total_s']:.0f} s"
    console.result(value, [line, *reasons])
    return 0


def _train_task(cell: Cell, name: str | None) -> tuple[Cell | None, Task | None]:
    """`OTHER` or `CELL:OTHER`."""
    if not name:
        return None, None
    where, _, task = name.rpartition(":")
    chosen = find_cell(where) if where else cell
    return chosen, chosen.task(task)


def _only_task(store: Store, name: str | None) -> Any:
    tasks = Queries(store.engine).tasks()
    if name is None and len(tasks) == 1:
        return tasks[0]
    known = next((t for t in tasks if t.name == name), None)
    if known is None:
        names = ", ".join(t.name for t in tasks) or "none yet"
        raise StoreError(f"Say which task with --task. There are: {names}.")
    return known


def _cell_task(cell: str, task: str) -> Task | None:
    try:
        return find_cell(cell).task(task)
    except PendantError:
        return None  # a task of the operator's own has its goal in the catalogue


def _number(text: str) -> int:
    digits = text.lower().removeprefix("v")
    if not digits.isdigit():
        raise StoreError(f"{text} is not a version. They are called v1, v2 and so on.")
    return int(digits)


def _version_value(version: Version, task: str) -> dict[str, Any]:
    keys = ("sentence", "relation", "episodes", "labels", "held_out_cm", "held_out_deg", "rehearsals", "rehearsed_ok", "data_hash")
    lineage = {key: version.manifest.get(key) for key in keys}
    return {"version": version.number, "task": task, "policy": version.policy, "state": version.state, "active": version.active} | lineage
