"""The figures of `pendant score names`: one click a kind, then new layouts in other light, size and hue, partly hidden, and corrections.

Called by the command line and by tests. No Qt. Everything runs through the real chain: simulated camera, identifier, exemplars.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.occlusion import covered
from app.score import simulated_identifier
from app.sim_shots import matched, matched_index, shots
from core import registration
from core.cells import Cell, Jitter, find_cell
from core.errors import NothingToLearn
from core.perception import looks, score
from core.perception.names import Exemplar, NameModel, Naming, Vector

_CLICK_LAYOUTS = 60
_LEAST_PX = 80
_AT_ONCE = 10
_SETTLED = 0.98


@dataclass(frozen=True)
class Terms:
    """What a figure is measured on. Light: factors; size: +- share; hue: +- degrees; occluded: the most that cards hide of a thing.

    `named`: how many kinds get one click; `corrections`: how many looks of other layouts are set right before all is scored again.
    """

    named: int = 8
    frames: int = 100
    layouts: int = 10
    light: tuple[float, float] = (0.5, 1.6)
    size: float = 0.1
    hue: float = 8.0
    occluded: float = 0.0
    corrections: int = 0


@dataclass(frozen=True)
class Look:
    """One thing that was found: what it truly is, its embedding, and the answer of the identifier."""

    kind: str
    vector: Vector
    class_id: int | None
    score: float


def score_names(cell_name: str, *, seeds: Sequence[int] = (0,), terms: Terms | None = None) -> dict[str, Any]:
    """One click a kind, then frames of new layouts; every seed chooses other kinds, clicks, layouts, light, size, hue and cards.

    Returns shares in 0..1: `right` (of things of a named kind that were found), `unknown_caught` (of things of kinds never named),
    `calibration_error`, `found` (of all things in view), `corrected` (the same after corrections, on other layouts, where any were asked
    for), and the same a seed. `reliability`: rows of answers by score: (from, to, answers, mean score, share right).
    Raises CellFileError on an unknown cell, NothingToLearn when it has fewer than two kinds.
    """
    cell, terms = find_cell(cell_name), terms or Terms()
    runs, answers = [], []
    for seed in seeds:
        run, seen = _run(cell, seed, terms)
        runs.append(run)
        answers += seen
    result = {"cell": cell.name, "terms": terms.__dict__, "seeds": list(seeds), **_means(runs), "runs": runs}
    return {**result, "reliability": score.reliability(answers)}


def _means(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    keys = ("right", "unknown_caught", "calibration_error", "found")
    means: dict[str, Any] = {k: float(np.mean([run[k] for run in runs])) for k in keys}
    if all("corrected" in run for run in runs):
        means["corrected"] = {k: float(np.mean([run["corrected"][k] for run in runs])) for k in keys}
    return means


def _run(cell: Cell, seed: int, terms: Terms) -> tuple[dict[str, Any], list[tuple[float, bool]]]:
    """One seed's figures, and (score, right) of every name that was given."""
    named = chosen_kinds(cell, seed, terms.named)
    clicks = click_each(cell, named, seed)
    exemplars = [Exemplar(named.index(kind), kind, vector) for kind, vector in clicks.items()]
    first = look_at(cell, seed, terms, NameModel(exemplars))
    run = {"seed": seed, "named": sorted(clicks), **_figures(first, sorted(clicks), named)}
    seen = first[0]
    if terms.corrections:
        wide = replace(terms, frames=2 * terms.frames, layouts=2 * terms.layouts)
        pool = look_at(cell, seed, wide, NameModel(exemplars), first=250)[0]
        exemplars = set_right(pool, named, exemplars, terms.corrections)
        again = look_at(cell, seed, terms, NameModel(exemplars), first=500)
        run["corrected"] = {**_figures(again, sorted(clicks), named), "labels": len(exemplars)}
        seen = [*seen, *again[0]]
    return run, [(x.score, named[x.class_id] == x.kind) for x in seen if x.class_id is not None]


def chosen_kinds(cell: Cell, seed: int, count: int) -> list[str]:
    """The kinds that a seed gives a name to, at least one left without. Raises NothingToLearn."""
    kinds = sorted(spec.name for spec in cell.objects)
    if len(kinds) < 2:
        raise NothingToLearn(f"The cell {cell.name!r} has fewer than two kinds of things, so there are no names to tell apart.")
    rng = np.random.default_rng(seed)
    return sorted(rng.permutation(kinds)[: min(count, len(kinds) - 1)].tolist())


def _figures(seen: tuple[list[Look], int], clicked: Sequence[str], named: Sequence[str]) -> dict[str, Any]:
    rows, present = seen
    true = [named.index(x.kind) if x.kind in clicked else None for x in rows]
    result = score.score_names(true, [x.class_id for x in rows], [x.score for x in rows])
    return {
        "right": result.right,
        "unknown_caught": result.unknown_caught,
        "calibration_error": result.calibration_error,
        "found": len(rows) / max(1, present),
        "per_kind": {named[c]: share for c, share in result.per_class.items()},
    }


def click_each(cell: Cell, kinds: Sequence[str], seed: int) -> dict[str, Vector]:
    """One click on the first sight of each kind in teaching layouts: kind to embedding, made as from a stored label."""
    clicks: dict[str, Vector] = {}
    for layout in range(_CLICK_LAYOUTS):
        if len(clicks) == len(kinds):
            break
        for shot, camera in shots(cell, 1000 * seed + layout, "teach", None, 1):
            scene = simulated_identifier().identify(shot.frame, camera.info(), shot.joints)
            depth_m = registration.register_depth(shot.frame.depth, camera.info())
            for instance, kind in matched(scene, shot).items():
                if kind in kinds and kind not in clicks:
                    mask = scene.labels == instance
                    vector = looks.embed(shot.frame.color, depth_m, camera.info().color, scene.T_base_camera, mask)
                    if vector is not None:
                        clicks[kind] = vector
    return clicks


def look_at(cell: Cell, seed: int, terms: Terms, model: NameModel, *, first: int = 0) -> tuple[list[Look], int]:
    """What the identifier says in layouts never taught, from the `first` on; also how many things were in view in all."""
    rng = np.random.default_rng([seed, 1, first] if first else [seed, 1])
    seen, present = [], 0
    for k in range(terms.layouts):
        count = terms.frames // terms.layouts + (k < terms.frames % terms.layouts)
        for found, in_view in _frames(cell, 1000 * seed + first + k, terms, model, count, rng):
            seen += found
            present += in_view
    return seen, present


def _frames(
    cell: Cell, layout: int, terms: Terms, model: NameModel, count: int, rng: np.random.Generator
) -> Iterator[tuple[list[Look], int]]:
    """The looks of each frame of one layout, and how many things it shows; what cards hide by more than they should is left out."""
    size = (1 - terms.size, 1 + terms.size)
    light = float(np.exp(rng.uniform(*np.log(terms.light))))
    jitter = Jitter(light=light, size=float(rng.uniform(*size)), hue=float(rng.uniform(-terms.hue, terms.hue)))
    identifier = simulated_identifier()
    identifier.set_names(model, 1)
    for clear, camera in shots(cell, layout, "test", jitter, count):
        shot, left = clear, dict.fromkeys(range(len(clear.kinds)), 1.0)
        if terms.occluded:
            shot, left = covered(clear, camera.info(), terms.occluded, rng)
        scene = identifier.identify(shot.frame, camera.info(), shot.joints)
        depth_m = registration.register_depth(shot.frame.depth, camera.info())
        answers = {d.instance: d for d in scene.detections}
        fair = {i for i in left if left[i] > 0.98 - terms.occluded}
        found = []
        for instance, i in matched_index(scene, shot).items():
            vector = looks.embed(shot.frame.color, depth_m, camera.info().color, scene.T_base_camera, scene.labels == instance)
            if vector is not None and i in fair:
                found.append(Look(shot.kinds[i], vector, answers[instance].class_id, answers[instance].score))
        yield found, sum(int((shot.labels == i + 1).sum() > _LEAST_PX) for i in fair)


def set_right(looked: Sequence[Look], named: Sequence[str], exemplars: Sequence[Exemplar], count: int) -> list[Exemplar]:
    """The exemplars and at most `count` that an operator adds who sets right what is wrong or most in doubt among the looks.

    Only things of named kinds are touched, ten at a time; the next ten are chosen by what the names say then.
    """
    pool = [x for x in looked if x.kind in named]
    known = list(exemplars)
    while pool and len(known) < len(exemplars) + count:
        model = NameModel(known)
        worth = [_instructive(model.classify(x.vector), named.index(x.kind)) for x in pool]
        order = np.argsort(worth)[::-1][: min(_AT_ONCE, len(exemplars) + count - len(known))]
        if worth[order[0]] < 1 - _SETTLED:
            break
        known += [Exemplar(named.index(pool[i].kind), pool[i].kind, pool[i].vector) for i in order if worth[i] >= 1 - _SETTLED]
        pool = [x for i, x in enumerate(pool) if i not in set(order.tolist())]
    return known


def _instructive(answer: Naming, true: int) -> float:
    """How much a correction says: over 1 where the answer is wrong, else how unsure it was."""
    return 1 + answer.score if answer.class_id != true else 1 - answer.score
