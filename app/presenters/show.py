"""Show: object, goal and motion by clicks; the held Show; driving by keys; what was kept. Binds the page to `act` and to recordings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.main_window import MainWindow
from app.pages.show import ShowPage
from app.presenters import show_words as words
from app.presenters.aim import Aim
from app.presenters.coverage import CoverageReader
from app.presenters.drive import DriveKeys
from app.presenters.ghost import Ghost, split_path
from app.presenters.objects import ObjectRows
from app.presenters.show_keys import bind_keys
from app.presenters.show_screen import SPEED_VALUES, ShowScreen
from app.presenters.show_takes import ShowTakes
from app.session import Session
from core.messages import ActRequest, ActStatus, RecorderStatus
from core.storage.store import Changes
from core.types import Plan, Scene
from widgets.cloud_overlay import Marks
from widgets.values import Toast


class ShowPresenter(QObject):
    """Owns what is clicked on Show: the object, where it goes, how, and how fast."""

    def __init__(
        self, session: Session, window: MainWindow, page: ShowPage, ghost: Ghost, drive: DriveKeys, coverage: CoverageReader
    ) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._ghost = session, window, page, ghost
        self._rows = ObjectRows(session)
        self._drive, self._coverage = drive, coverage
        self.aim, self._takes = Aim(session), ShowTakes(session)
        self._screen = ShowScreen(session, self.aim, self._takes, drive)
        self._moved = False
        self._said = ("", "")
        self._finished = 0
        self._how, self._speed = "click", 0
        self._connect()
        bind_keys(self, window, page)

    def _connect(self) -> None:
        live, page, stage = self._session.live, self._page, self._window.stage
        live.scene_changed.connect(self.show_scene)
        live.plan_changed.connect(self._on_plan)
        live.act_changed.connect(self._on_act)
        live.recorder_changed.connect(self._on_recorder)
        self._session.changed.connect(self._on_changed)
        self._session.task_changed.connect(self.refresh)
        page.right.action_requested.connect(self.act)
        page.steps.action_requested.connect(self.act)
        page.how.chosen.connect(self._choose_how)
        page.speed.chosen.connect(self._choose_speed)
        page.demos.chosen.connect(self._on_card)
        for view in (stage.cloud, stage.image):
            view.object_clicked.connect(self._on_click)
            view.background_clicked.connect(self._on_background)

    @Slot(object)
    def show_scene(self, scene: Scene) -> None:
        """A scene came: only what takes part has a full tag."""
        self.aim.scene = scene
        if self._window.page != "show":
            return
        pick, place = self.aim.pick, self.aim.place
        rows = self._rows.rows(scene, full={pick, place} if pick else set())
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.set_scene(scene, rows)
            view.set_selection(pick)
        if self.aim.plan is None and not self.aim.planning:
            self._window.stage.cloud.set_marks(Marks(start_here=self._coverage.start_here(scene)))
            self.refresh()

    def refresh(self) -> None:
        """Show the page's state."""
        if self._window.page != "show":
            return
        self._page.set_state(self._screen.state(self._how, self._speed, self._said if self._moved else None))

    # what the operator does

    @Slot(int, int)
    def _on_click(self, track: int, modifiers: int) -> None:
        if self._window.page != "show" or self._how != "click" or self._screen.busy():
            return
        if not self.aim.pick or self._moved:
            self._start_over(track)
        elif track != self.aim.pick:
            self.aim.at_thing(track)
        self.refresh()

    def _start_over(self, track: int) -> None:
        self._forget()
        self.aim.pick = track

    @Slot(int, int)
    def _on_background(self, u: int, v: int) -> None:
        if self._window.page != "show" or not self.aim.pick or self._how != "click" or self._screen.busy() or self._moved:
            return
        if self.aim.at_pixel(u, v):
            self.refresh()

    def cycle(self, digit: int) -> None:
        """A digit takes the class's next instance: first as the object, then as the goal."""
        known = next((c for c in self._session.classes if c.key == digit), None)
        if known is None or self.aim.scene is None:
            return
        chosen, picked = self.aim.next_of(known.id), self.aim.thing(self.aim.pick)
        if not chosen:
            self._session.say(Toast(f"No {known.name} is in view.", "warning", "warn"))
        elif picked is not None and picked.class_id == known.id and chosen != self.aim.pick and not self._screen.busy():
            self._start_over(chosen)
            self.refresh()
        else:
            self._on_click(chosen, 0)

    @Slot(object)
    def _on_plan(self, plan: Plan) -> None:
        if self._window.page != "show" or plan.version:
            return
        self.aim.planned(plan)
        self._draw(plan)
        self.refresh()

    def _draw(self, plan: Plan | None) -> None:
        self._window.stage.cloud.set_marks(words.marks_of(plan, self.aim.thing(self.aim.place), self.aim.point))
        if plan is None or plan.path is None or plan.target is None:
            self._ghost.hide()
        else:
            self._ghost.show(plan)

    @Slot(object)
    def _on_act(self, status: ActStatus) -> None:
        ended, self._finished = status.finished != self._finished, status.finished
        if self._window.page != "show":
            return
        plan = self.aim.plan
        if status.mode in ("moving", "paused") and self._moved and plan is not None and plan.target is not None:
            ahead, done = split_path(plan, status.progress)
            self._window.stage.cloud.set_path(ahead, done)
        if self._moved and (ended or status.mode == "failed"):
            self._takes.ended(status)
        if self.aim.lost(status.mode):
            self.enter()
        self.refresh()

    @Slot(object)
    def _on_recorder(self, status: RecorderStatus) -> None:
        self._takes.heard(status)
        if self._window.page == "show":
            self.refresh()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("episode", "task"):
            self._screen.cards.forget()
            self.refresh()

    @Slot(object, int)
    def _on_card(self, episode: object, modifiers: int) -> None:
        self._takes.selected = str(episode)
        self.refresh()

    @Slot(str)
    def act(self, action: str) -> None:
        """A button, link or key of the page."""
        actions: dict[str, Callable[[], object]] = {
            "show": self._start,
            "pause": self._pause,
            "clear": self.clear,
            "change_object": self.clear,
            "change_goal": self._change_goal,
            "discard": self._discard,
            "preview": self._preview,
            "start_recording": self._start_recording,
            "finish": self._takes.finish,
            "hold": self._session.live.revoke,
            "take_arm": self._drive.arm_up,
            "connect_arm": partial(self._window.device_action_requested.emit, "connect_arm"),
        }
        if action in actions:
            actions[action]()
        elif action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))

    def _start(self) -> None:
        aim, live = self.aim, self._session.live
        if live.act_mode() == "paused":
            live.ask(ActRequest(kind="resume"))
        elif self._takes.recording():
            return  # it is about to move
        elif self._moved:
            self._moved = False
            self._takes.kept = None
            aim.ask()
        elif aim.plan is not None and aim.possible:
            self._said, self._moved = aim.words(), True
            live.ask(ActRequest(kind="speed", value=SPEED_VALUES[self._speed]))
            item, goal = self._said
            self._takes.begin("click", {"moved": item, "goal": goal, "clearance_m": aim.plan.clearance_m})
            live.freeze(False)  # the arm moves on the picture as it is
            live.grant("policy")
            live.ask(ActRequest(kind="show"))

    def _pause(self) -> None:
        if self._how == "keys":
            self._session.live.revoke()
        elif self._session.live.act_mode() == "moving":
            self._session.live.ask(ActRequest(kind="pause"))

    def clear(self) -> None:
        """Forget what was clicked."""
        if self._screen.busy():
            return
        self._forget()
        self._session.live.ask(ActRequest(kind="clear"))
        self.refresh()

    def _forget(self) -> None:
        self.aim.forget()
        self._takes.kept, self._moved = None, False
        self._draw(None)

    def _change_goal(self) -> None:
        if not self._screen.busy():
            self.aim.forget_goal()
            self._takes.kept, self._moved = None, False
            self._draw(None)
            self.refresh()

    def _discard(self) -> None:
        if self._screen.busy():
            return
        if self._takes.discard():
            self._forget()
        self.refresh()

    def _preview(self) -> None:
        if self.aim.plan is not None and self.aim.possible and not self._screen.busy():
            self._ghost.play(self.aim.plan)

    @Slot(str)
    def _choose_how(self, how: str) -> None:
        if self._screen.busy() or self._takes.recording():
            self._session.say(Toast("A demonstration is being recorded. Finish it first.", "info", "plain"))
            return
        if how not in ("click", "keys"):
            self._session.say(Toast("That device is not connected.", "info", "plain"))
            return
        self._how = how
        self._drive.set_speed(SPEED_VALUES[self._speed])
        self._drive.set_driving(how == "keys")
        self._forget()
        self.refresh()

    def enter(self) -> None:
        """Back on this page: what is aimed at is planned for where things are now. A plan that came meanwhile was not taken."""
        if self.aim.aimed and not self._moved:
            self._draw(None)
            self.aim.ask()
            self.refresh()

    def leave(self) -> None:
        """Another page is shown: a suggestion goes, and driving ends, as the keys mean other things there. What was recorded is kept."""
        if self.aim.plan is None:
            self._window.stage.cloud.set_marks(Marks())
        if self._how == "keys":
            self._takes.finish()
            self._how = "click"
            self._drive.set_driving(False)

    def change_speed(self, step: int) -> None:
        """One faster or slower."""
        self._choose_speed(min(2, max(0, self._speed + step)))

    @Slot(int)
    def _choose_speed(self, index: int) -> None:
        self._speed = index
        self._drive.set_speed(SPEED_VALUES[index])
        self._session.live.ask(ActRequest(kind="speed", value=SPEED_VALUES[index]))
        self.refresh()

    def _start_recording(self) -> None:
        self._takes.begin("keys", {})
        self._drive.arm_up()
