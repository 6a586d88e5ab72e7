"""The store: every mutation is one transaction that is journalled, undoable and answered with `Changes`.

Used by `app.operations` on the writer thread and by headless commands. Reading does not need the writer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from core.errors import DiskFull, StoreError
from core.storage import catalogue
from core.storage.catalogue import Folder, WriterLock, put_row, row_values
from core.storage.records import TABLES, Edit, Record, Setting


class Changes(msgspec.Struct, frozen=True):
    """What a mutation touched: (table, key) pairs, who did it, the words for the undo button, and what undo and redo would do next.

    `undone`: it took an edit back.
    """

    touched: tuple[tuple[str, Any], ...]
    who: str
    text: str
    undo_text: str
    redo_text: str
    names_revision: int
    undone: bool = False

    def touches(self, *tables: str) -> bool:
        """Whether a row of one of `tables` changed."""
        return any(table in tables for table, _ in self.touched)


@dataclass(frozen=True)
class Row:
    """A row as it shall be. `key` None: a new row whose key the catalogue gives; `values` are merged into what is there."""

    table: str
    key: Any
    values: dict[str, Any]


NAMING_TABLES = ("label", "object_class", "naming_version")
Mutation = Callable[[Session], Sequence[Row]]


class Store:
    """A data folder opened for writing. `wall_s` tells seconds since 1970, `who` is the system's user or a name that was set."""

    def __init__(self, root: Path, *, wall_s: Callable[[], float], who: str) -> None:
        self.folder = Folder(root)
        self.folder.create()
        self._lock = WriterLock(self.folder)
        self.told = catalogue.prepare(self.folder)
        self.engine = catalogue.engine_of(self.folder.catalogue)
        self.wall_s = wall_s
        self.who = who
        self._reconcile_journal()

    def close(self) -> None:
        """Back the catalogue up and let the next writer in."""
        self.backup()
        self.engine.dispose()
        self._lock.release()

    def backup(self) -> Path:
        """A dated backup of the catalogue."""
        return catalogue.backup(self.folder, datetime.fromtimestamp(self.wall_s()).strftime("%Y%m%d-%H%M%S"))

    def mutate(self, words: str, mutation: Mutation, *, undoable: bool = True) -> Changes:
        """Run `mutation` in one transaction, store its rows, journal them. Raises StoreError; then nothing was changed."""
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                rows = mutation(session)
                changes = [self._put(session, row) for row in rows]
                if undoable:
                    self._forget_redo(session)
                edit = Edit(created_s=self.wall_s(), who=self.who, text=words, undoable=undoable, rows=changes)
                session.add(edit)
                if any(row.table in NAMING_TABLES for row in rows):
                    self._next_revision(session)
                session.commit()
                entry = {"kind": "edit", **{k: v for k, v in row_values(edit).items() if k != "undone"}}
        except OperationalError as error:
            if "disk is full" in str(error.orig):
                raise DiskFull from error
            raise StoreError(f"That could not be saved: {error.orig}. Nothing was changed. `pendant doctor` looks for a cause.") from error
        except IntegrityError as error:
            raise StoreError("That contradicts what is stored, so nothing was changed.") from error
        self._journal(entry)
        return self._changes(changes, words)

    def undo(self) -> Changes | None:
        """Take the newest undoable edit back; None when there is none."""
        return self._move(undone=False)

    def redo(self) -> Changes | None:
        """Do the newest undone edit again; None when there is none."""
        return self._move(undone=True)

    def undo_texts(self) -> tuple[str, str]:
        """What undo and redo would take back and do again; "" where there is nothing."""
        with Session(self.engine) as session:
            undo, redo = self._next(session, undone=False), self._next(session, undone=True)
            return (undo.text if undo else ""), (redo.text if redo else "")

    def setting(self, key: str, default: dict[str, Any]) -> dict[str, Any]:
        """The stored setting `key`, or `default`."""
        with Session(self.engine) as session:
            row = session.get(Setting, key)
            return dict(row.value) if row else default

    def set_setting(self, key: str, value: dict[str, Any]) -> Changes:
        """Store a setting; not undoable."""
        return self.mutate(f"set {key}", lambda _: [Row("setting", key, {"key": key, "value": value})], undoable=False)

    def names_revision(self) -> int:
        """Grows with every change of a label, a class, or the naming in use."""
        return int(self.setting("names_revision", {"value": 0})["value"])

    def _put(self, session: Session, row: Row) -> dict[str, Any]:
        record = TABLES[row.table]
        old = session.get(record, row.key) if row.key is not None else None
        before = row_values(old) if old is not None else None
        if old is None:
            old = record(**row.values)
            session.add(old)
        else:
            for name, value in row.values.items():
                setattr(old, name, value)
        session.flush()
        key = row.key if row.key is not None else _key_of(old)
        return {"table": row.table, "key": key, "before": before, "after": row_values(old)}

    def _move(self, *, undone: bool) -> Changes | None:
        kind, side = ("redo", "after") if undone else ("undo", "before")
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                edit = self._next(session, undone=undone)
                if edit is None:
                    return None
                rows = edit.rows if undone else list(reversed(edit.rows))
                for change in rows:
                    put_row(session, change["table"], change["key"], change[side])
                edit.undone = not undone
                if any(change["table"] in NAMING_TABLES for change in rows):
                    self._next_revision(session)
                session.commit()
                entry, words = {"kind": kind, "id": edit.id}, edit.text
        except IntegrityError as error:
            raise StoreError("Later work depends on that, so it was not taken back.") from error
        self._journal(entry)
        return msgspec.structs.replace(self._changes(rows, words), undone=not undone)

    def _next(self, session: Session, *, undone: bool) -> Edit | None:
        order = Edit.id.asc() if undone else Edit.id.desc()
        return session.scalars(select(Edit).where(Edit.undoable, Edit.undone == undone).order_by(order).limit(1)).first()

    def _forget_redo(self, session: Session) -> None:
        for edit in session.scalars(select(Edit).where(Edit.undoable, Edit.undone)):
            edit.undoable = False

    def _next_revision(self, session: Session) -> None:
        row = session.get(Setting, "names_revision")
        if row is None:
            session.add(Setting(key="names_revision", value={"value": 1}))
        else:
            row.value = {"value": int(row.value["value"]) + 1}

    def _changes(self, rows: Sequence[dict[str, Any]], words: str) -> Changes:
        undo, redo = self.undo_texts()
        touched = tuple((row["table"], row["key"]) for row in rows)
        return Changes(touched, self.who, words, undo, redo, self.names_revision())

    def _journal(self, entry: dict[str, Any]) -> None:
        try:
            with self.folder.journal.open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(entry, separators=(",", ":")) + "\n")
                journal.flush()
                os.fsync(journal.fileno())
        except OSError as error:
            raise StoreError(
                f"The change is saved, but its journal is not: {error.strerror}. Free some disk space; "
                "Pendant completes the journal at its next start."
            ) from error

    def _reconcile_journal(self) -> None:
        """Append edits that were committed just before a crash and did not reach the journal."""
        last = 0
        if self.folder.journal.exists() and self.folder.journal.stat().st_size:
            last = max((entry["id"] for entry in catalogue.read_journal(self.folder.journal) if entry["kind"] == "edit"), default=0)
            self._end_torn_line()
        with Session(self.engine) as session:
            newest = session.scalar(select(func.max(Edit.id))) or 0
            if newest > last:
                for edit in session.scalars(select(Edit).where(Edit.id > last).order_by(Edit.id)):
                    self._journal({"kind": "edit", **{k: v for k, v in row_values(edit).items() if k != "undone"}})

    def _end_torn_line(self) -> None:
        with self.folder.journal.open("rb+") as journal:
            journal.seek(-1, os.SEEK_END)
            if journal.read(1) != b"\n":
                journal.write(b"\n")


def _key_of(row: Record) -> Any:
    (column,) = inspect(type(row)).primary_key
    return getattr(row, str(column.key))
