"""The learned parts of a version: a ranking of candidates and a refinement of the place, each kept only where it measurably helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch

from core.learning import ranking, refinement
from core.learning.descent import Fit, Problem, Told, descend, device_here
from core.learning.progress import Point
from core.learning.ranking import RankingProblem
from core.learning.refinement import RefinementProblem
from core.policies.demonstration import Demonstration
from core.policies.pickplace import Fitted, PickPlacePolicy

STEPS = 300
CHECKPOINT = "{name}.checkpoint"


@dataclass(frozen=True)
class Learned:
    """What came of it: the policy's new state, both verdicts in words, the loss of the part that is used (ranking before
    refinement; empty when the rules stay), the device."""

    fitted: Fitted
    ranking: str
    refinement: str
    loss: list[Point]
    device: str


def learn_parts(
    policy: PickPlacePolicy, demonstrations: Sequence[Demonstration], *, seed: int, folder: Path, told: Told, steps: int = STEPS
) -> Learned:
    """Learn what can be learned beyond the fit of `policy`; checkpoints lie in `folder` until the version is written."""
    fitted, device = policy.state(), device_here()
    choices = [ranking.Choice(*choice) for d in demonstrations if (choice := policy.choice(d)) is not None]
    residuals = [refinement.Residual(*pair) for pair in policy.residuals(demonstrations)]
    loss: list[Point] = []
    rank_words, place_words = _too_few("choices", len(choices), ranking.LEAST), _too_few("places", len(residuals), refinement.LEAST)
    if len(choices) >= ranking.LEAST:
        problem = RankingProblem(choices, device)
        fit = _descend(problem, seed, folder, device, told, steps)
        model, rank_words = ranking.verdict(problem, fit, choices)
        fitted, loss = msgspec.structs.replace(fitted, ranking=model), fit.curve if model else []
    if len(residuals) >= refinement.LEAST:
        place_problem = RefinementProblem(residuals, device)
        fit = _descend(place_problem, seed, folder, device, told, steps)
        place, place_words = refinement.verdict(place_problem, fit, residuals)
        fitted, loss = msgspec.structs.replace(fitted, refinement=place), loss or (fit.curve if place else [])
    return Learned(fitted, rank_words, place_words, loss, device_name(device))


def device_name(device: torch.device) -> str:
    """The device in words."""
    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else "cpu"


def _descend(problem: Problem, seed: int, folder: Path, device: torch.device, told: Told, steps: int) -> Fit:
    return descend(problem, seed=seed, steps=steps, checkpoint=folder / CHECKPOINT.format(name=problem.name), device=device, told=told)


def _too_few(what: str, have: int, need: int) -> str:
    return f"not used, it needs {need} {what} and was shown {have}" if have < need else ""
