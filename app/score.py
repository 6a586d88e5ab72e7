"""The figures that `pendant score` prints of instances, on folders of frames, and of tracks, on hidden layouts of a simulated cell.

Called by the command line and by proofs. No Qt. Everything runs through the real chain: simulated camera, identifier. Names: `score_names`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.sim_shots import crossing, filled, matched_index, shots, sweep, things_of
from core.cells import Cell, find_cell
from core.errors import DeviceError
from core.motion.kinematics import ArmModel
from core.perception import score
from core.perception.identify import GeometricIdentifier
from core.perception.standard import standard_identifier
from core.perception.synthesis import hard
from core.types import Frame
from devices.playback import FolderCamera, frame_pairs, read_camera_info, read_color, read_depth

_AT_ONCE = {"filled": 1, "full": 3}
_BEFORE = 3  # frames until the tracks have settled


def score_instances(paths: Sequence[Path]) -> dict[str, Any]:
    """Per folder of frames or simulated layout the mean instance scores in percent (`mean_score`) and what was scored.

    `made:KIND:SEED` is eight made-up hard scenes (`core.perception.synthesis.hard`), seeds from SEED on.
    `sim:CELL:SEED` is twelve frames while the arm sweeps; `sim:CELL:SEED:filled` has one thing after another in its container,
    `sim:CELL:SEED:full` three at once.
    Frames without `NNNN-mask.png` or `NNNN-handmask.png` are passed over. Raises DeviceError on a folder that is none.
    """
    doors = {"sim": _cell_scores, "made": _made_scores}
    return {path.name: doors[kind](path.name) if (kind := path.name.split(":")[0]) in doors else _folder_scores(path) for path in paths}


def _made_scores(name: str, scenes: int = 8) -> dict[str, Any]:
    """Made-up scenes of a kind, each seen once; `name` as in `score_instances`."""
    _, kind, seed = [*name.split(":"), "", ""][:3]
    if kind not in hard.KINDS or not seed.isdecimal():
        raise DeviceError(f"{name} is no made-up scene: write made:KIND:SEED, the kind one of {', '.join(hard.KINDS)}.")
    rows = []
    for n in range(int(seed), int(seed) + scenes):
        made = hard.hard_scene(kind, n)
        frame = Frame(camera=kind, seq=0, t_device_ns=0, t_host_ns=0, depth=made.depth, color=made.color)
        rows.append(score.score_instances(things_of(standard_identifier().identify(frame, made.camera, None).labels), made.things))
    return _summary(rows)


def _cell_scores(name: str, frames: int = 12) -> dict[str, Any]:
    """One hidden layout while the arm sweeps over it, or with things in its container; `name` as in `score_instances`."""
    _, cell, seed, how = [*name.split(":"), *("", "1", "")[name.count(":") :]][:4]
    if not seed.isdecimal() or how not in ("", *_AT_ONCE):
        raise DeviceError(
            f"{name} is no simulated layout: write sim:CELL:SEED, sim:CELL:SEED:filled or sim:CELL:SEED:full, the seed a number."
        )
    known = find_cell(cell)
    swept, sweeps = simulated_identifier(), shots(known, int(seed), "test", None, frames, move=sweep)
    looked = (
        ((simulated_identifier(), *look) for look in filled(known, int(seed), _AT_ONCE[how]))
        if how
        else ((swept, *look) for look in sweeps)
    )
    rows = []
    for identifier, shot, camera in looked:
        found = things_of(identifier.identify(shot.frame, camera.info(), shot.joints).labels)
        rows.append(score.score_instances(found, things_of(shot.labels)))
    return _summary(rows)


def _folder_scores(path: Path) -> dict[str, Any]:
    FolderCamera(path, now_ns=lambda: 0, wait_s=lambda _: None).open()
    rows = []
    for color_path, depth_path in frame_pairs(path):
        name = depth_path.name[: -len("-depth.png")]
        true = _picture(path / f"{name}-mask.png", path / f"{name}-handmask.png")
        if true is None:
            continue
        color, depth = read_color(color_path), read_depth(depth_path)
        info = read_camera_info(path / "camera.json", id=path.name, fps=15.0, color=color, depth=depth)
        frame = Frame(camera=path.name, seq=0, t_device_ns=0, t_host_ns=0, depth=depth, color=color)
        found = things_of(standard_identifier().identify(frame, info, None).labels)
        rows.append(score.score_instances(found, true, _picture(path / f"{name}-ignore.png")))
    return _summary(rows)


def _summary(rows: Sequence[score.InstanceScore | None]) -> dict[str, Any]:
    scored = [row for row in rows if row is not None]
    return {"frames": len(scored), "objects": sum(len(row.objects) for row in scored), **score.mean_score(scored)}


def _picture(*paths: Path) -> npt.NDArray[np.integer] | None:
    existing = [p for p in paths if p.is_file()]
    return cv2.imread(str(existing[0]), cv2.IMREAD_UNCHANGED) if existing else None


def score_tracks(cell_name: str, *, seeds: Sequence[int] = (0,)) -> dict[str, Any]:
    """Share of tracks that keep their id while the arm passes low over the table, between the camera and the things.

    `crossings`: things of which half or more was hidden by the arm at some time; `kept` and `crossings_kept` are shares.
    """
    cell = find_cell(cell_name)
    runs = [_tracks_run(cell, seed) for seed in seeds]
    total = {key: sum(run[key] for run in runs) for key in ("things", "kept", "crossings", "crossings_kept")}
    return {
        "cell": cell.name,
        "seeds": list(seeds),
        "things": total["things"],
        "kept": total["kept"] / max(1, total["things"]),
        "crossings": total["crossings"],
        "crossings_kept": total["crossings_kept"] / max(1, total["crossings"]),
        "runs": runs,
    }


def _tracks_run(cell: Cell, seed: int, frames: int = 90) -> dict[str, int]:
    """Ids of things before and after the arm crossed the table are compared; a thing that is not found again has lost its id."""
    identifier = simulated_identifier()
    ids: list[dict[int, int]] = []
    visible: list[npt.NDArray[np.int64]] = []
    for shot, camera in shots(cell, seed, "test", None, frames, move=crossing):
        scene = identifier.identify(shot.frame, camera.info(), shot.joints)
        tracks = {d.instance: d.track for d in scene.detections}
        ids.append({i: tracks[instance] for instance, i in matched_index(scene, shot).items()})
        visible.append(np.bincount(things_of(shot.labels).ravel(), minlength=len(shot.kinds) + 1)[1 : len(shot.kinds) + 1])
    first, last, shown = ids[_BEFORE], ids[-1], np.array(visible)
    hidden = {i for i in first if shown[_BEFORE:, i].min() <= 0.5 * shown[_BEFORE, i]}
    kept = {i for i in first if last.get(i) == first[i]}
    return {"seed": seed, "things": len(first), "kept": len(kept), "crossings": len(hidden), "crossings_kept": len(kept & hidden)}


def simulated_identifier() -> GeometricIdentifier:
    """The standard identifier that knows the simulated arm."""
    model = ArmModel()
    return standard_identifier(arm=model)
