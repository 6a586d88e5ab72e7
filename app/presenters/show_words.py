"""What Show says and marks of a plan: object, goal, title, motion, rings and path. Pure functions of what was clicked and planned."""

from __future__ import annotations

import numpy as np

from core.messages import RecorderStatus
from core.types import Array, CameraInfo, Detection, Plan, Scene
from widgets.cloud_overlay import Marks

_LEAST_DEPTH_M, _LEAST_WIDTH_M = 0.03, 0.12
_NAMELESS = "unnamed object"


def item_words(found: Detection | None, *, picked: bool) -> str:
    """What is moved; "" while nothing was clicked."""
    return (found.name or f"the {_NAMELESS}") if found is not None else ("the object" if picked else "")


def goal_words(found: Detection | None, *, on_table: bool) -> str:
    """Where it goes; things that are deep and wide take others inside."""
    if on_table:
        return "on the table"
    if found is None:
        return ""
    size = found.box.size
    inside = size[2] > _LEAST_DEPTH_M and min(size[:2]) > _LEAST_WIDTH_M
    return f"{'inside' if inside else 'on'} the {found.name or _NAMELESS}"


def title_of(item: str, goal: str) -> str:
    """ "Banana into the basket"; the names stay as the operator wrote them."""
    if not (item and goal):
        return "A new demonstration"
    where, rest = goal.split(" ", 1)
    return f"{item[:1].upper()}{item[1:]} {'into' if where == 'inside' else 'onto'} {rest}"


def motion_words(plan: Plan | None, speed: float) -> str:
    """How long the motion takes at a speed, and what it clears."""
    if plan is None or plan.path is None:
        return ""
    return f"{plan.path.times[-1] / speed:.1f} s, clears the rest by {100 * plan.clearance_m:.0f} cm"


def table_point(camera: CameraInfo, scene: Scene, u: int, v: int) -> Array | None:
    """Where the ray through colour pixel (u, v) meets the table: (3,) in base; None when it looks up."""
    K = camera.color
    T = scene.T_base_camera
    ray = T[:3, :3] @ np.array([(u - K.cx) / K.fx, (v - K.cy) / K.fy, 1.0])
    return np.asarray(T[:3, 3] + ray * (-T[2, 3] / ray[2])) if ray[2] <= -1e-3 else None


def marks_of(plan: Plan | None, place: Detection | None, point: Array | None) -> Marks:
    """Path and rings of a plan, the ring of the goal at the rim of what it is; where no motion was found only that of the goal.

    point: (3,) in base where the goal is a place on the table.
    """
    if plan is None:
        return Marks()
    radius = 0.45 * float(min(place.box.size[:2])) if place is not None else 0.04
    if plan.path is None or plan.target is None:
        center = place.box.center.copy() if place is not None else point
    else:
        center = plan.target.T_base_place[:3, 3].copy()
    if center is None:
        return Marks()
    if place is not None:
        center[2] = place.box.center[2] + place.box.size[2] / 2
    if plan.path is None or plan.target is None:
        return Marks(place=(center, radius))
    return Marks(planned=plan.tool_path, pick=plan.target.T_base_pick[:3, 3], place=(center, radius))


def kept_words(status: RecorderStatus) -> str:
    """ "12.1 s, 363 frames, none missing."."""
    missing = "none missing" if status.gaps == 0 else f"{status.gaps} missing"
    return f"{status.seconds:.1f} s, {status.frames} frames, {missing}."
