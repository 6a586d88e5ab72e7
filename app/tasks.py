"""Tasks of a cell file as rows of the catalogue. No Qt, no physics."""

from __future__ import annotations

from core.cells import Cell, Task
from core.errors import PendantError
from core.storage import edits
from core.storage.queries import Queries
from core.storage.store import Store


def ensure_task(store: Store, cell: Cell, task: Task) -> int:
    """The row of a cell's task, entered if it is new."""
    queries = Queries(store.engine)
    known = queries.task_named(task.id)
    if known is None:
        edits.create_task(store, task.id, task.title, cell.name, task.goals[0], undoable=False)
        known = queries.task_named(task.id)
    if known is None:
        raise PendantError(f"The task {task.id} could not be entered.")
    return known.id
