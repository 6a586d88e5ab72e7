"""The same label on many frames, carried there from one that a person gave: one undoable step, which never overwrites what a person said.

Called by `app.propagation`. Every carried label says from which label it came, who asked for it, and how sure it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage.edits import Judgement, frame_rows, label_values
from core.storage.frames import StoredDepths, write_frame
from core.storage.masks import pack, unpack
from core.storage.records import Label, LabelFrame
from core.storage.store import Changes, Row, Store

PROPAGATED = "propagated"
"""`Label.source` of what was carried. A label of any other source was said by a person."""
_SAME_IOU = 0.3


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement whose frame is on disk already, light enough to keep a thousand of. `row` makes the frame's row if it lacks one."""

    digest: str
    judgement: Judgement
    row: dict[str, Any]
    packed: bytes


@dataclass(frozen=True)
class Origin:
    """What is carried on: `kind` and `class_id` of a label; `label_id`: the label itself, None where it is not stored yet (`first`)."""

    kind: str
    class_id: int | None
    label_id: int | None = None
    first: Judgement | None = None


def carried(store: Store, judgement: Judgement) -> Carried:
    """Write a judgement's frame durably and let go of its pictures; may run beside the writer thread. Raises StoreError."""
    frame = judgement.frame
    digest = write_frame(store.folder.frames, frame, judgement.camera, judgement.T_base_camera)
    row = {"hash": digest, "camera": frame.camera, "seq": frame.seq, "created_s": store.wall_s()}
    nothing = msgspec.structs.replace(frame, depth=frame.depth[:0, :0], color=frame.color[:0, :0])
    light = msgspec.structs.replace(judgement, frame=nothing, mask=judgement.mask[:0, :0])
    return Carried(digest=digest, judgement=light, row=row, packed=pack(judgement.mask))


def same_again(store: Store, labels: Sequence[Carried], origin: Origin) -> Changes:
    """Store the label of `origin` on many frames in one step. Where a person spoke of that thing already, their label stays."""

    def mutation(session: Session) -> Sequence[Row]:
        first, origin_id, held_out = _first_rows(store, session, origin)
        standing, rows = _Standing(store, session, labels), list[Row]()
        for label in labels:
            same = [other for other in standing.on(label) if _speaks_of(other, label)]
            if any(other.source != PROPAGATED for other in same):
                continue
            if session.get(LabelFrame, label.digest) is None:
                # Neighbours of a held-out picture look like it: learning from them would be learning from it.
                rows.append(Row("label_frame", label.digest, label.row | {"held_out": held_out}))
            values = label_values(store, label.judgement, label.digest, origin.kind, origin.class_id)
            rows += [*(Row("label", other.id, {"deleted": True}) for other in same)]
            rows.append(Row("label", None, values | {"mask": label.packed, "origin": origin_id}))
        if not rows:
            raise StoreError("Every one of these frames has your own label already, so nothing was changed.")
        return [*first, *rows]

    return store.mutate(f"the same again on {len(labels)} frames", mutation)


def forget(store: Store, labels: Sequence[Carried]) -> None:
    """Remove the frames that were written for labels which are not wanted after all, unless others refer to them."""
    with Session(store.engine) as session:
        for digest in {label.digest for label in labels}:
            if session.get(LabelFrame, digest) is None:
                (store.folder.frames / f"{digest}.frame").unlink(missing_ok=True)


class _Standing:
    """The labels that stand on the pictures of `labels`. A picture may be stored twice: losslessly when it was live, and as recorded."""

    def __init__(self, store: Store, session: Session, labels: Sequence[Carried]) -> None:
        self._depths = StoredDepths(store.folder.frames)
        self._by_frame: dict[tuple[str, int], dict[str, list[Label]]] = {}
        seqs = [label.row["seq"] for label in labels]
        frames = select(LabelFrame).where(LabelFrame.seq >= min(seqs, default=0), LabelFrame.seq <= max(seqs, default=0))
        known = {frame.hash: frame for frame in session.scalars(frames)}
        for label in session.scalars(select(Label).where(~Label.deleted, Label.frame_hash.in_(known))):
            frame = known[label.frame_hash]
            self._by_frame.setdefault((frame.camera, frame.seq), {}).setdefault(frame.hash, []).append(label)

    def on(self, label: Carried) -> list[Label]:
        found = self._by_frame.get((label.row["camera"], label.row["seq"]), {})
        return [other for digest, those in found.items() if self._depths.same(digest, label.digest) for other in those]


def _first_rows(store: Store, session: Session, origin: Origin) -> tuple[list[Row], int | None, bool]:
    """Rows that store the label itself where it is not stored yet, its id, and whether its frame is held out."""
    if origin.first is None:
        known = session.get(Label, origin.label_id) if origin.label_id is not None else None
        frame = session.get(LabelFrame, known.frame_hash) if known is not None else None
        return [], origin.label_id, frame is not None and frame.held_out
    digest, rows = frame_rows(store, session, origin.first)
    frame = session.get(LabelFrame, digest)
    held_out = frame.held_out if frame is not None else bool(rows[0].values["held_out"])
    new_id = (session.scalar(select(func.max(Label.id))) or 0) + 1
    values = label_values(store, origin.first, digest, origin.kind, origin.class_id)
    return [*rows, Row("label", None, values | {"id": new_id})], new_id, held_out


def _speaks_of(label: Label, carried_: Carried) -> bool:
    if label.track == carried_.judgement.track and label.created_s >= carried_.judgement.since_s:
        return True
    mask, other = unpack(label.mask), unpack(carried_.packed)
    if mask.shape != other.shape:
        return False
    both, either = int(np.count_nonzero(mask & other)), int(np.count_nonzero(mask | other))
    return both > _SAME_IOU * max(1, either)
