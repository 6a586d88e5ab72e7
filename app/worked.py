"""A data folder that was worked with: names, demonstrations and two versions by the scripted operator. For pictures; no Qt."""

from __future__ import annotations

import time
from pathlib import Path

from app import jobs, teaching
from app.versions import push
from core.cells import find_cell
from core.storage.queries import Queries
from core.storage.store import Store

CELL, TASK = "fruit", "banana-in-basket"
_DEMOS, _VERSIONS, _SEED = 3, 2, 3


def fill(data: Path) -> None:
    """Teach and learn until there are two versions, the newest on the arm; a folder that has them stays as it is."""
    data.mkdir(parents=True, exist_ok=True)
    store = Store(data, wall_s=time.time, who="operator")
    try:
        cell = find_cell(CELL)
        task, queries = cell.task(TASK), Queries(store.engine)
        for n in range(len(queries.versions()), _VERSIONS):
            teaching.teach(store, cell, task, _DEMOS, _SEED + n)
            push(store, jobs.train(store, task.id, "pickplace", _SEED, goals_of=task))
    finally:
        store.close()
