"""Which of several suitable things comes first: what can be said of a candidate in numbers, and a learned preference over it.

The weights are learned by `core.learning.ranking`; here they are only used, with numpy, because `act` must not load torch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.motion.targets import long_short
from core.types import Array, Data, Detection

FEATURES = ("length", "width", "height", "redness", "greenness", "brightness", "x", "y", "way to its place", "room", "score")


class Ranking(Data, frozen=True, kw_only=True):
    """A preference: linear in the features plus one small hidden layer.

    `middle`, `scale`, `linear` (D,): standardisation and slopes; `hidden` (D, H), `bias`, `out` (H,).
    Conditional logit: McFadden, in Frontiers in Econometrics, 1974, section 2.
    """

    middle: Array
    scale: Array
    linear: Array
    hidden: Array
    bias: Array
    out: Array

    def probabilities(self, features: Array) -> Array:
        """For candidates (N, D): the probability (N,) that an operator would take each one next."""
        x = (features - self.middle) / self.scale
        scores = x @ self.linear + np.tanh(x @ self.hidden + self.bias) @ self.out
        weights = np.exp(scores - scores.max())
        return np.asarray(weights / weights.sum(), np.float64)


def features(candidates: Sequence[Detection], reference: Detection | None, detections: Sequence[Detection]) -> Array:
    """What is known of each candidate (N, 2 D): the values of `FEATURES`, then its standing among the candidates in each, -1 to 1."""
    values = np.array([_values(c, reference, detections) for c in candidates])
    return np.concatenate([values, _standing(values)], axis=1)


def clearance(item: Detection, detections: Sequence[Detection]) -> float:
    """Metres to the nearest other thing, by their footprints; 1 where there is none. The rule takes the freest thing first."""
    gaps = [
        np.linalg.norm(item.box.center[:2] - d.box.center[:2]) - long_short(d)[0] / 2 - long_short(item)[0] / 2
        for d in detections
        if d.instance != item.instance
    ]
    return float(min(gaps, default=1.0))


def _values(item: Detection, reference: Detection | None, detections: Sequence[Detection]) -> list[float]:
    color = np.asarray(item.mean_color, np.float64)
    red, green, _ = color / max(float(color.sum()), 1.0)
    x, y = item.box.center[:2]
    goal = reference.box.center[:2] if reference is not None else np.zeros(2)
    long, short = long_short(item)
    size = [float(np.log(max(v, 1e-3))) for v in (long, short, item.box.size[2])]
    away = float(np.linalg.norm(item.box.center[:2] - goal))
    return [*size, red, green, float(color.mean()) / 255, x, y, away, min(clearance(item, detections), 0.2), item.score]


def _standing(values: Array) -> Array:
    """Where each row stands in each column: (how many are lower - how many are higher) / (rows - 1)."""
    below = (values[:, None] > values[None]).sum(axis=1)
    above = (values[:, None] < values[None]).sum(axis=1)
    return np.asarray((below - above) / max(1, len(values) - 1), np.float64)
