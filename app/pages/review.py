"""Review: demonstrations or labels, replay with the timeline, findings, rating. View and its states in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets import theme
from widgets.buttons import Button
from widgets.column import LeftColumn, RightColumn
from widgets.crop import CropView
from widgets.facts import Facts, Findings, separator
from widgets.figures import Bars, CoverageMap
from widgets.naming import QuestionCard, ToolRow
from widgets.parts import EmptyState, ProgressBar, label, line
from widgets.pickers import SpeedPicker
from widgets.queue_list import QueueHead, QueueList, QueueRow
from widgets.segmented import Segmented
from widgets.timeline import Timeline
from widgets.values import Bar, ButtonSpec, Choice, CoveragePoint, Crop, DemoCard, Empty, Fact, Finding, Heading
from widgets.work_lists import EpisodeList

RATINGS = ("Poor", "Unsure", "Good")
SPAN_WORDS = ("10", "30", "100", "All")
WAYS = ("Before", "Both", "After")
NO_DEMOS = Empty(
    "film-strip",
    "No demonstrations yet",
    "Click an object, click where it goes, and press Show. Ten are usually enough.",
    "Go to Show",
    "Ctrl 2",
)


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Everything Review shows beside the replay. `labels`: the queue of doubtful labels instead of demonstrations.

    `decided` of `asked` questions at a `pace`; `shown_words`: what the filter lets through; `nothing`: what stands in the list's place.
    `coverage`: in the bars' place, where demonstrations began on the `table`, as the camera sees it.
    `ask`: a thing of the open demonstration is asked about; `carry`: how far and which way its label would go; `progress`: of a run, 0..1.
    """

    heading: Heading
    primary: ButtonSpec
    secondaries: tuple[ButtonSpec, ...] = ()
    labels: bool = False
    cards: tuple[DemoCard, ...] = ()
    selected: str = ""
    queue: tuple[QueueRow, ...] = ()
    queue_selected: int = -1
    queue_also: tuple[int, ...] = ()
    decided: int = 0
    asked: int = 0
    pace: str = ""
    shown_words: str = "Everything"
    nothing: Empty | None = None
    trash: str = ""
    findings: tuple[Finding, ...] = ()
    rating: int | None = None
    bars: tuple[Bar, ...] = ()
    coverage: tuple[CoveragePoint, ...] = ()
    table: tuple[float, float, float, float] = (0.0, -0.4, 0.8, 0.4)
    arm_far: bool = False
    ask: bool = False
    carry: tuple[int, int] | None = None
    progress: float | None = None
    facts: tuple[Fact, ...] = ()
    crop: Crop | None = None
    guesses: tuple[Choice, ...] = ()
    names: tuple[Choice, ...] = ()


class ReviewPage:
    """The view. Intents: `switch.chosen`, `demos.chosen`, `queue.chosen`, `timeline.*`, `rating.chosen`, `trash/import/export` clicks."""

    name = "review"
    holds = False

    def __init__(self) -> None:
        self.left = LeftColumn("Demonstrations", picture=False)
        self.left.head.hide()
        self.switch = Segmented(("Demonstrations", "Labels"), "What to review")
        host = QWidget()
        box = QVBoxLayout(host)
        box.setContentsMargins(8, 8, 8, 8)
        box.addWidget(self.switch)
        self.left.add(host)
        self.demos = EpisodeList()
        self.queue = QueueList()
        self.queue_head = QueueHead()
        self.empty = EmptyState(NO_DEMOS)
        self.left.add(self.queue_head)
        for widget in (self.demos, self.queue, self.empty):
            self.left.add(widget, 1)
        self.left.add(self._make_foot())
        self.right = RightColumn()
        self.timeline = Timeline()
        self.strip: QWidget | None = self.timeline
        self.centre: QWidget | None = None
        self.question = QuestionCard()
        self.crop = CropView()
        self.progress = ProgressBar()
        self.facts = Facts()
        self.span = SpeedPicker("Frames", SPAN_WORDS)
        self.way = SpeedPicker("Which way", WAYS, keys=False)
        self.findings = Findings()
        self.rating = SpeedPicker("Rating", RATINGS)
        self.bars = Bars("Labels per name")
        self.coverage = CoverageMap()
        self._rule = separator()
        asked: tuple[QWidget, ...] = (self.question, self.crop, self.progress, self.span, self.way, self.facts)
        for item in (*asked, self.findings, self._rule, self.rating, self.bars, self.coverage):
            self.right.add(item)

    def _make_foot(self) -> QWidget:
        foot = QWidget()
        column = QVBoxLayout(foot)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        column.addWidget(line())
        self.trash = ToolRow("Trash", "trash", "")
        self._trash_size = label("", "caption", "3")
        row = QHBoxLayout()
        row.setContentsMargins(9, 0, 16, 0)
        row.addWidget(self.trash, 1)
        row.addWidget(self._trash_size)
        column.addLayout(row)
        self.import_button = Button("Import", icon="download-simple")
        self.export_button = Button("Export", icon="upload-simple")
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 0, 8, 0)
        buttons.setSpacing(12)
        buttons.addWidget(self.import_button, 1)
        buttons.addWidget(self.export_button, 1)
        column.addLayout(buttons)
        foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return foot

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Follow the window's width."""
        self.demos.set_thumb_size(metrics.thumb_width, metrics.thumb_height)
        for crop in (self.question.crop, self.crop):
            crop.setFixedHeight(metrics.question_height)

    def set_state(self, state: ReviewState) -> None:
        """Show a state."""
        self.switch.set_index(1 if state.labels else 0)
        self.demos.set_selected(state.selected)
        self.demos.set_rows(state.cards)
        self._set_queue(state)
        self.demos.setVisible(bool(state.cards) and not state.labels)
        self.empty.set_empty(state.nothing or NO_DEMOS)
        self.empty.setVisible(state.nothing is not None or (not state.cards and not state.labels))
        if not state.cards:
            self.timeline.clear()
        self._trash_size.setText(state.trash)
        self.right.set_heading(state.heading)
        self.right.set_primary(state.primary)
        self.right.set_secondaries(state.secondaries)
        self.question.setVisible(state.ask or (state.labels and bool(state.queue)))
        self.question.set_question(state.crop, state.guesses, state.names, taken=state.primary.id == "confirm")
        self._set_carry(state)
        self.findings.set_findings(state.findings)
        self.rating.setVisible(state.rating is not None)
        self.rating.set_index(-1 if state.rating is None else state.rating)
        self._rule.setVisible(bool(state.findings) and state.rating is not None)
        self.coverage.set_points(state.coverage, state.table, arm_far=state.arm_far)
        self.bars.set_bars(() if state.coverage else state.bars)

    def _set_carry(self, state: ReviewState) -> None:
        self.crop.setVisible(state.crop is not None and not state.ask and not state.labels)
        self.crop.set_crop(state.crop)
        self.progress.setVisible(state.progress is not None)
        self.progress.set_fraction(state.progress or 0.0)
        self.facts.set_facts(state.facts)
        for picker, index in zip((self.span, self.way), state.carry or (-1, -1), strict=True):
            picker.setVisible(state.carry is not None)
            picker.set_index(index)

    def _set_queue(self, state: ReviewState) -> None:
        self.strip = None if state.labels else self.timeline
        self.queue_head.setVisible(state.labels and (state.asked > 0 or bool(state.shown_words != "Everything")))
        self.queue_head.set_progress(state.decided, state.asked, state.pace)
        self.queue_head.set_filter(state.shown_words)
        self.queue.setVisible(state.labels and state.nothing is None)
        self.queue.set_rows(state.queue)
        self.queue.set_selected(state.queue_selected)
        self.queue.set_also(state.queue_also)


def watching(title: str, sentence: str, findings: Sequence[Finding], rating: int) -> ReviewState:
    """A demonstration is open; the worst finding is the situation."""
    return ReviewState(
        heading=Heading(title, sentence),
        primary=ButtonSpec("keep_and_next", "Keep and next", "Enter"),
        secondaries=(ButtonSpec("trash", "Trash", "Del"), ButtonSpec("split", "Split here", "X")),
        findings=tuple(findings),
        rating=rating,
    )


def partial(title: str, seconds: float) -> ReviewState:
    """A file that ends early: what is there can be kept."""
    return ReviewState(
        heading=Heading(title, "Saved up to a power cut", f"{seconds:.1f} s are readable and complete. The rest was never written."),
        primary=ButtonSpec("keep_partial", "Keep what is there", "Enter"),
        secondaries=(ButtonSpec("trash", "Trash", "Del"),),
    )


def reviewed() -> ReviewState:
    """Everything is looked at."""
    return ReviewState(
        heading=Heading("Review", "All demonstrations are reviewed"),
        primary=ButtonSpec("page_learn", "Go to Learn", "Enter"),
    )


def empty() -> ReviewState:
    """Nothing recorded."""
    return ReviewState(
        heading=Heading("Review", "Nothing to review yet", "Demonstrations appear here as soon as one is kept."),
        primary=ButtonSpec("page_show", "Go to Show", "Enter"),
    )


def emptying(count: int, size: str, versions: Sequence[str]) -> ReviewState:
    """The trash was clicked: it can be restored, or emptied for good, which is asked here once."""
    made = f"{', '.join(versions)} learned from them and stay." if versions else "No version was made from them."
    things = "1 demonstration" if count == 1 else f"{count} demonstrations"
    return ReviewState(
        heading=Heading("Trash", f"{things} in the trash", f"{size}. Emptying is final. {made}"),
        primary=ButtonSpec("restore_trash", "Restore all", "Enter"),
        secondaries=(ButtonSpec("empty_trash", "Empty it for good", danger=True), ButtonSpec("leave_trash", "Leave it")),
    )
