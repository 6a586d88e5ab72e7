"""Stable ids over time: which thing of this frame is which of the last ones, through occlusion, absence and being carried.

Called by `identify` once a frame, in order. Ids are never used twice. Knows no pictures but the label maps, and no clock but the frames'.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from core.perception.names import REJECT, Naming, Vector, distance
from core.types import Array, Guess

Labels = npt.NDArray[np.integer]

_NOWHERE: Mapping[int, Array] = {}
_DROPPED = 0.7  # what the place where a thing was let go of counts for, as an overlap
_FALLS = 0.3  # how far it is below counts for less: things fall
_FEW, _STAYED, _MOST_MOVED = 3, 0.1, 0.34
_LIES = 0.7  # the least overlap by which a thing that looks altogether different is still the one that lay there
_NO_MATCH = 2.0  # what leaving one unmatched costs: little enough that a newcomer never makes two others swap their tracks


@dataclass(frozen=True)
class Sighting:
    """One thing of one frame. `instance` its value in the label map; center, size (3,) metres in base; vector as from `names.embed`.

    `known`: the track that a person's correction or addition says it is, 0 = none; a new one begins under that id.
    """

    instance: int
    center: Array
    size: Array
    vector: Vector
    known: int = 0


@dataclass
class Track:
    """One thing over time. `chances`: smoothed probability a class; `vector` a running mean of its looks; `given`: a person gave its id."""

    id: int
    center: Array
    size: Array
    vector: Vector
    first_ns: int
    last_ns: int
    instance: int
    frames: int = 1
    missed: int = 0
    velocity: Array = field(default_factory=lambda: np.zeros(3))
    chances: dict[int, float] = field(default_factory=dict)
    naming: Naming | None = None
    given: bool = False


@dataclass(frozen=True)
class Settings:
    """Gates in metres and sigmas; `memory_s`: how long an absent thing is remembered."""

    near_m: float = 0.12
    far_m: float = 1.2
    alike: float = 3.0
    memory_s: float = 120.0
    smoothing: float = 0.35


class Tracker:
    """Assigns sightings to tracks: first by overlap and place (Hungarian), then absent tracks by appearance."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._tracks: list[Track] = []
        self._labels: Labels | None = None
        self._next = 1

    def last_seen(self) -> dict[int, int]:
        """The tracks that are known, and when each was seen last, ns."""
        return {t.id: t.last_ns for t in self._tracks}

    def place_of(self, number: int) -> Array | None:
        """Where a track was seen last (3,) in base; None when it is not known."""
        return next((t.center for t in self._tracks if t.id == number), None)

    def retract(self, standing: Collection[int]) -> None:
        """Forget the tracks that a person's corrections and additions gave and that are not among those that stand."""
        self._tracks = [t for t in self._tracks if not t.given or t.id in standing]

    def update(
        self,
        sightings: Sequence[Sighting],
        labels: Labels,
        t_ns: int,
        *,
        hidden: frozenset[int] = frozenset(),
        expected: Mapping[int, Array] = _NOWHERE,
    ) -> list[Track]:
        """The track of each sighting, in order. labels (H, W): this frame's label map, kept for the next overlap.

        hidden: tracks that are known to be behind the robot or in its hand: no sighting is taken for them. expected: where in base (3,)
        hidden tracks were let go of: what is near, or fell from there, is one of them.
        """
        self._tracks = [t for t in self._tracks if t.id in hidden or (t_ns - t.last_ns) * 1e-9 < self._settings.memory_s]
        overlap = self._overlaps(sightings, labels)
        places = {t.id: i for i, t in enumerate(self._tracks)}
        claims = {sighting.known: s for s, sighting in enumerate(sightings) if sighting.known in places}
        taken = {s: places[known] for known, s in claims.items()}
        born = set(
            {sighting.known: s for s, sighting in enumerate(sightings) if sighting.known > 0 and sighting.known not in places}.values()
        )
        dropped = {places[number]: place for number, place in expected.items() if number in places}
        lay = [i for i, t in enumerate(self._tracks) if t.missed == 0 and t.id not in hidden]
        anew = _laid_anew(overlap[:, lay])
        recent = [i for i in range(len(self._tracks)) if i not in taken.values() and (i in dropped or (i in lay and not anew))]
        absent = [i for i, t in enumerate(self._tracks) if (t.missed > 0 or anew) and i not in taken.values() and i not in recent]
        free = [s for s in range(len(sightings)) if s not in taken and s not in born]
        taken |= self._match(sightings, free, recent, overlap, t_ns, dropped)
        left = [s for s in free if s not in taken]
        rest = [i for i in [*recent, *absent] if i not in taken.values() and self._tracks[i].id not in hidden]
        taken |= self._recall(sightings, left, rest, t_ns, by_place=not anew)
        result = [
            self._follow(self._tracks[taken[s]], sighting, t_ns)
            if s in taken
            else self._begin(sighting, t_ns, sighting.known if s in born else self._unused(sightings), given=s in born)
            for s, sighting in enumerate(sightings)
        ]
        seen = {t.id for t in result}
        for track in self._tracks:
            if track.id not in seen:
                track.missed += 1
        self._labels = labels
        return result

    def name(self, track: Track, naming: Naming, *, fresh: bool) -> Naming:
        """`naming` smoothed over the track's frames; `fresh` forgets the past (the names have changed)."""
        keep = 0.0 if fresh or track.naming is None else 1 - self._settings.smoothing
        chances = {g.class_id: (1 - keep) * g.score for g in naming.guesses}
        for class_id, chance in track.chances.items():
            chances[class_id] = chances.get(class_id, 0.0) + keep * chance
        track.chances = chances
        names = {g.class_id: g.name for g in (*(track.naming.guesses if track.naming and not fresh else ()), *naming.guesses)}
        guesses = tuple(
            Guess(class_id=c, name=names[c], score=chances[c]) for c in sorted(chances, key=lambda c: -chances[c]) if c in names
        )[:5]
        unknown = max(0.0, 1 - sum(chances.values()))
        best = guesses[0] if guesses else None
        if best is None or best.score <= unknown:
            track.naming = Naming(None, None, unknown if guesses else 0.0, guesses)
        else:
            track.naming = Naming(best.class_id, best.name, best.score, guesses)
        return track.naming

    def _overlaps(self, sightings: Sequence[Sighting], labels: Labels) -> Array:
        """IoU of each sighting with each track's last mask (S, T)."""
        iou = np.zeros((len(sightings), len(self._tracks)))
        if self._labels is None or self._labels.shape != labels.shape or not iou.size:
            return iou
        now, then = labels[::2, ::2].ravel().astype(np.int64), self._labels[::2, ::2].ravel().astype(np.int64)
        n, m = max(s.instance for s in sightings) + 1, max(t.instance for t in self._tracks) + 1
        now, then = np.where(now < n, now, 0), np.where(then < m, then, 0)
        both = np.bincount(now * m + then, minlength=n * m).reshape(n, m)
        union = both.sum(1, keepdims=True) + both.sum(0, keepdims=True) - both
        for j, track in enumerate(self._tracks):
            if track.missed == 0:
                iou[:, j] = [both[s.instance, track.instance] / max(1, union[s.instance, track.instance]) for s in sightings]
        return iou

    def _match(
        self,
        sightings: Sequence[Sighting],
        rows: list[int],
        columns: list[int],
        overlap: Array,
        t_ns: int,
        dropped: Mapping[int, Array],
    ) -> dict[int, int]:
        """By overlap with the last mask, place and looks; `dropped`: where things (index into the tracks) were let go of."""
        if not rows or not columns:
            return {}
        apart = np.array([[self._apart(sightings[s], self._tracks[i], t_ns) for i in columns] for s in rows])
        under = np.array([[_under(sightings[s], dropped[i]) if i in dropped else np.inf for i in columns] for s in rows])
        apart = np.minimum(apart, under)
        looks = self._unlike(sightings, rows, columns)
        iou = np.maximum(overlap[np.ix_(rows, columns)], np.where(under < self._settings.near_m, _DROPPED, 0.0))
        cost = (1 - iou) + np.minimum(apart / self._settings.near_m, 2) + 0.3 * np.minimum(looks / self._settings.alike, 3)
        same = (iou >= _LIES) | (looks < self._settings.alike)  # the table may be laid anew, and another thing lie partly where it lay
        possible = same & ((iou > 0.2) | (apart < self._settings.near_m))
        cost = np.where(possible, np.minimum(cost, _NO_MATCH), _NO_MATCH)
        return {rows[a]: columns[b] for a, b in zip(*linear_sum_assignment(cost), strict=True) if cost[a, b] < _NO_MATCH}

    def _recall(self, sightings: Sequence[Sighting], rows: list[int], columns: list[int], t_ns: int, *, by_place: bool) -> dict[int, int]:
        """Things that were away: those that look alike, the nearer the better. by_place: those at their place may look otherwise."""
        if not rows or not columns:
            return {}
        apart = np.array([[self._apart(sightings[s], self._tracks[i], t_ns) for i in columns] for s in rows])
        looks = self._unlike(sightings, rows, columns)
        away = np.array([self._tracks[i].missed > 0 for i in columns])
        at_place = by_place & away & (apart < 0.5 * self._settings.near_m)
        alike = self._settings.alike if by_place else REJECT  # nothing else speaks for it then
        possible = (looks < alike) & (apart < self._settings.far_m) | at_place & (looks < 2 * self._settings.alike)
        cost = np.where(possible, looks / self._settings.alike + apart / self._settings.far_m, _NO_MATCH)
        return {rows[a]: columns[b] for a, b in zip(*linear_sum_assignment(cost), strict=True) if cost[a, b] < _NO_MATCH}

    def _apart(self, sighting: Sighting, track: Track, t_ns: int) -> float:
        ahead = min(0.2, (t_ns - track.last_ns) * 1e-9) if track.missed == 0 else 0.0
        return float(np.linalg.norm(sighting.center - track.center - track.velocity * ahead))

    def _unlike(self, sightings: Sequence[Sighting], rows: list[int], columns: list[int]) -> Array:
        known = np.stack([self._tracks[i].vector for i in columns])
        return np.stack([distance(sightings[s].vector, known) for s in rows])

    def _unused(self, sightings: Sequence[Sighting]) -> int:
        """The next id that no track began or is to begin under by a person's correction."""
        taken = {t.id for t in self._tracks} | {sighting.known for sighting in sightings}
        number = next(n for n in count(self._next) if n not in taken)
        self._next = number + 1
        return number

    def _begin(self, sighting: Sighting, t_ns: int, number: int, *, given: bool) -> Track:
        track = Track(number, sighting.center, sighting.size, sighting.vector, t_ns, t_ns, sighting.instance, given=given)
        self._tracks.append(track)
        return track

    def _follow(self, track: Track, sighting: Sighting, t_ns: int) -> Track:
        dt = max(1e-3, (t_ns - track.last_ns) * 1e-9)
        speed = (sighting.center - track.center) / dt if track.missed == 0 else np.zeros(3)
        track.velocity = 0.5 * track.velocity + 0.5 * np.clip(speed, -1.0, 1.0)
        track.center, track.size = sighting.center, sighting.size
        track.vector = (0.8 * track.vector + 0.2 * sighting.vector).astype(np.float32)
        track.last_ns, track.instance, track.missed = t_ns, sighting.instance, 0
        track.frames += 1
        return track


def _laid_anew(overlap: Array) -> bool:
    """Whether hardly anything lies where something lay a frame ago: overlap (S, T) of sightings with what lay there.

    Places tell nothing then: the table was laid anew, or the camera jumped. What a hand covers is gone, but the rest lies still.
    """
    if overlap.shape[1] < _FEW or not len(overlap):
        return False
    stayed = overlap > _STAYED
    return max(float(stayed.any(0).mean()), float(stayed.any(1).mean())) < _MOST_MOVED


def _under(sighting: Sighting, place: Array) -> float:
    """How far a sighting is from where something was let go of, metres."""
    x, y, z = sighting.center - place
    return float(np.sqrt(x * x + y * y + (_FALLS * z if z < 0 else z) ** 2))
