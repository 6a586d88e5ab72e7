"""Rollouts without a window: one on a layout, judged on the truth, or many in two processes. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from app.headless import HeadlessCell
from app.picks import Pick, Picks
from core import judge
from core.cells import Cell, Task, find_cell
from core.errors import PendantError
from core.learning.progress import Progress, Report
from core.messages import ActRequest
from core.storage.episode import encode_color
from core.storage.frames import write_durably
from core.storage.store import Store
from core.transport.worker import end_with_parent
from core.types import TrueObject

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor


class RolloutResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one rollout went, judged on the truth.

    `screen_agrees`: whether the scene's own boxes say the same; `asked`: it ended in a question, which nobody answered.
    """

    layout_seed: int
    succeeded: bool
    reason: str
    seconds: float
    objects: int
    screen_agrees: bool
    asked: bool = False
    picks: list[Pick] = []


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
        picks = Picks(task)
        status = world.until_status(("done", "failed", "asking"), 400, each=lambda: picks.see(world.plan, world.scene, world.truth()))
        asked = status.mode == "asking"
        if asked:  # nobody answers here
            world.request(ActRequest(kind="end"))
            status = world.until_status(("done", "failed"), 1)
        seconds = (world.clock.now_ns() - start) / 1e9
        world.advance(0.6)
        after = world.truth().objects
        if picture is not None:
            _save_picture(world, picture)
        succeeded, reason = success(task, before, after)
        return RolloutResult(
            layout_seed=layout_seed,
            succeeded=succeeded,
            reason="" if succeeded else judge.why_not(reason, status.result, believed=status.succeeded),
            seconds=round(seconds, 1),
            objects=sum(o.class_name in task.move for o in before),
            screen_agrees=status.succeeded == succeeded,
            asked=asked,
            picks=picks.over(world.truth()),
        )
    finally:
        world.close()


def _save_picture(world: HeadlessCell, path: Path) -> None:
    """The newest frame, small."""
    frame = world.frames[max(world.frames)]
    write_durably(path, encode_color(np.ascontiguousarray(frame.color[::2, ::2])))


def success(task: Task, before: Sequence[TrueObject], after: Sequence[TrueObject]) -> tuple[bool, str]:
    """Whether the goals hold and no bystander was moved by 2 cm; else the reason in a sentence."""
    held, reason = judge.judge_all(task.goals, after)
    if not held:
        return False, reason
    part = [*task.move, *(g.reference for g in task.goals if g.reference)]
    moved = judge.disturbed(before, after, part)
    return (False, f"The {moved[0]} was pushed away.") if moved else (True, "")


def roll_all(root: Path, folder: str, cell: Cell, task: Task, rollouts: int, seed: int, report: Report) -> list[RolloutResult]:
    """Rollouts on layouts never taught on, in two processes."""
    seeds = [seed * 10_000 + n for n in range(rollouts)]
    results: list[RolloutResult] = []
    with processes(2) as pool:
        for n, data in enumerate(pool.map(_roll_one, [(str(root), folder, cell.source, task.id, s) for s in seeds])):
            results.append(msgspec.json.decode(data, type=RolloutResult))
            report(Progress(stage="run", done=n + 1, total=rollouts, rehearsed=[r.succeeded for r in results]))
    return results


def processes(count: int) -> ProcessPoolExecutor:
    """So many processes for work on the side; they end when this one does, whatever ends it."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=end_with_parent)


def _roll_one(arguments: tuple[str, str, str, str, int]) -> bytes:
    root, folder, source, task_id, layout_seed = arguments
    cell = find_cell(source)
    return msgspec.json.encode(rollout(Path(root), folder, cell, cell.task(task_id), layout_seed))


def interval(good: int, count: int) -> tuple[float, float]:
    """Clopper-Pearson 95 % interval of a rate."""
    from scipy.stats import beta

    if count == 0:
        return 0.0, 1.0
    low = float(beta.ppf(0.025, good, count - good + 1)) if good else 0.0
    high = float(beta.ppf(0.975, good + 1, count - good)) if good < count else 1.0
    return low, high
