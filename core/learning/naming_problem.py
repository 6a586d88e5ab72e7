"""Tuning the naming head: near its own kind, away from the others, and unknown where its kind was never named. Needs torch.

Nearest exemplars under a softmax, as `names.NameModel` answers: neighbourhood components analysis (Goldberger et al., NeurIPS 2004) in
episodes as prototypical networks have them (Snell et al., arXiv 1703.05175, section 2), with "unknown" as one more answer. Every model
leaves looks or whole classes out, which `naming_score` then asks it about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.learning.descent import Mask, Parameters
from core.learning.doubt import ALIKE
from core.learning.naming_looks import NamingLooks, rows_of
from core.perception.handmade import HUES
from core.perception.handmade import LENGTH as MEASURED_LENGTH
from core.perception.names import LEARNED, LENGTH, MEASURED, REJECT, SLOPE, distance
from core.perception.naming_head import NamingHead
from core.types import Array

RANK = 6
FOLDS, CLASS_FOLDS = 4, 8
_FAR = 1e4  # sigmas of what is not there
_STRANGERS = 0.7  # weight of being called unknown when the own kind is taken away
# How hard the map is pulled to the identity, shared by all rows: the more there is to learn from, the less. Chosen on the fruit cell
# (docs/perception.md says how, and what came of it on other seeds).
_STAY_SCALE, _STAY_MIX = 11.0, 180.0
_START = 0.05


class NamingProblem:
    """`core.learning.descent.Problem` over looks and their variants (rows); the looks as they are stored are the exemplars."""

    name = "naming"

    def __init__(self, found: NamingLooks, device: torch.device) -> None:
        self.found = found
        vectors, look_of, other = rows_of(found)
        self.count = len(vectors)
        self.clusters = clusters_of(found.classes, found.vectors)
        self.look_folds, self.class_folds = folds_of(found.classes, self.clusters)
        self.looks_left_out = np.concatenate(
            [
                self.look_folds[None] == np.arange(FOLDS)[:, None],
                self.class_folds[None] == np.arange(CLASS_FOLDS)[:, None],
                np.zeros((1, len(found.classes)), bool),
            ]
        )
        self.left_out: Mask = self.looks_left_out[:, look_of]
        kinds, classes = np.unique(found.classes, return_inverse=True)
        self.key = hashlib.sha256(vectors.tobytes() + found.classes.tobytes() + self.left_out.tobytes()).hexdigest()
        self._kinds = len(kinds)
        self._x = torch.tensor(vectors, device=device)
        self._support = torch.tensor(found.vectors, device=device)
        self._columns = [torch.tensor(np.flatnonzero(classes == c), device=device) for c in range(len(kinds))]
        self._target = torch.tensor(classes[look_of], device=device)
        self._other = torch.tensor(other, device=device)
        # The same thing lying still is no proof that its kind is known: near-duplicates are not asked about each other.
        same = (self.clusters[look_of][:, None] == self.clusters[None]) & ~other[:, None]
        self._absent = torch.tensor(self.looks_left_out, device=device)
        self._same = torch.tensor(same, device=device)

    def start(self, models: int, generator: torch.Generator, device: torch.device) -> Parameters:
        """The identity; the mixing part looks in random directions, the same for every model, and adds nothing yet."""
        right = torch.randn(LENGTH, RANK, generator=generator) * _START
        values = {"scale": torch.zeros(LENGTH), "left": torch.zeros(LENGTH, RANK), "right": right}
        return {name: v.expand(models, *v.shape).contiguous().to(device) for name, v in values.items()}

    def losses(self, parameters: Parameters, rows: slice) -> Tensor:
        """Minus the log of the chance of the right answer, with the own kind known and with it taken away: (models, rows).

        What would be another kind is unknown either way.
        """
        apart = distances(mapped(parameters, self._x[rows]), mapped(parameters, self._support))
        apart = torch.where(self._absent[:, None] | self._same[rows][None], _FAR, apart)
        nearest = torch.stack([apart[:, :, columns].amin(dim=2) for columns in self._columns], dim=2)
        logits = -SLOPE * torch.cat([nearest, torch.full_like(nearest[:, :, :1], REJECT)], dim=2)
        target = self._target[rows].expand(len(nearest), -1)
        own = nearest.gather(2, target[..., None])[..., 0]
        known = torch.where((own < _FAR / 2) & ~self._other[rows], target, self._kinds)
        strange = logits.scatter(2, target[..., None], -SLOPE * _FAR)
        return _minus_log(logits, known) + _STRANGERS * _minus_log(strange, torch.full_like(known, self._kinds))

    def penalty(self, parameters: Parameters) -> Tensor:
        """What pulls the map to the identity, so that few labels do not destroy the measure: (models,)."""
        mixing = (parameters["left"] ** 2).sum(dim=(1, 2)) + (parameters["right"] ** 2).sum(dim=(1, 2))
        return (_STAY_SCALE * (parameters["scale"] ** 2).sum(dim=1) + _STAY_MIX * mixing) / self.count


def head_of(parameters: Mapping[str, Array], index: int) -> NamingHead:
    """Model `index` of a fit, ready to be used."""
    scale, left, right = (np.asarray(parameters[name][index], np.float32) for name in ("scale", "left", "right"))
    return NamingHead(np.exp(scale), left, right)


def mapped(parameters: Parameters, x: Tensor) -> Tensor:
    """`NamingHead.apply` of x (N, LENGTH) by every model: (models, N, LENGTH)."""
    mixed = torch.einsum("nl,mlr->mnr", x, parameters["right"])
    return x[None] * parameters["scale"].exp()[:, None] + torch.einsum("mnr,mlr->mnl", mixed, parameters["left"])


def distances(x: Tensor, others: Tensor) -> Tensor:
    """`names.distance` of x (models, N, LENGTH) to others (models, K, LENGTH): (models, N, K). A test holds the two together."""
    hue = _squared(x[..., :HUES], others[..., :HUES]).clamp(min=0.0, max=40.0)
    rest = (x[:, :, None, HUES:MEASURED_LENGTH] - others[:, None, :, HUES:MEASURED_LENGTH]).square().clamp(max=36.0).sum(dim=3)
    measured = (3 * hue + rest) / (3 + MEASURED_LENGTH - HUES)
    learned = _squared(x[..., MEASURED_LENGTH:], others[..., MEASURED_LENGTH:]) / (x.shape[-1] - MEASURED_LENGTH)
    return (MEASURED * measured + LEARNED * learned.clamp(min=0.0) + 1e-9).sqrt()


def _squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances of a (models, N, features) to b (models, K, features): (models, N, K)."""
    return (a**2).sum(2)[:, :, None] + (b**2).sum(2)[:, None] - 2 * a @ b.mT


def clusters_of(classes: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Numbers (N,) of looks of a class that are near-duplicates of the first among them; a class of one such group counts look by look."""
    clusters = np.arange(len(classes))
    for c in np.unique(classes):
        leaders: list[int] = []
        for at in np.flatnonzero(classes == c):
            apart = distance(vectors[at], vectors[leaders]) if leaders else np.zeros(0)
            if len(apart) and apart.min() < ALIKE:
                clusters[at] = leaders[int(apart.argmin())]
            else:
                leaders.append(int(at))
        if len(leaders) == 1:
            clusters[classes == c] = np.flatnonzero(classes == c)
    return clusters


def folds_of(classes: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Per look (N,) the fold that leaves it out, near-duplicates together, spread over every class; and the fold of its class."""
    look_folds, class_folds = np.zeros(len(classes), np.int64), np.zeros(len(classes), np.int64)
    turn = 0
    for number, c in enumerate(np.unique(classes)):
        class_folds[classes == c] = number % CLASS_FOLDS
        for cluster in np.unique(clusters[classes == c]):
            look_folds[clusters == cluster] = turn % FOLDS
            turn += 1
    return look_folds, class_folds


def _minus_log(logits: Tensor, target: Tensor) -> Tensor:
    return -torch.log_softmax(logits, dim=2).gather(2, target[..., None])[..., 0]
