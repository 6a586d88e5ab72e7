"""The learned part of a name's embedding: a small network over a masked crop, run in numpy so that no process needs torch for it.

Called by `names.embed_part`. Its weights are made by `core.perception.encoder_training`, on made-up things only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from core.errors import WeightsError
from core.geometry import Depth, Mask, Window
from core.perception.handmade import LENGTH
from core.types import ColorImage

WEIGHTS = Path(__file__).parent.parent.parent / "assets" / "weights" / "names.safetensors"
SIDE = 48
CHANNELS, FEATURES = 6, (16, 32, 48, 64)
STRIDES = (2, 2, 2, 1)
HIDDEN, WIDTH = 128, 32
_MOST_BYTES = 2_000_000
_FOREIGN = "{} is torn or not the names' weights, so it was not loaded. Install Pendant again."
_RELIEF_M = 0.03
MARGIN_PX = 6
"""How far beside a thing its window must be seen, for what hides part of it."""
_BESIDE_PX, _NEARER_M = 11, 0.015
_SHAPES = {
    **{f"conv{i}.weight": (o, c, 3, 3) for i, (c, o) in enumerate(zip((CHANNELS, *FEATURES), FEATURES, strict=False))},
    **{f"conv{i}.bias": (o,) for i, o in enumerate(FEATURES)},
    "mean": (LENGTH,),
    "spread": (LENGTH,),
    "head0.weight": (HIDDEN, 2 * FEATURES[-1] + LENGTH),
    "head0.bias": (HIDDEN,),
    "head1.weight": (WIDTH, HIDDEN),
    "head1.bias": (WIDTH,),
}

Planes = npt.NDArray[np.float32]


def shown(color: ColorImage, depth_m: Depth, window: Window, part: Mask, white: float) -> Planes:
    """What the network is shown of the thing `part` (h, w) in a window of a picture (H, W): f32 (CHANNELS, SIDE, SIDE), zero outside it.

    Colour over the table's brightness (3), the mask, how far each pixel is in front of the thing's middle, and where the outline is not the
    thing's own. The longer side fills the square; the shorter is centred in it.
    """
    hidden = cv2.dilate(cut_short(depth_m, window, part).view(np.uint8), np.ones((3, 3), np.uint8))
    crop, depth_m = color[window], depth_m[window]
    height, width = part.shape
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inside = cv2.resize(part.astype(np.float32), size, interpolation=way)
    known = part & (depth_m > 0)
    middle = float(np.median(depth_m[known])) if known.any() else 0.0
    relief = np.where(known, np.clip((middle - depth_m) / _RELIEF_M, -2, 2), 0).astype(np.float32)
    bright = crop.astype(np.float32) * np.float32(1 / max(white, 1.0)) * part[..., None]
    behind = np.dstack([relief, hidden.astype(np.float32)]) * part[..., None]
    small = np.dstack([cv2.resize(plane, size, interpolation=way) for plane in (bright, behind)])
    small = small / np.maximum(inside, 0.2)[..., None] * (inside > 0.3)[..., None]
    made = np.zeros((CHANNELS, SIDE, SIDE), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    there = np.s_[top : top + size[1], left : left + size[0]]
    made[:3][:, there[0], there[1]] = np.clip(small[..., :3].transpose(2, 0, 1), 0, 1.6)
    made[3][there] = inside
    made[4:][:, there[0], there[1]] = small[..., 3:].transpose(2, 0, 1)
    return made


def cut_short(depth_m: Depth, window: Window, part: Mask) -> Mask:
    """The outline (h, w) of the thing `part` in a window where something nearer, or the picture's edge, hides what goes on behind it."""
    height, width = depth_m.shape
    rows, columns = (slice(max(0, s.start - MARGIN_PX), s.stop + MARGIN_PX) for s in window)
    z = depth_m[rows, columns]
    own = np.zeros(z.shape, np.uint8)
    inner = np.s_[window[0].start - rows.start :, window[1].start - columns.start :]
    own[inner][: part.shape[0], : part.shape[1]] = part
    seen = (z > 0).view(np.uint8)
    known = own & seen
    size = (_BESIDE_PX, _BESIDE_PX)
    weight = cv2.blur(known.astype(np.float32), size)
    deep = cv2.blur(z * known, size) / np.maximum(weight, 1e-6)
    beside = np.where((own == 0) & (seen > 0), z, np.float32(1e3))
    nearest = cv2.erode(beside, np.ones((2 * MARGIN_PX + 1, 2 * MARGIN_PX + 1), np.uint8))
    rim = (own > 0) & (cv2.erode(own, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0) == 0)
    ended = rim & (weight > 0) & (nearest < deep - _NEARER_M)
    cut = ended[inner][: part.shape[0], : part.shape[1]].copy()
    cut[0] |= part[0] & (window[0].start == 0)
    cut[-1] |= part[-1] & (window[0].stop == height)
    cut[:, 0] |= part[:, 0] & (window[1].start == 0)
    cut[:, -1] |= part[:, -1] & (window[1].stop == width)
    return cut


@dataclass(frozen=True)
class Encoder:
    """The network's weights as read. `version`: eight digits of the file's hash."""

    tensors: Mapping[str, Planes]
    version: str

    def __call__(self, planes: Planes, measures: Planes) -> Planes:
        """The learned part (WIDTH,) of a look: `planes` as from `shown`, `measures` (M,) as from `handmade.measured`."""
        w = self.tensors
        x = planes
        for i, stride in enumerate(STRIDES):
            x = _convolved(x, w[f"conv{i}.weight"], w[f"conv{i}.bias"], stride)
        known = np.clip((measures - w["mean"]) / w["spread"], -4, 4)
        seen = np.concatenate([x.mean((1, 2)), x.max((1, 2)), known])
        hidden = np.maximum(w["head0.weight"] @ seen + w["head0.bias"], 0)
        return np.asarray(w["head1.weight"] @ hidden + w["head1.bias"], np.float32)


def _convolved(x: Planes, weight: Planes, bias: Planes, stride: int) -> Planes:
    """3x3 convolution of x (C, H, W) with padding 1, then a rectifier: (O, H / stride, W / stride)."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    height, width = x.shape[1] // stride, x.shape[2] // stride
    taps = [
        padded[:, i : i + stride * (height - 1) + 1 : stride, j : j + stride * (width - 1) + 1 : stride] for i in range(3) for j in range(3)
    ]
    columns = np.stack(taps, 1).reshape(9 * len(x), height * width)
    made = weight.reshape(len(weight), -1) @ columns + bias[:, None]
    return np.maximum(made, 0).reshape(len(weight), height, width)


@cache
def standard_encoder() -> Encoder:
    """The encoder that ships, read once. Raises WeightsError when its file is missing, torn or foreign."""
    return read_encoder(WEIGHTS)


def read_encoder(path: Path) -> Encoder:
    """An encoder with the weights in `path`. Raises WeightsError, in a sentence."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise WeightsError(f"{path.name} is far too large for the names' weights, so it was not loaded.")
        data = path.read_bytes()
        tensors = {k: np.asarray(v, np.float32) for k, v in load(data).items()}
    except OSError as error:
        raise WeightsError(f"{path.name}, the names' weights, is missing. Install Pendant again.") from error
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise WeightsError(_FOREIGN.format(path.name)) from error
    if {k: v.shape for k, v in tensors.items()} != _SHAPES or not all(np.isfinite(v).all() for v in tensors.values()):
        raise WeightsError(_FOREIGN.format(path.name))
    return Encoder(tensors, hashlib.sha256(data).hexdigest()[:8])
