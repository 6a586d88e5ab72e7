"""The words of the queue on Review: what is asked of a label and why, and the states around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.pages.review import ReviewState
from core.learning.doubt import Doubt
from widgets.values import ButtonSpec, Choice, Crop, Empty, Finding, Heading, PillState

NEAR = 0.15
"""Chance from which the nearest name is worth offering."""


def a(name: str) -> str:
    """A name with its article."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def loading(done: int, total: int) -> ReviewState:
    """The questions are being gathered."""
    share = f"{done} of {total} steps" if total else "Starting"
    return ReviewState(
        heading=Heading("Labels", "Looking for what to ask", "The rest of Pendant goes on meanwhile."),
        primary=ButtonSpec("wait", "Looking", busy=True),
        labels=True,
        nothing=Empty("magnifying-glass", "Looking through what was recorded", share),
    )


def nothing() -> ReviewState:
    """No doubtful label is there."""
    return ReviewState(
        heading=Heading("Labels", "Nothing to check", "Every object in view and in the demonstrations has a sure name."),
        primary=ButtonSpec("page_learn", "Go to Learn", "Enter"),
        secondaries=(ButtonSpec("gather", "Look again"),),
        labels=True,
        nothing=Empty("check-circle", "Nothing to check", "Questions appear here when the names are not sure of something."),
    )


def none_shown() -> ReviewState:
    """The filter lets nothing through."""
    return ReviewState(
        heading=Heading("Labels", "Nothing of that kind", "Other questions wait behind the filter."),
        primary=ButtonSpec("show_all", "Show everything", "Enter"),
        labels=True,
        nothing=Empty("magnifying-glass", "Nothing of that kind", "The filter above the list lets nothing through."),
    )


def all_done(decided: int) -> ReviewState:
    """Every question is answered."""
    words = "1 label is" if decided == 1 else f"{decided} labels are"
    return ReviewState(
        heading=Heading("Labels", "All checked", f"{words} decided. Everything else is sure by now."),
        primary=ButtonSpec("page_learn", "Go to Learn", "Enter"),
        secondaries=(ButtonSpec("gather", "Look again"),),
        labels=True,
    )


def asking(doubt: Doubt, said: str, crop: Crop | None, guesses: Sequence[Choice], names: Sequence[Choice], answered: str) -> ReviewState:
    """One question. `said`: what its scene or label called it, "" for nothing; `answered`: what was decided before, if it was."""
    offered = guesses[0].name if guesses and (guesses[0].score or 1.0) >= NEAR else ""
    primary = ButtonSpec("confirm", f"Yes, {offered}", "Enter") if offered else ButtonSpec("type", "Type its name", "N")
    return ReviewState(
        heading=Heading(caption_of(doubt, answered), question_of(doubt, offered)),
        primary=primary,
        secondaries=(ButtonSpec("not_an_object", "Not an object", "0"), ButtonSpec("skip", "Skip", "Down")),
        labels=True,
        crop=crop,
        guesses=tuple(guesses),
        names=tuple(names),
        findings=findings_of(doubt, said),
    )


def typing(state: ReviewState, typed: str, count: int) -> ReviewState:
    """A name is being typed: that is what Enter gives, whatever was guessed."""
    words = f"Name all {count} “{typed}”" if count > 1 else f"Name it “{typed}”"
    return replace(state, primary=ButtonSpec("name_typed", words, "Enter"))


def several(state: ReviewState, count: int, offered: str) -> ReviewState:
    """Several questions are selected: one answer for all of them, in one step. `offered`: the name that all of them look like, or ""."""
    primary = ButtonSpec("confirm", f"Name all {count} “{offered}”", "Enter") if offered else ButtonSpec("type", "Type their name", "N")
    words = "One answer goes to all of them, and one undo takes it back. A digit or a typed name names them too."
    return replace(state, heading=Heading(f"{count} selected", "What are these?", words), primary=primary, findings=())


def question_of(doubt: Doubt, offered: str) -> str:
    """The question itself."""
    if doubt.kind == "outlier" and offered:
        return f"Is this really {a(offered)}?"
    return f"Is this {a(offered)}?" if offered else "What is this?"


def caption_of(doubt: Doubt, answered: str) -> str:
    """The quiet words over the question: where it comes from, or what was said already."""
    if answered:
        return answered
    return {"label": "A stored label", "live": "In view now", "episode": "In a demonstration"}[doubt.look.source]


def picture_of(doubt: Doubt) -> PillState:
    """What the views show while a question stands."""
    at = f"{datetime.fromtimestamp(doubt.look.made_s):%H:%M:%S}"
    return {
        "live": PillState(f"Picture of {at}, held", "pause"),
        "label": PillState("Picture of a stored label", "film-strip"),
        "episode": PillState("Replay, arm not moving", "film-strip"),
    }[doubt.look.source]


def findings_of(doubt: Doubt, said: str) -> tuple[Finding, ...]:
    """Why it is asked, and what lies behind it."""
    found = []
    now = doubt.naming.name
    if doubt.kind == "outlier":
        looks = f"It looks more like {a(now)}." if now and now != said else "It looks like nothing named so far."
        found.append(Finding("warning", "warn", f"Unlike the other labels of {said}", looks))
    elif said and now != said and doubt.look.source != "label":
        then = "when it was recorded" if doubt.look.source == "episode" else "when this picture was taken"
        found.append(Finding("question", "warn", f"Called {said} {then}", "The names have learned since."))
    elif doubt.kind == "random":
        found.append(Finding("info", "plain", "Asked at random", "Every fifth is, so that sure mistakes are found too."))
    if doubt.look.source == "episode":
        found.append(Finding("film-strip", "plain", "From a demonstration", "Its label can go to the frames beside it.", "Open", "carry"))
    if doubt.alike:
        more = "One more looks" if len(doubt.alike) == 1 else f"{len(doubt.alike)} more look"
        found.append(Finding("copy", "plain", f"{more} like this", "One answer teaches the same as all.", "Ask each", "unfold"))
    return tuple(found)


def detail_of(doubt: Doubt, said: str, second: str) -> str:
    """Why it is asked, in the list. `second`: the next best name."""
    now = doubt.naming.name
    words = {
        "unknown": f"was {said}" if said else "no name yet",
        "unsure": "not sure" if not second else f"{now} or {second}" if now else f"perhaps {second}",
        "changed": f"was {said}",
        "outlier": f"unlike other {said}",
        "random": "at random",
    }[doubt.kind]
    return f"{words} · {len(doubt.alike) + 1} alike" if doubt.alike else words
