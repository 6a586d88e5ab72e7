"""Plans from what the operator clicked or a version proposed: numbered, and with a sentence where there is none. No Qt."""

from __future__ import annotations

import msgspec
import numpy as np

from core.messages import ActRequest
from core.motion import targets
from core.motion.task_plan import TaskPlanner
from core.perception.solids import exact
from core.types import ArmState, Detection, Observation, Plan


class Plans:
    """Makes plans by `planner`; every one has a number of its own."""

    def __init__(self, planner: TaskPlanner) -> None:
        self._planner = planner
        self._id = 0

    def of_proposal(self, seen: Observation, item: Detection, target: targets.PlaceTarget, version: str, sure: float) -> Plan:
        """The motion that takes `item` to `target`; without a path and with a reason where none can be found."""
        return self._planner.plan(seen, item, target, plan_id=self._next(), version=version, confidence=sure)

    def of_clicks(self, request: ActRequest, seen: Observation) -> Plan:
        """The motion that an operator asked for by two clicks."""
        seen = msgspec.structs.replace(seen, scene=exact(seen.scene, seen.frame, seen.camera))
        by_track = {d.track: d for d in seen.scene.detections}
        item = by_track.get(request.pick_track)
        if item is None:
            return self._none(request, "That object is not in view any more. Click what to move.")
        others = [d for d in seen.scene.detections if d.track != item.track]
        target = targets.from_clicks(item, by_track.get(request.place_track), request.place_base, request.place_yaw, others)
        if target is None:
            return self._none(request, "What it goes to is not in view any more. Click where it goes.")
        return self.of_proposal(seen, item, target, "", 1.0)

    def home(self, arm: ArmState, opening: float) -> Plan:
        """The way home with the jaws at `opening` metres."""
        return self._planner.home(arm.joints, opening, plan_id=self._next())

    def _next(self) -> int:
        self._id += 1
        return self._id

    def _none(self, request: ActRequest, reason: str) -> Plan:
        return Plan(
            id=self._next(),
            version="",
            path=None,
            tool_path=np.zeros((0, 3)),
            target=None,
            pick_track=request.pick_track,
            place_track=request.place_track,
            intent="",
            confidence=0.0,
            clearance_m=0.0,
            reason=reason,
        )
