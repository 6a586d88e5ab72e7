"""Tasks of a cell file as rows of the catalogue. No Qt, no physics."""

from __future__ import annotations

from core.cells import Cell, Task
from core.errors import PendantError
from core.storage import edits
from core.storage.queries import Queries
from core.storage.store import Row, Store


def ensure_task(store: Store, cell: Cell, task: Task) -> int:
    """The row of a cell's task, entered if it is new; it knows where the cell's file lies now."""
    queries = Queries(store.engine)
    known = queries.task_named(task.id)
    if known is None:
        edits.create_task(store, task.id, task.title, cell.source, task.goals[0], undoable=False)
        known = queries.task_named(task.id)
    if known is None:
        raise PendantError(f"The task {task.id} could not be entered.")
    if known.cell != cell.source:
        store.mutate("where the cell's file lies", lambda _: [Row("task", known.id, {"cell": cell.source})], undoable=False)
    return known.id
