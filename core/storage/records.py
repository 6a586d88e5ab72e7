"""The catalogue, declared once: what SQLAlchemy stores and what queries return.

Times are seconds since 1970 (`…_s`); JSON columns hold plain data. Rows of undoable kinds are never removed, only marked, so that
undo is the same path backwards.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Record(DeclarativeBase):
    """Base of all rows."""

    type_annotation_map = {dict[str, Any]: JSON(none_as_null=True), list[Any]: JSON(none_as_null=True)}


class ObjectClass(Record):
    """A kind of object, shared by all tasks. `colour`: 1..12 in the palette; `key`: 1..9 or None; `alias_of`: merged into that class."""

    __tablename__ = "object_class"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    colour: Mapped[int]
    key: Mapped[int | None]
    created_s: Mapped[float]
    deleted: Mapped[bool] = mapped_column(default=False)
    alias_of: Mapped[int | None] = mapped_column(ForeignKey("object_class.id"))


class Task(Record):
    """What is being taught. `goal`: `core.types.Goal` as plain data, None until it is inferred; `cell`: its simulated cell."""

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    title: Mapped[str]
    goal: Mapped[dict[str, Any] | None]
    cell: Mapped[str]
    created_s: Mapped[float]
    deleted: Mapped[bool] = mapped_column(default=False)


class LabelFrame(Record):
    """A frame on which labels were made, stored as a file named by its hash. `held_out`: chosen at random, never trained on."""

    __tablename__ = "label_frame"
    hash: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    seq: Mapped[int]
    created_s: Mapped[float]
    held_out: Mapped[bool] = mapped_column(default=False)


class Label(Record):
    """What an operator confirmed about one object on one frame.

    kind: "name" (it is `class_id`), "not_object", "unsure", "shape" (only its outline was said). `mask`: run lengths on the colour grid
    (`core.storage.masks`). `shape`: "" as the model drew it, else how a person did: "outline", "split", "merge", "box".
    `box`: a corrected box in base as plain data (`core.storage.mask_edits`).
    `who`, `source`, `identifier`, `score`, `created_s` say who or what made it, with which model version, how sure, and when.
    `origin`: the id of the label that it was carried over from (`core.storage.carried_edits`), None for what was said of this frame.
    """

    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)
    frame_hash: Mapped[str] = mapped_column(ForeignKey("label_frame.hash"))
    track: Mapped[int]
    kind: Mapped[str]
    class_id: Mapped[int | None] = mapped_column(ForeignKey("object_class.id"))
    mask: Mapped[bytes] = mapped_column(LargeBinary)
    shape: Mapped[str] = mapped_column(default="")
    box: Mapped[dict[str, Any] | None]
    center_base: Mapped[list[Any]]
    added: Mapped[bool] = mapped_column(default=False)
    origin: Mapped[int | None]
    who: Mapped[str]
    source: Mapped[str]
    identifier: Mapped[str]
    score: Mapped[float]
    created_s: Mapped[float]
    deleted: Mapped[bool] = mapped_column(default=False)


class Episode(Record):
    """One recorded file: a demonstration, a rollout, or a rollout with take-overs.

    `state`: recording, kept, partial, trashed. `kind`: demonstration or rollout. `how`: click, keys, policy. `details`: what was picked
    and where it went (as data), version of a rollout, reason of a failure. Trim, split and rating are rows; files are never rewritten.
    """

    __tablename__ = "episode"
    __table_args__ = (UniqueConstraint("path", "trim_start_s", name="uq_episode_part"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    number: Mapped[int]
    kind: Mapped[str]
    how: Mapped[str]
    state: Mapped[str]
    path: Mapped[str]
    created_s: Mapped[float]
    duration_s: Mapped[float]
    frames: Mapped[int]
    gaps: Mapped[int]
    bytes: Mapped[int]
    trim_start_s: Mapped[float] = mapped_column(default=0.0)
    trim_end_s: Mapped[float | None]
    rating: Mapped[str] = mapped_column(default="")
    tags: Mapped[list[Any]] = mapped_column(default=list)
    succeeded: Mapped[bool | None]
    has_takeover: Mapped[bool] = mapped_column(default=False)
    who: Mapped[str]
    details: Mapped[dict[str, Any]]


class Version(Record):
    """A trained policy of a task (`number` = vN). `state`: learning, candidate, passed, failed. One is `active`.

    `folder`: weights and manifest, relative to the data folder; `manifest`: lineage and scores as plain data.
    """

    __tablename__ = "version"
    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    number: Mapped[int]
    policy: Mapped[str]
    state: Mapped[str]
    active: Mapped[bool] = mapped_column(default=False)
    folder: Mapped[str]
    created_s: Mapped[float]
    manifest: Mapped[dict[str, Any]]


class NamingVersion(Record):
    """A naming tuned to the labels of this data folder (`number` = NN on screen). One is `active`, or none: the names as shipped.

    `state`: passed, failed. `folder`: weights and manifest, relative to the data folder; `manifest`: lineage and scores as plain data.
    """

    __tablename__ = "naming_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    state: Mapped[str]
    active: Mapped[bool] = mapped_column(default=False)
    folder: Mapped[str]
    created_s: Mapped[float]
    manifest: Mapped[dict[str, Any]]


class Edit(Record):
    """One entry of the undo stack: rows before and after. `undone` entries can be redone; entries that are not undoable never move."""

    __tablename__ = "edit"
    id: Mapped[int] = mapped_column(primary_key=True)
    created_s: Mapped[float]
    who: Mapped[str]
    text: Mapped[str]
    undoable: Mapped[bool]
    undone: Mapped[bool] = mapped_column(default=False)
    rows: Mapped[list[Any]]


class Setting(Record):
    """A small value by name: names revision, current task, theme, who is working."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]


TABLES = {mapper.class_.__tablename__: mapper.class_ for mapper in Record.registry.mappers}
