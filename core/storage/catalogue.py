"""Opens the catalogue: one SQLite file with WAL, checked, migrated and backed up; one writer per data folder.

`Store` builds on it. Nothing here knows what the rows mean.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage.records import TABLES, Record

HEAD = "0004"
_BACKUPS_KEPT = 5


class Folder:
    """The data folder and the places in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalogue = root / "catalogue.db"
        self.journal = root / "edits.jsonl"
        self.episodes = root / "episodes"
        self.frames = root / "frames"
        self.versions = root / "versions"
        self.runs = root / "runs"
        self.backups = root / "backups"
        self.cache = root / "cache"
        self.looks = root / "looks"
        self.log = root / "pendant.log"
        self.rig_memory = root / "rig.mem"

    def create(self) -> None:
        """Make what is missing. Raises StoreError when the place cannot be written."""
        try:
            for path in (self.root, self.episodes, self.frames, self.versions, self.runs, self.backups, self.cache, self.looks):
                path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The data folder {self.root} cannot be written: {error.strerror}. Choose another with --data.") from error


class WriterLock:
    """The lock of a data folder: one writer. The operating system frees it when its process ends, however it ends."""

    def __init__(self, folder: Folder) -> None:
        self._file = os.open(folder.root / "writer.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(
                "Another Pendant is working on this data folder. Close it first, or give this one a folder of its own with --data."
            ) from error

    def release(self) -> None:
        """Let the next writer in."""
        os.close(self._file)


def engine_of(path: Path, *, read_only: bool = False) -> Engine:
    """An engine on the catalogue at `path`: WAL, foreign keys, full synchronisation (the screen promises "saved")."""
    target = f"file:{path}?mode=ro" if read_only else f"file:{path}"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(target, uri=True, timeout=10, check_same_thread=False))

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    return engine


def prepare(folder: Folder) -> list[str]:
    """Bring the catalogue to the newest format: made new, migrated after a backup, or rebuilt when damaged. Returns sentences to tell."""
    told: list[str] = []
    if folder.catalogue.exists() and not _sound(folder.catalogue):
        told.append(rebuild(folder))
    if not folder.catalogue.exists():
        _create(folder.catalogue)
    elif (version := _version(folder.catalogue)) != HEAD:
        _migrate(folder, version)
    return told


def backup(folder: Folder, stamp: str) -> Path:
    """A consistent copy of the catalogue under backups/, by SQLite's backup API; the oldest beyond five are removed."""
    target = folder.backups / f"catalogue-{stamp}.db"
    source = sqlite3.connect(folder.catalogue, timeout=10)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    for old in sorted(folder.backups.glob("catalogue-*.db"))[:-_BACKUPS_KEPT]:
        old.unlink()
    return target


def rebuild(folder: Folder) -> str:
    """Put a damaged catalogue aside and make it again from the newest sound backup and the journal. Returns a sentence."""
    number = len(list(folder.root.glob("catalogue.damaged-*"))) + 1
    for suffix in ("", "-wal", "-shm"):
        part = Path(f"{folder.catalogue}{suffix}")
        if part.exists():
            part.rename(folder.root / f"catalogue.damaged-{number}{suffix}")
    sound = [path for path in sorted(folder.backups.glob("catalogue-*.db"), reverse=True) if _sound(path)]
    if sound:
        source, target = sqlite3.connect(sound[0]), sqlite3.connect(folder.catalogue)
        source.backup(target)
        target.close()
        source.close()
    else:
        _create(folder.catalogue)
    edits = replay_journal(folder)
    return f"The catalogue was damaged. It was made again from its backup and {edits} journalled edits; nothing that was kept is lost."


def replay_journal(folder: Folder) -> int:
    """Apply the journalled edits that the catalogue does not hold yet; a torn last line is ignored. Returns how many."""
    engine = engine_of(folder.catalogue)
    applied = 0
    with Session(engine) as session:
        known = {row[0] for row in session.execute(text("SELECT id FROM edit"))}
        for entry in read_journal(folder.journal):
            if entry["kind"] == "edit" and entry["id"] in known:
                continue
            apply_entry(session, entry)
            applied += entry["kind"] == "edit"
        session.commit()
    engine.dispose()
    return applied


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of a journal, oldest first; lines that a power cut tore are left out."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(entry, dict) and {"kind", "id"} <= entry.keys():
                yield entry


def apply_entry(session: Session, entry: dict[str, Any]) -> None:
    """Apply one journal entry: an edit's rows, or an edit's undoing or redoing."""
    edit_table = TABLES["edit"].__table__
    if entry["kind"] == "edit":
        for change in entry["rows"]:
            put_row(session, change["table"], change["key"], change["after"])
        values = {k: entry[k] for k in ("id", "created_s", "who", "text", "undoable", "rows")}
        session.execute(edit_table.insert().values(**values, undone=False))
        return
    row = session.get(TABLES["edit"], entry["id"])
    if row is None:
        return
    undone = entry["kind"] == "undo"
    for change in reversed(row.rows) if undone else row.rows:
        put_row(session, change["table"], change["key"], change["before" if undone else "after"])
    row.undone = undone


def put_row(session: Session, table: str, key: Any, values: dict[str, Any] | None) -> None:
    """Make the row `key` of `table` equal to `values` (None: absent)."""
    record = TABLES[table]
    row = session.get(record, key)
    if values is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(record(**_from_json(record, values)))
    else:
        for name, value in _from_json(record, values).items():
            setattr(row, name, value)
    session.flush()


def row_values(row: Record) -> dict[str, Any]:
    """A row as plain JSON data; bytes as hex."""
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return {name: {"hex": value.hex()} if isinstance(value, bytes) else value for name, value in values.items()}


def _from_json(record: type[Record], values: dict[str, Any]) -> dict[str, Any]:
    columns = record.__table__.columns.keys()
    return {
        name: bytes.fromhex(value["hex"]) if isinstance(value, dict) and set(value) == {"hex"} else value
        for name, value in values.items()
        if name in columns
    }


def _sound(path: Path) -> bool:
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute("PRAGMA quick_check").fetchone()[0] == "ok" and _has_tables(connection)
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return False


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT count(*) FROM sqlite_master WHERE name='alembic_version'").fetchone()[0] == 1


def _create(path: Path) -> None:
    engine = engine_of(path)
    Record.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
    engine.dispose()


def _version(path: Path) -> str:
    connection = sqlite3.connect(path, timeout=10)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else ""
    finally:
        connection.close()


def _migrate(folder: Folder, version: str) -> None:
    from core.storage.migrations import upgrade  # alembic takes 0.4 s to import and is rarely needed

    backup(folder, f"before-{version or 'none'}")
    upgrade(folder.catalogue, version)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session whose rows stay usable after it is closed."""
    with Session(engine, expire_on_commit=False) as session:
        yield session
