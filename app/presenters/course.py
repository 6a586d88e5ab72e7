"""The course of one training: which step it is at, how far, and how long it will still take. Fed with the trainer's progress."""

from __future__ import annotations

from collections.abc import Mapping

from app.presenters import version_words as words
from core.learning.progress import Point, Progress
from core.storage.records import Version
from core.transport.clock import HostClock
from widgets.values import StepRow

GUESS_AFTER_S = 10.0


class Course:
    """Time is host time without the pauses. `stages` with where each starts, 0..1 of the job."""

    waits_for = "one rehearsal"
    stages: Mapping[str, float] = {"policy": 0.0, "check": 0.05, "rehearse": 0.12, "done": 1.0}

    def __init__(self, clock: HostClock) -> None:
        self._clock = clock
        self._began_ns = clock.now_ns()
        self._paused_ns = 0
        self._rehearsing_ns = 0
        self._known_before = 0
        self.stage = next(iter(self.stages))
        self.rehearsed: list[bool] = []
        self.total = 0
        self.done, self.of = 0, 1
        self._points: list[tuple[int, float]] = []
        self.loss: list[Point] = []
        self.device = self.notice = ""
        self._sentence = "starting"

    def heard(self, progress: Progress) -> None:
        """The trainer said where it is."""
        self.stage = progress.stage if progress.stage in self.stages else self.stage
        self.done, self.of = progress.done, max(1, progress.total)
        self._sentence = progress.sentence or self._sentence
        self._points = progress.curve or self._points
        self.loss = progress.loss or self.loss
        self.device = progress.device or self.device
        self.notice = progress.notice or self.notice
        if progress.stage == "rehearse":
            if not self._rehearsing_ns:
                self._rehearsing_ns, self._known_before = self._clock.now_ns(), progress.done
            self.rehearsed, self.total = list(progress.rehearsed), progress.total

    def paused(self) -> None:
        """From now on time does not count."""
        self._paused_ns = self._clock.now_ns()

    def resumed(self) -> None:
        """Time counts again."""
        away = self._clock.now_ns() - self._paused_ns
        self._began_ns += away
        self._rehearsing_ns += away if self._rehearsing_ns else 0

    def fraction(self) -> float:
        """0..1 of the whole job."""
        start = self.stages[self.stage]
        end = next((at for at in self.stages.values() if at > start), 1.0)
        return start + (end - start) * self.done / self.of

    def left_s(self) -> float | None:
        """Seconds left; None in the first ten seconds and before one rehearsal is through."""
        now = self._clock.now_ns()
        tried = len(self.rehearsed) - self._known_before
        if self.fresh or tried < 1:
            return None
        return (now - self._rehearsing_ns) / 1e9 / tried * (self.total - len(self.rehearsed))

    @property
    def fresh(self) -> bool:
        """The first ten seconds, in which nothing is foretold."""
        return self.running_s < GUESS_AFTER_S

    def waiting_words(self) -> str:
        """When the time left will be known."""
        return "time left is shown after 10 s" if self.fresh else f"time left: after {self.waits_for}"

    def left_words(self) -> str:
        """ "6 minutes", "40 seconds"."""
        left = self.left_s() or 0.0
        if left < 90:
            return f"{max(10, round(left / 10) * 10):.0f} seconds"
        return f"{round(left / 60):.0f} minutes"

    @property
    def at(self) -> int:
        """The number of the stage that goes on."""
        return list(self.stages).index(self.stage)

    @property
    def running_s(self) -> float:
        """Seconds since it began, without pauses."""
        return (self._clock.now_ns() - self._began_ns) / 1e9

    def steps(self) -> tuple[StepRow, ...]:
        """The steps as a list."""
        at = self.at
        good = sum(self.rehearsed)
        tried = f"{good} of {len(self.rehearsed)} worked so far" if self.rehearsed else "waiting" if at < 2 else "the first one goes on"
        rows = (
            ("Policy", self._sentence if at == 0 else "fitted"),
            ("Check on what it has not seen", f"{self.done} of {self.of}" if at == 1 else "waiting" if at < 1 else self._error_words()),
            (f"Rehearse {self.total} times" if self.total else "Rehearse", tried),
        )
        return tuple(
            StepRow("done" if n < at else "now" if n == at else "waiting", caption, value, strong_first=True)
            for n, (caption, value) in enumerate(rows)
        )

    def chart(self, name: str, before: Version | None) -> words.Chart:
        """What is measured so far: the loss where there is one, else the error; the version `before` dotted."""
        if self.loss:
            return words.loss_chart(name, self.loss, before)
        return words.error_chart([(name, self._points)], before)

    def _error_words(self) -> str:
        return f"off by {self._points[-1][1]:.1f} cm" if self._points else "needs two demonstrations"
