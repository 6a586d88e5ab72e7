"""Gradient descent on few demonstrations, every fold at once: each model leaves a part out, the last one learns from all.

Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) written out, so that its whole state fits into a checkpoint and going on equals never
having stopped. Called in the trainer; the only place, with the problems, where torch is needed to learn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from core.learning.progress import Point
from core.storage.frames import write_durably
from core.types import Array

Parameters = dict[str, Tensor]
Mask = npt.NDArray[np.bool_]
_MOST_FOLDS = 20
_CHECKPOINT_S = 1.0
_CURVE_EVERY = 20
_RATE = 0.03
_BETA1, _BETA2, _TINY = 0.9, 0.999, 1e-8


class Problem(Protocol):
    """Something to fit. `count` demonstrations; `key` changes whenever the data do, so that no foreign checkpoint is gone on with."""

    name: str
    count: int
    key: str

    def start(self, models: int, generator: torch.Generator, device: torch.device) -> Parameters:
        """First values, each with a leading dimension `models`."""

    def losses(self, parameters: Parameters, rows: slice) -> Tensor:
        """Loss of every model on the demonstrations `rows`: (models, rows)."""

    def penalty(self, parameters: Parameters) -> Tensor:
        """What keeps the weights small: (models,)."""


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    seed: int
    step: int
    batch: int
    curve: list[Point]


@dataclass(frozen=True)
class Fit:
    """The end of a descent.

    `parameters`: arrays with a leading dimension of folds + 1; `folds` (count,): the model that had left a demonstration out;
    `curve`: of the losses; `batch`: demonstrations taken at once, in the end.
    """

    parameters: Mapping[str, Array]
    folds: npt.NDArray[np.int64]
    curve: list[Point]
    batch: int


Told = Callable[[int, int, list[Point], str], None]
"""Steps done, steps in all, the curve, a sentence when something has to be said."""


def device_here() -> torch.device:
    """CUDA when there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def never() -> bool:
    """Go on to the last step."""
    return False


def folds_of(count: int) -> npt.NDArray[np.int64]:
    """The fold (count,) of each demonstration: one each while they are few."""
    return np.asarray(np.arange(count) % min(count, _MOST_FOLDS))


def leave_out(folds: npt.NDArray[np.int64]) -> Mask:
    """Which model leaves out which demonstration (models, count): one model a fold, the last one leaves nothing out."""
    return np.asarray(folds[None] == np.arange(int(folds.max()) + 2)[:, None])


def descend(
    problem: Problem,
    *,
    seed: int,
    steps: int,
    checkpoint: Path,
    device: torch.device,
    told: Told,
    every_s: float = _CHECKPOINT_S,
    left_out: Mask | None = None,
    batch: int | None = None,
    stopped: Callable[[], bool] = never,
) -> Fit:
    """Fit `problem`, or go on from `checkpoint`. Out of memory halves the batch; raises torch.OutOfMemoryError when one is too much.

    `left_out` (models, count) in place of a model a fold; its last row is all False. `batch`: demonstrations at once, all when None.
    `stopped`: asked after every step; when it says so, the fit is what was learnt until then.
    """
    absent = leave_out(folds_of(problem.count)) if left_out is None else left_out
    state = _State.begun(problem, absent, seed, device)
    state.batch = min(batch or problem.count, problem.count)
    state.take_up(checkpoint)
    saved = time.monotonic()
    while state.step < steps and not (state.step and stopped()):
        sentence = state.advance(problem)
        if sentence or state.step % _CURVE_EVERY == 0 or state.step == steps:
            told(state.step, steps, state.curve, sentence)
        if time.monotonic() - saved >= every_s or state.step == steps:
            state.save(checkpoint)
            saved = time.monotonic()
    parameters = {name: p.detach().cpu().numpy() for name, p in state.parameters.items()}
    return Fit(parameters, np.asarray(absent.argmax(axis=0)), state.curve, state.batch)


class _State:
    """Everything that a checkpoint holds: parameters, both moments, the step, the batch and the curve."""

    def __init__(self, problem: Problem, absent: Mask, seed: int, parameters: Parameters, device: torch.device) -> None:
        self.parameters = parameters
        self.first = {name: torch.zeros_like(p) for name, p in parameters.items()}
        self.second = {name: torch.zeros_like(p) for name, p in parameters.items()}
        self.step, self.batch, self.curve = 0, problem.count, list[Point]()
        self._key, self._seed = problem.key, seed
        left_out = torch.tensor(absent, device=device)
        self._held = left_out.double() / left_out.sum().clamp(min=1)
        self._used = (~left_out).double()
        self._used /= self._used.sum(dim=1, keepdim=True).clamp(min=1.0)

    @classmethod
    def begun(cls, problem: Problem, absent: Mask, seed: int, device: torch.device) -> _State:
        """A first state from `seed`."""
        generator = torch.Generator(device="cpu").manual_seed(seed)
        return cls(problem, absent, seed, problem.start(len(absent), generator, device), device)

    def advance(self, problem: Problem) -> str:
        """One step on all demonstrations, in batches; a sentence when memory made the batches smaller."""
        try:
            gradients, training, held = self._gradients(problem)
        except torch.OutOfMemoryError:
            if self.batch == 1:
                raise
            self.batch = self.batch // 2
            return f"There was not enough memory for that, so it goes on with {self.batch} at a time. Nothing is lost."
        self.step += 1
        for name, gradient in gradients.items():
            self._adam(name, gradient)
        if self.step % _CURVE_EVERY == 0 or self.step == 1:
            self.curve.append(Point(self.step, round(training, 5), round(held, 5)))
        return ""

    def _gradients(self, problem: Problem) -> tuple[Parameters, float, float]:
        for p in self.parameters.values():
            p.requires_grad_(True)
            p.grad = None
        training = held = 0.0
        for begin in range(0, problem.count, self.batch):
            rows = slice(begin, min(begin + self.batch, problem.count))
            losses = problem.losses(self.parameters, rows)
            used = (losses * self._used[:, rows]).sum()
            used.backward()
            training += float(used.detach())
            held += float((losses.detach() * self._held[:, rows]).sum())
        problem.penalty(self.parameters).sum().backward()
        gradients = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in self.parameters.items()}
        self.parameters = {name: p.detach() for name, p in self.parameters.items()}
        return gradients, training / len(self._used), held

    def _adam(self, name: str, gradient: Tensor) -> None:
        self.first[name] = _BETA1 * self.first[name] + (1 - _BETA1) * gradient
        self.second[name] = _BETA2 * self.second[name] + (1 - _BETA2) * gradient**2
        mean = self.first[name] / (1 - _BETA1**self.step)
        spread = self.second[name] / (1 - _BETA2**self.step)
        self.parameters[name] = self.parameters[name] - _RATE * mean / (spread.sqrt() + _TINY)

    def save(self, path: Path) -> None:
        """Write the state durably."""
        mark = _Mark(key=self._key, seed=self._seed, step=self.step, batch=self.batch, curve=self.curve)
        groups = {"parameters": self.parameters, "first": self.first, "second": self.second}
        tensors = {f"{group}.{name}": t.cpu().numpy() for group, values in groups.items() for name, t in values.items()}
        write_durably(path, save(tensors, {"mark": msgspec.json.encode(mark).decode()}))

    def take_up(self, path: Path) -> None:
        """Go on from what `save` wrote for the same data and seed; anything else at `path` is left alone and written over later."""
        try:
            with safe_open(path, framework="numpy") as file:
                mark = msgspec.json.decode((file.metadata() or {})["mark"], type=_Mark)
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (a file, not a mapping)
        except (OSError, SafetensorError, msgspec.DecodeError, KeyError):
            return  # none yet, or torn by a power cut: it begins anew
        if (mark.key, mark.seed) != (self._key, self._seed):
            return
        for group, values in (("parameters", self.parameters), ("first", self.first), ("second", self.second)):
            for name, value in values.items():
                values[name] = torch.tensor(tensors[f"{group}.{name}"], device=value.device)
        self.step, self.batch, self.curve = mark.step, mark.batch, mark.curve
