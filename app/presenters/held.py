"""What the operator said already, laid over a scene that does not know it yet: a held picture, or one older than the newest name."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from app.presenters.desk import Operation
from app.session import Session, Subject
from core import registration
from core.geometry import Depth
from core.perception.redraw import Thing, redraw
from core.storage.mask_edits import box_from
from core.storage.masks import unpack
from core.storage.records import Label
from core.types import CameraInfo, Detection, Frame, Scene


class Held:
    """Shows scenes with the labels of this run. `revision`: of the names that it knows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._labels: list[Label] = []
        self._drawn: list[Thing] = []
        self._depth: tuple[int, Depth] | None = None
        self.revision = 0

    @property
    def camera(self) -> CameraInfo | None:
        """The live camera."""
        return self._session.live.camera

    def frame_of(self, scene: Scene) -> Frame | None:
        """The frame of a shown scene, while it is kept or shown."""
        return self._session.frame_of(scene)

    def judge_all(self, subjects: Sequence[Subject], scene: Scene, operation: Operation) -> bool:
        """Store in one step what the operator says of several things on one scene; False when its frame is gone."""
        return self._session.judge_all(subjects, scene, operation)

    def refresh(self, revision: int) -> None:
        """The catalogue changed: what was drawn in the meantime is in it now."""
        self.revision = revision
        self._labels = self._session.queries.labels_since(self._session.started_s)
        self._drawn = []

    def spoken_of(self) -> set[int]:
        """The tracks of this run that something was said of."""
        return {label.track for label in self._labels}

    def draw(self, things: Sequence[Thing]) -> None:
        """Show these at once; the catalogue is still being written."""
        new = {thing.track for thing in things}
        self._drawn = [*(thing for thing in self._drawn if thing.track not in new), *things]

    def depth_of(self, frame: Frame) -> Depth:
        """The registered depth (H, W) of a frame, kept for the next question about it."""
        if self._depth is None or self._depth[0] != frame.seq:
            camera = self._session.live.camera
            if camera is None:
                return np.zeros(frame.color.shape[:2], np.float32)
            self._depth = (frame.seq, registration.register_depth(frame.depth, camera))
        return self._depth[1]

    def shown(self, scene: Scene) -> Scene:
        """`scene` as it is with what was said since."""
        if scene.names_revision >= self.revision and not self._drawn:
            return scene
        return self._named(self._redrawn(scene))

    def _redrawn(self, scene: Scene) -> Scene:
        session = self._session
        frame, camera = session.frame_of(scene), session.live.camera
        if frame is None or camera is None or not session.live.frozen:
            return scene
        spoken = session.queries.labels_on(frame.camera, frame.seq, session.started_s)
        things = [Thing(x.track, unpack(x.mask), box_from(x.box)) for x in spoken if x.shape and x.kind != "not_object"]
        things += self._drawn
        return redraw(scene, frame.color, self.depth_of(frame), camera, things) if things else scene

    def _named(self, scene: Scene) -> Scene:
        said = {label.track: label for label in self._labels if label.kind != "shape"}
        kept = [d for d in scene.detections if d.track not in said or said[d.track].kind != "not_object"]
        gone = [d.instance for d in scene.detections if d not in kept]
        labels = np.where(np.isin(scene.labels, gone), 0, scene.labels).astype(np.uint16) if gone else scene.labels
        return msgspec.structs.replace(scene, labels=labels, detections=tuple(self._told(d, said.get(d.track)) for d in kept))

    def _told(self, detection: Detection, label: Label | None) -> Detection:
        known = next((c for c in self._session.classes if label is not None and c.id == label.class_id), None)
        if known is not None:
            return msgspec.structs.replace(detection, class_id=known.id, name=known.name, score=1.0, confirmed=True)
        if detection.confirmed:  # it was said, and taken back since
            return msgspec.structs.replace(detection, class_id=None, name=None, score=0.0, confirmed=False)
        return detection
