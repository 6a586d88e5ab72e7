"""What Learn shows of the names: the state of the page from the catalogue, the job under way and the version that is looked at."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.naming_job import SHIPPED, name_of
from app.pages import learn
from app.pages.learn import LearnState, names_states
from app.presenters import naming_words as words
from app.presenters.naming_words import NamingCourse
from app.presenters.version_words import device_words, disk_words, under_way
from app.session import Session
from app.training import TrainingJob
from core.learning.naming_looks import needed
from core.storage.records import NamingVersion
from widgets.values import VersionRow

Counts = dict[int, tuple[int, int]]


class NamesScreen:
    """Builds states; counts labels once for every change of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._counts: tuple[int, Counts] = (-1, {})
        self._learned_from: tuple[TrainingJob | None, Counts] = (None, {})
        self._default_device = "gpu" if shutil.which("nvidia-smi") else "cpu"

    def state(self, selected: str, job: TrainingJob | None, course: NamingCourse | None, *, cut_off: bool) -> LearnState:
        """The page as it is now. `selected`: the version that is looked at, "" for none."""
        namings = self._session.queries.namings()
        selected = selected or _waiting(namings)
        shown = next((n for n in namings if words.title_of(n) == selected), None)
        running = job is not None and course is not None
        state = self._running(job, course, namings) if running else self._resting(selected, shown, namings, cut_off)
        state = replace(
            state, names=True, versions=(*state.versions, *self._rows(namings)), disk=disk_words(self._session.store.folder.root, namings)
        )
        return state if running else self._with_version(state, selected, shown or next((n for n in namings if n.active), None))

    def _running(self, job: TrainingJob | None, course: NamingCourse | None, namings: Sequence[NamingVersion]) -> LearnState:
        if job is None or course is None:
            return self._ready(namings)
        name = next_name(namings)
        chart = course.loss_chart(name)
        if self._learned_from[0] is not job:  # a label that changes later is not in this version
            self._learned_from = job, dict(self._labels())
        counts = self._learned_from[1]
        labels = f"{sum(taught for taught, _ in counts.values())} labels"
        row = under_way(name, labels, course.fraction(), paused=job.paused)
        return replace(
            self._course_state(job, course, name, words.made_from(counts)),
            versions=(row,),
            selected=name,
            chart_title=chart.title,
            chart_note=chart.note,
            curves=chart.curves,
            steps_total=chart.end,
            scores_note="Every name is asked about when it has learned.",
        )

    def _course_state(self, job: TrainingJob, course: NamingCourse, name: str, made: str) -> LearnState:
        device, left = device_words(course.device or self._default_device), course.left_s()
        if job.paused:
            return learn.paused(name, course.fraction(), course.steps(), made, device)
        if job.finishing:
            return learn.finishing(name, "the step under way", course.fraction(), course.steps(), made, device, course.notice)
        if left is None:
            shown = None if course.fresh else course.fraction()
            return learn.learning(name, course.waiting_words(), "", shown, course.steps(), made, device, course.notice)
        ready = f"{datetime.fromtimestamp(self._session.live.host.wall_s() + left):%H:%M}"
        return learn.learning(name, course.left_words(), ready, course.fraction(), course.steps(), made, device, course.notice)

    def _resting(self, selected: str, shown: NamingVersion | None, namings: Sequence[NamingVersion], cut_off: bool) -> LearnState:
        active = next((n for n in namings if n.active), None)
        if cut_off:
            return learn.cut_off(next_name(namings))
        if selected == SHIPPED and active is not None:
            return names_states.shipped()
        if shown is None or shown.active or not words.fits(shown):
            return self._ready(namings)
        if shown.state == "passed":
            older = active is not None and shown.number < active.number
            return names_states.passed(words.title_of(shown), str(shown.manifest["sentence"]), older=older)
        stays = f"{words.title_of(active)} stays in use." if active is not None else "The names as shipped stay in use."
        return names_states.not_passed(words.title_of(shown), str(shown.manifest["sentence"]), stays)

    def _ready(self, namings: Sequence[NamingVersion]) -> LearnState:
        counts = self._labels()
        back = ways_back(namings)
        missing = needed([taught for taught, _ in counts.values()])
        if missing:
            return names_states.too_few(missing, back)
        state = names_states.ready(next_name(namings), words.made_from(counts), device_words(self._default_device), back)
        return replace(state, failures=words.unfit(namings))

    def _with_version(self, state: LearnState, selected: str, shown: NamingVersion | None) -> LearnState:
        """The curve and the scores of the version that is looked at, else of the one in use."""
        if shown is None or selected == SHIPPED:
            chart = words.loss_chart("", [])
            note = "A version is asked about every name before it may be used."
            return replace(state, selected=selected or SHIPPED, chart_title=chart.title, chart_note=chart.note, scores_note=note)
        m, name = words.manifest_of(shown), words.title_of(shown)
        chart = words.loss_chart(name, m.loss)
        return replace(
            state,
            selected=name,
            chart_title=chart.title,
            chart_note=chart.note,
            curves=chart.curves,
            steps_total=chart.end,
            scores=words.score_rows(m, self._session.classes),
            scores_note=words.scores_note(m),
            strangers=words.strangers_words(m),
            made_from=state.made_from or words.was_made_from(m),
            runs_on=state.runs_on or device_words(m.device),
        )

    def _rows(self, namings: Sequence[NamingVersion]) -> tuple[VersionRow, ...]:
        today = datetime.fromtimestamp(self._session.live.host.wall_s())
        return (*(words.row_of(n, today) for n in namings), words.shipped_row(active=not any(n.active for n in namings)))

    def _labels(self) -> Counts:
        revision = self._session.queries.names_revision()
        if self._counts[0] != revision:
            standing = {c.id for c in self._session.classes}
            self._counts = revision, {c: n for c, n in self._session.queries.names_per_class().items() if c in standing}
        return self._counts[1]


def next_name(namings: Sequence[NamingVersion]) -> str:
    """The name that the next version will have; newest first."""
    return name_of((namings[0].number if namings else 0) + 1)


def _waiting(namings: Sequence[NamingVersion]) -> str:
    """The newest version that may be used, while the one in use fits no more: what is looked at unless another is chosen."""
    active = next((n for n in namings if n.active), None)
    usable = [n for n in namings if n.state == "passed" and words.fits(n)]
    return words.title_of(usable[0]) if active is not None and not words.fits(active) and usable else ""


def former(namings: Sequence[NamingVersion]) -> NamingVersion | None:
    """The newest passed version before the one in use; None: as shipped."""
    active = next((n for n in namings if n.active), None)
    usable = [n for n in namings if active is not None and n.state == "passed" and n.number < active.number and words.fits(n)]
    return usable[0] if usable else None


def ways_back(namings: Sequence[NamingVersion]) -> tuple[str, ...]:
    """What can be gone back to with one click, the nearest first."""
    if not any(n.active for n in namings):
        return ()
    before = former(namings)
    return (SHIPPED,) if before is None else (words.title_of(before), SHIPPED)
