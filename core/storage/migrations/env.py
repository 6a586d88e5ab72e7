"""Alembic's entry: runs the migrations on the catalogue's engine."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from core.storage.records import Record

_url = context.config.get_main_option("sqlalchemy.url")
_engine = create_engine(_url or "")
with _engine.connect() as _connection:
    context.configure(connection=_connection, target_metadata=Record.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
_engine.dispose()
