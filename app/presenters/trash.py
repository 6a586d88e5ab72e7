"""The trash of demonstrations: how much it holds, restoring all of it, and emptying it, which asks once in place."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.emptying import empty_trash
from app.pages.review import ReviewPage
from app.session import Session
from core.storage import edits
from core.storage.records import Episode
from core.storage.store import Changes
from widgets.values import Toast


class Trash(QObject):
    """Binds the row at the foot of the list."""

    def __init__(self, session: Session, page: ReviewPage) -> None:
        super().__init__(session)
        self._session, self._page = session, page
        self.asking = False
        page.trash.clicked.connect(self._ask)

    def count(self) -> int:
        """How many lie there."""
        return len(self._episodes())

    def words(self) -> str:
        """ "2 · 1.1 GB"."""
        episodes = self._episodes()
        size = sum(e.bytes for e in episodes)
        return f"{len(episodes)} · {size / 1e9:.1f} GB" if size > 5e8 else f"{len(episodes)} · {size / 1e6:.0f} MB" if episodes else "empty"

    def made_from_it(self) -> list[str]:
        """Versions that learned from what lies there."""
        ids = {e.id for e in self._episodes()}
        return [f"v{v.number}" for v in self._session.queries.versions() if ids & set(v.manifest.get("episodes", []))]

    def act(self, action: str) -> bool:
        """Whether `action` was about the trash; then it is done."""
        if action == "restore_trash":
            ids = [e.id for e in self._episodes()]
            self._session.run(lambda store: edits.set_episodes(store, ids, {"state": "kept"}, "restoring from the trash"))
        elif action == "empty_trash":
            self._session.run(empty_trash)
        elif action != "leave_trash":
            return False
        self.asking = False
        return True

    def _episodes(self) -> list[Episode]:
        return self._session.queries.episodes(states=("trashed",))

    @Slot()
    def _ask(self) -> None:
        if self.count():
            self.asking = True
            self._session.changed.emit(Changes((("episode", ""),), "", "", self._session.undo_text, self._session.redo_text, 0))
        else:
            self._session.say(Toast("The trash is empty.", "trash", "plain"))
