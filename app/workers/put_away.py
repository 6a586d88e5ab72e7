"""What a rollout let go of inside a container and cannot see any more: it lies under other things, or cannot be told from its container."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np

from core.motion.targets import PlaceTarget, bottom
from core.types import Detection, TrueObject


class PutAway:
    """Counts things a name. Nothing is added that is seen somewhere, nor more than were ever in view."""

    def __init__(self) -> None:
        self._placed: list[Detection] = []
        self._most: Counter[str] = Counter()

    def see(self, detections: Sequence[Detection]) -> None:
        """Remember how many of each name there are."""
        self._most |= Counter(d.name for d in detections if d.name)

    def put(self, item: Detection, target: PlaceTarget, detections: Sequence[Detection]) -> None:
        """`item` was let go of at `target`, among `detections`; only what goes into a container can vanish there."""
        container = next((d for d in detections if d.instance == target.reference), None)
        if target.relation != "inside" or container is None or not item.name:
            return
        center = np.append(target.T_base_object[:2, 3], bottom(container) + item.box.size[2] / 2)
        self._placed.append(msgspec.structs.replace(item, box=msgspec.structs.replace(item.box, center=center)))

    def forget(self) -> None:
        """Somebody else moved things."""
        self._placed.clear()

    def unseen(self, detections: Sequence[Detection]) -> tuple[TrueObject, ...]:
        """What was put away and is not among `detections`, as objects in base."""
        seen = Counter(d.name for d in detections if d.name)
        hidden: list[TrueObject] = []
        for name in {str(d.name) for d in self._placed}:
            placed = [d for d in self._placed if d.name == name]
            missing = min(len(placed), self._most[name]) - seen[name]
            hidden += [_object(d) for d in placed[: max(0, missing)]]
        return tuple(hidden)


def _object(d: Detection) -> TrueObject:
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = d.box.R, d.box.center
    return TrueObject(class_name=str(d.name), T_base_object=T, size=d.box.size, container=False)
