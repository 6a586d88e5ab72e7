"""Training in a process of its own, as the window sees it: start, progress, pause, finish early, cancel, go on later. No Qt.

The process reads a fixed snapshot and writes its folder; nothing is in the catalogue until the window adopts a complete result.
"""

from __future__ import annotations

import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import msgspec

from app.rig import ONE_THREAD
from app.training_files import FINISH, SPEC, TrainSpec
from core.learning.progress import Progress
from core.storage.queries import Queries
from core.storage.store import Store

_DIED = "Learning ended without warning. Nothing is lost: press Go on, and it goes on where it was."


class TrainingJob:
    """One training under way. The standard input of its process is the life line: when we end, it ends and can be resumed."""

    def __init__(self, spec: TrainSpec, log: Path) -> None:
        self.spec = spec
        self.folder = Path(spec.folder)
        self.paused = False
        self.finishing = (self.folder / FINISH).exists()
        self._ended = False
        self._lines: queue.SimpleQueue[Progress] = queue.SimpleQueue()
        self._log: IO[bytes] = log.open("ab")
        root = Path(__file__).resolve().parent.parent
        command = [sys.executable, "-m", "app.workers.trainer", msgspec.json.encode(spec).decode()]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=root, env={**os.environ, **ONE_THREAD}
        )
        self._reader = threading.Thread(target=self._read, name="training-progress", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def poll(self) -> list[Progress]:
        """What was reported since the last call; the last one has stage "done", with `error` when there is no version."""
        news = []
        while not self._lines.empty():
            news.append(self._lines.get())
        if any(p.stage == "done" for p in news):
            self._ended = True
        elif not self._ended and self._process.poll() is not None and not self._reader.is_alive() and self._lines.empty():
            self._ended = True
            news.append(Progress(stage="done", done=0, total=1, error=_DIED, cut_off=True, folder=self.spec.folder))
        return news

    def pause(self) -> None:
        """Let the process sleep; it takes no processor time."""
        self._signal(signal.SIGSTOP)
        self.paused = True

    def resume(self) -> None:
        """Go on."""
        self._signal(signal.SIGCONT)
        self.paused = False

    def finish_now(self) -> None:
        """Leave out the rehearsals that were not begun; what was tried so far decides."""
        (self.folder / FINISH).touch()
        self.finishing = True
        self.resume()

    def cancel(self) -> None:
        """End it and remove what it made."""
        self._process.kill()
        self._end()
        self.discard(self.spec)

    @staticmethod
    def discard(spec: TrainSpec) -> None:
        """Remove what a training that was not adopted left."""
        shutil.rmtree(spec.folder, ignore_errors=True)

    def close(self) -> None:
        """End the process; its folder stays and is offered again."""
        self.resume()
        self._end()

    def _end(self) -> None:
        self._ended = True
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(3.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def _read(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        for line in stream:
            self._lines.put(msgspec.json.decode(line, type=Progress))


def new_spec(store: Store, task: str, cell: str, *, rehearsals: int, seed: int = 1) -> TrainSpec:
    """What to learn for a task from what the store holds now."""
    folder = store.folder.versions / secrets.token_hex(8)
    folder.mkdir(parents=True)
    return TrainSpec(data=str(store.folder.root), folder=str(folder), task=task, seed=seed, rehearsals=rehearsals, cell=cell)


def unfinished(store: Store) -> list[TrainSpec]:
    """Trainings that were cut off: folders with a spec that no version or naming of the catalogue knows, newest last."""
    queries = Queries(store.engine)
    known = {v.folder for v in queries.versions()} | {n.folder for n in queries.namings()}
    found = []
    for path in sorted(store.folder.versions.glob(f"*/{SPEC}"), key=lambda p: p.stat().st_mtime):
        if str(path.parent.relative_to(store.folder.root)) in known:
            continue
        try:
            spec = msgspec.json.decode(path.read_bytes(), type=TrainSpec)
        except msgspec.DecodeError:
            continue  # torn: there is nothing to go on with
        found.append(msgspec.structs.replace(spec, data=str(store.folder.root), folder=str(path.parent)))
    return found
