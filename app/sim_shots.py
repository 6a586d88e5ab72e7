"""Frames of a simulated cell with their truth, for scores: one layout after another, the arm moving or still. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.cells import Cell, Jitter, Purpose
from core.motion.kinematics import ArmModel, tool_down
from core.motion.targets import pose
from core.types import ARM_LABEL, TABLE_LABEL, Array, Frame, LabelMap, Scene

if TYPE_CHECKING:
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

_FRAME_NS = 66_666_667
_ARC = tuple((at, float(np.deg2rad(degrees))) for at, degrees in ((0.12, -60), (0.3, -30), (0.5, 0), (0.7, 30), (0.88, 60)))
_REACH_M, _LOW_M = 0.6, 0.15
Move = Callable[[Array, float], Array]


@dataclass(frozen=True)
class Shot:
    """One simulated frame with its truth. labels u16 (H, W): index + 1 into `kinds`; joints (7,) with the gripper's opening."""

    frame: Frame
    labels: LabelMap
    kinds: tuple[str, ...]
    joints: Array


def sweep(home: Array, share: float) -> Array:
    """Joints (6,) at `share` 0..1 of the sweep: still, out to both sides, home again, still."""
    phase = float(np.clip((share - 0.1) / 0.75, 0, 1))
    out = np.sin(np.pi * phase)
    return np.asarray(home + np.array([0.9 * np.sin(2 * np.pi * phase), 0.5 * out, -0.3 * out, 0, 0, 0]), np.float64)


def crossing(home: Array, share: float) -> Array:
    """Joints (6,) at `share` 0..1 of a way that leads the hand low over the whole table, between the camera and the things, and home."""
    model = ArmModel()
    ways = [(0.08, home), *((0.08 + 0.84 * at, _low(model, turn, home)) for at, turn in _ARC), (0.92, home)]
    return np.array([np.interp(share, [at for at, _ in ways], [q[k] for _, q in ways]) for k in range(6)])


def _low(model: ArmModel, turn: float, near: Array) -> Array:
    q = model.inverse(tool_down(_REACH_M * np.cos(turn), _REACH_M * np.sin(turn), _LOW_M, turn), near)
    if q is None:
        raise ValueError("the crossing leads out of the arm's reach")
    return q


def shots(
    cell: Cell, layout_seed: int, purpose: Purpose, jitter: Jitter | None, count: int, move: Move | None = None
) -> Iterator[tuple[Shot, SimCamera]]:
    """`count` frames at 15 a second of one layout of the simulated cell. `move(home, share)` gives the joints' targets over the time."""
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    world, camera = World(cell, layout_seed, purpose, jitter), SimCamera(cell, layout_seed, purpose, jitter)
    home = world.arm_reading().joints
    try:
        for k in range(count):
            if move is not None:
                world.set_joints(move(home, k / max(1, count - 1)))
            world.step(_FRAME_NS / 1e9)
            yield shot_of(world, camera, k + 1, (k + 1) * _FRAME_NS), camera
    finally:
        camera.close()


def filled(cell: Cell, layout_seed: int, at_once: int = 1, purpose: Purpose = "test") -> Iterator[tuple[Shot, SimCamera]]:
    """One frame for every `at_once` things of a layout, at rest in its container; the others stand where they stood."""
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    things = World(cell, layout_seed, purpose).truth().objects
    container = next((o for o in things if o.container), None)
    if container is None:
        return
    fitting = [k for k, o in enumerate(things) if not o.container and max(o.size[:2]) <= 0.75 * min(container.size[:2])]
    camera = SimCamera(cell, layout_seed, purpose)
    rng = np.random.default_rng(layout_seed)
    try:
        for first in range(0, len(fitting) - at_once + 1, at_once):
            world = World(cell, layout_seed, purpose)
            for k in fitting[first : first + at_once]:
                over = container.T_base_object[:3, 3] + [*rng.uniform(-0.02, 0.02, 2), container.size[2] / 2 + things[k].size[2] / 2]
                world.put(k, pose(over, rng.uniform(0, 2 * np.pi)))
                world.step(2.0 / at_once)
            world.step(2.0 - 2.0 / at_once)
            yield shot_of(world, camera, first + 1, (first + 1) * _FRAME_NS), camera
    finally:
        camera.close()


def shot_of(world: World, camera: SimCamera, seq: int, t_ns: int) -> Shot:
    """What the camera sees of the world now, as the frame `seq` of time `t_ns`, with its truth."""
    state, reading = world.state(), world.arm_reading()
    labels, kinds = camera.true_labels(state)
    frame = camera.render(state, seq, t_ns)
    return Shot(frame, labels, kinds, np.append(reading.joints, reading.gripper))


def matched(scene: Scene, shot: Shot) -> dict[int, str]:
    """Which instances are which true things (IoU above a half): instance to kind."""
    return {instance: shot.kinds[i] for instance, i in matched_index(scene, shot).items()}


def matched_index(scene: Scene, shot: Shot) -> dict[int, int]:
    """Which instances are which true things (IoU above a half): instance to index."""
    found, true = things_of(scene.labels), things_of(shot.labels)
    n = len(shot.kinds) + 1
    both = np.bincount(found.ravel() * n + true.ravel(), minlength=n * (len(scene.detections) + 1)).reshape(-1, n)
    iou = both[1:, 1:] / np.maximum(both.sum(1)[1:, None] + both.sum(0)[None, 1:] - both[1:, 1:], 1)
    return {i + 1: int(row.argmax()) for i, row in enumerate(iou) if len(row) and row.max() > 0.5}


def things_of(labels: LabelMap) -> npt.NDArray[np.int64]:
    """The instances of a label map alone (H, W): 0 where the robot, the table or nothing is."""
    return np.where((labels == ARM_LABEL) | (labels == TABLE_LABEL), 0, labels).astype(np.int64)
