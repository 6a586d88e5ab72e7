"""Namings that were tuned to the labels, beside the versions of policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add their table."""
    op.create_table(
        "naming_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("manifest", sa.JSON, nullable=False),
    )
