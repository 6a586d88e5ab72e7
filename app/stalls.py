"""Stalls of kinds that exist nowhere, seen by the simulated camera: what the names' encoder is trained on beside solids made from nothing.

A kind is one of the simulator's shapes with a size, proportions and a colour drawn at random, so no kind of a shipped cell is among them;
its look-alikes differ a little in tone, size or proportion. Called by `app.encoder_training`. No Qt.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from core import cell_kinds, registration
from core.cells import Cell, Jitter, ObjectSpec
from core.errors import CellFileError
from core.perception import looks, names
from core.perception.encoder import MARGIN_PX
from core.perception.synthesis.skins import turned
from core.perception.synthesis.views import View, hidden_side, in_front, outlined
from core.types import Array, CameraInfo, Frame, LabelMap

FAMILIES, _ALIKE, _BUILDS, _TURNS = 5, 2, 5, 2
_OTHER_FORM = 0.5
KINDS = FAMILIES * _ALIKE
"""How many kinds a stall has."""

_SHAPES = tuple(sorted(k for k, kind in cell_kinds.KINDS.items() if not kind.flat and not kind.container))
_ARM_JOINTS, _FREE = 8, 7
_LEAST_PX, _MARGIN = 120, MARGIN_PX + 2  # an outline wobbles by a pixel or two


@dataclass(frozen=True)
class StallLook:
    """One look: which kind (0..) of its stall, of which family, in usual light and size or not, and what was seen."""

    kind: int
    family: int
    plain: bool
    view: View


def stall_looks(seed: int) -> Iterator[StallLook]:
    """Looks at the kinds of one stall: five builds, the first in usual light and size, each thing at two turns in each."""
    rng = np.random.default_rng([17, seed])
    cell = _stall(rng, seed)
    for build in range(_BUILDS):
        usual = build == 0
        jitter = Jitter() if usual else _jitter(rng)
        try:
            yield from _build(cell, 10 * seed + build, jitter, usual, rng)
        except CellFileError:
            continue  # these sizes do not fit on the table; the next draw may


def _jitter(rng: np.random.Generator) -> Jitter:
    light = float(np.exp(rng.uniform(np.log(0.48), np.log(1.65))))
    return Jitter(light=light, size=float(rng.uniform(0.84, 1.16)), hue=float(rng.uniform(-11, 11)))


def _stall(rng: np.random.Generator, seed: int) -> Cell:
    specs = []
    for _ in range(FAMILIES):
        first = _kind(rng)
        specs += [first, *(_alike(first, rng) for _ in range(_ALIKE - 1))]
    objects = tuple(replace(spec, name=f"k{i}") for i, spec in enumerate(specs))
    return Cell(name=f"stall-{seed}", title="", objects=objects, tasks=(), gap=0.012)


def _kind(rng: np.random.Generator) -> ObjectSpec:
    shape = str(rng.choice(_SHAPES))
    base = np.array(cell_kinds.KINDS[shape].size)
    size = base * (0.058 / np.cbrt(base.prod())) * np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.12, 3))
    if cell_kinds.KINDS[shape].round:
        size[1] = size[0]
    hue = float(rng.beta(1.2, 3.0)) if rng.random() < 0.6 else float(rng.random())
    color = colorsys.hsv_to_rgb(hue, float(rng.uniform(0.1, 0.95)), float(rng.uniform(0.2, 0.97)))
    zone = (0.22, 0.58, -0.38, 0.34)
    return ObjectSpec(name="", kind=shape, size=(float(size[0]), float(size[1]), float(size[2])), color=color, zone=zone)


def _alike(kind: ObjectSpec, rng: np.random.Generator) -> ObjectSpec:
    """Another tone, another size, other proportions or another skin: at least one of these."""
    change = int(rng.integers(1, 8))
    size, color, shape = np.array(kind.size), kind.color or (0.5, 0.5, 0.5), kind.kind
    if change & 1:
        color = turned(color, float(rng.choice([-1, 1]) * rng.uniform(10, 32)), float(np.exp(rng.normal(0, 0.15))))
    if change & 2:
        size = size * np.exp(rng.choice([-1, 1]) * rng.uniform(0.15, 0.35))
    if change & 4:
        size = size * np.exp(rng.normal(0, 0.15, 3))
        shape = str(rng.choice(_SHAPES if rng.random() < _OTHER_FORM else _like(shape)))
        size = size * _usual(shape) / _usual(kind.kind)
    if cell_kinds.KINDS[shape].round:
        size[1] = size[0]
    return replace(kind, kind=shape, color=color, size=(float(size[0]), float(size[1]), float(size[2])))


def _like(shape: str) -> list[str]:
    return [s for s in _SHAPES if cell_kinds.KINDS[s].round == cell_kinds.KINDS[shape].round]


def _usual(shape: str) -> Array:
    """A shape's usual sides (3,) over their mean."""
    size = np.array(cell_kinds.KINDS[shape].size)
    return size / np.cbrt(size.prod())


def _build(cell: Cell, seed: int, jitter: Jitter, usual: bool, rng: np.random.Generator) -> Iterator[StallLook]:
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    world, camera = World(cell, seed, "rehearse", jitter), SimCamera(cell, seed, "rehearse", jitter)
    try:
        for turn in range(_TURNS):
            state = _turned(world.state(), len(cell.objects), rng) if turn else world.state()
            labels, kinds = camera.true_labels(state)
            frame = camera.render(state, turn + 1, 0)
            for instance, view in _views(frame, camera.info(), labels, len(kinds), usual, rng):
                kind = int(kinds[instance - 1][1:])
                yield StallLook(kind, kind // _ALIKE, usual, view)
    finally:
        camera.close()


def _turned(state: Array, count: int, rng: np.random.Generator) -> Array:
    """The state with every thing turned about z by any angle; a state is the time, then all positions."""
    made = state.copy()
    for i in range(count):
        at = 1 + _ARM_JOINTS + _FREE * i + 3
        half = rng.uniform(0, np.pi)
        w, x, y, z = made[at : at + 4]
        c, s = np.cos(half), np.sin(half)
        made[at : at + 4] = c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w
    return made


def _views(
    frame: Frame, camera: CameraInfo, labels: LabelMap, count: int, usual: bool, rng: np.random.Generator
) -> Iterator[tuple[int, View]]:
    """What is seen of each thing, its outline as an identifier would cut it, now and then with a side hidden."""
    depth_m = registration.register_depth(frame.depth, camera)
    T = camera.T_mount_camera
    if T is None:
        return
    white = names.table_level(frame.color, looks.table_of(depth_m, camera.color, T) & (labels == labels.max()))
    for i in range(1, count + 1):
        mask = labels == i
        if mask.sum() < _LEAST_PX:
            continue
        hidden = float(rng.uniform(0, 0.32)) if not usual and rng.random() < 0.4 else 0.0
        rows, columns = (slice(max(0, s.start - _MARGIN), s.stop + _MARGIN) for s in looks.window_of(mask))
        window = rows, columns
        card = hidden_side(mask[window], hidden, rng)
        part = outlined(mask[window] & ~card, rng)
        box = looks.box_of(depth_m, camera.color, T, window, part) if part.any() else None
        if box is not None:
            yield i, View(frame.color[window], in_front(depth_m[window], part, card, rng), part, box, white)
