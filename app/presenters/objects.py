"""Scenes to rows: what the object list, the cloud and the image show of each detection, in an order that never jumps."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from app.session import Session
from core.geometry import Mask
from core.storage.records import ObjectClass
from core.types import ColorImage, Detection, Frame, Scene
from widgets.values import Crop, ObjectRow, ObjectState

SURE = 0.8
_GONE_S = 8.0
_PLACES = 500  # tracks whose place in the list is known; of flickering things there are ever more


class ObjectRows:
    """Keeps the order in which tracks appeared, and those that left for a while. What comes back comes back to its place."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._order: list[int] = []
        self._last: dict[int, tuple[ObjectRow, int]] = {}
        self._dropped: set[int] = set()
        self._seen_on: dict[int, tuple[int, int]] = {}

    def drop(self, tracks: Iterable[int]) -> None:
        """These are no things of their own any more: once they are gone they are not out of view."""
        self._dropped |= set(tracks)

    def number(self, track: int) -> int:
        """The place of a track in the list, from 1."""
        listed = [t for t in self._order if t in self._last]
        return listed.index(track) + 1 if track in listed else len(listed) + 1

    def rows(self, scene: Scene, *, full: Collection[int] | None = None) -> tuple[ObjectRow, ...]:
        """Rows of a scene. `full`: tracks with a full tag, None = all."""
        seen = {d.track: d for d in scene.detections if d.area_px > 0}
        self._order += [track for track in seen if track not in self._order]
        self._dropped -= seen.keys() - self._last.keys()  # they are things again
        rows = []
        for track in self._order:
            if track in seen:
                row = self._row(seen[track], full is None or track in full)
                self._last[track] = (row, scene.t_host_ns)
                self._seen_on[track] = scene.t_host_ns, scene.names_revision
                rows.append(row)
            elif track in self._last:
                self._notice(track, scene)
                rows += self._gone(track, scene.t_host_ns)
        left = [track for track in self._order if track not in self._last]
        for track in left[: max(0, len(left) - _PLACES)]:
            self._order.remove(track)
        return tuple(rows)

    def _row(self, d: Detection, full: bool) -> ObjectRow:
        known = self._session.class_of(d)
        return row_of(d, known, full=full and (known is not None or bool(self._session.classes)))

    def _notice(self, track: int, scene: Scene) -> None:
        """What goes with an edit, as the pieces of a split that is undone, is no thing of its own any more: it is not out of view.

        Nothing leaves a picture that is held by itself.
        """
        at_ns, revision = self._seen_on.pop(track, (-1, scene.names_revision))
        if at_ns == scene.t_host_ns or revision != scene.names_revision:
            self._dropped.add(track)

    def _gone(self, track: int, now_ns: int) -> list[ObjectRow]:
        row, seen_ns = self._last[track]
        away = (now_ns - seen_ns) / 1e9
        if row.name is None or away > _GONE_S or track in self._dropped:
            del self._last[track]
            return []
        words = f"out of view for {max(1.0, away):.0f} s"
        return [ObjectRow(track, row.name, row.key, row.color, row.score, "gone", words, False)]


def row_of(detection: Detection, known: ObjectClass | None, *, full: bool) -> ObjectRow:
    """A detection of a class that is `known`, or of none, with a full tag or a quiet one."""
    if known is None:
        return ObjectRow(detection.track, None, 0, None, 0.0, "unknown", full_tag=full)
    state: ObjectState = "yours" if detection.confirmed else "sure" if detection.score >= SURE else "unsure"
    score = round(detection.score, 2)  # as it is shown: rows that look the same are not painted again
    return ObjectRow(detection.track, known.name, known.key or 0, known.colour - 1, score, state, full_tag=full)


def crop_of(frame: Frame, scene: Scene, detection: Detection) -> Crop | None:
    """A picture around a detection with its mask, wider than the object by half on each side."""
    return crop_of_mask(frame.color, scene.labels == detection.instance)


def crop_of_mask(color: ColorImage, mask: Mask) -> Crop | None:
    """A picture around a mask (H, W), wider than it by half on each side; None for an empty one."""
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    half_w = max(60, int(0.9 * np.ptp(columns)), int(1.5 * np.ptp(rows)))
    half_h = int(half_w * 0.57)
    v, u = int(rows.mean()), int(columns.mean())
    v0, u0 = max(0, min(v - half_h, height - 2 * half_h)), max(0, min(u - half_w, width - 2 * half_w))
    window = np.s_[v0 : v0 + 2 * half_h, u0 : u0 + 2 * half_w]
    return Crop(np.ascontiguousarray(color[window]), np.ascontiguousarray(mask[window]))
