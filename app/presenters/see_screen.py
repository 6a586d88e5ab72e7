"""What See shows: the rows, and the one state in words that follows from what is open, in hand and asked. Binds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.pages import see
from app.pages.see import SeeState, Spreading, ToolState
from app.presenters.objects import ObjectRows
from app.presenters.questions import Questions
from app.session import Session, Subject
from core.types import Detection, Scene
from widgets.values import Fact, ObjectRow


@dataclass
class Looked:
    """What the operator looks at. `scene`: as shown; tracks are 0 where there is none; `also`: selected beside; `adding`: grown anew."""

    scene: Scene | None = None
    selected: int = 0
    also: tuple[int, ...] = ()
    hovered: int = 0
    open: bool = False
    typed: str = ""
    adding: Subject | None = None

    def thing(self, track: int) -> Detection | None:
        """A track of the shown scene."""
        return next((d for d in self.scene.detections if d.track == track), None) if self.scene is not None else None

    def chosen(self) -> tuple[int, ...]:
        """All that is selected."""
        return (self.selected, *self.also)

    def close(self) -> None:
        """Nothing is selected or open any more."""
        self.open, self.typed, self.selected, self.also, self.adding = False, "", 0, (), None

    def look_at(self, track: int, adding: Subject | None = None) -> None:
        """One thing is selected and open."""
        self.open, self.typed, self.selected, self.also, self.adding = True, "", track, (), adding


class SeeScreen:
    """Makes rows and state. Owns the order of the rows and what was answered."""

    def __init__(self, session: Session, looked: Looked) -> None:
        self._session, self._looked = session, looked
        self.rows, self.questions = ObjectRows(session), Questions(session)

    def shown_rows(self, scene: Scene) -> tuple[ObjectRow, ...]:
        """Rows of a scene, those that are selected beside another marked in words."""
        also = self._looked.also
        return tuple(replace(row, detail="selected too") if row.track in also else row for row in self.rows.rows(scene))

    def asked(self) -> Detection | None:
        """What an answer is about: the open thing, else the one that is asked about, else the one under the pointer."""
        looked = self._looked
        if looked.open:
            return looked.thing(looked.selected)
        questions = self.questions.of(looked.scene) if looked.scene is not None else []
        return questions[0] if questions else looked.thing(looked.hovered)

    def state(self, scene: Scene, tool: ToolState, spreading: Spreading | None) -> SeeState:
        """The state for a scene. While nothing is open, the thing that is asked about is the selected one."""
        looked, ask = self._looked, self.questions
        live = [d for d in scene.detections if d.area_px > 0]
        chosen = looked.thing(looked.selected)
        crop = ask.crop(scene, chosen) if chosen is not None else None
        if spreading is not None:
            return see.spreading(spreading, crop)
        if tool.name:
            return see.working(tool, chosen.name if chosen else None, len(looked.chosen()), crop)
        if not live:
            return see.empty_table()
        if looked.open and chosen is not None:
            state = see.naming(self.rows.number(chosen.track), chosen.name, looked.typed, crop, ask.facts(scene, chosen))
            return see.several(state, len(looked.chosen()), looked.typed) if looked.also else state
        questions = ask.of(scene)
        looked.selected = questions[0].track if questions else 0
        return self._question(scene, questions, len(live))

    def _question(self, scene: Scene, questions: Sequence[Detection], count: int) -> SeeState:
        ask, typed = self.questions, self._looked.typed
        if not questions:
            return see.nothing_open((Fact("Objects", str(count)), Fact("Names known", str(len(self._session.classes)))))
        asked, names = questions[0], self._session.choices()
        crop, guesses = ask.crop(scene, asked), ask.likely(asked)
        number, total = ask.answered + 1, len(questions) + ask.answered
        if not self._session.classes:
            return see.first_names(1, count, typed, crop, names)
        if not guesses:
            return see.unlike(number, total, typed, crop, names)
        return see.asking(number, total, guesses, crop, names, typed)
