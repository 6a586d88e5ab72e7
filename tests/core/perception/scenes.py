"""Small ray-cast RGB-D scenes for the perception tests: boxes, spheres, bowls on a table seen by a tilted camera."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.geometry import invert, pose
from core.types import CameraInfo, Frame, Intrinsics

CAMERA = Intrinsics(width=320, height=240, fx=300.0, fy=300.0, cx=159.5, cy=119.5)


def looking_down(tilt_deg: float = 50.0, distance: float = 0.8) -> np.ndarray:
    """T_base_camera of a camera `distance` from the origin, its axis `tilt_deg` below the horizon, level."""
    t = np.deg2rad(tilt_deg)
    forward = np.array([0, np.cos(t), -np.sin(t)])
    right = np.array([1.0, 0, 0])
    return pose(np.stack([right, np.cross(forward, right), forward], 1), -distance * forward)


@dataclass
class Solid:
    kind: str
    center: tuple[float, float, float]
    size: tuple[float, float, float]
    color: tuple[int, int, int]
    yaw: float = 0.0


@dataclass
class Scene:
    solids: list[Solid]
    T: np.ndarray = field(default_factory=looking_down)
    table: bool = True
    noise_m: float = 0.0008
    seed: int = 0
    light: float = 1.0
    camera: Intrinsics = CAMERA

    def render(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """color u8, depth u16 in 0.1 mm, true labels (index + 1)."""
        c = self.camera
        v, u = np.mgrid[0 : c.height, 0 : c.width]
        rays = np.stack([(u - c.cx) / c.fx, (v - c.cy) / c.fy, np.ones_like(u, float)], -1) @ self.T[:3, :3].T
        origin = self.T[:3, 3]
        rng = np.random.default_rng(self.seed)
        best = np.full(u.shape, 5.0)
        labels = np.zeros(u.shape, np.int32)
        color = np.full((*u.shape, 3), 90.0)
        if self.table:
            with np.errstate(divide="ignore"):
                t = -origin[2] / rays[..., 2]
            foot = origin + rays * t[..., None]
            hit = (t > 0) & (np.abs(foot[..., 0]) < 0.6) & (np.abs(foot[..., 1]) < 0.5)
            best[hit] = t[hit]
            color[hit] = (176, 150, 120)
        for i, solid in enumerate(self.solids):
            at = self._window(solid)
            t, shade = _cast(solid, origin, rays[at])
            hit = t < best[at]
            best[at][hit], labels[at][hit] = t[hit], i + 1
            color[at][hit] = np.array(solid.color) * shade[hit][:, None]
        depth = best + rng.normal(0, self.noise_m, best.shape) * best**2
        depth[best >= 5] = 0
        color = np.clip((color + rng.normal(0, 2, color.shape)) * self.light, 0, 255)
        return color.astype(np.uint8), np.round(depth * 10000).astype(np.uint16), labels

    def _window(self, solid: Solid) -> tuple[slice, slice]:
        """The rows and columns that a solid may cover: casting no ray beside it makes a frame several times cheaper."""
        c, T = self.camera, invert(self.T)
        x, y, z = T[:3, :3] @ np.array(solid.center) + T[:3, 3]
        reach = float(np.linalg.norm(solid.size)) / 2
        if z < 2 * reach:
            return slice(0, c.height), slice(0, c.width)
        u, v, r = c.fx * x / z + c.cx, c.fy * y / z + c.cy, c.fx * reach / (z - reach) * (1 + float(np.hypot(x, y)) / z) + 2
        return slice(max(0, int(v - r)), max(0, int(v + r) + 1)), slice(max(0, int(u - r)), max(0, int(u + r) + 1))

    def info(self, calibrated: bool = True) -> CameraInfo:
        return CameraInfo(
            id="test",
            serial="",
            name="test",
            depth=self.camera,
            color=self.camera,
            depth_scale=1e-4,
            T_color_depth=np.eye(4),
            T_mount_camera=self.T if calibrated else None,
        )

    def frame(self, seq: int = 0) -> tuple[Frame, np.ndarray]:
        color, depth, labels = self.render()
        return Frame(camera="test", seq=seq, t_device_ns=seq * 66_000_000, t_host_ns=seq * 66_000_000, depth=depth, color=color), labels


def _cast(solid: Solid, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    c, s = np.cos(solid.yaw), np.sin(solid.yaw)
    local = invert(pose(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]), np.array(solid.center)))
    o, d = local[:3, :3] @ origin + local[:3, 3], rays @ local[:3, :3].T
    half = np.array(solid.size) / 2
    if solid.kind == "box":
        return _box(o, d, half)
    if solid.kind == "ball":
        return _ball(o / half, d / half)
    if solid.kind == "hollow":
        return _hollow(o, d, np.array(solid.size))
    return _cup(o, d, half)


def _box(o: np.ndarray, d: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    safe = np.where(np.abs(d) < 1e-9, 1e-9, d)
    a, b = (-half - o) / safe, (half - o) / safe
    near, far = np.minimum(a, b), np.maximum(a, b)
    t = near.max(-1)
    face = near.argmax(-1)
    return np.where((t < far.min(-1)) & (t > 0), t, 9.0), np.array([0.7, 0.85, 1.0])[face]


def _ball(o: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b, c = (d * d).sum(-1), (d * o).sum(-1), (o * o).sum() - 1
    root = b * b - a * c
    t = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, 9.0)
    normal = o + d * t[..., None]
    return t, np.clip(0.7 + 0.3 * normal[..., 2], 0.3, 1)


def _hollow(o: np.ndarray, d: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A bin from inside: a floor at its centre, length x width, and four sides without end; size[2] is how far they lean out per metre."""
    length, width, lean = size[0] / 2, size[1] / 2, size[2]
    inward = np.array([[0, 0, 1, 0], [-1, 0, lean, length], [1, 0, lean, length], [0, -1, lean, width], [0, 1, lean, width]])
    with np.errstate(divide="ignore"):
        t = -(inward[:, :3] @ o + inward[:, 3]) / (d @ inward[:, :3].T)
    t = np.where(t > 0, t, 9.0)
    return t.min(-1), np.array([1.0, 0.9, 0.85, 0.8, 0.95])[t.argmin(-1)]


def _cup(o: np.ndarray, d: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An open cylinder with a thin wall and a bottom."""
    q = half[0]
    a, b, c = (d[..., :2] ** 2).sum(-1), (d[..., :2] * o[:2]).sum(-1), (o[:2] ** 2).sum() - q * q
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    best = np.full(a.shape, 9.0)
    for t in ((-b - root) / a, (-b + root) / a):
        z = o[2] + d[..., 2] * t
        best = np.where((b * b > a * c) & (np.abs(z) < half[2]) & (t > 0) & (t < best), t, best)
    t = (-half[2] + 0.003 - o[2]) / d[..., 2]
    at = o + d * t[..., None]
    best = np.where(((at[..., :2] ** 2).sum(-1) < q * q) & (t > 0) & (t < best), t, best)
    return best, np.full(a.shape, 0.9)
