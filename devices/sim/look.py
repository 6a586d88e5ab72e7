"""What a thing is to the simulated world: drawn meshes with textures, and primitives for contact. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.types import Array
from devices.sim.meshes import Mesh
from devices.sim.textures import Color, Texture

Size = tuple[float, float, float]


@dataclass(frozen=True)
class Part:
    """One drawn mesh: a texture (H, W, 3) u8 or a plain colour; shininess 0..1."""

    mesh: Mesh
    texture: Texture | None = None
    color: Color = (1.0, 1.0, 1.0)
    shininess: float = 0.4
    specular: float = 0.35


@dataclass(frozen=True)
class Collider:
    """A primitive for contact in the thing's frame: MuJoCo's size convention; T (4, 4)."""

    shape: Literal["ellipsoid", "sphere", "capsule", "cylinder", "box"]
    size: Size
    T: Array

    @property
    def volume(self) -> float:
        """Cubic metres."""
        a, b, c = self.size
        return {
            "ellipsoid": 4 / 3 * np.pi * a * b * c,
            "sphere": 4 / 3 * np.pi * a**3,
            "capsule": np.pi * a * a * (2 * b + 4 / 3 * a),
            "cylinder": 2 * np.pi * a * a * b,
            "box": 8 * a * b * c,
        }[self.shape]


@dataclass(frozen=True)
class Look:
    """A thing as drawn and as it collides; density kg/m3 of the colliders when no mass is given."""

    parts: tuple[Part, ...]
    colliders: tuple[Collider, ...]
    density: float = 900.0


def capsule(a: Array, b: Array, radius: float) -> Collider:
    """A capsule from a (3,) to b (3,)."""
    z = (b - a) / np.linalg.norm(b - a)
    helper = np.array([0.0, 0.0, 1.0]) if abs(z[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    x = np.cross(helper, z)
    x /= np.linalg.norm(x)
    T = np.eye(4)
    T[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    T[:3, 3] = (a + b) / 2
    return Collider("capsule", (radius, float(np.linalg.norm(b - a)) / 2, 0), T)


def at(x: float, y: float, z: float) -> Array:
    """The pose (4, 4) of something that is moved and not turned."""
    T = np.eye(4)
    T[:3, 3] = x, y, z
    return T
