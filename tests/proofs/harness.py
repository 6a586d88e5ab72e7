"""A rig of real processes without a window: starts it, keeps its heartbeat, logs what was published, records, and kills by process id."""

import os
import secrets
import signal
import threading
import time
from pathlib import Path

from app.rig import Rig, simulated_rig
from core.messages import ActRequest, ArmRequest, Heartbeat, RecorderRequest
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
)


class Bench:
    """Owns the rig; `log` holds (host time, seq) of every frame that was published, in order."""

    def __init__(self, data: Path, description=None):
        self.data, self.folder = data, Folder(data)
        self.folder.create()
        self.clock = HostClock()
        self.told = []
        self.rig = Rig(description or simulated_rig("fruit", 0), data, self.clock, lambda name, words: self.told.append((name, words)))
        self.bus = SharedBus(self.rig.run_id)
        self.memory = RigMemory(self.folder.rig_memory)
        topics = (FRAME, SCENE, ARM_STATE, PLAN, ACT_STATUS, RECORDER_STATUS)
        self._readers = {t.name: self.bus.subscriber(t) for t in topics}
        self._writers = {t.name: self.bus.publisher(t) for t in (ACT_REQUEST, ARM_REQUEST, RECORDER_REQUEST, HEARTBEAT)}
        self.latest = {}
        self.log = []
        self.recorder_log = []
        self.lock = threading.Lock()
        self._ended = threading.Event()
        self.beating = True
        self.rig.start()
        self._thread = threading.Thread(target=self._run, name="bench", daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ended.wait(0.01):
            if self.beating:
                self._writers[HEARTBEAT.name].send(Heartbeat(t_host_ns=self.clock.now_ns()))
            for name, reader in self._readers.items():
                for value in reader.take():
                    self._note(name, value)
            self.rig.watch()

    def _note(self, name, value):
        with self.lock:
            self.latest[name] = value
            if name == FRAME.name:
                self.log.append((self.clock.now_ns(), value.seq))
            elif name == RECORDER_STATUS.name:
                self.recorder_log.append(value)

    def get(self, topic):
        with self.lock:
            return self.latest.get(topic.name)

    def wait(self, condition, what, limit_s=60.0):
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not happen within {limit_s} s; told: {self.told}; latest: {sorted(self.latest)}")
            self._ended.wait(0.01)

    def send(self, topic, value):
        self._writers[topic.name].send(value)

    def alive(self):
        self.wait(lambda: {"scene", "arm_state", "act_status", "frame"} <= self.latest.keys(), "the rig to come up", 90)

    def record(self):
        """Start a recording; returns its final path once frames are in it."""
        episode = secrets.token_hex(6)
        path = self.folder.episodes / f"{episode}.db"
        with self.lock:
            self.recorder_log.clear()
        end = time.monotonic() + 30
        while not self._recording(episode):
            if time.monotonic() > end:
                raise AssertionError("the recorder did not start")
            self.send(RECORDER_REQUEST, RecorderRequest(kind="start", episode=episode, path=str(path), meta='{"task":"t"}'))
            self._ended.wait(0.25)
        return path

    def _recording(self, episode):
        with self.lock:
            return any(s.episode == episode and s.state == "recording" and s.frames > 1 for s in self.recorder_log)

    def finish(self, path):
        self.send(RECORDER_REQUEST, RecorderRequest(kind="finish"))
        self.wait(path.exists, "the recording to be kept", 20)

    def kill(self, name):
        """SIGKILL one worker by its id; returns the host time just before."""
        pid = self.rig.pid(name)
        assert pid is not None, f"{name} is not running"
        now = self.clock.now_ns()
        os.kill(pid, signal.SIGKILL)
        self.wait(lambda: self.rig.pid(name) not in (None, pid), f"{name} to be started again", 30)
        return now

    def published_before(self, host_ns, since=0):
        with self.lock:
            return [seq for at, seq in self.log if since <= at <= host_ns]

    def move(self):
        """Set the arm moving along its way home by a granted lease."""
        self.send(ARM_REQUEST, ArmRequest(kind="grant", driver="policy"))
        self.send(ACT_REQUEST, ActRequest(kind="home"))

    def arm_still(self):
        arm = self.get(ARM_STATE)
        return arm is not None and abs(arm.velocities).max() < 0.02

    def close(self):
        self._ended.set()
        self._thread.join()
        self.rig.stop()
        self.memory.close()
        self.bus.close()
