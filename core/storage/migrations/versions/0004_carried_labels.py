"""Labels keep from which label they were carried over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column to the labels."""
    op.add_column("label", sa.Column("origin", sa.Integer))
