"""What the operator says of things on See: a name, not an object, unsure. Stores it, says so, and closes the question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.main_window import MainWindow
from app.presenters.see_screen import Looked, SeeScreen
from app.session import Session, Subject, subject_of
from core.storage import decisions, edits
from core.storage.edits import Judgement
from core.storage.store import Changes, Store
from widgets.values import Toast

SELECT_FIRST = Toast("Select a thing first: click it, or press the down arrow.", "cursor", "plain")


_Void = Literal["not_object", "unsure"]


class SeeAnswers(QObject):
    """`answered`: something was stored or skipped; the question is over."""

    answered = Signal()

    def __init__(self, session: Session, window: MainWindow, looked: Looked, screen: SeeScreen) -> None:
        super().__init__(window)
        self._session, self._window, self._looked, self._screen = session, window, looked, screen

    @Slot(int)
    def name_class(self, class_id: int) -> None:
        """A class was chosen."""
        known = next((c for c in self._session.classes if c.id == class_id), None)
        if known is not None:
            self.name(known.name)

    @Slot(int)
    def digit(self, digit: int) -> None:
        """A class's key names; 0 says that it is none."""
        known = next((c for c in self._session.classes if c.key == digit), None)
        if digit == 0:
            self.not_an_object()
        elif known is not None:
            self.name(known.name)

    @Slot(str)
    def name(self, name: str) -> None:
        """Name the open (else the asked) object, and those selected beside it, in one step."""
        subjects, scene = self._subjects(), self._looked.scene
        if not name.strip():
            return
        if not subjects or scene is None:
            self._session.say(SELECT_FIRST)
            return
        colour = self._session.free_colour(subjects[0].mean_color)
        stored = self._session.judge_all(subjects, scene, lambda store, all_: edits.name_objects(store, all_, name, colour=colour))
        if stored:
            words = "That is" if len(subjects) == 1 else f"Those {len(subjects)} are"
            self._say(f"{words} now “{name.strip()}”. The model uses it from the next frame on.")
            self._window.stage.cloud.flash(subjects[0].track)
        self._done(subjects)

    def confirm(self) -> None:
        """It is what it was taken for."""
        asked = self._screen.asked()
        if asked is not None:
            guesses = self._screen.questions.guesses(asked)
            self.name(asked.name or (guesses[0].name if guesses else ""))

    def not_an_object(self) -> None:
        """It is none; its row goes with it."""
        self._screen.rows.drop([subject.track for subject in self._subjects()])
        words = "That is not an object now. The model leaves it out.", "Those {} are no objects now. The model leaves them out."
        self._store("not_object", *words)

    def unsure(self) -> None:
        """Left open."""
        self._store("unsure", "It is left open and not asked again.", "Those {} are left open and not asked again.")

    def skip(self) -> None:
        """Not now."""
        asked = self._screen.asked()
        if asked is not None:
            self._screen.questions.skip(asked.track)
            self.answered.emit()

    def covered_by(self, subject: Subject) -> list[int]:
        """Things that lie mostly under what was added: it takes their place."""
        scene = self._looked.scene
        parts = [(d, scene.labels == d.instance) for d in scene.detections] if scene is not None else []
        return [d.track for d, part in parts if 2 * np.count_nonzero(part & subject.mask) > np.count_nonzero(part) > 0]

    def _store(self, kind: _Void, one: str, several: str) -> None:
        """Say the same of the open thing and of those selected beside it, in one step; `several` says so of that many."""
        subjects, scene = self._subjects(), self._looked.scene
        if not subjects or scene is None:
            self._session.say(SELECT_FIRST)
        elif self._session.judge_all(subjects, scene, lambda store, all_: _void(store, all_, kind)):
            self._say(one if len(subjects) == 1 else several.format(len(subjects)))
            self._done(subjects)

    def _subjects(self) -> list[Subject]:
        looked = self._looked
        if looked.adding is not None:
            return [looked.adding]
        found = [self._screen.asked(), *(looked.thing(track) for track in looked.also)]
        return [subject_of(d, looked.scene) for d in found if d is not None and looked.scene is not None]

    def _done(self, subjects: Sequence[Subject]) -> None:
        for subject in subjects:
            self._screen.questions.done(subject.track)
        self.answered.emit()

    def _say(self, words: str) -> None:
        self._session.say(Toast(words, action="Undo", key="Ctrl Z"))


def _void(store: Store, judgements: Sequence[Judgement], kind: _Void) -> Changes:
    if len(judgements) > 1:
        return decisions.decide_all(store, judgements, [], kind)
    return edits.not_an_object(store, judgements[0]) if kind == "not_object" else edits.unsure(store, judgements[0])
