"""Makes the segmenter's weights from scenes that are made up on the way. Called by `pendant train identifier`.

Scenes are drawn by seed, so the n-th is always the same; how many are seen in the given time depends on the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from core.perception import segment
from core.perception.network import Network, has_fast_halves
from core.perception.support import find_support
from core.perception.synthesis.scenes import Sample, sample
from core.perception.training_state import read_state, write_state

HELD_SEED = 5_000_000
_POOL = 320
_FULL = 0.5


@dataclass(frozen=True)
class Settings:
    """`fresh`: new scenes a step; each is shown about batch / fresh times.

    `minutes`: of this process's own time, over which the rate falls: on a busy machine the same training takes longer, not less.
    """

    minutes: float = 45.0
    seed: int = 1
    batch: int = 6
    fresh: int = 2
    rate: float = 3e-3
    checkpoint_s: float = 60.0


@dataclass
class Course:
    """How a training went: what a manifest says of it."""

    step: int = 0
    scenes: int = 0
    elapsed_s: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """One scene, ready for the network: features f16 (C, H, W), things i32 (H, W)."""

    features: npt.NDArray[np.float16]
    things: npt.NDArray[np.int32]

    def flipped(self) -> Shown:
        """Its mirror image: the normal's sideways part changes its sign."""
        mirrored = np.ascontiguousarray(self.features[:, :, ::-1])
        mirrored[4] *= -1
        return Shown(mirrored, np.ascontiguousarray(self.things[:, ::-1]))


Report = Callable[[Course, float], None]
Stop = Callable[[], bool]


def prepared(seed: int) -> Shown | None:
    """The scene of a seed as the network sees it; None when no table is found in it, or one thing or arm fills the picture."""
    scene: Sample = sample(seed)
    if max(np.bincount(scene.things.ravel())[1:].max(initial=0), scene.arm.sum()) > _FULL * scene.things.size:
        return None
    known = seed % 2 == 0
    valid = (scene.depth_m > 0) & ~scene.arm
    support = find_support(scene.depth_m, valid, scene.camera, expected=scene.plane if known else None)
    if support is None:
        return None
    shown = segment.features(scene.depth_m, support, scene.arm, scene.camera)
    return Shown(shown.astype(np.float16), scene.things)


def loss_of(logits: torch.Tensor, shown: torch.Tensor, things: list[npt.NDArray[np.int32]]) -> torch.Tensor:
    """Mean cross entropy of what is a thing and of which pairs are one; small things and places with depth weigh more."""
    weight = torch.from_numpy(np.stack([_weights(t) for t in things])).to(logits.device)
    thing = torch.from_numpy(np.stack([t > 0 for t in things]).astype(np.float32)).to(logits.device)
    pairs = [segment.targets(t) for t in things]
    same = torch.from_numpy(np.stack([p[0] for p in pairs])).to(logits.device).float()
    asked = torch.from_numpy(np.stack([p[1] for p in pairs])).to(logits.device).float()
    seen = 0.25 + 0.75 * shown[:, 0].float()
    first = F.binary_cross_entropy_with_logits(logits[:, 0], thing, reduction="none") * weight * seen
    second = F.binary_cross_entropy_with_logits(logits[:, 1:], same, reduction="none")
    second = second * asked * (weight * seen)[:, None] * (2.0 - same)
    return first.sum() / (weight * seen).sum() + second.sum() / asked.sum().clamp(min=1.0)


def _weights(things: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    area = np.bincount(things.ravel()).astype(np.float32)
    weight = np.clip(np.sqrt(600 / np.maximum(area, 1)), 0.7, 4).astype(np.float32)
    weight[0] = 0.7
    return weight[things]


class Training:
    """One training: `run` until its time is over or it is stopped; goes on from a checkpoint in `folder`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Raises WeightsError when the checkpoint in `folder` is torn."""
        self.folder, self.settings = folder, settings
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(settings.seed)
        self.network = Network().to(self.device, memory_format=torch.channels_last)
        self.mean = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=settings.rate, weight_decay=1e-4)
        self.course = Course()
        self.batch = settings.batch
        self._pool: list[Shown] = []
        self._held: list[Shown] = []
        read_state(self)

    def run(self, report: Report, stopped: Stop) -> Course:
        """Train; `report` gets the course and the last loss after every checkpoint. Leaves a checkpoint when stopped."""
        saved = time.monotonic()
        started = time.process_time()
        before = self.course.elapsed_s
        losses: list[float] = []
        while not stopped() and self.course.elapsed_s < 60 * self.settings.minutes:
            losses.append(self._guarded_step())
            self.course.elapsed_s = before + time.process_time() - started
            if time.monotonic() - saved > self.settings.checkpoint_s:
                saved = time.monotonic()
                self.course.curve.append((self.course.step, round(float(np.mean(losses)), 4)))
                write_state(self)
                report(self.course, float(np.mean(losses)))
                losses = []
        if losses:
            self.course.curve.append((self.course.step, round(float(np.mean(losses)), 4)))
        write_state(self)
        return self.course

    def held_out_loss(self, count: int = 40) -> float:
        """The mean loss over scenes that are never trained on, with the averaged weights."""
        network = Network().to(self.device)
        network.load_state_dict(self.mean)
        network.eval()
        self._held = self._held or [s for s in (prepared(HELD_SEED + i) for i in range(count)) if s is not None]
        with torch.inference_mode():
            return float(np.mean([self._loss(network, [s]).item() for s in self._held]))

    def _guarded_step(self) -> float:
        while True:
            try:
                return self._step()
            except torch.OutOfMemoryError:
                if self.batch == 1:
                    raise
                self.batch //= 2
                torch.cuda.empty_cache()

    def _step(self) -> float:
        rng = np.random.default_rng([self.settings.seed, self.course.step])
        for _ in range(self.settings.fresh if self._pool else self.batch):
            self._draw(rng)
        chosen = [self._pool[int(i)] for i in rng.integers(0, len(self._pool), self.batch)]
        chosen = [s.flipped() if rng.random() < 0.5 else s for s in chosen]
        share = min(1.0, self.course.elapsed_s / (60 * self.settings.minutes))
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * min(1.0, (self.course.step + 1) / 50) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * share)))
        self.network.train()
        loss = self._loss(self.network, chosen)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimizer.step()
        self.course.step += 1
        self._average()
        return float(loss.item())

    def _draw(self, rng: np.random.Generator) -> None:
        """One more scene in the pool; the pool forgets at random."""
        made = None
        while made is None:
            made = prepared(self.settings.seed * 1_000_000_000 + self.course.scenes)
            self.course.scenes += 1
        if len(self._pool) < _POOL:
            self._pool.append(made)
        else:
            self._pool[int(rng.integers(_POOL))] = made

    def _loss(self, network: Network, chosen: list[Shown]) -> torch.Tensor:
        shown = torch.from_numpy(np.stack([s.features for s in chosen])).float().to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_fast_halves(self.device)):
            logits = network(shown)
        return loss_of(logits.float(), shown, [s.things for s in chosen])

    def _average(self) -> None:
        """A running mean of the weights, which generalises better than the last ones (Polyak, Juditsky 1992)."""
        keep = min(0.995, self.course.step / (self.course.step + 20))
        for key, value in self.network.state_dict().items():
            if value.dtype.is_floating_point:
                self.mean[key].mul_(keep).add_(value.detach(), alpha=1 - keep)
            else:
                self.mean[key].copy_(value)
