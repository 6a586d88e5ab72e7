"""What the built-in arm looks like: plain triangle meshes per link, in the frames of `ArmModel.link_poses`.

Used by the simulated world and by the window's ghost arm; needs numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.motion.kinematics import LINKS
from devices.sim.meshes import Faces, Mesh, merged, rounded_box, rounded_cylinder, turned

SHELL = (0.93, 0.935, 0.94, 1.0)
DARK = (0.075, 0.08, 0.09, 1.0)
TEAL = (0.05, 0.48, 0.50, 1.0)
STEEL = (0.47, 0.50, 0.54, 1.0)
RUBBER = (0.06, 0.06, 0.065, 1.0)


@dataclass(frozen=True)
class LinkMesh:
    """One colour of one link. link: index into `core.motion.kinematics.LINKS`; vertices (N, 3) m and normals in the link's frame."""

    link: int
    name: str
    vertices: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    faces: Faces
    normals: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    rgba: tuple[float, float, float, float]


@lru_cache(maxsize=1)
def arm_meshes() -> list[LinkMesh]:
    """All parts of the arm, in the order of `ArmModel.link_poses`; a link has one mesh for each of its colours."""
    shapes = [_base(), _shoulder(), _upper_arm(), _elbow(), _forearm(), _wrist(), _flange(), _hand(), _finger(1.0), _finger(-1.0)]
    parts = []
    for link, shape in enumerate(shapes):
        for rgba, mesh in shape.items():
            parts.append(LinkMesh(link, LINKS[link], mesh.vertices, mesh.faces, mesh.normals, rgba))
    return parts


Shape = dict[tuple[float, float, float, float], Mesh]


def _base() -> Shape:
    t = np.linspace(0, 1, 24)
    radius = 0.082 - 0.026 * (3 * t**2 - 2 * t**3) + 0.004 * np.exp(-(((t - 0.93) / 0.06) ** 2))
    body = turned(np.stack([np.concatenate([radius, [0.0]]), np.concatenate([0.018 + 0.125 * t, [0.143]])], axis=1))
    return {SHELL: body, DARK: rounded_cylinder(0.098, 0.092, 0.0, 0.022, 0.006)}


def _shoulder() -> Shape:
    neck = rounded_cylinder(0.056, 0.054, 0.150, 0.235, 0.004)
    housing = rounded_cylinder(0.063, 0.063, -0.068, 0.068, 0.010).along("y").at(0, 0, 0.24)
    cap = rounded_cylinder(0.055, 0.055, -0.077, -0.060, 0.005).along("y").at(0, 0, 0.24)
    ring = rounded_cylinder(0.059, 0.059, 0.143, 0.153, 0.003)
    return {SHELL: merged(neck, housing), DARK: cap, TEAL: ring}


def _upper_arm() -> Shape:
    low = rounded_cylinder(0.060, 0.060, 0.078, 0.166, 0.012).along("y")
    tube = rounded_cylinder(0.047, 0.041, 0.0, 0.34, 0.004).at(0, 0.122, 0)
    high = rounded_cylinder(0.054, 0.054, 0.074, 0.162, 0.012).along("y").at(0, 0, 0.34)
    ring = rounded_cylinder(0.062, 0.062, 0.067, 0.079, 0.003).along("y")
    caps = merged(
        rounded_cylinder(0.048, 0.048, 0.158, 0.172, 0.005).along("y"),
        rounded_cylinder(0.043, 0.043, 0.155, 0.168, 0.005).along("y").at(0, 0, 0.34),
    )
    return {SHELL: merged(low, tube, high), DARK: caps, TEAL: ring}


def _elbow() -> Shape:
    housing = rounded_cylinder(0.055, 0.055, -0.060, 0.064, 0.011).along("y")
    tube = rounded_cylinder(0.046, 0.040, 0.02, 0.150, 0.004)
    cap = rounded_cylinder(0.046, 0.046, -0.070, -0.052, 0.005).along("y")
    ring = rounded_cylinder(0.056, 0.056, 0.063, 0.075, 0.003).along("y")
    return {SHELL: merged(housing, tube), DARK: cap, TEAL: ring}


def _forearm() -> Shape:
    tube = rounded_cylinder(0.040, 0.037, 0.158, 0.238, 0.004)
    bridge = rounded_box((0.064, 0.122, 0.034), 0.011).at(0, 0, 0.238)
    arms = [rounded_box((0.060, 0.022, 0.120), 0.009).at(0, y, 0.285) for y in (-0.050, 0.050)]
    knuckles = [rounded_cylinder(0.036, 0.036, -0.011, 0.011, 0.004).along("y").at(0, y, 0.31) for y in (-0.050, 0.050)]
    caps = [rounded_cylinder(0.029, 0.029, -0.005, 0.005, 0.003).along("y").at(0, y, 0.31) for y in (-0.063, 0.063)]
    ring = rounded_cylinder(0.043, 0.043, 0.148, 0.160, 0.003)
    return {SHELL: merged(tube, bridge, *arms, *knuckles), DARK: merged(*caps), TEAL: ring}


def _wrist() -> Shape:
    housing = rounded_cylinder(0.035, 0.035, -0.037, 0.037, 0.006).along("y")
    neck = rounded_cylinder(0.033, 0.031, 0.0, 0.052, 0.004)
    ring = rounded_cylinder(0.035, 0.035, 0.050, 0.059, 0.003)
    return {SHELL: merged(housing, neck), TEAL: ring}


def _flange() -> Shape:
    return {DARK: rounded_cylinder(0.034, 0.036, -0.027, 0.004, 0.003)}


def _hand() -> Shape:
    box = rounded_box((0.166, 0.060, 0.046), 0.013).at(0, 0, 0.027)
    plate = rounded_box((0.156, 0.050, 0.010), 0.004).at(0, 0, 0.051)
    return {SHELL: box, DARK: plate}


def _finger(side: float) -> Shape:
    """A finger whose pad surface lies at x = 0, its body on the side of `side`."""
    foot = rounded_box((0.026, 0.030, 0.020), 0.004).at(side * 0.014, 0, 0.064)
    blade = rounded_box((0.012, 0.023, 0.114), 0.004).at(side * 0.012, 0, 0.112)
    pad = rounded_box((0.007, 0.021, 0.038), 0.002).at(side * 0.0035, 0, 0.150)
    return {STEEL: merged(foot, blade), RUBBER: pad}
