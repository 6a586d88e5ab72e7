"""Learn: versions, the held-out error, what the new version would do now, rehearsals. View and its states in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.buttons import Link
from widgets.charts import ErrorChart
from widgets.column import LeftColumn, RightColumn
from widgets.facts import Findings, Steps, separator
from widgets.parts import EmptyState, IconLabel, ProgressBar, label, line, surface
from widgets.rehearsal_grid import RehearsalGrid
from widgets.values import ButtonSpec, Curve, Empty, Finding, Heading, Picture, Rehearsal, StepRow, VersionRow
from widgets.work_lists import VersionList

NO_VERSIONS = Empty("paint-brush", "No versions yet", "Show at least 3 times first, then press Learn.")


@dataclass(frozen=True, slots=True)
class LearnState:
    """Everything Learn shows. `fraction` None with `left` words = working, no guess of the time."""

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
    runs_on: str = ""
    curves: tuple[Curve, ...] = ()
    steps_total: float = 1.0
    chart_note: str = "On demonstrations it has not seen, by how many it learned from. Lower is better."
    preview_title: str = "What it would do now"
    preview: Picture | None = None
    rehearsals: tuple[Rehearsal, ...] = ()
    rehearsal_score: str = ""
    rehearsal_note: str = "A version tries the task in the simulated cell before it may run."
    finding: Finding | None = None
    failures: tuple[Finding, ...] = ()


class _Preview(QWidget):
    """A still picture with rounded lower corners."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self.setAccessibleName("What the version would do now")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_picture(self, picture: Picture | None) -> None:
        """Show a picture, or say that there is none."""
        self._picture = picture
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        if self._picture is None:
            words = "Shown as soon as a version has learned something"
            paint.text(painter, rect, words, theme.font("body"), theme.color("text_3"), Qt.AlignmentFlag.AlignCenter)
        else:
            paint.picture(painter, rect.adjusted(0, -12, 0, 0), paint.to_image(self._picture), 9)
        painter.end()


class _Centre(QWidget):
    """The Learn content, at most 1600 wide and centred."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.chart = ErrorChart()
        self.note = label("", "body", "2")
        self.preview_title = label("", "heading")
        self.preview = _Preview()
        self.grid = RehearsalGrid()
        self.score = label("", "medium")
        self.tries = label("", "body", "2", wrap=True)
        self.missed = label("", "body")
        self.missed_icon = IconLabel("x-circle", "danger", 20)
        self.watch = Link("Watch")
        lower = QHBoxLayout()
        lower.setSpacing(16)
        lower.addWidget(self._preview_card(), 9)
        lower.addWidget(self._rehearsal_card(), 10)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(16)
        self._column.addWidget(self._chart_card(), 10)
        self._column.addLayout(lower, 12)

    def _chart_card(self) -> QWidget:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(20, 16, 20, 8)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(label("Off by, in cm", "heading"))
        head.addWidget(self.note, 1)
        column.addLayout(head)
        column.addWidget(self.chart, 1)
        return card

    def _preview_card(self) -> QWidget:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(1, 15, 1, 1)
        column.setSpacing(14)
        head = QHBoxLayout()
        head.setContentsMargins(19, 0, 19, 0)
        head.addWidget(self.preview_title)
        column.addLayout(head)
        column.addWidget(self.preview, 1)
        return card

    def _rehearsal_card(self) -> QWidget:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(20, 15, 20, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(label("Rehearsals", "heading"), 1)
        head.addWidget(self.score)
        column.addLayout(head)
        column.addWidget(self.tries)
        column.addSpacing(8)
        column.addWidget(self.grid, 1)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addWidget(self.missed_icon)
        foot.addWidget(self.missed, 1)
        foot.addWidget(self.watch)
        column.addLayout(foot)
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = max(24, (self.width() - 1600) // 2)
        top = 24 if self.height() > 700 else 16
        self._column.setContentsMargins(side, top, side, top)


class LearnPage:
    """The view. Intents: `right.action_requested`, `versions.chosen` (Shift compares), `grid.watch_requested`, `watch.clicked`."""

    name = "learn"
    holds = False

    def __init__(self) -> None:
        self.left = LeftColumn("Versions", note="rehearsals", picture=False)
        self.versions = VersionList()
        self.empty = EmptyState(NO_VERSIONS)
        self.left.add(self.versions, 1)
        self.left.add(self.empty, 1)
        self._disk = label("", "caption", "2", wrap=True)
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 10, 16, 12)
        row.setSpacing(12)
        row.addWidget(IconLabel("database", "plain", 20))
        row.addWidget(self._disk, 1)
        self._foot = foot
        self.left.add(line())
        self.left.add(foot)
        self.right = RightColumn()
        self.strip: QWidget | None = None
        self._centre = _Centre()
        self.centre: QWidget | None = self._centre
        self.watch, self.grid = self._centre.watch, self._centre.grid
        self._build_right()

    def _build_right(self) -> None:
        self._bar = ProgressBar()
        self._percent = label("", "caption", "2")
        self._left_words = label("", "caption", "2")
        host = QWidget()
        column = QVBoxLayout(host)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(6)
        column.addWidget(self._bar)
        ends = QHBoxLayout()
        ends.addWidget(self._percent, 1)
        ends.addWidget(self._left_words)
        column.addLayout(ends)
        self._progress = host
        self.steps = Steps()
        self.findings = Findings()
        self._rule = separator()
        self._about = [
            label("Made from", "strong"),
            label("", "body", "2", wrap=True),
            label("Runs on", "strong"),
            label("", "body", "2", wrap=True),
        ]
        for item in (self._progress, self.findings, self.steps, self._rule, *self._about):
            self.right.add(item)

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Nothing here depends on the window's width beyond the columns."""

    def set_state(self, state: LearnState) -> None:
        """Show a state."""
        self.versions.set_selected(state.selected)
        self.versions.set_rows(state.versions)
        self.versions.setVisible(bool(state.versions))
        self.empty.setVisible(not state.versions)
        self.left.set_count(str(len(state.versions)) if state.versions else "")
        self._disk.setText(state.disk)
        self._foot.setVisible(bool(state.disk))
        self.right.set_heading(state.heading)
        self.right.set_primary(state.primary)
        self.right.set_secondaries(state.secondaries)
        self._progress.setVisible(state.running)
        self._bar.set_fraction(state.fraction)
        self._percent.setText("working" if state.fraction is None else f"{state.fraction:.0%}")
        self._left_words.setText(state.left)
        self.steps.set_steps(state.steps)
        self.findings.set_findings(state.failures)
        for title, body, words in ((self._about[0], self._about[1], state.made_from), (self._about[2], self._about[3], state.runs_on)):
            body.setText(words)
            title.setVisible(bool(words))
            body.setVisible(bool(words))
        self._rule.setVisible(bool(state.steps) and bool(state.made_from or state.runs_on))
        self._set_centre(state)

    def _set_centre(self, state: LearnState) -> None:
        centre = self._centre
        centre.note.setText(state.chart_note)
        centre.chart.set_curves(state.curves, state.steps_total)
        centre.preview_title.setText(state.preview_title)
        centre.preview.set_picture(state.preview)
        centre.grid.set_rehearsals(state.rehearsals)
        centre.score.setText(state.rehearsal_score)
        centre.tries.setText(state.rehearsal_note)
        finding = state.finding
        for item in (centre.missed, centre.missed_icon):
            item.setVisible(finding is not None)
        centre.watch.setVisible(finding is not None and bool(finding.action))
        centre.missed.setText(finding.text if finding else "")
        if finding:
            centre.missed_icon.set_icon(finding.icon, finding.tone)


def learn_ready(version: str, made_from: str, runs_on: str) -> LearnState:
    """Enough was shown."""
    return LearnState(
        heading=Heading("Next version", f"Learn {version}", "You can go on working on every other page meanwhile."),
        primary=ButtonSpec("learn", "Learn", "Enter"),
        made_from=made_from,
        runs_on=runs_on,
    )


def too_few(have: int, need: int = 3) -> LearnState:
    """Too few demonstrations."""
    shown = "none yet" if have == 0 else f"{have} so far"
    return LearnState(
        heading=Heading("Learn", f"Show at least {need} times first", f"There are {shown}. Ten are usually enough."),
        primary=ButtonSpec("page_show", "Go to Show", "Enter"),
    )


def learning(
    version: str, left: str, ready_at: str, fraction: float | None, steps: Sequence[StepRow], made_from: str, runs_on: str
) -> LearnState:
    """Training runs. In the first 10 s `fraction` is None and no time is guessed."""
    return LearnState(
        heading=Heading(f"Learning {version}", "Working" if fraction is None else f"{left} left"),
        primary=ButtonSpec("pause_learning", "Pause learning", "Space"),
        secondaries=(ButtonSpec("finish_learning", "Finish now"), ButtonSpec("cancel_learning", "Cancel")),
        fraction=fraction,
        left="time left is shown after 10 s" if fraction is None else f"ready at about {ready_at}",
        running=True,
        steps=tuple(steps),
        made_from=made_from,
        runs_on=runs_on,
        preview_title=f"What {version} would do now",
    )


def paused(version: str, fraction: float, steps: Sequence[StepRow]) -> LearnState:
    """Training is paused; nothing is lost."""
    return LearnState(
        heading=Heading(f"Learning {version}", "Paused", "It goes on where it was, even after Pendant was closed."),
        primary=ButtonSpec("resume_learning", "Go on", "Space"),
        secondaries=(ButtonSpec("finish_learning", "Finish now"), ButtonSpec("cancel_learning", "Cancel")),
        fraction=fraction,
        running=True,
        steps=tuple(steps),
    )


def cut_off(version: str) -> LearnState:
    """Pendant was closed while it learned."""
    return LearnState(
        heading=Heading(f"Learning {version}", "Learning was cut off", "Everything up to then is there. It goes on where it was."),
        primary=ButtonSpec("resume_learning", "Go on", "Enter"),
        secondaries=(ButtonSpec("discard_learning", "Discard it"),),
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
