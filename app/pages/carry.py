"""The words of Review while something on a demonstration's frame is selected: its name, and its label carried to other frames."""

from __future__ import annotations

from collections.abc import Sequence

from app.pages.review import ReviewState
from core.storage.carried_edits import PROPAGATED
from core.storage.records import Label
from widgets.values import ButtonSpec, Choice, Crop, Fact, Finding, Heading

SPANS = (10, 30, 100, 0)
"""Frames to carry a label over in each direction; 0 = all that are kept."""
_CLOSE = ButtonSpec("close", "Close", "Backspace")
_OUTLINE = ButtonSpec("outline", "Outline", "B")


def selected(
    where: str,
    name: str | None,
    frames: int,
    picks: tuple[int, int],
    crop: Crop | None,
    guesses: Sequence[Choice],
    names: Sequence[Choice],
    facts: Sequence[Fact],
    findings: Sequence[Finding] = (),
) -> ReviewState:
    """A thing is selected. `where`: its frame; `frames`: how many the label would reach; `picks`: span and way that are on."""
    things = "1 frame" if frames == 1 else f"{frames} frames"
    primary = ButtonSpec("carry", f"Carry to {things}", "Enter", enabled=frames > 0, why="" if frames else "No frame lies on that side")
    return ReviewState(
        heading=Heading(where, f"The {name}" if name else "What is this?"),
        primary=primary,
        secondaries=(_OUTLINE, _CLOSE),
        ask=True,
        crop=crop,
        guesses=tuple(guesses),
        names=tuple(names),
        facts=tuple(facts),
        findings=tuple(findings),
        carry=picks,
    )


def painting(where: str, name: str | None, crop: Crop | None, *, snap: bool) -> ReviewState:
    """The brush is in hand; every stroke is stored at once."""
    words = "Drag to add, Shift-drag to take away, wheel for the size. By keys: arrows, then . to add and , to take away."
    return ReviewState(
        heading=Heading(where, f"What belongs to {'the ' + name if name else 'it'}?", words),
        primary=ButtonSpec("tool_done", "Done", "Enter"),
        secondaries=(ButtonSpec("tool_snap", "Edges off" if snap else "Edges on", "E"), _CLOSE),
        crop=crop,
        facts=(Fact("Follows edges", "yes" if snap else "no, as drawn"),),
    )


def carrying(words: str, done: int, total: int, kept: int, left_s: float | None) -> ReviewState:
    """A label is being carried. `words`: of what; `left_s` None in the first seconds."""
    left = "working" if left_s is None else f"{left_s:.0f} s" if left_s < 90 else f"{left_s / 60:.0f} minutes"
    return ReviewState(
        heading=Heading("Carrying a label", f"Carrying {words} on", "The rest of Pendant goes on meanwhile."),
        primary=ButtonSpec("carrying", f"{done} of {total} frames", busy=True, enabled=False, why=left),
        secondaries=(ButtonSpec("carry_cancel", "Cancel"),),
        progress=done / max(1, total),
        facts=(Fact("Time left", left), Fact("Carried", str(kept))),
    )


def carried(words: str, stored: int, ended: Sequence[tuple[int, str]]) -> ReviewState:
    """It is done. `ended`: (frame as on the timeline, why) where a direction ended early, the one to look at first."""
    found = [Finding("warning", "warn", f"It ended at frame {at}", why, "Show", f"look:{at}") for at, why in ended]
    if found:
        primary = ButtonSpec("look", f"Go to frame {ended[0][0]}", "Enter")
        found.append(Finding("info", "plain", "Set the frame right: click the thing or paint its outline, and carry it on from there."))
    else:
        primary = ButtonSpec("close", "Done", "Enter")
    things = "1 frame" if stored == 1 else f"{stored} frames"
    return ReviewState(
        heading=Heading("Carrying a label", f"Carried {words} to {things}" if stored else f"Could not carry {words} on"),
        primary=primary,
        secondaries=(_CLOSE,) if found else (),
        findings=tuple(found),
    )


def facts_of(label: Label | None, origin: str, *, named: bool) -> tuple[Fact, ...]:
    """Who or what said what a thing is, and how surely. `origin`: the frame that it was carried from, in words."""
    if label is None:
        return (Fact("Named by", "the model, when recorded"),) if named else ()
    if label.source != PROPAGATED:
        return (Fact("Said by", f"{label.who}, here"),)
    return (Fact("Carried by", label.who), Fact("From", origin), Fact("Sure", f"{label.score:.0%}"))
