"""Recordings from start to catalogue: what is recorded, when it is finished, and how it is entered. No Qt; window and commands share it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import StoreError
from core.messages import ActStatus, RecorderRequest, RecorderStatus
from core.storage import edits
from core.storage.episode import RECORDING_SUFFIX, EpisodeReader, recover
from core.storage.queries import Queries
from core.storage.store import Changes, Store

_TAKEN = "takeover"


@dataclass
class Take:
    """One recording under way. `details` go into file and catalogue."""

    episode: str
    task_id: int
    number: int
    kind: str
    how: str
    details: dict[str, Any]
    finished_before: int
    took_over: bool = False
    succeeded: bool | None = None
    finishing: bool = False


class Takes:
    """Starts and finishes recordings and enters what was kept. `send` hands requests to the recorder."""

    def __init__(self, store: Store, send: Callable[[RecorderRequest], None]) -> None:
        self._store, self._send = store, send
        self._queries = Queries(store.engine)
        self.current: Take | None = None
        self._finished = 0

    def begin(self, task_id: int, kind: str, how: str, details: dict[str, Any]) -> Take:
        """Start recording; the file knows all that the catalogue will."""
        if self.current is not None:
            raise StoreError("A recording is going on. Finish it first.")
        episode = secrets.token_hex(8)
        take = Take(episode, task_id, self._queries.next_number(task_id, kind), kind, how, details, self._finished)
        task = self._queries.task(task_id)
        meta = {
            "episode": episode,
            "task": task.name if task else "",
            "task_id": task_id,
            "number": take.number,
            "kind": kind,
            "how": how,
            "who": self._store.who,
            "created_s": self._store.wall_s(),
            "details": details,
        }
        self.current = take
        path = self._store.folder.episodes / f"{episode}.db"
        self._send(RecorderRequest(kind="start", episode=episode, path=str(path), meta=json.dumps(meta)))
        return take

    def mark_takeover(self, begins: bool) -> None:
        """Note in the recording that the operator took over, or handed back."""
        if self.current is not None:
            self.current.took_over = True
            event = _TAKEN if begins else "handback"
            self._send(RecorderRequest(kind="mark", event=event))

    def finish(self, succeeded: bool | None = None, reason: str = "") -> None:
        """End the recording; it is entered when the recorder has kept it."""
        take = self.current
        if take is not None and not take.finishing:
            take.finishing, take.succeeded = True, succeeded
            if reason:
                take.details["reason"] = reason
            self._send(RecorderRequest(kind="finish"))

    def on_act(self, status: ActStatus) -> None:
        """A motion that ended ends its recording."""
        self._finished = status.finished
        take = self.current
        if take is not None and take.how != "keys" and status.finished > take.finished_before:
            if status.stopped:
                take.details["stopped"] = True
            if status.cut_off:
                take.details["cut_off"] = True
            self.finish(status.succeeded, status.result)

    def on_recorder(self, status: RecorderStatus) -> Changes | None:
        """Enter what was kept; after an error, what the recorder could save is recovered."""
        take = self.current
        if take is None or status.episode != take.episode:
            return None
        if status.state not in ("kept", "error"):
            return None
        try:
            return self._enter(take, status)
        finally:
            self.current = None  # only now: whoever sees no recording going on finds it in the catalogue

    def recorder_died(self) -> Changes | None:
        """Enter what it had written; the next recording can begin."""
        take, self.current = self.current, None
        if take is None:
            return None
        return next(iter([*recover_recordings(self._store), *adopt_orphans(self._store)]), None)

    def _enter(self, take: Take, status: RecorderStatus) -> Changes | None:
        if status.state == "kept":
            return edits.adopt_episode(self._store, self._row(take, status, "kept"), f"{_name(take)} kept")
        recovered = recover_recordings(self._store)
        return recovered[0] if recovered else None

    def _row(self, take: Take, status: RecorderStatus, state: str) -> dict[str, Any]:
        return {
            "id": take.episode,
            "task_id": take.task_id,
            "number": take.number,
            "kind": take.kind,
            "how": take.how,
            "state": state,
            "path": f"episodes/{take.episode}.db",
            "created_s": self._store.wall_s(),
            "duration_s": status.seconds,
            "frames": status.frames,
            "gaps": status.gaps,
            "bytes": status.bytes,
            "succeeded": take.succeeded,
            "has_takeover": take.took_over,
            "who": self._store.who,
            "details": take.details,
        }


def recover_recordings(store: Store) -> list[Changes]:
    """Enter recordings that were cut off: as partial, valid to their last commit. Unreadable ones stay where they are."""
    entered = []
    for path in sorted(store.folder.episodes.glob(f"*{RECORDING_SUFFIX}")):
        final = path.with_suffix(".db")
        try:
            reader = recover(path, final)
        except StoreError:
            continue  # `pendant check` names it
        entered.append(_adopt(store, reader, final, "partial"))
    return entered


def adopt_orphans(store: Store) -> list[Changes]:
    """Enter kept files that no row knows: the catalogue was lost between keeping and entering."""
    known = {e.path for e in Queries(store.engine).episodes(states=("kept", "partial", "trashed"))}
    entered = []
    for path in sorted(store.folder.episodes.glob("*.db")):
        if f"episodes/{path.name}" in known:
            continue
        try:
            entered.append(_adopt(store, EpisodeReader(path), path, "kept"))
        except StoreError:
            continue  # `pendant check` names it
    return entered


def _adopt(store: Store, reader: EpisodeReader, path: Path, state: str) -> Changes:
    meta = reader.meta
    queries = Queries(store.engine)
    task_id = int(meta.get("task_id", 0))
    if queries.task(task_id) is None:
        task_id = _task_for(store, str(meta.get("task", "")) or "recovered")
    frames, gaps = reader.counts()
    times, taken = reader.times_ns(), any(event == _TAKEN for _, event, _ in reader.events())
    reader.close()
    kind = str(meta.get("kind", "demonstration"))
    values = {
        "id": str(meta.get("episode", path.stem)),
        "task_id": task_id,
        "number": int(meta.get("number", 0)) or queries.next_number(task_id, kind),
        "kind": kind,
        "how": str(meta.get("how", "click")),
        "state": state,
        "path": f"episodes/{path.name}",
        "created_s": float(meta.get("created_s", store.wall_s())),
        "duration_s": float(times[-1] - times[0]) / 1e9 if len(times) else 0.0,
        "frames": frames,
        "gaps": gaps,
        "bytes": path.stat().st_size,
        "has_takeover": taken,
        "who": str(meta.get("who", store.who)),
        "details": dict(meta.get("details", {})),
    }
    words = "a rollout" if kind == "rollout" and not taken else "a recording"
    return edits.adopt_episode(store, values, f"{words} saved up to {values['duration_s']:.1f} s")


def where_kept(store: Store, changes: Changes) -> str:
    """In words, where an operator finds what was entered: Review lists what is learned from, and that is no rollout without a take-over."""
    episodes = [Queries(store.engine).episode(key) for table, key in changes.touched if table == "episode"]
    plain = any(e is not None and e.kind == "rollout" and not e.has_takeover for e in episodes)
    return "it is kept with the rollouts of Run, as cut off" if plain else "it is on Review"


def _task_for(store: Store, name: str) -> int:
    known = Queries(store.engine).task_named(name)
    if known is None:
        edits.create_task(store, name, name.replace("-", " ").capitalize(), "fruit")
        known = Queries(store.engine).task_named(name)
    if known is None:
        raise StoreError("The task of a recovered recording could not be entered.")
    return known.id


def _name(take: Take) -> str:
    return f"{'Demonstration' if take.kind == 'demonstration' else 'Rollout'} {take.number}"
