"""Teaching by the scripted operator: names clicked, demonstrations recorded, on layouts of the teaching kind. No Qt."""

from __future__ import annotations

import numpy as np

from app.headless import HeadlessCell
from app.operator import Operator
from app.tasks import ensure_task
from core import judge
from core.cells import Cell, Task, sample_layout
from core.errors import PendantError
from core.learning.progress import Progress, Report, quiet
from core.storage import edits
from core.storage.queries import Queries
from core.storage.store import Store

_TRIES_PER_DEMO = 4
_NAMING_LAYOUTS = 24


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
