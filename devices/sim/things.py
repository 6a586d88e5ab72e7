"""What the things on the table look like and what collides: drawn meshes with textures, and primitives for contact.

Used by the simulated world only. Every thing is described about the middle of its full extents, lying as it rests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.types import Array
from devices.sim import textures
from devices.sim.meshes import Mesh, merged, rounded_box, rounded_cylinder, swept, turned
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
STEM = (0.30, 0.20, 0.09)


def look(kind: str, size: Size, color: Color | None, hue: float, rng: np.random.Generator) -> Look:
    """How a thing of this kind and size looks; `hue` turns its colours by that many degrees."""
    base = np.array(color or COLORS.get(kind, (0.6, 0.4, 0.2)))
    tone = textures.shift_hue(base * rng.uniform(0.96, 1.04), hue)
    tint = (float(tone[0]), float(tone[1]), float(tone[2]))
    builder = _BUILDERS.get(kind)
    if builder is not None:
        return builder(size, tint, rng)
    return _fruit(kind, size, tint, hue, rng)


def _fruit(kind: str, size: Size, color: Color, hue: float, rng: np.random.Generator) -> Look:
    image = textures.skin(kind, color, rng)
    lying = kind in ("lemon", "lime", "pear", "kiwi", "avocado", "potato")
    mesh = turned(_fruit_profile(kind))
    mesh = mesh.along("x") if lying else mesh
    shine = {"peach": 0.08, "kiwi": 0.05, "potato": 0.1, "avocado": 0.25, "apricot": 0.1}.get(kind, 0.55)
    parts = [Part(mesh.scaled_to(size), textures.to_bytes(image), shininess=shine, specular=0.12 if shine < 0.2 else 0.38)]
    parts += _stem(kind, size)
    return Look(tuple(parts), _FRUIT_COLLIDERS.get(kind, _ellipsoid)(size))


def _fruit_profile(kind: str) -> Array:
    """(K, 2) radius and height of half a section, bottom to top, before stretching to size."""
    t = np.linspace(0, np.pi, 34)
    r, z = np.sin(t), -np.cos(t)
    if kind in ("apple", "tomato", "tangerine", "peach", "nectarine", "orange", "grapefruit", "apricot", "plum"):
        top, bottom, taper = {"apple": (0.42, 0.30, 0.10), "tomato": (0.22, 0.05, 0.02), "tangerine": (0.12, 0.08, 0.0)}.get(
            kind, (0.10, 0.03, 0.02)
        )
        z = z - top * np.exp(-((r / 0.32) ** 2)) * (z > 0) + bottom * np.exp(-((r / 0.30) ** 2)) * (z < 0)
        r = r * (1 + taper * np.sign(z) * np.abs(np.cos(t)))
    if kind in ("lemon", "lime"):
        tip = 0.30 if kind == "lemon" else 0.12
        z = z * 1.15 + tip * np.sign(z) * np.exp(-((r / 0.26) ** 2))
    if kind in ("pear", "avocado"):
        neck = 0.50 if kind == "pear" else 0.28
        r = r * (1 - neck * textures.smooth(-0.15, 0.75, z))
        z = z * 1.45
    if kind == "potato":
        r = r**0.8 * (1 + 0.10 * np.sin(3 * z + 0.7))
    r[0] = r[-1] = 0.0
    return np.stack([r, z], axis=1)


def _stem(kind: str, size: Size) -> list[Part]:
    if kind in ("apple", "pear", "tangerine"):
        if kind == "pear":
            path = np.array([[size[0] / 2 - 0.006, 0, 0], [size[0] / 2 + 0.006, 0.001, 0.001], [size[0] / 2 + 0.015, 0.003, 0.004]])
        else:
            foot = size[2] / 2 - (0.018 if kind == "apple" else 0.006)
            path = np.array([[0, 0, foot], [0.001, 0, foot + 0.012], [0.005, 0.001, foot + (0.024 if kind == "apple" else 0.014)]])
        path = np.array([path[0] * (1 - s) ** 2 + 2 * path[1] * s * (1 - s) + path[2] * s * s for s in np.linspace(0, 1, 6)])
        return [Part(swept(path, np.array([0.0020, 0.0017, 0.0015, 0.0015, 0.0018, 0.0022]), segments=8), color=STEM, shininess=0.1)]
    if kind == "tomato":
        rays = []
        for k in range(5):
            a = 2 * np.pi * k / 5
            s = np.linspace(0, 1, 6)[:, None]
            out = np.hstack([np.cos(a) * s, np.sin(a) * s, -0.25 * s**2 + 0.12]) * 0.020
            rays.append(swept(out + [0, 0, size[2] / 2 - 0.005], 0.0028 * (1.05 - s[:, 0]), segments=6))
        return [Part(merged(*rays), color=(0.20, 0.40, 0.10), shininess=0.1)]
    return []


def _banana(size: Size, color: Color, rng: np.random.Generator) -> Look:
    middle, radius = _banana_line(60)
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    raw = swept(middle, radius, 1 + 0.045 * np.cos(5 * angle), segments=20)
    low, high = raw.vertices.min(axis=0), raw.vertices.max(axis=0)
    factor = np.array(size) / (high - low)
    image = textures.to_bytes(textures.skin("banana", color, rng))
    nodes, radii = _banana_line(60)
    nodes = (nodes - (low + high) / 2) * factor
    at = np.linspace(3, 56, 8).astype(int)
    capsules = []
    for a, b in zip(at[:-1], at[1:], strict=True):
        capsules.append(_capsule(nodes[a], nodes[b], float((radii[a] + radii[b]) / 2 * factor[2] * 0.98)))
    return Look((Part(raw.scaled_to(size), image, shininess=0.35, specular=0.22),), tuple(capsules))


def _banana_line(count: int) -> tuple[Array, Array]:
    """Middle line (K, 3) on a 104 degree arc in the xy plane and its radius (K,), metres before stretching."""
    s = np.linspace(0, 1, count)
    angle = np.deg2rad(104) * (s - 0.5)
    arc = 0.098
    line = np.stack([arc * np.sin(angle), arc * (1 - np.cos(angle)), np.zeros(count)], axis=1)
    body = 0.0185 * (1 - np.abs(2 * s - 1) ** 2.6) ** 0.62
    stem = 0.0052 * textures.smooth(0.0, 0.02, s) * textures.smooth(0.86, 0.92, s)
    radius = np.maximum(np.maximum(body, stem), 0.0032 * textures.smooth(0.0, 0.03, s))
    radius[0] = radius[-1] = 1e-4
    return line, radius


def _ellipsoid(size: Size) -> tuple[Collider, ...]:
    return (Collider("ellipsoid", (size[0] / 2, size[1] / 2, size[2] / 2), np.eye(4)),)


def _lemon_colliders(size: Size) -> tuple[Collider, ...]:
    tip = size[1] * 0.11
    ball = [Collider("sphere", (tip, 0, 0), _at(s * (size[0] / 2 - tip), 0, 0)) for s in (-1.0, 1.0)]
    return (Collider("ellipsoid", (size[0] * 0.44, size[1] / 2, size[2] / 2), np.eye(4)), *ball)


def _pear_colliders(size: Size) -> tuple[Collider, ...]:
    """An ellipsoid for the belly and spheres along the neck, read off the drawn profile."""
    profile = _fruit_profile("pear")
    low, high = profile[:, 1].min(), profile[:, 1].max()
    x = (profile[:, 1] - (low + high) / 2) / (high - low) * size[0]
    r = profile[:, 0] / profile[:, 0].max() * size[1] / 2
    wide = float(x[np.argmax(r)])
    belly = min(wide + size[0] / 2, size[1] / 2)
    balls = [
        Collider("sphere", (float(np.interp(p, x, r)) * 0.97, 0, 0), _at(p, 0, 0)) for p in np.linspace(wide + 0.014, size[0] * 0.36, 3)
    ]
    return (Collider("ellipsoid", (belly, size[1] / 2, size[2] / 2), _at(wide, 0, 0)), *balls)


_FRUIT_COLLIDERS: dict[str, Callable[[Size], tuple[Collider, ...]]] = {"lemon": _lemon_colliders, "pear": _pear_colliders}


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


def _mug(size: Size, color: Color, rng: np.random.Generator) -> Look:
    radius, height = size[1] / 2, size[2]
    shift = -(size[0] - size[1]) / 2
    wall = 0.004
    z = [0, 0, 0.004, height - 0.004, height, height, height - 0.004, 0.008, 0.006, 0.006]
    r = [0, radius - 0.006, radius, radius, radius - 0.001, radius - wall + 0.001, radius - wall, radius - wall, radius - wall - 0.005, 0]
    shell = turned(np.stack([r, np.array(z) - height / 2], axis=1)[::-1])
    shell = _facing(shell, np.stack([r, np.array(z) - height / 2], axis=1))
    a = np.linspace(-np.pi / 2, np.pi / 2, 14)
    reach = size[0] - size[1] - 0.005
    path = np.stack([radius - 0.003 + reach * np.cos(a), np.zeros(14), 0.30 * height * np.sin(a)], axis=1)
    handle = swept(path, np.full(14, 0.0052), segments=10)
    parts = (Part(merged(shell, handle).at(shift, 0, 0), color=color, shininess=0.7, specular=0.5),)
    hold = [_capsule(path[i] + [shift, 0, 0], path[j] + [shift, 0, 0], 0.005) for i, j in ((0, 5), (5, 8), (8, 13))]
    return Look(parts, (Collider("cylinder", (radius, height / 2, 0), _at(shift, 0, 0)), *hold), 500.0)


def _tray(size: Size, color: Color, rng: np.random.Generator) -> Look:
    x, y, z = size
    wall = 0.006
    plates = [
        ((x, y, wall), (0.0, 0.0, -z / 2 + wall / 2)),
        ((wall, y, z), (x / 2 - wall / 2, 0.0, 0.0)),
        ((wall, y, z), (-x / 2 + wall / 2, 0.0, 0.0)),
        ((x, wall, z), (0.0, y / 2 - wall / 2, 0.0)),
        ((x, wall, z), (0.0, -y / 2 + wall / 2, 0.0)),
    ]
    mesh = merged(*[rounded_box(s, 0.002).at(*p) for s, p in plates])
    return Look(
        (Part(mesh, color=color, shininess=0.3),), tuple(Collider("box", (s[0] / 2, s[1] / 2, s[2] / 2), _at(*p)) for s, p in plates), 700.0
    )


def _basket(size: Size, color: Color, rng: np.random.Generator) -> Look:
    """A two-sided turned shell with a woven skin and two twisted ropes as its rim. Foot three quarters as wide as the rim."""
    rim, height, foot = size[0] / 2 - 0.007, size[2], size[0] / 2 * 0.75
    s = np.linspace(0, 1, 16)
    outer = np.stack([foot + (rim - foot) * s**0.8, -height / 2 + 0.004 + (height - 0.010) * s], axis=1)
    inner = outer - [0.008, 0.0]
    profile = np.vstack([[[0, -height / 2 + 0.001]], [[foot - 0.008, -height / 2 + 0.001]], outer])
    inside = np.vstack([[[0, -height / 2 + 0.010]], [[foot - 0.014, -height / 2 + 0.010]], inner])
    weave = textures.to_bytes(textures.wicker(rng))
    shell = (turned(profile, segments=64), _facing(turned(inside, -_normals_of(inside), segments=64), None))
    ropes = [_rope(rim - 0.004, height / 2 - 0.0075, phase) for phase in (0.0, np.pi)]
    parts = [Part(mesh, weave, shininess=0.05, specular=0.08) for mesh in shell]
    parts += [Part(mesh, textures.to_bytes(textures.rope(rng)), shininess=0.05, specular=0.08) for mesh in ropes]
    return Look(tuple(parts), _basket_colliders(foot, rim, height), 500.0)


def _normals_of(profile: Array) -> Array:
    tangent = np.gradient(profile, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def _facing(mesh: Mesh, profile: Array | None) -> Mesh:
    """The mesh as it is, or for a closed profile (K, 2) turned again so that its sharp bends keep flat normals."""
    if profile is None:
        return mesh
    doubled, normals = [], []
    for a, b in zip(profile[:-1], profile[1:], strict=True):
        n = np.array([b[1] - a[1], -(b[0] - a[0])])
        n = n / max(float(np.linalg.norm(n)), 1e-12)
        doubled += [a, b]
        normals += [n, n]
    return turned(np.array(doubled), np.array(normals))


def _rope(radius: float, height: float, phase: float) -> Mesh:
    a = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    twist = 20 * a + phase
    r = radius + 0.0042 * np.cos(twist)
    path = np.stack([r * np.cos(a), r * np.sin(a), height + 0.0042 * np.sin(twist)], axis=1)
    return swept(path, np.full(len(a), 0.0058), closed=True, segments=7)


def _basket_colliders(foot: float, rim: float, height: float) -> tuple[Collider, ...]:
    floor = Collider("cylinder", (foot - 0.004, 0.005, 0), _at(0, 0, -height / 2 + 0.005))
    tilt = np.arctan2(rim - foot, height)
    length = np.hypot(rim - foot, height)
    middle = (foot + rim) / 2 - 0.004
    walls = []
    for k in range(16):
        a = 2 * np.pi * k / 16
        x_out = np.array([np.cos(a), np.sin(a), 0.0])
        along = np.array([np.sin(tilt) * x_out[0], np.sin(tilt) * x_out[1], np.cos(tilt)])
        side = np.array([-np.sin(a), np.cos(a), 0.0])
        T = np.eye(4)
        T[:3, :3] = np.stack([np.cross(side, along), side, along], axis=1)
        T[:3, 3] = middle * x_out
        walls.append(Collider("box", (0.004, rim * np.tan(np.pi / 16) * 1.02, length / 2), T))
    return (floor, *walls)


def _capsule(a: Array, b: Array, radius: float) -> Collider:
    z = (b - a) / np.linalg.norm(b - a)
    helper = np.array([0.0, 0.0, 1.0]) if abs(z[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    x = np.cross(helper, z)
    x /= np.linalg.norm(x)
    T = np.eye(4)
    T[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    T[:3, 3] = (a + b) / 2
    return Collider("capsule", (radius, float(np.linalg.norm(b - a)) / 2, 0), T)


def _at(x: float, y: float, z: float) -> Array:
    T = np.eye(4)
    T[:3, 3] = x, y, z
    return T


_BUILDERS: dict[str, Callable[[Size, Color, np.random.Generator], Look]] = {
    "banana": _banana,
    "block": _box,
    "box": _box,
    "cylinder": _cylinder,
    "sponge": _sponge,
    "mark": _mark,
    "mug": _mug,
    "tray": _tray,
    "basket": _basket,
}
