"""Jobs: teaching, training, pushing, running. No Qt; the window runs them in processes, commands run them here.

Each is one function with a store and plain values; progress goes to a callable.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from app.headless import HeadlessCell
from app.operator import Operator
from app.tasks import ensure_task
from app.versions import enter_version, push
from core import judge
from core.cells import Cell, Task, sample_layout
from core.errors import NothingToLearn, PendantError
from core.learning.dataset import snapshot
from core.learning.train import Progress, judged, train_policy
from core.learning.versions import Manifest, read_manifest, write_manifest
from core.messages import ActRequest
from core.perception.identify import VERSION as IDENTIFIER
from core.storage import edits
from core.storage.episode import encode_color
from core.storage.queries import Queries
from core.storage.records import Version
from core.storage.store import Store
from core.types import TrueObject

Report = Callable[[Progress], None]
_TRIES_PER_DEMO = 4
_NAMING_LAYOUTS = 24


class RolloutResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one rollout went, judged on the truth; `screen_agrees`: whether the scene's own boxes say the same."""

    layout_seed: int
    succeeded: bool
    reason: str
    seconds: float
    objects: int
    screen_agrees: bool


def quiet(_: Progress) -> None:
    """Report to nobody."""


def name_kinds(store: Store, cell: Cell, seed: int, *, clicks: int = 2, report: Report = quiet) -> int:
    """Lay the table until every class of the cell was clicked and named `clicks` times (or twelve layouts are through)."""
    given = 0
    for n in range(_NAMING_LAYOUTS):
        counts = {c.id: 0 for c in Queries(store.engine).classes()} | Queries(store.engine).labels_per_class()
        names = {c.name: counts.get(c.id, 0) for c in Queries(store.engine).classes()}
        wanting = {spec.name for spec in cell.objects if names.get(spec.name, 0) < clicks}
        if not wanting:
            break
        layout = seed * 1000 + 500 + n
        if wanting.isdisjoint(placed.class_name for placed in sample_layout(cell, layout, "teach").objects):
            continue
        world = HeadlessCell(cell, layout, store.folder.root, purpose="teach", store=store)
        try:
            given += Operator(world, store).name_everything(wanted=wanting)
        finally:
            world.close()
        report(Progress(stage="names", done=n + 1, total=_NAMING_LAYOUTS))
    return given


def teach(store: Store, cell: Cell, task: Task, demos: int, seed: int, report: Report = quiet) -> list[str]:
    """Record `demos` demonstrations on layouts of the teaching kind; returns why tries failed, if any did."""
    task_id = ensure_task(store, cell, task)
    name_kinds(store, cell, seed, report=report)
    failures: list[str] = []
    done = tried = 0
    while done < demos:
        if tried >= _TRIES_PER_DEMO * demos + 4:
            raise PendantError(f"Only {done} of {demos} demonstrations worked: {failures[-1] if failures else 'no reason known'}")
        layout = seed * 1000 + tried
        tried += 1
        world = HeadlessCell(cell, layout, store.folder.root, purpose="teach", store=store)
        try:
            operator = Operator(world, store)
            operator.name_everything()
            failure = operator.show(task, task_id, np.random.default_rng((seed, layout)))
            if not failure and not _shown_right(world, task):
                failure = "It did not end where it should."
                _trash_last(store, task_id)
        finally:
            world.close()
        if failure:
            failures.append(failure)
        else:
            done += 1
            report(Progress(stage="teach", done=done, total=demos))
    return failures


def train(store: Store, task_name: str, policy: str, seed: int, *, goals_of: Task | None = None, report: Report = quiet) -> Version:
    """Learn from what the store holds and enter the version. Raises NothingToLearn."""
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
        takeovers=sum(e.has_takeover for e in episodes),
        names_revision=store.names_revision(),
        identifier=IDENTIFIER,
        made_s=store.wall_s(),
    )
    data = snapshot(store.folder.root, episodes)
    manifest = train_policy(folder, task_name, policy, data, goals, seed=seed, context=context, report=report)
    return enter_version(store, task.id, folder, manifest)


def rehearse(root: Path, folder: Path, cell: Cell, task: Task, tries: int, seed: int, report: Report = quiet) -> Manifest:
    """Try a version in the simulated cell and write the verdict into its manifest."""
    results: list[RolloutResult] = []
    for n in range(tries):
        results.append(rollout(root, str(folder), cell, task, seed * 1000 + n, purpose="rehearse"))
        report(Progress(stage="rehearse", done=n + 1, total=tries, rehearsed=[r.succeeded for r in results]))
    manifest = msgspec.structs.replace(
        read_manifest(folder),
        rehearsals=tries,
        rehearsed_ok=sum(r.succeeded for r in results),
        rehearsal_reasons=[r.reason for r in results],
    )
    manifest = judged(manifest)
    write_manifest(folder, manifest)
    return manifest


def rollout(
    root: Path,
    folder: str,
    cell: Cell,
    task: Task,
    layout_seed: int,
    *,
    purpose: Any = "test",
    store: Store | None = None,
    task_id: int = 0,
    picture: Path | None = None,
) -> RolloutResult:
    """One rollout on a layout, from the identifier's scenes alone, judged on the truth as `decisions.md` 16 says."""
    world = HeadlessCell(cell, layout_seed, root, purpose=purpose, store=store)
    try:
        before = world.truth().objects
        world.request(ActRequest(kind="load", version=folder))
        world.settle(3)
        if world.status is not None and world.status.error:
            raise PendantError(world.status.error)
        if world.takes is not None:
            world.takes.begin(task_id, "rollout", "policy", {"version": folder, "layout_seed": layout_seed})
        world.grant()
        world.request(ActRequest(kind="run"))
        world.advance(0.2)
        start = world.clock.now_ns()
        status = world.until_status(("done", "failed"), 400)
        seconds = (world.clock.now_ns() - start) / 1e9
        world.advance(0.6)
        after = world.truth().objects
        if picture is not None:
            _save_picture(world, picture)
        succeeded, reason = success(task, before, after)
        return RolloutResult(
            layout_seed=layout_seed,
            succeeded=succeeded,
            reason="" if succeeded else f"{reason} ({status.result})",
            seconds=round(seconds, 1),
            objects=sum(o.class_name in task.move for o in before),
            screen_agrees=status.succeeded == succeeded,
        )
    finally:
        world.close()


def _save_picture(world: HeadlessCell, path: Path) -> None:
    """The newest frame, small."""
    frame = world.frames[max(world.frames)]
    path.write_bytes(encode_color(np.ascontiguousarray(frame.color[::2, ::2])))


def success(task: Task, before: Sequence[TrueObject], after: Sequence[TrueObject]) -> tuple[bool, str]:
    """Whether the goals hold and no bystander was moved by 2 cm; else the reason in a sentence."""
    held, reason = judge.judge_all(task.goals, after)
    if not held:
        return False, reason
    part = [*task.move, *(g.reference for g in task.goals if g.reference)]
    moved = judge.disturbed(before, after, part)
    return (False, f"The {moved[0]} was pushed away.") if moved else (True, "")


def _shown_right(world: HeadlessCell, task: Task) -> bool:
    """Whether at least one object of the task is where the goal wants it."""
    objects = world.truth().objects
    for goal in task.goals:
        for thing in (o for o in objects if o.class_name == goal.object_class):
            if judge.judge(goal, [thing, *(o for o in objects if o.class_name == goal.reference)])[0]:
                return True
    return False


def _trash_last(store: Store, task_id: int) -> None:
    newest = Queries(store.engine).episodes(task_id)
    if newest:
        edits.set_episodes(store, [newest[0].id], {"state": "trashed"}, "discarding a demonstration")


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
        results = _roll_all(root, folder, cell, task, rollouts, seed, report)
        wall["run_s"] = time.monotonic() - started
    finally:
        store.close()
    return _summary(task, demos, version, results, failures, wall)


def _roll_all(root: Path, folder: str, cell: Cell, task: Task, rollouts: int, seed: int, report: Report) -> list[RolloutResult]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    seeds = [seed * 10_000 + n for n in range(rollouts)]
    results: list[RolloutResult] = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for n, data in enumerate(pool.map(_roll_one, [(str(root), folder, cell.name, task.id, s) for s in seeds])):
            results.append(msgspec.json.decode(data, type=RolloutResult))
            report(Progress(stage="run", done=n + 1, total=rollouts, rehearsed=[r.succeeded for r in results]))
    return results


def _roll_one(arguments: tuple[str, str, str, str, int]) -> bytes:
    from core.cells import find_cell

    root, folder, cell_name, task_id, layout_seed = arguments
    cell = find_cell(cell_name)
    return msgspec.json.encode(rollout(Path(root), folder, cell, cell.task(task_id), layout_seed))


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
        "screen_disagrees": sum(not r.screen_agrees for r in results),
        "teaching_failures": list(failures),
        "wall": {name: round(seconds, 1) for name, seconds in wall.items()} | {"total_s": round(sum(wall.values()), 1)},
    }


def interval(good: int, count: int) -> tuple[float, float]:
    """Clopper-Pearson 95 % interval of a rate."""
    from scipy.stats import beta

    if count == 0:
        return 0.0, 1.0
    low = float(beta.ppf(0.025, good, count - good + 1)) if good else 0.0
    high = float(beta.ppf(0.975, good + 1, count - good)) if good < count else 1.0
    return low, high
