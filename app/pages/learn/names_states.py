"""What Learn shows of the names in each of their states, in words. Plain values, no widgets."""

from __future__ import annotations

from collections.abc import Sequence

from app.pages.learn.states import LearnState
from widgets.values import ButtonSpec, Finding, Heading

_LEARN = ButtonSpec("learn_names", "Learn names", "Enter")
_MEANWHILE = "What tells your things apart is learned from all labels. You can go on working on every other page meanwhile."


def ready(name: str, made_from: str, runs_on: str, back: Sequence[str]) -> LearnState:
    """Enough was named. `back`: what can be gone back to with one click, the nearest first."""
    return LearnState(
        heading=Heading("Next version of the names", f"Learn {name}", _MEANWHILE),
        primary=_LEARN,
        secondaries=_ways_back(back),
        made_from=made_from,
        runs_on=runs_on,
        names=True,
    )


def too_few(sentence: str, back: Sequence[str]) -> LearnState:
    """Too few labels; the sentence says what is needed."""
    return LearnState(
        heading=Heading("Names", "Name a few more things first", sentence),
        primary=ButtonSpec("page_see", "Go to See", "Enter"),
        secondaries=_ways_back(back),
        names=True,
    )


def passed(name: str, sentence: str, *, older: bool) -> LearnState:
    """A version that passed and is not in use; `older` than the one that is."""
    return LearnState(
        heading=Heading(name, f"{name} was in use before" if older else f"{name} is ready", sentence),
        primary=ButtonSpec("use_naming", f"Back to {name}" if older else f"Use {name}", "Enter"),
        secondaries=(ButtonSpec("learn_names", "Learn again"),),
        names=True,
    )


def shipped() -> LearnState:
    """The names as shipped, while a version is in use."""
    return LearnState(
        heading=Heading("Names", "As shipped", "Every name is told from your clicks alone, with nothing learned on top. No label is lost."),
        primary=ButtonSpec("use_naming", "Back to as shipped", "Enter"),
        names=True,
    )


def not_passed(name: str, sentence: str, stays: str) -> LearnState:
    """A version that failed its checks; what is in use stays."""
    return LearnState(
        heading=Heading(name, f"{name} did not pass"),
        primary=ButtonSpec("page_see", "Name more things", "Enter"),
        secondaries=(ButtonSpec("learn_names", "Learn again"),),
        failures=(Finding("x-circle", "danger", sentence), Finding("check-circle", "ok", stays)),
        names=True,
    )


def _ways_back(back: Sequence[str]) -> tuple[ButtonSpec, ...]:
    ids = ("back_naming", "ship_naming")
    return tuple(ButtonSpec(action, f"Back to {name}") for action, name in zip(ids, back, strict=False))
