"""A scene with some of its things drawn anew: what a held picture shows at once, before the next frame is identified.

Called by the window's tools. The same rules as `corrected` lays over live frames. Pure functions of values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from core.geometry import Depth, Mask
from core.perception import looks
from core.types import ARM_LABEL, CameraInfo, ColorImage, Detection, OrientedBox, Scene

_COVERED_SHARE = 0.5


@dataclass(frozen=True)
class Thing:
    """What is drawn: mask (H, W) of track `track` (a new one adds a thing), and its box where that was corrected."""

    track: int
    mask: Mask
    box: OrientedBox | None = None


def redraw(scene: Scene, color: ColorImage, depth_m: Depth, camera: CameraInfo, things: Sequence[Thing]) -> Scene:
    """`scene` with `things` in the place of what covered them, oldest first. depth_m (H, W) registered."""
    labels = scene.labels.copy()
    detections = {d.instance: d for d in scene.detections}
    for thing in things:
        mask = thing.mask & (labels != ARM_LABEL)
        known = next((d for d in detections.values() if d.track == thing.track), None)
        like = known or _most_covered(labels, mask, detections)
        covered = _mostly_covered(labels, mask, detections)
        instance = known.instance if known is not None else max(detections, default=0) + 1
        for other in {*covered, instance}:
            labels[labels == other] = 0
            detections.pop(other, None)
        labels[mask] = instance
        detections[instance] = _detection(scene, color, depth_m, camera, thing, mask, instance, like)
    return msgspec.structs.replace(scene, labels=labels, detections=tuple(sorted(detections.values(), key=lambda d: d.instance)))


def _most_covered(labels: np.ndarray, mask: Mask, detections: dict[int, Detection]) -> Detection | None:
    found = np.bincount(labels[mask].ravel())[: max(detections, default=0) + 1] if mask.any() else np.zeros(0, int)
    best = int(found[1:].argmax()) + 1 if len(found) > 1 and found[1:].any() else 0
    return detections.get(best)


def _mostly_covered(labels: np.ndarray, mask: Mask, detections: dict[int, Detection]) -> list[int]:
    return [
        instance
        for instance in detections
        if int(np.count_nonzero(mask & (labels == instance))) > _COVERED_SHARE * max(1, int(np.count_nonzero(labels == instance)))
    ]


def _detection(
    scene: Scene,
    color: ColorImage,
    depth_m: Depth,
    camera: CameraInfo,
    thing: Thing,
    mask: Mask,
    instance: int,
    like: Detection | None,
) -> Detection:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    box = thing.box or looks.box_of(depth_m, camera.color, scene.T_base_camera, window, mask[window])
    if box is None:
        box = like.box if like is not None else OrientedBox(center=np.zeros(3), size=np.full(3, 0.01), R=np.eye(3))
    same = like is not None and like.track == thing.track
    return Detection(
        instance=instance,
        track=thing.track,
        class_id=like.class_id if like else None,
        name=like.name if like else None,
        score=like.score if like else 0.0,
        guesses=like.guesses if like else (),
        box=box,
        area_px=int(np.count_nonzero(mask)),
        mean_color=color[mask].mean(0).astype(np.float64),
        confirmed=same and like is not None and like.confirmed,
        age_s=like.age_s if same and like is not None else 0.0,
        seen_frames=like.seen_frames if same and like is not None else 1,
    )
