"""Depth as a stereo camera would report it: noise on disparity, ragged edges, stereo shadow, holes. Used by the simulated camera only.

The model and its figures follow an Intel D435 (50 mm baseline, sub-pixel steps of 1/32): about 2 mm at 0.8 m, growing with z squared.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core.types import ColorImage, DepthImage

BASELINE_M = 0.05
NEAR_M, FAR_M = 0.25, 4.0
Image = npt.NDArray[np.float32]


class DepthNoise:
    """Turns true depth into a D435's. strength: factor on the noise; 0 leaves the depth exact."""

    def __init__(self, shape: tuple[int, int], fx: float, strength: float, seed: int) -> None:
        rng = np.random.default_rng([23, seed])
        self._shape, self._focal, self._strength, self._seed = shape, np.float32(fx * BASELINE_M), strength, seed
        self._smooth = [self._field(rng, 0.09, 2.6) for _ in range(6)]
        self._white = self._field(rng, 0.03, 0.0)
        self._blobs = self._field(rng, 1.0, 2.0)
        self._columns = np.arange(shape[1], dtype=np.float32)[None]

    def apply(self, depth_m: Image, seq: int, color: ColorImage | None = None) -> DepthImage:
        """True depth f32 (H, W) metres (0 = none) to u16 millimetres; the same `seq` gives the same noise.

        color: the scene on the depth grid, if known, to lose pixels that are too dark or too bright.
        """
        if self._strength <= 0:
            return np.where(depth_m < FAR_M, depth_m * 1000 + 0.5, 0).astype(np.uint16)
        rng = np.random.default_rng([29, self._seed, seq])
        seen = (depth_m > NEAR_M) & (depth_m < FAR_M)
        disparity: Image = (self._focal / np.where(depth_m > 0.05, depth_m, np.float32(30.0))).astype(np.float32, copy=False)
        edges = self._edges(disparity)
        disparity = self._ragged(disparity, edges, rng)
        seen &= ~self._stereo_shadow(disparity)
        disparity = disparity + np.float32(self._strength) * (
            self._shifted(self._smooth[int(rng.integers(6))], rng) + self._shifted(self._white, rng)
        )
        disparity = (np.round(disparity * 32) / 32).astype(np.float32, copy=False)
        seen &= self._shifted(self._blobs, rng) < 3.6
        seen[edges] &= rng.random(int(edges.sum()), np.float32) > 0.2
        if color is not None:
            grey = color[..., 1]
            seen &= (grey > 6) & (grey < 253)
        millimetres = np.float32(1000) * self._focal / np.maximum(disparity, np.float32(0.5))
        return np.where(seen, millimetres + np.float32(0.5), 0).astype(np.uint16)

    def _field(self, rng: np.random.Generator, sigma: float, blur: float) -> Image:
        """A field larger than the picture, so that shifts can be cut from it."""
        field = rng.standard_normal((self._shape[0] + 64, self._shape[1] + 64)).astype(np.float32)
        if blur:
            field = cv2.GaussianBlur(field, (0, 0), blur).astype(np.float32)
        return np.asarray(field * np.float32(sigma / field.std()), np.float32)

    def _shifted(self, field: Image, rng: np.random.Generator) -> Image:
        y, x = rng.integers(0, 64, 2)
        return field[y : y + self._shape[0], x : x + self._shape[1]]

    def _edges(self, disparity: Image) -> npt.NDArray[np.bool_]:
        jump = np.zeros(self._shape, np.uint8)
        jump[:, 1:] |= np.abs(np.diff(disparity, axis=1)) > 1.2
        jump[1:] |= np.abs(np.diff(disparity, axis=0)) > 1.2
        return np.asarray(cv2.dilate(jump, np.ones((5, 5), np.uint8)), bool)

    def _ragged(self, disparity: Image, edges: npt.NDArray[np.bool_], rng: np.random.Generator) -> Image:
        y, x = np.nonzero(edges)
        dy, dx = rng.integers(-2, 3, (2, len(y)))
        result = disparity.copy()
        result[y, x] = disparity[np.clip(y + dy, 0, self._shape[0] - 1), np.clip(x + dx, 0, self._shape[1] - 1)]
        return result

    def _stereo_shadow(self, disparity: Image) -> npt.NDArray[np.bool_]:
        """Pixels that the second imager cannot see: something further right covers them there."""
        seen_at = self._columns - disparity
        nearest = np.minimum.accumulate(seen_at[:, ::-1], axis=1)[:, ::-1]
        hidden = np.zeros(self._shape, bool)
        hidden[:, :-1] = seen_at[:, :-1] > nearest[:, 1:]
        return hidden


def true_depth(z_buffer: Image, near: float, far: float) -> Image:
    """Metres f32 from a reversed 32-bit z buffer; beyond `far` is 0."""
    k, c = np.float32(near * far / (far - near)), np.float32(near / (far - near))
    depth = k / (z_buffer + c)
    depth[depth >= np.float32(far * 0.999)] = 0
    return depth
