"""Driving by hand: velocity intents become short commands; an intent older than 0.2 s counts as none. No Qt."""

from __future__ import annotations

import numpy as np

from core.motion.kinematics import ArmModel
from core.types import ArmState, Array, Command

_INTENT_NS = 200_000_000
_EXPIRY_NS = 200_000_000
_STEP_S = 0.02


class Jog:
    """Integrates the operator's twist from the last wanted pose; stands still where the arm cannot reach."""

    def __init__(self, model: ArmModel) -> None:
        self._model = model
        self._twist: Array = np.zeros(6)
        self._at_ns = 0
        self._joints: Array | None = None
        self.gripper: float | None = None

    def push(self, twist: Array, now_ns: int) -> None:
        """A fresh intent: (6,) m/s and rad/s in base."""
        self._twist, self._at_ns = np.asarray(twist, np.float64), now_ns

    def step(self, arm: ArmState, now_ns: int, seq: int) -> Command | None:
        """The command for now."""
        if self._joints is None:
            self._joints = np.array(arm.sent, np.float64)
        if self.gripper is None:
            self.gripper = arm.gripper_target
        if now_ns - self._at_ns < _INTENT_NS and np.any(self._twist):
            self._joints = self._moved(self._joints)
        return Command(
            seq=seq,
            source="operator",
            generation=arm.generation,
            times_ns=np.array([now_ns + int(_STEP_S * 1e9)], np.int64),
            joints=self._joints[None],
            gripper=np.array([self.gripper]),
            expiry_ns=now_ns + _EXPIRY_NS,
        )

    def _moved(self, joints: Array) -> Array:
        T = self._model.forward(joints)
        wanted = T.copy()
        wanted[:3, 3] += self._twist[:3] * _STEP_S
        angle = float(np.linalg.norm(self._twist[3:])) * _STEP_S
        if angle > 0:
            wanted[:3, :3] = _rotation(self._twist[3:] / np.linalg.norm(self._twist[3:]), angle) @ T[:3, :3]
        solved = self._model.inverse(wanted, joints)
        if solved is None or np.abs(solved - joints).max() > 0.2:
            return joints
        return np.asarray(solved, np.float64)


def _rotation(axis: Array, angle: float) -> Array:
    x, y, z = axis
    K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K, np.float64)
