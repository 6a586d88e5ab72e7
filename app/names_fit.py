"""The fit of the names' slope and reject distance on tuning layouts of a simulated cell, by hand when the embedding changes. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.score_names import Look, Terms, click_each, look_at
from core.cells import find_cell
from core.perception import score
from core.perception.names import SLOPE, Exemplar, NameModel, Vector


def fit_names(cell_name: str, *, seeds: Sequence[int], terms: Terms, draws: int = 40) -> dict[str, float]:
    """Slope and reject distance of `NameModel` that serve best on a tuning bank, over `draws` choices of the named kinds.

    The reject distance leaves most room over both aims (95 % right, 80 % of strangers unknown, each over what it can still gain); the
    slope has the least calibration error there. Report figures with other seeds than these.
    """
    cell = find_cell(cell_name)
    kinds = sorted(spec.name for spec in cell.objects)
    clicks = [click_each(cell, kinds, seed) for seed in seeds]
    bank = [x for seed in seeds for x in look_at(cell, seed, terms, NameModel(()))[0]]
    rng = np.random.default_rng(0)
    chosen = [(clicks[i % len(clicks)], set(rng.permutation(kinds)[: terms.named].tolist())) for i in range(draws)]
    return best_of(bank, kinds, chosen)


def best_of(bank: Sequence[Look], kinds: Sequence[str], chosen: Sequence[tuple[dict[str, Vector], set[str]]]) -> dict[str, float]:
    """The fit itself; `chosen`: per draw the clicks (kind to embedding) and which kinds of them are named."""
    rejects = np.arange(1.6, 3.0, 0.05)
    each = [np.mean([_hits(bank, kinds, c, n, SLOPE, r)[:2] for c, n in chosen], axis=0) for r in rejects]
    room = [min((right - 0.95) / 0.05, (caught - 0.8) / 0.2) for right, caught in each]
    reject = float(rejects[int(np.argmax(room))])
    slopes = np.arange(1.0, 12.0, 1.0)
    errors = [float(np.mean([_hits(bank, kinds, c, n, s, reject)[2] for c, n in chosen])) for s in slopes]
    slope = float(slopes[int(np.argmin(errors))])
    right, caught, error = np.mean([_hits(bank, kinds, c, n, slope, reject) for c, n in chosen], axis=0)
    return {
        "slope": slope,
        "reject": reject,
        "right": float(right),
        "unknown_caught": float(caught),
        "calibration_error": float(error),
    }


def _hits(
    bank: Sequence[Look], kinds: Sequence[str], clicks: dict[str, Vector], named: set[str], slope: float, reject: float
) -> tuple[float, float, float]:
    exemplars = [Exemplar(kinds.index(k), k, v) for k, v in clicks.items() if k in named]
    model = NameModel(exemplars, slope=slope, reject=reject)
    answers = [model.classify(x.vector) for x in bank]
    true = [kinds.index(x.kind) if x.kind in named and x.kind in clicks else None for x in bank]
    result = score.score_names(true, [a.class_id for a in answers], [a.score for a in answers])
    return result.right, result.unknown_caught, result.calibration_error
