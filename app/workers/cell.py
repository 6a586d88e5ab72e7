"""The simulated cell as workers: the world with its arm host, and the camera that draws from the world's state. No Qt.

In real time the world's clock is published for everybody; a world that is late slows down, it never skips. A world that was restarted
goes on from its last state, held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from app.workers.arm import ArmHost, StopLatch
from core.cells import Cell, Jitter, Purpose
from core.errors import DeviceError
from core.messages import DeviceStatus
from core.motion import safety
from core.transport.clock import RigMemory
from core.transport.codec import decode, encode
from core.transport.topics import (
    ARM_REQUEST,
    ARM_STATE,
    CAMERA_INFO,
    CELL_REQUEST,
    COMMAND,
    DEVICE_STATUS,
    FRAME,
    HEARTBEAT,
    SCENE,
    TRUTH,
    WORLD_STATE,
)
from core.transport.worker import Inputs, Output
from core.types import Array, Truth, WorldState
from devices.sim.arm import SimArm
from devices.sim.camera import SimCamera
from devices.sim.cell import World

_TRUTH_EVERY = 10
_DRAWN = "Simulated: this machine draws its pictures."
_SLOW = "Simulated: this machine draws its pictures without OpenGL, which is slow. `pendant doctor` says what is missing."
_STATUS_NS = 500_000_000
_SLICES = 5  # of a period: a machine that is busy takes 5 ms for it


class CellHost:
    """The worker that steps the world and hosts its arm.

    `memory`: where the world's time is published and its state kept (None in lockstep). `start_ns`: the rig's time at the world's start.
    """

    name = "cell"
    period_ns = 10_000_000
    reads = (COMMAND, ARM_REQUEST, HEARTBEAT, SCENE, CELL_REQUEST)
    writes = (ARM_STATE, WORLD_STATE, TRUTH)

    def __init__(
        self,
        cell: Cell,
        layout_seed: int,
        *,
        purpose: Purpose = "teach",
        jitter: Jitter | None = None,
        latch: StopLatch,
        limits: safety.Limits | None = None,
        memory: RigMemory | None = None,
        host_ns: Callable[[], int] | None = None,
        start_ns: int = 0,
    ) -> None:
        self._cell, self._purpose, self._jitter = cell, purpose, jitter
        self._memory = memory
        self._world = World(cell, layout_seed, purpose, jitter)
        self._offset_ns = start_ns - self._world.time_ns
        self._arm = ArmHost(SimArm(self._world), self._world.arm.forward, limits or safety.Limits(), latch, host_ns)
        self._seq = 0
        self._resume()

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Let 10 ms pass, then one control cycle of the arm."""
        request = inputs.newest(CELL_REQUEST)
        if request is not None:
            self._lay(request.layout_seed)
        self._pass_time()
        now = self._world.time_ns + self._offset_ns
        if self._memory is not None:
            self._memory.set_world_time(now)
            inputs.now_ns = now
        self._seq += 1
        state = self._state(now)
        if self._memory is not None:
            self._memory.keep_world(encode(state))
        out = [*self._arm.step(inputs), (WORLD_STATE, state)]
        if self._seq % _TRUTH_EVERY == 0:
            out.append((TRUTH, Truth(t_host_ns=now, objects=self._world.truth().objects)))
        return out

    def heed(self) -> None:
        """STOP does not wait for the next cycle."""
        self._arm.heed()

    def truth(self) -> Truth:
        """Where everything really is: for the scripted operator and the judge."""
        return self._world.truth()

    def state(self) -> Array:
        """Everything needed to draw this instant: for the judge."""
        return self._world.state()

    def close(self) -> None:
        """Hold the arm."""
        self._arm.close()

    def _pass_time(self) -> None:
        """One period, in slices between which STOP is heeded; the physics steps are the same."""
        for _ in range(_SLICES):
            self.heed()
            self._world.step(self.period_ns / 1e9 / _SLICES)

    def _resume(self) -> None:
        """Go on from the last state that an earlier process of this run kept."""
        kept = self._memory.kept_world() if self._memory is not None else None
        last = decode(kept, WorldState) if kept is not None else None
        if last is None or last.cell != self._cell.name:
            return
        if last.layout_seed != self._world.layout.seed:
            self._lay(last.layout_seed)
        try:
            self._world.restore(last.state)
        except DeviceError:
            return  # the layout differs after all: the table as laid is a good start too
        self._seq = last.seq
        self._offset_ns = last.t_host_ns - self._world.time_ns
        self._arm.replace(SimArm(self._world))

    def _lay(self, seed: int) -> None:
        now = self._world.time_ns + self._offset_ns
        self._world = World(self._cell, seed, self._purpose, self._jitter)
        self._offset_ns = now - self._world.time_ns
        self._arm.replace(SimArm(self._world))

    def _state(self, now: int) -> WorldState:
        state = self._world.world_state(self._seq)
        return WorldState(seq=self._seq, t_host_ns=now, cell=state.cell, layout_seed=state.layout_seed, state=state.state)


class SimCameraHost:
    """The worker that draws the world for the rig's camera, `fps` times a second of the world's time."""

    name = "sim_camera"
    reads = (WORLD_STATE,)
    writes = (FRAME, CAMERA_INFO, DEVICE_STATUS)

    def __init__(
        self, cell: Cell, layout_seed: int, *, purpose: Purpose = "teach", jitter: Jitter | None = None, fps: float = 15.0
    ) -> None:
        self._cell, self._purpose, self._jitter, self._fps = cell, purpose, jitter, fps
        self.period_ns = 2_000_000 if fps > 0 else 10_000_000
        self._camera = SimCamera(cell, layout_seed, purpose, jitter)
        self._seed = layout_seed
        self._seq = 0
        self._due_ns = self._status_ns = self._last_ns = 0
        self._count = 0

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Draw the newest state when a frame is due."""
        state = inputs.newest(WORLD_STATE)
        if state is None or state.t_host_ns < self._due_ns:
            return []
        if state.layout_seed != self._seed:
            self._camera.close()
            self._camera, self._seed = SimCamera(self._cell, state.layout_seed, self._purpose, self._jitter), state.layout_seed
        period = int(1e9 / self._fps)
        self._due_ns = max(self._due_ns + period, state.t_host_ns + period // 2)
        self._seq = max(self._seq + 1, int(np.round(state.t_host_ns / period)) if self._seq == 0 else 0)
        self._count += 1
        out: list[Output] = [(FRAME, self._camera.render(state.state, self._seq, state.t_host_ns))]
        if state.t_host_ns >= self._status_ns:
            out += self._report(state.t_host_ns)
        return out

    def close(self) -> None:
        """Give the renderer back."""
        self._camera.close()

    def _report(self, now: int) -> list[Output]:
        elapsed = (now - self._last_ns) / 1e9 if self._last_ns else 0.0
        fps = self._count / elapsed if elapsed > 0 else self._fps
        self._count, self._last_ns, self._status_ns = 0, now, now + _STATUS_NS
        words = _SLOW if self._camera.back_end == "rays" else _DRAWN
        status = DeviceStatus(device="camera", state="streaming", text=words, fps=fps, since_ns=0)
        return [(CAMERA_INFO, self._camera.info()), (DEVICE_STATUS, status)]
