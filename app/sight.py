"""What a person would click for a thing that stands on the table. No Qt, no physics; the scripted operator and the tour share it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.transport.topics import TRUTH, SharedBus
from core.types import Detection, TrueObject

_SAME_PLACE_M = 0.05
_SURE = 0.8


def detection_of(thing: TrueObject, detections: Sequence[Detection]) -> Detection | None:
    """The detection that a person would click for `thing`: the largest near its middle."""
    center = thing.T_base_object[:2, 3]
    reach = max(_SAME_PLACE_M, 0.45 * float(max(thing.size[:2])))
    near = [d for d in detections if np.linalg.norm(d.box.center[:2] - center) < reach]
    fitting = [d for d in near if d.box.size[0] < 1.8 * max(thing.size[:2])]
    return max(fitting, key=lambda d: d.area_px, default=None)


class Eye:
    """What a person in the room sees: which thing is what, and where it lies."""

    def __init__(self, run_id: str) -> None:
        self._bus = SharedBus(run_id)
        self._reader = self._bus.subscriber(TRUTH)
        self._objects: tuple[TrueObject, ...] = ()

    def objects(self) -> tuple[TrueObject, ...]:
        """Everything on the table now."""
        newest = self._reader.newest()
        if newest is not None:
            self._objects = newest.objects
        return self._objects

    def misnamed(self, detections: Sequence[Detection]) -> list[tuple[Detection, str]]:
        """Detections that a person would correct, with the right word."""
        found = [(detection_of(thing, detections), thing.class_name) for thing in self.objects()]
        return [(d, word) for d, word in found if d is not None and (d.name != word or (not d.confirmed and d.score < _SURE))]

    def close(self) -> None:
        """Look away."""
        self._bus.close()
