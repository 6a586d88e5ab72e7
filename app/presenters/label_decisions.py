"""Answers on their way to the store and back: stored on the writer thread, opened again when undone or refused, closed when redone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.label_answers import Said, answer_stands, store_answer, store_answers
from app.label_queue import Answer, LabelQueue
from app.session import Session
from core.errors import StoreError
from core.learning.doubt import Doubt
from core.learning.sights import Sight, mask_key
from core.storage.queries import Queries
from core.storage.records import Label
from core.storage.store import Changes, Store
from widgets.values import Toast

_TOLD = {
    "not_object": "That is not an object now. The model leaves it out.",
    "unsure": "It is left open and not asked again.",
}


class Decisions(QObject):
    """Knows which label an answer became. `came_back(key)`: an answer could not be stored, its question is open again."""

    came_back = Signal(str)

    def __init__(self, session: Session, queue: LabelQueue, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._queue = session, queue
        self._made: dict[int, str] = {}

    def forget(self) -> None:
        """A new queue: earlier answers are followed no more."""
        self._made.clear()

    def store(self, doubt: Doubt, live: Sight | None, said: Said, name: str = "") -> None:
        """Store an answer and mark its question at once; a refusal opens it again."""
        look = doubt.look
        colour = self._session.free_colour(look.mean_color) if said == "name" else None

        def operation(store: Store) -> Changes:
            try:
                changes = store_answer(store, look, live, said, name, colour)
            except StoreError:
                self.came_back.emit(doubt.key)
                raise
            self._made |= {key: doubt.key for table, key in changes.touched if table == "label"}
            return changes

        self._session.run(operation)
        self._session.say(Toast(_TOLD.get(said, f"That is now “{name}”."), action="Undo", key="Ctrl Z"))
        self._queue.answer(doubt.key, _answer(said, name), self._session.live.host.wall_s())

    def store_all(self, doubts: Sequence[Doubt], live: Sight | None, said: Said, name: str = "") -> None:
        """Store one answer to several questions in one step, and mark them at once; a refusal opens them again."""
        colour = self._session.free_colour(doubts[0].look.mean_color) if said == "name" else None
        keys = {doubt.look.mask_key: doubt.key for doubt in doubts}

        def operation(store: Store) -> Changes:
            try:
                changes = store_answers(store, [doubt.look for doubt in doubts], live, said, name, colour)
            except StoreError:
                for doubt in doubts:
                    self.came_back.emit(doubt.key)
                raise
            touched = Queries(store.engine).labels_by_id(key for table, key in changes.touched if table == "label")
            self._made |= {label.id: keys[mask_key(label.mask)] for label in touched if mask_key(label.mask) in keys}
            return changes

        self._session.run(operation)
        words = f"Those {len(doubts)} are now “{name}”." if said == "name" else f"That is said of {len(doubts)} things."
        self._session.say(Toast(words, action="Undo", key="Ctrl Z"))
        for doubt in doubts:
            self._queue.answer(doubt.key, _answer(said, name), self._session.live.host.wall_s())

    def follow(self, changes: Changes) -> list[str]:
        """Open and close the questions whose labels changed, by undo and redo too; returns their keys, none when none of them is ours."""
        ours = [key for table, key in changes.touched if table == "label" and key in self._made]
        for label_id in ours:
            doubt = self._queue.find(self._made[label_id])
            if doubt is not None:
                self._follow(doubt, self._session.queries.label(label_id))
        return [self._made[label_id] for label_id in ours]

    def _follow(self, doubt: Doubt, label: Label | None) -> None:
        if label is None or not answer_stands(label, doubt.look):
            self._queue.reopen(doubt.key)
        elif doubt.key not in self._queue.answers:
            named = next((c.name for c in self._session.classes if c.id == label.class_id), "")
            said: Said = "name" if named else "unsure" if label.kind == "unsure" else "not_object"
            self._queue.answer(doubt.key, _answer(said, named), self._session.live.host.wall_s())


def _answer(said: Said, name: str) -> Answer:
    if said == "name":
        return Answer(name, f"Named {name} by you")
    return Answer(None, "No object" if said == "not_object" else "Left open")
