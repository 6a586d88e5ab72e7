"""Whether a tuned naming may be used: right per class before and after, on labels that it never learned from, and strangers caught.

Before is what names things now, unless it learned from the label that is asked about: then the names as shipped. Where a class has few
held-out labels, its other labels are asked about as well, each answered by a model that had left it out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.learning.naming_looks import NamingLooks, Vectors
from core.learning.naming_versions import ClassScore, NamingScore, allowed
from core.perception.names import Exemplar, NameModel
from core.perception.naming_head import NamingHead, names_of
from core.storage.held_out import ENOUGH

_BETTER = 0.05  # of the loss, in nats and of what it was: it counts how sure an answer was as well; counts of few labels change by chance
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Heads:
    """What answers: `new` the head from all labels; `left_out[m]` had left out the looks `looks_left_out[m]` (models, N).

    `folds` (N,): the model that had left out a look; `class_folds` (N,): the one that had left out its class.
    `now`: what is in use, None as shipped, and the labels it learned from.
    """

    new: NamingHead
    left_out: Sequence[NamingHead]
    looks_left_out: npt.NDArray[np.bool_]
    folds: Rows
    class_folds: Rows
    now: NamingHead | None
    now_learned: Collection[int]


def score(found: NamingLooks, class_names: Mapping[int, str], heads: Heads) -> NamingScore:
    """Ask about every held-out look, about the looks of classes that have few, and about all looks as strangers."""
    held = {int(c): np.flatnonzero(found.held_classes == c) for c in np.unique(found.classes)}
    crossed = _crossed(found, heads)
    scores = [_class_score(found, class_names, heads, c, rows, crossed) for c, rows in held.items()]
    before, after, strangers = _strangers(found, heads)
    changed_before, changed_after = _changed(found, heads)
    return NamingScore(
        classes=[s for s in scores if s.total],
        strangers_before=before,
        strangers_after=after,
        strangers=strangers,
        changed_before=changed_before,
        changed_after=changed_after,
        changed=len(found.others),
    )


def verdict(scored: NamingScore, loss_before: float, loss_after: float) -> tuple[bool, str]:
    """Whether it passed, with the reason in a sentence. The losses are of looks that were left out, lower is better."""
    if not scored.classes:
        return False, "It did not pass: no name has labels enough to be asked about. Name a few more things, in other places."
    lost = [c for c in scored.classes if c.worse]
    if lost:
        worst = max(lost, key=lambda c: (c.before - c.after) / c.total)
        return False, f"It did not pass: {worst.name} was named right {worst.before} of {worst.total} times, and would be {worst.after}."
    caught = f"{scored.strangers_after} of {scored.strangers}"
    if scored.strangers_before - scored.strangers_after > allowed(scored.strangers):
        return False, f"It did not pass: {caught} strangers would be called unknown, {scored.strangers_before} were."
    if scored.gained <= 0 and loss_before - loss_after < max(_BETTER, _BETTER * loss_before):
        return False, f"It did not pass: it names no better than what is in use, {scored.right_after} of {scored.total} right."
    changed = f" and {scored.changed_after} of {scored.changed} changed things, {scored.changed_before} before" if scored.changed else ""
    unknown = f"Called unknown: {caught} strangers, {scored.strangers_before} before{',' if changed else ''}{changed}."
    surer = "" if scored.gained > 0 else f" It is surer: loss {loss_after:.2f}, {loss_before:.2f} before."
    return True, f"{scored.right_after} of {scored.total} named right, {scored.right_before} before. {unknown}{surer}"


def _class_score(
    found: NamingLooks, class_names: Mapping[int, str], heads: Heads, c: int, rows: Rows, crossed: tuple[Rows, Rows]
) -> ClassScore:
    everything = np.ones(len(found.classes), bool)
    before, after = (_right(_model(found, everything, head), c, found.held_vectors[rows]) for head in (heads.now, heads.new))
    asked = (found.classes == c) & (crossed[0] >= 0) & (len(rows) < ENOUGH)
    return ClassScore(
        class_id=c,
        name=class_names.get(c, str(c)),
        before=before + int(crossed[0][asked].sum()),
        after=after + int(crossed[1][asked].sum()),
        total=len(rows) + int(asked.sum()),
        held_out=len(rows),
    )


def _crossed(found: NamingLooks, heads: Heads) -> tuple[Rows, Rows]:
    """Per look (N,) whether it was named right before and after by models that had left it out; -1 where its kind was left out whole."""
    before, after = np.full(len(found.classes), -1), np.full(len(found.classes), -1)
    for fold in np.unique(heads.folds):
        support = ~heads.looks_left_out[fold]
        shipped, now, new = (_model(found, support, head) for head in (None, heads.now, heads.left_out[fold]))
        for at in np.flatnonzero(heads.folds == fold):
            c, vector = int(found.classes[at]), found.vectors[at : at + 1]
            if (found.classes[support] == c).any():
                before[at] = _right(shipped if int(found.labels[at]) in heads.now_learned else now, c, vector)
                after[at] = _right(new, c, vector)
    return before, after


def _strangers(found: NamingLooks, heads: Heads) -> tuple[int, int, int]:
    """Looks called unknown when their class was taken away, before and after, of how many; the models had left that class out."""
    before = after = total = 0
    for fold in np.unique(heads.class_folds):
        support, asked = ~heads.looks_left_out[fold], found.vectors[heads.looks_left_out[fold]]
        if support.any():
            before += _unknown(_model(found, support, None), asked)
            after += _unknown(_model(found, support, heads.left_out[fold]), asked)
            total += len(asked)
    return before, after, total


def _changed(found: NamingLooks, heads: Heads) -> tuple[int, int]:
    """Looks changed into another kind that are called unknown, before and after, by models that had not seen the look."""
    everything, before, after = np.ones(len(found.classes), bool), 0, 0
    for fold in np.unique(heads.folds):
        asked = found.others[heads.folds[found.other_of] == fold]
        before += _unknown(_model(found, everything, None), asked)
        after += _unknown(_model(found, everything, heads.left_out[fold]), asked)
    return before, after


def _model(found: NamingLooks, support: npt.NDArray[np.bool_], head: NamingHead | None) -> NameModel:
    looks = zip(found.classes[support], found.vectors[support], strict=True)
    return names_of([Exemplar(int(c), "", vector) for c, vector in looks], head)


def _right(model: NameModel, class_id: int, vectors: Vectors) -> int:
    return sum(model.classify(v).class_id == class_id for v in vectors)


def _unknown(model: NameModel, vectors: Vectors) -> int:
    return sum(model.classify(v).class_id is None for v in vectors)
