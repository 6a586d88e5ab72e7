"""Other sides of a thing that an operator named: looks at it while it is followed, kept beside the label that named it.

The perceive worker notes them, `exemplars` reads them. They are no edits: they teach while their label stands, and go with it when it is
undone, renamed, merged or deleted.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core import registration
from core.geometry import Depth, Mask, Window
from core.perception import encoder, looks, names
from core.perception.names import EMBEDDING_VERSION, Vector
from core.storage.frames import write_durably
from core.transport.codec import CodecError, decode, encode
from core.types import TABLE_LABEL, Array, CameraInfo, ColorImage, Data, Detection, Frame, OrientedBox, Scene

MOST = 6
"""Looks that are kept a label."""
_SURE = 0.8  # as on screen: from there on the names know it as it lies
_KNOWN, _FOLLOWED = 0.5, 0.1  # least chance of its own name after it was out of sight, and while it never was
_SETTLED_FRAMES, _SETTLED_M, _SETTLED_SHARE = 8, 0.005, 0.04
_HIDDEN = 0.1  # of its outline


class TurnedLook(Data, frozen=True, kw_only=True):
    """One look: the picture about it (h, w, 3) and its registered depth (h, w), the mask in them, and its vector as `version` made it.

    `white`: the table's brightness, as from `names.table_level`.
    """

    color: ColorImage
    depth_m: Depth
    mask: Mask
    box: OrientedBox
    white: float
    version: str
    vector: Vector


@dataclass(frozen=True)
class _Seen:
    """A track as it was last seen: where, how sure its own name was, for how many frames so, and whether it was ever out of sight."""

    center: Array
    share: float
    frames: int
    lost: bool


class TurnedLooks:
    """The looks in a folder, in files named after their label's key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Vector | None] = {}

    def vectors(self) -> dict[str, list[Vector]]:
        """What the looks of every label teach, by its key. A file that is torn teaches nothing."""
        found: dict[str, list[Vector]] = defaultdict(list)
        for path in sorted(self._folder.glob("*.look")):
            if path.name not in self._read:
                self._read[path.name] = _vector(path)
            vector = self._read[path.name]
            if vector is not None:
                found[path.name.partition("-")[0]].append(vector)
        return found

    def keep(self, key: str, look: TurnedLook) -> None:
        """Store one more look of the label with that key. Raises StoreError."""
        write_durably(self._folder / f"{key}-{secrets.token_hex(4)}.look", encode(look))

    def count(self, key: str) -> int:
        """How many there are of a label."""
        return len(list(self._folder.glob(f"{key}-*.look")))


class Turning:
    """Watches the tracks that an operator named, scene by scene, and says which look at which of them is worth keeping.

    A look is kept when the thing lies still and unhidden, the names are not sure of it as it lies, and it still is the same thing: while it
    was never out of sight it may look rather different, after that the names must know it themselves.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def forget(self) -> None:
        """The names changed: what was unsure may be sure now."""
        self._seen = {track: _Seen(s.center, s.share, 0, s.lost) for track, s in self._seen.items()}

    def see(self, scene: Scene, told: Mapping[int, str]) -> list[Detection]:
        """The things of a scene to keep a look of. told: the tracks that an operator named, to the keys of the labels that did."""
        now = {d.track: d for d in scene.detections if d.confirmed and d.track in told and d.area_px > 0}
        absent = {t: _Seen(s.center, s.share, 0, lost=True) for t, s in self._seen.items() if t in told and t not in now}
        self._seen = absent | {track: self._next(track, d) for track, d in now.items()}
        return [d for track, d in now.items() if self._worth(self._seen[track], d)]

    def _next(self, track: int, detection: Detection) -> _Seen:
        share = _share(detection)
        before = self._seen.get(track)
        if before is None:
            return _Seen(detection.box.center, share, 1, lost=False)
        still = bool(np.linalg.norm(detection.box.center - before.center) < _SETTLED_M) and abs(share - before.share) < _SETTLED_SHARE
        return _Seen(detection.box.center, share, before.frames + 1 if still else 1, before.lost)

    @staticmethod
    def _worth(seen: _Seen, detection: Detection) -> bool:
        likeliest = bool(detection.guesses) and detection.guesses[0].class_id == detection.class_id
        known = seen.share >= (_KNOWN if seen.lost else _FOLLOWED)
        return likeliest and known and seen.share < _SURE and seen.frames >= _SETTLED_FRAMES


def look_at(frame: Frame, camera: CameraInfo, scene: Scene, detection: Detection) -> TurnedLook | None:
    """A look to keep of a thing of a scene; None where something nearer or the picture's edge hides part of it."""
    mask = np.asarray(scene.labels == detection.instance)
    depth_m = registration.register_depth(frame.depth, camera)
    window = looks.window_of(mask)
    part = mask[window]
    outline = cv2.countNonZero(part.view(np.uint8)) - cv2.countNonZero(cv2.erode(part.view(np.uint8), np.ones((3, 3)), borderValue=0))
    if np.count_nonzero(encoder.cut_short(depth_m, window, part)) > _HIDDEN * outline:
        return None
    white = names.table_level(frame.color, np.asarray(scene.labels == TABLE_LABEL))
    vector = names.embed_part(frame.color, depth_m, window, part, detection.box, white=white)
    about = _about(window, mask.shape)
    return TurnedLook(
        color=frame.color[about].copy(),
        depth_m=depth_m[about].copy(),
        mask=mask[about].copy(),
        box=detection.box,
        white=white,
        version=EMBEDDING_VERSION,
        vector=vector,
    )


def _about(window: Window, shape: tuple[int, ...]) -> Window:
    """The window with the margin that an embedding looks at, within the picture."""
    rows, columns = (
        slice(max(0, s.start - encoder.MARGIN_PX), min(size, s.stop + encoder.MARGIN_PX)) for s, size in zip(window, shape, strict=True)
    )
    return rows, columns


def _share(detection: Detection) -> float:
    """What the names alone give to the name that the operator gave."""
    return next((g.score for g in detection.guesses if g.class_id == detection.class_id), 0.0)


def _vector(path: Path) -> Vector | None:
    try:
        look = decode(path.read_bytes(), TurnedLook)
    except (OSError, CodecError):
        return None
    if look.version == EMBEDDING_VERSION and look.vector.shape == (names.LENGTH,):
        return look.vector
    if not look.mask.any() or not look.mask.shape == look.depth_m.shape == look.color.shape[:2]:
        return None
    window = looks.window_of(look.mask)
    return names.embed_part(look.color, look.depth_m, window, look.mask[window], look.box, white=look.white)
