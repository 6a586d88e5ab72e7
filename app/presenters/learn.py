"""Learn: versions with their scores, training as a job, what the newest would do now, and the way to the arm."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from app.main_window import MainWindow
from app.pages.learn import LearnPage
from app.presenters import version_words as words
from app.presenters.course import Course
from app.presenters.learn_screen import LearnScreen, Looked
from app.session import Session
from app.training import TrainingJob, new_spec, unfinished
from app.training_files import TrainSpec
from app.versions import adopt_version, push
from core.learning.progress import Progress
from core.storage.store import Changes
from widgets.values import Toast

_POLL_MS = 200
_PREVIEW_EVERY = 5


class LearnPresenter(QObject):
    """Owns the training job and which version is looked at. `rehearsals`: how often a new version tries the task."""

    def __init__(self, session: Session, window: MainWindow, page: LearnPage, *, rehearsals: int) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._rehearsals = session, window, page, rehearsals
        self.job: TrainingJob | None = None
        self.course = Course(session.live.host)
        self._cut_off: TrainSpec | None = None
        self._adopting = ""
        self._selected = self._compared = ""
        self._screen = LearnScreen(session)
        self._ticks = 0
        page.right.action_requested.connect(self.act)
        page.versions.chosen.connect(self._on_version)
        table = window.actions_table
        table.bind("pause", self._pause_or_go_on, page="learn")
        table.bind("next", lambda: page.versions.choose_next(1), page="learn")
        table.bind("previous", lambda: page.versions.choose_next(-1), page="learn")
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
        left = [s for s in unfinished(self._session.store) if self._session.task is not None and s.task == self._session.task.name]
        self._cut_off = left[-1] if left and self.job is None else None

    def refresh(self) -> None:
        """Show the page's state."""
        if self._window.page == "learn":
            looked = Looked(self._selected, self._compared, self._cut_off is not None)
            self._page.set_state(self._screen.state(looked, self.job, self.course))

    # what the operator does

    @Slot(str)
    def act(self, action: str) -> None:
        """A button of the page."""
        actions = {
            "learn": self._learn,
            "pause_learning": self._pause_or_go_on,
            "resume_learning": self._pause_or_go_on,
            "finish_learning": self._finish_now,
            "cancel_learning": self._cancel,
            "discard_learning": self._discard,
            "page_run": self._try,
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

    def _start(self, spec: TrainSpec) -> None:
        self._selected = self._compared = ""
        self._cut_off = None
        self.course = Course(self._session.live.host)
        self.job = TrainingJob(spec, self._session.store.folder.root / "workers.log")

    def _pause_or_go_on(self) -> None:
        if self.job is None:
            if self._cut_off is not None:
                self._start(self._cut_off)
        elif self.job.paused:
            self.job.resume()
            self.course.resumed()
        else:
            self.job.pause()
            self.course.paused()
        self.refresh()

    def _finish_now(self) -> None:
        if self.job is not None:
            self.job.finish_now()
            self._session.say(Toast("It finishes after the rehearsal under way.", "clock", "plain"))

    def _cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.job = None
            self._session.say(Toast("Learning is cancelled. The demonstrations are all there.", "info", "plain"))

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
        self.job = None
        if job is None:
            return
        job.close()
        if progress.error:
            self._session.say(Toast(progress.error, "warning", "warn"))
            if not progress.cut_off:
                TrainingJob.discard(job.spec)
            self._offer()
            return
        owner = self._session.queries.task_named(job.spec.task) or task
        if owner is not None:
            self._adopting = job.folder.name
            self._session.run(lambda store: adopt_version(store, owner.id, job.folder))

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("version") and self._adopting:
            self._greet()
        if changes.touches("version", "episode", "label"):
            self.refresh()

    def _greet(self) -> None:
        versions = self._session.queries.versions()
        made = next((v for v in versions if Path(v.folder).name == self._adopting), None)
        if made is None:
            return
        self._adopting = ""
        self._selected = words.name_of(made) if made.task_id == self._session.task_id else self._selected
        name, score = words.name_of(made), words.short_score(made)
        if made.state == "passed":
            worked = f", {score} worked." if made.manifest["rehearsals"] else "."
            self._session.say(Toast(f"{name} is ready{worked}", action="Open Run"))
        else:
            self._session.say(Toast(f"{name} did not pass its checks.", "x-circle", "danger", action="Open Learn"))

    @Slot()
    def _on_task(self) -> None:
        self._selected = self._compared = ""
        self._offer()
        self.refresh()
