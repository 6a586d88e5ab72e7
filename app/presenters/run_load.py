"""Keeps a version loaded where the arm is moved from. Knows no widgets."""

from __future__ import annotations

from app.session import Session
from core.messages import ActRequest
from core.storage.records import Version

_ASK_AGAIN_NS = 1_500_000_000


class KeepLoaded:
    """Asks `act` for a version until it has it: it forgets when it is started again, and a roll-back changes what belongs there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked_ns = 0

    def keep(self, version: Version | None) -> None:
        """Ask for `version` where it is neither loaded nor loading."""
        live = self._session.live
        now = live.host.now_ns()
        if version is None or live.act is None or now - self._asked_ns < _ASK_AGAIN_NS:
            return
        folder = str(self._session.store.folder.root / version.folder)
        if live.act.active != folder and live.act.loading != folder:
            self._asked_ns = now
            live.ask(ActRequest(kind="load", version=folder))
