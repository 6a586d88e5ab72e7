"""See's states in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from widgets.values import ButtonSpec, Choice, Crop, Empty, Fact, Finding, Heading, ObjectRow

NO_OBJECTS = Empty("magnifying-glass", "Nothing on the table", "Put something in view.")


LOOKING = Empty("magnifying-glass", "Looking", "Objects appear with the first frame.")


SKIP = ButtonSpec("skip", "Skip", "Down")


NOT_AN_OBJECT = ButtonSpec("not_an_object", "Not an object", "0")


@dataclass(frozen=True, slots=True)
class SeeState:
    """Everything See shows beside the cloud. `ask`: the question card with `guesses` and `hint`; else crop (if any), facts, findings."""

    heading: Heading
    primary: ButtonSpec
    secondaries: tuple[ButtonSpec, ...] = ()
    rows: tuple[ObjectRow, ...] = ()
    selected: int = 0
    count: str = ""
    ask: bool = False
    crop: Crop | None = None
    guesses: tuple[Choice, ...] = ()
    names: tuple[Choice, ...] = ()
    hint: str = "Another name"
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    note: str = ""
    said: str = ""
    picture_title: str = "Colour image"


_TOOL_WORDS = {
    "add": (
        "Add",
        "What was missed?",
        "Point at it: the line shows what would be added. Arrow keys move the cross. Then click, or press Enter.",
    ),
    "outline": (
        "Outline",
        "What belongs to {}?",
        "Drag to add, Shift-drag to take away, wheel for the size. By keys: arrows, then . to add and , to take away.",
    ),
    "split": (
        "Split",
        "Where does {} end?",
        "Draw a line all the way across, or click one of the two. By keys: arrows, a full stop where the line begins, one where it ends.",
    ),
    "merge": ("Merge", "What belongs to {}?", "Click the other part, here, in the picture or in the list. Then press Enter."),
    "box": (
        "Box",
        "Where is {}?",
        "Drag the box along the table, its sides, or the ring that turns it; wheel for the size. "
        "By keys: arrows, Page up and Page down, [ and ] to turn, + and − to size. It is saved when you rest.",
    ),
}


@dataclass(frozen=True, slots=True)
class ToolState:
    """The tool in hand. `ready`: Enter has something to do; `snap`: strokes follow edges."""

    name: str
    snap: bool
    ready: bool


@dataclass(frozen=True, slots=True)
class Spreading:
    """How far a label was carried. `words`: of what; `left_s` None in the first seconds."""

    words: str
    done: int
    total: int
    kept: int
    left_s: float | None = None


def article(name: str) -> str:
    """The name with its article: "an orange"."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def asking(number: int, total: int, guesses: Sequence[Choice], crop: Crop | None, names: Sequence[Choice], typed: str = "") -> SeeState:
    """A question about the object it is least sure of; what is typed goes before what is guessed."""
    best = guesses[0].name
    return SeeState(
        heading=Heading(f"Question {number} of {total}", f"Is this {article(best)}?"),
        primary=ButtonSpec("name", f"Name it “{typed}”", "Enter") if typed else ButtonSpec("confirm", f"Yes, {best}", "Enter"),
        secondaries=(NOT_AN_OBJECT, SKIP),
        ask=True,
        crop=crop,
        guesses=tuple(guesses),
        names=tuple(names),
        note="Your answer counts from the next frame on, and in the next training.",
    )


def unlike(number: int, total: int, typed: str, crop: Crop | None, names: Sequence[Choice]) -> SeeState:
    """It resembles nothing that has a name."""
    state = first_names(number, total, typed, crop, names)
    return replace(
        state,
        heading=Heading(f"Question {number} of {total}", "What is this?"),
        note="It is like nothing that has a name so far. Type its name, press a digit, or skip it.",
    )


def first_names(number: int, total: int, typed: str, crop: Crop | None, names: Sequence[Choice]) -> SeeState:
    """Nothing is known yet: name what the task needs."""
    things = "one thing" if total == 1 else f"{total} things"
    return SeeState(
        heading=Heading(f"Object {number} of {total}", "What is this?"),
        primary=ButtonSpec(
            "name", f"Name it “{typed}”" if typed else "Name it", "Enter", enabled=bool(typed), why="" if typed else "Type a name first"
        ),
        secondaries=(NOT_AN_OBJECT, SKIP),
        ask=True,
        crop=crop,
        names=tuple(names),
        hint="Type a name",
        note=f"Pendant found {things} on the table and knows none of them. Name the ones your task needs; leave the others.",
    )


def naming(track: int, name: str | None, typed: str, crop: Crop | None, facts: Sequence[Fact]) -> SeeState:
    """An object was clicked: its facts beside the popover."""
    why = "" if typed else "Type a name or press a digit"
    words = f"Name it “{typed}”" if typed else "Name it"
    return SeeState(
        heading=Heading(f"Object {track}", f"Is this {article(name)}?" if name else "What is this?"),
        primary=ButtonSpec("name", words, "Enter", enabled=bool(typed), why=why)
        if typed or not name
        else ButtonSpec("confirm", f"Yes, {name}", "Enter"),
        secondaries=(ButtonSpec("close", "Close", "Backspace"), ButtonSpec("next", "Next object", "Down")),
        crop=crop,
        facts=tuple(facts),
        note="A new name is known from the next frame on. Turn the object once or twice to make it surer.",
    )


def several(state: SeeState, count: int, typed: str) -> SeeState:
    """Several things are selected: one name for all of them, or one thing of them."""
    words = f"Name all {count} “{typed}”" if typed else f"Name all {count}"
    return replace(
        state,
        heading=Heading(f"{count} things selected", "What are these?"),
        primary=ButtonSpec("name", words, "Enter", enabled=bool(typed), why="" if typed else "Type a name or press a digit"),
        secondaries=(ButtonSpec("close", "Close", "Backspace"), ButtonSpec("merge", "Merge", "M")),
        facts=(),
        note="One name goes to all of them in one step. Merge makes one thing of them.",
    )


def working(tool: ToolState, name: str | None, count: int, crop: Crop | None) -> SeeState:
    """A tool is in hand; what it does is stored at once."""
    caption, title, sentence = _TOOL_WORDS[tool.name]
    done = ButtonSpec("tool_done", "Done", "Enter")
    if tool.name == "add":
        done = ButtonSpec("tool_done", "Add it", "Enter", enabled=tool.ready, why="" if tool.ready else "Point at what was missed")
    elif tool.name == "merge":
        words = f"Merge {count} things" if tool.ready else "Merge"
        done = ButtonSpec("tool_done", words, "Enter", enabled=tool.ready, why="" if tool.ready else "Click the other part")
    back = ButtonSpec("close", "Close", "Backspace")
    edges = ButtonSpec("tool_snap", "Edges off" if tool.snap else "Edges on", "E")
    facts = (Fact("Follows edges", "yes" if tool.snap else "no, as drawn"),) if tool.name == "outline" else ()
    return SeeState(
        heading=Heading(caption, title.format(f"the {name}" if name else "it"), sentence),
        primary=done,
        secondaries=(edges, back) if tool.name == "outline" else (back,),
        crop=crop if tool.name != "add" else None,
        facts=facts,
    )


def spreading(progress: Spreading, crop: Crop | None) -> SeeState:
    """The same label is carried over other frames."""
    left = f"{progress.left_s:.0f} s left" if progress.left_s is not None else "working"
    return SeeState(
        heading=Heading("Same again", f"Carrying {progress.words} on"),
        primary=ButtonSpec("spreading", f"{progress.done} of {progress.total} frames", busy=True, enabled=False, why=left),
        secondaries=(ButtonSpec("spread_cancel", "Cancel"),),
        crop=crop,
        facts=(Fact("Time left", left), Fact("Carried", str(progress.kept))),
        note="It ends where the thing is hidden or looks different. Correct it there and go on from that frame.",
    )


def nothing_open(facts: Sequence[Fact]) -> SeeState:
    """All named, nothing to ask."""
    return SeeState(
        heading=Heading("Nothing to ask", "Every object has its name"),
        primary=ButtonSpec("page_show", "Go to Show", "Enter"),
        facts=tuple(facts),
        note="Click an object to correct its name or outline. Double-click one that was missed.",
    )


def empty_table() -> SeeState:
    """No object in view."""
    return SeeState(
        heading=Heading("No object seen", "Nothing on the table", "Put something in view."),
        primary=ButtonSpec("page_show", "Go to Show", "Enter", enabled=False, why="There is nothing to pick yet"),
        note="If something is there and not found, double-click it in the cloud.",
        count="0",
    )


def looking() -> SeeState:
    """The first frames are on their way."""
    return SeeState(
        heading=Heading("Starting", "Looking at the table"),
        primary=ButtonSpec("page_show", "Go to Show", "Enter", enabled=False, why="Objects are being looked for"),
        note="Objects appear as soon as the first frame is identified.",
        count="looking",
    )


def camera_lost(rows: Sequence[ObjectRow], since: str, age_s: float, kept: str, said: str, *, simulated: bool = False) -> SeeState:
    """No frame for three seconds. `kept` says what is safe: "9 demonstrations and 236 labels"."""
    cable = "It is simulated, so there is no cable to check." if simulated else "Check the camera’s USB cable at both ends."
    stale = tuple(replace(row, state="stale", detail=f"seen {age_s:.0f} s ago") for row in rows)
    return SeeState(
        heading=Heading(f"Since {since}", "The camera stopped sending frames"),
        primary=ButtonSpec("retry_camera", "Try again now", "Enter"),
        rows=stale,
        count=f"{len(rows)}, not live",
        findings=(
            Finding("check-circle", "ok", f"Nothing is lost. All {kept} are saved, and the arm holds still."),
            Finding(
                "link",
                "plain",
                f"{cable} Pendant tries again by itself every few seconds.",
            ),
        ),
        said=said,
        picture_title="Last colour image",
    )
