"""Learn: versions of the task and of the names with their scores, training as a job, and the way to the arm or into use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from app.main_window import MainWindow
from app.naming_job import SHIPPED, adopt_naming, naming_spec, use_naming
from app.pages.learn import LearnPage, LearnState, busy
from app.presenters import version_words as words
from app.presenters.course import Course
from app.presenters.coverage import CoverageReader
from app.presenters.learn_news import LearnNews
from app.presenters.learn_screen import LearnScreen, Looked, next_name
from app.presenters.names_screen import NamesScreen, ways_back
from app.presenters.names_screen import next_name as next_naming
from app.presenters.naming_words import NamingCourse, title_of
from app.session import Session
from app.training import TrainingJob, new_spec, unfinished
from app.training_files import TrainSpec
from app.versions import adopt_version, push
from core.learning.progress import Progress
from core.storage.records import Task
from core.storage.store import Changes
from widgets.values import Toast

_POLL_MS = 200
_PREVIEW_EVERY = 5


class LearnPresenter(QObject):
    """Owns the training job, whether the task's versions or the names' are shown, and which one is looked at.

    `rehearsals`: how often a new version tries the task.
    """

    def __init__(self, session: Session, window: MainWindow, page: LearnPage, coverage: CoverageReader, *, rehearsals: int) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._rehearsals = session, window, page, rehearsals
        self.job: TrainingJob | None = None
        self.course = Course(session.live.host)
        self._cut_off: TrainSpec | None = None
        self._adopting = ""
        self._selected = self._compared = ""
        self._screen, self._names_screen = LearnScreen(session, coverage.unusable), NamesScreen(session)
        self._news = LearnNews(session, window)
        self._names = False
        self._ticks = 0
        page.right.action_requested.connect(self.act)
        page.versions.chosen.connect(self._on_version)
        page.switch.chosen.connect(self._on_switch)
        table = window.actions_table
        table.bind("pause", self._pause_or_go_on, page="learn")
        table.bind("next", lambda: page.versions.choose_next(1), page="learn")
        table.bind("previous", lambda: page.versions.choose_next(-1), page="learn")
        coverage.changed.connect(self.refresh)
        session.changed.connect(self._on_changed)
        session.task_changed.connect(self._on_task)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)
        self._timer.start(_POLL_MS)
        self._offer()

    def close(self) -> None:
        """Pendant is closed: the job ends and is offered again at the next start."""
        self._timer.stop()
        if self.job is not None:
            self.job.close()
            self.job = None

    def _offer(self) -> None:
        left = [s for s in unfinished(self._session.store) if self._is_shown(s)]
        self._cut_off = left[-1] if left and self.job is None else None

    def _is_shown(self, spec: TrainSpec) -> bool:
        if self._names or spec.what == "names":
            return self._names and spec.what == "names"
        return self._session.task is not None and self._session.task.name == spec.task

    def refresh(self) -> None:
        """Show the page's state."""
        if self._window.page == "learn":
            self._page.set_state(self._state())

    def _state(self) -> LearnState:
        job = self.job if self.job is not None and self._is_shown(self.job.spec) else None
        cut_off = self._cut_off is not None
        if self._names:
            course = self.course if isinstance(self.course, NamingCourse) else None
            state = self._names_screen.state(self._selected, job, course, cut_off=cut_off)
        else:
            state = self._screen.state(Looked(self._selected, self._compared, cut_off), job, self.course)
        if self.job is None or job is not None:
            return state
        owner = self._owner(self.job.spec)
        other = busy(f"a version of “{owner.title}”" if owner is not None else "the next version of the names")
        return replace(state, heading=other.heading, primary=other.primary, secondaries=())

    # what the operator does

    @Slot(str)
    def act(self, action: str) -> None:
        """A button of the page."""
        actions: dict[str, Callable[[], None]] = {
            "learn": self._learn,
            "pause_learning": self._pause_or_go_on,
            "resume_learning": self._pause_or_go_on,
            "finish_learning": self._finish_now,
            "cancel_learning": self._cancel,
            "discard_learning": self._discard,
            "page_run": self._try,
            "learn_names": self._learn_names,
            "use_naming": lambda: self._use(self._selected),
            "back_naming": lambda: self._use(ways_back(self._session.queries.namings())[0]),
            "ship_naming": lambda: self._use(SHIPPED),
            "show_job": self._show_job,
        }
        if action in actions:
            actions[action]()
        elif action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))
        self.refresh()

    def _learn(self) -> None:
        task = self._session.task
        if self.job is None and task is not None:
            spec = new_spec(self._session.store, task.name, task.cell if self._session.cell else "", rehearsals=self._rehearsals)
            self._start(spec)

    def _learn_names(self) -> None:
        if self.job is None:
            self._start(naming_spec(self._session.store))

    def _use(self, name: str) -> None:
        """Let the version of that name, or the names as shipped, name things from the next frame on."""
        chosen = next((n for n in self._session.queries.namings() if title_of(n) == name), None)
        self._selected = ""
        self._session.run(lambda store: use_naming(store, chosen))

    def _start(self, spec: TrainSpec) -> None:
        self._selected = self._compared = ""
        self._cut_off = None
        host = self._session.live.host
        self.course = NamingCourse(host) if spec.what == "names" else Course(host)
        self.job = TrainingJob(spec, self._session.store.folder.root / "workers.log")
        self._session.note(f"{self._learning()} is learning. You can go on working on every other page.")

    def _learning(self) -> str:
        """What the version under way will be called."""
        queries = self._session.queries
        if self.job is not None and self.job.spec.what == "names":
            return next_naming(queries.namings())
        owner = self._owner(self.job.spec) if self.job is not None else self._session.task
        return next_name(queries.versions(owner.id if owner is not None else self._session.task_id))

    def _owner(self, spec: TrainSpec) -> Task | None:
        """The task that a job learns for; None for the names."""
        return self._session.queries.task_named(spec.task) if spec.what != "names" else None

    def _show_job(self) -> None:
        """Look at what is learned, of whatever task it is."""
        owner = self._owner(self.job.spec) if self.job is not None else None
        if owner is not None and owner.id != self._session.task_id:
            if self._session.takes.current is not None:
                self._session.say(Toast("What is recorded belongs to this task. Finish it first.", "info", "plain"))
                return
            self._session.choose_task(owner.id)
        self._on_switch(int(self.job is not None and owner is None))

    def _pause_or_go_on(self) -> None:
        if self.job is None:
            if self._cut_off is not None:
                self._start(self._cut_off)
        elif not self._is_shown(self.job.spec):
            return  # what is not looked at is not paused
        elif self.job.paused:
            self.job.resume()
            self.course.resumed()
            self._session.note(f"{self._learning()} goes on learning.", "play")
        else:
            self.job.pause()
            self.course.paused()
            self._session.note(f"{self._learning()} is paused. Nothing of it is lost.", "pause")
        self.refresh()

    def _finish_now(self) -> None:
        if self.job is not None:
            self.job.finish_now()
            names = self.job.spec.what == "names"
            self._session.say(Toast(f"It finishes after the {'step' if names else 'rehearsal'} under way.", "clock", "plain"))

    def _cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.job = None
            self._session.note("Learning is cancelled. What it learns from is all there.", "x")

    def _discard(self) -> None:
        if self._cut_off is not None:
            TrainingJob.discard(self._cut_off)
            self._offer()

    def _try(self) -> None:
        versions = self._session.queries.versions(self._session.task_id)
        chosen = next((v for v in versions if words.name_of(v) == self._selected and v.state == "passed"), None)
        if chosen is not None and not chosen.active:
            self._session.run(lambda store: push(store, chosen))
        self._window.show_page("run")

    @Slot(object, int)
    def _on_version(self, identity: object, modifiers: int) -> None:
        if modifiers & Qt.KeyboardModifier.ShiftModifier.value:
            self._compared = str(identity)
        else:
            self._selected, self._compared = str(identity), ""
        self.refresh()

    @Slot(int)
    def _on_switch(self, index: int) -> None:
        if bool(index) != self._names:
            self._names = bool(index)
            self._selected = self._compared = ""
            self._offer()
        self.refresh()

    # what happens

    @Slot()
    def _poll(self) -> None:
        self._ticks += 1
        news = self.job.poll() if self.job is not None else []
        for progress in news:
            self.course.heard(progress)
            if progress.stage == "done":
                self._done(progress)
        if news or self._ticks % _PREVIEW_EVERY == 0:
            self.refresh()

    def _done(self, progress: Progress) -> None:
        job, task = self.job, self._session.task
        if job is None:
            return
        name, self.job = self._learning(), None
        job.close()
        if progress.error:
            self._news.broke_off(name, progress)
            if not progress.cut_off:
                TrainingJob.discard(job.spec)
            self._offer()
            return
        if job.spec.what == "names":
            self._adopting = job.folder.name
            self._session.run(lambda store: adopt_naming(store, job.folder))
            return
        owner = self._session.queries.task_named(job.spec.task) or task
        if owner is not None:
            self._adopting = job.folder.name
            self._session.run(lambda store: adopt_version(store, owner.id, job.folder))

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("version") and self._adopting:
            self._greet()
        if changes.touches("naming_version"):
            self._on_naming()
        if changes.touches("version", "episode", "label", "naming_version"):
            self.refresh()

    def _on_naming(self) -> None:
        """A version of the names was entered, or another one is in use."""
        namings = self._session.queries.namings()
        made = next((n for n in namings if Path(n.folder).name == self._adopting), None)
        if made is None:
            self._news.names_by(next((n for n in namings if n.active), None))
            return
        self._adopting = ""
        self._selected = title_of(made) if self._names else self._selected
        self._news.naming(made, seen=self._names)

    def _greet(self) -> None:
        versions = self._session.queries.versions()
        made = next((v for v in versions if Path(v.folder).name == self._adopting), None)
        if made is None:
            return
        self._adopting = ""
        self._selected = words.name_of(made) if made.task_id == self._session.task_id else self._selected
        self._news.version(made, seen=not self._names)

    @Slot()
    def _on_task(self) -> None:
        self._selected = self._compared = ""
        self._offer()
        self.refresh()
