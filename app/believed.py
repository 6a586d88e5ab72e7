"""What an operator has just said, on scenes that were made before the model heard of it. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from core.types import Detection, Scene


@dataclass(frozen=True)
class Believed:
    """`confirmed`: track to class id and name, as they stand in the catalogue at names revision `revision`."""

    confirmed: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    revision: int = 0

    def on(self, scene: Scene) -> Scene:
        """The scene with the operator's names, when it is older than they are; else as it is."""
        if scene.names_revision >= self.revision or not any(d.track in self.confirmed for d in scene.detections):
            return scene
        return msgspec.structs.replace(scene, detections=tuple(self._told(d) for d in scene.detections))

    def _told(self, d: Detection) -> Detection:
        if d.track not in self.confirmed:
            return d
        class_id, name = self.confirmed[d.track]
        return msgspec.structs.replace(d, class_id=class_id, name=name, score=1.0, confirmed=True)
