"""Learning a correction of the place from the residuals that the relation leaves on the demonstrations.

A sparse linear model under Huber's loss; used only where it halves what is left on demonstrations that it had not seen, or nearly so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.learning.descent import Fit, Parameters
from core.learning.ranking import better
from core.policies.refinement import Refinement
from core.types import Array

LEAST = 6
_UNIT_M = 0.01
_SPARSE = 0.05
_GAIN = 0.7
_GAIN_M = 0.002


@dataclass(frozen=True)
class Residual:
    """What a demonstration adds to the relation's prediction: `features` (D,), `shift` (2,) in the relation's frame, metres."""

    features: Array
    shift: Array


class RefinementProblem:
    """Residuals as tensors, in centimetres so that the loss is about one."""

    name = "refinement"

    def __init__(self, residuals: Sequence[Residual], device: torch.device) -> None:
        self.count = len(residuals)
        rows = np.array([r.features for r in residuals])
        self.middle, self.scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 0.006)
        x, y = (rows - self.middle) / self.scale, np.array([r.shift for r in residuals]) / _UNIT_M
        self.key = hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
        self._x, self._y = torch.tensor(x, device=device), torch.tensor(y, device=device)

    def start(self, models: int, generator: torch.Generator, device: torch.device) -> Parameters:
        """No correction."""
        wide = self._x.shape[1]
        shapes = {"linear": (models, wide, 2), "offset": (models, 2)}
        return {name: torch.zeros(shape, dtype=torch.float64, device=device) for name, shape in shapes.items()}

    def losses(self, parameters: Parameters, rows: slice) -> Tensor:
        """Huber's loss of the shift."""
        made = torch.einsum("ij,kjc->kic", self._x[rows], parameters["linear"]) + parameters["offset"][:, None]
        return torch.nn.functional.huber_loss(made, self._y[rows].expand_as(made), reduction="none").sum(dim=2)

    def penalty(self, parameters: Parameters) -> Tensor:
        """Few features (a smoothed absolute value)."""
        return _SPARSE * torch.sqrt(parameters["linear"] ** 2 + 1e-6).sum(dim=(1, 2))

    def model(self, fit: Fit, index: int) -> Refinement:
        """Model `index` of a fit, ready to be used."""
        values = {name: np.asarray(array[index], np.float64) * _UNIT_M for name, array in fit.parameters.items()}
        return Refinement(middle=self.middle, scale=self.scale, **values)


def verdict(problem: RefinementProblem, fit: Fit, residuals: Sequence[Residual]) -> tuple[Refinement | None, str]:
    """The refinement when it is clearly nearer on left-out demonstrations than the relation alone, with the reason in words."""
    models = [problem.model(fit, m) for m in range(int(fit.folds.max()) + 1)]
    rule = np.array([float(np.linalg.norm(r.shift)) for r in residuals])
    left = [r.shift - models[fold].shift(r.features) for fold, r in zip(fit.folds, residuals, strict=True)]
    learned = np.linalg.norm(left, axis=1)
    before, after = float(np.median(rule)), float(np.median(learned))
    score = f"off by {100 * after:.1f} cm, the rule by {100 * before:.1f} cm"
    wins = better(int((learned < rule).sum()), int((learned > rule).sum()))
    if wins and after < _GAIN * before and before - after > _GAIN_M:
        return problem.model(fit, -1), f"learned, {score}"
    return None, f"not used, no better than the rule: {score}"
