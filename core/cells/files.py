"""Cell files: TOML to a checked cell, with a sentence that names the file and the fault where it is none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.cell_kinds import KINDS
from core.cells.values import CameraSpec, Cell, Group, Lights, ObjectSpec, Task, lying
from core.errors import CellFileError
from core.types import Array, Goal


def builtin_cells() -> list[Path]:
    """Cell files that ship with Pendant."""
    return sorted((Path(__file__).parents[2] / "assets" / "cells").glob("*.toml"))


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
    source = path.stem if path in builtin_cells() else str(path.resolve())
    try:
        text = path.read_text(encoding="utf-8")
        return replace(parse_cell(tomllib.loads(text), path.stem), source=source)
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
    turned = 15.0 if "yaw_deg" in data else 180.0  # a goal that names no turn is met at any, as a bottle's must be
    return [
        Goal(
            kind=kind,
            object_class=str(name),
            reference=data.get("reference"),
            T_reference_object=T,
            tolerance_m=_number(data.get("tolerance_m", 0.02), "tolerance_m"),
            tolerance_rad=float(np.deg2rad(_number(data.get("tolerance_deg", turned), "tolerance_deg"))),
            every=bool(data.get("every", True)),
        )
        for name in classes
    ]


def _pose(data: Mapping[str, Any], where: str) -> Array:
    yaw = np.deg2rad(_number(data.get("yaw_deg", 0.0), "yaw_deg"))
    T = lying(yaw)
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
