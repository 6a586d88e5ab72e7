"""Show: object, goal and motion by clicks; the held Show; driving by keys; what was kept. Binds the page to `act` and to recordings."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.main_window import MainWindow
from app.pages import show
from app.pages.show import ShowPage, ShowState
from app.presenters import show_words as words
from app.presenters.coverage import CoverageReader
from app.presenters.demonstrations import Cards
from app.presenters.drive import DriveKeys
from app.presenters.ghost import Ghost, split_path
from app.presenters.objects import ObjectRows
from app.session import Session
from core.messages import ActRequest, ActStatus, RecorderStatus
from core.storage import edits
from core.storage.store import Changes
from core.types import Array, Detection, Plan, Scene
from widgets.cloud_overlay import Marks
from widgets.values import Toast

SPEED_VALUES = (0.35, 0.65, 1.0)


class ShowPresenter(QObject):
    """Owns what is clicked on Show: the object, where it goes, how, and how fast."""

    def __init__(
        self, session: Session, window: MainWindow, page: ShowPage, ghost: Ghost, drive: DriveKeys, coverage: CoverageReader
    ) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._ghost = session, window, page, ghost
        self._rows, self._cards = ObjectRows(session), Cards(session)
        self._drive, self._coverage = drive, coverage
        self.pick = self.place = 0
        self._point: Array | None = None
        self.plan: Plan | None = None
        self._planning = self._moved = False
        self._how, self._speed = "click", 0
        self._kept: RecorderStatus | None = None
        self._selected = ""
        self._scene: Scene | None = None
        self._connect()

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
        table = self._window.actions_table
        for digit in range(1, 10):
            table.bind(f"name_{digit}", partial(self._cycle, digit), page="show")
        for key, action in (("back", "clear"), ("delete", "discard"), ("preview", "preview"), ("pause", "pause")):
            table.bind(key, partial(self.act, action), page="show")
        table.bind("more", lambda: self._choose_speed(min(2, self._speed + 1)), page="show")
        table.bind("less", lambda: self._choose_speed(max(0, self._speed - 1)), page="show")
        table.bind("next", lambda: self._page.demos.choose_next(1), page="show")
        table.bind("previous", lambda: self._page.demos.choose_next(-1), page="show")

    @Slot(object)
    def show_scene(self, scene: Scene) -> None:
        """A scene came: only what takes part has a full tag."""
        self._scene = scene
        if self._window.page != "show":
            return
        rows = self._rows.rows(scene, full={self.pick, self.place} if self.pick else set())
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.set_scene(scene, rows)
            view.set_selection(self.pick)
        if self.plan is None and not self._planning:
            self._window.stage.cloud.set_marks(Marks(start_here=self._coverage.start_here(scene)))
            self.refresh()

    def leave(self) -> None:
        """Another page is shown: what was only suggested goes."""
        if self.plan is None:
            self._window.stage.cloud.set_marks(Marks())

    def refresh(self) -> None:
        """Show the page's state."""
        if self._window.page != "show":
            return
        cards = self._cards.cards(self._session.task_id)
        state = replace(self._state(), cards=cards, selected=self._selected, speed=self._speed)
        self._page.set_state(state)

    def _state(self) -> ShowState:
        act = self._session.live.act
        number = self._session.queries.next_number(self._session.task_id, "demonstration")
        item, goal = self._clicked_words()
        title, motion = words.title_of(item, goal), words.motion_words(self.plan, SPEED_VALUES[self._speed])
        steps = show.steps_of(item, goal, motion)
        recording = self._session.takes.current
        if self._how == "keys":
            recorder = self._session.live.recorder
            seconds = recorder.seconds if recording is not None and recorder is not None else 0.0
            return show.driving(number, "keys", seconds if recording is not None else None)
        if act is not None and act.mode in ("waiting", "moving", "paused") and self._moved:
            taken = recording.number if recording is not None else number
            return show.moving(taken, title, steps, paused=act.mode == "paused", holds=self._holds())
        if self._kept is not None and self._moved:
            summary = _kept_words(self._kept)
            return show.kept(number - 1, title, summary, steps)
        if self._planning:
            return show.planning(number, title, item, goal)
        if self.plan is not None and self.plan.path is None and self.pick:
            return show.not_possible(number, title, item, goal, self.plan.reason)
        if self.plan is not None and self.plan.path is not None:
            return show.ready(number, title, item, goal, motion, self._cards.suggestion(self._session.task_id))
        return show.choosing(number, item, goal)

    def _holds(self) -> str:
        arm = self._session.live.arm
        return arm.hold_reason if arm is not None else ""

    def _clicked_words(self) -> tuple[str, str]:
        item = words.item_words(self._find(self.pick), picked=self.pick != 0)
        return item, words.goal_words(self._find(self.place), on_table=self._point is not None)

    def _find(self, track: int) -> Detection | None:
        return next((d for d in self._scene.detections if d.track == track), None) if self._scene is not None and track else None

    # what the operator does

    @Slot(int, int)
    def _on_click(self, track: int, modifiers: int) -> None:
        if self._window.page != "show" or self._how != "click" or self._busy():
            return
        if not self.pick or (self._kept is not None and self._moved):
            self._start_over(track)
        elif track != self.pick:
            self.place, self._point = track, None
            self._ask_plan()
        self.refresh()

    def _start_over(self, track: int) -> None:
        self._forget()
        self.pick = track

    @Slot(int, int)
    def _on_background(self, u: int, v: int) -> None:
        if self._window.page != "show" or not self.pick or self._how != "click" or self._busy() or self._moved:
            return
        camera, scene = self._session.live.camera, self._scene
        point = words.table_point(camera, scene, u, v) if camera is not None and scene is not None else None
        if point is not None:
            self.place, self._point = 0, point
            self._ask_plan()
            self.refresh()

    def _cycle(self, digit: int) -> None:
        """A digit takes the class's next instance: first as the object, then as the goal."""
        scene = self._scene
        known = next((c for c in self._session.classes if c.key == digit), None)
        if scene is None or known is None:
            return
        tracks = [d.track for d in scene.detections if d.class_id == known.id]
        if not tracks:
            self._session.say(Toast(f"No {known.name} is in view.", "warning", "warn"))
            return
        now = self.place if self.pick and self.pick not in tracks else self.pick
        chosen = tracks[(tracks.index(now) + 1) % len(tracks)] if now in tracks else tracks[0]
        if self.pick in tracks and chosen != self.pick:
            self._start_over(chosen)
            self.refresh()
        else:
            self._on_click(chosen, 0)

    def _ask_plan(self) -> None:
        self._planning, self.plan, self._moved, self._kept = True, None, False, None
        self._session.live.ask(ActRequest(kind="plan", pick_track=self.pick, place_track=self.place, place_base=self._point))

    @Slot(object)
    def _on_plan(self, plan: Plan) -> None:
        if self._window.page != "show" or plan.version:
            return
        self._planning, self.plan = False, plan
        self._draw(plan)
        self.refresh()

    def _draw(self, plan: Plan | None) -> None:
        self._window.stage.cloud.set_marks(words.marks_of(plan, self._find(self.place)))
        if plan is None or plan.path is None or plan.target is None:
            self._ghost.hide()
        else:
            self._ghost.show(plan)

    @Slot(object)
    def _on_act(self, status: ActStatus) -> None:
        if self._window.page == "show":
            if status.mode in ("moving", "paused") and self._moved and self.plan is not None and self.plan.target is not None:
                ahead, done = split_path(self.plan, status.progress)
                self._window.stage.cloud.set_path(ahead, done)
            if status.mode in ("done", "failed") and self._moved and not status.succeeded and status.result:
                self._session.say(Toast(status.result, "warning", "warn"))
            self.refresh()

    @Slot(object)
    def _on_recorder(self, status: RecorderStatus) -> None:
        if status.state == "kept":
            self._kept = status
        elif status.state == "error":
            self._session.say(Toast(status.error, "warning", "danger"))
        if self._window.page == "show":
            self.refresh()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("episode", "task"):
            self._cards.forget()
            self.refresh()

    @Slot(object, int)
    def _on_card(self, episode: object, modifiers: int) -> None:
        self._selected = str(episode)
        self.refresh()

    @Slot(str)
    def act(self, action: str) -> None:
        """A button, link or key of the page."""
        actions = {
            "show": self._start,
            "pause": self._pause,
            "clear": self.clear,
            "change_object": self.clear,
            "change_goal": self._change_goal,
            "discard": self._discard,
            "preview": self._preview,
            "start_recording": self._start_recording,
            "finish": self._finish_recording,
            "hold": self._hold,
        }
        if action in actions:
            actions[action]()
        elif action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))

    def _start(self) -> None:
        act, live = self._session.live.act, self._session.live
        if act is not None and act.mode == "paused":
            live.ask(ActRequest(kind="resume"))
            return
        if self._kept is not None and self._moved:
            self._ask_plan()
            return
        plan = self.plan
        if plan is None or plan.path is None:
            return
        self._moved, self._kept = True, None
        item, goal = self._clicked_words()
        details = {"moved": item, "goal": goal, "clearance_m": plan.clearance_m}
        live.ask(ActRequest(kind="speed", value=SPEED_VALUES[self._speed]))
        self._session.begin_take(self._session.task_id, "demonstration", "click", details)
        live.grant("policy")
        live.ask(ActRequest(kind="show"))

    def _pause(self) -> None:
        act = self._session.live.act
        if act is not None and act.mode == "moving":
            self._session.live.ask(ActRequest(kind="pause"))

    def clear(self) -> None:
        """Forget what was clicked."""
        if self._busy():
            return
        self._forget()
        self._session.live.ask(ActRequest(kind="clear"))
        self.refresh()

    def _forget(self) -> None:
        self.pick = self.place = 0
        self._point = self.plan = self._kept = None
        self._planning = self._moved = False
        self._draw(None)

    def _change_goal(self) -> None:
        if not self._busy():
            self.place, self._point, self.plan, self._moved, self._kept = 0, None, None, False, None
            self._draw(None)
            self.refresh()

    def _discard(self) -> None:
        episodes = self._session.queries.episodes(self._session.task_id, kinds=("demonstration",))
        chosen = next((e for e in episodes if e.id == self._selected), episodes[0] if episodes else None)
        if chosen is None:
            return
        self._session.run(
            lambda store: edits.set_episodes(store, [chosen.id], {"state": "trashed"}, f"discarding demonstration {chosen.number}")
        )
        self._session.say(Toast(f"Demonstration {chosen.number} is in the trash.", "trash", "plain", "Undo", "Ctrl Z"))
        self._selected = ""

    def _preview(self) -> None:
        if self.plan is not None and self.plan.path is not None:
            self._ghost.play(self.plan)

    @Slot(str)
    def _choose_how(self, how: str) -> None:
        if how not in ("click", "keys"):
            self._session.say(Toast("That device is not connected.", "info", "plain"))
            return
        self._how = how
        self._drive.set_driving(how == "keys")
        self._forget()
        self.refresh()

    @Slot(int)
    def _choose_speed(self, index: int) -> None:
        self._speed = index
        self._session.live.ask(ActRequest(kind="speed", value=SPEED_VALUES[index]))
        self.refresh()

    def _start_recording(self) -> None:
        self._session.begin_take(self._session.task_id, "demonstration", "keys", {})
        self._drive.arm_up()

    def _finish_recording(self) -> None:
        self._session.run(lambda _: self._session.takes.finish(True))

    def _hold(self) -> None:
        self._session.live.revoke()

    def _busy(self) -> bool:
        act = self._session.live.act
        return act is not None and act.mode in ("waiting", "moving", "paused")


def _kept_words(status: RecorderStatus) -> str:
    missing = "none missing" if status.gaps == 0 else f"{status.gaps} missing"
    return f"{status.seconds:.1f} s, {status.frames} frames, {missing}."
