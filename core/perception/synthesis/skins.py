"""The skin of a made-up thing: a colour, a pattern of another colour in it, gloss. For made-up scenes and stalls.

Patterns are sums of cosines in the thing's own space, so that they hold from every side. Pure functions of arrays and a generator.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Color = tuple[float, float, float]
_WAVES = 24


@dataclass(frozen=True)
class Skin:
    """`color` RGB 0..1; `other` where noise of wavelength `scale` (m), stretched along z by `stretch`, exceeds `level`; gloss 0..1."""

    color: Color
    other: Color
    amount: float
    level: float
    scale: float
    stretch: float
    grain: float
    gloss: float


def draw(rng: np.random.Generator) -> Skin:
    """A random skin: mostly of one colour with a little grain, a third with spots, streaks or a blush."""
    color = _color(rng)
    near = rng.random() < 0.6
    other = turned(color, float(rng.normal(0, 25)), float(np.exp(rng.normal(0, 0.3)))) if near else _color(rng)
    return Skin(
        color=color,
        other=other,
        amount=float(rng.uniform(0.3, 0.95)) if rng.random() < 0.45 else 0.0,
        level=float(rng.uniform(-0.3, 1.8)),
        scale=float(np.exp(rng.uniform(np.log(0.006), np.log(0.08)))),
        stretch=float(np.exp(rng.uniform(np.log(0.2), np.log(5)))) if rng.random() < 0.4 else 1.0,
        grain=float(np.exp(rng.uniform(np.log(0.01), np.log(0.2)))),
        gloss=float(rng.uniform(0, 0.5)),
    )


def turned(color: Color, degrees: float, factor: float = 1.0) -> Color:
    """A colour with its hue turned about the grey axis and its brightness multiplied, as `degrees` of warmer or colder light do."""
    a = np.deg2rad(degrees)
    axis = np.full(3, 1 / np.sqrt(3))
    K = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    made = np.clip((np.eye(3) + np.sin(a) * K + (1 - np.cos(a)) * K @ K) @ np.array(color) * factor, 0.02, 0.98)
    return (float(made[0]), float(made[1]), float(made[2]))


def albedo(skin: Skin, at: npt.NDArray[np.float32], degrees: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Colours (N, 3) at points (N, 3) of the thing, metres; all hues turned by `degrees`. Every call draws the pattern anew."""
    base = np.asarray(turned(skin.color, degrees, float(rng.uniform(0.96, 1.04))), np.float32) * np.ones((len(at), 1), np.float32)
    if skin.amount > 0:
        share = np.clip((_noise(at, skin.scale, skin.stretch, rng) - skin.level) / 1.0, 0, 1) * np.float32(skin.amount)
        base += share[:, None] * (np.asarray(turned(skin.other, degrees), np.float32) - base)
    if skin.grain > 0.015:
        base *= 1 + np.float32(skin.grain) * _noise(at, 0.004, 1.0, rng)[:, None]
    return base


def _noise(at: npt.NDArray[np.float32], scale: float, stretch: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Smooth noise (N,) of unit spread."""
    waves = rng.normal(0, 1 / scale, (3, _WAVES)) * np.array([[1.0], [1.0], [1 / stretch]])
    phases = rng.uniform(0, 2 * np.pi, _WAVES)
    return np.asarray(
        np.cos(at @ waves.astype(np.float32) + phases.astype(np.float32)).sum(1) * np.float32(np.sqrt(2 / _WAVES)), np.float32
    )


def _color(rng: np.random.Generator) -> Color:
    """A colour that things have: saturated, pale, grey or dark; warm ones more often."""
    hue = float(rng.beta(1.2, 3.0)) if rng.random() < 0.5 else float(rng.random())
    grey = rng.random() < 0.15
    return colorsys.hsv_to_rgb(hue, float(rng.uniform(0, 0.25) if grey else rng.uniform(0.3, 0.95)), float(rng.uniform(0.15, 0.97)))
