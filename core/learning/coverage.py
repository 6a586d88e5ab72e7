"""Where a task's demonstrations began on the table, and where one more would help most: far from all of them, within reach and in view.

Called by the window off its thread. A farthest point after Gonzalez, "Clustering to minimize the maximum intercluster distance" (1985).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import geometry
from core.errors import StoreError
from core.learning.dataset import NOTHING_PICKED, demonstrations_of
from core.motion.kinematics import tool_down
from core.motion.safety import Limits
from core.storage.episode import EpisodeReader
from core.storage.records import Episode
from core.types import TABLE_LABEL, CameraInfo, Scene

Places = npt.NDArray[np.float64]
Begun = tuple[tuple[float, float], tuple["Thing", ...]]

_STEP_M = 0.04
_GRASP_M, _ABOVE_M = 0.02, 0.12
_KEPT = 0.85
_NEAREST_M = 0.2  # nearer, the arm's own foot is in the way


@dataclass(frozen=True)
class Thing:
    """What stands on the table: its middle (x, y) and its radius, metres in base."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Coverage:
    """`starts` (N, 2): where what was moved lay; `places` (M, 2): where a thing could lie; `around`: what else stood there last.

    `arm_far`: whether the camera looks towards the arm, so that this is at the far edge of its picture.
    """

    starts: Places
    places: Places
    around: tuple[Thing, ...]
    arm_far: bool = False

    def best_next(self, around: Sequence[Thing] | None = None, *, before: tuple[float, float] | None = None) -> tuple[float, float] | None:
        """The place farthest from all starts and clear of what stands `around` (what stood there last by default); None without any.

        What was suggested `before` stays while it is nearly as good: a suggestion that jumps about helps nobody.
        """
        if not len(self.places) or not len(self.starts):
            return None
        worth = np.linalg.norm(self.places[:, None] - self.starts[None], axis=2).min(1)
        for thing in self.around if around is None else around:
            worth[np.hypot(*(self.places - (thing.x, thing.y)).T) <= thing.radius + _STEP_M] = 0.0
        best = int(worth.argmax())
        if worth[best] <= 0:
            return None
        if before is not None:
            kept = int(np.linalg.norm(self.places - before, axis=1).argmin())
            best = kept if worth[kept] > _KEPT * worth[best] else best
        x, y = self.places[best]
        return float(x), float(y)

    def bounds(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) in metres around everything that is told."""
        every = np.concatenate([self.starts, self.places])
        low, high = every.min(0) - _STEP_M, every.max(0) + _STEP_M
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


class CoverageSource:
    """Reads episodes once; what is asked again is answered from memory. `limits`: of the arm that would pick things up."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self._root, self._limits = root, limits
        self._begun: dict[tuple[str, float, float | None], Begun | str] = {}
        self._reached: Places | None = None

    def of(self, episodes: Sequence[Episode]) -> Coverage | None:
        """The coverage of these demonstrations, newest first; None while none of them tells where something was picked up."""
        begun = [found for episode in episodes if not isinstance(found := self._begin(episode), str)]
        view = next((seen for episode in episodes if (seen := _view(self._root / episode.path)) is not None), None)
        if not begun or view is None:
            return None
        starts = np.array([start for start, _ in begun], np.float64)
        camera, scene = view
        return Coverage(starts, on_table(self._places(), camera, scene), begun[0][1], bool(scene.T_base_camera[0, 2] < 0))

    def unusable(self, episodes: Sequence[Episode]) -> dict[str, str]:
        """Those that nothing can be learned from, by id, each with why in a sentence."""
        return {episode.id: found for episode in episodes if isinstance(found := self._begin(episode), str)}

    def _begin(self, episode: Episode) -> Begun | str:
        key = (episode.id, episode.trim_start_s, episode.trim_end_s)
        if key not in self._begun:
            self._begun[key] = _begin(self._root, episode)
        return self._begun[key]

    def _places(self) -> Places:
        if self._reached is None:
            self._reached = reachable(self._limits)
        return self._reached


def reachable(limits: Limits) -> Places:
    """Places (M, 2) of the table where the hand, pointing down, can grasp and lift: a grid of 4 cm in base, before the arm."""
    model = limits.model
    (_, y0, _), (x1, y1, _) = limits.workspace_low, limits.workspace_high
    grid = np.stack(np.meshgrid(np.arange(0.0, x1, _STEP_M), np.arange(y0, y1, _STEP_M)), -1).reshape(-1, 2)
    apart = np.hypot(*grid.T)
    near = grid[(apart > _NEAREST_M) & (apart < model.reach + model.wrist_to_tool)]
    fits = [all(model.inverse(tool_down(x, y, z, 0.0), model.home) is not None for z in (_GRASP_M, _ABOVE_M)) for x, y in near]
    return near[np.array(fits, bool)]


def on_table(places: Places, camera: CameraInfo, scene: Scene) -> Places:
    """Those places at which a scene shows the table: in view, and nothing stands there or before it."""
    p = geometry.transform(geometry.invert(scene.T_base_camera), np.column_stack([places, np.zeros(len(places))]))
    K, ahead = camera.color, p[:, 2] > 0.05
    z = np.where(ahead, p[:, 2], 1.0)
    u, v = (np.rint(x).astype(int) for x in (K.fx * p[:, 0] / z + K.cx, K.fy * p[:, 1] / z + K.cy))
    inside = ahead & (u >= 0) & (u < K.width) & (v >= 0) & (v < K.height)
    seen = scene.labels[np.clip(v, 0, K.height - 1), np.clip(u, 0, K.width - 1)] == TABLE_LABEL
    return places[inside & seen]


def _begin(root: Path, episode: Episode) -> Begun | str:
    """Where the first thing of an episode was picked up, and what else stood there; a sentence when nothing was, or the file is torn."""
    try:
        found = demonstrations_of(root / episode.path, episode)
    except StoreError as error:
        return str(error)
    if not found:
        return NOTHING_PICKED
    x, y, _ = found[0].item.box.center
    others = tuple(Thing(float(d.box.center[0]), float(d.box.center[1]), float(np.hypot(*d.box.size[:2]) / 2)) for d in found[0].others)
    return (float(x), float(y)), others


def _view(path: Path) -> tuple[CameraInfo, Scene] | None:
    try:
        reader = EpisodeReader(path)
        try:
            seqs = reader.scene_seqs()
            scene = reader.scene(seqs[0]) if seqs else None
            return (reader.camera(), scene) if scene is not None and not scene.table_frame else None
        finally:
            reader.close()
    except StoreError:
        return None
