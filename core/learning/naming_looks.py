"""From labels to what the naming is tuned on: their looks, the same looks in other light, size, hue and half hidden, and those held out.

Called by `naming`. A label on a held-out frame is never among what is trained on, whatever its class (`core.storage.held_out`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.errors import NothingToLearn
from core.geometry import Depth, Mask
from core.learning.exemplars import NamesSource
from core.perception import looks, names
from core.storage.records import Label
from core.types import Array, CameraInfo, ColorImage, Data

Vectors = npt.NDArray[np.float32]
Told = Callable[[int, int], None]

LEAST_LOOKS, LEAST_CLASSES = 3, 2
_MOST_LOOKS = 240
_LEAST_SHARE = 8  # looks a class that are used, however many classes there are
_VARIANTS = 3
_LIGHT, _SIZE, _HUE, _HIDDEN = (0.55, 1.55), (0.88, 1.13), (-9.0, 9.0), 0.3
_OTHER_HUE, _OTHER_SIZE = (20.0, 45.0), (1.35, 1.7)
_SHOWS = 0.5 * names.REJECT


class NamingLooks(Data, frozen=True, kw_only=True):
    """A fixed snapshot. vectors f32 (N, LENGTH), their classes and labels (N,); variants f32 (V, LENGTH) of the looks `variant_of` (V,).

    others f32 (O, LENGTH): the looks `other_of` (O,) changed so much in hue or size that they would be another kind. The same for what is
    held out, without either. `embedding`: what made the vectors.
    """

    embedding: str
    labels: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    vectors: Vectors
    variants: Vectors
    variant_of: npt.NDArray[np.int64]
    others: Vectors
    other_of: npt.NDArray[np.int64]
    held_labels: npt.NDArray[np.int64]
    held_classes: npt.NDArray[np.int64]
    held_vectors: Vectors


@dataclass(frozen=True)
class Named:
    """The standing names, parted: what may be trained on, and what is held out; newest last."""

    taught: tuple[Label, ...]
    held: tuple[Label, ...]


@dataclass(frozen=True)
class _Own:
    label: Label
    vector: names.Vector
    variants: list[names.Vector]
    others: list[names.Vector]


def parted(labels: Sequence[Label], held_out: Mapping[str, bool]) -> Named:
    """Names that stand, by whether their frame was drawn to be scored only. `held_out`: per frame hash."""
    named = [x for x in labels if x.kind == "name" and x.class_id is not None]
    return Named(
        tuple(x for x in named if not held_out.get(x.frame_hash, False)), tuple(x for x in named if held_out.get(x.frame_hash, False))
    )


def needed(counts: Sequence[int]) -> str:
    """What is needed before names can be learned, in a sentence; "" when it is there. `counts`: labels to learn from, of every name."""
    full = sum(count >= LEAST_LOOKS for count in counts)
    if full >= LEAST_CLASSES:
        return ""
    has = ("no name has that many", "one name has that many")[full]
    return (
        f"Learning names needs at least {LEAST_CLASSES} names with {LEAST_LOOKS} labels each, and {has} yet. "
        "Labels that are kept aside for scoring do not count. Name a few more things on See."
    )


def enough(named: Named) -> None:
    """Raises NothingToLearn, saying what is needed, when there are too few labels to learn from."""
    sentence = needed(list(Counter(x.class_id for x in named.taught).values()))
    if sentence:
        raise NothingToLearn(sentence)


def gather(source: NamesSource, named: Named, *, seed: int, told: Told) -> NamingLooks:
    """Embed what is there, with variants. `told(done, of how many)` after every label. Raises NothingToLearn when too little is left."""
    enough(named)
    chosen, total = chosen_of(named.taught), 0
    total = len(chosen) + len(named.held)
    own: list[_Own] = []
    for done, label in enumerate(chosen):
        told(done, total)
        vector = source.vector(label)
        if vector is not None:
            own.append(_Own(label, vector, *_changes(source, label, vector, seed)))
    held = [(label, v) for label in named.held if (v := source.vector(label)) is not None]
    told(total, total)
    enough(Named(tuple(o.label for o in own), ()))
    return NamingLooks(
        embedding=names.EMBEDDING_VERSION,
        labels=_numbers([o.label.id for o in own]),
        classes=_numbers([o.label.class_id or 0 for o in own]),
        vectors=_stack([o.vector for o in own]),
        variants=_stack([v for o in own for v in o.variants]),
        variant_of=_numbers([n for n, o in enumerate(own) for _ in o.variants]),
        others=_stack([v for o in own for v in o.others]),
        other_of=_numbers([n for n, o in enumerate(own) for _ in o.others]),
        held_labels=_numbers([label.id for label, _ in held]),
        held_classes=_numbers([label.class_id or 0 for label, _ in held]),
        held_vectors=_stack([vector for _, vector in held]),
    )


def chosen_of(labels: Sequence[Label]) -> list[Label]:
    """The newest labels of every class, alike many of each when there are too many in all; oldest first."""
    classes = {x.class_id for x in labels}
    most = max(_LEAST_SHARE, _MOST_LOOKS // max(1, len(classes)))
    seen: Counter[int | None] = Counter()
    chosen = []
    for label in reversed(labels):
        seen[label.class_id] += 1
        if seen[label.class_id] <= most:
            chosen.append(label)
    return chosen[::-1]


def _changes(source: NamesSource, label: Label, own: names.Vector, seed: int) -> tuple[list[names.Vector], list[names.Vector]]:
    """Variants of a label's look, and what would be another kind; a change that hardly shows (the hue of something grey) is left out."""
    seen = source.seen(label)
    if seen is None:
        return [], []
    frame, camera, T_base_camera, depth_m, mask = seen
    rng = np.random.default_rng([seed, label.id])

    def looks_like(change: Change) -> list[names.Vector]:
        made = _embedded(*changed(frame.color, depth_m, T_base_camera, mask, change), camera)
        return [made] if made is not None else []

    variants = [v for _ in range(_VARIANTS) for v in looks_like(Change.same_kind(rng))]
    others = [v for change in Change.other_kinds(rng) for v in looks_like(change)]
    return variants, [v for v in others if names.distance(v, own[None])[0] > _SHOWS]


def _embedded(color: ColorImage, depth_m: Depth, T_base_camera: Array, mask: Mask, camera: CameraInfo) -> names.Vector | None:
    return looks.embed(color, depth_m, camera.color, T_base_camera, mask)


@dataclass(frozen=True)
class Change:
    """Factors on light and size, degrees of hue, the share that is hidden and on which side (rad)."""

    light: float = 1.0
    size: float = 1.0
    hue: float = 0.0
    hidden: float = 0.0
    side: float = 0.0

    @classmethod
    def same_kind(cls, rng: np.random.Generator) -> Change:
        """What may happen to a thing that stays what it is."""
        light = float(np.exp(rng.uniform(*np.log(_LIGHT))))
        return cls(light, rng.uniform(*_SIZE), rng.uniform(*_HUE), rng.uniform(0, _HIDDEN), rng.uniform(0, 2 * np.pi))

    @classmethod
    def other_kinds(cls, rng: np.random.Generator) -> tuple[Change, Change]:
        """Another hue, another size."""
        light, sign = float(np.exp(rng.uniform(*np.log(_LIGHT)))), rng.choice([-1, 1], 2)
        return cls(light, hue=sign[0] * rng.uniform(*_OTHER_HUE)), cls(light, size=rng.uniform(*_OTHER_SIZE) ** sign[1])


def changed(color: ColorImage, depth_m: Depth, T_base_camera: Array, mask: Mask, change: Change) -> tuple[ColorImage, Depth, Array, Mask]:
    """A frame with a thing changed: color u8 (H, W, 3), depth_m f32 (H, W), T_base_camera (4, 4) and the mask (H, W) of what is left.

    Size: everything nearer or farther by that factor, so that the picture stays and the measures change.
    """
    lit = np.clip(color.astype(np.float32) * np.float32(change.light), 0, 255).astype(np.uint8)
    T = T_base_camera.copy()
    T[:3, 3] *= change.size
    return turned(lit, mask, change.hue), depth_m * np.float32(change.size), T, partly(mask, change.hidden, change.side)


def turned(color: ColorImage, mask: Mask, degrees: float) -> ColorImage:
    """`color` u8 (H, W, 3) with the hue under `mask` (H, W) turned."""
    window = looks.window_of(mask)
    hsv = cv2.cvtColor(color[window].astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + np.float32(degrees)) % 360
    part = np.clip(255 * cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) + 0.5, 0, 255).astype(np.uint8)
    out = color.copy()
    out[window] = np.where(mask[window][..., None], part, color[window])
    return out


def partly(mask: Mask, hidden: float, angle: float) -> Mask:
    """`mask` (H, W) without the share `hidden` of its pixels that lies farthest in direction `angle` (rad)."""
    v, u = np.nonzero(mask)
    along = u * np.cos(angle) + v * np.sin(angle)
    kept = along <= np.quantile(along, 1 - hidden)
    out = np.zeros_like(mask)
    out[v[kept], u[kept]] = True
    return out


def rows_of(found: NamingLooks) -> tuple[Vectors, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """What is trained on: vectors f32 (R, LENGTH), the look each was made from (R,), and whether it would be another kind (R,)."""
    looks_of = np.concatenate([np.arange(len(found.vectors)), found.variant_of, found.other_of])
    return (
        np.concatenate([found.vectors, found.variants, found.others]),
        looks_of,
        np.arange(len(looks_of)) >= len(looks_of) - len(found.others),
    )


def _numbers(values: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.asarray(values, np.int64)


def _stack(vectors: Sequence[names.Vector]) -> Vectors:
    return np.stack(vectors).astype(np.float32) if len(vectors) else np.zeros((0, names.LENGTH), np.float32)
