"""Show: object, goal, motion as three ticked steps; the held Show starts the arm. View and its states in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtWidgets import QWidget

from widgets import theme
from widgets.column import LeftColumn, RightColumn
from widgets.facts import Findings, Steps, separator
from widgets.parts import EmptyState
from widgets.pickers import HowPicker, KeyHelp, SpeedPicker
from widgets.values import ButtonSpec, DemoCard, Empty, Finding, Heading, StepRow
from widgets.work_lists import EpisodeList

SPEEDS = ("Slow", "Normal", "Full")
KEY_HELP = (
    ("Over the table", ("Left", "Right", "Up", "Down")),
    ("Up, down", ("PgUp", "PgDn")),
    ("Turn the gripper", ("Q", "E")),
    ("Open, close", ("G",)),
)
NO_DEMOS = Empty("film-strip", "No demonstrations yet", "Click an object, click where it goes, and press Show. Ten are usually enough.")
HOLD_KEY = "hold Enter"

UNRECORDED = "The arm moves, but nothing is recorded. Show it again when it is done."


@dataclass(frozen=True, slots=True)
class ShowState:
    """Everything Show shows beside the cloud. `arm`: there is one, so how and how fast it moves can be chosen."""

    heading: Heading
    primary: ButtonSpec
    secondaries: tuple[ButtonSpec, ...] = ()
    cards: tuple[DemoCard, ...] = ()
    selected: str = ""
    steps: tuple[StepRow, ...] = ()
    how: str = "click"
    available: tuple[str, ...] = ("click", "keys")
    key_help: bool = False
    speed: int = 0
    findings: tuple[Finding, ...] = ()
    arm: bool = True


class ShowPage:
    """The view. Intents: `right.action_requested`, `steps.action_requested`, `how.chosen`, `speed.chosen`, `demos.chosen`."""

    name = "show"
    holds = True

    def __init__(self) -> None:
        self.left = LeftColumn("Demonstrations")
        self.demos = EpisodeList()
        self.empty = EmptyState(NO_DEMOS)
        self.left.add(self.demos, 1)
        self.left.add(self.empty, 1)
        self.left.finish()
        self.right = RightColumn()
        self.strip: QWidget | None = None
        self.centre: QWidget | None = None
        self.steps = Steps()
        self.how = HowPicker()
        self.key_help = KeyHelp()
        self.speed = SpeedPicker("Speed", SPEEDS)
        self.findings = Findings()
        self._help_shown = True
        self._rules = [separator(), separator()]
        for widget in (self.steps, self._rules[0], self.how, self.key_help, self.speed, self._rules[1], self.findings):
            self.right.add(widget)

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Follow the window's width."""
        self.demos.set_thumb_size(metrics.thumb_width, metrics.thumb_height)
        self._help_shown = metrics.help_shown

    def set_state(self, state: ShowState) -> None:
        """Show a state."""
        self.demos.set_selected(state.selected)
        self.demos.set_rows(state.cards)
        self.demos.setVisible(bool(state.cards))
        self.empty.setVisible(not state.cards)
        self.left.set_count(str(len(state.cards)) if state.cards else "")
        self.right.set_heading(state.heading)
        self.right.set_primary(state.primary)
        self.right.set_secondaries(state.secondaries)
        self.steps.set_steps(state.steps)
        self.how.set_how(state.how, state.available, sentence=self._help_shown and not state.key_help)
        self.key_help.set_help(KEY_HELP if state.key_help else ())
        self.speed.set_index(state.speed)
        self.how.setVisible(state.arm)
        self.speed.setVisible(state.arm)
        self.findings.set_findings(state.findings)
        self._rules[0].setVisible(bool(state.steps))
        self._rules[1].setVisible(bool(state.findings))


def steps_of(item: str, goal: str, motion: str, *, problem: str = "", planning: bool = False) -> tuple[StepRow, ...]:
    """Object, goal, motion; empty words are steps not done; `problem` is why the motion is not met ("Too far by 4 cm. ...")."""
    first = StepRow("done", "Object", item, "Change", "change_object") if item else StepRow("now", "Object", "Click what to move")
    second = StepRow("waiting", "Goal", "Then click where it goes")
    if item:
        second = StepRow("done", "Goal", goal, "Change", "change_goal") if goal else StepRow("now", "Goal", "Click where it goes")
    if problem:
        third = StepRow("unmet", "Motion", problem)
    elif planning:
        third = StepRow("now", "Motion", "Planning")
    else:
        third = StepRow("done", "Motion", motion) if motion else StepRow("waiting", "Motion", "Planned as soon as both are set")
    return first, second, third


def choosing(number: int, item: str = "", goal: str = "") -> ShowState:
    """Object or goal is still to be clicked."""
    title = "Click where it goes" if item else "Click what to move"
    return ShowState(
        heading=Heading(f"Demonstration {number}", title),
        primary=ButtonSpec("show", "Show", HOLD_KEY, enabled=False, hold_ms=theme.HOLD_MS, why=f"{title} first"),
        secondaries=(ButtonSpec("clear", "Clear", "Backspace", enabled=bool(item)),),
        steps=steps_of(item, goal, ""),
    )


def planning(number: int, title: str, item: str, goal: str) -> ShowState:
    """Both are set; the motion is being planned."""
    return ShowState(
        heading=Heading(f"Demonstration {number}", title),
        primary=ButtonSpec("show", "Planning", busy=True, hold_ms=theme.HOLD_MS),
        secondaries=(ButtonSpec("clear", "Clear", "Backspace"),),
        steps=steps_of(item, goal, "", planning=True),
    )


def ready(number: int, title: str, item: str, goal: str, motion: str, suggestion: str = "") -> ShowState:
    """The ghost is shown; the held Show moves the arm."""
    return ShowState(
        heading=Heading(f"Demonstration {number}", title),
        primary=ButtonSpec("show", "Show", HOLD_KEY, hold_ms=theme.HOLD_MS),
        secondaries=(ButtonSpec("preview", "Preview", "P"), ButtonSpec("clear", "Clear", "Backspace")),
        steps=steps_of(item, goal, motion),
        findings=(Finding("plus-circle", "plain", suggestion),) if suggestion else (),
    )


def not_possible(number: int, title: str, item: str, goal: str, problem: str) -> ShowState:
    """No motion was found; the step says why."""
    return ShowState(
        heading=Heading(f"Demonstration {number}", title),
        primary=ButtonSpec("show", "Show", HOLD_KEY, enabled=False, hold_ms=theme.HOLD_MS, why=problem),
        secondaries=(ButtonSpec("clear", "Clear", "Backspace"),),
        steps=steps_of(item, goal, "", problem=problem),
    )


def moving(number: int, title: str, steps: Sequence[StepRow], *, paused: bool, holds: str = "") -> ShowState:
    """The arm performs the motion; Space pauses it. `holds`: why the arm holds by itself, or UNRECORDED."""
    primary = ButtonSpec("show", "Go on", HOLD_KEY, hold_ms=theme.HOLD_MS) if paused else ButtonSpec("pause", "Pause", "Space")
    sentence = "Paused. The arm holds." if paused else holds or "The arm moves. It is recorded from the first frame."
    told = tuple(replace(step, action="") for step in steps)  # nothing can be changed while the arm is at it
    caption = f"Demonstration {number}" if holds == UNRECORDED else f"Demonstration {number}, recording"
    return ShowState(Heading(caption, title, sentence), primary, steps=told)


def kept(number: int, title: str, summary: str, steps: Sequence[StepRow], problem: str = "") -> ShowState:
    """Done and already kept. `summary`: "12.1 s, 363 frames, none missing."; `problem`: why it did not work, if it did not."""
    sentence = f"{problem} It is kept all the same: {summary} Discard it if it teaches the wrong thing." if problem else summary
    return ShowState(
        heading=Heading(f"Demonstration {number} is kept", title, sentence),
        primary=ButtonSpec("show", "Show again", HOLD_KEY, hold_ms=theme.HOLD_MS),
        secondaries=(ButtonSpec("discard", "Discard", "Del"), ButtonSpec("clear", "Clear", "Backspace")),
        steps=tuple(steps),
    )


def driving(number: int, how: str, recorded_s: float | None, *, let_go: bool = False) -> ShowState:
    """The operator moves the arm; recording starts and finishes by the primary button. `let_go`: it holds, the keys do nothing."""
    recording = recorded_s is not None
    said = f"Recording, {recorded_s:.1f} s." if recorded_s is not None else "Nothing is recorded yet."
    discard = ButtonSpec("discard", "Discard", "Del", enabled=recording)
    if let_go:
        return ShowState(
            heading=Heading(f"Demonstration {number}", "The arm holds", f"{said} The keys do not move it now."),
            primary=ButtonSpec("take_arm", "Move it again", HOLD_KEY, hold_ms=theme.HOLD_MS),
            secondaries=(ButtonSpec("finish", "Finish", enabled=recording), discard),
            how=how,
            key_help=how == "keys",
        )
    return ShowState(
        heading=Heading(f"Demonstration {number}", "You move the arm", said),
        primary=ButtonSpec("finish", "Finish", "Enter") if recording else ButtonSpec("start_recording", "Start recording", "Enter"),
        secondaries=(ButtonSpec("hold", "Hold", "Space"), discard),
        how=how,
        key_help=how == "keys",
    )


def no_arm() -> ShowState:
    """A camera alone, live or a recording."""
    words = "See, Review and the names work with a camera alone. Without a camera Pendant opens the simulated cell, which has an arm."
    return ShowState(
        heading=Heading("Show", "No arm beside this camera", words),
        primary=ButtonSpec("page_see", "Go to See", "Enter"),
        arm=False,
    )


def arm_lost(steps: Sequence[StepRow]) -> ShowState:
    """The arm does not answer; what was clicked stays."""
    words = "Nothing that was kept is lost. Pendant tries again by itself; if the arm still moves, use the robot’s own emergency stop."
    return ShowState(
        heading=Heading("Arm", "The arm does not answer", words),
        primary=ButtonSpec("connect_arm", "Connect again", "Enter"),
        steps=tuple(steps),
    )
