"""The queue on Review as plain data: which questions are shown, where one is, what was answered and how fast. No Qt, no files.

The list keeps its order and its length while one works: an answer marks a row, undoing it opens the row again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from core.learning.doubt import SURE, Doubt, Kind
from core.perception.names import Naming

ScoreBand = Literal["", "low", "middle", "high"]
VersionBand = Literal["", "now", "earlier"]
TimeBand = Literal["", "hour", "day", "week"]
_BANDS: dict[ScoreBand, tuple[float, float]] = {"": (0.0, 1.01), "low": (0.0, 0.5), "middle": (0.5, SURE), "high": (SURE, 1.01)}
_SPANS_S: dict[TimeBand, float] = {"": float("inf"), "hour": 3600.0, "day": 86_400.0, "week": 604_800.0}
_PACE_S = 120.0
_LEAST_PACE_S = 10.0


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the queue is shown; empty words show everything. `now_s` is the time that ages are measured from (since 1970)."""

    kind: Kind | Literal[""] = ""
    score: ScoreBand = ""
    version: VersionBand = ""
    time: TimeBand = ""

    def passes(self, doubt: Doubt, revision: int, now_s: float) -> bool:
        """Whether a question is shown. `revision`: of the names when the queue was made."""
        low, high = _BANDS[self.score]
        earlier = doubt.look.names_revision < revision
        return (
            self.kind in ("", doubt.kind)
            and low <= score_of(doubt) < high
            and (not self.version or earlier == (self.version == "earlier"))
            and now_s - doubt.look.made_s <= _SPANS_S[self.time]
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided: a class's name, or None for "not an object" and "unsure", said in `words`."""

    name: str | None
    words: str


@dataclass(slots=True)
class LabelQueue:
    """All questions of one opening in their order; `shown` are the positions that pass the filter; `also`: selected beside that at hand."""

    doubts: list[Doubt] = field(default_factory=list)
    revision: int = 0
    now_s: float = 0.0
    filter: Filter = field(default_factory=Filter)
    at: int = 0
    also: set[str] = field(default_factory=set)
    answers: dict[str, Answer] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    shown: list[int] = field(default_factory=list)
    _keys: list[str] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    _positions: dict[int, int] = field(default_factory=dict)
    _shown_keys: frozenset[str] = frozenset()
    _reach: int = 0
    _times_s: dict[str, float] = field(default_factory=dict)

    def fill(self, doubts: Sequence[Doubt], revision: int, now_s: float) -> None:
        """Begin with new questions; answers of an earlier opening are counted no more."""
        self.doubts, self.revision, self.now_s = list(doubts), revision, now_s
        self.answers.clear()
        self.settled.clear()
        self.also.clear()
        self._index()
        self.choose(self.filter)

    def choose(self, chosen: Filter) -> None:
        """Show what passes another filter, from its first open question."""
        self.filter = chosen
        self.shown = [n for n, d in enumerate(self.doubts) if chosen.passes(d, self.revision, self.now_s)]
        self._positions = {place: n for n, place in enumerate(self.shown)}
        self._shown_keys = frozenset(self._keys[n] for n in self.shown)
        self.also.clear()
        self.at = 0
        if self.current is not None and not self._open(self.shown[0]):
            self.go_on()

    @property
    def current(self) -> Doubt | None:
        """The question at hand."""
        return self.doubts[self.shown[self.at]] if self.shown else None

    @property
    def selected(self) -> list[Doubt]:
        """The question at hand first, then those selected beside it, in their order."""
        if self.current is None:
            return []
        beside = [self.doubts[n] for n in self.shown if self._keys[n] in self.also and self._keys[n] != self.current.key]
        return [self.current, *beside]

    def click(self, key: str, *, shift: bool, ctrl: bool) -> None:
        """A row was clicked: it comes to hand, with Shift all up to it are selected too, with Ctrl it alone, or no more."""
        if shift:
            self._extend(self.position(key))
        elif ctrl and self.current is not None and key != self.current.key:
            self.also ^= {key}
        else:
            self.select(key)

    def extend_by(self, step: int) -> None:
        """One more is selected in a direction of the list, or one less."""
        self._extend((self._reach if self.also else self.at) + step)

    def _extend(self, position: int) -> None:
        """All from the one at hand to a position of the list are selected."""
        if self.current is not None:
            self._reach = min(max(0, position), len(self.shown) - 1)
            first, last = sorted((self.at, self._reach))
            self.also = {self._keys[n] for n in self.shown[first : last + 1]} - {self.current.key}

    @property
    def total(self) -> int:
        """How many of the shown questions are decided or open."""
        return len(self.shown) - len(self._shown_keys & self.settled)

    @property
    def decided(self) -> int:
        """How many of the shown questions are decided."""
        return sum(key in self._shown_keys for key in self.answers)

    @property
    def all_done(self) -> bool:
        """Whether every shown question is decided or settled by other answers."""
        return len(self._shown_keys & (self.answers.keys() | self.settled)) == len(self.shown)

    def ahead(self, count: int) -> list[Doubt]:
        """The next open questions, the one at hand first."""
        following = [*self.shown[self.at :], *self.shown[: self.at]]
        found = []
        for n in following:
            if self._open(n) or n == self.shown[self.at]:
                found.append(self.doubts[n])
            if len(found) == count:
                break
        return found

    def answer(self, key: str, answer: Answer, now_s: float) -> None:
        """The question is decided; the next open one comes to hand."""
        self.answers[key] = answer
        self._times_s[key] = now_s
        self.also.discard(key)
        if self.current is not None and self.current.key == key:
            self.go_on()

    def reopen(self, key: str) -> None:
        """The answer was taken back: its question is at hand again."""
        self.answers.pop(key, None)
        self._times_s.pop(key, None)
        self.select(key)

    def select(self, key: str) -> None:
        """Bring a question to hand."""
        position = self.position(key)
        self.also.clear()
        if position >= 0:
            self.at = position

    def position(self, key: str) -> int:
        """Where a question stands among those shown, -1 when it is not."""
        return self._positions.get(self.place(key), -1)

    def place(self, key: str) -> int:
        """Where a question stands in the whole queue, -1 when it is not in it."""
        return self._places.get(key, -1)

    def find(self, key: str) -> Doubt | None:
        """The question of that key."""
        place = self.place(key)
        return self.doubts[place] if place >= 0 else None

    def go_on(self) -> None:
        """The next open question after the one at hand, from the start again at the end; stays where none is open."""
        self.also.clear()
        count = len(self.shown)
        for step in range(1, count):
            at = (self.at + step) % count
            if self._open(self.shown[at]):
                self.at = at
                return

    def move(self, step: int) -> None:
        """The question beside the one at hand, whatever its state."""
        self.also.clear()
        if self.shown:
            self.at = (self.at + step) % len(self.shown)

    def unfold(self, key: str) -> None:
        """Ask about each near-duplicate by itself, right after the one that stood for them."""
        place = self._places[key]
        first = self.doubts[place]
        apart = [replace(first, alike=()), *(replace(first, look=look, alike=()) for look in first.alike)]
        self.doubts[place : place + 1] = apart
        self._index()
        self.choose(self.filter)
        self.select(key)

    def rename(self, namings: Mapping[str, Naming]) -> list[str]:
        """What the names say now: open questions that are sure by now need no answer any more. Nothing changes its place.

        Returns the keys of those of which something else is said now.
        """
        changed = []
        for key, naming in namings.items():
            place = self._places.get(key)
            if place is None or key in self.answers or _said(self.doubts[place].naming) == _said(naming):
                continue
            changed.append(key)
            doubt = self.doubts[place] = replace(self.doubts[place], naming=naming)
            sure = naming.class_id is not None and naming.score >= SURE
            if sure and doubt.kind in ("unknown", "unsure") and doubt is not self.current:
                self.settled.add(key)
            else:
                self.settled.discard(key)
        return changed

    def pace(self, now_s: float) -> float:
        """Decisions a minute over the last two minutes; 0 before the second one."""
        recent = [t for t in self._times_s.values() if now_s - t <= _PACE_S]
        return 60.0 * (len(recent) - 1) / max(_LEAST_PACE_S, now_s - min(recent)) if len(recent) > 1 else 0.0

    def _index(self) -> None:
        self._keys = [d.key for d in self.doubts]
        self._places = {key: n for n, key in enumerate(self._keys)}

    def _open(self, place: int) -> bool:
        key = self._keys[place]
        return key not in self.answers and key not in self.settled


def score_of(doubt: Doubt) -> float:
    """How sure the names are of what a question's row says: of a flagged label that it is what it was called, else of the best name."""
    if doubt.kind == "outlier":
        return next((g.score for g in doubt.naming.guesses if g.class_id == doubt.look.class_id), 0.0)
    return doubt.naming.guesses[0].score if doubt.naming.guesses else 0.0


def _said(naming: Naming) -> tuple[object, ...]:
    """What of a naming is seen on screen."""
    return naming.class_id, *((guess.class_id, round(guess.score, 2)) for guess in naming.guesses)
