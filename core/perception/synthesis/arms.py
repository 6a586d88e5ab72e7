"""What reaches into a made-up scene and is no thing: a robot's links and gripper, a person's forearm and hand.

Called by `layout`. Measures of a hand: about those of adults (palm 75 to 95 mm wide, middle finger 70 to 90 mm).
"""

from __future__ import annotations

import numpy as np

from core.perception.synthesis.shapes import Capsule, Shape, Superquadric
from core.perception.synthesis.things import Thing
from core.types import Array


def robot_arm(rng: np.random.Generator, middle: Array) -> Thing:
    """Links that come in from beside the table and end over it near `middle` (2,), with two fingers."""
    side = rng.uniform(0, 2 * np.pi)
    foot = np.array([np.cos(side), np.sin(side), 0]) * rng.uniform(0.4, 0.9)
    hand = np.array([*(middle + rng.normal(0, 0.12, 2)), rng.uniform(0.08, 0.4)])
    elbow = (foot + hand) / 2 + [0, 0, rng.uniform(0.1, 0.4)]
    r = float(rng.uniform(0.025, 0.06))
    parts: list[Shape] = [
        Capsule(tuple(foot + [0, 0, rng.uniform(0, 0.3)]), tuple(elbow), r),
        Capsule(tuple(elbow), tuple(hand + [0, 0, 0.1]), 0.85 * r),
        Capsule(tuple(hand + [0, 0, 0.1]), tuple(hand + [0, 0, 0.03]), 0.7 * r),
    ]
    spread = rng.normal(0, 1, 3) * [1, 1, 0]
    spread *= rng.uniform(0.015, 0.05) / np.linalg.norm(spread)
    for way in (-1, 1):
        parts.append(
            Capsule(tuple(hand + way * spread + [0, 0, 0.04]), tuple(hand + way * spread - [0, 0, 0.03]), float(rng.uniform(0.006, 0.012)))
        )
    return Thing(tuple(parts), np.eye(3), np.zeros(3))


def person_hand(rng: np.random.Generator, palm: Array) -> Thing:
    """A hand with its forearm, the middle of the palm at `palm` (3,) of the world: flat, bent about something, or pointing."""
    scale = float(rng.uniform(0.85, 1.15))
    parts: list[Shape] = [Superquadric((0.048 * scale, 0.042 * scale, 0.015 * scale), 4.0), *_forearm(rng, scale)]
    curl, pointing = float(rng.uniform(0.0, 1.3)), rng.random() < 0.2
    for k, (y, length) in enumerate(((-0.031, 0.078), (-0.01, 0.086), (0.011, 0.08), (0.031, 0.064))):
        bend = 0.1 if pointing and k == 0 else (1.4 if pointing else curl) + float(rng.normal(0, 0.12))
        spread = float(rng.normal(0, 0.05)) + 4 * y * float(rng.uniform(0, 1)) * (1.4 - min(bend, 1.4))
        parts += _finger(scale * np.array([0.045, y, 0.0]), scale * length, bend, spread, 0.0085 * scale)
    side = -1.0 if rng.random() < 0.5 else 1.0
    out = side * float(rng.uniform(0.4, 1.1))
    parts += _finger(scale * np.array([0.0, side * 0.035, -0.004]), 0.07 * scale, float(rng.uniform(0.1, 0.8)), out, 0.01 * scale)
    yaw, roll = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.35)
    c, s, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(roll), np.sin(roll)
    R = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]) @ np.array([[1.0, 0, 0], [0, cr, -sr], [0, sr, cr]])
    return Thing(tuple(parts), R, np.asarray(palm, float))


def _forearm(rng: np.random.Generator, scale: float) -> list[Shape]:
    """Wrist and sleeve, away from the fingers and upwards, longer than any picture."""
    rise, sway = float(rng.uniform(0.05, 0.9)), float(rng.normal(0, 0.2))
    way = np.array([-np.cos(rise), sway, np.sin(rise)])
    wrist = np.array([-0.055 * scale, 0.0, 0.0])
    thin, thick = 0.026 * scale * float(rng.uniform(0.9, 1.2)), 0.04 * scale * float(rng.uniform(0.85, 1.4))
    return [
        Capsule(tuple(wrist), tuple(wrist + 0.1 * way), thin),
        Capsule(tuple(wrist + 0.09 * way), tuple(wrist + float(rng.uniform(0.5, 0.9)) * way), thick),
    ]


def _finger(root: Array, length: float, bend: float, spread: float, radius: float) -> list[Shape]:
    """Two joints that bend downwards by `bend` rad each, turned sideways by `spread` rad."""
    parts: list[Shape] = []
    at, down = root, 0.4 * bend
    for share in (0.55, 0.45):
        way = np.array([np.cos(down) * np.cos(spread), np.cos(down) * np.sin(spread), -np.sin(down)])
        end = at + share * length * way
        parts.append(Capsule(tuple(at), tuple(end), radius))
        at, down = end, down + bend
    return parts
