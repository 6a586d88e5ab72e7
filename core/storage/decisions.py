"""What an operator decides about a label that is there already: it stands, it is another thing, or nothing. Each one undoable step."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage.class_edits import REVIEWED, class_rows
from core.storage.edits import Judgement, label_rows
from core.storage.records import Label
from core.storage.store import Changes, Row, Store


def rename_label(store: Store, label_id: int, name: str, *, colour: int | None = None) -> Changes:
    """Store that the labelled thing is a `name`, whatever it was called; the same name confirms it."""
    wanted = name.strip()
    if not wanted:
        raise StoreError("A name needs at least one letter.")

    def mutation(session: Session) -> Sequence[Row]:
        _standing(session, label_id)
        known, rows = class_rows(store, session, wanted, colour)
        return [*rows, _decided(store, label_id, "name", known)]

    return store.mutate(f'naming "{wanted}"', mutation)


def void_label(store: Store, label_id: int, kind: str) -> Changes:
    """Store that the labelled thing is no object ("not_object"), or that nobody can tell ("unsure")."""

    def mutation(session: Session) -> Sequence[Row]:
        _standing(session, label_id)
        return [_decided(store, label_id, kind, None)]

    return store.mutate("not an object" if kind == "not_object" else "unsure", mutation)


def decide_all(
    store: Store, judgements: Sequence[Judgement], label_ids: Sequence[int], kind: str, name: str = "", *, colour: int | None = None
) -> Changes:
    """Say one thing of many in one step: of things that nobody labelled, and of labels that stand. `name` goes with the kind "name"."""
    wanted, count = name.strip(), len(judgements) + len(label_ids)
    if kind == "name" and not wanted:
        raise StoreError("A name needs at least one letter.")

    def mutation(session: Session) -> Sequence[Row]:
        known, rows = class_rows(store, session, wanted, colour) if kind == "name" else (None, [])
        for label_id in label_ids:
            _standing(session, label_id)
        said = [row for judgement in judgements for row in label_rows(store, session, judgement, kind, known)]
        return [*rows, *said, *(_decided(store, label_id, kind, known) for label_id in label_ids)]

    what = f'"{wanted}"' if kind == "name" else "no object" if kind == "not_object" else "unsure"
    return store.mutate(f"saying of {count} things {what}" if kind != "name" else f"naming {count} things {what}", mutation)


def _standing(session: Session, label_id: int) -> Label:
    label = session.get(Label, label_id)
    if label is None or label.deleted:
        raise StoreError("That label is not there any more. Nothing was changed.")
    return label


def _decided(store: Store, label_id: int, kind: str, class_id: int | None) -> Row:
    # When it was made stays: tracks of an earlier run must not pass for those of this one.
    values = {"kind": kind, "class_id": class_id, "who": store.who, "source": REVIEWED}
    return Row("label", label_id, values)
