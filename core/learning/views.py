"""The picture behind a question: its frame and scene, read from where they are stored. Called by the window's queue off its thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core import geometry, registration
from core.errors import StoreError
from core.learning.doubt import Look
from core.learning.sights import Sight, sight_of
from core.perception import looks
from core.storage.catalogue import Folder, engine_of
from core.storage.episode import EpisodeReader
from core.storage.frames import read_frame
from core.storage.masks import unpack
from core.storage.queries import Queries
from core.storage.records import Label
from core.types import Array, CameraInfo, Detection, Frame, OrientedBox, Scene


def sight_of_doubt(root: Path, look: Look, live: Sight | None) -> tuple[Sight | None, Detection | None]:
    """The sight that a look was taken from and the thing in it; None, None when its file is gone or torn."""
    try:
        if look.source == "live":
            sight = live
        elif look.source == "label":
            sight = _labelled(root, look)
        else:
            sight = _recorded(root, look)
    except StoreError:
        return None, None
    if sight is None:
        return None, None
    return sight, next((d for d in sight.scene.detections if d.instance == look.instance), None)


def _recorded(root: Path, look: Look) -> Sight | None:
    reader = EpisodeReader(root / look.origin)
    try:
        return sight_of(reader, look.seq, look.made_s)
    finally:
        reader.close()


def _labelled(root: Path, look: Look) -> Sight:
    """A labelled frame with its labels as a scene; the asked one is instance 1, and on top."""
    folder = Folder(root)
    engine = engine_of(folder.catalogue, read_only=True)
    try:
        queries = Queries(engine)
        names = {c.id: c.name for c in queries.classes()}
        labels = queries.labels_of_frame(look.origin)
    finally:
        engine.dispose()
    frame, camera, T_base_camera = read_frame(folder.frames, look.origin)
    ordered = sorted(labels, key=lambda label: (label.id != look.label_id, label.id))
    scene = scene_of_labels(frame, camera, T_base_camera, ordered, names)
    return Sight(scene, frame, camera, look.made_s)


def scene_of_labels(frame: Frame, camera: CameraInfo, T_base_camera: Array, labels: list[Label], names: dict[int, str]) -> Scene:
    """Labels of one frame as the scene that they say: instance n + 1 is `labels[n]`, earlier ones lie over later ones."""
    depth_m = registration.register_depth(frame.depth, camera)
    map_ = np.zeros(depth_m.shape, np.uint16)
    detections = []
    for n in reversed(range(len(labels))):
        mask = unpack(labels[n].mask)
        if mask.shape == map_.shape and mask.any():
            map_[mask] = n + 1
            detections.append(_detection(labels[n], n + 1, mask, frame, depth_m, camera, T_base_camera, names))
    return Scene(
        camera=camera.id,
        frame_seq=frame.seq,
        t_host_ns=frame.t_host_ns,
        labels=map_,
        detections=tuple(reversed(detections)),
        T_base_camera=T_base_camera,
        table_frame=False,
        identifier="labels",
        names_revision=0,
    )


def _detection(
    label: Label,
    instance: int,
    mask: geometry.Mask,
    frame: Frame,
    depth_m: geometry.Depth,
    camera: CameraInfo,
    T_base_camera: Array,
    names: dict[int, str],
) -> Detection:
    window = looks.window_of(mask)
    box = looks.box_of(depth_m, camera.color, T_base_camera, window, mask[window])
    place = np.asarray(label.center_base, np.float64)
    return Detection(
        instance=instance,
        track=instance,
        class_id=label.class_id,
        name=names.get(label.class_id or 0),
        score=label.score,
        guesses=(),
        box=box or OrientedBox(center=place, size=np.full(3, 0.01), R=np.eye(3)),
        area_px=int(mask.sum()),
        mean_color=frame.color[mask].mean(0).astype(np.float64),
        confirmed=True,
    )
