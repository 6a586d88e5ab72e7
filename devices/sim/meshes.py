"""Shapes from numpy: turned profiles, swept tubes, rounded boxes, with normals and texture coordinates.

Used by the looks of the arm and of the things on the table. Knows nothing about the physics engine; metres everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.types import Array

Faces = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Mesh:
    """vertices (N, 3) m, faces (M, 3) outward anticlockwise, normals (N, 3), uv (N, 2)."""

    vertices: Array
    faces: Faces
    normals: Array
    uv: Array

    def moved(self, T: Array) -> Mesh:
        """The same mesh after a rigid transform (4, 4)."""
        R, t = T[:3, :3], T[:3, 3]
        return replace(self, vertices=self.vertices @ R.T + t, normals=self.normals @ R.T)

    def at(self, x: float, y: float, z: float) -> Mesh:
        """The same mesh moved by x, y, z metres."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def along(self, axis: str) -> Mesh:
        """The same mesh with its z axis turned to 'x' or 'y'."""
        T = np.eye(4)
        T[:3, :3] = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]] if axis == "x" else [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
        return self.moved(T)

    def scaled_to(self, size: tuple[float, float, float]) -> Mesh:
        """Stretched to the full extents and centred on the origin; normals follow."""
        low, high = self.vertices.min(axis=0), self.vertices.max(axis=0)
        factor = np.array(size) / (high - low)
        normals = self.normals / factor
        return replace(
            self, vertices=(self.vertices - (low + high) / 2) * factor, normals=normals / np.linalg.norm(normals, axis=1, keepdims=True)
        )


def merged(*meshes: Mesh) -> Mesh:
    """All meshes as one."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return Mesh(
        vertices=np.vstack([m.vertices for m in meshes]),
        faces=np.vstack([m.faces + np.int32(o) for m, o in zip(meshes, offsets, strict=True)]).astype(np.int32),
        normals=np.vstack([m.normals for m in meshes]),
        uv=np.vstack([m.uv for m in meshes]),
    )


def turned(profile: Array, normals: Array | None = None, segments: int = 40) -> Mesh:
    """A surface of revolution about z. profile: (K, 2) radius and height; normals (K, 2), from the profile's tangents when not given."""
    normals = _profile_normals(profile) if normals is None else normals
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    vertices = _revolve(profile, ring)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    u, v = np.meshgrid(angle / (2 * np.pi), length / max(length[-1], 1e-9))
    uv = np.stack([u.ravel(), v.ravel()], axis=1)
    return _outward(Mesh(vertices, _grid_faces(len(profile), segments + 1), _revolve(normals, ring), uv))


def rounded_cylinder(r0: float, r1: float, z0: float, z1: float, bevel: float = 0.006, segments: int = 40) -> Mesh:
    """A cylinder (or cone from r0 below to r1 above) about z with rounded edges."""
    side = np.arctan2(r0 - r1, z1 - z0)
    low, high = np.linspace(-np.pi / 2, side, 5), np.linspace(side, np.pi / 2, 5)
    below = np.stack([np.cos(low), np.sin(low)], axis=1)
    above = np.stack([np.cos(high), np.sin(high)], axis=1)
    edges = np.array([r0 - bevel, z0 + bevel]) + bevel * below, np.array([r1 - bevel, z1 - bevel]) + bevel * above
    points = [np.array([[0.0, z0]]), *edges, np.array([[0.0, z1]])]
    return turned(np.vstack(points), np.vstack([[[0.0, -1.0]], below, above, [[0.0, 1.0]]]), segments)


def rounded_box(size: tuple[float, float, float], radius: float, steps: int = 3) -> Mesh:
    """A box of full extents about the origin with edges of `radius`; flat faces have exact normals, so edges catch the light."""
    half = np.array(size) / 2 - radius
    quarter = np.linspace(0, np.pi / 2, steps + 1)
    around = np.concatenate([quarter + k * np.pi / 2 for k in range(4)])
    corner = np.repeat([[1, 1], [-1, 1], [-1, -1], [1, -1]], steps + 1, axis=0)
    rise = np.concatenate([quarter - np.pi / 2, quarter])
    up = np.repeat([-1, 1], steps + 1)
    direction = np.stack(
        [np.outer(np.cos(rise), np.cos(around)), np.outer(np.cos(rise), np.sin(around)), np.outer(np.sin(rise), np.ones(len(around)))],
        axis=2,
    )
    center = np.stack(
        [np.tile(corner[:, 0], (len(rise), 1)), np.tile(corner[:, 1], (len(rise), 1)), np.outer(up, np.ones(len(around)))], axis=2
    )
    vertices = (center * half + radius * direction).reshape(-1, 3)
    columns = len(around)
    faces = _grid_faces(len(rise), columns, closed=True)
    cap = np.arange(4) * (steps + 1)
    top = cap + (len(rise) - 1) * columns
    caps = np.array([[cap[0], cap[2], cap[1]], [cap[0], cap[3], cap[2]], [top[0], top[1], top[2]], [top[0], top[2], top[3]]])
    uv = vertices[:, :2] / np.array(size)[:2] + 0.5
    return _outward(Mesh(vertices, np.vstack([faces, caps]).astype(np.int32), direction.reshape(-1, 3), uv))


def swept(path: Array, radius: Array, section: Array | None = None, closed: bool = False, segments: int = 12) -> Mesh:
    """A tube along path (K, 3) with radius (K,). section: factor on the radius around the tube (segments,)."""
    tangent = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0) if closed else np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent, _steady_axis(tangent))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(tangent, side)
    angle = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    factor = np.ones(segments) if section is None else section
    around = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * other[:, None]
    vertices = path[:, None] + radius[:, None, None] * factor[None, :, None] * around
    slope = np.zeros(len(path)) if closed else np.gradient(radius) / np.linalg.norm(np.gradient(path, axis=0), axis=1)
    normals = around - slope[:, None, None] * tangent[:, None]
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    if closed:
        vertices, normals = np.concatenate([vertices, vertices[:1]]), np.concatenate([normals, normals[:1]])
    rows = len(vertices)
    around_once = [np.concatenate([a, a[:, :1]], axis=1).reshape(rows * (segments + 1), 3) for a in (vertices, normals)]
    u, v = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, segments + 1), indexing="ij")
    uv = np.stack([u.ravel(), v.ravel()], axis=1)
    return _outward(Mesh(around_once[0], _grid_faces(rows, segments + 1), around_once[1], uv))


def flat_grid(size_x: float, size_y: float) -> Mesh:
    """A rectangle in the xy plane, facing up, textured along its long side."""
    x, y = size_x / 2, size_y / 2
    vertices = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]], np.float64)
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.tile([0.0, 0.0, 1.0], (4, 1)), uv)


def _revolve(points: Array, ring: Array) -> Array:
    x = points[:, None, 0] * ring[None, :, 0]
    y = points[:, None, 0] * ring[None, :, 1]
    z = np.repeat(points[:, 1:2], len(ring), axis=1)
    return np.stack([x, y, z], axis=2).reshape(-1, 3)


def _profile_normals(profile: Array) -> Array:
    tangent = np.gradient(profile, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    r = np.where(profile[:, 0] < 1e-9)[0]
    normal[r] = np.stack([np.zeros(len(r)), np.sign(normal[r, 1])], axis=1)
    return normal


def _grid_faces(rows: int, columns: int, closed: bool = False) -> Faces:
    """Two triangles for each cell of a (rows, columns) grid; `closed`: the last column joins the first."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns if closed else columns - 1), indexing="ij")
    a = (i * columns + j).ravel()
    b = (i * columns + (j + 1) % columns).ravel()
    c, d = a + columns, b + columns
    return np.vstack([np.stack([a, b, d], axis=1), np.stack([a, d, c], axis=1)]).astype(np.int32)


def _outward(mesh: Mesh) -> Mesh:
    """Drop faces without area and turn the rest so that they face the way their normals point."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    keep = np.linalg.norm(normal, axis=1) > 1e-12
    faces, normal = mesh.faces[keep], normal[keep]
    agrees = np.einsum("ij,ij->i", normal, mesh.normals[faces].sum(axis=1)) >= 0
    faces = np.where(agrees[:, None], faces, faces[:, ::-1]).astype(np.int32)
    return replace(mesh, faces=faces)


def _steady_axis(tangent: Array) -> Array:
    """An axis that no tangent (K, 3) is parallel to."""
    worst = np.abs(tangent).max(axis=0)
    axis = np.zeros(3)
    axis[np.argmin(worst)] = 1.0
    return axis
