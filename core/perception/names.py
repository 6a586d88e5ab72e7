"""Names from a few clicks: an embedding of a masked crop, prototypes kept as exemplars, and an honest "unknown".

Called by `identify` and, for stored crops, by the perceive worker and the trainer. No trained weights: colour, metric size, shape and
texture, each scaled by how much it varies between looks at one thing. Pure functions of arrays and plain values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.types import Array, ColorImage, Guess, OrientedBox

Vector = npt.NDArray[np.float32]

NOT_AN_OBJECT = -1
"""`Exemplar.class_id` of what an operator called "not an object"."""

_HUES = 18
# Group, features, expected deviation of each between looks at the same thing: light 0.5 to 1.6, size +-10 %, hue +-8 degrees, any yaw,
# measured over twelve kinds in the simulated cell. The vector holds values over deviations, so distances are in sigmas.
_LAYOUT: tuple[tuple[str, int, tuple[float, ...]], ...] = (
    ("hue", _HUES, (0.14,)),
    ("tone", 2, (0.06, 0.06)),
    ("chroma", 3, (0.025, 0.02, 0.025)),
    ("light", 3, (0.16, 0.10, 0.12)),
    ("size", 4, (0.075, 0.16, 0.12, 0.055)),
    ("shape", 3, (0.04, 0.03, 0.03)),
    ("relief", 2, (0.04, 0.05)),
    ("texture", 3, (0.11, 0.16, 0.10)),
)
EMBEDDING_VERSION = "crop-" + hashlib.sha256(repr(_LAYOUT).encode()).hexdigest()[:12]
LENGTH = sum(count for _, count, _ in _LAYOUT)

# Fitted by `app.score.fit_names` on the fruit cell, tuning seeds 41 and 52 (36 layouts each, 387 looks, 40 draws of eight kinds):
# 96.5 % right, 84.2 % of strangers unknown, calibration error 4.9 points there.
SLOPE = 6.0
REJECT = 2.35  # sigmas at which "unknown" is as likely as the nearest name


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
        self._slope, self._reject = slope, reject
        named = [e for e in exemplars if e.class_id != NOT_AN_OBJECT]
        self._negatives = [e for e in exemplars if e.class_id == NOT_AN_OBJECT]
        self._names = {e.class_id: e.name for e in named}
        self._vectors = np.stack([e.vector for e in named]).astype(np.float32) if named else np.zeros((0, LENGTH), np.float32)
        self._classes = np.array([e.class_id for e in named], int)
        self._radius = {c: self._reach(c) for c in self._names}

    @property
    def empty(self) -> bool:
        """Whether nothing was named yet."""
        return not self._names

    def _reach(self, class_id: int) -> float:
        """How far from its exemplars a class reaches: less where another class is close by."""
        mine, others = self._vectors[self._classes == class_id], self._vectors[self._classes != class_id]
        if not len(others):
            return self._reject
        gap = min(float(distance(v, others).min()) for v in mine)
        return float(np.clip(0.75 * gap, 0.85 * self._reject, self._reject))

    def classify(self, vector: Vector) -> Naming:
        """The name of one embedded thing (LENGTH,)."""
        if self.empty:
            return Naming(None, None, 0.0, ())
        apart = distance(vector, self._vectors)
        best = {c: float(apart[self._classes == c].min()) for c in self._names}
        logits = {c: -self._slope * d for c, d in best.items()}
        nearest = min(best, key=lambda c: best[c])
        unknown = -self._slope * self._radius[nearest]
        top = max(unknown, *logits.values())
        total = np.exp(unknown - top) + sum(np.exp(v - top) for v in logits.values())
        chance = {c: float(np.exp(v - top) / total) for c, v in logits.items()}
        guesses = tuple(Guess(class_id=c, name=self._names[c], score=chance[c]) for c in sorted(chance, key=lambda c: -chance[c]))[:5]
        if best[nearest] >= self._radius[nearest]:
            return Naming(None, None, float(np.exp(unknown - top) / total), guesses)
        return Naming(nearest, self._names[nearest], chance[nearest], guesses)

    def is_rejected(self, vector: Vector, place: Array, within_m: float = 0.05) -> bool:
        """Whether an operator called this "not an object": something alike near the same place (3,) in base."""
        return any(
            float(distance(vector, e.vector[None])[0]) < 1.5 * self._reject
            and (e.place is None or np.linalg.norm(place - e.place) < within_m)
            for e in self._negatives
        )


def distance(vector: Vector, others: npt.NDArray[np.float32]) -> Array:
    """Distances (N,) of a vector to others (N, LENGTH) in sigmas: root mean square over features, the hue histogram counting as three."""
    squared = (others - vector) ** 2
    hue = np.minimum(squared[:, :_HUES].sum(1), 40.0)
    rest = np.minimum(squared[:, _HUES:], 36.0).sum(1)
    return np.sqrt((3 * hue + rest) / (3 + LENGTH - _HUES))


def embed(color: ColorImage, depth_m: npt.NDArray[np.float32], mask: Mask, box: OrientedBox, *, table: Mask | None = None) -> Vector:
    """f32 (LENGTH,) of the thing under `mask` (H, W); color u8 (H, W, 3), depth_m registered (0 = none), `box` its box with z up.

    `table` (H, W): visible table pixels; lightness is taken relative to them, which cancels the light. Raises ValueError on an empty mask.
    """
    if not mask.any():
        raise ValueError("nothing under the mask")
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return embed_crop(color[window], depth_m[window], mask[window], box, white=table_level(color, table))


def embed_crop(crop: ColorImage, depth_m: npt.NDArray[np.float32], part: Mask, box: OrientedBox, *, white: float) -> Vector:
    """`embed` of a picture cut to its mask; `white` as from `table_level`."""
    core = cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    core = core if core.sum() > 20 else part
    groups = (
        *_color_features(crop, core, white),
        _size_features(box),
        _shape_features(part),
        _relief_features(depth_m, core),
        _texture_features(crop, core),
    )
    scaled = [np.asarray(values, np.float32) / np.asarray(sigma, np.float32) for values, (_, _, sigma) in zip(groups, _LAYOUT, strict=True)]
    return np.concatenate(scaled).astype(np.float32)


def table_level(color: ColorImage, table: Mask | None) -> float:
    """The table's brightness, or the picture's where no table is seen."""
    small = color[::8, ::8].max(2).astype(np.float32)
    seen = table[::8, ::8] if table is not None else None
    return max(8.0, float(np.median(small[seen] if seen is not None and seen.sum() > 20 else small)))


def _color_features(crop: ColorImage, core: Mask, white: float) -> tuple[Array, Array, Array, Array]:
    """Hue histogram (chroma-weighted, soft bins), mean hue as a direction, chroma statistics, lightness against the table.

    Hue and chroma do not see brightness."""
    pixels = crop[core]
    rgb = pixels[:: max(1, len(pixels) // 3000)].astype(np.float32) + 2
    value = rgb.max(1)
    shine = (rgb.min(1) > 245) | (value < 12)
    rgb, value = (rgb[~shine], value[~shine]) if (~shine).sum() > 20 else (rgb, value)
    low = rgb.min(1)
    chroma = (value - low) / value
    a, b = rgb[:, 0] - 0.5 * (rgb[:, 1] + rgb[:, 2]), 0.8660254 * (rgb[:, 1] - rgb[:, 2])
    hue = (np.arctan2(b, a) / (2 * np.pi) * _HUES) % _HUES
    weight = np.clip(chroma - 0.08, 0, None)
    left = np.floor(hue).astype(int) % _HUES
    share = hue - np.floor(hue)
    bins: npt.NDArray[np.floating] = 1.0 * np.bincount(left, weight * (1 - share), _HUES) + np.bincount(
        (left + 1) % _HUES, weight * share, _HUES
    )
    bins = 0.25 * np.roll(bins, 1) + 0.5 * bins + 0.25 * np.roll(bins, -1)
    strength = min(1.0, float(weight.mean()) / 0.15)
    histogram: Array = np.sqrt(bins / max(1e-6, float(bins.sum()))) * strength
    levels = np.log(value / white)
    spread = _deciles(levels)
    angle = 2 * np.pi * hue / _HUES
    tone = strength * np.array([(weight * np.cos(angle)).sum(), (weight * np.sin(angle)).sum()]) / max(1e-6, float(weight.sum()))
    return (
        histogram,
        tone,
        np.array([chroma.mean(), chroma.std(), _deciles(chroma)[2]]),
        np.array([spread[1], spread[2] - spread[1], spread[1] - spread[0]]),
    )


def _deciles(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The 10th, 50th and 90th percentile."""
    ranked = np.sort(values[:: max(1, len(values) // 2000)])
    return ranked[np.rint(np.array([0.1, 0.5, 0.9]) * (len(ranked) - 1)).astype(int)]


def _size_features(box: OrientedBox) -> Array:
    """Log of the size as a whole, and of its two proportions; what is longest hides least."""
    long, short, height = np.maximum(box.size, 2e-3)
    height = height + 0.003
    return np.array([np.log(long * short * height) / 3, np.log(long / short), np.log(height / np.sqrt(long * short)), 0.5 * np.log(long)])


def _shape_features(part: Mask) -> Array:
    """Fill of the upright rectangle, solidity, roundness of the outline."""
    contours, _ = cv2.findContours(np.pad(part, 1).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    area, hull = cv2.contourArea(contour), cv2.convexHull(contour)
    (_, (w, h), _) = cv2.minAreaRect(contour)
    ring = cv2.arcLength(hull, True)
    return np.array(
        [area / max(1.0, w * h), area / max(1.0, cv2.contourArea(hull)), 4 * np.pi * cv2.contourArea(hull) / max(1.0, ring * ring)]
    )


def _relief_features(depth_m: npt.NDArray[np.float32], core: Mask) -> Array:
    """How round the surface is: what a sphere's depth profile explains of the relief, and the relief over the width."""
    v, u = np.nonzero(core & (depth_m > 0))
    if len(u) < 40:
        return np.zeros(2)
    step = max(1, len(u) // 1500)
    u, v = u[::step], v[::step]
    z = depth_m[v, u].astype(np.float64)
    x, y = u - u.mean(), v - v.mean()
    scale = np.sqrt(x.var() + y.var())
    x, y = x / scale, y / scale
    A = np.stack([np.ones_like(x), x, y, x * x + y * y, x * x - y * y, x * y], 1)
    z = np.clip(z, np.median(z) - 0.15, np.median(z) + 0.15)
    fit = np.linalg.solve(A.T @ A + 1e-6 * np.eye(6), A.T @ z)
    tilt = A[:, :3] @ fit[:3]
    left = (z - A @ fit).std() + 0.001
    bend = (z - tilt).std() + 0.001
    return np.array([np.log(bend / left) * 0.3, np.arctan(40 * fit[3]) * 0.5])


def _texture_features(crop: ColorImage, core: Mask) -> Array:
    """Log energy of brightness detail at a fine and a coarse scale, and of chroma, each relative to the brightness."""
    shrink = min(1.0, 96 / max(crop.shape[:2]))
    size = (max(1, round(crop.shape[1] * shrink)), max(1, round(crop.shape[0] * shrink)))
    crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    core = cv2.resize(core.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    if not core.any():
        core[:] = True
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB).astype(np.float32)
    fine = lab - cv2.blur(lab, (3, 3))
    coarse = cv2.blur(lab, (3, 3)) - cv2.blur(lab, (11, 11))
    level = max(20.0, float(lab[..., 0][core].mean()))
    return np.log(
        [
            0.02 + np.abs(fine[..., 0][core]).mean() / level,
            0.03 + np.abs(coarse[..., 0][core]).mean() / level,
            0.02 + np.abs(coarse[..., 1:][core]).mean() / level,
        ]
    )
