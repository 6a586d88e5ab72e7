"""The figures of `pendant score boxes`: how true the size of the boxes is, on hidden layouts of a simulated cell. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.score import simulated_identifier
from app.sim_shots import Shot, matched_index, shots
from core.cells import Cell, find_cell
from core.motion.targets import pose
from core.perception.solids import exact
from core.types import Array

if TYPE_CHECKING:
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

_SETTLED = 4  # frames until a box is averaged over several looks
_WHOLE = 0.97
_TOLERANCE_M, _TOLERANCE = 0.01, 0.1
_ACROSS = 0.7


@dataclass(frozen=True)
class BoxError:
    """One thing's box. `off` (3,): its longer and shorter side and height over the `true` ones, in metres.

    `across`: its longer side lies across the line of sight, so that both ends are seen.
    """

    kind: str
    off: Array
    true: Array
    across: bool

    @property
    def holds(self) -> npt.NDArray[np.bool_]:
        """Which sides (3,) are within 1 cm or 10 %."""
        return np.asarray(np.abs(self.off) <= np.maximum(_TOLERANCE_M, _TOLERANCE * self.true))


def score_boxes(cell_name: str, *, seeds: Sequence[int], fitted: bool = False) -> dict[str, Any]:
    """Shares of boxes that are true within 1 cm or 10 %, of things that nothing else hides.

    `fitted`: as a motion uses them, with blocks and round things fitted (`core.perception.solids`); else as they are drawn. Raises
    CellFileError on an unknown cell.
    """
    cell = find_cell(cell_name)
    rows = [row for seed in seeds for row in _layout(cell, seed, fitted)]
    kinds = {kind: _shares([r for r in rows if r.kind == kind]) for kind in sorted({r.kind for r in rows})}
    across = [r for r in rows if r.across]
    return {
        "cell": cell.name,
        "seeds": list(seeds),
        "fitted": fitted,
        **_shares(rows),
        "longer_side_across": _shares(across),
        "kinds": kinds,
    }


def _shares(rows: Sequence[BoxError]) -> dict[str, Any]:
    holds = np.array([row.holds for row in rows]).reshape(-1, 3)
    off = np.array([row.off for row in rows]).reshape(-1, 3)
    if not rows:
        return {"things": 0}
    length, width, height = holds.mean(0)
    medians = [round(1000 * float(v), 1) for v in np.median(off, 0)]
    return {"things": len(rows), "length": length, "width": width, "height": height, "all": holds.all(1).mean(), "median_off_mm": medians}


def _layout(cell: Cell, seed: int, fitted: bool) -> Iterator[BoxError]:
    from devices.sim.cell import World

    things = World(cell, seed, "test").truth().objects
    identifier, last = simulated_identifier(), None
    for shot, camera in shots(cell, seed, "test", None, _SETTLED):
        scene = identifier.identify(shot.frame, camera.info(), shot.joints)
        last = (exact(scene, shot.frame, camera.info()) if fitted else scene, shot, camera.info())
    if last is None:
        return
    scene, shot, camera_info = last
    whole = _whole(cell, seed, shot)
    boxes = {d.instance: d.box for d in scene.detections}
    for instance, i in matched_index(scene, shot).items():
        if i in whole and camera_info.T_mount_camera is not None:
            true, axis = _sides(things[i].T_base_object, things[i].size)
            sight = things[i].T_base_object[:2, 3] - camera_info.T_mount_camera[:2, 3]
            off = boxes[instance].size - true
            yield BoxError(shot.kinds[i], off, true, bool(abs(axis @ sight) < _ACROSS * np.linalg.norm(sight)))


def _sides(T_base_object: Array, size: Array) -> tuple[Array, Array]:
    """The true upright extents (longer, shorter, height) of a thing as it lies, and the level direction (2,) of the longer."""
    R = T_base_object[:3, :3]
    up = int(np.argmax(np.abs(R[2])))
    longer, shorter = sorted((k for k in range(3) if k != up), key=lambda k: -size[k])
    axis = R[:2, longer]
    return np.array([size[longer], size[shorter], size[up]]), axis / max(1e-9, float(np.linalg.norm(axis)))


def _whole(cell: Cell, seed: int, shot: Shot) -> set[int]:
    """The things of which nothing else on the table hides more than a sliver."""
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    camera, count = SimCamera(cell, seed, "test"), len(shot.kinds)
    try:
        return {i for i in range(count) if (shot.labels == i + 1).sum() >= _WHOLE * _alone(World(cell, seed, "test"), camera, i, count)}
    finally:
        camera.close()


def _alone(world: World, camera: SimCamera, index: int, count: int) -> int:
    for other in range(count):
        if other != index:
            world.put(other, pose(np.array([10.0 + other, 0, 0.2]), 0.0))
    labels, _ = camera.true_labels(world.state())
    return max(1, int((labels == index + 1).sum()))
