"""Learning which of several suitable things the operator takes first, from the things that were there when each was shown.

Conditional logit over the candidates of every demonstration, with a small hidden layer; used only where it foretells left-out picks
clearly better than the rule does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import binomtest
from torch import Tensor

from core.learning.descent import Fit, Parameters
from core.policies.ranking import Ranking
from core.types import Array

HIDDEN = 6
LEAST = 5
_SPARSE = 0.02
_SMALL = 0.1
_SURE = 0.07
_NATS = 0.15
_START = 0.3


@dataclass(frozen=True)
class Choice:
    """What a demonstration picked: `features` (N, D) of the N things it could have taken, the index taken, and what the rule would take."""

    features: Array
    picked: int
    rule: int


class RankingProblem:
    """Choices as tensors, padded to the largest: (count, most, D)."""

    name = "ranking"

    def __init__(self, choices: Sequence[Choice], device: torch.device) -> None:
        self.count = len(choices)
        rows = np.concatenate([c.features for c in choices])
        self.middle, self.scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 0.02)
        most = max(len(c.features) for c in choices)
        x = np.zeros((self.count, most, rows.shape[1]))
        absent = np.ones((self.count, most), bool)
        for n, c in enumerate(choices):
            x[n, : len(c.features)] = (c.features - self.middle) / self.scale
            absent[n, : len(c.features)] = False
        picked = np.array([c.picked for c in choices])
        self.key = hashlib.sha256(x.tobytes() + picked.tobytes()).hexdigest()
        self._x, self._absent = torch.tensor(x, device=device), torch.tensor(absent, device=device)
        self._picked = torch.tensor(picked, device=device)

    def start(self, models: int, generator: torch.Generator, device: torch.device) -> Parameters:
        """No preference; the hidden layer looks in random directions, the same for every fold."""
        wide = self._x.shape[2]
        directions = torch.randn(wide, HIDDEN, generator=generator, dtype=torch.float64) * _START / wide**0.5
        values = {"linear": torch.zeros(wide), "hidden": directions, "bias": torch.zeros(HIDDEN), "out": torch.zeros(HIDDEN)}
        return {name: v.double().expand(models, *v.shape).contiguous().to(device) for name, v in values.items()}

    def losses(self, parameters: Parameters, rows: slice) -> Tensor:
        """Minus the log of the probability of what was taken."""
        x = self._x[rows]
        scores = torch.einsum("nkd,md->mnk", x, parameters["linear"])
        bent = torch.tanh(torch.einsum("nkd,mdh->mnkh", x, parameters["hidden"]) + parameters["bias"][:, None, None])
        scores = scores + torch.einsum("mnkh,mh->mnk", bent, parameters["out"])
        scores = scores.masked_fill(self._absent[rows], -torch.inf)
        chosen = self._picked[rows].expand(len(scores), -1)[..., None]
        return -torch.log_softmax(scores, dim=2).gather(2, chosen)[..., 0]

    def penalty(self, parameters: Parameters) -> Tensor:
        """Few features (a smoothed absolute value), a small hidden layer."""
        few = torch.sqrt(parameters["linear"] ** 2 + 1e-6).sum(dim=1)
        hidden = (parameters["hidden"] ** 2).sum(dim=(1, 2)) + (parameters["out"] ** 2).sum(dim=1)
        return _SPARSE * few + _SMALL * hidden

    def model(self, fit: Fit, index: int) -> Ranking:
        """Model `index` of a fit, ready to be used."""
        values = {name: np.asarray(array[index], np.float64) for name, array in fit.parameters.items()}
        return Ranking(middle=self.middle, scale=self.scale, **values)


def verdict(problem: RankingProblem, fit: Fit, choices: Sequence[Choice]) -> tuple[Ranking | None, str]:
    """The ranking when it foretells left-out picks better than the rule, with the reason in words."""
    models = [problem.model(fit, m) for m in range(int(fit.folds.max()) + 1)]
    foretold = [models[fold].probabilities(c.features) for fold, c in zip(fit.folds, choices, strict=True)]
    learned = np.array([int(np.argmax(p)) == c.picked for p, c in zip(foretold, choices, strict=True)])
    rule = np.array([c.rule == c.picked for c in choices])
    gain = float(np.mean([np.log(p[c.picked] * len(p)) for p, c in zip(foretold, choices, strict=True)]))
    score = f"{learned.sum()} of {len(choices)} picks foretold, the rule {rule.sum()} of {len(choices)}"
    if better(int((learned & ~rule).sum()), int((rule & ~learned).sum())) and gain > _NATS:
        return problem.model(fit, -1), f"learned, {score}"
    return None, f"not used, no better than the rule: {score}"


def better(wins: int, losses: int) -> bool:
    """A one-sided sign test on the picks on which only one of the two was right."""
    return wins > losses and float(binomtest(wins, wins + losses, alternative="greater").pvalue) <= _SURE
