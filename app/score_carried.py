"""Whether things keep their track while the hand carries them, and when they leave the picture and come back; on hidden layouts. No Qt.

Called by `pendant score tracks --carried` and `--away`. Picks are real: clicks, the planner, physics. The judge's side:
it reads the truth, which the identifier never does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.headless import HeadlessCell
from app.score import simulated_identifier
from app.sight import detection_of
from app.sim_shots import Shot, shot_of, things_of
from core.cells import Cell, find_cell
from core.messages import ActRequest
from core.motion.targets import pose
from core.types import Array, LabelMap, Scene, TrueObject

if TYPE_CHECKING:
    from devices.sim.camera import SimCamera

_FPS = 5.0  # a busy machine identifies as many
_SETTLE = 4  # scenes that are looked at before and after
_SHOW_LIMIT_S = 60.0
_LARGEST_M = 0.2  # what is longer is not carried
_APART_M = 0.1  # of a free spot from what lies there
_ZONE = ((0.28, 0.54), (-0.30, 0.14))  # of the cells' tables where the hand reaches and the camera sees, metres
_MOVED_M, _HELD_M = 0.02, 0.07
_AWAY_S, _BACK_S = 3.0, 3.0
_BEYOND = (-0.9, 1.2, 0.1)  # out of every picture


@dataclass(frozen=True)
class Carry:
    """One thing that was carried. `before`, `after`: its tracks, 0 = not found; `others`: tracks that lay on it in between.

    `moved`: the pick did take it; `to`: "container" or "table".
    """

    kind: str
    to: str
    before: int
    after: int
    moved: bool
    others: tuple[int, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether it has its track at the end."""
        return self.after == self.before


def score_carried(cell_name: str, *, seeds: Sequence[int]) -> dict[str, Any]:
    """Share of things that have their track again after the hand took them into a container or to another place on the table.

    `found`: things that the identifier sees at the end; `kept_of_found`: of them, those with their track. `alone`: of the kept, those on
    which no other track lay at any time in between.
    """
    cell = find_cell(cell_name)
    runs = {seed: _layout(cell, seed) for seed in seeds}
    carries = [carry for run in runs.values() for carry in run]
    kept = sum(c.kept for c in carries)
    return {
        "cell": cell.name,
        "seeds": list(seeds),
        "carried": len(carries),
        "kept": kept / max(1, len(carries)),
        "found": sum(c.after > 0 for c in carries),
        "kept_of_found": kept / max(1, sum(c.after > 0 for c in carries)),
        "alone": sum(c.kept and not c.others for c in carries) / max(1, kept),
        "taken": sum(c.moved for c in carries),
        "lost": [{"seed": seed, **_row(c)} for seed, run in runs.items() for c in run if not c.kept],
        "to": {to: [sum(c.kept for c in carries if c.to == to), sum(c.to == to for c in carries)] for to in ("container", "table")},
    }


def _row(carry: Carry) -> dict[str, Any]:
    return {name: getattr(carry, name) for name in ("kind", "to", "before", "after", "moved", "others")}


def _layout(cell: Cell, seed: int) -> list[Carry]:
    """Everything that can be carried on one layout, one after another: in turn onto the table and into the container, if there is one."""
    from devices.sim.camera import SimCamera

    with tempfile.TemporaryDirectory(prefix="pendant-score-") as data:
        world = HeadlessCell(cell, seed, Path(data), purpose="test", fps=_FPS)
        camera = SimCamera(cell, seed, "test")
        try:
            carrier = _Carrier(world, camera, np.random.default_rng(seed))
            return [c for index in range(len(world.truth().objects)) if (c := carrier.carry(index, index % 2 == 0)) is not None]
        finally:
            camera.close()
            world.close()


@dataclass
class _Carrier:
    """The scripted operator's hand."""

    world: HeadlessCell
    camera: SimCamera
    rng: np.random.Generator
    _others: set[int] = field(default_factory=set)

    def carry(self, index: int, into: bool) -> Carry | None:
        """Take thing `index` into the container, or to a free spot; None where it is none to carry, cannot be, or is still in the hand."""
        scene = self.world.settle(_SETTLE)
        things = self.world.truth().objects
        thing = things[index]
        before = self._track(index, scene)
        if thing.container or max(thing.size[:2]) > _LARGEST_M or not before:
            return None
        to = next((to for to in self._ways(into) if self._plan(before, self._request(before, to, things, scene))), None)
        if to is None:
            return None
        self._perform(index, before)
        if self._in_hand(index):
            return None
        after = self._track(index, self.world.settle(_SETTLE))
        apart = np.linalg.norm(self.world.truth().objects[index].T_base_object[:2, 3] - thing.T_base_object[:2, 3])
        return Carry(thing.class_name, to, before, after, bool(apart > _MOVED_M), tuple(sorted(self._others)))

    def _track(self, index: int, scene: Scene) -> int:
        labels, _ = self.camera.true_labels(self.world.state())
        return _track_on(labels, scene, index)

    def _in_hand(self, index: int) -> bool:
        """Whether it was not let go of: the motion failed on the way."""
        arm = self.world.arm
        return arm is not None and bool(
            np.linalg.norm(self.world.truth().objects[index].T_base_object[:3, 3] - arm.T_base_tool[:3, 3]) < _HELD_M
        )

    def _ways(self, into: bool) -> tuple[str, str]:
        return ("container", "table") if into else ("table", "container")

    def _request(self, track: int, to: str, things: Sequence[TrueObject], scene: Scene) -> ActRequest | None:
        if to == "table":
            return ActRequest(kind="plan", pick_track=track, place_base=self._free_spot(things))
        container = next((o for o in things if o.container), None)
        seen = detection_of(container, scene.detections) if container is not None else None
        return ActRequest(kind="plan", pick_track=track, place_track=seen.track) if seen is not None else None

    def _free_spot(self, things: Sequence[TrueObject]) -> Array:
        """A place (3,) on the table that is as far from the things as the best of some."""
        spots = np.stack([self.rng.uniform(*bounds, 40) for bounds in _ZONE], 1)
        taken = np.stack([o.T_base_object[:2, 3] for o in things])
        room = np.linalg.norm(spots[:, None] - taken, axis=2).min(1)
        free = np.flatnonzero(room > _APART_M)
        chosen = int(free[0]) if len(free) else int(room.argmax())
        return np.array([*spots[chosen], 0.0])

    def _plan(self, track: int, request: ActRequest | None) -> bool:
        if request is None:
            return False
        self.world.request(request)
        self.world.advance(0.1)
        plan = self.world.plan
        return plan is not None and plan.path is not None and plan.pick_track == track

    def _perform(self, index: int, before: int) -> None:
        self._others.clear()
        self.world.grant()
        self.world.request(ActRequest(kind="show"))
        self.world.advance(0.2)
        seen = [-1]

        def look() -> None:
            scene = self.world.scene
            if scene is not None and scene.frame_seq != seen[0]:
                seen[0] = scene.frame_seq
                self._others |= {self._track(index, scene)} - {0, before}

        self.world.until_status(("done", "failed"), _SHOW_LIMIT_S, each=look)


def score_away(cell_name: str, *, seeds: Sequence[int]) -> dict[str, Any]:
    """Share of things that have their track again three seconds after they came back, elsewhere, from three seconds out of the picture."""
    cell = find_cell(cell_name)
    rows = [(seed, *row) for seed in seeds for row in _leaving(cell, seed)]
    kept = sum(before == after for *_, before, after in rows)
    found = sum(after > 0 for *_, after in rows)
    lost = [{"seed": s, "kind": kind, "before": b, "after": a} for s, kind, b, a in rows if a != b]
    shares = {"kept": kept / max(1, len(rows)), "found": found, "kept_of_found": kept / max(1, found)}
    return {"cell": cell.name, "seeds": list(seeds), "away": len(rows), **shares, "lost": lost}


def _leaving(cell: Cell, seed: int) -> list[tuple[str, int, int]]:
    """Kind, track before and after of each thing that was taken out of the picture and put back elsewhere."""
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    world, camera = World(cell, seed, "test"), SimCamera(cell, seed, "test")
    identifier, rng = simulated_identifier(), np.random.default_rng(seed)
    rows, frame = [], 0

    def look(seconds: float) -> tuple[Shot, Scene]:
        nonlocal frame
        for _ in range(round(seconds * _FPS)):
            world.step(1 / _FPS)
            frame += 1
            shot = shot_of(world, camera, frame, round(frame * 1e9 / _FPS))
            scene = identifier.identify(shot.frame, camera.info(), shot.joints)
        return shot, scene

    try:
        things = world.truth().objects
        shot, scene = look(_BACK_S)
        for index, thing in enumerate(things):
            before = _track_on(shot.labels, scene, index)
            if thing.container or not before:
                continue
            world.put(index, pose(np.array(_BEYOND), 0.0))
            look(_AWAY_S)
            others = np.stack([o.T_base_object[:2, 3] for k, o in enumerate(world.truth().objects) if k != index])
            spots = np.stack([rng.uniform(*bounds, 60) for bounds in _ZONE], 1)
            spot = spots[np.linalg.norm(spots[:, None] - others, axis=2).min(1).argmax()]
            world.put(index, pose(np.array([*spot, thing.size[2] / 2 + 0.002]), rng.uniform(0, 2 * np.pi)))
            shot, scene = look(_BACK_S)
            rows.append((thing.class_name, before, _track_on(shot.labels, scene, index)))
        return rows
    finally:
        camera.close()


def _track_on(labels: LabelMap, scene: Scene, index: int) -> int:
    """The track whose pixels are most of what is to be seen of thing `index` in true labels (H, W), and mostly its own; else 0."""
    true, found = things_of(labels) == index + 1, things_of(scene.labels)
    on = np.bincount(found[true], minlength=len(scene.detections) + 1)[1:]
    instance = int(on.argmax()) + 1 if len(on) else 0
    if not instance or 2 * on[instance - 1] <= max(true.sum(), (found == instance).sum()):
        return 0
    return next((d.track for d in scene.detections if d.instance == instance), 0)
