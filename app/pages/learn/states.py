"""What Learn shows in each of its states, in words. Plain values, no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from widgets.values import ButtonSpec, Curve, Finding, Heading, NameScoreRow, Picture, Rehearsal, StepRow, VersionRow


@dataclass(frozen=True, slots=True)
class LearnState:
    """Everything Learn shows. `fraction` None with `left` words = working, no guess of the time.

    `names`: the versions of the names instead of the task's, with `scores` per name in place of preview and rehearsals.
    `first`: how the first version comes, while there is none.
    """

    heading: Heading
    primary: ButtonSpec
    secondaries: tuple[ButtonSpec, ...] = ()
    versions: tuple[VersionRow, ...] = ()
    selected: str = ""
    disk: str = ""
    fraction: float | None = None
    left: str = ""
    running: bool = False
    steps: tuple[StepRow, ...] = ()
    made_from: str = ""
    learned: str = ""
    runs_on: str = ""
    curves: tuple[Curve, ...] = ()
    steps_total: float = 1.0
    chart_title: str = "Off by, in cm"
    chart_note: str = "On demonstrations it has not seen, by how many it learned from. Lower is better."
    chart_empty: str = ""
    preview_title: str = "What it would do now"
    preview: Picture | None = None
    rehearsals: tuple[Rehearsal, ...] = ()
    rehearsal_score: str = ""
    rehearsal_note: str = "A version tries the task in the simulated cell before it may run."
    finding: Finding | None = None
    failures: tuple[Finding, ...] = ()
    names: bool = False
    scores: tuple[NameScoreRow, ...] = ()
    scores_title: str = "Right per name"
    scores_note: str = ""
    strangers: str = ""
    first: str = "Show at least 3 times first, then press Learn."


def learn_ready(version: str, made_from: str, runs_on: str) -> LearnState:
    """Enough was shown."""
    return LearnState(
        heading=Heading("Next version", f"Learn {version}", "You can go on working on every other page meanwhile."),
        primary=ButtonSpec("learn", "Learn", "Enter"),
        made_from=made_from,
        runs_on=runs_on,
        first=f"Press Learn, and {version} is the first.",
    )


def too_few(have: int, need: int = 3, *, left_out: bool = False) -> LearnState:
    """Too few demonstrations to learn from; `left_out`: others teach nothing."""
    none = "Nothing can be learned from what was shown" if left_out else "There are none yet"
    shown = none if have == 0 else "There is 1 so far" if have == 1 else f"There are {have} so far"
    return LearnState(
        heading=Heading("Learn", f"Show at least {need} times first", f"{shown}. Ten are usually enough."),
        primary=ButtonSpec("page_show", "Go to Show", "Enter"),
    )


def learning(
    version: str,
    left: str,
    ready_at: str,
    fraction: float | None,
    steps: Sequence[StepRow],
    made_from: str,
    runs_on: str,
    notice: str = "",
) -> LearnState:
    """Training runs. `ready_at` "": no time is guessed yet, `left` says when. `notice`: what went otherwise than usual."""
    return LearnState(
        heading=Heading(f"Learning {version}", f"{left} left" if ready_at else "Working"),
        primary=ButtonSpec("pause_learning", "Pause learning", "Space"),
        secondaries=(ButtonSpec("finish_learning", "Finish now"), ButtonSpec("cancel_learning", "Cancel")),
        fraction=fraction,
        left=f"ready at about {ready_at}" if ready_at else left,
        running=True,
        steps=tuple(steps),
        made_from=made_from,
        runs_on=runs_on,
        failures=(Finding("warning", "warn", notice),) if notice else (),
        preview_title=f"What {version} would do now",
        first=f"{version} will be the first.",
    )


def finishing(
    version: str, after: str, fraction: float, steps: Sequence[StepRow], made_from: str, runs_on: str, notice: str = ""
) -> LearnState:
    """What was not begun is left out: ready after what is under way, the time that was foretold does not hold."""
    state = learning(version, f"ready after {after}", "", fraction, steps, made_from, runs_on, notice)
    return replace(state, heading=Heading(f"Learning {version}", "Finishing"), secondaries=(ButtonSpec("cancel_learning", "Cancel"),))


def paused(version: str, fraction: float, steps: Sequence[StepRow], made_from: str, runs_on: str) -> LearnState:
    """Training is paused; nothing is lost."""
    return LearnState(
        heading=Heading(f"Learning {version}", "Paused", "It goes on where it was, even after Pendant was closed."),
        primary=ButtonSpec("resume_learning", "Go on", "Space"),
        secondaries=(ButtonSpec("finish_learning", "Finish now"), ButtonSpec("cancel_learning", "Cancel")),
        fraction=fraction,
        running=True,
        steps=tuple(steps),
        made_from=made_from,
        runs_on=runs_on,
        first=f"Press Go on, and {version} will be the first.",
    )


def cut_off(version: str) -> LearnState:
    """The window or the trainer ended while it learned."""
    return LearnState(
        heading=Heading(f"Learning {version}", "Learning was cut off", "Everything up to then is there. It goes on where it was."),
        primary=ButtonSpec("resume_learning", "Go on", "Enter"),
        secondaries=(ButtonSpec("discard_learning", "Discard it"),),
        first=f"Press Go on, and {version} will be the first.",
    )


def learned(version: str, sentence: str) -> LearnState:
    """A version passed its checks."""
    return LearnState(
        heading=Heading(version, f"{version} is ready", sentence),
        primary=ButtonSpec("page_run", f"Try {version} on Run", "Enter"),
        secondaries=(ButtonSpec("learn", "Learn again"),),
    )


def not_passed(version: str, sentence: str, stays: str) -> LearnState:
    """A version failed its checks; the older one stays."""
    return LearnState(
        heading=Heading(version, f"{version} did not pass"),
        primary=ButtonSpec("page_show", "Show more", "Enter"),
        secondaries=(ButtonSpec("learn", "Learn again"),),
        failures=(Finding("x-circle", "danger", sentence), Finding("check-circle", "ok", stays)),
    )


def busy(what: str) -> LearnState:
    """The other kind of version is being learned; there is one job at a time. `what`: "a version of the task"."""
    title = f"{what[:1].upper()}{what[1:]} is being learned"
    return LearnState(
        heading=Heading("Learn", title, "One thing is learned at a time. This one can follow as soon as it is done."),
        primary=ButtonSpec("show_job", "Show it", "Enter"),
        first="",
    )
