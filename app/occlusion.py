"""Cards held in front of things, painted into a simulated frame: they hide a part in colour and in depth. For scores only; no Qt."""

from __future__ import annotations

from dataclasses import replace

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from app.sim_shots import Shot
from core.registration import register_depth
from core.types import ARM_LABEL, TABLE_LABEL, Array, CameraInfo

_AHEAD_M = 0.05
_BESIDE, _BEYOND = 0.25, 0.5


def covered(shot: Shot, camera: CameraInfo, most: float, rng: np.random.Generator, chance: float = 0.5) -> tuple[Shot, dict[int, float]]:
    """The shot with cards before some of its things, and which share of each thing (index into `kinds`) is still to be seen.

    Each thing gets a card with `chance`, over a share of its pixels drawn from 0..`most`. Cards have no label.
    """
    color, depth, labels = shot.frame.color.copy(), shot.frame.depth.copy(), shot.labels.copy()
    metres = register_depth(shot.frame.depth, camera)
    before = np.bincount(shot.labels.ravel(), minlength=len(shot.kinds) + 1)
    for i in range(len(shot.kinds)):
        mask = shot.labels == i + 1
        if rng.random() >= chance or not (mask & (metres > 0)).any():
            continue
        z = float(np.quantile(metres[mask & (metres > 0)], 0.02)) - _AHEAD_M
        card = _card(mask, float(rng.uniform(0, most)), float(rng.uniform(0, 2 * np.pi)))
        _paint(color, depth, labels, card, z, camera, rng)
    after = np.bincount(labels.ravel(), minlength=int(max(ARM_LABEL, TABLE_LABEL)) + 1)
    left = {i: float(after[i + 1] / before[i + 1]) for i in range(len(shot.kinds)) if before[i + 1]}
    frame = msgspec.structs.replace(shot.frame, color=color, depth=depth)
    return replace(shot, frame=frame, labels=labels), left


def _card(mask: npt.NDArray[np.bool_], share: float, angle: float) -> Array:
    """Corners (4, 2) in colour pixels of an upright or slanting card that hides `share` of a mask from one side."""
    rows, columns = np.nonzero(mask)
    at = np.stack([columns, rows], 1).astype(np.float64)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    edge, end = np.quantile(at @ along, 1 - share), (at @ along).max() + _BEYOND * np.ptp(at @ along)
    low, high = (at @ across).min(), (at @ across).max()
    room = _BESIDE * (high - low)
    return np.stack(
        [edge * along + v * across for v in (low - room, high + room)] + [end * along + v * across for v in (high + room, low - room)]
    )


def _paint(
    color: npt.NDArray[np.uint8],
    depth: npt.NDArray[np.uint16],
    labels: npt.NDArray[np.uint16],
    corners: Array,
    z: float,
    camera: CameraInfo,
    rng: np.random.Generator,
) -> None:
    """Draw a card at distance `z` (metres) into all three pictures."""
    there = np.zeros(labels.shape, np.uint8)
    cv2.fillConvexPoly(there, np.rint(corners).astype(np.int32), 1)
    level = rng.uniform(40, 200)
    color[there > 0] = np.clip(level + rng.normal(0, 2, (int(there.sum()), 3)) + rng.uniform(-25, 25, 3), 0, 255).astype(np.uint8)
    labels[there > 0] = 0
    k, d = camera.color, camera.depth
    points = np.stack([(corners[:, 0] - k.cx) / k.fx, (corners[:, 1] - k.cy) / k.fy, np.ones(4)], 1) * z
    T = np.linalg.inv(camera.T_color_depth)
    seen = points @ T[:3, :3].T + T[:3, 3]
    pixels = np.stack([seen[:, 0] / seen[:, 2] * d.fx + d.cx, seen[:, 1] / seen[:, 2] * d.fy + d.cy], 1)
    hidden = np.zeros(depth.shape, np.uint8)
    cv2.fillConvexPoly(hidden, np.rint(pixels).astype(np.int32), 1)
    noisy = (z + rng.normal(0, 0.001, int(hidden.sum()))) / camera.depth_scale
    depth[hidden > 0] = noisy.astype(np.uint16)
