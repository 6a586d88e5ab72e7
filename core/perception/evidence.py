"""Pieces joined by what the network says of pairs of their pixels, and by how they touch: average-linkage agglomeration.

Called by `propose` when a segmenter is there. Bailoni et al., "GASP" (arXiv 1906.11713): the mean affinity over all pairs between two
clusters decides, the highest first. Pure functions.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.perception.segment import GRID, OFFSETS, Evidence, pair
from core.types import Array

Labels = npt.NDArray[np.int32]
Image = npt.NDArray[np.float32]

PARTED = 0.4
"""Over this a pixel is taken for the end of a thing."""

THING = 0.4
"""Under this mean chance a piece is taken for scenery."""

_TOUCH, _SOFT, _HARD = 0.5, 0.9, 0.1  # a pixel of common border is half a vote: for one thing where it is smooth, against where it is not
_HOLLOW_VOTES = 30.0
_NEVER_VOTES = 1e6
_ONE = 0.45
_ENOUGH_VOTES = 8.0


def enlarged(image: Image, shape: tuple[int, int]) -> Image:
    """An image of the network's grid on the picture's grid, whose every `GRID`-th pixel it was made of."""
    height, width = image.shape
    big = cv2.resize(image, (GRID * width, GRID * height), interpolation=cv2.INTER_LINEAR)
    return big[: shape[0], : shape[1]]


def partings(evidence: Evidence) -> Image:
    """How sure it is that a thing ends at a pixel, f32 (H, W) on the network's grid: from the shortest pairs about it."""
    apart = np.zeros(evidence.thing.shape, np.float32)
    for k, (dv, du) in enumerate(OFFSETS[:2]):
        here, _ = pair(apart.shape, dv, du)
        middle = (
            slice(here[0].start + dv // 2, here[0].stop + dv // 2),
            slice(here[1].start + du // 2, here[1].stop + du // 2),
        )
        np.maximum(apart[middle], 1 - evidence.same[k][here], out=apart[middle])
    return apart


def affinities(labels: Labels, evidence: Evidence, n: int) -> tuple[Array, Array]:
    """Per pair of `n` labels the sum of the chances that their pixels are of one thing, and how many pairs said so, (N, N) each."""
    total, count = np.zeros((n, n)), np.zeros((n, n))
    for k, (dv, du) in enumerate(OFFSETS):
        here, there = pair(labels.shape, dv, du)
        a, b = labels[here], labels[there]
        at = np.flatnonzero((a != b) & (a > 0) & (b > 0))
        key = a.ravel()[at].astype(np.int64) * n + b.ravel()[at]
        chance = evidence.same[k][here].ravel()[at]
        total += np.bincount(key, chance, n * n).reshape(n, n)
        count += np.bincount(key, minlength=n * n).reshape(n, n)
    return total + total.T, count + count.T


def joined(labels: Labels, evidence: Evidence, touching: Array, soft: Array, hollow: Mask, apart: Mask) -> npt.NDArray[np.int32]:
    """Which piece each label (H, W) of the picture's grid joins (N,).

    touching, soft (N, N): pixels of common border, and those of them without step or crease. hollow bool (N, N): one is the other's hollow.
    apart bool (N, N): known to be two things.
    """
    n = len(touching)
    few = np.ascontiguousarray(labels[::GRID, ::GRID])
    total, count = affinities(few, evidence, n)
    total += _TOUCH * (_SOFT * soft + _HARD * (touching - soft)) + _HOLLOW_VOTES * hollow
    count += _TOUCH * touching + _HOLLOW_VOTES * hollow
    total[apart], count[apart] = 0, _NEVER_VOTES
    return agglomerate(total, count, least=_ONE, enough=_ENOUGH_VOTES)


def without_scenery(labels: Labels, evidence: Evidence) -> Labels:
    """Labels (H, W) without those that the network takes for walls, arms or other surfaces; numbers stay."""
    few = np.ascontiguousarray(labels[::GRID, ::GRID])
    numbers = np.arange(int(labels.max()) + 1)
    chance = share(few, evidence.thing, len(numbers))
    return np.where(chance > THING, numbers, 0).astype(np.int32)[labels]


def share(labels: Labels, image: Image, n: int) -> Array:
    """The mean of an image over each of `n` labels (N,); 0 for one that is not there."""
    flat = labels.ravel()
    return np.bincount(flat, image.ravel(), n) / np.maximum(np.bincount(flat, minlength=n), 1)


def agglomerate(total: Array, count: Array, *, least: float, enough: float) -> npt.NDArray[np.int32]:
    """Which cluster each label joins (N,): the pair with the highest mean affinity first, while it is over `least`.

    Pairs with fewer than `enough` votes do not count. 0 stays alone.
    """
    total, count = total.copy(), count.copy()
    n = len(total)
    cluster = np.arange(n)
    total[0] = total[:, 0] = count[0] = count[:, 0] = 0
    np.fill_diagonal(count, 0)
    while True:
        mean = np.where(count >= enough, total / np.maximum(count, 1e-9), 0)
        best = int(mean.argmax())
        a, b = divmod(best, n)
        if mean[a, b] <= least:
            return cluster.astype(np.int32)
        cluster[cluster == b] = a
        for table in (total, count):
            table[a] += table[b]
            table[:, a] = table[a]
            table[a, a] = 0
            table[b] = table[:, b] = 0
