"""Names from a few clicks: an embedding of a masked crop, prototypes kept as exemplars, and an honest "unknown".

Called by `identify` and, for stored crops, by the perceive worker and the trainer. A look is what is measured (`handmade`) and what a
small network makes of it (`encoder`), both in sigmas: how much they vary between looks at one thing. Pure functions of arrays and values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import WeightsError
from core.geometry import Depth, Mask, Window
from core.perception import encoder, handmade
from core.types import Array, ColorImage, Guess, OrientedBox

Vector = npt.NDArray[np.float32]

NOT_AN_OBJECT = -1
"""`Exemplar.class_id` of what an operator called "not an object"."""

LENGTH = handmade.LENGTH + encoder.WIDTH
MEASURED, LEARNED = 0.18, 1.03
"""What the measured and the learned part's mean squares weigh: chosen with the reject distance, see there."""


def _version() -> str:
    """Names all that decides a vector: what is measured, and the weights."""
    weights = encoder.WEIGHTS.read_bytes() if encoder.WEIGHTS.is_file() else b""
    return "crop-" + hashlib.sha256(repr((handmade.LAYOUT, MEASURED, LEARNED)).encode() + weights).hexdigest()[:12]


EMBEDDING_VERSION = _version()

SAME_PLACE_M = 0.05
"""How far from where it was said of one thing that it is none the same may lie and still be meant."""

# Fitted on looks of the market and the fruit cell that no figure is reported on (`app.names_fit` does the same for one cell): room over
# both aims for the reject distance, least calibration error for the slope. The weights above keep the reject distance where other
# settings in sigmas (tracks, near-duplicates) expect it.
SLOPE = 4.0
REJECT = 2.35  # sigmas at which "unknown" is as likely as the nearest name
_MANY, _SHRINK = 10, 0.06  # a class of many labels reaches less far around each: with 50 corrections strangers came too near else


@dataclass(frozen=True)
class Exemplar:
    """One labelled look. `vector` as from `embed`; `place` (3,) in base where it lay, used for NOT_AN_OBJECT only."""

    class_id: int
    name: str
    vector: Vector
    place: Array | None = None


@dataclass(frozen=True)
class Naming:
    """The answer for one thing: class None = unknown; `score` the probability that the answer is right; guesses best first."""

    class_id: int | None
    name: str | None
    score: float
    guesses: tuple[Guess, ...]


class NameModel:
    """Nearest exemplars with a reject option. Immutable: a new click makes a new model.

    `suffix`: what it adds to the identifier's version, "" as shipped.
    """

    suffix = ""

    def __init__(self, exemplars: Sequence[Exemplar], *, slope: float = SLOPE, reject: float = REJECT) -> None:
        """Takes time in proportion to the exemplars: 10,000 of them are sorted by class, once."""
        self._slope, self._reject = slope, reject
        named = sorted((e for e in exemplars if e.class_id != NOT_AN_OBJECT), key=lambda e: e.class_id)
        self._negatives = [e for e in exemplars if e.class_id == NOT_AN_OBJECT]
        self._names = {e.class_id: e.name for e in exemplars if e.class_id != NOT_AN_OBJECT}
        self._vectors = np.stack([e.vector for e in named]).astype(np.float32) if named else np.zeros((0, LENGTH), np.float32)
        self._classes, self._starts, counts = np.unique(np.array([e.class_id for e in named], int), return_index=True, return_counts=True)
        self._reach = {int(c): reject * min(int(n), _MANY) ** -_SHRINK for c, n in zip(self._classes, counts, strict=True)}

    @property
    def empty(self) -> bool:
        """Whether nothing was named yet."""
        return not self._names

    def classify(self, vector: Vector) -> Naming:
        """The name of one embedded thing (LENGTH,)."""
        if self.empty:
            return Naming(None, None, 0.0, ())
        apart = self._nearest(vector)
        return decided(apart, self._names, slope=self._slope, reject=self._reach[min(apart, key=lambda c: apart[c])])

    def _nearest(self, vector: Vector) -> dict[int, float]:
        """Sigmas to the nearest exemplar of each class."""
        apart = np.minimum.reduceat(distance(vector, self._vectors), self._starts)
        return {int(c): float(d) for c, d in zip(self._classes, apart, strict=True)}

    def is_rejected(self, vector: Vector, place: Array, within_m: float = SAME_PLACE_M) -> bool:
        """Whether an operator called this "not an object": something alike near the same place (3,) in base."""
        return any(
            float(distance(vector, e.vector[None])[0]) < 1.5 * self._reject
            and (e.place is None or np.linalg.norm(place - e.place) < within_m)
            for e in self._negatives
        )


def decided(apart: Mapping[int, float], names: Mapping[int, str], *, slope: float = SLOPE, reject: float = REJECT) -> Naming:
    """The answer from sigmas to each class: a softmax over -slope x distance in which "unknown" lies at the reject distance."""
    classes = sorted(apart, key=lambda c: apart[c])
    logits = -slope * np.array([reject, *(apart[c] for c in classes)])
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    guesses = tuple(Guess(class_id=c, name=names[c], score=float(p)) for c, p in zip(classes[:5], chances[1:], strict=False))
    if not classes or apart[classes[0]] >= reject:
        return Naming(None, None, float(chances[0]), guesses)
    return Naming(classes[0], names[classes[0]], guesses[0].score, guesses)


def distance(vector: Vector, others: npt.NDArray[np.float32]) -> Array:
    """Distances (N,) of a vector to others (N, LENGTH) in sigmas: root mean square over features, the hue histogram counting as three.

    No measured feature counts for more than six sigmas, so that one that fails does not hide that all else agrees.
    """
    squared = (others - vector) ** 2
    hue = np.minimum(squared[:, : handmade.HUES].sum(1), 40.0)
    rest = np.minimum(squared[:, handmade.HUES : handmade.LENGTH], 36.0).sum(1)
    measured = (3 * hue + rest) / (3 + handmade.LENGTH - handmade.HUES)
    weight = MEASURED if vector[handmade.LENGTH :].any() else 1.0  # what is measured makes the whole distance where nothing is learned
    return np.sqrt(weight * measured + LEARNED * squared[:, handmade.LENGTH :].mean(1))


def embed(color: ColorImage, depth_m: npt.NDArray[np.float32], mask: Mask, box: OrientedBox, *, table: Mask | None = None) -> Vector:
    """f32 (LENGTH,) of the thing under `mask` (H, W); color u8 (H, W, 3), depth_m registered (0 = none), `box` its box with z up.

    `table` (H, W): visible table pixels; lightness is taken relative to them, which cancels the light. Raises ValueError on an empty mask.
    """
    if not mask.any():
        raise ValueError("nothing under the mask")
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return embed_part(color, depth_m, window, mask[window], box, white=table_level(color, table))


def embed_part(color: ColorImage, depth_m: Depth, window: Window, part: Mask, box: OrientedBox, *, white: float) -> Vector:
    """`embed` of the mask `part` (h, w) that just fills a window of the picture; `white` as from `table_level`."""
    measured = handmade.measured(color[window], depth_m[window], part, box, white=white)
    learned = _learned()
    if isinstance(learned, str):
        return np.concatenate([measured, np.zeros(encoder.WIDTH, np.float32)])
    return np.concatenate([measured, learned(encoder.shown(color, depth_m, window, part, white), measured)])


def lacking() -> str:
    """A sentence for the operator when the learned part's weights are missing or torn and names come from what is measured alone."""
    learned = _learned()
    return f"Names come from what is measured alone. {learned}" if isinstance(learned, str) else ""


def _learned() -> encoder.Encoder | str:
    """The encoder, or why there is none."""
    try:
        return encoder.standard_encoder()
    except WeightsError as error:
        return str(error)


def table_level(color: ColorImage, table: Mask | None) -> float:
    """The table's brightness, or the picture's where no table is seen."""
    small = color[::8, ::8].max(2).astype(np.float32)
    seen = table[::8, ::8] if table is not None else None
    return max(8.0, float(np.median(small[seen] if seen is not None and seen.sum() > 20 else small)))
