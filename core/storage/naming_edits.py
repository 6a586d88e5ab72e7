"""Namings tuned to the labels: entering one, taking one into use, going back. None is undoable: what names things changes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage.records import NamingVersion
from core.storage.store import Changes, Row, Store


def add_naming(store: Store, state: str, folder: str, manifest: dict[str, Any]) -> Changes:
    """Enter a tuned naming under the next number."""

    def mutation(session: Session) -> Sequence[Row]:
        number = (session.scalar(select(func.max(NamingVersion.number))) or 0) + 1
        values = {"number": number, "state": state, "folder": folder, "created_s": store.wall_s()}
        return [Row("naming_version", None, values | {"manifest": manifest | {"number": number}})]

    return store.mutate("a new naming", mutation, undoable=False)


def use_naming(store: Store, naming_id: int | None) -> Changes:
    """Let a naming name things from the next frame on; None: the names as shipped. Rolled back by using the former one."""

    def mutation(session: Session) -> Sequence[Row]:
        chosen = session.get(NamingVersion, naming_id) if naming_id is not None else None
        if naming_id is not None and (chosen is None or chosen.state != "passed"):
            raise StoreError("Only a naming that passed its checks can be used.")
        active = session.scalars(select(NamingVersion).where(NamingVersion.active)).all()
        off = [Row("naming_version", naming.id, {"active": False}) for naming in active if naming.id != naming_id]
        return [*off, *([Row("naming_version", naming_id, {"active": True})] if naming_id is not None else [])]

    return store.mutate("the naming in use", mutation, undoable=False)
