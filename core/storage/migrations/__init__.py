"""Alembic migrations of the catalogue; a backup is made before each (`catalogue.prepare`)."""

from __future__ import annotations

from pathlib import Path

from core.errors import StoreError


def upgrade(catalogue: Path, version: str) -> None:
    """Bring the catalogue at `catalogue` from `version` to the newest format. Raises StoreError for a format from the future."""
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{catalogue}")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"The catalogue has format {version!r}, which this Pendant does not know. Nothing was changed. "
            "Use the newer Pendant that wrote it."
        ) from error
