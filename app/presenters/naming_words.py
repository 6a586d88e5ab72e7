"""Versions of the names in words, rows and curves: what Learn says of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

import msgspec

from app.naming_job import name_of
from app.presenters import version_words as words
from app.presenters.course import GUESS_AFTER_S, Course
from core.learning.naming_versions import NamingManifest
from core.learning.progress import Point, Progress
from core.perception.names import EMBEDDING_VERSION
from core.storage.records import NamingVersion, ObjectClass
from widgets.values import Finding, NameScoreRow, StepRow, Tone, VersionRow

_TITLES = {"looks": "Look at the labels", "tune": "Tell them apart", "score": "Check every name"}


class NamingCourse(Course):
    """The course of learning names: it looks at the labels again, learns, and is asked about what it has not seen."""

    end = 1.0
    waits_for = "a few steps"
    stages: Mapping[str, float] = {"looks": 0.0, "tune": 0.4, "score": 0.95, "done": 1.0}

    def left_s(self) -> float | None:
        """Seconds left; None in the first ten seconds."""
        done = self.fraction()
        return None if self.running_s < GUESS_AFTER_S or done < 0.02 else self.running_s * (1 - done) / done

    def steps(self) -> tuple[StepRow, ...]:
        """The steps as a list."""
        states: list[Literal["done", "now", "waiting"]] = [
            "done" if n < self.at else "now" if n == self.at else "waiting" for n in range(len(_TITLES))
        ]
        told = {"done": "done", "now": f"{self.done} of {self.of}", "waiting": "waiting"}
        return tuple(StepRow(state, title, told[state], strong_first=True) for state, title in zip(states, _TITLES.values(), strict=True))

    def heard(self, progress: Progress) -> None:
        """The trainer said where it is."""
        super().heard(progress)
        self.end = float(progress.total) if progress.stage == "tune" else self.end

    def loss_chart(self, name: str) -> words.Chart:
        """What is measured so far, on an axis as long as the job."""
        chart = loss_chart(name, self.loss)
        return replace(chart, end=max(chart.end, self.end))


def manifest_of(naming: NamingVersion) -> NamingManifest:
    """The manifest of a catalogue's row."""
    return msgspec.convert(naming.manifest, NamingManifest)


def title_of(naming: NamingVersion) -> str:
    """ "N2"."""
    return name_of(naming.number)


def fits(naming: NamingVersion) -> bool:
    """Whether it was made for the way in which this Pendant looks at things."""
    return naming.manifest.get("embedding") == EMBEDDING_VERSION


def unfit(namings: Sequence[NamingVersion]) -> tuple[Finding, ...]:
    """What is to be said when the version in use cannot be used by this Pendant."""
    active = next((n for n in namings if n.active and not fits(n)), None)
    if active is None:
        return ()
    sentence = f"{title_of(active)} was learned for another way to look at things. Until names are learned again, they are as shipped."
    return (Finding("warning", "warn", sentence),)


def row_of(naming: NamingVersion, today: datetime) -> VersionRow:
    """A version of the names in the list."""
    m = manifest_of(naming)
    title = title_of(naming)
    status, tone, icon = _status(naming, today)
    score = f"{m.score.right_after} of {m.score.total}" if m.score is not None else ""
    return VersionRow(title, title, f"{len(m.labels)} labels", status, tone, icon, score)


def shipped_row(*, active: bool) -> VersionRow:
    """The names as shipped: the last row of the list."""
    status: tuple[str, Tone, str] = ("in use", "ok", "check-circle") if active else ("always there", "plain", "")
    return VersionRow(name_of(0), "N0", "as shipped", *status, "")


def _status(naming: NamingVersion, today: datetime) -> tuple[str, Tone, str]:
    if not fits(naming):
        return "learn it again", "warn", "warning"
    if naming.active:
        return "in use", "ok", "check-circle"
    if naming.state == "failed":
        return "failed its checks", "danger", "x-circle"
    return words.day_words(naming.created_s, today), "plain", ""


def loss_chart(name: str, loss: Sequence[Point]) -> words.Chart:
    """Held-out and training loss by steps."""
    if not loss:
        return words.Chart("Loss", "Lower is better. The blue line counts: it is measured on labels that were left out.", (), 1.0)
    return words.loss_chart(name, loss, None, "labels that were left out")


def score_rows(m: NamingManifest, classes: Sequence[ObjectClass]) -> tuple[NameScoreRow, ...]:
    """Per name that still stands, the most asked first; what was merged or deleted since is left out."""
    known = {c.id: c for c in classes}
    scored = sorted(m.score.classes if m.score is not None else [], key=lambda s: s.name)
    return tuple(
        NameScoreRow(c.name, c.key or 0, c.colour - 1, s.before, s.after, s.total)
        for s in scored
        if (c := known.get(s.class_id)) is not None
    )


def scores_note(m: NamingManifest) -> str:
    """On what it was asked, and what before means."""
    return f"On labels it did not learn from. Before: {name_of(m.before)}."


def strangers_words(m: NamingManifest) -> str:
    """How honest it is about what was never named."""
    s = m.score
    if s is None or not s.strangers:
        return ""
    words = f"With its name taken away, a thing was called unknown {s.strangers_after} of {s.strangers} times, before {s.strangers_before}."
    turned = f" Turned into another hue or size, {s.changed_after} of {s.changed} times, before {s.changed_before}."
    return words + (turned if s.changed else "")


def made_from(counts: Mapping[int, tuple[int, int]]) -> str:
    """What the next version is made from. `counts`: per class the labels to learn from and those kept aside."""
    taught, held = sum(t for t, _ in counts.values()), sum(h for _, h in counts.values())
    names = sum(t > 0 for t, _ in counts.values())
    aside = f" {held} more are kept aside to check it on." if held else ""
    return f"{taught} labels of {names} names.{aside}"


def was_made_from(m: NamingManifest) -> str:
    """What a version was made from, and when."""
    return f"{len(m.labels)} labels, as they were at {datetime.fromtimestamp(m.made_s):%H:%M}."
