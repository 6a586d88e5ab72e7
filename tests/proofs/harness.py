"""The probe that proofs use: a rig of real processes that can be killed by their ids."""

import os
import signal
from pathlib import Path

from app.probe import Probe
from app.rig import simulated_rig
from core.messages import ActRequest, ArmRequest
from core.transport.topics import ACT_REQUEST, ARM_REQUEST, ARM_STATE


class Bench(Probe):
    def __init__(self, data: Path):
        super().__init__(data, simulated_rig("fruit", 0))

    def alive(self):
        self.wait(lambda: {"scene", "arm_state", "act_status", "frame"} <= self.latest.keys(), "the rig to come up", 90)

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
            return [seq for at, seq, _ in self.frames if since <= at <= host_ns]

    def move(self):
        """Set the arm moving along its way home by a granted lease."""
        self.send(ARM_REQUEST, ArmRequest(kind="grant", driver="policy"))
        self.send(ACT_REQUEST, ActRequest(kind="home"))

    def arm_still(self):
        arm = self.get(ARM_STATE)
        return arm is not None and abs(arm.velocities).max() < 0.02
