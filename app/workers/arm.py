"""The arm host: owns one arm, grants the lease, and lets a set-point through only after every safety check. No Qt.

It runs in real time in a process of its own (the simulated cell's process for the simulated arm), or in lockstep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np

from core.messages import ArmRequest
from core.motion import safety
from core.ports import Arm, ArmReading
from core.transport.topics import ARM_REQUEST, ARM_STATE, COMMAND, HEARTBEAT, SCENE
from core.transport.worker import Inputs, Output
from core.types import ArmState, Array, Command, Driver


class StopLatch(Protocol):
    """What the host must know of STOP (`core.transport.clock.RigMemory`)."""

    @property
    def stopped(self) -> bool:
        """Whether STOP is latched."""
        ...

    def held(self, now_ns: int) -> None:
        """The first hold after STOP was sent at host time `now_ns`."""
        ...


class NeverStopped:
    """The latch of a rig without a window (lockstep): STOP is not offered there."""

    stopped = False

    def held(self, now_ns: int) -> None:
        """Nobody measures it here."""


class ArmHost:
    """The worker around one arm.

    `forward` maps joints (6,) to `T_base_tool`; `host_ns` tells host time when the window's heartbeat must be watched, None in lockstep.
    A host starts held; only a granted lease lets commands through.
    """

    name = "arm"
    period_ns = 10_000_000
    reads = (COMMAND, ARM_REQUEST, HEARTBEAT, SCENE)
    writes = (ARM_STATE,)

    def __init__(
        self,
        arm: Arm,
        forward: Callable[[Array], Array],
        limits: safety.Limits,
        latch: StopLatch,
        host_ns: Callable[[], int] | None = None,
    ) -> None:
        self._arm, self._forward, self._limits, self._latch, self._host_ns = arm, forward, limits, latch, host_ns
        reading = arm.read()
        self._sent: Array = np.array(reading.joints, np.float64)
        self._gripper = float(reading.gripper)
        self._command: Command | None = None
        self._driver: Driver = "nobody"
        self._generation = 0
        self._seq = self._refused = 0
        self._heartbeat_ns = host_ns() if host_ns else 0
        self._scene_ns = -(10**12)
        self._stopped = latch.stopped
        self._reason = self._stale = ""
        self._last_ns: int | None = None

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """One control cycle."""
        now = inputs.now_ns
        self._listen(inputs)
        reading = self._arm.read()
        # Once a cycle: what is published must be what this cycle did, also when STOP or its release comes in between.
        stopped = self._latch.stopped
        if stopped or reading.fault:
            self._halt(reading, "stopped" if stopped else reading.fault)
        else:
            if self._stopped:
                self._stopped = False
                self._reason = ""
            self._move(inputs, now, reading)
        self._last_ns = now
        self._seq += 1
        return [(ARM_STATE, self._state(now, reading, stopped))]

    def heed(self) -> None:
        """STOP does not wait for the next cycle."""
        if self._latch.stopped and not self._stopped:
            self._halt(self._arm.read(), "stopped")

    def replace(self, arm: Arm) -> None:
        """Go on with another arm, held (a simulated world that was laid anew)."""
        self._arm = arm
        reading = arm.read()
        self._sent, self._gripper = np.array(reading.joints, np.float64), float(reading.gripper)
        self._revoke()

    def close(self) -> None:
        """Hold and let go of the arm."""
        self._arm.hold()
        self._arm.close()

    def _listen(self, inputs: Inputs) -> None:
        beat = inputs.newest(HEARTBEAT)
        if beat is not None:
            self._heartbeat_ns = max(self._heartbeat_ns, beat.t_host_ns)
        scene = inputs.newest(SCENE)
        if scene is not None:
            self._scene_ns = scene.t_host_ns
        for request in inputs.take(ARM_REQUEST):
            self._serve(request)

    def _serve(self, request: ArmRequest) -> None:
        if request.kind == "grant" and not self._latch.stopped:
            self._driver, self._generation, self._command, self._reason = request.driver, self._generation + 1, None, ""
        elif request.kind in ("revoke", "reset_fault"):
            self._revoke()

    def _revoke(self) -> None:
        self._driver, self._generation, self._command = "nobody", self._generation + 1, None

    def _halt(self, reading: ArmReading, reason: str) -> None:
        if not self._stopped:
            self._arm.hold()
            if self._host_ns is not None:
                self._latch.held(self._host_ns())
            self._sent = np.array(reading.joints, np.float64)
            self._gripper = min(self._gripper, float(reading.gripper))
            self._revoke()
        self._stopped, self._reason = True, reason
        self._arm.step(self._sent, self._gripper)

    def _move(self, inputs: Inputs, now: int, reading: ArmReading) -> None:
        for command in inputs.take(COMMAND):
            if not safety.command_fault(command, self._driver, self._generation, now):
                self._command = command
            else:
                self._refused += 1
        wanted, gripper = self._wanted(now)
        stale = self._why_hold(now)
        if stale:
            self._command, self._reason = None, stale
        elif self._stale:
            self._reason = ""
        self._stale = stale
        if not stale and self._command is not None:
            dt = (now - self._last_ns) / 1e9 if self._last_ns is not None else self.period_ns / 1e9
            joints, refusal = safety.check(self._sent, wanted, max(dt, 1e-3), self._limits)
            self._sent, self._reason = joints, refusal
            self._gripper = gripper
            if refusal:
                self._refused += 1
                self._command = None
        self._arm.step(self._sent, self._gripper)

    def _why_hold(self, now: int) -> str:
        if self._driver == "nobody":
            return ""
        if self._host_ns is not None and self._host_ns() - self._heartbeat_ns > self._limits.max_heartbeat_age_ns:
            return "The window does not answer, so the arm holds."
        if self._driver == "policy" and now - self._scene_ns > self._limits.max_frame_age_ns:
            return "The picture is too old, so the arm holds."
        return ""

    def _wanted(self, now: int) -> tuple[Array, float]:
        command = self._command
        if command is not None and command.expiry_ns <= now:
            self._command = command = None
        if command is None:
            return self._sent, self._gripper
        times = command.times_ns.astype(np.float64)
        joints = np.array([np.interp(now, times, command.joints[:, k]) for k in range(command.joints.shape[1])])
        index = min(int(np.searchsorted(times, now)), len(times) - 1)
        return joints, float(command.gripper[index])

    def _state(self, now: int, reading: ArmReading, stopped: bool) -> ArmState:
        moving = self._command is not None and bool(np.abs(reading.velocities).max() > 0.01)
        mode = "stopped" if stopped else "fault" if reading.fault else "moving" if moving else "holding"
        return ArmState(
            seq=self._seq,
            t_host_ns=now,
            joints=np.asarray(reading.joints, np.float64),
            velocities=np.asarray(reading.velocities, np.float64),
            T_base_tool=self._forward(np.asarray(reading.joints, np.float64)),
            gripper=float(reading.gripper),
            gripper_target=self._gripper,
            gripping=bool(reading.gripping),
            driver=self._driver,
            generation=self._generation,
            mode=mode,  # type: ignore[arg-type]
            stopped=stopped,
            fault=reading.fault,
            sent=self._sent.copy(),
            refused=self._refused,
            hold_reason=self._reason,
            simulated=self._arm.simulated,
        )
