"""The eye of the cloud view: an orbit around a target in the base frame, its matrices, and its eased moves.

Pure values on numpy; used by `cloud_view` and its overlay; knows no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

FIELD_OF_VIEW = np.radians(42.0)
NEAR_M, FAR_M = 0.02, 20.0
_ASIDE = 0.25  # the home view stands a little to the side, so that depth is seen


@dataclass(frozen=True, slots=True)
class Orbit:
    """Target (3,) in base, azimuth and elevation in radians, distance in metres. Azimuth 0 looks along +y of base from -y."""

    target: tuple[float, float, float] = (0.4, 0.0, 0.05)
    azimuth: float = 0.0
    elevation: float = 0.6
    distance: float = 1.2

    def turned(self, d_azimuth: float, d_elevation: float) -> Orbit:
        """Orbited; the elevation stays between just under the table and straight down."""
        return replace(self, azimuth=self.azimuth + d_azimuth, elevation=float(np.clip(self.elevation + d_elevation, -0.2, 1.553)))

    def zoomed(self, factor: float) -> Orbit:
        """Nearer (< 1) or farther."""
        return replace(self, distance=float(np.clip(self.distance * factor, 0.08, 8.0)))

    def panned(self, right_m: float, up_m: float) -> Orbit:
        """Target moved in the picture plane."""
        R = self.view_from_base()[:3, :3]
        x, y, z = np.array(self.target) + R[0] * right_m + R[1] * up_m
        return replace(self, target=(float(x), float(y), float(z)))

    def centred(self, target: npt.NDArray[np.float64], distance: float | None = None) -> Orbit:
        """Looking at another point from the same side."""
        x, y, z = (float(v) for v in target)
        return replace(self, target=(x, y, z), distance=self.distance if distance is None else distance)

    def eye(self) -> Matrix:
        """Where the eye is, (3,) in base."""
        ce = np.cos(self.elevation)
        direction = np.array([-np.sin(self.azimuth) * ce, -np.cos(self.azimuth) * ce, np.sin(self.elevation)])
        return np.array(self.target) + self.distance * direction

    def view_from_base(self) -> Matrix:
        """The 4x4 view matrix (OpenGL: looking along -z, y up)."""
        eye = self.eye()
        forward = np.array(self.target) - eye
        forward /= np.linalg.norm(forward)
        right = np.array([np.cos(self.azimuth), -np.sin(self.azimuth), 0.0])
        up = np.cross(right, forward)
        matrix = np.eye(4)
        matrix[:3, :3] = np.stack([right, up, -forward])
        matrix[:3, 3] = -matrix[:3, :3] @ eye
        return matrix


def projection(aspect: float) -> Matrix:
    """The 4x4 perspective matrix; the field of view holds for the smaller side, so the work stays in sight in a narrow canvas."""
    aspect = max(aspect, 1e-3)  # a canvas that is not laid out yet has no width
    f = 1.0 / np.tan(FIELD_OF_VIEW / 2) * min(1.0, aspect)
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = f / aspect, f
    matrix[2, 2], matrix[2, 3] = (FAR_M + NEAR_M) / (NEAR_M - FAR_M), 2 * FAR_M * NEAR_M / (NEAR_M - FAR_M)
    matrix[3, 2] = -1.0
    return matrix


def eased(start: Orbit, end: Orbit, fraction: float) -> Orbit:
    """Between two views, ease-out cubic; azimuth goes the short way."""
    t = 1.0 - (1.0 - min(1.0, max(0.0, fraction))) ** 3
    turn = (end.azimuth - start.azimuth + np.pi) % (2 * np.pi) - np.pi
    target = (1 - t) * np.array(start.target) + t * np.array(end.target)
    return Orbit(
        (float(target[0]), float(target[1]), float(target[2])),
        float(start.azimuth + t * turn),
        (1 - t) * start.elevation + t * end.elevation,
        (1 - t) * start.distance + t * end.distance,
    )


def from_camera(T_base_camera: Matrix, depth_m: float) -> Orbit:
    """A view close to the camera's own: looking at the point `depth_m` along its axis, a little from the side."""
    eye, forward = T_base_camera[:3, 3], T_base_camera[:3, 2]
    target = eye + forward * depth_m
    back = eye - target
    elevation = float(np.arcsin(np.clip(back[2] / max(np.linalg.norm(back), 1e-6), -1, 1)))
    # What is up in the picture lies farther off, also where the camera hangs over the table and looks a little back.
    ahead = forward[:2] - T_base_camera[:2, 1]
    azimuth = float(np.arctan2(ahead[0], ahead[1]))
    x, y, z = (float(v) for v in target)
    return Orbit((x, y, z), azimuth + _ASIDE, float(np.clip(0.8 * elevation, 0.35, 0.9)), 1.3 * depth_m)


def project(points: Matrix, clip_from_base: Matrix, width: float, height: float) -> tuple[Matrix, Matrix]:
    """Points (N, 3) in base to widget pixels (N, 2) and depth along the eye (N,); depth <= 0 lies behind the eye."""
    clip = points @ clip_from_base[:, :3].T + clip_from_base[:, 3]
    w = np.where(np.abs(clip[:, 3]) < 1e-9, 1e-9, clip[:, 3])
    xy = np.stack([(clip[:, 0] / w + 1) * 0.5 * width, (1 - clip[:, 1] / w) * 0.5 * height], axis=1)
    return xy, clip[:, 3]
