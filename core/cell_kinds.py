"""The kinds of things that a cell may hold, with their usual sizes. Read by cell files and layouts; how they look is the simulator's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Kind:
    """A kind of thing: usual full extents in metres as it lies, whether it holds others, is a flat mat, is round seen from above."""

    size: tuple[float, float, float]
    container: bool = False
    flat: bool = False
    round: bool = False
    fruit: bool = False


def _fruit(x: float, y: float, z: float) -> Kind:
    return Kind(size=(x, y, z), round=abs(x - y) < 1e-6, fruit=True)


KINDS: dict[str, Kind] = {
    "apple": _fruit(0.074, 0.074, 0.068),
    "orange": _fruit(0.072, 0.072, 0.070),
    "peach": _fruit(0.068, 0.068, 0.064),
    "plum": _fruit(0.050, 0.050, 0.048),
    "lemon": _fruit(0.082, 0.054, 0.054),
    "lime": _fruit(0.058, 0.047, 0.047),
    "pear": _fruit(0.098, 0.063, 0.063),
    "banana": _fruit(0.170, 0.069, 0.036),
    "tangerine": _fruit(0.058, 0.058, 0.050),
    "grapefruit": _fruit(0.092, 0.092, 0.086),
    "nectarine": _fruit(0.064, 0.064, 0.061),
    "apricot": _fruit(0.046, 0.046, 0.044),
    "tomato": _fruit(0.066, 0.066, 0.054),
    "kiwi": _fruit(0.064, 0.050, 0.050),
    "avocado": _fruit(0.096, 0.064, 0.064),
    "potato": _fruit(0.092, 0.062, 0.052),
    "block": Kind(size=(0.045, 0.045, 0.045)),
    "box": Kind(size=(0.09, 0.06, 0.05)),
    "cylinder": Kind(size=(0.05, 0.05, 0.07), round=True),
    "mug": Kind(size=(0.116, 0.082, 0.092)),
    "sponge": Kind(size=(0.105, 0.065, 0.03)),
    "basket": Kind(size=(0.28, 0.28, 0.095), container=True, round=True),
    "tray": Kind(size=(0.24, 0.18, 0.05), container=True),
    "mark": Kind(size=(0.08, 0.06, 0.002), flat=True),
}


def footprint_radius(kind: str, size: tuple[float, float, float]) -> float:
    """Radius in metres of a circle about the middle that covers the thing seen from above."""
    return size[0] / 2 if KINDS[kind].round else float(np.hypot(size[0], size[1])) / (2.2 if KINDS[kind].fruit else 2)
