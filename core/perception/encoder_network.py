"""The names' encoder as a torch module, for training only: what runs is `encoder.Encoder`, with the tensors that `tensors_of` gives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.perception.encoder import CHANNELS, FEATURES, HIDDEN, STRIDES, WIDTH
from core.perception.handmade import LENGTH


class EncoderNetwork(nn.Module):
    """Planes (N, CHANNELS, SIDE, SIDE) and measures (N, LENGTH) to looks (N, WIDTH).

    `reject`: the distance at which "none of these" is as likely as a named kind; learned with the rest.
    """

    def __init__(self, mean: npt.NDArray[np.float32], spread: npt.NDArray[np.float32]) -> None:
        """mean, spread (LENGTH,): of the measures over the training looks."""
        super().__init__()
        layers = zip((CHANNELS, *FEATURES), FEATURES, STRIDES, strict=False)
        self.body = nn.Sequential(*(_convolution(c, o, stride) for c, o, stride in layers))
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(2 * FEATURES[-1] + LENGTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, WIDTH))
        self.reject = nn.Parameter(torch.tensor(4.0))
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("spread", torch.from_numpy(spread))

    def forward(self, planes: torch.Tensor, measures: torch.Tensor) -> torch.Tensor:
        """See the class."""
        seen = self.body(planes)
        known = ((measures - self.mean) / self.spread).clamp(-4, 4)
        return torch.as_tensor(self.head(torch.cat([seen.mean((2, 3)), seen.amax((2, 3)), known], 1)))


def _convolution(c: int, o: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(c, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


def tensors_of(network: EncoderNetwork, reach: float) -> dict[str, torch.Tensor]:
    """The tensors of `encoder.Encoder`: batch norms folded into the convolutions, and looks scaled: `reject` becomes a
    root mean square of `reach` over the features.
    """
    network.eval()
    made: dict[str, torch.Tensor] = {"mean": network.mean, "spread": network.spread}
    for i, layer in enumerate(network.body):
        folded = nn.utils.fusion.fuse_conv_bn_eval(layer[0], layer[1])
        made |= {f"conv{i}.weight": folded.weight, f"conv{i}.bias": folded.bias}
    first, last = network.head[1], network.head[3]
    scale = reach * WIDTH**0.5 / network.reject.abs()
    made |= {"head0.weight": first.weight, "head0.bias": first.bias}
    made |= {"head1.weight": last.weight * scale, "head1.bias": last.bias * scale}
    return {k: v.detach().float().contiguous() for k, v in made.items()}
