"""The question that a version asks instead of acting, on Run: answered by Yes, by No, or by a click on the thing that is meant."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from app.main_window import MainWindow
from app.pages import run
from app.pages.run import RunState
from app.session import Session, subject_of
from core.messages import ActRequest, ActStatus
from core.storage import edits
from core.storage.store import Changes
from widgets.values import Toast


class RunQuestion(QObject):
    """Knows whether the question that stands was answered; going on is a held press of the operator's, as every start of the arm.

    `changed`: an answer was taken back, or given again by redo.
    """

    changed = Signal()

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._denied = self._answered = False
        self._named = 0
        session.changed.connect(self._on_changed)
        for view in (window.stage.cloud, window.stage.image):
            view.object_clicked.connect(self._on_click)
        session.live.act_changed.connect(self._on_act)

    @property
    def asked(self) -> ActStatus | None:
        """What `act` asks now; None while it asks nothing."""
        act = self._session.live.act
        return act if act is not None and act.mode == "asking" else None

    @property
    def answered(self) -> bool:
        """Whether only the held press is missing."""
        return self._answered or self._denied

    def state(self, number: int, version: str) -> RunState | None:
        """What Run shows while a question stands."""
        asked = self.asked
        if asked is None:
            return None
        return run.asking(number, asked.asked_name, asked.asked_sure, answered=self.answered, version=version)

    def yes(self) -> None:
        """The thing asked about is what it was taken for."""
        if self.asked is not None:
            self._name(self.asked.asked_track)

    def no(self) -> None:
        """The thing asked about is none: this rollout leaves it where it is."""
        if self.asked is not None:
            self._session.live.ask(ActRequest(kind="deny"))
            self._denied = True

    def go_on(self) -> None:
        """Look again, and move."""
        if self.asked is not None:
            self._session.live.grant("policy")
            self._session.live.ask(ActRequest(kind="go_on"))

    def _name(self, track: int) -> None:
        scene, asked = self._session.live.scene, self.asked
        if scene is None or asked is None:
            return
        thing = next((d for d in scene.detections if d.track == track), None)
        if thing is None:
            self._session.say(Toast("That is not in view any more. Click what is meant.", "warning", "warn"))
            return
        if self._session.judge(subject_of(thing, scene), scene, lambda store, said: edits.name_object(store, said, asked.asked_name)):
            self._answered, self._named = True, track
            self._session.say(Toast(f"That is now “{asked.asked_name}”. Hold Go on.", action="Undo", key="Ctrl Z"))

    @Slot(int, int)
    def _on_click(self, track: int, _: int) -> None:
        asked = self.asked
        if self._window.page != "run" or asked is None:
            return
        known = self._known_as(track)
        if known in ("", asked.asked_name):
            self._name(track)
        else:
            self._session.say(Toast(f"You named that “{known}”. Change its name on See if it is the {asked.asked_name}.", "info", "plain"))

    def _known_as(self, track: int) -> str:
        """What an operator called this before, "" where nobody did: a slip of the mouse shall not rename it."""
        scene = self._session.live.scene
        named = [d.name or "" for d in scene.detections if d.track == track and d.confirmed] if scene is not None else []
        return named[0] if named else ""

    @Slot(object)
    def _on_act(self, status: ActStatus) -> None:
        if status.mode != "asking":
            self._denied = self._answered = False
            self._named = 0

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        """Undo takes an answer back, redo gives it again: what stands in the catalogue counts."""
        asked = self.asked
        if asked is None or not self._named or not changes.touches("label", "object_class"):
            return
        stands = self._session.queries.confirmed_since(self._session.started_s).get(self._named, (0, ""))[1] == asked.asked_name
        if stands != self._answered:
            self._answered = stands
            self.changed.emit()
