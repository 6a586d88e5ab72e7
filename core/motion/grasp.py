"""Where to take hold of a thing seen from one side: top-down grasps from its points, checked against what stands around it.

Called by policies, the Show page and scripted operators. Pure numpy in the base frame; the table is z = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.motion.kinematics import ArmModel, tool_down
from core.types import Array

FINGER_THICK, FINGER_HALF_WIDTH, PAD_BELOW, PAD_HALF = 0.020, 0.0125, 0.021, 0.010
HAND_HALF, HAND_ABOVE = (0.085, 0.032), 0.092
MARGINS = (0.020, 0.014, 0.009)
MOST_CLEARANCE = 0.03
_LET_GO = 0.007  # room that each jaw needs to let a thing go


@dataclass(frozen=True)
class Heights:
    """A height map: values (Ny, Nx) metres above the table, cell (0, 0) centred at (x0, y0), square cells of `cell` metres."""

    values: Array
    x0: float = 0.10
    y0: float = -0.60
    cell: float = 0.005

    def over(self, points: Array) -> float:
        """The greatest height under points (N, 2); 0 outside the map."""
        i = np.round((points[:, 1] - self.y0) / self.cell).astype(int)
        j = np.round((points[:, 0] - self.x0) / self.cell).astype(int)
        ok = (i >= 0) & (i < self.values.shape[0]) & (j >= 0) & (j < self.values.shape[1])
        return float(self.values[i[ok], j[ok]].max(initial=0.0))


@dataclass(frozen=True)
class Grasp:
    """A way to take hold: T_base_pick (4, 4), jaw opening before closing (m), free room beside the fingers (m), score (more is better).

    `across`: the thing's own width between the jaws, metres.
    """

    T_base_pick: Array
    width: float
    across: float
    clearance: float
    score: float


def height_map(points: Array, x0: float = 0.10, y0: float = -0.60, size: tuple[float, float] = (0.75, 1.2), cell: float = 0.005) -> Heights:
    """The highest point of (N, 3) in every cell; cells without points are table."""
    values = np.zeros((round(size[1] / cell), round(size[0] / cell)))
    i = np.round((points[:, 1] - y0) / cell).astype(int)
    j = np.round((points[:, 0] - x0) / cell).astype(int)
    ok = (i >= 0) & (i < values.shape[0]) & (j >= 0) & (j < values.shape[1])
    np.maximum.at(values, (i[ok], j[ok]), points[ok, 2])
    return Heights(values=values, x0=x0, y0=y0, cell=cell)


def box_points(T_base_box: Array, size: Array, round_: bool = False, spacing: float = 0.006) -> Array:
    """Points (N, 3) on the top of a box (or upright ellipse), as a stand-in for points seen by a camera."""
    half = np.asarray(size) / 2
    x, y = np.meshgrid(*(np.linspace(-h, h, max(3, int(2 * h / spacing))) for h in half[:2]))
    inside = (x / half[0]) ** 2 + (y / half[1]) ** 2 <= 1 if round_ else np.ones_like(x, bool)
    top = np.stack([x[inside], y[inside], np.full(int(inside.sum()), half[2])], axis=1)
    return np.asarray(top @ T_base_box[:3, :3].T + T_base_box[:3, 3], np.float64)


def grasps(points: Array, around: Heights, model: ArmModel | None = None, yaws: int = 12, start: float = 0.0) -> list[Grasp]:
    """Top-down grasps for the points (N, 3) of one thing, best first; `around` holds everything else. Empty when nothing fits.

    `start`: a turn (rad) to try among the `yaws`: along the thing's own sides the jaws do not turn it.

    Jaws close across the thing's short side; for bent things the section under the pads decides, so they close across the tangent.
    """
    model = model or ArmModel()
    if len(points) < 8:
        return []
    top, bottom = float(np.percentile(points[:, 2], 98)), float(np.percentile(points[:, 2], 2))
    bottom = bottom if bottom > 0.03 and top - bottom > 0.01 and around.over(points[:, :2]) > 0.02 else 0.0
    z = bottom + max(PAD_BELOW + 0.002, 0.5 * (top - bottom))
    z = max(z, top - HAND_ABOVE + 0.015)
    body = points[:, :2]
    found = []
    for yaw in start + np.arange(yaws) * np.pi / yaws:
        jaw, along = np.array([np.cos(yaw), np.sin(yaw)]), np.array([-np.sin(yaw), np.cos(yaw)])
        across, length = body @ jaw, body @ along
        middle, extent = (length.max() + length.min()) / 2, length.max() - length.min()
        # A compact thing is held about its middle: off it, a thin edge would look like an easy grip.
        long = extent > 1.8 * float(np.ptp(across))
        for shift in (0.0, -0.15, 0.15) if long else (0.0,):
            at = middle + shift * extent
            section = across[np.abs(length - at) < PAD_HALF] if long else across
            if len(section) < 4:
                continue
            low, high = np.percentile(section, [1, 99])
            if high - low + 0.004 > model.opening_max:
                continue
            center = jaw * (low + high) / 2 + along * at
            found.append(_best_opening(center, z, float(yaw), float(high - low), extent, abs(shift), around, model))
    return sorted((g for g in found if g is not None), key=lambda g: -g.score)


def _best_opening(
    center: Array, z: float, yaw: float, width: float, extent: float, shift: float, around: Heights, model: ArmModel
) -> Grasp | None:
    best: Grasp | None = None
    for margin in MARGINS:
        opening = min(width + 2 * margin, model.opening_max)
        T = tool_down(float(center[0]), float(center[1]), z, yaw)
        room = finger_clearance(T, opening, around)
        score = min(room, 0.02) * 30 - 8 * width + 2 * min(extent, 0.15) - 0.6 * shift + 12 * margin
        if room > 0 and (best is None or score > best.score):
            best = Grasp(T_base_pick=T, width=opening, across=width, clearance=room, score=float(score))
    return best


def release_width(hold: Grasp, T_base_place: Array, around: Heights) -> float | None:
    """How far to open at a place: as wide as at the pick, else just enough; None when the fingers or the hand would touch something."""
    just = min(hold.width, hold.across + 2 * _LET_GO)
    return next((width for width in (hold.width, just) if finger_clearance(T_base_place, width, around) > 0), None)


def finger_clearance(T_base_tool: Array, opening: float, around: Heights) -> float:
    """Free room in metres beside both fingers and the hand at a tool-down pose, at most 3 cm; negative when something is in the way."""
    tip = T_base_tool[2, 3] - PAD_BELOW
    if around.over(_rectangle(T_base_tool, (-HAND_HALF[0], HAND_HALF[0]), HAND_HALF[1])) > T_base_tool[2, 3] + HAND_ABOVE:
        return -0.01
    inner, outer = opening / 2, opening / 2 + FINGER_THICK
    free = -0.005
    for grow in (0.0, 0.004, 0.008, 0.012, 0.016, 0.020, MOST_CLEARANCE):
        spots = [_rectangle(T_base_tool, span, FINGER_HALF_WIDTH + grow) for span in ((inner, outer + grow), (-outer - grow, -inner))]
        if max(around.over(spot) for spot in spots) > tip + 0.002:
            return free
        free = max(grow, 0.002)
    return free


def _rectangle(T: Array, x: tuple[float, float], half_y: float) -> Array:
    """Points (N, 2) in base covering a rectangle in the tool's frame."""
    xs, ys = np.meshgrid(np.linspace(*x, max(4, int((x[1] - x[0]) / 0.004))), np.linspace(-half_y, half_y, max(4, int(half_y / 0.002))))
    local = np.stack([xs.ravel(), ys.ravel()])
    return np.asarray((T[:2, :2] @ local).T + T[:2, 3], np.float64)


def reachable(found: Sequence[Grasp], model: ArmModel, near: Array) -> list[Grasp]:
    """Those grasps, in order, that the arm can reach with its hand down and 10 cm above."""
    lifted = np.array([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0.10], [0, 0, 0, 0]])
    return [g for g in found if all(model.inverse(g.T_base_pick + lift, near) is not None for lift in (0 * lifted, lifted))]
