"""Cell files: what stands on the simulated table, what a task is, and where things lie for a given seed.

Read by commands, the simulated world, rehearsal and the judge. Pure data and numpy; knows nothing about physics or drawing.
"""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.cell_kinds import KINDS, footprint_radius
from core.errors import CellFileError
from core.types import Array, Goal

Purpose = Literal["teach", "test", "rehearse"]
PURPOSES: tuple[Purpose, ...] = ("teach", "test", "rehearse")
REACH = (0.21, 0.60)


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
    """A whole cell file."""

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


def builtin_cells() -> list[Path]:
    """Cell files that ship with Pendant."""
    return sorted((Path(__file__).parent.parent / "assets" / "cells").glob("*.toml"))


def find_cell(name: str | Path) -> Cell:
    """A cell by built-in name ('fruit') or by path. Raises CellFileError."""
    path = Path(name)
    for known in builtin_cells():
        if known.stem == str(name):
            return load_cell(known)
    if path.suffix != ".toml":
        raise CellFileError(
            f"There is no cell {str(name)!r}. Built in: {', '.join(p.stem for p in builtin_cells())}; or give a .toml file."
        )
    return load_cell(path)


def load_cell(path: Path) -> Cell:
    """Read and check a cell file. Raises CellFileError with a sentence that names the file and the fault."""
    try:
        text = path.read_text(encoding="utf-8")
        return parse_cell(tomllib.loads(text), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise CellFileError(f"The cell file {path} could not be read: {error}. Check the path.") from error
    except tomllib.TOMLDecodeError as error:
        raise CellFileError(f"The cell file {path} is not valid TOML: {error}.") from error
    except CellFileError as error:
        raise CellFileError(f"{path}: {error}") from error


def parse_cell(data: Mapping[str, Any], name: str) -> Cell:
    """A checked cell from TOML data. Raises CellFileError."""
    _only(data, {"name", "title", "table", "gap", "arm", "camera", "lights", "objects", "groups", "tasks"}, "the cell")
    objects = tuple(_object(entry) for entry in _list(data, "objects"))
    groups = tuple(_group(entry) for entry in _list(data, "groups"))
    tasks = tuple(_task(entry) for entry in _list(data, "tasks"))
    table = _numbers(data.get("table", (0.95, 1.2)), 2, "table")
    cell = Cell(
        name=str(data.get("name", name)),
        title=str(data.get("title", data.get("name", name))),
        objects=objects,
        groups=groups,
        tasks=tasks,
        camera=_camera(data.get("camera", {})),
        lights=_lights(data.get("lights", {})),
        table=(table[0], table[1]),
        gap=_number(data.get("gap", 0.025), "gap"),
        arm=str(data.get("arm", "built-in")),
    )
    _check(cell)
    return cell


def _check(cell: Cell) -> None:
    names = [spec.name for spec in cell.objects]
    if not names:
        raise CellFileError("No objects are listed, so there would be nothing to teach. Add [[objects]].")
    if len(set(names)) != len(names):
        raise CellFileError("Two objects have the same name. Give each its own, or raise its count.")
    if cell.arm != "built-in":
        raise CellFileError(f"The arm {cell.arm!r} is unknown. Only 'built-in' can be simulated.")
    for group in cell.groups:
        _known(group.of, names, "a group")
        if group.count[1] > len(group.of):
            raise CellFileError(f"A group asks for {group.count[1]} of {len(group.of)} classes.")
    for task in cell.tasks:
        _known(task.move, names, f"task {task.id!r}")
        references = [goal.reference for goal in task.goals if goal.reference is not None]
        _known(references, names, f"task {task.id!r}")
        for goal in task.goals:
            if goal.kind == "inside" and not cell.spec(str(goal.reference)).container:
                raise CellFileError(f"Task {task.id!r} wants something inside {goal.reference!r}, which is no container.")
    ids = [task.id for task in cell.tasks]
    if len(set(ids)) != len(ids):
        raise CellFileError("Two tasks have the same id.")


def _object(data: Mapping[str, Any]) -> ObjectSpec:
    where = f"object {data.get('name', data.get('kind', '?'))!r}"
    _only(data, {"name", "kind", "size", "color", "mass", "count", "zone", "yaw_deg", "friction", "fixed"}, where)
    kind = str(data.get("kind", ""))
    if kind not in KINDS:
        raise CellFileError(f"{where} has the unknown kind {kind!r}. Known: {', '.join(sorted(KINDS))}.")
    size = _numbers(data.get("size", KINDS[kind].size), 3, f"size of {where}")
    if not all(0.001 <= s <= 0.6 for s in size):
        raise CellFileError(f"The size of {where} must be between 0.001 and 0.6 metres on each side; it is {list(size)}.")
    color = _numbers(data["color"], 3, f"color of {where}") if "color" in data else None
    if color is not None and not all(0 <= c <= 1 for c in color):
        raise CellFileError(f"The color of {where} must be three numbers from 0 to 1.")
    zone = _numbers(data.get("zone", ObjectSpec.zone), 4, f"zone of {where}")
    if zone[0] > zone[1] or zone[2] > zone[3]:
        raise CellFileError(f"The zone of {where} must be [x_min, x_max, y_min, y_max].")
    yaw = np.deg2rad(_numbers(data.get("yaw_deg", (-180, 180)), 2, f"yaw_deg of {where}"))
    friction = _numbers(data.get("friction", ObjectSpec.friction), 2, f"friction of {where}")
    mass = _number(data["mass"], f"mass of {where}") if "mass" in data else None
    if mass is not None and mass <= 0:
        raise CellFileError(f"The mass of {where} must be more than 0 kg.")
    return ObjectSpec(
        name=str(data.get("name", kind)),
        kind=kind,
        size=(size[0], size[1], size[2]),
        color=None if color is None else (color[0], color[1], color[2]),
        mass=mass,
        count=_count(data.get("count", 1), where),
        zone=(zone[0], zone[1], zone[2], zone[3]),
        yaw=(float(yaw[0]), float(yaw[1])),
        friction=(friction[0], friction[1]),
        fixed=bool(data.get("fixed", KINDS[kind].flat)),
    )


def _group(data: Mapping[str, Any]) -> Group:
    _only(data, {"of", "count"}, "a group")
    return Group(of=tuple(map(str, data.get("of", ()))), count=_count(data.get("count", 1), "a group"))


def _task(data: Mapping[str, Any]) -> Task:
    where = f"task {data.get('id', '?')!r}"
    _only(data, {"id", "title", "words", "goals", "move", "scripted"}, where)
    if "id" not in data:
        raise CellFileError("A task has no id.")
    goals = tuple(goal for entry in _list(data, "goals") for goal in _goals(entry, where))
    if not goals:
        raise CellFileError(f"{where} has no goals, so nobody could tell when it is done.")
    title = str(data.get("title", data["id"]))
    move = tuple(map(str, data.get("move", dict.fromkeys(goal.object_class for goal in goals))))
    words = str(data.get("words", title))
    return Task(id=str(data["id"]), title=title, words=words, goals=goals, move=move, scripted=bool(data.get("scripted", False)))


def _goals(data: Mapping[str, Any], where: str) -> list[Goal]:
    """One goal for each class that the entry names."""
    _only(data, {"kind", "object", "reference", "offset", "yaw_deg", "tolerance_m", "tolerance_deg", "every"}, f"a goal of {where}")
    kind = data.get("kind")
    if kind not in ("inside", "on", "at"):
        raise CellFileError(f"A goal of {where} has the kind {kind!r}. It must be inside, on or at.")
    classes = data.get("object", ())
    classes = [classes] if isinstance(classes, str) else list(classes)
    if kind == "inside" and "reference" not in data:
        raise CellFileError(f"A goal of {where} says 'inside' without a reference.")
    if kind == "at" and "offset" not in data:
        raise CellFileError(f"A goal of {where} says 'at' without an offset.")
    T = _pose(data, where) if kind == "at" else None
    return [
        Goal(
            kind=kind,
            object_class=str(name),
            reference=data.get("reference"),
            T_reference_object=T,
            tolerance_m=_number(data.get("tolerance_m", 0.02), "tolerance_m"),
            tolerance_rad=float(np.deg2rad(_number(data.get("tolerance_deg", 15.0), "tolerance_deg"))),
            every=bool(data.get("every", True)),
        )
        for name in classes
    ]


def _pose(data: Mapping[str, Any], where: str) -> Array:
    yaw = np.deg2rad(_number(data.get("yaw_deg", 0.0), "yaw_deg"))
    T = _lying(yaw)
    T[:3, 3] = _numbers(data["offset"], 3, f"offset of a goal of {where}")
    return T


def _camera(data: Mapping[str, Any]) -> CameraSpec:
    _only(data, {"position", "target", "width", "height", "fovy_deg", "noise"}, "the camera")
    default = CameraSpec()
    position = _numbers(data.get("position", default.position), 3, "position of the camera")
    target = _numbers(data.get("target", default.target), 3, "target of the camera")
    if np.hypot(position[0] - target[0], position[1] - target[1]) < 1e-3:
        raise CellFileError("The camera looks straight down or nowhere: its position and target need different x or y.")
    width, height = int(data.get("width", default.width)), int(data.get("height", default.height))
    if not (64 <= width <= 1920 and 48 <= height <= 1080):
        raise CellFileError(f"The camera's resolution {width}x{height} is outside 64x48 to 1920x1080.")
    return CameraSpec(
        position=(position[0], position[1], position[2]),
        target=(target[0], target[1], target[2]),
        width=width,
        height=height,
        fovy=float(np.deg2rad(_number(data.get("fovy_deg", 42.5), "fovy_deg"))),
        noise=_number(data.get("noise", 1.0), "noise"),
    )


def _lights(data: Mapping[str, Any]) -> Lights:
    _only(data, {"key", "fill", "ambient"}, "the lights")
    return Lights(**{key: _number(value, f"light {key}") for key, value in data.items()})


def _only(data: object, allowed: set[str], where: str) -> None:
    if not isinstance(data, Mapping):
        raise CellFileError(f"{where} must be a table of keys and values.")
    unknown = sorted(set(data) - allowed)
    if unknown:
        raise CellFileError(f"{where} has the unknown key {unknown[0]!r}. Allowed: {', '.join(sorted(allowed))}.")


def _known(wanted: Sequence[str], names: Sequence[str], where: str) -> None:
    for name in wanted:
        if name not in names:
            raise CellFileError(f"{where} names the object {name!r}, which is not in the cell. It has: {', '.join(names)}.")


def _list(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = data.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise CellFileError(f"{key!r} must be a list of tables, written [[{key}]].")
    return entries


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise CellFileError(f"{where} must be a number; it is {value!r}.")
    return float(value)


def _numbers(value: object, count: int, where: str) -> tuple[float, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
        raise CellFileError(f"{where} must be {count} numbers; it is {value!r}.")
    return tuple(_number(item, where) for item in value)


def _count(value: object, where: str) -> tuple[int, int]:
    low, high = (value, value) if isinstance(value, int) else _numbers(value, 2, f"count of {where}")
    if not 0 <= low <= high <= 20:
        raise CellFileError(f"The count of {where} must be between 0 and 20, smallest first; it is {value!r}.")
    return int(low), int(high)


def _lying(yaw: float) -> Array:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float64)


def sample_layout(cell: Cell, seed: int, purpose: Purpose = "teach", jitter: Jitter | None = None) -> Layout:
    """Where everything lies for a seed: no overlaps, in reach and in view. Teaching, testing and rehearsing never share a layout.

    Raises CellFileError when the things do not fit.
    """
    jitter = jitter or Jitter()
    rng = np.random.default_rng([PURPOSES.index(purpose) + 1, seed, zlib.crc32(cell.name.encode())])
    specs = _present(cell, rng)
    things = [_vary(spec, jitter, rng) for spec in specs]
    order = sorted(range(len(things)), key=lambda i: -footprint_radius(things[i].kind, things[i].size))
    for _ in range(60):
        placed = _place_all(cell, specs, things, order, rng)
        if placed is not None and all(_place_is_free(cell, goal, placed) for task in cell.tasks for goal in task.goals):
            return Layout(cell=cell.name, seed=seed, purpose=purpose, objects=placed, jitter=jitter)
    raise CellFileError(
        f"The {len(specs)} things of cell {cell.name!r} do not fit into their zones. Make the zones larger or the counts smaller."
    )


def _present(cell: Cell, rng: np.random.Generator) -> list[ObjectSpec]:
    grouped = {name for group in cell.groups for name in group.of}
    chosen: set[str] = set()
    for group in cell.groups:
        count = int(rng.integers(group.count[0], group.count[1] + 1))
        chosen.update(rng.permutation(np.array(group.of, object))[:count].tolist())
    specs = [spec for spec in cell.objects if spec.name not in grouped or spec.name in chosen]
    return [spec for spec in specs for _ in range(int(rng.integers(spec.count[0], spec.count[1] + 1)))]


def _vary(spec: ObjectSpec, jitter: Jitter, rng: np.random.Generator) -> Placed:
    kind = KINDS[spec.kind]
    scale = 1.0 if kind.container or kind.flat else jitter.size * (1 + jitter.size_range * rng.uniform(-1, 1))
    return Placed(
        class_name=spec.name,
        kind=spec.kind,
        size=(spec.size[0] * scale, spec.size[1] * scale, spec.size[2] * scale),
        color=spec.color,
        mass=None if spec.mass is None else spec.mass * scale**3 * rng.uniform(0.9, 1.1),
        friction=float(rng.uniform(*spec.friction)),
        T_base_object=np.eye(4),
        container=spec.container,
        fixed=spec.fixed,
    )


def _place_all(
    cell: Cell, specs: Sequence[ObjectSpec], things: Sequence[Placed], order: Sequence[int], rng: np.random.Generator
) -> tuple[Placed, ...] | None:
    taken: list[tuple[float, float, float]] = []
    placed: dict[int, Placed] = {}
    for i in order:
        radius = footprint_radius(things[i].kind, things[i].size)
        spot = _free_spot(cell, specs[i], things[i], radius, taken, rng)
        if spot is None:
            return None
        taken.append((float(spot[0, 3]), float(spot[1, 3]), radius))
        placed[i] = Placed(**{**things[i].__dict__, "T_base_object": spot})
    return tuple(placed[i] for i in range(len(things)))


def _free_spot(
    cell: Cell, spec: ObjectSpec, thing: Placed, radius: float, taken: Sequence[tuple[float, float, float]], rng: np.random.Generator
) -> Array | None:
    for _ in range(200):
        x, y = rng.uniform(spec.zone[0], spec.zone[1]), rng.uniform(spec.zone[2], spec.zone[3])
        near, far = REACH[0] + min(radius, 0.05), REACH[1] - (0.0 if spec.fixed or spec.container else 0.02)
        if not near <= np.hypot(x, y) <= far or not cell.camera.sees(np.array([x, y, thing.size[2] / 2])):
            continue
        if any(np.hypot(x - tx, y - ty) < radius + tr + cell.gap for tx, ty, tr in taken):
            continue
        T = _lying(rng.uniform(*spec.yaw))
        T[:3, 3] = x, y, thing.size[2] / 2
        return T
    return None


def _place_is_free(cell: Cell, goal: Goal, placed: Sequence[Placed]) -> bool:
    """For goals of kind 'at': the wanted place is in reach, in view, and nothing else stands there."""
    if goal.kind != "at" or goal.T_reference_object is None:
        return True
    things = [p for p in placed if p.class_name == goal.object_class]
    references = [p for p in placed if p.class_name == goal.reference]
    if not things or (goal.reference is not None and not references):
        return True
    spot = (references[0].T_base_object if references else np.eye(4)) @ goal.T_reference_object
    x, y = float(spot[0, 3]), float(spot[1, 3])
    radius = footprint_radius(things[0].kind, things[0].size)
    others = [p for p in placed if p.class_name not in (goal.object_class, goal.reference)]
    free = all(
        np.hypot(x - p.T_base_object[0, 3], y - p.T_base_object[1, 3]) > radius + footprint_radius(p.kind, p.size) + cell.gap
        for p in others
        if not KINDS[p.kind].flat
    )
    return bool(free and REACH[0] + 0.03 <= np.hypot(x, y) <= REACH[1] and cell.camera.sees(np.array([x, y, 0.02])))
