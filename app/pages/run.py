"""Run: checks, rollouts, what the version is doing, take-over and hand back. View and its states in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.show import HOLD_KEY, KEY_HELP, SPEEDS
from widgets import theme
from widgets.column import LeftColumn, RightColumn
from widgets.facts import Findings, separator
from widgets.figures import ChecksList, Score
from widgets.parts import EmptyState, label, line
from widgets.pickers import HowPicker, KeyHelp, SpeedPicker
from widgets.values import ButtonSpec, Check, Empty, Finding, Heading, RolloutRow
from widgets.work_lists import RolloutList

GRIPS = "holds something"
UNRECORDED = "Nothing of this rollout is recorded."
NO_ROLLOUTS = Empty("play", "", "Rollouts of today appear here.")


@dataclass(frozen=True, slots=True)
class RunState:
    """Everything Run shows beside the cloud. `marks`: one word a rollout (worked, take-over, missed, running, stopped, cut off)."""

    heading: Heading
    primary: ButtonSpec
    secondaries: tuple[ButtonSpec, ...] = ()
    checks: tuple[Check, ...] = ()
    checks_note: str = ""
    rollouts: tuple[RolloutRow, ...] = ()
    rollouts_note: str = ""
    selected: str = ""
    figure: str = ""
    figure_words: str = "worked alone"
    marks: tuple[str, ...] = ()
    how: str = ""
    available: tuple[str, ...] = ("keys",)
    speed: int | None = None
    version: str = ""
    version_score: str = ""
    version_words: str = ""
    findings: tuple[Finding, ...] = ()


class RunPage:
    """The view. Intents: `right.action_requested`, `rollouts.chosen`, `how.chosen`, `speed.chosen`, `findings.action_requested`."""

    name = "run"
    holds = False

    def __init__(self) -> None:
        self.left = LeftColumn("Checks")
        self.checks = ChecksList()
        self.rollouts = RolloutList()
        self.empty = EmptyState(NO_ROLLOUTS)
        self._rollouts_note = label("", "body", "3")
        head = QWidget()
        head.setFixedHeight(56)
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(label("Rollouts", "heading"))
        row.addWidget(self._rollouts_note, 1)
        for widget, stretch in ((self.checks, 0), (line(), 0), (head, 0), (self.rollouts, 1), (self.empty, 1)):
            self.left.add(widget, stretch)
        self.left.finish()
        self.right = RightColumn()
        self.strip: QWidget | None = None
        self.centre: QWidget | None = None
        self.score = Score()
        self.findings = Findings()
        self.how = HowPicker()
        self.key_help = KeyHelp()
        self.speed = SpeedPicker("Speed", SPEEDS)
        self._version = label("", "strong")
        self._version_score = label("", "medium")
        self._version_words = label("", "body", "2", wrap=True)
        self._rules = [separator(), separator()]
        items = (self.score, self.findings, self.how, self.key_help, self._rules[0], self.speed, self._rules[1], self._version_row())
        for widget in items:
            self.right.add(widget)

    def _version_row(self) -> QWidget:
        self._version_host = QWidget()
        column = QVBoxLayout(self._version_host)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.addWidget(self._version, 1)
        row.addWidget(self._version_score)
        column.addLayout(row)
        column.addWidget(self._version_words)
        return self._version_host

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Nothing here depends on the window's width beyond the columns."""

    def set_state(self, state: RunState) -> None:
        """Show a state."""
        self.checks.set_checks(state.checks)
        self.left.set_count(state.checks_note)
        self.rollouts.set_selected(state.selected)
        self.rollouts.set_rows(state.rollouts)
        self.rollouts.setVisible(bool(state.rollouts))
        self.empty.setVisible(not state.rollouts)
        self._rollouts_note.setText(state.rollouts_note)
        self.right.set_heading(state.heading)
        self.right.set_primary(state.primary)
        self.right.set_secondaries(state.secondaries)
        self.score.set_score(state.figure, state.figure_words, state.marks)
        self.findings.set_findings(state.findings)
        self.how.setVisible(bool(state.how))
        self.how.set_how(state.how, state.available, sentence=state.how != "keys")
        self.key_help.set_help(KEY_HELP if state.how == "keys" else ())
        self.speed.setVisible(state.speed is not None)
        self.speed.set_index(-1 if state.speed is None else state.speed)
        self._rules[0].setVisible(bool(state.figure or state.how or state.findings) and state.speed is not None)
        self._rules[1].setVisible(bool(state.version))
        self._version_host.setVisible(bool(state.version))
        self._version.setText(state.version)
        self._version_score.setText(state.version_score)
        self._version_words.setText(state.version_words)


def ready(version: str, *, checks: Sequence[Check], previous: str = "") -> RunState:
    """A version waits for the held press; a check that fails disables it with the reason."""
    bad = next((check for check in checks if not check.ok), None)
    why = f"{bad.name}: {bad.value}" if bad else ""
    stopped = bad is not None and bad.value == "stopped"
    sentence = "Hold the button for half a second; the arm then moves by itself."
    if bad is not None and bad.value == GRIPS:
        sentence = "The hand is not empty. Open it first: click Arm at the top, then Open the gripper."
    return RunState(
        heading=Heading("Run", f"{version} is on the arm", sentence),
        primary=ButtonSpec("run", f"Run {version}", HOLD_KEY, enabled=bad is None, hold_ms=theme.HOLD_MS, why=why),
        secondaries=(ButtonSpec("roll_back", f"Back to {previous}"),) if previous else (),
        checks=tuple(checks),
        checks_note="all good" if bad is None else "arm stopped" if stopped else "not ready",
    )


def running(rollout: int, intent: str, previous: str, *, recorded: bool = True) -> RunState:
    """The policy moves the arm."""
    return RunState(
        heading=Heading(f"Rollout {rollout}", intent, "" if recorded else UNRECORDED),
        primary=ButtonSpec("take_over", "Take over", "Space"),
        secondaries=_ways_out(previous),
        checks_note="all good",
    )


def _ways_out(previous: str) -> tuple[ButtonSpec, ...]:
    """What else can be done of a rollout; the same while it waits, as a button that changes under the pointer is pressed by mistake."""
    back = (ButtonSpec("roll_back", f"Back to {previous}"),) if previous else ()
    return (*back, ButtonSpec("end_after", "End after this"))


def asking(rollout: int, name: str, sure: float, *, answered: bool, version: str) -> RunState:
    """The version does not know which thing is meant; the arm holds until the operator has said so and presses again."""
    if answered:
        return RunState(
            heading=Heading(f"Rollout {rollout}", f"{version} waits for you", "Hold the button; it looks again and goes on."),
            primary=ButtonSpec("go_on", "Go on", HOLD_KEY, hold_ms=theme.HOLD_MS),
            secondaries=(ButtonSpec("end_rollout", "End rollout"),),
            checks_note="holding",
        )
    share = f"It is {100 * sure:.0f}% sure. " if round(100 * sure) < 100 else ""  # it asks for another reason than doubt then
    sentence = f"{share}Press Yes, or click the {name} if it is another one. The arm holds."
    return RunState(
        heading=Heading(f"Rollout {rollout}", f"Is this the {name}?", sentence),
        primary=ButtonSpec("yes", f"Yes, {name}", "Enter"),
        secondaries=(ButtonSpec("no", f"Not the {name}"), ButtonSpec("end_rollout", "End rollout")),
        checks_note="asking",
    )


def taken_over(rollout: int, version: str, how: str, *, grips: str = "", recorded: bool = True) -> RunState:
    """The operator moves the arm; hand back with a held press. `grips`: what the hand holds; a version begins with an empty one."""
    kept = f"What you do now is kept as take-over {rollout}, under Demonstrations." if recorded else UNRECORDED
    sentence = f"Set {grips} down and open the hand before {version} goes on." if grips else f"{version} waits. {kept}"
    return RunState(
        heading=Heading(f"Rollout {rollout}, take-over", "You move the arm", sentence),
        primary=ButtonSpec(
            "hand_back", f"Hand back to {version}", HOLD_KEY, enabled=not grips, hold_ms=theme.HOLD_MS, why=sentence if grips else ""
        ),
        secondaries=(ButtonSpec("hold", "Hold", "Space"), ButtonSpec("end_rollout", "End rollout")),
        how=how,
        checks_note="all good",
    )


def let_go(rollout: int, version: str, *, again: bool) -> RunState:
    """The arm is neither the version's nor the operator's: it holds. `again`: the held press gives it to the keys, else to the version."""
    back = ButtonSpec("hand_back", f"Hand back to {version}", HOLD_KEY, hold_ms=theme.HOLD_MS)
    move = ButtonSpec("move_again", "Move it again", HOLD_KEY, hold_ms=theme.HOLD_MS)
    other = ButtonSpec("offer_back", f"Hand back to {version}") if again else ButtonSpec("offer_again", "Move it again")
    return RunState(
        heading=Heading(f"Rollout {rollout}, take-over", "The arm holds", f"{version} waits. The keys do not move the arm now."),
        primary=move if again else back,
        secondaries=(other, ButtonSpec("end_rollout", "End rollout")),
        how="keys",
        checks_note="holding",
    )


def stale(rollout: int, what: str, previous: str) -> RunState:
    """A check fails while running: the arm holds by itself."""
    return RunState(
        heading=Heading(f"Rollout {rollout}", f"The arm holds, waiting for the {what}"),
        primary=ButtonSpec("take_over", f"Hold, waiting for the {what}", busy=True),
        secondaries=_ways_out(previous),
        checks_note="holding",
    )


def stopped(caption: str, sentence: str) -> RunState:
    """STOP is latched; only the held release ends it."""
    return RunState(
        heading=Heading(caption, "You stopped the arm", sentence),
        primary=release_spec(),
        checks_note="arm stopped",
    )


def release_spec() -> ButtonSpec:
    """The button that ends a stop, on every page."""
    return ButtonSpec("release_stop", "Release the stop", "hold 1 s", hold_ms=theme.RELEASE_STOP_MS)


def no_arm() -> RunState:
    """A camera alone, live or a recording."""
    return RunState(
        heading=Heading("Run", "No arm beside this camera", "Nothing can run here. See, Review and the names work with a camera alone."),
        primary=ButtonSpec("page_see", "Go to See", "Enter"),
        checks_note="no arm",
    )


def no_version(ready: str = "") -> RunState:
    """Nothing may run yet. `ready`: the newest version that has passed its checks."""
    title, sentence = "No version has passed its checks", "Learn makes one from your demonstrations and rehearses it first."
    if ready:
        title, sentence = "No version is on the arm", f"{ready} has passed its checks. Choose it on Learn to try it here."
    return RunState(
        heading=Heading("Run", title, sentence),
        primary=ButtonSpec("page_learn", "Go to Learn", "Enter"),
        checks_note="no version",
    )
