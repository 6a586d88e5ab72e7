"""What the things on the table look like and what collides, by kind. Used by the simulated world only.

Every thing is described about the middle of its full extents, lying as it rests.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from devices.sim import textures
from devices.sim.fruit import banana, fruit
from devices.sim.look import Collider, Look, Part, Size
from devices.sim.meshes import rounded_box, rounded_cylinder
from devices.sim.textures import Color
from devices.sim.vessels import basket, mug, tray

COLORS: dict[str, Color] = {
    "apple": (0.70, 0.10, 0.09),
    "orange": (0.95, 0.50, 0.07),
    "peach": (0.95, 0.64, 0.38),
    "plum": (0.30, 0.10, 0.24),
    "lemon": (0.96, 0.84, 0.14),
    "lime": (0.36, 0.58, 0.12),
    "pear": (0.74, 0.76, 0.26),
    "banana": (0.95, 0.80, 0.16),
    "tangerine": (0.96, 0.42, 0.05),
    "grapefruit": (0.95, 0.66, 0.30),
    "nectarine": (0.85, 0.38, 0.20),
    "apricot": (0.96, 0.66, 0.28),
    "tomato": (0.82, 0.13, 0.08),
    "kiwi": (0.45, 0.33, 0.17),
    "avocado": (0.16, 0.22, 0.09),
    "potato": (0.74, 0.58, 0.36),
    "block": (0.72, 0.16, 0.14),
    "box": (0.62, 0.46, 0.28),
    "cylinder": (0.20, 0.45, 0.55),
    "mug": (0.16, 0.33, 0.58),
    "sponge": (0.93, 0.80, 0.22),
    "tray": (0.30, 0.33, 0.38),
    "mark": (0.14, 0.55, 0.30),
}


def look(kind: str, size: Size, color: Color | None, hue: float, rng: np.random.Generator) -> Look:
    """How a thing of this kind and size looks; `hue` turns its colours by that many degrees."""
    base = np.array(color or COLORS.get(kind, (0.6, 0.4, 0.2)))
    tone = textures.shift_hue(base * rng.uniform(0.96, 1.04), hue)
    tint = (float(tone[0]), float(tone[1]), float(tone[2]))
    builder = _BUILDERS.get(kind)
    if builder is not None:
        return builder(size, tint, rng)
    return fruit(kind, size, tint, rng)


def _box(size: Size, color: Color, rng: np.random.Generator) -> Look:
    mesh = rounded_box(size, min(0.004, min(size) / 4))
    return Look((Part(mesh, color=color, shininess=0.3),), (Collider("box", (size[0] / 2, size[1] / 2, size[2] / 2), np.eye(4)),), 600.0)


def _cylinder(size: Size, color: Color, rng: np.random.Generator) -> Look:
    mesh = rounded_cylinder(size[0] / 2, size[0] / 2, -size[2] / 2, size[2] / 2, min(0.004, size[2] / 4))
    return Look((Part(mesh, color=color, shininess=0.3),), (Collider("cylinder", (size[0] / 2, size[2] / 2, 0), np.eye(4)),), 600.0)


def _sponge(size: Size, color: Color, rng: np.random.Generator) -> Look:
    foam, scrub = size[2] * 0.72, size[2] * 0.28
    lower = rounded_box((size[0], size[1], foam), 0.006).at(0, 0, -size[2] / 2 + foam / 2)
    upper = rounded_box((size[0], size[1], scrub), 0.003).at(0, 0, size[2] / 2 - scrub / 2)
    body = Part(lower, textures.to_bytes(textures.sponge(color, rng)), shininess=0.02, specular=0.05)
    top = Part(upper, textures.to_bytes(textures.sponge((0.14, 0.40, 0.20), rng)), shininess=0.02, specular=0.05)
    return Look((body, top), (Collider("box", (size[0] / 2, size[1] / 2, size[2] / 2), np.eye(4)),), 250.0)


def _mark(size: Size, color: Color, rng: np.random.Generator) -> Look:
    return Look((Part(rounded_box(size, size[2] * 0.45), color=color, shininess=0.05, specular=0.05),), ())


_BUILDERS: dict[str, Callable[[Size, Color, np.random.Generator], Look]] = {
    "banana": banana,
    "block": _box,
    "box": _box,
    "cylinder": _cylinder,
    "sponge": _sponge,
    "mark": _mark,
    "mug": mug,
    "tray": tray,
    "basket": basket,
}
