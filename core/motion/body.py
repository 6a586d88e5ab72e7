"""The built-in arm as capsules: what its links fill, for leaving the robot out of pictures and for drawing a simple ghost.

A capsule is two ends in a link's frame (see `ArmModel.link_poses`) and a radius, metres; each encloses the link's drawn mesh.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.geometry import Mask
from core.motion.kinematics import LINKS, ArmModel
from core.types import Array

Capsule = tuple[Array, Array, float]

_BODY: tuple[tuple[str, tuple[float, float, float], tuple[float, float, float], float], ...] = (
    ("base", (0, 0, 0.0), (0, 0, 0.12), 0.092),
    ("shoulder", (0, 0, 0.17), (0, 0, 0.24), 0.064),
    ("shoulder", (0, -0.04, 0.24), (0, 0.04, 0.24), 0.066),
    ("upper_arm", (0, 0.122, 0.0), (0, 0.122, 0.335), 0.066),
    ("upper_arm", (0, 0.085, 0.0), (0, 0.122, 0.0), 0.062),
    ("elbow", (0, -0.03, 0.0), (0, 0.04, 0.0), 0.060),
    ("elbow", (0, 0, 0.0), (0, 0, 0.12), 0.050),
    ("forearm", (0, 0, 0.17), (0, 0, 0.28), 0.045),
    ("forearm", (0, -0.045, 0.238), (0, 0.045, 0.238), 0.034),
    ("forearm", (0, -0.045, 0.238), (0, -0.045, 0.31), 0.034),
    ("forearm", (0, 0.045, 0.238), (0, 0.045, 0.31), 0.034),
    ("forearm", (0, -0.045, 0.31), (0, 0.045, 0.31), 0.036),
    ("wrist", (0, -0.032, 0.0), (0, 0.032, 0.0), 0.036),
    ("wrist", (0, 0, 0.0), (0, 0, 0.045), 0.040),
    ("flange", (0, 0, -0.02), (0, 0, 0.0), 0.038),
    ("hand", (-0.055, 0, 0.03), (0.055, 0, 0.03), 0.034),
    ("finger_left", (0.014, 0, 0.06), (0.014, 0, 0.155), 0.019),
    ("finger_right", (-0.014, 0, 0.06), (-0.014, 0, 0.155), 0.019),
)


def arm_capsules(model: ArmModel, joints: Array, opening: float = 0.06) -> list[Capsule]:
    """Capsules of the arm in base at joints (6,) rad and a jaw opening in metres."""
    poses = dict(zip(LINKS, model.link_poses(joints, opening), strict=True))
    return [(_at(poses[link], a), _at(poses[link], b), radius) for link, a, b, radius in _BODY]


def outside(capsules: Sequence[Capsule], points: Array, margin_m: float) -> Mask:
    """Which of points (..., 3) in base are farther than `margin_m` from every capsule."""
    free = np.ones(points.shape[:-1], bool)
    for a, b, radius in capsules:
        along = b - a
        t = np.clip((points - a) @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
        free &= np.linalg.norm(points - (a + t[..., None] * along), axis=-1) > radius + margin_m
    return free


def _at(T: Array, p: tuple[float, float, float]) -> Array:
    return np.asarray(T[:3, :3] @ np.array(p) + T[:3, 3], np.float64)
