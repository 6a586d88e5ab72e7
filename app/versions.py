"""Versions into the catalogue: entering a written one, making one active. No Qt, nothing heavy; window and commands share it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from core.learning.versions import Manifest, load_version, read_manifest, write_manifest
from core.storage import edits
from core.storage.queries import Queries
from core.storage.records import Version
from core.storage.store import Changes, Store


def enter_version(store: Store, task_id: int, folder: Path, manifest: Manifest) -> Version:
    """Enter a written version as a row with the next number, and write the number into its manifest."""
    adopt_version(store, task_id, folder, manifest)
    return Queries(store.engine).versions(task_id)[0]


def adopt_version(store: Store, task_id: int, folder: Path, manifest: Manifest | None = None) -> Changes:
    """Like `enter_version`, answered with what changed. `manifest` None: as written in the folder. Raises WeightsError when it is torn."""
    written = manifest or read_manifest(folder)
    relative = str(folder.relative_to(store.folder.root))
    state = "passed" if written.passed else "failed"
    changes = edits.add_version(store, task_id, written.policy, state, relative, msgspec.to_builtins(written))
    number = Queries(store.engine).versions(task_id)[0].number
    write_manifest(folder, msgspec.structs.replace(written, number=number))
    return changes


def push(store: Store, version: Version) -> Changes:
    """Check a version's files and make it the active one. Raises WeightsError or StoreError in a sentence."""
    load_version(str(store.folder.root / version.folder), Queries(store.engine).aliases())
    return edits.activate_version(store, version.id)
