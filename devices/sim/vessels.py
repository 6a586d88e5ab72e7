"""What holds other things: mug, tray and basket, with walls that things cannot pass."""

from __future__ import annotations

import numpy as np

from core.types import Array
from devices.sim import textures
from devices.sim.look import Collider, Look, Part, Size, at, capsule
from devices.sim.meshes import Mesh, merged, rounded_box, swept, turned
from devices.sim.textures import Color


def mug(size: Size, color: Color, rng: np.random.Generator) -> Look:
    """A turned cup with a swept handle."""
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
    hold = [capsule(path[i] + [shift, 0, 0], path[j] + [shift, 0, 0], 0.005) for i, j in ((0, 5), (5, 8), (8, 13))]
    return Look(parts, (Collider("cylinder", (radius, height / 2, 0), at(shift, 0, 0)), *hold), 500.0)


def tray(size: Size, color: Color, rng: np.random.Generator) -> Look:
    """A floor and four walls."""
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
        (Part(mesh, color=color, shininess=0.3),), tuple(Collider("box", (s[0] / 2, s[1] / 2, s[2] / 2), at(*p)) for s, p in plates), 700.0
    )


def basket(size: Size, color: Color, rng: np.random.Generator) -> Look:
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
    floor = Collider("cylinder", (foot - 0.004, 0.005, 0), at(0, 0, -height / 2 + 0.005))
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
