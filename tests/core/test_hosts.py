"""The hosts of camera and arm: only the lease moves the arm, nothing stale or absurd passes, and a lost camera comes back by itself."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from app.workers.arm import ArmHost
from app.workers.camera import CameraHost
from app.workers.cell import CellHost
from core.cells import find_cell
from core.errors import CameraLost, DeviceError
from core.messages import ArmRequest, CellRequest
from core.motion import safety
from core.motion.kinematics import ArmModel, tool_down
from core.transport.clock import ManualClock, RigMemory
from core.transport.topics import ARM_REQUEST, ARM_STATE, CELL_REQUEST, COMMAND, DEVICE_STATUS, FRAME, SCENE, WORLD_STATE
from core.transport.worker import Inputs, Lockstep
from core.types import CameraInfo, Command, Frame, Intrinsics, Scene

MODEL = ArmModel()


@dataclass
class Reading:
    joints: np.ndarray
    velocities: np.ndarray = field(default_factory=lambda: np.zeros(6))
    gripper: float = 0.05
    gripping: bool = False
    fault: str = ""


class PerfectArm:
    rate_hz, simulated = 100.0, True

    def __init__(self):
        self.joints, self.held, self.fault = MODEL.home.copy(), 0, ""

    def open(self): ...

    def read(self):
        return Reading(self.joints.copy(), fault=self.fault)

    def step(self, joints, gripper):
        self.joints = np.array(joints)

    def hold(self):
        self.held += 1

    def close(self): ...


class Latch:
    stopped = False
    at = 0

    def held(self, now_ns):
        self.at = now_ns


class Rig:
    def __init__(self):
        self.arm, self.latch, self.host_ns = PerfectArm(), Latch(), 0
        self.host = ArmHost(self.arm, MODEL.forward, safety.Limits(), self.latch, lambda: self.host_ns)
        self.lockstep = Lockstep([self.host], ManualClock())
        bus = self.lockstep.bus
        self.commands, self.requests, self.scenes = (bus.publisher(t) for t in (COMMAND, ARM_REQUEST, SCENE))
        self.states = bus.subscriber(ARM_STATE)
        self.run(0.02)

    @property
    def now(self):
        return self.lockstep.clock.now_ns()

    def run(self, seconds):
        self.lockstep.advance(self.now + int(seconds * 1e9))
        self.state = self.states.take()[-1]
        return self.state

    def grant(self, driver="policy"):
        self.requests.send(ArmRequest(kind="grant", driver=driver))
        self.see()
        return self.run(0.02)

    def see(self):
        empty = np.zeros((2, 2), np.uint16)
        scene = Scene(
            camera="c",
            frame_seq=1,
            t_host_ns=self.now,
            labels=empty,
            detections=(),
            T_base_camera=np.eye(4),
            table_frame=False,
            identifier="i",
            names_revision=0,
        )
        self.scenes.send(scene)

    def command(self, joints, *, expires_s=0.3, source="policy", generation=None):
        at = np.array([self.now + 10_000_000], np.int64)
        gen = self.state.generation if generation is None else generation
        expiry = self.now + int(expires_s * 1e9)
        made = Command(
            seq=1, source=source, generation=gen, times_ns=at, joints=np.array([joints]), gripper=np.array([0.05]), expiry_ns=expiry
        )
        self.commands.send(made)


def near_home(step=0.05):
    return MODEL.home + np.array([step, 0, 0, 0, 0, 0])


def test_nothing_moves_without_a_lease():
    rig = Rig()
    rig.command(near_home())
    state = rig.run(0.1)
    np.testing.assert_array_equal(rig.arm.joints, MODEL.home)
    assert state.refused == 1 and state.driver == "nobody" and state.mode == "holding"


def test_the_lease_moves_and_an_old_lease_does_not():
    rig = Rig()
    before = rig.grant().generation
    rig.command(near_home())
    rig.run(0.1)
    np.testing.assert_allclose(rig.arm.joints, near_home())
    rig.grant()
    rig.command(MODEL.home, generation=before)
    assert rig.run(0.1).refused == 1
    np.testing.assert_allclose(rig.arm.joints, near_home())


@pytest.mark.parametrize("stopped", [True, False], ids=["released", "stopped"])
def test_a_cycle_says_what_it_did_also_when_the_latch_changes_within_it(stopped):
    rig = Rig()
    rig.latch.stopped = stopped
    rig.run(0.02)
    step = rig.arm.step

    def latch_changes(joints, gripper):
        rig.latch.stopped = not stopped
        step(joints, gripper)

    rig.arm.step = latch_changes
    state = rig.run(rig.host.period_ns / 1e9)
    assert state.stopped == stopped and state.mode == ("stopped" if stopped else "holding")
    assert rig.run(0.02).stopped != stopped


def test_stop_does_not_wait_for_the_next_cycle():
    rig = Rig()
    rig.grant()
    rig.host.heed()
    assert rig.arm.held == 0
    rig.latch.stopped, rig.host_ns = True, 77
    rig.host.heed()
    rig.host.heed()
    assert (rig.arm.held, rig.latch.at) == (1, 77)
    state = rig.run(0.02)
    assert rig.arm.held == 1 and state.stopped and state.driver == "nobody"
    rig.latch.stopped = False
    assert rig.run(0.02).mode == "holding"


def test_a_command_ends_with_its_expiry():
    rig = Rig()
    rig.grant()
    rig.command(near_home(0.5), expires_s=0.03)
    rig.run(0.2)
    moved = rig.arm.joints[0] - MODEL.home[0]
    assert 0 < moved < 0.5
    rig.run(0.2)
    assert rig.arm.joints[0] - MODEL.home[0] == pytest.approx(moved)


@pytest.mark.parametrize("joints", [np.full(6, np.nan), np.full(6, 50.0), MODEL.inverse(tool_down(0.4, 0.0, -0.05, 0.0), MODEL.home)])
def test_absurd_joints_are_refused_with_the_reason(joints):
    rig = Rig()
    rig.grant()
    for _ in range(100):
        rig.see()
        rig.command(joints)
        state = rig.run(0.02)
    assert state.refused > 0
    assert MODEL.forward(rig.arm.joints)[2, 3] > 0.0 and np.all(np.isfinite(rig.arm.joints))


def test_a_fast_step_is_scaled_as_a_whole():
    rig = Rig()
    rig.grant()
    rig.command(MODEL.home + np.array([0.4, 0.2, 0, 0, 0, 0]))
    rig.run(0.01)
    step = rig.arm.joints - MODEL.home
    assert 0 < step[0] <= safety.Limits().max_step and step[1] == pytest.approx(step[0] / 2)


def test_a_policy_holds_on_an_old_picture_and_goes_on_with_a_fresh_one():
    rig = Rig()
    rig.grant()
    rig.run(0.7)
    assert "too old" in rig.state.hold_reason
    rig.command(near_home())
    rig.run(0.1)
    np.testing.assert_array_equal(rig.arm.joints, MODEL.home)
    rig.see()
    assert rig.run(0.02).hold_reason == ""


def test_a_silent_window_holds_the_arm():
    rig = Rig()
    rig.grant("operator")
    rig.host_ns = 2_000_000_000
    assert "does not answer" in rig.run(0.02).hold_reason


def test_stop_latches_holds_and_takes_the_lease():
    rig = Rig()
    rig.grant()
    rig.command(near_home(0.5))
    rig.run(0.03)
    rig.host_ns, rig.latch.stopped = 77, True
    state = rig.run(0.02)
    stood = rig.arm.joints.copy()
    assert (state.mode, state.stopped, state.driver) == ("stopped", True, "nobody") and rig.arm.held == 1 and rig.latch.at == 77
    rig.requests.send(ArmRequest(kind="grant", driver="policy"))
    rig.run(0.1)
    assert rig.state.driver == "nobody"
    rig.latch.stopped = False
    assert rig.run(0.1).mode == "holding"
    np.testing.assert_array_equal(rig.arm.joints, stood)


def test_a_fault_holds_until_it_is_gone():
    rig = Rig()
    rig.grant()
    rig.arm.fault = "The arm reports a collision."
    assert rig.run(0.05).mode == "fault" and rig.state.driver == "nobody"
    rig.arm.fault = ""
    assert rig.run(0.05).mode == "holding"


class FlakyCamera:
    """Delivers three frames, then is gone; can be opened again after two tries."""

    openings = 0

    def open(self):
        FlakyCamera.openings += 1
        if FlakyCamera.openings in (2, 3):
            raise DeviceError("The camera is gone. Check its USB cable at both ends.")
        self.left = 3
        small = Intrinsics(width=4, height=4, fx=4, fy=4, cx=2, cy=2)
        return CameraInfo(id="f", serial="s", name="f", depth=small, color=small, depth_scale=0.001, T_color_depth=np.eye(4))

    def read(self, timeout_s):
        if not self.left:
            raise CameraLost("The camera is gone. Check its USB cable at both ends.")
        self.left -= 1
        depth, color = np.zeros((4, 4), np.uint16), np.zeros((4, 4, 3), np.uint8)
        return Frame(camera="f", seq=3 - self.left, t_device_ns=0, t_host_ns=0, depth=depth, color=color)

    def close(self): ...


def test_a_camera_that_vanishes_is_said_and_comes_back_by_itself():
    FlakyCamera.openings = 0
    host = CameraHost(FlakyCamera)
    seqs, states = [], []
    for tick in range(80):
        for topic, value in host.step(Inputs(1 + tick * 100_000_000, {})):
            if topic is FRAME:
                seqs.append(value.seq)
            elif topic is DEVICE_STATUS:
                states.append(value.state)
                assert value.state == "streaming" or value.text.endswith(".")
    assert len(seqs) >= 6 and seqs == sorted(set(seqs))
    gone = states.index("lost")
    assert "streaming" in states[:gone] and "streaming" in states[gone:]


def test_a_world_that_was_killed_goes_on_where_it_was_and_another_run_starts_anew(tmp_path):
    def started(run):
        memory = RigMemory(tmp_path / "rig", run)
        return CellHost(find_cell("blocks"), 3, latch=memory, memory=memory, host_ns=lambda: 0)

    killed = started("one")
    lockstep = Lockstep([killed], ManualClock())
    lockstep.bus.publisher(CELL_REQUEST).send(CellRequest(kind="new_layout", layout_seed=11))
    lockstep.advance(300_000_000)
    again, other = started("one"), started("two")
    assert np.array_equal(again.state(), killed.state())
    assert not np.allclose(other.state()[1:], killed.state()[1:])
    seqs = []
    for host in (killed, again):
        lockstep = Lockstep([host], ManualClock())
        states = lockstep.bus.subscriber(WORLD_STATE)
        lockstep.advance(0)
        seqs.append(states.newest().seq)
    assert seqs[0] == seqs[1]
