"""What an operator can change about the classes: one small function an action, each one undoable step of the store.

A name that goes (renamed, merged) leaves an alias, so that older versions and goals still find their class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage.records import Label, ObjectClass, Task
from core.storage.store import Changes, Row, Store

PALETTE_SIZE = 12
KEYS = range(1, 10)
REVIEWED = "review"
"""`Label.source` of a label that a person spoke of again; it is not asked about a second time."""


def create_class(store: Store, name: str, *, colour: int | None = None) -> Changes:
    """Add a class without labels (palette colour 1..12 when given); a taken name is refused."""

    def mutation(session: Session) -> Sequence[Row]:
        _free_name(session, name)
        return class_rows(store, session, name.strip(), colour)[1]

    return store.mutate(f'new name "{name.strip()}"', mutation)


def rename_class(store: Store, class_id: int, name: str) -> Changes:
    """Give a class another name; a taken one is refused with the offer to merge. Goals follow, the old name stays as an alias."""
    wanted = name.strip()

    def mutation(session: Session) -> Sequence[Row]:
        known = _standing(session, class_id)
        _free_name(session, wanted, but=class_id)
        alias = {"name": known.name, "colour": known.colour, "key": None, "created_s": store.wall_s()}
        rows = [Row("object_class", class_id, {"name": wanted}), *_goal_rows(session, known.name, wanted)]
        same = known.name.casefold() == wanted.casefold()
        return rows if same else [*rows, Row("object_class", None, alias | {"deleted": True, "alias_of": class_id})]

    return store.mutate(f'renaming to "{wanted}"', mutation)


def merge_classes(store: Store, class_id: int, into_id: int) -> Changes:
    """Make one class of two: labels and goals of `class_id` go to `into_id`; its name stays as an alias."""
    if class_id == into_id:
        raise StoreError("That is the same name. Choose another to merge with.")

    def mutation(session: Session) -> Sequence[Row]:
        gone, kept = _standing(session, class_id), _standing(session, into_id)
        labels = session.scalars(select(Label).where(Label.class_id == class_id)).all()
        rows = [Row("label", label.id, {"class_id": into_id}) for label in labels]
        rows.append(Row("object_class", class_id, {"deleted": True, "alias_of": into_id, "key": None}))
        return [*rows, *_goal_rows(session, gone.name, kept.name)]

    return store.mutate("merging two names", mutation)


def move_labels(store: Store, label_ids: Sequence[int], name: str, *, colour: int | None = None) -> Changes:
    """Give many labels at once the class `name`, made when it is new: bulk rename, and the splitting of a class."""
    wanted = name.strip()
    if not wanted:
        raise StoreError("A name needs at least one letter.")

    def mutation(session: Session) -> Sequence[Row]:
        labels = session.scalars(select(Label).where(Label.id.in_(label_ids), ~Label.deleted)).all()
        if not labels:
            raise StoreError("None of these labels stands any more.")
        known, rows = class_rows(store, session, wanted, colour)
        return [*rows, *(Row("label", label.id, _told(store, known)) for label in labels)]

    counted = "1 label" if len(label_ids) == 1 else f"{len(label_ids)} labels"
    return store.mutate(f'naming {counted} "{wanted}"', mutation)


def set_colour(store: Store, class_id: int, colour: int) -> Changes:
    """Give a class a palette colour 1..12; a class that has it takes the former one."""
    if not 1 <= colour <= PALETTE_SIZE:
        raise StoreError(f"The palette has {PALETTE_SIZE} colours.")
    return store.mutate("colouring a name", lambda session: _swapped(session, class_id, "colour", colour))


def set_key(store: Store, class_id: int, key: int | None) -> Changes:
    """Give a class a digit 1..9, or none; a class that has it takes the former one."""
    if key is not None and key not in KEYS:
        raise StoreError("A key is a digit from 1 to 9.")
    return store.mutate("giving a name its key", lambda session: _swapped(session, class_id, "key", key))


def delete_class(store: Store, class_id: int) -> Changes:
    """Take a class and its labels away, undoably."""

    def mutation(session: Session) -> Sequence[Row]:
        _standing(session, class_id)
        labels = session.scalars(select(Label).where(Label.class_id == class_id, ~Label.deleted)).all()
        return [*(Row("label", label.id, {"deleted": True}) for label in labels), Row("object_class", class_id, {"deleted": True})]

    return store.mutate("deleting a name", mutation)


def class_rows(store: Store, session: Session, name: str, colour: int | None) -> tuple[int, list[Row]]:
    """The id of the class `name` and the rows that make it when it is new."""
    known = class_of(session, name)
    if known is not None:
        return known.id, []
    values = class_values(session.scalars(select(ObjectClass)).all(), name, colour, store.wall_s())
    return values["id"], [Row("object_class", values["id"], values)]


def class_values(classes: Sequence[ObjectClass], name: str, colour: int | None, created_s: float) -> dict[str, Any]:
    """A new class beside `classes` (deleted ones too): the next id, the wanted colour when it is free, the first free key."""
    new_id = max((c.id for c in classes), default=0) + 1
    standing = [c for c in classes if not c.deleted]
    free = [n for n in range(1, PALETTE_SIZE + 1) if n not in {c.colour for c in standing}]
    chosen = colour if colour in free else (free[0] if free else (new_id - 1) % PALETTE_SIZE + 1)
    keys = {c.key for c in standing}
    key = next((n for n in KEYS if n not in keys), None)
    return {"id": new_id, "name": name, "colour": chosen, "key": key, "created_s": created_s}


def class_of(session: Session, name: str) -> ObjectClass | None:
    """The standing class of that name, without regard to case."""
    classes = session.scalars(select(ObjectClass).where(~ObjectClass.deleted)).all()
    return next((c for c in classes if c.name.casefold() == name.strip().casefold()), None)


def _told(store: Store, class_id: int) -> dict[str, Any]:
    """A person said so: nothing that is carried on may change it any more."""
    return {"class_id": class_id, "kind": "name", "who": store.who, "source": REVIEWED}


def _standing(session: Session, class_id: int) -> ObjectClass:
    known = session.get(ObjectClass, class_id)
    if known is None or known.deleted:
        raise StoreError("That name is not there any more.")
    return known


def _free_name(session: Session, name: str, *, but: int = 0) -> None:
    if not name.strip():
        raise StoreError("A name needs at least one letter.")
    taken = class_of(session, name)
    if taken is not None and taken.id != but:
        raise StoreError(f"{name.strip()} is taken. Merge instead?")


def _swapped(session: Session, class_id: int, field: str, value: int | None) -> list[Row]:
    known = _standing(session, class_id)
    others = session.scalars(select(ObjectClass).where(~ObjectClass.deleted, ObjectClass.id != class_id)).all()
    holder = next((c for c in others if value is not None and getattr(c, field) == value), None)
    rows = [Row("object_class", class_id, {field: value})]
    return rows if holder is None else [*rows, Row("object_class", holder.id, {field: getattr(known, field)})]


def _goal_rows(session: Session, old: str, new: str) -> list[Row]:
    rows = []
    for task in session.scalars(select(Task).where(~Task.deleted)):
        goal: dict[str, Any] = dict(task.goal or {})
        told = {field: new for field in ("object_class", "reference") if goal.get(field) == old}
        if told:
            rows.append(Row("task", task.id, {"goal": goal | told}))
    return rows
