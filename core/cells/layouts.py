"""Where things lie for a given seed: no overlaps, in reach, in view."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.cell_kinds import KINDS, footprint_radius
from core.cells.values import PURPOSES, REACH, Cell, Jitter, Layout, ObjectSpec, Placed, Purpose, lying
from core.errors import CellFileError
from core.types import Array, Goal

_TRIES = 400  # with 60 some seeds of a crowded cell, five tasks wanting a free place, had no layout; with 400 all of two hundred had


def sample_layout(cell: Cell, seed: int, purpose: Purpose = "teach", jitter: Jitter | None = None) -> Layout:
    """Where everything lies for a seed: no overlaps, in reach and in view. Teaching, testing and rehearsing never share a layout.

    Raises CellFileError when the things do not fit, or the place of a goal is never free.
    """
    jitter = jitter or Jitter()
    rng = np.random.default_rng([PURPOSES.index(purpose) + 1, seed, zlib.crc32(cell.name.encode())])
    specs = _present(cell, rng)
    things = [_vary(spec, jitter, rng) for spec in specs]
    order = sorted(range(len(things)), key=lambda i: -footprint_radius(things[i].kind, things[i].size))
    taken: Counter[str] = Counter()
    for _ in range(_TRIES):
        placed = _place_all(cell, specs, things, order, rng)
        if placed is None:
            continue
        without = [task.title for task in cell.tasks if not all(_place_is_free(cell, goal, placed) for goal in task.goals)]
        if not without:
            return Layout(cell=cell.name, seed=seed, purpose=purpose, objects=placed, jitter=jitter)
        taken.update(without)
    raise CellFileError(_why_not(cell, len(specs), taken))


def _why_not(cell: Cell, count: int, taken: Counter[str]) -> str:
    """What is in the way of a layout: `taken` counts, per task, the tries in which its place was not free."""
    if not taken:
        return f"The {count} things of cell {cell.name!r} do not fit into their zones. Make the zones larger or the counts smaller."
    title, _ = taken.most_common(1)[0]
    return (
        f"The place that the task {title!r} of cell {cell.name!r} wants is not free, in reach and in view beside the other things. "
        "Move it, or give the others another zone."
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
        T = lying(rng.uniform(*spec.yaw))
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
