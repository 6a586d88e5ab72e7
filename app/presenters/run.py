"""Run: keeps the task's active version on the arm, starts rollouts by a held press, takes over, hands back, rolls back."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from app.main_window import MainWindow
from app.pages import run
from app.pages.run import RunPage, RunState
from app.presenters import rollouts
from app.presenters import version_words as words
from app.presenters.drive import DriveKeys
from app.presenters.ghost import Ghost
from app.presenters.objects import ObjectRows
from app.presenters.run_history import RunHistory
from app.presenters.run_load import KeepLoaded
from app.presenters.run_question import RunQuestion
from app.presenters.show_screen import SPEED_VALUES
from app.presenters.status import StatusPresenter
from app.presenters.take_over import TakeOver
from app.session import Session
from app.versions import push
from core.messages import ActRequest, ActStatus
from core.storage.records import Version
from core.storage.store import Changes
from core.types import ArmState, Plan, Scene
from widgets.values import Finding, Toast

_PERIOD_MS = 200


class RunPresenter(QObject):
    """Owns nothing but what is shown of the rollout that goes on."""

    def __init__(
        self, session: Session, window: MainWindow, page: RunPage, ghost: Ghost, drive: DriveKeys, status: StatusPresenter
    ) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._ghost, self._status = session, window, page, ghost, status
        self._rows = ObjectRows(session)
        self._question = RunQuestion(session, window)
        self._question.changed.connect(self.refresh)
        self._rate = rollouts.ArmRate()
        self.plan: Plan | None = None
        self._take = TakeOver(session, drive)
        self._ended, self._patience = rollouts.Ended(), rollouts.Patience()
        self._speed = 0
        self._began_ns = 0
        self._scene: Scene | None = None
        self._history, self._load = RunHistory(session), KeepLoaded(session)
        self._connect()
        self._read()

    def _connect(self) -> None:
        live, page = self._session.live, self._page
        live.scene_changed.connect(self.show_scene)
        live.plan_changed.connect(self._on_plan)
        live.act_changed.connect(self._on_act)
        live.arm_changed.connect(self._on_arm)
        self._session.changed.connect(self._on_changed)
        self._session.task_changed.connect(self._on_task)
        page.right.action_requested.connect(self.act)
        page.findings.action_requested.connect(self.act)
        page.speed.chosen.connect(self._choose_speed)
        self._window.page_changed.connect(self._take.on_page)
        table = self._window.actions_table
        table.bind("pause", self._space, page="run")
        table.bind("more", lambda: self._change_speed(1), page="run")
        table.bind("less", lambda: self._change_speed(-1), page="run")
        table.bind("next", lambda: page.rollouts.choose_next(1), page="run")
        table.bind("previous", lambda: page.rollouts.choose_next(-1), page="run")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_PERIOD_MS)

    def _read(self) -> None:
        self._history.read()
        self._name_version()

    def _name_version(self) -> None:
        self._status.set_version(words.name_of(shown) if (shown := self._shown) is not None else "")

    @property
    def _shown(self) -> Version | None:
        """The version that moves the arm, else the one that will."""
        act = self._session.live.act
        return self._history.on_arm(act.active) if act is not None and act.running else self.active

    @property
    def active(self) -> Version | None:
        """The version that belongs on the arm."""
        return self._history.active

    @Slot()
    def _tick(self) -> None:
        self._load.keep(self.active)
        if self._window.page == "run":
            self.refresh()

    # what is shown

    @Slot(object)
    def show_scene(self, scene: Scene) -> None:
        """A scene came: only what takes part has a full tag."""
        self._scene = scene
        if self._window.page != "run":
            return
        asked = self._question.asked
        chosen = asked.asked_track if asked is not None else self.plan.pick_track if self.plan is not None else 0
        part = {chosen, self.plan.place_track or 0} if self.plan is not None else {chosen}
        rows = self._rows.rows(scene, full=part)
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.set_scene(scene, rows)
            view.set_selection(chosen)

    def refresh(self) -> None:
        """Show the page's state."""
        self._status.answered = self._question.answered
        if self._window.page != "run":
            return
        active, number = self.active, self._history.number
        running = rollouts.running_row(number, self._seconds(), taken=self._take.on) if self._running() else None
        state = self._state()
        if not self._take.on:
            state = self._history.with_version(state, self._shown, self._speed, first=active is not None and not self._seen(active))
        checks = rollouts.checks(self._session.live, self._session.live.act, self._rate.hz)
        state = self._history.with_rollouts(replace(state, checks=checks), running)
        self._page.set_state(replace(state, figure="", marks=()) if self._take.on else state)
        act = self._session.live.act
        self._ghost.follow(self.plan if act and act.running and not self._take.on else None, act.progress if act else 0.0)

    def _state(self) -> RunState:
        active, act = self.active, self._session.live.act
        if self._session.armless:
            return run.no_arm()
        if active is None or act is None:
            return run.no_version(self._history.ready_name if active is None else "")
        name, number, before = words.name_of(self._shown or active), self._history.number, self._history.previous_name
        if self._running():
            if self._take.on:
                return self._take.state(number, name)
            asked = self._question.state(number, name)
            if asked is not None:
                return asked
            live = self._session.live
            if self._patience.over("too old" in live.arm.hold_reason if live.arm else False, live.host.now_ns()):
                return run.stale(number, rollouts.waits_for(live), before)
            recorded = self._session.takes.current is not None
            return run.running(number, act.sentence or "Looking at the table", before, recorded=recorded)
        checks = rollouts.checks(self._session.live, act, self._rate.hz)
        state = run.ready(name, checks=checks, previous=before)
        if act.error:
            return replace(state, findings=(Finding("x-circle", "danger", act.error),))
        return replace(state, findings=self._ended.findings())

    # what the operator does

    @Slot(str)
    def act(self, action: str) -> None:
        """A button of the page."""
        actions = {
            "run": self._run,
            "take_over": self._take_over,
            "hand_back": self._hand_back,
            "end_after": self._end,
            "end_rollout": self._end,
            "roll_back": self._roll_back,
            "yes": self._question.yes,
            "no": self._question.no,
            "go_on": self._question.go_on,
        }
        if action in actions:
            actions[action]()
        elif self._take.on and action in self._take.actions:
            self._take.actions[action]()
        elif action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))
        self.refresh()

    def _run(self) -> None:
        active, live = self.active, self._session.live
        if active is None or self._running():
            return
        if not self._seen(active):
            self._choose_speed(0)
        live.ask(ActRequest(kind="speed", value=SPEED_VALUES[self._speed]))
        self._session.begin_take(self._session.task_id, "rollout", "policy", {"version": active.folder, "number": active.number})
        self._began_ns, self.plan = live.host.now_ns(), None
        self._status.at_work = f"Rollout {self._history.number}"
        live.grant("policy")
        live.ask(ActRequest(kind="run"))

    def _space(self) -> None:
        if self._running():
            self.act("hold" if self._take.on else "take_over")

    def _take_over(self) -> None:
        if not self._take.on and self._running():
            self._take.begin()

    def _hand_back(self) -> None:
        self._take.hand_back()
        self.plan = None

    def _end(self) -> None:
        self._session.live.ask(ActRequest(kind="end"))
        if not self._take.on and self._question.asked is None:
            self._session.say(Toast("It ends after this motion.", "clock", "plain"))

    def _roll_back(self) -> None:
        version = self._history.previous
        if version is not None:
            self._session.run(lambda store: push(store, version))
            sentence = words.back_words(version, self._session.queries.active_naming(), rolling=self._running())
            self._session.say(Toast(sentence, "arrow-u-up-left", "plain"))

    def _change_speed(self, step: int) -> None:
        now = self._take.speed if self._take.on else self._speed
        self._choose_speed(min(2, max(0, now + step)))

    @Slot(int)
    def _choose_speed(self, index: int) -> None:
        active = self.active
        if self._take.on:
            self._take.choose_speed(index)
            return
        if index and active is not None and not self._seen(active):
            self._session.say(Toast(f"The first rollout of {words.name_of(active)} runs at Slow.", "info", "plain"))
            index = 0
        self._speed = index
        self._session.live.ask(ActRequest(kind="speed", value=SPEED_VALUES[index]))
        self.refresh()

    # what happens

    @Slot(object)
    def _on_act(self, status: ActStatus) -> None:
        self._name_version()
        if not status.running:
            self._take.over()
        if not status.running or status.mode == "asking":
            self.plan = None  # that motion is through
        if self._ended.saw(status) and not status.stopped:
            self._status.at_work = ""
        if self._window.page == "run":
            self.refresh()

    @Slot(object)
    def _on_arm(self, arm: ArmState) -> None:
        self._rate.saw(arm.seq, self._session.live.host.now_ns())

    @Slot(object)
    def _on_plan(self, plan: Plan) -> None:
        if plan.version:
            self.plan = plan
            if self._window.page == "run" and plan.path is not None:
                self._ghost.show(plan)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if self._disturbed_by(changes):
            self._session.live.revoke()
            self._session.say(Toast("The arm holds: what it works on was changed. Hold Run to go on.", "pause", "warn"))
        if changes.touches("version", "episode", "task"):
            self._read()
            self.refresh()

    def _disturbed_by(self, changes: Changes) -> bool:
        """Whether an edit touches what the version moves now; what answers its question does not."""
        moving = self._running() and not self._take.on and self._question.asked is None
        return moving and rollouts.works_on(self.plan, changes, self._session.queries)

    @Slot()
    def _on_task(self) -> None:
        self._read()
        self.refresh()

    def _running(self) -> bool:
        act = self._session.live.act
        return act is not None and act.running

    def _seen(self, version: Version) -> bool:
        """Whether a rollout of that version was recorded before."""
        return self._history.tried(version) or self._speed > 0

    def _seconds(self) -> float:
        return (self._session.live.host.now_ns() - self._began_ns) / 1e9
