"""What a cell is: its objects, camera, lights and tasks, and where everything lies in one layout. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.cell_kinds import KINDS
from core.errors import CellFileError
from core.types import Array, Goal

Purpose = Literal["teach", "test", "rehearse"]
PURPOSES: tuple[Purpose, ...] = ("teach", "test", "rehearse")
REACH = (0.21, 0.60)
"""Between which distances from the arm's foot things may lie, metres."""


@dataclass(frozen=True)
class Jitter:
    """How a test differs from what was taught: factors on light and size, a shift of hue in degrees, and the random size range."""

    light: float = 1.0
    size: float = 1.0
    hue: float = 0.0
    size_range: float = 0.06


@dataclass(frozen=True)
class ObjectSpec:
    """One class of things in a cell. size: full extents (3,) m; colour: RGB 0..1 or None; zone: x0, x1, y0, y1 m; yaw rad; mass kg."""

    name: str
    kind: str
    size: tuple[float, float, float]
    color: tuple[float, float, float] | None = None
    mass: float | None = None
    count: tuple[int, int] = (1, 1)
    zone: tuple[float, float, float, float] = (0.26, 0.56, -0.28, 0.28)
    yaw: tuple[float, float] = (-np.pi, np.pi)
    friction: tuple[float, float] = (0.6, 0.9)
    fixed: bool = False

    @property
    def container(self) -> bool:
        """Whether things can lie inside it."""
        return KINDS[self.kind].container


@dataclass(frozen=True)
class Group:
    """Between `count[0]` and `count[1]` different classes of `of` are on the table."""

    of: tuple[str, ...]
    count: tuple[int, int]


@dataclass(frozen=True)
class CameraSpec:
    """The camera's pose (metres, base frame), colour resolution and vertical field of view (rad), and a factor on the depth noise."""

    position: tuple[float, float, float] = (1.06, 0.04, 0.72)
    target: tuple[float, float, float] = (0.345, 0.04, 0.045)
    width: int = 640
    height: int = 480
    fovy: float = np.deg2rad(42.5)
    noise: float = 1.0

    @property
    def T_base_camera(self) -> Array:
        """(4, 4), optical frame: x right, y down, z forward."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right = right / np.linalg.norm(right)
        T = np.eye(4)
        T[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
        T[:3, 3] = self.position
        return T

    def sees(self, point: Array, margin: float = 0.06) -> bool:
        """Whether a base point (3,) lies in the colour picture, `margin` (fraction of the picture) away from its edge."""
        T = self.T_base_camera
        x, y, z = T[:3, :3].T @ (np.asarray(point) - T[:3, 3])
        half = np.tan(self.fovy / 2)
        edge = 1 - 2 * margin
        return bool(z > 0.05 and abs(y / z) < half * edge and abs(x / z) < half * edge * self.width / self.height)


@dataclass(frozen=True)
class Lights:
    """Factors on the key light, the fill light and the ambient light."""

    key: float = 1.0
    fill: float = 1.0
    ambient: float = 1.0


@dataclass(frozen=True)
class Task:
    """What can be taught in a cell. `move`: classes to pick. `scripted`: the goal's numbers are for the scripted operator and judge."""

    id: str
    title: str
    words: str
    goals: tuple[Goal, ...]
    move: tuple[str, ...]
    scripted: bool = False


@dataclass(frozen=True)
class Cell:
    """A whole cell file. `source`: what `find_cell` finds it by again, the name of a built-in one or the file's whole path."""

    name: str
    title: str
    objects: tuple[ObjectSpec, ...]
    tasks: tuple[Task, ...]
    groups: tuple[Group, ...] = ()
    camera: CameraSpec = field(default_factory=CameraSpec)
    lights: Lights = field(default_factory=Lights)
    table: tuple[float, float] = (0.95, 1.2)
    gap: float = 0.025
    arm: str = "built-in"
    source: str = ""

    def task(self, task_id: str) -> Task:
        """The task with this id. Raises CellFileError naming those that exist."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise CellFileError(f"The cell {self.name!r} has no task {task_id!r}. It has: {', '.join(t.id for t in self.tasks)}.")

    def spec(self, name: str) -> ObjectSpec:
        """The class of objects with this name."""
        return next(spec for spec in self.objects if spec.name == name)


@dataclass(frozen=True)
class Placed:
    """One thing of a layout. size: full extents (3,) m; T_base_object (4, 4) with its origin at the middle of those extents; mass kg."""

    class_name: str
    kind: str
    size: tuple[float, float, float]
    color: tuple[float, float, float] | None
    mass: float | None
    friction: float
    T_base_object: Array
    container: bool
    fixed: bool


@dataclass(frozen=True)
class Layout:
    """Where everything lies at the start of one episode."""

    cell: str
    seed: int
    purpose: Purpose
    objects: tuple[Placed, ...]
    jitter: Jitter


def lying(yaw: float) -> Array:
    """The pose (4, 4) of something that lies flat, turned by `yaw` rad about z."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float64)
