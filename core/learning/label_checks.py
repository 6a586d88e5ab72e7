"""Labels judged by each other: which look unlike their class, and how the names do on labels that they never learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.learning.doubt import Vectors
from core.perception.names import REJECT, NameModel, Naming, Vector, decided, distance

_LEAST_LABELS = 4
_MUCH_NEARER = 0.6
_REFERENCES = 200
"""Labels a class against which others are compared: more change no distance that matters, and 10,000 labels would take minutes."""


@dataclass(frozen=True)
class HeldOutScore:
    """How the names answered for the held-out labels of one class."""

    right: int = 0
    wrong: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """How many labels were asked."""
        return self.right + self.wrong + self.unknown


def score_held_out(model: NameModel, looks: Sequence[tuple[int, Vector]]) -> dict[int, HeldOutScore]:
    """Per class the answers for `looks`, given as (true class, embedding); none of them may have taught `model`."""
    counts: dict[int, list[int]] = {}
    for class_id, vector in looks:
        answer = model.classify(vector).class_id
        counts.setdefault(class_id, [0, 0, 0])[0 if answer == class_id else 2 if answer is None else 1] += 1
    return {class_id: HeldOutScore(*found) for class_id, found in counts.items()}


def outliers(classes: Sequence[int], vectors: Vectors, names: Mapping[int, str], *, seed: int = 0) -> dict[int, Naming]:
    """Labels far from their class: position in `classes` to what the others would call it. vectors (N, LENGTH).

    Flagged when no other label of the class is within the reject distance, or another class is much nearer: by its third label, so that
    one wrong label does not throw doubt on the right ones beside it. Classes of fewer than `_LEAST_LABELS` labels are left alone:
    nobody knows yet how they look.
    """
    kinds = np.asarray(classes, int)
    if not len(kinds):
        return {}
    references = _references(kinds, seed)
    flagged: dict[int, Naming] = {}
    for at, vector in enumerate(vectors):
        if (kinds == kinds[at]).sum() < _LEAST_LABELS:
            continue
        apart = {c: _nearest(vector, vectors[rows[rows != at]]) for c, rows in references.items()}
        mine = int(kinds[at])
        other = min((third for c, (_, third) in apart.items() if c != mine), default=np.inf)
        if apart[mine][0] > REJECT or other < _MUCH_NEARER * apart[mine][1]:
            flagged[at] = decided({c: first for c, (first, _) in apart.items() if np.isfinite(first)}, names)
    return flagged


def _references(kinds: np.ndarray, seed: int) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(seed)
    chosen = {}
    for c in np.unique(kinds):
        rows = np.flatnonzero(kinds == c)
        chosen[int(c)] = rows if len(rows) <= _REFERENCES else np.sort(rng.choice(rows, _REFERENCES, replace=False))
    return chosen


def _nearest(vector: Vector, others: Vectors) -> tuple[float, float]:
    """Sigmas to the nearest of `others` and to the third, infinite where there are not so many."""
    apart = np.sort(distance(vector, others)) if len(others) else np.zeros(0)
    return tuple(float(apart[k]) if len(apart) > k else np.inf for k in (0, 2))  # type: ignore[return-value]
