"""Emptying the trash: final. No Qt; window and commands share it."""

from __future__ import annotations

from core.storage import edits
from core.storage.queries import Queries
from core.storage.store import Changes, Store


def empty_trash(store: Store) -> Changes:
    """Remove trashed episodes for good; files that another (split) episode still uses stay."""
    queries = Queries(store.engine)
    thrown = queries.episodes(states=("trashed",))
    used = {e.path for e in queries.episodes()}
    changes = edits.set_episodes(store, [e.id for e in thrown], {"state": "gone"}, "emptying the trash", undoable=False)
    for episode in thrown:
        if episode.path not in used:
            (store.folder.root / episode.path).unlink(missing_ok=True)
    return changes
