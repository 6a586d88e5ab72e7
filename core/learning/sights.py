"""From a stored or live scene to looks: each unconfirmed thing embedded as the identifier does it. Called by `candidates`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core import geometry, registration
from core.errors import StoreError
from core.learning.doubt import Look
from core.perception import looks, names
from core.storage.episode import EpisodeReader
from core.storage.masks import pack
from core.storage.records import Label
from core.types import TABLE_LABEL, CameraInfo, Detection, Frame, Scene

_LEAST_PX = 150
_LEAST_SEEN = 3
"""Frames in a row: what flickers is not worth a person's time."""


@dataclass(frozen=True)
class Sight:
    """A scene with the frame it was made on, and when that was (seconds since 1970)."""

    scene: Scene
    frame: Frame
    camera: CameraInfo
    made_s: float


def sight_of(reader: EpisodeReader, seq: int, made_s: float) -> Sight | None:
    """The scene made on frame `seq` of an episode, with its frame; None when that frame has none of its own, or is torn."""
    try:
        scene = reader.scene(seq)
        if scene is None or scene.frame_seq != seq:
            return None
        return Sight(scene, reader.frame(seq), reader.camera(), made_s)
    except StoreError:
        return None


def looks_of(sight: Sight, source: Literal["episode", "live"], origin: str) -> list[Look]:
    """What of a scene nobody confirmed, big and steady enough to ask about."""
    scene, frame = sight.scene, sight.frame
    depth_m = registration.register_depth(frame.depth, sight.camera)
    if depth_m.shape != scene.labels.shape:
        return []
    white = names.table_level(frame.color, scene.labels == TABLE_LABEL)
    asked = [d for d in scene.detections if not d.confirmed and d.area_px >= _LEAST_PX and d.seen_frames >= _LEAST_SEEN]
    found = [_look(sight, d, depth_m, white, source, origin) for d in asked]
    return [look for look in found if look is not None]


def _look(
    sight: Sight, d: Detection, depth_m: geometry.Depth, white: float, source: Literal["episode", "live"], origin: str
) -> Look | None:
    scene, color = sight.scene, sight.frame.color
    mask = scene.labels == d.instance
    if not mask.any():
        return None
    window = looks.window_of(mask)
    box = looks.box_of(depth_m, sight.camera.color, scene.T_base_camera, window, mask[window])
    if box is None:
        return None
    return Look(
        source=source,
        origin=origin,
        seq=scene.frame_seq,
        instance=d.instance,
        track=d.track,
        class_id=d.class_id,
        score=d.score,
        vector=names.embed_part(color, depth_m, window, mask[window], box, white=white),
        mask_key=mask_key(pack(mask)),
        center=d.box.center,
        area_px=d.area_px,
        mean_color=d.mean_color,
        identifier=scene.identifier,
        names_revision=scene.names_revision,
        made_s=sight.made_s,
    )


def look_of_label(label: Label, vector: names.Vector, revision: int) -> Look:
    """A labelled thing as a look. `revision`: the names of now, since a label is not the names' own answer."""
    return Look(
        source="label",
        origin=label.frame_hash,
        seq=0,
        instance=1,
        track=label.track,
        class_id=label.class_id,
        score=label.score,
        vector=vector,
        mask_key=mask_key(label.mask),
        center=np.asarray(label.center_base, np.float64),
        area_px=0,
        mean_color=np.zeros(3),
        identifier=label.identifier,
        names_revision=revision,
        made_s=label.created_s,
        label_id=label.id,
    )


def mask_key(packed: bytes) -> str:
    """A short digest of an outline: the same outline on the same grid is the same thing, already answered."""
    return hashlib.sha256(packed).hexdigest()[:16]
