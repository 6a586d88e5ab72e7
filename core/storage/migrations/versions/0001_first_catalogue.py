"""The first catalogue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "object_class",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("colour", sa.Integer, nullable=False),
        sa.Column("key", sa.Integer),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("alias_of", sa.Integer, sa.ForeignKey("object_class.id")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("goal", sa.JSON),
        sa.Column("cell", sa.String, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "label_frame",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("camera", sa.String, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("held_out", sa.Boolean, nullable=False),
    )
    op.create_table(
        "label",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("frame_hash", sa.String, sa.ForeignKey("label_frame.hash"), nullable=False),
        sa.Column("track", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("class_id", sa.Integer, sa.ForeignKey("object_class.id")),
        sa.Column("mask", sa.LargeBinary, nullable=False),
        sa.Column("center_base", sa.JSON, nullable=False),
        sa.Column("added", sa.Boolean, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("identifier", sa.String, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    _episodes_versions_edits()


def _episodes_versions_edits() -> None:
    op.create_table(
        "episode",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("task.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("kind", "how", "state", "path")),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("frames", "gaps", "bytes")),
        sa.Column("trim_start_s", sa.Double, nullable=False),
        sa.Column("trim_end_s", sa.Double),
        sa.Column("rating", sa.String, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("succeeded", sa.Boolean),
        sa.Column("has_takeover", sa.Boolean, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.UniqueConstraint("path", "trim_start_s", name="uq_episode_part"),
    )
    op.create_table(
        "version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("task.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("manifest", sa.JSON, nullable=False),
    )
    op.create_table(
        "edit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("undoable", sa.Boolean, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
    )
    op.create_table("setting", sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.JSON, nullable=False))
