"""Learn: versions, the loss or the held-out error, what the new version would do now, rehearsals. The view."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.learn.centre import Centre
from app.pages.learn.states import LearnState
from widgets import theme
from widgets.column import LeftColumn, RightColumn
from widgets.facts import Findings, Steps, separator
from widgets.parts import EmptyState, IconLabel, ProgressBar, label, line
from widgets.segmented import Segmented
from widgets.values import Empty
from widgets.work_lists import VersionList


class LearnPage:
    """The view. Intents: `switch.chosen`, `right.action_requested`, `versions.chosen` (Shift compares), `grid` and `watch`."""

    name = "learn"
    holds = False

    def __init__(self) -> None:
        self.left = LeftColumn("Versions", note="rehearsals", picture=False)
        self.switch = Segmented(("Task", "Names"), "Versions of what")
        host = QWidget()
        box = QVBoxLayout(host)
        box.setContentsMargins(8, 0, 8, 8)
        box.addWidget(self.switch)
        self.left.add(host)
        self.versions = VersionList()
        self.empty = EmptyState()
        self.left.add(self.versions, 1)
        self.left.add(self.empty, 1)
        self._disk = label("", "caption", "2", wrap=True)
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 10, 16, 12)
        row.setSpacing(12)
        row.addWidget(IconLabel("database", "plain", 20))
        row.addWidget(self._disk, 1)
        self._foot = line(), foot
        for item in self._foot:
            self.left.add(item)
        self.right = RightColumn()
        self.strip: QWidget | None = None
        self._centre = Centre()
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
        self._about = [(label(title, "strong"), label("", "body", "2", wrap=True)) for title in ("Made from", "Learned", "Runs on")]
        for item in (self._progress, self.findings, self.steps, self._rule, *(item for pair in self._about for item in pair)):
            self.right.add(item)

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Nothing here depends on the window's width beyond the columns."""

    def set_state(self, state: LearnState) -> None:
        """Show a state."""
        self.switch.set_index(1 if state.names else 0)
        self.left.set_note(("named right" if state.names else "rehearsals") if state.versions else "")
        self.versions.set_selected(state.selected)
        self.versions.set_rows(state.versions)
        self.versions.setVisible(bool(state.versions))
        self.empty.set_empty(Empty("paint-brush", "No versions yet", state.first))
        self.empty.setVisible(not state.versions)
        self.left.set_count(str(len(state.versions)) if state.versions else "")
        self._disk.setText(state.disk)
        for item in self._foot:
            item.setVisible(bool(state.disk))
        self.right.set_heading(state.heading)
        self.right.set_primary(state.primary)
        self.right.set_secondaries(state.secondaries)
        self._progress.setVisible(state.running)
        self._bar.set_fraction(state.fraction)
        self._percent.setText("working" if state.fraction is None else f"{state.fraction:.0%}")
        self._left_words.setText(state.left)
        self.steps.set_steps(state.steps)
        self.findings.set_findings(state.failures)
        for (title, body), words in zip(self._about, (state.made_from, state.learned, state.runs_on), strict=True):
            body.setText(words)
            title.setVisible(bool(words))
            body.setVisible(bool(words))
        self._rule.setVisible(bool(state.steps) and bool(state.made_from or state.runs_on))
        self._centre.set_state(state)
