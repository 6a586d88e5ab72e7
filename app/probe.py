"""A rig of real processes without a window: keeps its heartbeat, logs what is published, sends requests. For benches and proofs; no Qt."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from app.rig import Rig, RigDescription
from core.errors import PendantError
from core.messages import Heartbeat, RecorderRequest, RecorderStatus
from core.storage.catalogue import Folder
from core.transport.clock import HostClock, RigMemory
from core.transport.topics import (
    ACT_REQUEST,
    ACT_STATUS,
    ARM_REQUEST,
    ARM_STATE,
    FRAME,
    HEARTBEAT,
    PLAN,
    RECORDER_REQUEST,
    RECORDER_STATUS,
    SCENE,
    SharedBus,
    Topic,
)
from core.types import Data, Frame, Scene

T = TypeVar("T", bound=Data)
_PERIOD_S = 0.01


class Probe:
    """Owns the rig and a thread that pulls its topics. `frames`, `scenes`: (host ns received, seq, frame's own time) in order."""

    def __init__(self, data: Path, description: RigDescription) -> None:
        self.folder = Folder(data)
        self.folder.create()
        self.clock = HostClock()
        self.told: list[tuple[str, str]] = []
        self.rig = Rig(description, data, self.clock, lambda name, words: self.told.append((name, words)))
        self.bus = SharedBus(self.rig.run_id)
        self.memory = RigMemory(self.folder.rig_memory)
        readers: tuple[Topic[Any], ...] = (FRAME, SCENE, ARM_STATE, PLAN, ACT_STATUS, RECORDER_STATUS)
        self._readers: dict[str, Any] = {t.name: self.bus.subscriber(t) for t in readers}
        writers: tuple[Topic[Any], ...] = (ACT_REQUEST, ARM_REQUEST, RECORDER_REQUEST, HEARTBEAT)
        self._writers = {t.name: self.bus.publisher(t) for t in writers}
        self.latest: dict[str, Any] = {}
        self.frames: list[tuple[int, int, int]] = []
        self.scenes: list[tuple[int, int, int]] = []
        self.recorder_log: list[RecorderStatus] = []
        self.lock = threading.Lock()
        self.beating = True
        self._ended = threading.Event()
        self.rig.start()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
        self._thread.start()

    def get(self, topic: Topic[T]) -> T | None:
        """The newest value of a topic."""
        with self.lock:
            return self.latest.get(topic.name)

    def send(self, topic: Topic[T], value: T) -> None:
        """Publish a request."""
        self._writers[topic.name].send(value)

    def sleep(self, seconds: float) -> None:
        """Let real time pass."""
        self._ended.wait(seconds)

    def wait(self, condition: Callable[[], object], what: str, limit_s: float = 60.0) -> None:
        """Wait for a condition. Raises PendantError naming what did not happen."""
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end:
                raise PendantError(f"{what} did not happen within {limit_s:.0f} s. Told: {self.told}; seen: {sorted(self.latest)}.")
            self.sleep(_PERIOD_S)

    def record(self) -> Path:
        """Start a recording; returns its final path once frames are in it."""
        episode = secrets.token_hex(6)
        path = self.folder.episodes / f"{episode}.db"
        request = RecorderRequest(kind="start", episode=episode, path=str(path), meta='{"task":"t"}')
        end = time.monotonic() + 30
        while not self._records(episode):
            if time.monotonic() > end:
                raise PendantError("The recorder did not start within 30 s.")
            self.send(RECORDER_REQUEST, request)
            self.sleep(0.25)
        return path

    def finish(self, path: Path) -> None:
        """End the recording and wait until it is kept."""
        self.send(RECORDER_REQUEST, RecorderRequest(kind="finish"))
        self.wait(path.exists, "keeping the recording", 20)

    def close(self) -> None:
        """End everything in good order."""
        self._ended.set()
        self._thread.join()
        self.rig.stop()
        self.memory.close()
        self.bus.close()

    def _records(self, episode: str) -> bool:
        with self.lock:
            return any(s.episode == episode and s.state == "recording" and s.frames > 1 for s in self.recorder_log)

    def _run(self) -> None:
        while not self._ended.wait(_PERIOD_S):
            if self.beating:
                self._writers[HEARTBEAT.name].send(Heartbeat(t_host_ns=self.clock.now_ns()))
            for name, reader in self._readers.items():
                for value in reader.take():
                    self._note(name, value)
            self.rig.watch()

    def _note(self, name: str, value: Any) -> None:
        with self.lock:
            self.latest[name] = value
            if isinstance(value, Frame):
                self.frames.append((self.clock.now_ns(), value.seq, value.t_host_ns))
            elif isinstance(value, Scene):
                self.scenes.append((self.clock.now_ns(), value.frame_seq, value.t_host_ns))
            elif isinstance(value, RecorderStatus):
                self.recorder_log.append(value)
