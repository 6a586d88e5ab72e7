"""Learned evidence of where one thing ends and another begins: what the network is shown, and what it answers.

Called by `propose` and by `core.perception.training`. Depth only: it carries over from made-up scenes to real ones. torch is imported
where weights are loaded, not here: a window may import this module.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.perception.cuts import concavity, inverse
from core.perception.support import Support
from core.types import Intrinsics

if TYPE_CHECKING:
    from core.perception.network import Network

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]

WEIGHTS = Path(__file__).parents[2] / "assets" / "weights" / "identifier.safetensors"

GRID = 2
"""The network sees every `GRID`-th row and column of the picture that `propose` works on."""

OFFSETS = ((0, 2), (2, 0), (0, 5), (5, 0), (4, 4), (4, -4), (0, 12), (12, 0))
"""Pairs of pixels (rows, columns apart on the network's grid) of which it says whether both are on one thing."""

CHANNELS = 12
_MULTIPLE = 16


@dataclass(frozen=True)
class Evidence:
    """thing f32 (H, W): the chance that a pixel is of a thing. same f32 (len(OFFSETS), H, W): that it and the one at the offset are one."""

    thing: Image
    same: Image

    def window(self, window: tuple[slice, slice]) -> Evidence:
        """The evidence in rows and columns of the picture that begin on the grid."""
        rows, columns = (slice(side.start // GRID, -(-side.stop // GRID)) for side in window)
        return Evidence(self.thing[rows, columns], self.same[:, rows, columns])


@dataclass(frozen=True)
class Patch:
    """What there is to look at, on the network's grid: depth_m f32 (H, W), the table, the robot's pixels `closed` (H, W), the camera."""

    depth_m: Image
    support: Support
    closed: Mask
    camera: Intrinsics


class Looker(Protocol):
    """Says where one thing ends and another begins."""

    version: str

    def look(self, patch: Patch) -> Evidence:
        """Evidence on the patch's grid."""
        ...


class Segmenter:
    """Runs the network on one core. `version` names the weights."""

    def __init__(self, network: Network, version: str) -> None:
        self._network, self.version = network, version

    def look(self, patch: Patch) -> Evidence:
        """Evidence on the patch's grid."""
        shown = features(patch.depth_m, patch.support, patch.closed, patch.camera)
        height, width = patch.depth_m.shape
        padded = np.pad(shown, ((0, 0), (0, -height % _MULTIPLE), (0, -width % _MULTIPLE)))
        answer = self._network.chances(padded)[:, :height, :width]
        return Evidence(answer[0], answer[1:])


def load(path: Path = WEIGHTS) -> Segmenter:
    """A segmenter with the weights in `path`, on one core. Raises WeightsError when they are missing, torn or foreign."""
    import torch

    from core.perception.network import for_inference
    from core.perception.weights import read_weights

    torch.set_num_threads(1)
    network, version = read_weights(path)
    return Segmenter(for_inference(network), version)


def version_of(data: bytes) -> str:
    """Eight digits that name the bytes of a file of weights."""
    return hashlib.sha256(data).hexdigest()[:8]


def strided(support: Support) -> Support:
    """A table seen on the network's grid."""
    return support.window((slice(None, None, GRID), slice(None, None, GRID)))


def features(depth_m: Image, support: Support, closed: Mask, camera: Intrinsics) -> Image:
    """What the network is shown, f32 (CHANNELS, H, W), each about -1..1 and free of range, focal length and tilt as far as may be."""
    valid = ((depth_m > 0) & ~closed).astype(np.float32)
    z = cv2.medianBlur(depth_m, 3) * valid
    z = np.where(z > 0, z, depth_m * valid).astype(np.float32)
    height = cv2.medianBlur(support.height, 3) * valid
    w = inverse(z)
    normal = _normals(w, valid, camera)
    up = support.plane.normal.astype(np.float32)
    middle = np.float32(max(0.2, float(np.median(z[::4, ::4][z[::4, ::4] > 0]))) if (z[::4, ::4] > 0).any() else 1.0)
    radius = max(2, round(0.008 * camera.fx / float(middle)))
    return np.stack(
        [
            valid,
            np.clip(height * np.float32(1 / 0.03), -1, 1),
            np.clip(height * np.float32(1 / 0.25), -1, 1.5),
            np.tensordot(up, normal, 1),
            normal[0],
            -normal[2],
            _contrast(w, valid, 9),
            _contrast(w, valid, 33),
            np.clip(concavity(cv2.blur(w, (3, 3)), z, min(radius, 5), camera.fx), 0, 1.5),
            np.clip(np.log(np.maximum(z, 0.1) * np.float32(1 / camera.fx / 0.003)), -1.5, 1.5) * valid,
            support.above.astype(np.float32),
            support.table.astype(np.float32),
        ]
    ).astype(np.float32)


def _normals(w: Image, valid: Image, camera: Intrinsics) -> Image:
    """Unit normals (3, H, W) in the camera frame, towards the camera: over a plane n.p = c inverse depth is n.(x, y, 1) / c."""
    weight = np.maximum(cv2.blur(valid, (3, 3)), np.float32(1e-3))
    smooth = cv2.blur(w, (3, 3)) / weight
    smooth = np.where(valid > 0, smooth, 0).astype(np.float32)
    known = cv2.erode(valid, np.ones((3, 3), np.uint8))
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=camera.fx / 8)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=camera.fy / 8)
    x = ((np.arange(camera.width) - camera.cx) / camera.fx).astype(np.float32)
    y = ((np.arange(camera.height) - camera.cy) / camera.fy).astype(np.float32)
    gz = smooth - x[None] * gx - y[:, None] * gy
    scale = -known / np.sqrt(gx * gx + gy * gy + gz * gz + np.float32(1e-9))
    return np.stack([gx * scale, gy * scale, gz * scale])


def _contrast(w: Image, valid: Image, size: int) -> Image:
    """How much nearer a pixel is than its surroundings, over their distance."""
    around = cv2.blur(w, (size, size)) / np.maximum(cv2.blur(valid, (size, size)), np.float32(1e-3))
    return np.clip((w / np.maximum(around, np.float32(1e-3)) - 1) * (np.float32(8) * valid), -1, 1)


def targets(things: Labels) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """What the network should answer on true things (H, W): same u8 (len(OFFSETS), H, W), 0 or 1, and where that is asked (0 or 1)."""
    same = np.zeros((len(OFFSETS), *things.shape), np.uint8)
    asked = np.zeros_like(same)
    for k, (dv, du) in enumerate(OFFSETS):
        here, there = pair(things.shape, dv, du)
        a, b = things[here], things[there]
        same[k][here] = (a == b) & (a > 0)
        asked[k][here] = (a > 0) | (b > 0)
    return same, asked


def pair(shape: tuple[int, ...], dv: int, du: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The windows of the pixels that have a partner (dv, du) away, and of these partners."""
    rows, columns = shape
    here = (slice(0, rows - dv), slice(max(0, -du), columns - max(0, du)))
    there = (slice(dv, rows), slice(max(0, du), columns - max(0, -du)))
    return here, there
