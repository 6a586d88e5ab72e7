"""An operator's answer to a question of the queue, as one undoable step of the store. No Qt; called on the writer thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from core.errors import StoreError
from core.learning.doubt import Look
from core.learning.sights import Sight
from core.learning.views import sight_of_doubt
from core.storage import class_edits, decisions, edits
from core.storage.records import Label
from core.storage.store import Changes, Store

Said = Literal["name", "not_object", "unsure"]


def store_answer(store: Store, look: Look, live: Sight | None, said: Said, name: str, colour: int | None) -> Changes:
    """Store what was said of a look: a new label on its frame, or the label that it was asked about changed.

    Raises StoreError when its picture is gone; then nothing was changed.
    """
    if look.label_id:
        if said == "name":
            return decisions.rename_label(store, look.label_id, name, colour=colour)
        return decisions.void_label(store, look.label_id, said)
    judgement = _judgement(store, look, live)
    if said == "name":
        return edits.name_object(store, judgement, name, colour=colour)
    return edits.not_an_object(store, judgement) if said == "not_object" else edits.unsure(store, judgement)


def store_answers(store: Store, looks: Sequence[Look], live: Sight | None, said: Said, name: str, colour: int | None) -> Changes:
    """Store one answer to several looks, as one step. Raises StoreError when a picture is gone; then nothing was changed."""
    judgements = [_judgement(store, look, live) for look in looks if not look.label_id]
    return decisions.decide_all(store, judgements, [look.label_id for look in looks if look.label_id], said, name, colour=colour)


def answer_stands(label: Label | None, look: Look) -> bool:
    """Whether the label that an answer made or changed (None: it is gone) still says so, after an undo or a redo."""
    if label is None or label.deleted:
        return False
    return not look.label_id or label.source == class_edits.REVIEWED


def _judgement(store: Store, look: Look, live: Sight | None) -> edits.Judgement:
    sight, detection = sight_of_doubt(store.folder.root, look, live)
    if sight is None or detection is None:
        raise StoreError("That picture is gone, so nothing was stored. Go on with the next one.")
    # Ids of tracks begin anew with every run: a recorded one must not confirm the live track of the same number.
    track = look.track if look.source == "live" else -look.track
    return edits.Judgement(
        frame=sight.frame,
        camera=sight.camera,
        T_base_camera=sight.scene.T_base_camera,
        mask=sight.scene.labels == detection.instance,
        track=track,
        center_base=detection.box.center,
        identifier=sight.scene.identifier,
        score=look.score,
    )
