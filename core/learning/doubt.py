"""What to ask an operator first: looks ordered by what their answer would teach. Pure functions of embeddings and names; no files.

Doubt with diversity after Settles and Craven, "An analysis of active learning strategies" (2008); farthest points after Gonzalez (1985).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.perception.names import REJECT, NameModel, Naming, Vector, distance
from core.types import Array, Data

Kind = Literal["unknown", "unsure", "changed", "outlier", "random"]
Vectors = npt.NDArray[np.float32]

SURE = 0.8
RANDOM_EVERY = 5
ALIKE = 0.7
"""Sigmas within which two looks teach the same: repeated looks at one thing that lies still differ by 0.2 to 0.5."""


class Look(Data, frozen=True, kw_only=True):
    """One thing on one frame that somebody could be asked about.

    `origin`: the episode's path in the data folder, the hash of a labelled frame, or "" for the live frame. `class_id` and `score`: what
    its scene said, or its label. `mask_key`: digest of its outline. `center` (3,) in base. `label_id`: 0 when nobody labelled it.
    """

    source: Literal["episode", "label", "live"]
    origin: str
    seq: int
    instance: int
    track: int
    class_id: int | None
    score: float
    vector: Vector
    mask_key: str
    center: Array
    area_px: int
    mean_color: Array
    identifier: str
    names_revision: int
    made_s: float
    label_id: int = 0

    @property
    def key(self) -> str:
        """What names it, the same in every run."""
        return f"{self.source}:{self.origin}:{self.seq}:{self.instance}:{self.label_id}"


@dataclass(frozen=True)
class Doubt:
    """A question: the look, what the names say of it now, why it is asked, and near-duplicates that one answer serves."""

    look: Look
    naming: Naming
    kind: Kind
    alike: tuple[Look, ...] = field(default=())

    @property
    def key(self) -> str:
        """What names it, the same in every run."""
        return self.look.key


def doubt_of(naming: Naming) -> float:
    """Entropy 0..1 of the calibrated chances: of the guesses, and of being none of them. 1 when nothing is known."""
    chances = [g.score for g in naming.guesses]
    if not chances:
        return 1.0
    p = np.clip([*chances, max(0.0, 1.0 - sum(chances))], 1e-12, 1.0)
    return float(-(p * np.log(p)).sum() / np.log(len(p)))


def disagreement(look: Look, naming: Naming) -> float:
    """1 when the scene's version and the present names call it differently, half when one of them does not know, else 0."""
    if look.class_id == naming.class_id:
        return 0.0
    return 0.5 if look.class_id is None or naming.class_id is None else 1.0


def question(look: Look, naming: Naming) -> Doubt:
    """Why this look would be asked about."""
    kind: Kind = "random"
    if disagreement(look, naming) == 1.0:
        kind = "changed"
    elif naming.class_id is None:
        kind = "unknown"
    elif naming.score < SURE:
        kind = "unsure"
    return Doubt(look, naming, kind)


def fold(doubts: Sequence[Doubt], within: float = ALIKE) -> list[Doubt]:
    """Near-duplicates under the most doubtful of them: same kind of question, same name, embeddings within `within` sigmas."""
    leaders: dict[tuple[Kind, int | None], list[int]] = {}
    folded: list[list[Doubt]] = []
    for doubt in sorted(doubts, key=lambda d: (-doubt_of(d.naming), d.key)):
        group = leaders.setdefault((doubt.kind, doubt.naming.class_id), [])
        near = distance(doubt.look.vector, np.stack([folded[i][0].look.vector for i in group])) if group else np.zeros(0)
        if len(near) and near.min() < within:
            folded[group[int(near.argmin())]].append(doubt)
        else:
            group.append(len(folded))
            folded.append([doubt])
    return [replace(first, alike=tuple(d.look for d in rest)) for first, *rest in folded]


def order(doubts: Sequence[Doubt], known: Vectors, *, seed: int) -> list[Doubt]:
    """Most teaching first: doubt, disagreement and distance from what is labelled (`known`, (N, LENGTH)) or already queued, added up.

    Every fifth is drawn at random from all that is left, settled looks among them, so that the order's own blind spots are seen. Looks
    without a doubt come in that way only. The same input and seed give the same order.
    """
    rng = np.random.default_rng(seed)
    left = sorted(doubts, key=lambda d: d.key)
    if not left:
        return []
    vectors = np.stack([d.look.vector for d in left])
    worth = np.array([doubt_of(d.naming) + disagreement(d.look, d.naming) + (1.0 if d.kind == "outlier" else 0.0) for d in left])
    asked = np.array([d.kind != "random" for d in left])
    far = np.array([_nearest(v, known) for v in vectors])
    free = np.ones(len(left), bool)
    queue: list[Doubt] = []
    while (free & asked).any():
        if len(queue) % RANDOM_EVERY == RANDOM_EVERY - 1:
            at = int(rng.choice(np.flatnonzero(free)))
        else:
            at = int(np.argmax(np.where(free & asked, worth + far, -np.inf)))
        queue.append(left[at])
        free[at] = False
        far = np.minimum(far, np.clip(distance(vectors[at], vectors) / REJECT, 0.0, 1.0))
    return queue


def _nearest(vector: Vector, known: Vectors) -> float:
    """0 beside something known, 1 from the reject distance on."""
    return float(min(1.0, distance(vector, known).min() / REJECT)) if len(known) else 1.0


def name_all(looks: Sequence[Look], model: NameModel) -> list[Doubt]:
    """What the present names say of looks, without those that an operator called no object."""
    return [question(look, model.classify(look.vector)) for look in looks if not model.is_rejected(look.vector, look.center)]
