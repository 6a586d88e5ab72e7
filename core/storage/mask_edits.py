"""Corrections of what is one thing: outline, split, merge, box. Each is one undoable step.

What was said of the thing stays said: a name goes over to the corrected outline, from which the model then learns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage.edits import PERSON, Judgement, frame_rows, label_values
from core.storage.records import Label
from core.storage.store import Changes, Row, Store
from core.types import OrientedBox

_SAME_PLACE_M = 0.04


def outline(store: Store, judgement: Judgement) -> Changes:
    """Store the object's mask as a person drew it, instead of what stood on this frame."""
    _refuse_empty([judgement])
    return store.mutate("painting an outline", lambda session: _redrawn(store, session, [judgement], [judgement], "outline"))


def split(store: Store, pieces: Sequence[Judgement]) -> Changes:
    """Store that one object is several; the first piece keeps its track. Raises StoreError with fewer than two pieces."""
    _refuse_empty(pieces)
    if len(pieces) < 2:
        raise StoreError("The cut does not go all the way through, so it is still one thing.")
    return store.mutate("splitting an object", lambda session: _redrawn(store, session, pieces[:1], pieces, "split"))


def merge(store: Store, parts: Sequence[Judgement], whole: Judgement) -> Changes:
    """Store that several objects are one; `whole` has the track and the mask of the one."""
    if len(parts) < 2:
        raise StoreError("It takes two things to merge. Shift-click another.")
    return store.mutate("merging objects", lambda session: _redrawn(store, session, [whole, *parts], [whole], "merge"))


def set_box(store: Store, judgement: Judgement, box: OrientedBox) -> Changes:
    """Store where an object's box is, as a person moved it."""

    def mutation(session: Session) -> Sequence[Row]:
        rows = _redrawn(store, session, [judgement], [judgement], "box")
        return [*rows[:-1], Row("label", None, rows[-1].values | {"box": box_data(box)})]

    return store.mutate("moving a box", mutation)


def box_data(box: OrientedBox) -> dict[str, Any]:
    """A box in base as plain data: center and size (3,) metres, R (3, 3)."""
    return {"center": box.center.tolist(), "size": box.size.tolist(), "R": box.R.tolist()}


def box_from(data: dict[str, Any] | None) -> OrientedBox | None:
    """The box in plain data."""
    if data is None:
        return None
    center, size, R = (np.array(data[name], np.float64) for name in ("center", "size", "R"))
    return OrientedBox(center=center, size=size, R=R)


def _redrawn(store: Store, session: Session, of: Sequence[Judgement], into: Sequence[Judgement], shape: str) -> list[Row]:
    """Rows that put the labels `into` in the place of whatever stands for the things `of`; the frame is the same for all."""
    digest, rows = frame_rows(store, session, into[0])
    before = {label.id: label for judgement in of for label in _same_thing(session, digest, judgement)}
    said = next((label for label in before.values() if label.kind == "name"), None)
    kind, class_id = ("name", said.class_id) if said is not None else ("shape", None)
    drawn = next((label for label in before.values() if label.shape not in ("", "box")), None)
    kept = {"shape": drawn.shape if shape == "box" and drawn is not None else shape, "added": any(x.added for x in before.values())}
    rows += _gone(list(before.values()))
    return [*rows, *(Row("label", None, label_values(store, judgement, digest, kind, class_id) | kept) for judgement in into)]


def _same_thing(session: Session, digest: str, judgement: Judgement) -> list[Label]:
    """The labels that a correction replaces: of its track on this frame, and a person's of this run where the thing still lies."""
    of_track = session.scalars(select(Label).where(Label.track == judgement.track, ~Label.deleted).order_by(Label.id.desc())).all()
    return [
        label
        for label in of_track
        if label.frame_hash == digest
        or (
            label.created_s >= judgement.since_s
            and label.source == PERSON
            and float(np.linalg.norm(np.array(label.center_base) - judgement.center_base)) < _SAME_PLACE_M
        )
    ]


def _gone(labels: Sequence[Label]) -> list[Row]:
    return [Row("label", label.id, {"deleted": True}) for label in labels]


def _refuse_empty(judgements: Sequence[Judgement]) -> None:
    if not all(judgement.mask.any() for judgement in judgements):
        raise StoreError("Nothing would be left of it. Use Not an object instead.")
