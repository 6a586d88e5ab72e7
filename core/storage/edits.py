"""What an operator can change: one small function an action, each one undoable step of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage import held_out
from core.storage.class_edits import class_rows
from core.storage.frames import write_frame
from core.storage.masks import pack
from core.storage.records import Episode, Label, LabelFrame, Task, Version
from core.storage.store import Changes, Row, Store
from core.types import Array, CameraInfo, Frame, Goal

PERSON = "operator"
_THERE = ("kept", "partial", "trashed")


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator says of one object on one frame. mask: bool (H, W) on the colour grid; center_base: (3,) metres.

    `source`: who drew it, the operator or what carried it on. `since_s`: labels of this track made since then (seconds since 1970)
    speak of the same thing; tracks of earlier runs are other things.
    """

    frame: Frame
    camera: CameraInfo
    T_base_camera: Array
    mask: npt.NDArray[np.bool_]
    track: int
    center_base: Array
    identifier: str
    score: float
    source: str = PERSON
    added: bool = False
    since_s: float = float("inf")


def name_object(store: Store, judgement: Judgement, name: str, *, colour: int | None = None) -> Changes:
    """Store that the object is a `name`; a new name becomes a class (with palette colour 1..12 when given)."""
    return name_objects(store, [judgement], name, colour=colour)


def name_objects(store: Store, judgements: Sequence[Judgement], name: str, *, colour: int | None = None) -> Changes:
    """Store in one step that several objects are a `name`."""
    wanted = name.strip()
    if not wanted:
        raise StoreError("A name needs at least one letter.")

    def mutation(session: Session) -> Sequence[Row]:
        known, rows = class_rows(store, session, wanted, colour)
        return [*rows, *(row for judgement in judgements for row in label_rows(store, session, judgement, "name", known))]

    many = f"{len(judgements)} things " if len(judgements) > 1 else ""
    return store.mutate(f'naming {many}"{wanted}"', mutation)


def not_an_object(store: Store, judgement: Judgement) -> Changes:
    """Store that there is no object; the model leaves such proposals out."""
    return store.mutate("not an object", lambda session: label_rows(store, session, judgement, "not_object", None))


def unsure(store: Store, judgement: Judgement) -> Changes:
    """Store that the operator cannot tell; it is not asked again."""
    return store.mutate("unsure", lambda session: label_rows(store, session, judgement, "unsure", None))


def create_task(store: Store, name: str, title: str, cell: str, goal: Goal | None = None, *, undoable: bool = True) -> Changes:
    """Add a task; an existing one of that name is refused. Tasks that a cell file brings along are not the operator's to undo."""

    def mutation(session: Session) -> Sequence[Row]:
        if session.scalars(select(Task).where(Task.name == name, ~Task.deleted)).first():
            raise StoreError(f'There is a task "{title}" already.')
        values = {"name": name, "title": title, "cell": cell, "goal": goal_data(goal), "created_s": store.wall_s()}
        return [Row("task", None, values)]

    return store.mutate(f'new task "{title}"', mutation, undoable=undoable)


def delete_task(store: Store, task_id: int) -> Changes:
    """Take a task away that nothing was shown or learned for: what belongs to it would be nowhere to be seen without it."""

    def mutation(session: Session) -> Sequence[Row]:
        task = session.get(Task, task_id)
        if task is None or task.deleted:
            raise StoreError("That task is not there any more.")
        if session.scalars(select(Version.id).where(Version.task_id == task_id)).first() is not None:
            raise StoreError(f"{task.title} has versions, so it stays.")
        if session.scalars(select(Episode.id).where(Episode.task_id == task_id, Episode.state.in_(_THERE))).first() is not None:
            raise StoreError(f"{task.title} has demonstrations, so it stays. Put them in the trash and empty it first.")
        return [Row("task", task_id, {"deleted": True})]

    return store.mutate("deleting a task", mutation)


def adopt_episode(store: Store, values: dict[str, Any], words: str) -> Changes:
    """Enter a finished or recovered recording; undoing it moves it to the trash, never away."""
    return store.mutate(words, lambda _: [Row("episode", values["id"], values)], undoable=False)


def set_episodes(store: Store, ids: Sequence[str], values: dict[str, Any], words: str, *, undoable: bool = True) -> Changes:
    """Change rows of episodes: state (keep, trash), trim, rating, tags."""
    return store.mutate(words, lambda _: [Row("episode", episode_id, values) for episode_id in ids], undoable=undoable)


def split_episode(store: Store, episode_id: str, at_s: float, new_id: str) -> Changes:
    """Make two demonstrations of one at `at_s`; the file stays whole."""

    def mutation(session: Session) -> Sequence[Row]:
        whole = session.get(Episode, episode_id)
        if whole is None:
            raise StoreError("That demonstration is not there any more.")
        end = whole.trim_end_s if whole.trim_end_s is not None else whole.duration_s
        if not whole.trim_start_s + 0.2 < at_s < end - 0.2:
            raise StoreError("Too close to an end to split there. Move the playhead into the demonstration.")
        copy = {c.key: getattr(whole, c.key) for c in Episode.__table__.columns}
        number = max(session.scalars(select(Episode.number).where(Episode.task_id == whole.task_id)), default=0) + 1
        second = copy | {"id": new_id, "trim_start_s": at_s, "trim_end_s": end, "number": number}
        return [Row("episode", episode_id, {"trim_end_s": at_s}), Row("episode", new_id, second)]

    return store.mutate("splitting a demonstration", mutation)


def add_version(store: Store, task_id: int, policy: str, state: str, folder: str, manifest: dict[str, Any]) -> Changes:
    """Enter a trained version under the task's next number; not undoable."""

    def mutation(session: Session) -> Sequence[Row]:
        number = max(session.scalars(select(Version.number).where(Version.task_id == task_id)), default=0) + 1
        values = {"task_id": task_id, "number": number, "policy": policy, "state": state, "folder": folder}
        return [Row("version", None, values | {"manifest": manifest | {"number": number}, "created_s": store.wall_s()})]

    return store.mutate("a new version", mutation, undoable=False)


def set_version(store: Store, version_id: int, values: dict[str, Any]) -> Changes:
    """Change a version's state or manifest; not undoable."""
    return store.mutate("a version's checks", lambda _: [Row("version", version_id, values)], undoable=False)


def activate_version(store: Store, version_id: int) -> Changes:
    """Make a version the one on the arm; not undoable (the arm would change its behaviour), rolled back by activating the former."""

    def mutation(session: Session) -> Sequence[Row]:
        chosen = session.get(Version, version_id)
        if chosen is None or chosen.state != "passed":
            raise StoreError("Only a version that passed its checks can go to the arm.")
        active = session.scalars(select(Version).where(Version.task_id == chosen.task_id, Version.active)).all()
        off = [Row("version", version.id, {"active": False}) for version in active if version.id != version_id]
        return [*off, Row("version", version_id, {"active": True})]

    with Session(store.engine) as session:
        number = session.scalar(select(Version.number).where(Version.id == version_id))
    return store.mutate(f"version v{number} chosen for the arm", mutation, undoable=False)


def goal_data(goal: Goal | None) -> dict[str, Any] | None:
    """A goal as plain data."""
    if goal is None:
        return None
    values = {name: getattr(goal, name) for name in goal.__struct_fields__}
    pose = values["T_reference_object"]
    return values | {"T_reference_object": None if pose is None else np.asarray(pose).tolist()}


def goal_from(data: dict[str, Any] | None) -> Goal | None:
    """The goal in plain data."""
    if data is None:
        return None
    pose = data.get("T_reference_object")
    return Goal(**(data | {"T_reference_object": None if pose is None else np.array(pose, np.float64)}))


def label_rows(store: Store, session: Session, judgement: Judgement, kind: str, class_id: int | None) -> list[Row]:
    """The rows of one label; what stood on the same frame and track goes, its corrected outline and box stay.

    Who cannot tell what a thing is takes back what was said of it on other frames since `judgement.since_s`, but for its outlines.
    """
    digest, rows = frame_rows(store, session, judgement)
    standing = select(Label).where(Label.frame_hash == digest, Label.track == judgement.track, ~Label.deleted)
    before = session.scalars(standing).all()
    drawn = next((label for label in before if label.shape), None)
    kept = {"mask": drawn.mask, "shape": drawn.shape, "box": drawn.box, "added": drawn.added} if drawn is not None else {}
    rows += [Row("label", label.id, {"deleted": True}) for label in before]
    if kind == "unsure":
        rows += [Row("label", number, {"kind": kind, "class_id": None}) for number in _named_elsewhere(session, judgement, digest)]
    return [*rows, Row("label", None, label_values(store, judgement, digest, kind, class_id) | kept)]


def _named_elsewhere(session: Session, judgement: Judgement, digest: str) -> Sequence[int]:
    """The labels that name the judgement's thing on other frames than that of `digest`."""
    same = (Label.track == judgement.track, Label.track != 0, Label.created_s >= judgement.since_s)
    return session.scalars(select(Label.id).where(*same, Label.frame_hash != digest, Label.kind == "name", ~Label.deleted)).all()


def frame_rows(store: Store, session: Session, judgement: Judgement) -> tuple[str, list[Row]]:
    """The hash of a judgement's frame, whose file is durable now, and the row that it still lacks."""
    digest = write_frame(store.folder.frames, judgement.frame, judgement.camera, judgement.T_base_camera)
    if session.get(LabelFrame, digest) is not None:
        return digest, []
    return digest, [frame_row(store, digest, judgement.frame)]


def label_values(store: Store, judgement: Judgement, digest: str, kind: str, class_id: int | None) -> dict[str, Any]:
    """A label's columns: what is said, and who or what said it, when, and how sure."""
    return {
        "frame_hash": digest,
        "track": judgement.track,
        "kind": kind,
        "class_id": class_id,
        "mask": pack(judgement.mask),
        "center_base": [float(x) for x in judgement.center_base],
        "added": judgement.added,
        "who": store.who,
        "source": judgement.source,
        "identifier": judgement.identifier,
        "score": float(judgement.score),
        "created_s": store.wall_s(),
    }


def frame_row(store: Store, digest: str, frame: Frame) -> Row:
    """The row of a frame that is labelled for the first time; whether it is held out is drawn here, once."""
    values = {"hash": digest, "camera": frame.camera, "seq": frame.seq, "created_s": store.wall_s(), "held_out": held_out.drawn(digest)}
    return Row("label_frame", digest, values)
