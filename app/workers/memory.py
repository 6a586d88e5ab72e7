"""What a rollout remembers: names that a track had, and what it let go of inside a container and cannot see any more. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import msgspec
import numpy as np

from core.motion.targets import PlaceTarget, bottom
from core.types import Detection, TrueObject

_SURE = 0.8
_REMEMBERED = 0.6  # enough to be moved again, too little to be shown as sure


class TrackNames:
    """A thing that was surely of a kind stays of that kind while it is followed, though it is not known again as it lies now."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._known: dict[int, Detection] = {}

    def on(self, detections: Sequence[Detection]) -> tuple[Detection, ...]:
        """`detections` in which things without a name have the one they had; one of `names` alone is worth remembering."""
        self._known |= {d.track: d for d in detections if d.name in self._names and (d.confirmed or d.score >= _SURE)}
        return tuple(self._told(d) for d in detections)

    def _told(self, d: Detection) -> Detection:
        known = self._known.get(d.track)
        if d.name is not None or known is None:
            return d
        return msgspec.structs.replace(d, class_id=known.class_id, name=known.name, score=_REMEMBERED)


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
        seen, followed = Counter(d.name for d in detections if d.name), {d.track for d in detections if d.area_px > 0}
        hidden: list[TrueObject] = []
        for name in {str(d.name) for d in self._placed}:
            placed = [d for d in self._placed if d.name == name and d.track not in followed]
            missing = min(len(placed), self._most[name]) - seen[name]
            hidden += [_object(d) for d in placed[: max(0, missing)]]
        return tuple(hidden)


def _object(d: Detection) -> TrueObject:
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = d.box.R, d.box.center
    return TrueObject(class_name=str(d.name), T_base_object=T, size=d.box.size, container=False)
