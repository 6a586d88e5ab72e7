"""The network of the learned segmenter: a small U-net (Ronneberger et al. 2015) that looks at a quarter of the picture's resolution.

Imported by `segment` only where weights are loaded, and by `training`. The only torch modules of perception.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.perception.segment import CHANNELS, OFFSETS

WIDTHS = (24, 40, 64, 96)
OUTPUTS = 1 + len(OFFSETS)


def _conv(inside: int, out: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, out, 3, stride, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )


class Network(nn.Module):
    """Features (N, CHANNELS, H, W) to logits (N, OUTPUTS, H, W); H and W multiples of 16."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.stem = _conv(CHANNELS, a, 2)
        self.one = nn.Sequential(_conv(a, b, 2), _conv(b, b))
        self.two = nn.Sequential(_conv(b, c, 2), _conv(c, c), _conv(c, c))
        self.three = nn.Sequential(_conv(c, d, 2), _conv(d, d), _conv(d, d, dilation=2))
        self.up_two, self.up_one, self.up_stem = nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1), nn.Conv2d(b, a, 1)
        self.join_two, self.join_one, self.join_stem = _conv(c, c), _conv(b, b), _conv(a, a)
        self.head = nn.Conv2d(a, 4 * OUTPUTS, 1)

    def forward(self, shown: Tensor) -> Tensor:
        """Logits: a thing, then one and the same thing a pair of `OFFSETS`."""
        stem = self.stem(shown)
        one = self.one(stem)
        two = self.two(one)
        three = self.three(two)
        two = self.join_two(two + _twice(self.up_two(three)))
        one = self.join_one(one + _twice(self.up_one(two)))
        stem = self.join_stem(stem + _twice(self.up_stem(one)))
        return F.pixel_shuffle(self.head(stem), 2)

    def chances(self, shown: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Chances f32 (OUTPUTS, H, W) of features (CHANNELS, H, W)."""
        with torch.inference_mode():
            batch = torch.from_numpy(shown)[None].to(self.head.weight.dtype, memory_format=torch.channels_last)
            return torch.sigmoid(self(batch)[0].float()).contiguous().numpy()


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def for_inference(network: Network) -> Network:
    """The same function with the normalisations folded into the convolutions, in the number format that this machine is fast in.

    Half precision takes 9 ms instead of 19 a frame where the processor has it; scores stay within a tenth of a point (docs/perception.md).
    """
    network.eval()
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential) and len(module) == 3 and isinstance(module[1], nn.BatchNorm2d):
            module[0] = nn.utils.fusion.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    fast = torch.bfloat16 if has_fast_halves(torch.device("cpu")) else torch.float32
    return network.to(fast, memory_format=torch.channels_last)


def has_fast_halves(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 faster than in single precision: a training step on such a processor 0.16 s, not 0.27."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))
