"""What Learn shows: the state of the page from the catalogue, the job under way and the version that is looked at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from app.pages import learn
from app.pages.learn import LearnState
from app.presenters import version_words as words
from app.presenters.course import Course
from app.presenters.preview import Preview
from app.presenters.taught import Taught, taught_now, taught_then
from app.session import Session
from app.training import TrainingJob
from core.learning.versions import MANIFEST, read_manifest
from core.storage.records import Version
from widgets.values import ButtonSpec, Finding, Picture, Rehearsal

_ENOUGH = 3


@dataclass(frozen=True)
class Looked:
    """What the operator looks at: names of the selected and of the compared version, "" for none; `cut_off`: one can be gone on with."""

    selected: str = ""
    compared: str = ""
    cut_off: bool = False


class LearnScreen:
    """Builds states; keeps the preview's version and the grid of pictures in memory.

    `unusable`: tells the ids of demonstrations that nothing can be learned from, each with why.
    """

    def __init__(self, session: Session, unusable: Callable[[], Mapping[str, str]]) -> None:
        self._session, self._unusable = session, unusable
        self._begun: dict[Path, Taught] = {}
        self._preview = Preview()
        self._grid: tuple[str, int, tuple[Rehearsal, ...]] = ("", -1, ())
        self._default_device = "gpu" if shutil.which("nvidia-smi") else "cpu"

    def state(self, looked: Looked, job: TrainingJob | None, course: Course) -> LearnState:
        """The page as it is now."""
        versions = self._session.queries.versions(self._session.task_id)
        shown = next((v for v in versions if words.name_of(v) == looked.selected), versions[0] if versions else None)
        state = self._with_version(self._start(looked, shown, job, course, versions), shown, versions, looked.compared)
        return state if job is None else self._with_course(state, job, course, versions)

    def _start(
        self, looked: Looked, shown: Version | None, job: TrainingJob | None, course: Course, versions: Sequence[Version]
    ) -> LearnState:
        number, device = next_name(versions), words.device_words(self._device(versions))
        if job is not None:
            return self._job_state(job, course, number)
        if shown is not None and looked.selected and not shown.active and not looked.cut_off:
            return self._version_state(shown)
        made = self._next()
        state = self._next_state(looked, made, number, device)
        return replace(state, failures=made.left_out)

    def _next_state(self, looked: Looked, made: Taught, number: str, device: str) -> LearnState:
        if looked.cut_off:
            return replace(learn.cut_off(number), made_from=made.words())
        if made.shown >= _ENOUGH:
            return learn.learn_ready(number, made.words(), device)
        state = learn.too_few(made.shown, _ENOUGH, left_out=bool(made.left_out))
        return replace(state, secondaries=(ButtonSpec("learn", "Learn anyway"),), runs_on=device) if made.shown else state

    def _next(self) -> Taught:
        queries = self._session.queries
        return taught_now(queries.demonstrations(self._session.task_id), len(queries.labels()), self._unusable())

    def _of_job(self, job: TrainingJob) -> Taught:
        """What it learns from: as its trainer has read it, before that as it was when it began. What is shown meanwhile is not in it."""
        if (job.folder / MANIFEST).exists():
            return taught_then(msgspec.to_builtins(read_manifest(job.folder)), self._session.queries)
        return self._begun.setdefault(job.folder, self._next())

    def _device(self, versions: Sequence[Version]) -> str:
        return str(versions[0].manifest.get("device", self._default_device)) if versions else self._default_device

    def _job_state(self, job: TrainingJob, course: Course, number: str) -> LearnState:
        made = self._of_job(job).words()
        fraction, left = course.fraction(), course.left_s()
        device = words.device_words(course.device or self._default_device)
        if job.paused:
            return learn.paused(number, fraction, course.steps(), made, device)
        if job.finishing:
            return learn.finishing(number, "the rehearsal under way", fraction, course.steps(), made, device, course.notice)
        if left is None:
            shown = None if course.fresh else fraction
            return learn.learning(number, course.waiting_words(), "", shown, course.steps(), made, device, course.notice)
        ready = f"{datetime.fromtimestamp(self._session.live.host.wall_s() + left):%H:%M}"
        return learn.learning(number, course.left_words(), ready, fraction, course.steps(), made, device, course.notice)

    def _version_state(self, version: Version) -> LearnState:
        name = words.name_of(version)
        left_out = taught_then(version.manifest, self._session.queries).left_out
        if version.state == "passed":
            return replace(learn.learned(name, str(version.manifest["sentence"])), failures=(*self._other_names(version), *left_out))
        active = self._session.queries.active_version(self._session.task_id)
        stays = f"{words.name_of(active)} stays on the arm." if active is not None else "Nothing is on the arm."
        state = learn.not_passed(name, str(version.manifest["sentence"]), stays)
        return replace(state, failures=(*state.failures, *left_out))

    def _other_names(self, version: Version) -> tuple[Finding, ...]:
        """A version that learned from other scenes than are made now may meet things and names that it does not know."""
        if not words.named_otherwise(version, self._session.queries.active_naming()):
            return ()
        sentence = "It learned while things were told apart or named in another way. Watch its first rollout at Slow."
        return (Finding("warning", "warn", sentence),)

    def _with_version(self, state: LearnState, shown: Version | None, versions: Sequence[Version], compared: str) -> LearnState:
        today = datetime.fromtimestamp(self._session.live.host.wall_s())
        rows = tuple(words.row_of(v, today) for v in versions)
        state = replace(state, versions=rows, disk=words.disk_words(self._session.store.folder.root, versions))
        if shown is None:
            return state
        other = [v for v in versions if words.name_of(v) == compared and v is not shown]
        chart = words.chart_of([shown, *other])
        m, folder, name = shown.manifest, self._session.store.folder.root / shown.folder, words.name_of(shown)
        reasons = list(m["rehearsal_reasons"])
        tried = f"{name} tried the task in the simulated cell." if reasons else "It was not rehearsed in the simulated cell."
        return replace(
            state,
            selected=name,
            chart_title=chart.title,
            chart_note=chart.note,
            curves=chart.curves,
            steps_total=chart.end,
            chart_empty=chart.empty,
            preview_title=f"What {name} would do now",
            preview=self._picture(folder),
            rehearsals=self._rehearsal_grid(folder, [not reason for reason in reasons], len(reasons)),
            rehearsal_score=words.scores_words([shown, *other]) if reasons else "",
            rehearsal_note=tried,
            finding=words.first_miss(reasons),
            made_from=state.made_from or words.made_from(len(m["episodes"]), m["labels"], m["takeovers"], m["made_s"]),
            learned="" if state.made_from else words.learned_words(m),  # what is said of the next version is not of this one
            runs_on=state.runs_on or words.device_words(str(m.get("device", "cpu"))),
        )

    def _with_course(self, state: LearnState, job: TrainingJob, course: Course, versions: Sequence[Version]) -> LearnState:
        """What the job shows before it is a version."""
        name = next_name(versions)
        taught = self._of_job(job)
        made = words.short_made(taught.shown, taught.labels)
        row = words.under_way(name, made, course.fraction(), paused=job.paused)
        chart = course.chart(name, versions[0] if versions else None)
        running = course.stage == "rehearse" and not job.paused
        good = sum(course.rehearsed)
        return replace(
            state,
            versions=(row, *state.versions),
            selected=name,
            chart_title=chart.title,
            chart_note=chart.note,
            curves=chart.curves,
            steps_total=chart.end,
            preview_title=f"What {name} would do now",
            preview=self._picture(job.folder) if (job.folder / MANIFEST).exists() else None,
            rehearsals=self._rehearsal_grid(job.folder, course.rehearsed, job.spec.rehearsals, running=running),
            rehearsal_score=f"{good} of {len(course.rehearsed)} worked" if course.rehearsed else "",
            rehearsal_note=f"{name} tries the task in the simulated cell.",
            learned="",
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
        return self._preview.picture(folder, self._session.queries.aliases(), scene, frame, camera)[0]


def next_name(versions: Sequence[Version]) -> str:
    """The name that the next version will have; `versions` newest first."""
    return f"v{(versions[0].number if versions else 0) + 1}"
