"""What is live now, as typed signals: the one pump that pulls every topic 60 times a second, and the requests that go back.

Frames never travel as signals from another thread: the pump runs in the window's own. Presenters read values here and hold none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.believed import Believed
from core.messages import (
    ActMode,
    ActRequest,
    ActStatus,
    ArmRequest,
    CellRequest,
    DeviceStatus,
    Heartbeat,
    NamesChanged,
    RecorderRequest,
    RecorderStatus,
)
from core.transport.clock import Clock, HostClock, RigMemory, WorldClock
from core.transport.topics import (
    ACT_REQUEST,
    ACT_STATUS,
    ARM_REQUEST,
    ARM_STATE,
    CAMERA_INFO,
    CELL_REQUEST,
    DEVICE_STATUS,
    FRAME,
    HEARTBEAT,
    NAMES_CHANGED,
    PLAN,
    RECORDER_REQUEST,
    RECORDER_STATUS,
    SCENE,
    SharedBus,
    Topic,
)
from core.types import ArmState, CameraInfo, Driver, Frame, Plan, Scene

_TICK_MS = 16
_HEARTBEAT_NS = 150_000_000
FRAMES_KEPT = 8
FRAMES_WAITING = 24
STALE_NS = 300_000_000
LOST_NS = 3_000_000_000
UNANSWERED_NS = 200_000_000
_CUT_SHORT = "The arm’s planner ended, so this was cut short."


class Live(QObject):
    """The window's end of a rig. All signals are emitted in the window's thread, at most once a tick each."""

    camera_changed = Signal(object)
    frame_changed = Signal(object)
    scene_changed = Signal(object)
    arm_changed = Signal(object)
    plan_changed = Signal(object)
    act_changed = Signal(object)
    recorder_changed = Signal(object)
    device_changed = Signal(object)
    ticked = Signal()

    def __init__(self, bus: SharedBus, memory: RigMemory, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bus, self._memory, self.clock = bus, memory, clock
        self.host = HostClock()
        self.camera: CameraInfo | None = None
        self.frame: Frame | None = None
        self.scene: Scene | None = None
        self.arm: ArmState | None = None
        self.plan: Plan | None = None
        self.act: ActStatus | None = None
        self.recorder: RecorderStatus | None = None
        self.device: DeviceStatus | None = None
        self.frozen = self.editing = False
        self.last_frame_host_ns = self.host.now_ns()
        self.last_arm_host_ns = self.last_camera_word_ns = self.host.now_ns()
        self._frames: deque[Frame] = deque(maxlen=FRAMES_WAITING)
        self._seen: deque[Frame] = deque(maxlen=FRAMES_KEPT)
        self._scenes: deque[Scene] = deque(maxlen=FRAMES_KEPT)
        self._stamps: deque[int] = deque(maxlen=90)
        readers: tuple[Topic[Any], ...] = (CAMERA_INFO, SCENE, FRAME, ARM_STATE, PLAN, RECORDER_STATUS, DEVICE_STATUS, ACT_STATUS)
        self._readers: dict[str, Any] = {topic.name: bus.subscriber(topic) for topic in readers}
        writers: tuple[Topic[Any], ...] = (ACT_REQUEST, ARM_REQUEST, CELL_REQUEST, RECORDER_REQUEST, NAMES_CHANGED, HEARTBEAT)
        self._writers = {topic.name: bus.publisher(topic) for topic in writers}
        self._believed = Believed()
        self._beat_ns = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.pump)

    def start(self) -> None:
        """Begin to pull."""
        self._timer.start(_TICK_MS)

    def stop_pulling(self) -> None:
        """End the pump; the arm host notices the missing heartbeat by itself."""
        self._timer.stop()

    def replace_pump(self, pump: Callable[[], None]) -> None:
        """Let a bench time the pump by calling it itself."""
        self._timer.timeout.disconnect()
        self._timer.timeout.connect(pump)

    def pump(self) -> None:
        """Pull every topic once and say what is new."""
        now = self.host.now_ns()
        if now - self._beat_ns > _HEARTBEAT_NS:
            self._beat_ns = now
            self._writers[HEARTBEAT.name].send(Heartbeat(t_host_ns=now))
        self._pull_state()
        self._pull_pictures()
        self.ticked.emit()

    def _pull_state(self) -> None:
        for name, attribute, signal in (
            (CAMERA_INFO.name, "camera", self.camera_changed),
            (ARM_STATE.name, "arm", self.arm_changed),
            (PLAN.name, "plan", self.plan_changed),
            (DEVICE_STATUS.name, "device", self.device_changed),
        ):
            value = self._readers[name].newest()
            if value is not None:
                setattr(self, attribute, value)
                if attribute == "arm":
                    self.last_arm_host_ns = self.host.now_ns()
                elif attribute == "device":
                    self.last_camera_word_ns = self.host.now_ns()
                signal.emit(value)
        for recorder in self._readers[RECORDER_STATUS.name].take():
            self.recorder = recorder
            self.recorder_changed.emit(recorder)
        for act in self._readers[ACT_STATUS.name].take():
            self.act = act
            self.act_changed.emit(act)

    def _pull_pictures(self) -> None:
        # All frames are kept, not only those that are drawn: a busy window skips some, and an edit stores the one that its scene is of.
        frames, scene = self._readers[FRAME.name].take(), self._readers[SCENE.name].newest()
        frame = frames[-1] if frames else None
        if frame is not None:
            self._frames.extend(frames)
            before, now = self.last_frame_host_ns, self.host.now_ns()
            self.last_frame_host_ns = self.last_camera_word_ns = now
            # Those that waited together came one after the other: their rate is the camera's, not the window's.
            self._stamps.extend(before + (now - before) * (i + 1) // len(frames) for i in range(len(frames)))
        if scene is not None:
            scene = self._believed.on(scene)
            self._scenes.append(scene)
            made_from = self.frame_of(scene)
            if made_from is not None:
                self._seen.append(made_from)
        if self.frozen:
            return
        if frame is not None:
            self.frame = frame
            self.frame_changed.emit(frame)
        if scene is not None:
            self.scene = scene
            self.scene_changed.emit(scene)

    def believe(self, confirmed: Mapping[int, tuple[int, str]], revision: int) -> None:
        """Show what the operator named (track to class id and name) at once: scenes older than `revision` do not know it yet."""
        self._believed = Believed(confirmed, revision)
        if self.scene is not None:
            self.scene = self._believed.on(self.scene)
            self.scene_changed.emit(self.scene)

    @property
    def memory(self) -> RigMemory:
        """The STOP latch."""
        return self._memory

    def frame_of(self, scene: Scene) -> Frame | None:
        """The frame that a scene was made from, while it is kept."""
        return next((f for f in (*self._seen, *self._frames) if f.seq == scene.frame_seq), None)

    def newest_pair(self) -> tuple[Frame, Scene] | None:
        """The newest scene whose own frame is kept, with that frame."""
        return next(((f, s) for s in reversed(self._scenes) if (f := self.frame_of(s)) is not None), None)

    def recent(self) -> list[tuple[Frame, Scene | None]]:
        """The frames that are kept, oldest first, each with its scene where that came."""
        frames = {f.seq: f for f in (*self._seen, *self._frames)}
        scenes = {s.frame_seq: s for s in self._scenes}
        return [(frames[seq], scenes.get(seq)) for seq in sorted(frames)]

    def fps(self) -> float:
        """Frames received in the last second."""
        now = self.host.now_ns()
        return float(sum(now - t < 1_000_000_000 for t in self._stamps))

    def frame_age_ns(self) -> int:
        """Host time since the last frame came."""
        return self.host.now_ns() - self.last_frame_host_ns

    def arm_age_ns(self) -> int:
        """Host time since the arm's last word."""
        return self.host.now_ns() - self.last_arm_host_ns

    def act_mode(self) -> str:
        """What `act` is at; "" before its first word."""
        return self.act.mode if self.act is not None else ""

    def arm_lost(self) -> bool:
        """Whether an arm that was there said nothing for three seconds."""
        return self.arm is not None and self.arm_age_ns() > LOST_NS

    def freeze(self, frozen: bool, *, editing: bool = False) -> None:
        """Hold the picture (the stream goes on) on the newest scene whose frame is kept, or go back to live.

        `editing`: it is held because something is edited on it, and goes on when that is done.
        """
        if frozen:
            pair = self.newest_pair()
            if pair is not None:
                self.frame, self.scene = pair
                self.frame_changed.emit(self.frame)
                self.scene_changed.emit(self.scene)
        self.frozen, self.editing = frozen, frozen and editing

    def stop_arm(self) -> None:
        """STOP: latch at once, by shared memory; no queue is in between."""
        self._memory.stop(self.host.now_ns())

    def release_stop(self) -> None:
        """Leave STOP; the arm then holds, it never resumes."""
        self._memory.release()

    def grant(self, driver: Driver) -> None:
        """Give the lease after a held press."""
        self._writers[ARM_REQUEST.name].send(ArmRequest(kind="grant", driver=driver))

    def revoke(self) -> None:
        """Take the lease back."""
        self._writers[ARM_REQUEST.name].send(ArmRequest(kind="revoke"))

    def reset_fault(self) -> None:
        """Ask the arm to forget a fault; it holds."""
        self._writers[ARM_REQUEST.name].send(ArmRequest(kind="reset_fault"))

    def ask(self, request: ActRequest) -> None:
        """Ask `act` for something."""
        self._writers[ACT_REQUEST.name].send(request)

    def act_died(self) -> None:
        """`act` ended: nobody has the arm, and what was going on is over. A version that it had is loaded again."""
        self.revoke()
        if self.act is not None:
            busy = self.act.running or self.act.mode in ("moving", "paused")
            words, over = (_CUT_SHORT, 1) if busy else ("", 0)
            mode: ActMode = "failed" if busy else "idle"
            over += self.act.finished
            self.act = ActStatus(mode=mode, sentence=words, result=words, finished=over, cut_off=busy, loading=self.act.active)
            self.act_changed.emit(self.act)

    def record(self, request: RecorderRequest) -> None:
        """Ask the recorder for something."""
        self._writers[RECORDER_REQUEST.name].send(request)

    def lay_anew(self, layout_seed: int) -> None:
        """Lay the simulated table anew."""
        self._writers[CELL_REQUEST.name].send(CellRequest(kind="new_layout", layout_seed=layout_seed))

    def names_changed(self, revision: int) -> None:
        """Tell perceive to read the names again."""
        self._writers[NAMES_CHANGED.name].send(NamesChanged(revision=revision))


def open_live(run_id: str, data: Path, simulated: bool, parent: QObject | None = None) -> Live:
    """The window's end of the rig of run `run_id`."""
    memory = RigMemory(data / "rig.mem")
    return Live(SharedBus(run_id), memory, WorldClock(memory) if simulated else HostClock(), parent)
