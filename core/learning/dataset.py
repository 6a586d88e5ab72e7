"""Episodes to demonstrations: what was seen before the grasp, where the jaws closed, where they opened.

Grasp and release are read from the recorded arm states, so a demonstration counts the same whether it was clicked, driven or taken over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import StoreError
from core.learning.renamed import aliases_in, renamed_demonstration
from core.perception.solids import exact
from core.policies import template
from core.policies.demonstration import Demonstration, typical
from core.storage.episode import EpisodeReader
from core.storage.records import Episode
from core.types import ArmState, Detection, Frame, Scene

POOR = "It is rated poor."
NOTHING_PICKED = "Nothing was picked up and put down in it."
_NEAR_M = 0.12
_LOOKS = 3


@dataclass(frozen=True)
class Snapshot:
    """A fixed set of demonstrations: usable ones, and for each unusable one the reason in a sentence. `takeovers`: of rollouts."""

    demonstrations: tuple[Demonstration, ...]
    left_out: tuple[tuple[str, str], ...]
    data_hash: str
    takeovers: int = 0


def snapshot(root: Path, episodes: Sequence[Episode]) -> Snapshot:
    """Read `episodes` (oldest first) from the data folder `root`, under the names that stand now."""
    used, aliases = list[Demonstration](), aliases_in(root)
    left_out: list[tuple[str, str]] = []
    digest = hashlib.sha256()
    for episode in sorted(episodes, key=lambda e: (e.created_s, e.id)):
        if episode.rating == "poor":
            left_out.append((episode.id, POOR))
            continue
        try:
            found = demonstrations_of(root / episode.path, episode)
        except StoreError as error:
            left_out.append((episode.id, str(error)))
            continue
        if not found:
            left_out.append((episode.id, NOTHING_PICKED))
        used += [renamed_demonstration(d, aliases) for d in found]
        digest.update(f"{episode.id}:{episode.trim_start_s}:{episode.trim_end_s}".encode())
    taken = {e.id for e in episodes if e.has_takeover} & {d.episode for d in used}
    return Snapshot(tuple(used), tuple(left_out), digest.hexdigest(), len(taken))


def demonstrations_of(path: Path, episode: Episode) -> list[Demonstration]:
    """Each pick and place in the kept part of an episode; of a rollout only what the operator drove. Raises StoreError on torn files."""
    reader = EpisodeReader(path)
    try:
        start, end = _span(reader, episode)
        states = [s for s in reader.arms() if start <= s.t_host_ns <= end]
        only = "operator" if episode.kind == "rollout" else None
        found = []
        for grasp, release in picks(states):
            if only is not None and grasp.driver != only:
                continue
            made = _demonstration(reader, episode.id, grasp, release)
            if made is not None:
                found.append(made)
        return found
    finally:
        reader.close()


def picks(states: Sequence[ArmState]) -> list[tuple[ArmState, ArmState]]:
    """(state at the grasp, state at the release) of every span in which something was held."""
    found, grasp = [], None
    for before, after in zip(states, states[1:], strict=False):
        if not before.gripping and after.gripping and grasp is None:
            grasp = after
        elif grasp is not None and after.gripper_target > before.gripper_target + 0.004:
            found.append((grasp, before))
            grasp = None
    return found


def _span(reader: EpisodeReader, episode: Episode) -> tuple[int, int]:
    times = reader.times_ns()
    if not len(times):
        raise StoreError("That demonstration holds no frame.")
    start = int(times[0] + episode.trim_start_s * 1e9)
    end = int(times[0] + episode.trim_end_s * 1e9) if episode.trim_end_s is not None else 2**62
    return start, end


def _demonstration(reader: EpisodeReader, episode_id: str, grasp: ArmState, release: ArmState) -> Demonstration | None:
    found = _scene_before(reader, grasp)
    if found is None:
        return None
    scene, frame = found
    item = _at_grasp(scene.detections, grasp)
    if item is None:
        return None
    return Demonstration(
        episode=episode_id,
        detections=scene.detections,
        pick=item.instance,
        T_base_pick=grasp.T_base_tool,
        T_base_place=release.T_base_tool,
        template=template.cut(frame, reader.camera(), scene.T_base_camera, item),
    )


def _scene_before(reader: EpisodeReader, grasp: ArmState) -> tuple[Scene, Frame] | None:
    """The first scene, with its frame, in which an object lies where it will be grasped: before the arm came in between."""
    times, seqs = reader.times_ns(), reader.seqs()
    early = [seq for seq, t in zip(seqs, times, strict=True) if t < grasp.t_host_ns]
    looks: list[Scene] = []
    for seq in early[:60]:
        scene = reader.scene(seq)
        if looks and scene is not None and scene.frame_seq == looks[-1].frame_seq:
            continue
        if scene is not None and scene.frame_seq in seqs and _at_grasp(scene.detections, grasp) is not None:
            looks.append(scene)
        elif looks:
            break  # the arm has come in between, or the object is on its way
        if len(looks) == _LOOKS:
            break
    if not looks:
        return None
    best = looks[typical(looks)]
    frame = reader.frame(best.frame_seq)
    return exact(best, frame, reader.camera()), frame


def _at_grasp(detections: Iterable[Detection], grasp: ArmState) -> Detection | None:
    """The smallest object whose box, a little widened, holds the point between the jaws; else the nearest within 12 cm."""
    point = grasp.T_base_tool[:3, 3]
    offsets = [(d, np.abs(d.box.R.T @ (point - d.box.center)) - d.box.size / 2) for d in detections if d.area_px > 0]
    within = [(float(np.prod(d.box.size)), d.instance, d) for d, off in offsets if off.max() < 0.015]
    if within:
        return min(within)[2]
    near = [(float(np.linalg.norm(np.maximum(off, 0))), d.instance, d) for d, off in offsets]
    return min(near)[2] if near and min(near)[0] < _NEAR_M * 0.3 else None
