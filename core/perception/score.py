"""How well objects were found and named: the figures that `pendant score` and the tests print.

Instance scores follow the unseen-object literature (Xie et al., "Unseen Object Instance Segmentation", arXiv 2007.08073, section V).
Pure functions of arrays; knows no identifier and no screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Labels = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class InstanceScore:
    """Fractions of one frame: overlap and boundary precision, recall, F; `objects` maps each true id to its overlap F."""

    overlap_p: float = 0.0
    overlap_r: float = 0.0
    overlap_f: float = 0.0
    boundary_p: float = 0.0
    boundary_r: float = 0.0
    boundary_f: float = 0.0
    objects: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class NameScore:
    """Naming figures: share right per class and over all known, share of strangers called unknown, calibration error (ECE)."""

    per_class: dict[int, float]
    right: float
    unknown_caught: float
    calibration_error: float


def score_instances(found: Labels, true: Labels, ignore: Labels | None = None) -> InstanceScore | None:
    """Scores of label images (H, W), 0 = no object; `ignore` nonzero = not scored. None where the truth holds no object.

    A found instance that lies mostly under `ignore` is dropped; the rest of the ignored pixels count on neither side.
    """
    found, true = found.astype(np.int64), true.astype(np.int64)
    if ignore is not None:
        found, true = _without_ignored(found, true, ignore > 0)
    found_ids, true_ids = np.unique(found[found > 0]), np.unique(true[true > 0])
    if not len(true_ids):
        return None
    objects = {int(i): 0.0 for i in true_ids}
    if not len(found_ids):
        return InstanceScore(objects=objects)
    shared = _shared_pixels(found, true, found_ids, true_ids)
    areas_found = np.array([(found == i).sum() for i in found_ids])
    areas_true = np.array([(true == i).sum() for i in true_ids])
    each_f = 2 * shared / (areas_found[:, None] + areas_true[None])
    pairs = [(a, b) for a, b in zip(*linear_sum_assignment(-each_f), strict=True) if each_f[a, b] > 0]
    objects.update({int(true_ids[b]): float(each_f[a, b]) for a, b in pairs})
    overlap = sum(shared[a, b] for a, b in pairs)
    overlap_p, overlap_r = float(overlap / areas_found.sum()), float(overlap / areas_true.sum())
    boundary_p, boundary_r = _boundary_scores(found, true, found_ids, true_ids, pairs)
    return InstanceScore(
        overlap_p, overlap_r, f_measure(overlap_p, overlap_r), boundary_p, boundary_r, f_measure(boundary_p, boundary_r), objects
    )


def f_measure(precision: float, recall: float) -> float:
    """The harmonic mean; 0 when both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _without_ignored(found: Labels, true: Labels, hidden: Mask) -> tuple[Labels, Labels]:
    found, true = found.copy(), true.copy()
    for i in np.unique(found[found > 0]):
        mask = found == i
        if (hidden & mask).sum() > 0.5 * mask.sum():
            found[mask] = 0
    found[hidden] = 0
    true[hidden] = 0
    return found, true


def _shared_pixels(found: Labels, true: Labels, found_ids: Labels, true_ids: Labels) -> npt.NDArray[np.float64]:
    both = (found > 0) & (true > 0)
    a, b = np.searchsorted(found_ids, found[both]), np.searchsorted(true_ids, true[both])
    table = np.zeros((len(found_ids), len(true_ids)))
    np.add.at(table, (a, b), 1)
    return table


def _boundary_scores(
    found: Labels, true: Labels, found_ids: Labels, true_ids: Labels, pairs: Sequence[tuple[int, int]]
) -> tuple[float, float]:
    radius = int(np.ceil(0.003 * np.hypot(*true.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    edges_found = [outline(found == i) for i in found_ids]
    edges_true = [outline(true == i) for i in true_ids]
    hit_p = sum((edges_found[a] & _near(edges_true[b], disc)).sum() for a, b in pairs)
    hit_r = sum((edges_true[b] & _near(edges_found[a], disc)).sum() for a, b in pairs)
    return float(hit_p / max(1, sum(e.sum() for e in edges_found))), float(hit_r / max(1, sum(e.sum() for e in edges_true)))


def outline(mask: Mask) -> Mask:
    """The mask's pixels (H, W) that touch its outside or the image's border, eight-connected."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask & (inner == 0)


def _near(edge: Mask, disc: npt.NDArray[np.uint8]) -> Mask:
    return cv2.dilate(edge.astype(np.uint8), disc) > 0


def mean_score(rows: Sequence[InstanceScore]) -> dict[str, float]:
    """Means over frames in percent, and `objects_over_75`: the share of objects with overlap F above 0.75. Empty without rows."""
    if not rows:
        return {}
    keys = ("overlap_p", "overlap_r", "overlap_f", "boundary_p", "boundary_r", "boundary_f")
    means = {key: 100 * float(np.mean([getattr(row, key) for row in rows])) for key in keys}
    each = [f > 0.75 for row in rows for f in row.objects.values()]
    return {**means, "objects_over_75": 100 * float(np.mean(each))}


def score_names(true: Sequence[int | None], named: Sequence[int | None], scores: Sequence[float]) -> NameScore:
    """Figures of named objects; None = unknown, both as a truth (a kind never named) and as an answer."""
    per_class = {
        c: float(np.mean([n == c for t, n in zip(true, named, strict=True) if t == c])) for c in sorted({t for t in true if t is not None})
    }
    known = [n == t for t, n in zip(true, named, strict=True) if t is not None]
    strangers = [n is None for t, n in zip(true, named, strict=True) if t is None]
    answered = [(s, n == t) for t, n, s in zip(true, named, scores, strict=True) if n is not None]
    return NameScore(
        per_class=per_class,
        right=float(np.mean(known)) if known else 0.0,
        unknown_caught=float(np.mean(strangers)) if strangers else 1.0,
        calibration_error=calibration_error([s for s, _ in answered], [r for _, r in answered]),
    )


def calibration_error(scores: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Guo et al. 2017): mean |score - share right| over equal-width bins, weighted by count."""
    if not scores:
        return 0.0
    value, hit = np.asarray(scores, float), np.asarray(right, float)
    index = np.minimum((value * bins).astype(int), bins - 1)
    gaps = [abs(value[index == b].mean() - hit[index == b].mean()) * (index == b).sum() for b in range(bins) if (index == b).any()]
    return float(sum(gaps) / len(value))


def reliability(answers: Sequence[tuple[float, bool]], bins: int = 10) -> list[tuple[float, float, int, float, float]]:
    """Names given, as (score, right), by score: (from, to, how many, mean score, share right) of each tenth of 0..1 that holds any."""
    rows = []
    for i in range(bins):
        inside = [(s, right) for s, right in answers if i / bins <= s < (i + 1) / bins or (i == bins - 1 and s >= 1)]
        if inside:
            mean, share = np.mean([(s, right) for s, right in inside], axis=0)
            rows.append((i / bins, (i + 1) / bins, len(inside), float(mean), float(share)))
    return rows
