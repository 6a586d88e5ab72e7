"""Fruit: drawn from a turned profile or a swept arc, colliding as ellipsoids, spheres and capsules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.types import Array
from devices.sim import textures
from devices.sim.look import Collider, Look, Part, Size, at, capsule
from devices.sim.meshes import merged, swept, turned
from devices.sim.textures import Color

STEM = (0.30, 0.20, 0.09)


def fruit(kind: str, size: Size, color: Color, rng: np.random.Generator) -> Look:
    """A fruit turned from its profile, with the stem of its kind."""
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


def banana(size: Size, color: Color, rng: np.random.Generator) -> Look:
    """A swept arc; capsules along it collide."""
    middle, radius = _banana_line(60)
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    raw = swept(middle, radius, 1 + 0.045 * np.cos(5 * angle), segments=20)
    low, high = raw.vertices.min(axis=0), raw.vertices.max(axis=0)
    factor = np.array(size) / (high - low)
    image = textures.to_bytes(textures.skin("banana", color, rng))
    nodes, radii = _banana_line(60)
    nodes = (nodes - (low + high) / 2) * factor
    nodes_at = np.linspace(3, 56, 8).astype(int)
    capsules = []
    for a, b in zip(nodes_at[:-1], nodes_at[1:], strict=True):
        capsules.append(capsule(nodes[a], nodes[b], float((radii[a] + radii[b]) / 2 * factor[2] * 0.98)))
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
    ball = [Collider("sphere", (tip, 0, 0), at(s * (size[0] / 2 - tip), 0, 0)) for s in (-1.0, 1.0)]
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
        Collider("sphere", (float(np.interp(p, x, r)) * 0.97, 0, 0), at(p, 0, 0)) for p in np.linspace(wide + 0.014, size[0] * 0.36, 3)
    ]
    return (Collider("ellipsoid", (belly, size[1] / 2, size[2] / 2), at(wide, 0, 0)), *balls)


_FRUIT_COLLIDERS: dict[str, Callable[[Size], tuple[Collider, ...]]] = {"lemon": _lemon_colliders, "pear": _pear_colliders}
