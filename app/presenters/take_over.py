"""A take-over on Run: the operator has the arm of a rollout, drives it by keys, lets go of it, and hands it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.pages import run
from app.pages.run import RunState
from app.presenters.drive import DriveKeys
from app.presenters.grip import gripped
from app.presenters.show_screen import SPEED_VALUES
from app.session import Session
from core.messages import ActRequest


class TakeOver:
    """Knows whether the operator has the arm (`on`); how fast the keys move it is the operator's own choice, not the rollout's.

    `actions`: what its buttons do.
    """

    def __init__(self, session: Session, drive: DriveKeys) -> None:
        self._session, self._drive = session, drive
        self.on = False
        self.speed = 0
        self._again = False
        self.actions: dict[str, Callable[[], None]] = {
            "hold": self.hold,
            "offer_again": lambda: self.offer_again(True),
            "offer_back": lambda: self.offer_again(False),
            "move_again": self.move_again,
        }

    def begin(self) -> None:
        """The arm is the operator's, at once."""
        self.on, self._again = True, False
        self.choose_speed(0)
        self._drive.set_driving(True)
        self._session.live.ask(ActRequest(kind="take_over"))
        self._session.run(lambda _: self._session.takes.mark_takeover(True))
        kept = "The rollout is recorded without a gap." if self._recorded else run.UNRECORDED
        self._session.note(f"You took over at {self._session.clock_words()}. {kept}", "user")

    @property
    def _recorded(self) -> bool:
        """Whether the rollout is recorded: not when there was no room for it, or the recorder ended."""
        return self._session.takes.current is not None

    def hold(self) -> None:
        """The keys move nothing any more; the rollout waits."""
        self._session.live.revoke()

    def on_page(self, name: str) -> None:
        """Away from Run the keys mean other things, so the arm holds; back there, a held press gives it to them again."""
        if self.on:
            if name != "run":
                self.hold()
            self._drive.listen(name == "run")

    def offer_again(self, again: bool) -> None:
        """Whether the one held button gives the keys the arm again, or hands it back."""
        self._again = again

    def move_again(self) -> None:
        """The keys move the arm again."""
        self._again = False
        self._drive.arm_up()

    def hand_back(self) -> None:
        """The version goes on from where the arm is."""
        self._session.live.grant("policy")
        self._drive.set_driving(False)
        self.on = False
        self._session.run(lambda _: self._session.takes.mark_takeover(False))
        self._session.note(f"You handed back at {self._session.clock_words()}. The version looks at the table afresh.", "play")

    def over(self) -> None:
        """The rollout ended."""
        if self.on:
            self.on = False
            self._drive.release()

    def choose_speed(self, index: int) -> None:
        """How fast the keys move the arm: one of the three speeds."""
        self.speed = index
        self._drive.set_speed(SPEED_VALUES[index])

    def state(self, rollout: int, version: str) -> RunState:
        """What Run shows meanwhile."""
        live = self._session.live
        if self._drive.let_go:
            state = run.let_go(rollout, version, again=self._again)
        else:
            self._again = False
            state = run.taken_over(rollout, version, "keys", grips=gripped(live.arm, live.scene), recorded=self._recorded)
        return replace(state, speed=self.speed)
