"""The simulated arm: `core.ports.Arm` over a `World`. The world is stepped by its owner; this only sets targets and reads sensors."""

from __future__ import annotations

from core.types import Array
from devices.sim.cell import Reading, World


class SimArm:
    """One simulated arm with a parallel gripper."""

    rate_hz = 100.0
    simulated = True

    def __init__(self, world: World) -> None:
        self._world = world

    def open(self) -> None:
        """Nothing to connect; the arm stands where the world says."""

    def read(self) -> Reading:
        """The newest measured values."""
        return self._world.arm_reading()

    def step(self, joints: Array, gripper: float) -> None:
        """Send one set-point: joints rad (6,), gripper opening m. Raises DeviceError on anything not finite."""
        self._world.set_joints(joints)
        self._world.set_gripper(gripper)

    def hold(self) -> None:
        """Stand still where it is; the gripper keeps its target, so that nothing is dropped."""
        self._world.set_joints(self._world.arm_reading().joints)

    def close(self) -> None:
        """Let go: the servos hold the last target."""
