"""Labels keep how their outline was corrected, and a corrected box."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add two columns to the labels."""
    op.add_column("label", sa.Column("shape", sa.String, nullable=False, server_default=""))
    op.add_column("label", sa.Column("box", sa.JSON))
