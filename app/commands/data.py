"""episodes, check, trash: what the data folder holds, whether it is sound, and what was thrown away."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

from app.commands.console import Console, opened
from app.emptying import empty_trash
from app.takes import adopt_orphans, recover_recordings
from core.errors import PendantError, StoreError
from core.learning.naming_versions import load_naming
from core.learning.versions import load_version
from core.perception.names import EMBEDDING_VERSION
from core.storage import edits
from core.storage.episode import RECORDING_SUFFIX, EpisodeReader
from core.storage.frames import read_frame
from core.storage.masks import unpack
from core.storage.queries import Queries
from core.storage.records import Episode
from core.storage.store import Store


def episodes(options: argparse.Namespace, console: Console) -> int:
    """List episodes."""
    with opened(options.data) as store:
        queries = Queries(store.engine)
        task = queries.task_named(options.task) if options.task else None
        if options.task and task is None:
            raise StoreError(f"There is no task {options.task}.")
        names = {t.id: t.name for t in queries.tasks()}
        found = queries.episodes(task.id if task else None, states=("kept", "partial", "trashed"))
    value = [_value(e, names.get(e.task_id, "")) for e in found]
    lines = [f"{e['id']} {e['task']} {e['kind']} {e['number']}: {e['state']}, {e['frames']} frames" for e in value]
    console.result(value, lines or ["No episodes yet."])
    return 0


def check(options: argparse.Namespace, console: Console) -> int:
    """Verify every file, reference and hash, after entering what a crash left. Returns 1 when something is not sound."""
    with opened(options.data) as store:
        repaired = [c.text for c in [*recover_recordings(store), *adopt_orphans(store)]]
        problems = [*_episode_problems(store), *_label_problems(store), *_version_problems(store)]
        told = store.told
    mended = [*told, *repaired]
    value = {"repaired": mended, "problems": problems, "sound": not problems}
    lines = [*(f"repaired: {r}" for r in mended), *problems, "Everything else is sound." if problems else "Everything is sound."]
    console.result(value, lines)
    return 1 if problems else 0


def trash(options: argparse.Namespace, console: Console) -> int:
    """List, restore or empty the trash."""
    with opened(options.data) as store:
        queries = Queries(store.engine)
        thrown = queries.episodes(states=("trashed",))
        if options.what == "restore":
            chosen = [e.id for e in thrown if not options.ids or e.id in options.ids]
            if chosen:
                edits.set_episodes(store, chosen, {"state": "kept"}, "restoring from the trash")
            console.result({"restored": chosen}, [f"{len(chosen)} restored."])
        elif options.what == "empty":
            if not options.yes:
                made = sorted({v.number for v in queries.versions() if set(v.manifest.get("episodes", [])) & {e.id for e in thrown}})
                note = f" v{', v'.join(map(str, made))} were made from them." if made else ""
                raise StoreError(f"That is final: {len(thrown)} episodes would be gone.{note} Say --yes to do it.")
            empty_trash(store)
            console.result({"emptied": [e.id for e in thrown]}, [f"{len(thrown)} episodes are gone."])
        else:
            value = [_value(e, "") for e in thrown]
            size = sum(e.bytes for e in thrown)
            lines = [f"{e['id']} {e['kind']} {e['number']}, {e['bytes'] / 1e6:.1f} MB" for e in value]
            console.result(value, [*lines, f"{len(thrown)} episodes, {size / 1e6:.1f} MB."])
    return 0


def _value(e: Episode, task: str) -> dict[str, Any]:
    keys = ("id", "number", "kind", "how", "state", "frames", "gaps", "bytes", "duration_s", "succeeded", "rating", "has_takeover", "who")
    return {"task": task} | {key: getattr(e, key) for key in keys} | {"details": e.details}


def _episode_problems(store: Store) -> list[str]:
    problems = []
    for episode in Queries(store.engine).episodes(states=("kept", "partial", "trashed")):
        try:
            reader = EpisodeReader(store.folder.root / episode.path)
        except StoreError as error:
            problems.append(f"{episode.kind.capitalize()} {episode.number} ({episode.id}): {error}")
            continue
        if not reader.sound():
            problems.append(f"{episode.kind.capitalize()} {episode.number} ({episode.id}): its file is damaged; what is readable is kept.")
        reader.close()
    for left in store.folder.episodes.glob(f"*{RECORDING_SUFFIX}"):
        problems.append(f"{left.name}: a recording that was cut off before its first frame, or cannot be read. It is left where it is.")
    return problems


def _label_problems(store: Store) -> list[str]:
    problems = []
    hashes: dict[str, bool] = {}
    for label in Queries(store.engine).labels():
        if label.frame_hash not in hashes:
            hashes[label.frame_hash] = _frame_sound(store.folder.frames, label.frame_hash)
        try:
            unpack(label.mask)
        except StoreError as error:
            problems.append(f"Label {label.id}: {error}")
        if not hashes[label.frame_hash]:
            problems.append(f"Label {label.id}: its picture is missing or damaged. The label stays, without it.")
    return problems


def _frame_sound(folder: Path, name: str) -> bool:
    path = folder / f"{name}.frame"
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != name:
        return False
    try:
        read_frame(folder, name)
    except StoreError:
        return False
    return True


def _version_problems(store: Store) -> list[str]:
    problems = []
    for version in Queries(store.engine).versions():
        try:
            load_version(str(store.folder.root / version.folder), {})
        except PendantError as error:
            problems.append(f"v{version.number}: {error}")
    fitting = [n for n in Queries(store.engine).namings() if n.manifest.get("embedding") == EMBEDDING_VERSION]
    for naming in fitting:
        try:
            load_naming(store.folder.root / naming.folder)
        except PendantError as error:
            problems.append(f"N{naming.number}: {error}")
    return problems
