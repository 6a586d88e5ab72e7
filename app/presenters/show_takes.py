"""Show's recordings: what is being recorded, what was kept last and whether it worked, and the way to the trash."""

from __future__ import annotations

from typing import Any

from app.presenters.demonstrations import name_of
from app.session import Session
from core.messages import ActStatus, RecorderStatus
from core.storage import edits
from core.storage.store import Store
from widgets.values import DemoCard, Toast


class ShowTakes:
    """`kept`: of the last motion, until another is aimed at; `problem`: why that did not work, ""; `selected`: the card that is chosen."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.kept: RecorderStatus | None = None
        self.problem = ""
        self.selected = ""
        self._unwanted = ("", "")

    def begin(self, how: str, details: dict[str, Any]) -> None:
        """Record a demonstration of the task from now on."""
        self.kept, self.problem = None, ""
        self._session.begin_take(self._session.task_id, "demonstration", how, details)

    def finish(self) -> None:
        """The operator is done."""
        self._session.run(lambda _: self._session.takes.finish(True))

    def recording(self) -> bool:
        """Whether something is recorded."""
        return self._session.takes.current is not None

    def number(self, otherwise: int) -> int:
        """Of the demonstration that is recorded."""
        take = self._session.takes.current
        return take.number if take is not None else otherwise

    def seconds(self) -> float | None:
        """How much is recorded; None when nothing is."""
        recorder = self._session.live.recorder
        if not self.recording():
            return None
        return recorder.seconds if recorder is not None and recorder.state == "recording" else 0.0

    def recording_card(self) -> tuple[DemoCard, ...]:
        """What is being recorded, first in the list."""
        take, seconds = self._session.takes.current, self.seconds()
        if take is None or seconds is None or take.kind != "demonstration":
            return ()
        return (DemoCard(take.episode, f"Demonstration {take.number}", f"{seconds:.1f} s so far", "recording", "danger", "record"),)

    def heard(self, status: RecorderStatus) -> None:
        """The recorder said something."""
        if status.state == "error":
            self._session.say(Toast(status.error, "warning", "danger"))
        elif status.state == "kept":
            self.kept = status
            if status.episode == self._unwanted[0]:
                self._trash(*self._unwanted)  # by now nothing is recorded that could tell its number

    def ended(self, status: ActStatus) -> None:
        """The motion is over."""
        if not status.succeeded and status.result:
            self.problem = status.result
            self._session.say(Toast(status.result, "warning", "warn"))

    def discard(self) -> bool:
        """To the trash with what is recorded, else with the chosen card, else with what was just kept. Whether that was what is shown."""
        take = self._session.takes.current
        if take is not None:
            self._unwanted = (take.episode, f"Demonstration {take.number}")
            self.finish()
            return False
        wanted = self.selected or (self.kept.episode if self.kept is not None else "")
        chosen = next((e for e in self._session.queries.demonstrations(self._session.task_id) if e.id == wanted), None)
        if chosen is None:
            self._session.say(Toast("Choose a demonstration in the list first.", "cursor", "plain"))
            return False
        self._trash(chosen.id, name_of(chosen))
        self.selected = ""
        return self.kept is not None and chosen.id == self.kept.episode

    def _trash(self, episode: str, name: str) -> None:
        def trash(store: Store) -> Any:
            return edits.set_episodes(store, [episode], {"state": "trashed"}, f"discarding {name.lower()}")

        self._session.run(trash)
        self._session.say(Toast(f"{name} is in the trash.", "trash", "plain", "Undo", "Ctrl Z"))
