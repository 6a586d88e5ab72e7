"""Learn: versions with their scores, training as a job, what the newest would do now, and the way to the arm."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from app.main_window import MainWindow
from app.pages import learn
from app.pages.learn import LearnPage, LearnState
from app.presenters import version_words as words
from app.presenters.course import Course
from app.presenters.preview import Preview
from app.session import Session
from app.training import TrainingJob, new_spec, unfinished
from app.training_files import TrainSpec
from app.versions import adopt_version, push
from core.learning.versions import MANIFEST
from core.storage.records import Version
from core.storage.store import Changes
from widgets.values import ButtonSpec, Picture, Rehearsal, Toast, VersionRow

_POLL_MS = 200
_PREVIEW_EVERY = 5
_ENOUGH = 3
_RUNS_ON = "This machine’s CPU, in a process of its own at low priority. The arm and the picture go first."


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
        self._preview = Preview()
        self._grid: tuple[str, int, tuple[Rehearsal, ...]] = ("", -1, ())
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
        if self._window.page != "learn":
            return
        versions = self._session.queries.versions(self._session.task_id)
        shown = next((v for v in versions if words.name_of(v) == self._selected), versions[0] if versions else None)
        state = self._with_version(self._state(shown), shown, versions)
        self._page.set_state(self._with_course(state) if self.job is not None else state)

    # what is shown

    def _state(self, shown: Version | None) -> LearnState:
        queries = self._session.queries
        episodes = queries.demonstrations(self._session.task_id)
        made = words.made_from(len(episodes), len(queries.labels()), sum(e.has_takeover for e in episodes))
        number = self._next_name()
        if self.job is not None:
            return self._job_state(number, made)
        if self._cut_off is not None:
            return learn.cut_off(number)
        if shown is not None and self._selected and not shown.active:
            return self._version_state(shown)
        if not episodes:
            return learn.too_few(0, _ENOUGH)
        if len(episodes) < _ENOUGH:
            return replace(learn.too_few(len(episodes), _ENOUGH), secondaries=(ButtonSpec("learn", "Learn anyway"),), runs_on=_RUNS_ON)
        return learn.learn_ready(number, made, _RUNS_ON)

    def _job_state(self, number: str, made: str) -> LearnState:
        course = self.course
        fraction, left = course.fraction(), course.left_s()
        if self.job is not None and self.job.paused:
            return learn.paused(number, fraction, course.steps())
        if left is None:
            return learn.learning(number, "", "", None, course.steps(), made, _RUNS_ON)
        ready = datetime.fromtimestamp(self._session.live.host.wall_s() + left)
        return learn.learning(number, course.left_words(), f"{ready:%H:%M}", fraction, course.steps(), made, _RUNS_ON)

    def _version_state(self, version: Version) -> LearnState:
        name = words.name_of(version)
        if version.state == "passed":
            return learn.learned(name, str(version.manifest["sentence"]))
        active = self._session.queries.active_version(self._session.task_id)
        stays = f"{words.name_of(active)} stays on the arm." if active is not None else "Nothing is on the arm."
        return learn.not_passed(name, str(version.manifest["sentence"]), stays)

    def _with_version(self, state: LearnState, shown: Version | None, versions: list[Version]) -> LearnState:
        today = datetime.fromtimestamp(self._session.live.host.wall_s())
        rows = tuple(words.row_of(v, today) for v in versions)
        state = replace(state, versions=rows, disk=self._disk(versions))
        if shown is None:
            return state
        other = [v for v in versions if words.name_of(v) == self._compared and v is not shown]
        curves, end = words.curves_of([shown, *other])
        m, folder = shown.manifest, self._session.store.folder.root / shown.folder
        reasons = list(m["rehearsal_reasons"])
        tried = (
            f"{words.name_of(shown)} tried the task in the simulated cell." if reasons else "It was not rehearsed in the simulated cell."
        )
        return replace(
            state,
            selected=words.name_of(shown),
            curves=curves,
            steps_total=end,
            preview_title=f"What {words.name_of(shown)} would do now",
            preview=self._picture(folder),
            rehearsals=self._rehearsal_grid(folder, [not reason for reason in reasons], len(reasons)),
            rehearsal_score=words.score_words(shown) if reasons else "",
            rehearsal_note=tried,
            finding=words.first_miss(reasons),
            made_from=state.made_from or words.made_from(len(m["episodes"]), m["labels"], m["takeovers"], m["made_s"]),
            runs_on=state.runs_on or _RUNS_ON,
        )

    def _with_course(self, state: LearnState) -> LearnState:
        """What the job shows before it is a version."""
        job, course = self.job, self.course
        if job is None:
            return state
        name = self._next_name()
        row = VersionRow(name, name, "", "paused" if job.paused else "learning", "accent", "clock", f"{course.fraction():.0%}")
        curve, end = course.curve(name)
        running = course.stage == "rehearse" and not job.paused
        good = sum(course.rehearsed)
        return replace(
            state,
            versions=(row, *state.versions),
            selected=name,
            curves=(*curve, *(replace(c, kind="before") for c in state.curves)),
            steps_total=max(end, state.steps_total if state.curves else 1.0),
            preview_title=f"What {name} would do now",
            preview=self._picture(job.folder) if (job.folder / MANIFEST).exists() else None,
            rehearsals=self._rehearsal_grid(job.folder, course.rehearsed, job.spec.rehearsals, running=running),
            rehearsal_score=f"{good} of {len(course.rehearsed)} worked" if course.rehearsed else "",
            rehearsal_note=f"{name} tries the task in the simulated cell.",
            finding=None,
        )

    def _rehearsal_grid(self, folder: Path, worked: list[bool], total: int, *, running: bool = False) -> tuple[Rehearsal, ...]:
        key = (str(folder), len(worked) + (1000 if running else 0))
        if self._grid[:2] != key:
            self._grid = (*key, words.rehearsals_of(folder, worked, total, running=running))
        return self._grid[2]

    def _picture(self, folder: Path) -> Picture | None:
        live = self._session.live
        scene, camera = live.scene, live.camera
        frame = self._session.frame_of(scene) if scene is not None else None
        if scene is None or camera is None or frame is None or not (folder / MANIFEST).exists():
            return None
        return self._preview.picture(folder, scene, frame, camera)[0]

    def _disk(self, versions: list[Version]) -> str:
        if not versions:
            return ""
        root = self._session.store.folder.root
        size = sum(p.stat().st_size for v in versions for p in (root / v.folder).glob("*"))
        count = "1 version uses" if len(versions) == 1 else f"{len(versions)} versions use"
        return f"{count} {size / 1e6:.1f} MB. None is ever deleted on its own."

    def _next_name(self) -> str:
        versions = self._session.queries.versions(self._session.task_id)
        return f"v{(versions[0].number if versions else 0) + 1}"

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
                self._done(progress.error)
        if news or self._ticks % _PREVIEW_EVERY == 0:
            self.refresh()

    def _done(self, error: str) -> None:
        job, task = self.job, self._session.task
        self.job = None
        if job is None:
            return
        job.close()
        if error:
            self._session.say(Toast(error, "warning", "warn"))
            if not (job.folder / MANIFEST).exists():
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
