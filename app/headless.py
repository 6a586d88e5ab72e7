"""The simulated cell without a window: the same workers in lockstep, one thread, on the world's time. No Qt.

Used by `teach`, `run`, `loop`, rehearsal and tests. Truth is read here only where a scripted operator or the judge asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.takes import Takes
from app.workers.act import Act
from app.workers.arm import NeverStopped
from app.workers.cell import CellHost, SimCameraHost
from app.workers.perceive import Perceive
from app.workers.recorder import Recorder
from core.cells import Cell, Jitter, Purpose
from core.errors import PendantError
from core.learning.exemplars import NamesSource
from core.learning.renamed import aliases_in
from core.messages import ActRequest, ActStatus, ArmRequest, NamesChanged, RecorderStatus
from core.motion.kinematics import ArmModel
from core.motion.task_plan import TaskPlanner
from core.perception.standard import standard_identifier
from core.storage.store import Store
from core.transport.clock import HostClock, ManualClock
from core.transport.topics import (
    ACT_REQUEST,
    ACT_STATUS,
    ARM_REQUEST,
    ARM_STATE,
    CAMERA_INFO,
    FRAME,
    NAMES_CHANGED,
    PLAN,
    RECORDER_REQUEST,
    RECORDER_STATUS,
    SCENE,
    Subscriber,
    Topic,
)
from core.transport.worker import Lockstep, Worker
from core.types import ArmState, Array, CameraInfo, Data, Frame, Plan, Scene, Truth

T = TypeVar("T", bound=Data)
TICK_NS = 20_000_000
_FRAMES_KEPT = 8


class HeadlessCell:
    """One layout of a cell with everything that works on it. `store` None: nothing is recorded (rehearsal).

    `data` is where names come from; `fps` of the camera may be low, since the world waits for everybody.
    """

    def __init__(
        self,
        cell: Cell,
        layout_seed: int,
        data: Path,
        *,
        purpose: Purpose,
        store: Store | None = None,
        jitter: Jitter | None = None,
        fps: float = 3.0,
    ) -> None:
        self.clock = ManualClock()
        self._host = CellHost(cell, layout_seed, purpose=purpose, jitter=jitter, latch=NeverStopped())
        camera = SimCameraHost(cell, layout_seed, purpose=purpose, jitter=jitter, fps=fps)
        model = ArmModel()
        identifier = standard_identifier(arm=model, lenient=True)
        self.identifier = identifier
        perceive = Perceive(identifier, NamesSource(data, HostClock().wall_s()))
        perceive.period_ns = camera.period_ns = CellHost.period_ns
        workers: list[Worker] = [self._host, camera, perceive, Act(TaskPlanner(model), lambda: aliases_in(data))]
        if store is not None:
            recorder = Recorder(encoders=0)
            recorder.period_ns = TICK_NS
            workers.append(recorder)
        self._lockstep = Lockstep(workers, self.clock)
        bus = self._lockstep.bus
        self._act, self._arm = bus.publisher(ACT_REQUEST), bus.publisher(ARM_REQUEST)
        self._names, self._record = bus.publisher(NAMES_CHANGED), bus.publisher(RECORDER_REQUEST)
        watched: tuple[Topic[Data], ...] = (SCENE, FRAME, CAMERA_INFO, ARM_STATE, PLAN, ACT_STATUS, RECORDER_STATUS)  # type: ignore[assignment]
        self._watched: dict[str, Subscriber[Data]] = {t.name: bus.subscriber(t) for t in watched}
        self._latest: dict[str, Data] = {}
        self.frames: dict[int, Frame] = {}
        self.takes = Takes(store, self._record.send) if store is not None else None
        self.advance(0.5)

    def advance(self, seconds: float) -> None:
        """Let the world's time pass."""
        end = self.clock.now_ns() + int(seconds * 1e9)
        while self.clock.now_ns() < end:
            self._lockstep.advance(self.clock.now_ns() + TICK_NS)
            self._collect()

    def until_status(self, wanted: tuple[str, ...], limit_s: float, each: Callable[[], None] = lambda: None) -> ActStatus:
        """Advance until `act` is in one of the modes `wanted`, calling `each` in between.

        Raises PendantError after `limit_s` of the world's time.
        """
        end = self.clock.now_ns() + int(limit_s * 1e9)
        while self.status is None or self.status.mode not in wanted:
            if self.clock.now_ns() > end:
                mode = self.status.mode if self.status else "silent"
                raise PendantError(f"The arm did not get to {' or '.join(wanted)} within {limit_s:.0f} s; it is {mode}.")
            self.advance(TICK_NS / 1e9)
            each()
        return self.status

    def settle(self, scenes: int = 3) -> Scene:
        """Advance until `scenes` fresh scenes came; returns the newest."""
        for _ in range(400):
            if scenes <= 0:
                break
            before = self.scene.frame_seq if self.scene else -1
            self.advance(TICK_NS / 1e9)
            scenes -= int(self.scene is not None and self.scene.frame_seq != before)
        if self.scene is None:
            raise PendantError("The simulated camera gave no picture.")
        return self.scene

    def request(self, request: ActRequest) -> None:
        """Ask `act` for something."""
        self._act.send(request)

    def grant(self) -> None:
        """Give the policy the lease: the held press of a person."""
        self._arm.send(ArmRequest(kind="grant", driver="policy"))

    def names_changed(self, revision: int) -> None:
        """Tell perceive that names are newer."""
        self._names.send(NamesChanged(revision=revision))

    def truth(self) -> Truth:
        """Where everything really is; for the scripted operator and the judge alone."""
        return self._host.truth()

    def state(self) -> Array:
        """The world's state now, to draw its truth from; for the judge alone."""
        return self._host.state()

    @property
    def status(self) -> ActStatus | None:
        """What `act` does."""
        return self._get(ACT_STATUS)

    @property
    def scene(self) -> Scene | None:
        """The newest scene."""
        return self._get(SCENE)

    @property
    def plan(self) -> Plan | None:
        """The newest plan."""
        return self._get(PLAN)

    @property
    def camera(self) -> CameraInfo | None:
        """The camera."""
        return self._get(CAMERA_INFO)

    @property
    def arm(self) -> ArmState | None:
        """The arm."""
        return self._get(ARM_STATE)

    @property
    def recorder(self) -> RecorderStatus | None:
        """The recorder."""
        return self._get(RECORDER_STATUS)

    def frame_of(self, scene: Scene) -> Frame:
        """The frame that a recent scene was made from. Raises PendantError when it is gone."""
        if scene.frame_seq not in self.frames:
            raise PendantError("That picture is gone already.")
        return self.frames[scene.frame_seq]

    def close(self) -> None:
        """End every worker."""
        self._lockstep.close()

    def _get(self, topic: Topic[T]) -> T | None:
        return self._latest.get(topic.name)  # type: ignore[return-value]

    def _collect(self) -> None:
        for name, subscriber in self._watched.items():
            for value in subscriber.take():
                self._latest[name] = value
                if isinstance(value, Frame):
                    self.frames[value.seq] = value
                elif isinstance(value, ActStatus) and self.takes is not None:
                    self.takes.on_act(value)
                elif isinstance(value, RecorderStatus) and self.takes is not None:
                    self.takes.on_recorder(value)
        for seq in sorted(self.frames)[:-_FRAMES_KEPT]:
            del self.frames[seq]
