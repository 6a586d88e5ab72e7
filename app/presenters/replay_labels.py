"""The labels of a demonstration's frames, laid over what was identified when it was recorded. No widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from app.presenters.replay import Replay
from app.session import Session
from core import registration
from core.geometry import Mask
from core.perception.redraw import Thing, redraw
from core.storage.carried_edits import PROPAGATED
from core.storage.frames import StoredDepths
from core.storage.mask_edits import box_from
from core.storage.masks import unpack
from core.storage.records import Label
from core.types import Detection, Frame, Scene

_SAME_IOU = 0.3
_DRAWN_SO = 0.97
_NEW = 1_000_000
Said = Mapping[int, Label]


class ReplayLabels:
    """Knows which labels stand on the frames of the demonstration that is open; they are read when they are asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._depths = StoredDepths(session.store.folder.frames)
        self._replay: Replay | None = None
        self._read: dict[int, list[Label]] | None = None

    def of(self, replay: Replay | None) -> None:
        """Another demonstration is open, or labels changed."""
        self._replay, self._read = replay, None

    @property
    def _by_seq(self) -> dict[int, list[Label]]:
        if self._read is None:
            self._read = {}
            replay = self._replay
            found = self._session.queries.labels_between(replay.camera.id, replay.seqs[0], replay.seqs[-1]) if replay is not None else ()
            for seq, label in found:
                self._read.setdefault(seq, []).append(label)
        return self._read

    def on(self, frame: Frame) -> list[Label]:
        """The labels of a recorded frame, oldest first. Frames of other runs have the same numbers: the picture tells them apart."""
        return [label for label in self._by_seq.get(frame.seq, ()) if self._depths.same_as(label.frame_hash, frame)]

    def find(self, label_id: int) -> int | None:
        """The frame that carries a label, None when it does not stand."""
        return next((seq for seq, labels in self._by_seq.items() if any(label.id == label_id for label in labels)), None)

    def seqs_of(self, track: int) -> list[int]:
        """The frames on which a recorded track has a label."""
        return sorted(seq for seq, labels in self._by_seq.items() if any(label.track == -track for label in labels))

    def shown(self, replay: Replay, frame: Frame, scene: Scene, drawn: Sequence[Thing]) -> tuple[Scene, Said]:
        """The scene with what was said of this frame and is `drawn` just now, and the labels that say it, by track.

        With any of these it is the frame's own, even where the identifier had passed the frame over.
        """
        said: dict[int, Label] = {}
        things = list[Thing]()
        for label in self.on(frame):
            mask = unpack(label.mask)
            track, alike = _thing_of(label, mask, scene)
            said[track] = label
            if label.kind != "not_object" and (alike < _DRAWN_SO or label.box is not None):
                things.append(Thing(track, mask, box_from(label.box)))
        things += drawn
        if things:
            depth_m = registration.register_depth(frame.depth, replay.camera)
            scene = redraw(scene, frame.color, depth_m, replay.camera, things)
        if not said and not drawn:
            return scene, said
        return msgspec.structs.replace(self._named(scene, said), frame_seq=frame.seq), said

    def _named(self, scene: Scene, said: Said) -> Scene:
        gone = [d for d in scene.detections if d.track in said and said[d.track].kind == "not_object"]
        labels = np.where(np.isin(scene.labels, [d.instance for d in gone]), 0, scene.labels).astype(np.uint16) if gone else scene.labels
        told = tuple(self._told(d, said.get(d.track)) for d in scene.detections if d not in gone)
        return msgspec.structs.replace(scene, labels=labels, detections=told)

    def _told(self, detection: Detection, label: Label | None) -> Detection:
        known = next((c for c in self._session.classes if label is not None and c.id == label.class_id), None)
        if known is None or label is None:
            return detection
        by_person = label.source != PROPAGATED
        score = 1.0 if by_person else label.score
        return msgspec.structs.replace(detection, class_id=known.id, name=known.name, score=score, confirmed=by_person)


def _thing_of(label: Label, mask: Mask, scene: Scene) -> tuple[int, float]:
    """The track of the thing that a label speaks of, and how alike the outlines are; a new track when nothing lies there."""
    if mask.shape != scene.labels.shape:
        return _NEW + label.id, 0.0
    alike = {d.track: _iou(mask, np.asarray(scene.labels == d.instance)) for d in scene.detections}
    if -label.track in alike:
        return -label.track, alike[-label.track]
    best = max(alike, key=lambda track: alike[track], default=0)
    if best and alike[best] > _SAME_IOU:
        return best, alike[best]
    return (-label.track if label.track < 0 else _NEW + label.id), 0.0


def _iou(a: Mask, b: Mask) -> float:
    return float(np.count_nonzero(a & b)) / max(1, int(np.count_nonzero(a | b)))
