"""Jobs without a window: training on what a store holds, and the whole loop of teaching, training, pushing and running. No Qt.

Each is one function with a store and plain values; progress goes to a callable.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.picks import reliability
from app.rollouts import RolloutResult, interval, roll_all
from app.teaching import name_kinds, teach
from app.versions import enter_version, push
from core.cells import Cell, Task
from core.errors import NothingToLearn
from core.learning.dataset import snapshot
from core.learning.naming_versions import identifier_with
from core.learning.progress import Report, quiet
from core.learning.versions import Manifest
from core.storage import edits
from core.storage.queries import Queries
from core.storage.records import Version
from core.storage.store import Store


def train(store: Store, task_name: str, policy: str, seed: int, *, goals_of: Task | None = None, report: Report = quiet) -> Version:
    """Learn from what the store holds and enter the version. Raises NothingToLearn."""
    from core.learning.train import train_policy  # torch takes seconds to load; teaching and running do without

    queries = Queries(store.engine)
    task = queries.task_named(task_name)
    if task is None:
        raise NothingToLearn(f'There is no task "{task_name}". Show it first.')
    episodes = queries.demonstrations(task.id)
    if not episodes:
        raise NothingToLearn("There is no demonstration yet. Show it at least once.")
    goal = edits.goal_from(task.goal)
    goals = goals_of.goals if goals_of is not None else tuple([goal] if goal else [])
    folder = store.folder.versions / secrets.token_hex(8)
    folder.mkdir(parents=True)
    context = Manifest(
        task=task_name,
        policy=policy,
        seed=seed,
        labels=len(queries.labels()),
        names_revision=store.names_revision(),
        identifier=identifier_with(queries.active_naming()),
        made_s=store.wall_s(),
    )
    data = snapshot(store.folder.root, episodes)
    manifest = train_policy(folder, task_name, policy, data, goals, seed=seed, context=context, report=report)
    return enter_version(store, task.id, folder, manifest)


def loop(
    root_of: Callable[[], Path],
    cell: Cell,
    task: Task,
    demos: int,
    rollouts: int,
    seed: int,
    *,
    train_task: Task | None = None,
    train_cell: Cell | None = None,
    policy: str = "pickplace",
    report: Report = quiet,
) -> dict[str, Any]:
    """Teach, train, push and run in a fresh store; one JSON object with the success rate, its 95 % interval and every part's wall time."""
    if demos < 1:
        raise NothingToLearn("There is no demonstration to learn from, so there is nothing to run. Show it at least once.")
    root = root_of()
    wall: dict[str, float] = {}
    store = Store(root, wall_s=time.time, who="scripted operator")
    try:
        shown, shown_cell = train_task or task, train_cell or cell
        started = time.monotonic()
        failures = teach(store, shown_cell, shown, demos, seed, report)
        if train_task is not None:
            name_kinds(store, cell, seed, report=report)
        wall["teach_s"], started = time.monotonic() - started, time.monotonic()
        version = train(store, shown.id, policy, seed, goals_of=shown, report=report)
        wall["train_s"], started = time.monotonic() - started, time.monotonic()
        folder = str(root / version.folder)
        if version.state == "passed":
            push(store, version)
        results = roll_all(root, folder, cell, task, rollouts, seed, report)
        wall["run_s"] = time.monotonic() - started
    finally:
        store.close()
    return _summary(task, demos, version, results, failures, wall)


def _summary(
    task: Task, demos: int, version: Version, results: Sequence[RolloutResult], failures: Sequence[str], wall: dict[str, float]
) -> dict[str, Any]:
    good, count = sum(r.succeeded for r in results), len(results)
    low, high = interval(good, count)
    return {
        "task": task.id,
        "demonstrations": demos,
        "rollouts": count,
        "success_rate": round(good / max(1, count), 4),
        "interval_95": [round(low, 4), round(high, 4)],
        "version": version.manifest,
        "results": [msgspec.to_builtins(r) for r in results],
        "asked": sum(r.asked for r in results),
        "confidence": reliability([pick for r in results for pick in r.picks]),
        "screen_disagrees": sum(not r.screen_agrees for r in results),
        "teaching_failures": list(failures),
        "wall": {name: round(seconds, 1) for name, seconds in wall.items()} | {"total_s": round(sum(wall.values()), 1)},
    }
