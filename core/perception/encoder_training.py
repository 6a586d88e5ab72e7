"""Makes the weights of the names' encoder from things that are made up. Called by `pendant train identifier --part names`.

The objective is the decision that names are for: one look a kind is known, another look comes, and it is one of the known kinds or none
(prototypes of one look: Snell, Swersky, Zemel, "Prototypical networks for few-shot learning", 2017; "none" as a class of its own at a
learned distance). Half of what is known beside it are look-alikes of the same family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from core.perception import encoder, handmade, looks
from core.perception.encoder_network import EncoderNetwork
from core.perception.synthesis import views

_LEAST_LOOKS = 4
_KNOWN, _OWN_KNOWN, _ALIKE_KNOWN = 12, 0.6, 0.5


@dataclass(frozen=True)
class Settings:
    """`stalls` of made-up kinds; `steps` of `batch` families of look-alikes each; `held_stalls` that are only asked about at the end.

    The same settings give the same weights on the same machine.
    """

    stalls: int = 240
    held_stalls: int = 20
    steps: int = 5000
    batch: int = 30
    rate: float = 2e-3
    seed: int = 1


@dataclass(frozen=True)
class MadeLooks:
    """N looks: planes f16 (N, CHANNELS, SIDE, SIDE), measures f32 (N, LENGTH), kind and family (N,), `plain` (N,): as first clicked."""

    planes: npt.NDArray[np.float16]
    measures: npt.NDArray[np.float32]
    kind: npt.NDArray[np.int64]
    family: npt.NDArray[np.int64]
    plain: npt.NDArray[np.bool_]


@dataclass
class Course:
    """How a training went: (step, loss, share decided right) every hundred steps."""

    curve: list[tuple[int, float, float]] = field(default_factory=list)


Report = Callable[[int, int, str], None]
Stop = Callable[[], bool]


def gathered(rows: Iterable[tuple[views.View, int, int, bool]]) -> MadeLooks:
    """Looks from rows of (view, kind, family, as first clicked)."""
    planes, measures, kind, family, plain = zip(*((*_shown(view), k, f, plain) for view, k, f, plain in rows), strict=True)
    return MadeLooks(np.stack(planes), np.stack(measures), np.array(kind), np.array(family), np.array(plain))


def _shown(view: views.View) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.float32]]:
    window = looks.window_of(view.mask)
    part = view.mask[window]
    measures = handmade.measured(view.color[window], view.depth_m[window], part, view.box, white=view.white)
    return encoder.shown(view.color, view.depth_m, window, part, view.white).astype(np.float16), measures


class Training:
    """One training over made-up looks."""

    def __init__(self, shown: MadeLooks, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.course = settings, Course()
        self._looks = shown
        mean, spread = shown.measures.mean(0), shown.measures.std(0) + 1e-3
        self.network = EncoderNetwork(mean.astype(np.float32), spread.astype(np.float32))
        self._rows = {int(k): rows for k in np.unique(shown.kind) if len(rows := np.flatnonzero(shown.kind == k)) >= _LEAST_LOOKS}
        self._kinds = _grouped(self._rows, shown.family)
        self._rng = np.random.default_rng(settings.seed)
        self._optimizer = torch.optim.AdamW(self.network.parameters(), lr=settings.rate, weight_decay=1e-3)

    def run(self, report: Report, stopped: Stop) -> Course:
        """Train until all steps are taken, or stopped."""
        recent: list[tuple[float, float]] = []
        for step in range(self.settings.steps):
            if stopped():
                break
            recent.append(self._step(step / self.settings.steps, warm=min(1.0, (step + 1) / 30)))
            if (step + 1) % 100 == 0:
                loss, right = np.mean(recent, axis=0)
                self.course.curve.append((step + 1, round(float(loss), 4), round(float(right), 4)))
                report(step + 1, self.settings.steps, f"loss {loss:.3f}, {100 * right:.1f} % right")
                recent = []
        return self.course

    def _step(self, share: float, warm: float) -> tuple[float, float]:
        for group in self._optimizer.param_groups:
            group["lr"] = self.settings.rate * warm * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * share)))
        self.network.train()
        loss, right = decided(self.network, *self.episode())
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self._optimizer.step()
        return float(loss.item()), right

    def episode(self) -> tuple[torch.Tensor, torch.Tensor, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Planes and measures of one known look a kind followed by what is asked; whose each asked look is; what is known when it is."""
        rng = self._rng
        chosen = rng.choice(len(self._kinds), min(self.settings.batch, len(self._kinds)), replace=False)
        kinds = [k for f in chosen for k in self._kinds[f]]
        family = np.array([f for f in chosen for _ in self._kinds[f]])
        first = [int(rng.choice(self._plain(k) if rng.random() < 0.7 else self._rows[k])) for k in kinds]
        asked = [(int(i), j) for j, k in enumerate(kinds) for i in rng.permutation(self._rows[k])[:4] if i != first[j]]
        own = np.array([j for _, j in asked])
        planes = self._looks.planes[first + [i for i, _ in asked]].astype(np.float32)
        planes = _mirrored(planes, rng)
        measures = self._looks.measures[first + [i for i, _ in asked]] + rng.normal(0, 0.03, (len(planes), handmade.LENGTH)) * (
            self.network.spread.numpy()
        )
        return torch.from_numpy(planes), torch.from_numpy(measures.astype(np.float32)), own, _known(own, family, rng)

    def _plain(self, kind: int) -> npt.NDArray[np.int64]:
        rows = self._rows[kind]
        plain = rows[self._looks.plain[rows]]
        return plain if len(plain) else rows


def _grouped(rows: dict[int, npt.NDArray[np.int64]], family: npt.NDArray[np.int64]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for kind, mine in rows.items():
        groups.setdefault(int(family[mine[0]]), []).append(kind)
    return list(groups.values())


def _mirrored(planes: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Half of them left for right, a third upside down."""
    across, down = rng.random(len(planes)) < 0.5, rng.random(len(planes)) < 0.3
    planes[across] = planes[across, :, :, ::-1]
    planes[down] = planes[down, :, ::-1]
    return planes


def _known(own: npt.NDArray[np.int64], family: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which kinds (Q, K) have a name when a look is asked: its own mostly, half of its look-alikes, about a dozen of the others."""
    shape = (len(own), len(family))
    mine = np.arange(len(family))[None] == own[:, None]
    alike = (family[None] == family[own][:, None]) & ~mine
    chance = rng.random(shape)
    return np.where(mine, rng.random((shape[0], 1)) < _OWN_KNOWN, chance < np.where(alike, _ALIKE_KNOWN, _KNOWN / shape[1]))


def decided(
    network: EncoderNetwork,
    planes: torch.Tensor,
    measures: torch.Tensor,
    own: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_],
) -> tuple[torch.Tensor, float]:
    """Cross entropy of "which of the known, or none" over half the squared distances, and the share that is decided right."""
    count = known.shape[1]
    where = network(planes, measures)
    apart = ((where[count:, None] - where[None, :count]) ** 2).sum(-1)
    logits = torch.where(torch.from_numpy(known), -apart / 2, torch.full_like(apart, -1e4))
    none = (-(network.reject**2) / 2).expand(len(own), 1)
    true = torch.from_numpy(np.where(known[np.arange(len(own)), own], own, count))
    answers = torch.cat([logits, none], 1)
    return F.cross_entropy(answers, true), float((answers.argmax(1) == true).float().mean())


def held_out(network: EncoderNetwork, shown: MadeLooks, settings: Settings) -> tuple[float, float]:
    """Loss and share decided right over looks at kinds that were never trained on."""
    asked = Training(shown, settings)
    network.eval()
    with torch.inference_mode():
        rows = [decided(network, *asked.episode()) for _ in range(20)]
    return float(np.mean([loss.item() for loss, _ in rows])), float(np.mean([right for _, right in rows]))
