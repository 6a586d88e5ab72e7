"""What the hand holds, in words."""

from __future__ import annotations

import numpy as np

from core.types import ArmState, Scene

_REACH_M = 0.08  # a thing's middle from the tool point: half of a long one


def gripped(arm: ArmState | None, scene: Scene | None) -> str:
    """ "the banana"; "what it holds" where nothing with a name is seen in the hand, "" while the hand holds nothing."""
    if arm is None or not arm.gripping:
        return ""
    tool = arm.T_base_tool[:3, 3]
    seen = scene.detections if scene is not None else ()
    away = {d.name: float(np.linalg.norm(d.box.center - tool)) for d in seen if d.name and d.area_px > 0}
    near = min(away, key=lambda name: away[name], default="")
    return f"the {near}" if near and away[near] < _REACH_M else "what it holds"
