"""One SQLite file an episode: written by the recorder alone, valid to its last commit whatever happens.

`EpisodeWriter` commits every half second of host work; `keep` makes a finished file durable under its final name. `EpisodeReader` accepts
every earlier format version.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.errors import StoreError
from core.storage.frames import png, sync_folder, unpng
from core.transport.codec import CodecError, decode, encode
from core.types import ArmState, CameraInfo, Command, Frame, Scene, WorldState

FORMAT = 1
RECORDING_SUFFIX = ".recording"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE camera (id TEXT PRIMARY KEY, info BLOB NOT NULL);
CREATE TABLE frame (seq INTEGER PRIMARY KEY, t_device_ns INTEGER, t_host_ns INTEGER, color BLOB NOT NULL, depth BLOB NOT NULL);
CREATE TABLE scene (frame_seq INTEGER PRIMARY KEY, labels BLOB NOT NULL, scene BLOB NOT NULL);
CREATE TABLE arm (seq INTEGER PRIMARY KEY, t_host_ns INTEGER, driver TEXT, state BLOB NOT NULL);
CREATE TABLE command (id INTEGER PRIMARY KEY, t_host_ns INTEGER, source TEXT, command BLOB NOT NULL);
CREATE TABLE world (seq INTEGER PRIMARY KEY, t_host_ns INTEGER, state BLOB NOT NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY, t_host_ns INTEGER, kind TEXT, data TEXT NOT NULL);
"""


class EpisodeWriter:
    """Writes `path` (ending in `.recording`). `lossless`: colour as PNG instead of JPEG 95 4:4:4. Raises StoreError when it cannot."""

    def __init__(self, path: Path, meta: dict[str, Any], *, lossless: bool = False) -> None:
        self.path = path
        self._lossless = lossless
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN")
            for key, value in ({"format": FORMAT} | meta).items():
                self._db.execute("INSERT INTO meta VALUES (?, ?)", (key, json.dumps(value)))
            self.commit()
        except sqlite3.Error as error:
            raise _full(error, path) from error

    def camera(self, info: CameraInfo) -> None:
        """The camera, by value."""
        self._put("INSERT OR REPLACE INTO camera VALUES (?, ?)", (info.id, encode(info)))

    def frame(self, frame: Frame, color: bytes, depth: bytes) -> None:
        """A frame with its images as encoded by `encode_color` and `encode_depth`."""
        self._put("INSERT OR REPLACE INTO frame VALUES (?, ?, ?, ?, ?)", (frame.seq, frame.t_device_ns, frame.t_host_ns, color, depth))

    def scene(self, scene: Scene) -> None:
        """What was identified; its label map is stored as PNG."""
        bare = _replace(scene, labels=np.zeros((0, 0), np.uint16))
        self._put("INSERT OR REPLACE INTO scene VALUES (?, ?, ?)", (scene.frame_seq, png(scene.labels), encode(bare)))

    def arm(self, state: ArmState) -> None:
        """An arm state, with the set-point as sent and who drove."""
        self._put("INSERT OR REPLACE INTO arm VALUES (?, ?, ?, ?)", (state.seq, state.t_host_ns, state.driver, encode(state)))

    def command(self, t_host_ns: int, command: Command) -> None:
        """A command as asked."""
        self._put("INSERT INTO command (t_host_ns, source, command) VALUES (?, ?, ?)", (t_host_ns, command.source, encode(command)))

    def world(self, state: WorldState) -> None:
        """The simulated world's state."""
        self._put("INSERT OR REPLACE INTO world VALUES (?, ?, ?)", (state.seq, state.t_host_ns, encode(state)))

    def event(self, t_host_ns: int, kind: str, data: dict[str, Any]) -> None:
        """A mark, gap, intervention or fault."""
        self._put("INSERT INTO event (t_host_ns, kind, data) VALUES (?, ?, ?)", (t_host_ns, kind, json.dumps(data)))

    def commit(self) -> None:
        """Make everything so far safe against the death of any process."""
        try:
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")
        except sqlite3.Error as error:
            raise _full(error, self.path) from error

    def keep(self, final: Path) -> None:
        """Commit, close and rename durably to `final`."""
        try:
            self._db.execute("COMMIT")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()
            _rename_durably(self.path, final)
        except (sqlite3.Error, OSError) as error:
            raise _full(error, self.path) from error

    def abandon(self) -> None:
        """Close after an error; what was committed stays in the file for `recover`."""
        try:
            self._db.close()
        except sqlite3.Error as error:
            raise _full(error, self.path) from error

    def _put(self, statement: str, values: tuple[Any, ...]) -> None:
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise _full(error, self.path) from error


def encode_color(image: npt.NDArray[np.uint8], *, lossless: bool = False) -> bytes:
    """RGB u8 (H, W, 3) as JPEG 95 4:4:4, or PNG."""
    if lossless:
        return png(image)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise StoreError("A picture could not be encoded.")
    return data.tobytes()


def encode_depth(depth: npt.NDArray[np.uint16]) -> bytes:
    """Depth u16 (H, W) as PNG: lossless, 6-11 ms at 640x480."""
    return png(depth)


def recover(path: Path, final: Path) -> EpisodeReader:
    """Open what a crash left in `path` and give it its final name; valid to the last commit. Raises StoreError when nothing is readable."""
    try:
        db = sqlite3.connect(path)
        try:
            frames = db.execute("SELECT count(*) FROM frame").fetchone()[0]
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            db.close()
        if not frames:
            raise StoreError("A recording that was cut off holds no frame; there is nothing to keep.")
        _rename_durably(path, final)
    except sqlite3.DatabaseError as error:
        raise StoreError("A recording that was cut off cannot be read. Its file is left where it is.") from error
    return EpisodeReader(final)


class EpisodeReader:
    """Reads one episode file; every method raises StoreError on torn rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise StoreError("The file of that demonstration is missing.")
        try:
            self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
            self.meta: dict[str, Any] = {key: json.loads(value) for key, value in self._db.execute("SELECT key, value FROM meta")}
        except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
            raise StoreError("The file of that demonstration is torn and cannot be read.") from error
        if not 1 <= int(self.meta.get("format", 0)) <= FORMAT:
            raise StoreError("That demonstration was recorded by a newer Pendant, which this one cannot read. It is left as it is.")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def seqs(self) -> list[int]:
        """Sequence numbers of the frames, in order."""
        return [row[0] for row in self._rows("SELECT seq FROM frame ORDER BY seq")]

    def times_ns(self) -> npt.NDArray[np.int64]:
        """Host times of the frames, in order of seq: (N,) ns."""
        return np.array([row[0] for row in self._rows("SELECT t_host_ns FROM frame ORDER BY seq")], np.int64)

    def camera(self) -> CameraInfo:
        """The camera it was recorded with."""
        return self._one("SELECT info FROM camera LIMIT 1", (), CameraInfo)

    def frame(self, seq: int) -> Frame:
        """The frame of that seq, decoded."""
        rows = self._rows("SELECT t_device_ns, t_host_ns, color, depth FROM frame WHERE seq=?", (seq,))
        if not rows:
            raise StoreError("That frame is not in the demonstration.")
        t_device, t_host, color, depth = rows[0]
        camera = self._rows("SELECT id FROM camera LIMIT 1")
        name = camera[0][0] if camera else ""
        return Frame(camera=name, seq=seq, t_device_ns=t_device, t_host_ns=t_host, depth=unpng(depth), color=unpng(color))

    def scene_seqs(self) -> list[int]:
        """Sequence numbers of the frames that a scene was made on, in order."""
        return [row[0] for row in self._rows("SELECT frame_seq FROM scene ORDER BY frame_seq")]

    def scene(self, seq: int) -> Scene | None:
        """The newest scene at or before frame `seq`, None when there is none."""
        rows = self._rows("SELECT labels, scene FROM scene WHERE frame_seq<=? ORDER BY frame_seq DESC LIMIT 1", (seq,))
        return _replace(self._decode(rows[0][1], Scene), labels=unpng(rows[0][0])) if rows else None

    def arms(self) -> Iterator[ArmState]:
        """Arm states, in order of time."""
        for (data,) in self._rows("SELECT state FROM arm ORDER BY t_host_ns, seq"):
            yield self._decode(data, ArmState)

    def commands(self) -> Iterator[tuple[int, Command]]:
        """(time ns, command) as asked, in order."""
        for t_ns, data in self._rows("SELECT t_host_ns, command FROM command ORDER BY id"):
            yield t_ns, self._decode(data, Command)

    def worlds(self) -> Iterator[WorldState]:
        """States of the simulated world, in order."""
        for (data,) in self._rows("SELECT state FROM world ORDER BY seq"):
            yield self._decode(data, WorldState)

    def events(self) -> list[tuple[int, str, dict[str, Any]]]:
        """(time ns, kind, data) in order."""
        return [(t, kind, json.loads(data)) for t, kind, data in self._rows("SELECT t_host_ns, kind, data FROM event ORDER BY id")]

    def counts(self) -> tuple[int, int]:
        """(frames, missing frames by sequence)."""
        count, first, last = self._rows("SELECT count(*), min(seq), max(seq) FROM frame")[0]
        return count, (last - first + 1 - count) if count else 0

    def sound(self) -> bool:
        """Whether SQLite finds the whole file in order and every picture decodes."""
        try:
            if self._db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                return False
            for seq in self.seqs():
                self.frame(seq)
        except (sqlite3.DatabaseError, StoreError):
            return False
        return True

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError("A part of that demonstration is torn and cannot be read.") from error

    def _one(self, statement: str, values: tuple[Any, ...], kind: Any) -> Any:
        rows = self._rows(statement, values)
        if not rows:
            raise StoreError("A part of that demonstration is missing.")
        return self._decode(rows[0][0], kind)

    def _decode(self, data: bytes, kind: Any) -> Any:
        try:
            return decode(data, kind)
        except CodecError as error:
            raise StoreError("A part of that demonstration is torn and cannot be read.") from error


def _replace(scene: Scene, **values: Any) -> Scene:
    return Scene(**({name: getattr(scene, name) for name in scene.__struct_fields__} | values))


def _rename_durably(path: Path, final: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.rename(final)
    sync_folder(final.parent)


def _full(error: Exception, path: Path) -> StoreError:
    text = str(error).lower()
    if "full" in text or "no space" in text or "disk i/o" in text:
        return StoreError("The disk is full, so recording stopped. What was recorded so far is kept. Empty the trash, then show it again.")
    return StoreError(f"Recording stopped, because {path.name} could not be written: {error}. What was recorded so far is kept.")
