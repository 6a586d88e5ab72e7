"""What Show shows: the cards, and the one state in words that follows from what is aimed at, moves and was kept. Binds nothing."""

from __future__ import annotations

from dataclasses import replace

from app.pages import show
from app.pages.show import ShowState
from app.presenters import show_words as words
from app.presenters.aim import Aim
from app.presenters.demonstrations import Cards
from app.presenters.drive import DriveKeys
from app.presenters.show_takes import ShowTakes
from app.session import Session

SPEED_VALUES = (0.35, 0.65, 1.0)


class ShowScreen:
    """Makes the state of the page. Owns the cards of what was recorded."""

    def __init__(self, session: Session, aim: Aim, takes: ShowTakes, drive: DriveKeys) -> None:
        self._session, self._aim, self._takes, self._drive = session, aim, takes, drive
        self.cards = Cards(session)

    def busy(self) -> bool:
        """Whether nothing can be aimed at now: the arm moves, or there is none."""
        return self._session.armless or self._session.live.act_mode() in ("waiting", "moving", "paused")

    def state(self, how: str, speed: int, said: tuple[str, str] | None) -> ShowState:
        """The whole page. `said`: object and goal of the motion that was begun, None before one is."""
        cards = (*self._takes.recording_card(), *self.cards.cards(self._session.task_id))
        return replace(self._state(how, speed, said), cards=cards, selected=self._takes.selected, speed=speed)

    def _state(self, how: str, speed: int, said: tuple[str, str] | None) -> ShowState:
        if self._session.armless:
            return show.no_arm()
        aim, number = self._aim, self._session.queries.next_number(self._session.task_id, "demonstration")
        item, goal = said or aim.words()
        title, motion = words.title_of(item, goal), words.motion_words(aim.plan, SPEED_VALUES[speed])
        steps, live = show.steps_of(item, goal, motion), self._session.live
        if live.arm_lost():
            return show.arm_lost(steps)
        if how == "keys":
            return show.driving(number, "keys", self._takes.seconds(), let_go=self._drive.let_go)
        if self.busy() and said:
            return show.moving(self._takes.number(number), title, steps, paused=live.act_mode() == "paused", holds=self._holds())
        if self._takes.kept is not None and said:
            return show.kept(number - 1, title, words.kept_words(self._takes.kept), steps, self._takes.problem)
        if aim.planning:
            return show.planning(number, title, item, goal)
        if aim.plan is not None and aim.pick and not aim.possible:
            return show.not_possible(number, title, item, goal, aim.plan.reason)
        if aim.possible:
            return show.ready(number, title, item, goal, motion, self.cards.suggestion(self._session.task_id))
        return show.choosing(number, item, goal)

    def _holds(self) -> str:
        """What is to be said of a motion that goes on: why the arm holds, or that the recorder has lost it; "" for nothing."""
        arm = self._session.live.arm
        return (arm.hold_reason if arm is not None else "") or ("" if self._takes.recording() else show.UNRECORDED)
