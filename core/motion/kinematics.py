"""The built-in six-axis arm: where its links are, and which joints reach a tool pose (closed form).

Called by planners, arm hosts, the ghost arm and self-filtering. Knows nothing about motion in time, hardware or drawing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from core.types import Array

LINKS = ("base", "shoulder", "upper_arm", "elbow", "forearm", "wrist", "flange", "hand", "finger_left", "finger_right")


def _limits(*values: float) -> Array:
    array = np.array(values, np.float64)
    array.setflags(write=False)
    return array


@dataclass(frozen=True)
class ArmModel:
    """Six axes (yaw, pitch, pitch, roll, pitch, roll), the last three meeting in one point, and a parallel gripper. Metres, radians.

    At zero joints the arm points straight up. Tool z is the approach, tool x runs across the jaws, the tool point lies between the pads.
    """

    shoulder_height: float = 0.24
    upper_arm: float = 0.34
    forearm: float = 0.31
    wrist_to_flange: float = 0.085
    flange_to_tool: float = 0.15
    opening_max: float = 0.112
    lower: Array = field(default_factory=lambda: _limits(-2.9, -1.9, -2.7, -3.05, -2.2, -3.6))
    upper: Array = field(default_factory=lambda: _limits(2.9, 2.2, 2.7, 3.05, 2.2, 3.6))
    home: Array = field(default_factory=lambda: _limits(0.0, -0.476, 1.567, 0.0, 2.05, 0.0))

    @property
    def wrist_to_tool(self) -> float:
        """Distance from the wrist's centre to the tool point."""
        return self.wrist_to_flange + self.flange_to_tool

    @property
    def reach(self) -> float:
        """Largest usable distance from shoulder to wrist centre; a little less than stretched out, where joints would race."""
        return (self.upper_arm + self.forearm) * 0.985

    def forward(self, q: Array) -> Array:
        """T_base_tool (4, 4) at joints q (6,)."""
        return self.link_poses(q)[7] @ _translation(0.0, 0.0, self.flange_to_tool)

    def link_poses(self, q: Array, opening: float = 0.0) -> list[Array]:
        """T_base_link (4, 4) for each of `LINKS` at joints q (6,) and a jaw opening in metres.

        Each link's frame sits on its joint axis; the fingers' frames sit at the tool point's height on the flange, moved along x.
        """
        base = np.eye(4)
        shoulder = _about_z(q[0], 0.0)
        upper = shoulder @ _translation(0.0, 0.0, self.shoulder_height) @ _about_y(q[1])
        elbow = upper @ _translation(0.0, 0.0, self.upper_arm) @ _about_y(q[2])
        forearm = elbow @ _about_z(q[3], 0.0)
        wrist = elbow @ _translation(0.0, 0.0, self.forearm) @ _about_z(q[3], 0.0) @ _about_y(q[4])
        flange = wrist @ _about_z(q[5], self.wrist_to_flange)
        left = flange @ _translation(opening / 2, 0.0, 0.0)
        right = flange @ _translation(-opening / 2, 0.0, 0.0)
        return [base, shoulder, upper, elbow, forearm, wrist, flange, flange, left, right]

    def inverse(self, T_base_tool: Array, near: Array) -> Array | None:
        """Joints (6,) within the limits that put the tool at the pose, nearest to `near` (6,); None when out of reach."""
        branches = self.branches(T_base_tool, near)
        if not len(branches):
            return None
        return branches[np.argmin(np.sum(np.square(branches - near), axis=1))]

    def branches(self, T_base_tool: Array, near: Array) -> Array:
        """All solutions (N, 6) within the limits; each joint takes the turn that is closest to `near`."""
        center = T_base_tool[:3, 3] - self.wrist_to_tool * T_base_tool[:3, 2]
        found = []
        for front, bend, flip in product((1.0, -1.0), repeat=3):
            q = self._branch(T_base_tool[:3, :3], center, near, front, bend, flip)
            if q is not None:
                q = self._nearest_turns(q, near)
                if np.all(q >= self.lower) and np.all(q <= self.upper):
                    found.append(q)
        return np.array(found).reshape(-1, 6)

    def _branch(self, R: Array, center: Array, near: Array, front: float, bend: float, flip: float) -> Array | None:
        x, y, z = center
        radius = front * np.hypot(x, y)
        height = z - self.shoulder_height
        a, b = self.upper_arm, self.forearm
        cos_bend = (radius * radius + height * height - a * a - b * b) / (2 * a * b)
        if abs(cos_bend) > 1.0 + 1e-9:
            return None
        yaw = near[0] if np.hypot(x, y) < 1e-9 else np.arctan2(front * y, front * x)
        q3 = bend * np.arccos(np.clip(cos_bend, -1.0, 1.0))
        q2 = np.arctan2(radius, height) - np.arctan2(b * np.sin(q3), a + b * np.cos(q3))
        R_wrist = (_about_z(yaw, 0.0) @ _about_y(q2 + q3))[:3, :3].T @ R
        q5 = flip * np.arctan2(np.hypot(R_wrist[0, 2], R_wrist[1, 2]), R_wrist[2, 2])
        if abs(np.sin(q5)) < 1e-7:
            turn = np.arctan2(-R_wrist[0, 1] * np.sign(np.cos(q5)), R_wrist[1, 1])
            q4 = near[3]
            q6 = turn - q4 if np.cos(q5) > 0 else turn + q4
            return np.array([yaw, q2, q3, q4, q5, q6])
        q4 = np.arctan2(flip * R_wrist[1, 2], flip * R_wrist[0, 2])
        q6 = np.arctan2(flip * R_wrist[2, 1], -flip * R_wrist[2, 0])
        return np.array([yaw, q2, q3, q4, q5, q6])

    def _nearest_turns(self, q: Array, near: Array) -> Array:
        """The same pose with every joint on the turn that is nearest to `near` and, where another turn is allowed, inside the limits."""
        turn = 2 * np.pi
        options = q[None] + turn * (np.round((near - q) / turn)[None] + np.array([-1.0, 0.0, 1.0])[:, None])
        outside = np.maximum(self.lower - options, options - self.upper)
        cost = np.abs(options - near) + np.where(outside > 0, 1e6, 0.0)
        return options[np.argmin(cost, axis=0), np.arange(6)]


def _translation(x: float, y: float, z: float) -> Array:
    T = np.eye(4)
    T[:3, 3] = x, y, z
    return T


def _about_y(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s, 0], [0, 1, 0, 0], [-s, 0, c, 0], [0, 0, 0, 1]], np.float64)


def _about_z(angle: float, lift: float) -> Array:
    """A turn about z followed by a move of `lift` along it."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, lift], [0, 0, 0, 1]], np.float64)


def tool_down(x: float, y: float, z: float, yaw: float) -> Array:
    """T_base_tool (4, 4) with the approach straight down and the jaws' x at `yaw` about the vertical."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, s, 0, x], [s, -c, 0, y], [0, 0, -1, z], [0, 0, 0, 1]], np.float64)
