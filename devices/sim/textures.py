"""Surfaces from numpy noise: fruit skins, wicker, wood, concrete. Bytes only; no image files, nothing cached on disk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.types import Array

Texture = npt.NDArray[np.uint8]
Color = tuple[float, float, float]


def noise(shape: tuple[int, int], scale_y: float, scale_x: float, rng: np.random.Generator) -> Array:
    """Smooth periodic noise of unit spread; scales in pixels."""
    spectrum = np.fft.rfft2(rng.standard_normal(shape))
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    field = np.fft.irfft2(spectrum * np.exp(-2 * (np.pi**2) * ((fy * scale_y) ** 2 + (fx * scale_x) ** 2)), shape)
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-9), np.float64)


def mix(a: Array, b: Color | Array, amount: Array) -> Array:
    """Blend image a (H, W, 3) with a colour or image b by amount (H, W)."""
    weight = np.clip(amount, 0, 1)[..., None]
    return a * (1 - weight) + np.asarray(b) * weight


def to_bytes(image: Array) -> Texture:
    """0..1 floats as u8."""
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def plain(color: Color, shape: tuple[int, int] = (128, 256)) -> Array:
    """An image of one colour."""
    return np.tile(np.array(color, np.float64), (*shape, 1))


def smooth(low: float, high: float, x: Array) -> Array:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def shift_hue(image: Array, degrees: float) -> Array:
    """Colours (..., 3) turned about the grey axis."""
    if not degrees:
        return image
    a = np.deg2rad(degrees)
    axis = np.full(3, 1 / np.sqrt(3))
    K = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    R = np.eye(3) + np.sin(a) * K + (1 - np.cos(a)) * K @ K
    return np.clip(image @ R.T, 0, 1)


def skin(kind: str, color: Color, rng: np.random.Generator) -> Array:
    """The skin of a fruit, (H, W, 3) 0..1: u runs round it, v from one end to the other."""
    shape = (128, 256)
    v = np.linspace(0, 1, shape[0])[:, None] * np.ones(shape)
    base = plain(color, shape) * (1 + 0.04 * noise(shape, 8, 8, rng)[..., None])
    if kind in _SKINS:
        return np.asarray(_SKINS[kind](base, v, shape, rng))
    return base


def _apple(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    streaks = noise(shape, 26, 2.0, rng)
    image = mix(base, (0.86, 0.60, 0.20), smooth(0.5, 1.9, streaks + 0.5 * noise(shape, 30, 40, rng)) * 0.75)
    image = mix(image, (0.80, 0.72, 0.30), smooth(0.93, 0.995, v) + smooth(0.07, 0.0, v))
    return mix(image, (0.93, 0.80, 0.55), smooth(2.3, 2.8, noise(shape, 1, 1, rng)) * 0.6)


def _citrus(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    pores = noise(shape, 1.3, 1.3, rng)
    image = base * (1 - 0.07 * smooth(0.4, 1.8, pores)[..., None]) + 0.03 * smooth(0.8, 2.0, -pores)[..., None]
    return mix(image, (0.30, 0.36, 0.10), smooth(0.985, 1.0, v) + smooth(0.012, 0.0, v))


def _peach(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    blush = noise(shape, 26, 38, rng) + 0.35 * noise(shape, 3, 3, rng)
    image = mix(base, (0.80, 0.24, 0.20), smooth(-0.3, 1.4, blush) * 0.85)
    u = np.linspace(0, 1, shape[1])[None] * np.ones(shape)
    return mix(image, (0.62, 0.24, 0.16), np.exp(-(((u - 0.5) / 0.010) ** 2)) * 0.6)


def _plum(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    bloom = noise(shape, 14, 18, rng) + 0.3 * noise(shape, 2, 2, rng)
    image = mix(base, (0.44, 0.36, 0.52), smooth(0.0, 1.8, bloom) * 0.55)
    u = np.linspace(0, 1, shape[1])[None] * np.ones(shape)
    return mix(image, (0.13, 0.04, 0.12), np.exp(-(((u - 0.5) / 0.012) ** 2)) * 0.8)


def _pear(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    image = mix(base, (0.72, 0.45, 0.20), smooth(0.3, 1.9, noise(shape, 30, 30, rng)) * 0.45)
    return mix(image, (0.40, 0.34, 0.12), smooth(1.7, 2.4, noise(shape, 1, 1, rng)) * 0.7)


def _banana(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    along = np.linspace(0, 1, shape[1])[None] * np.ones(shape)
    ridge = np.abs(np.cos(2.5 * 2 * np.pi * v))
    image = base * (1 - 0.10 * (ridge[..., None] ** 6))
    image = mix(image, (0.58, 0.64, 0.16), smooth(0.86, 0.95, along) * 0.8 + smooth(0.12, 0.03, along) * 0.5)
    image = mix(image, (0.32, 0.20, 0.07), smooth(2.15, 2.5, noise(shape, 2.4, 2.0, rng)) * 0.85)
    return mix(image, (0.13, 0.10, 0.05), smooth(0.985, 0.995, along) + smooth(0.022, 0.012, along))


def _kiwi(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    return np.asarray(base * (1 + 0.16 * noise(shape, 2.5, 0.8, rng)[..., None]))


def _avocado(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    return np.asarray(base * (1 + 0.25 * np.clip(noise(shape, 2, 2, rng), -1.5, 1.5)[..., None]))


def _potato(base: Array, v: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    image = base * (1 + 0.06 * noise(shape, 1.2, 1.2, rng)[..., None])
    return mix(image, (0.36, 0.25, 0.14), smooth(2.0, 2.4, noise(shape, 2, 3, rng)) * 0.8)


_SKINS = {
    "apple": _apple,
    "nectarine": _peach,
    "orange": _citrus,
    "lemon": _citrus,
    "lime": _citrus,
    "tangerine": _citrus,
    "grapefruit": _citrus,
    "peach": _peach,
    "apricot": _peach,
    "plum": _plum,
    "pear": _pear,
    "banana": _banana,
    "kiwi": _kiwi,
    "avocado": _avocado,
    "potato": _potato,
}


def wicker(rng: np.random.Generator) -> Array:
    """Woven strands over upright stakes."""
    height, width = 256, 512
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    row, phase = np.floor(y / 16), (y / 16) % 1
    over = np.cos(2 * np.pi * (x / 32 + row / 2))
    strand = np.sqrt(np.clip(1 - (2 * phase - 1) ** 2, 0, 1))
    shade = strand * (0.62 + 0.38 * over)
    tone = 1 + 0.08 * noise((height, width), 1.2, 14, rng) + 0.07 * rng.standard_normal((height // 16 + 1, 1))[row.astype(int)[:, 0]]
    light, dark = np.array([0.72, 0.49, 0.25]), np.array([0.20, 0.11, 0.045])
    return (dark + (light - dark) * np.clip(shade, 0, 1)[..., None]) * tone[..., None]


def rope(rng: np.random.Generator) -> Array:
    """The strands of a rim."""
    height, width = 32, 512
    tone = 1 + 0.10 * noise((height, width), 1.5, 5, rng)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    twist = 0.75 + 0.25 * np.abs(np.sin(np.pi * (x / 8 + 2 * y / height)))
    return plain((0.62, 0.41, 0.20), (height, width)) * (tone * twist)[..., None]


def wood(rng: np.random.Generator, boards: int = 6) -> Array:
    """A table top of boards; u across the boards' length."""
    height, width = 768, 1024
    y = np.arange(height)[:, None] * np.ones((1, width))
    board = np.minimum((y / height * boards).astype(int), boards - 1)
    image = plain((0.80, 0.575, 0.36), (height, width))
    shift = rng.integers(0, width, boards)
    grain = noise((height, width), 1.6, 90, rng)
    rings = np.sin(9 * noise((height, width), 24, 260, rng))
    cols = (np.arange(width)[None] + shift[board]) % width
    grain, rings = np.take_along_axis(grain, cols, 1), np.take_along_axis(rings, cols, 1)
    tone = 1 + 0.035 * grain + 0.030 * rings + (0.05 * rng.standard_normal(boards))[board]
    image = image * tone[..., None] ** np.array([0.8, 1.0, 1.25])
    seam = np.abs((y / height * boards + 0.5) % 1 - 0.5) * height / boards
    return mix(image, (0.36, 0.23, 0.13), np.exp(-((seam / 1.6) ** 2)) * (board > 0) * 0.9)


def concrete(rng: np.random.Generator) -> Array:
    """A matte floor."""
    shape = (256, 256)
    return plain((0.46, 0.48, 0.51), shape) * (1 + 0.05 * noise(shape, 2, 2, rng) + 0.05 * noise(shape, 20, 20, rng))[..., None]


def sponge(color: Color, rng: np.random.Generator) -> Array:
    """Holes of two sizes."""
    shape = (128, 256)
    image = plain(color, shape) * (1 + 0.05 * noise(shape, 2, 2, rng)[..., None])
    return mix(
        image, tuple(0.62 * np.array(color)), smooth(1.2, 1.7, noise(shape, 2.2, 2.2, rng)) + 0.5 * smooth(1.4, 2, noise(shape, 1, 1, rng))
    )
