"""The figures that `pendant score` prints: instances on folders of frames, names and tracks on hidden layouts of a simulated cell.

Called by the command line and by proofs. No Qt. Everything runs through the real chain: simulated camera, identifier, exemplars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.sim_shots import crossing, filled, matched, matched_index, shots, sweep, things_of
from core import geometry
from core.cells import Cell, Jitter, find_cell
from core.errors import DeviceError, NothingToLearn
from core.motion.body import arm_capsules
from core.motion.kinematics import ArmModel
from core.perception import looks, score
from core.perception.identify import GeometricIdentifier
from core.perception.names import SLOPE, Exemplar, NameModel, Vector
from core.perception.standard import standard_identifier
from core.types import Frame
from devices.playback import FolderCamera, frame_pairs, read_camera_info, read_color, read_depth

NAMED_KINDS = 8
_CLICK_LAYOUTS = 40
_LEAST_PX = 80
_BEFORE = 3  # frames until the tracks have settled
_LIGHT, _SIZE, _HUE = (0.5, 1.6), (0.9, 1.1), (-8.0, 8.0)


@dataclass(frozen=True)
class Look:
    """One thing that was found: what it truly is, its embedding, and the answer of the identifier."""

    kind: str
    vector: Vector
    class_id: int | None
    score: float


def score_instances(paths: Sequence[Path]) -> dict[str, Any]:
    """Per folder of frames or simulated layout the mean instance scores in percent (`mean_score`) and what was scored.

    `sim:CELL:SEED` is twelve frames while the arm sweeps; `sim:CELL:SEED:filled` has one thing after another in its container.
    Frames without `NNNN-mask.png` or `NNNN-handmask.png` are passed over. Raises DeviceError on a folder that is none.
    """
    return {path.name: _cell_scores(path.name) if path.name.startswith("sim:") else _folder_scores(path) for path in paths}


def _cell_scores(name: str, frames: int = 12) -> dict[str, Any]:
    """One hidden layout while the arm sweeps over it, or with one thing after another in its container; `name` as in `score_instances`."""
    _, cell, seed, how = [*name.split(":"), *("", "1", "")[name.count(":") :]][:4]
    if not seed.isdecimal() or how not in ("", "filled"):
        raise DeviceError(f"{name} is no simulated layout: write sim:CELL:SEED or sim:CELL:SEED:filled, the seed a number.")
    known = find_cell(cell)
    swept, sweeps = _identifier(), shots(known, int(seed), "test", None, frames, move=sweep)
    looked = ((_identifier(), *look) for look in filled(known, int(seed))) if how else ((swept, *look) for look in sweeps)
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


def score_names(cell_name: str, *, seeds: Sequence[int] = (0,), frames: int = 100, layouts: int = 10) -> dict[str, Any]:
    """One click a kind over eight kinds of the cell, then `frames` frames of `layouts` new layouts in other light, size and hue.

    Every seed chooses other kinds, clicks, layouts and jitter. Returns shares in 0..1: `right` (of things of a named kind that were
    found), `unknown_caught` (of things of kinds never named), `calibration_error`, `found` (of all things in view), and the same a seed.
    Raises CellFileError on an unknown cell, NothingToLearn when it has fewer than two kinds.
    """
    cell = find_cell(cell_name)
    runs = [_names_run(cell, seed, frames, layouts) for seed in seeds]
    keys = ("right", "unknown_caught", "calibration_error", "found")
    return {"cell": cell.name, "seeds": list(seeds), **{k: float(np.mean([run[k] for run in runs])) for k in keys}, "runs": runs}


def _names_run(cell: Cell, seed: int, frames: int, layouts: int) -> dict[str, Any]:
    kinds = sorted(spec.name for spec in cell.objects)
    if len(kinds) < 2:
        raise NothingToLearn(f"The cell {cell.name!r} has fewer than two kinds of things, so there are no names to tell apart.")
    rng = np.random.default_rng(seed)
    named = sorted(rng.permutation(kinds)[: min(NAMED_KINDS, len(kinds) - 1)].tolist())
    clicks = click_each(cell, named, seed)
    model = NameModel([Exemplar(named.index(kind), kind, vector) for kind, vector in clicks.items()])
    seen, present = look_at(cell, seed, frames, layouts, model)
    result = score.score_names(
        [named.index(x.kind) if x.kind in clicks else None for x in seen], [x.class_id for x in seen], [x.score for x in seen]
    )
    return {
        "seed": seed,
        "named": sorted(clicks),
        "right": result.right,
        "unknown_caught": result.unknown_caught,
        "calibration_error": result.calibration_error,
        "found": len(seen) / max(1, present),
        "per_kind": {named[c]: share for c, share in result.per_class.items()},
    }


def click_each(cell: Cell, kinds: Sequence[str], seed: int) -> dict[str, Vector]:
    """One click on the first sight of each kind in teaching layouts: kind to embedding, made as from a stored label."""
    clicks: dict[str, Vector] = {}
    for layout in range(_CLICK_LAYOUTS):
        if len(clicks) == len(kinds):
            break
        for shot, camera in shots(cell, 1000 * seed + layout, "teach", None, 1):
            scene = _identifier().identify(shot.frame, camera.info(), shot.joints)
            depth_m = geometry.register_depth(shot.frame.depth, camera.info())
            for instance, kind in matched(scene, shot).items():
                if kind in kinds and kind not in clicks:
                    mask = scene.labels == instance
                    vector = looks.embed(shot.frame.color, depth_m, camera.info().color, scene.T_base_camera, mask)
                    if vector is not None:
                        clicks[kind] = vector
    return clicks


def look_at(cell: Cell, seed: int, frames: int, layouts: int, model: NameModel) -> tuple[list[Look], int]:
    """What the identifier says in `frames` frames of `layouts` layouts never taught; also how many things were in view in all."""
    rng = np.random.default_rng([seed, 1])
    seen, present = [], 0
    for k in range(layouts):
        jitter = Jitter(light=float(np.exp(rng.uniform(*np.log(_LIGHT)))), size=float(rng.uniform(*_SIZE)), hue=float(rng.uniform(*_HUE)))
        identifier = _identifier()
        identifier.set_names(model, 1)
        count = frames // layouts + (k < frames % layouts)
        for shot, camera in shots(cell, 1000 * seed + k, "test", jitter, count):
            scene = identifier.identify(shot.frame, camera.info(), shot.joints)
            depth_m = geometry.register_depth(shot.frame.depth, camera.info())
            answers = {d.instance: d for d in scene.detections}
            present += sum(int((shot.labels == i + 1).sum() > _LEAST_PX) for i in range(len(shot.kinds)))
            for instance, kind in matched(scene, shot).items():
                vector = looks.embed(shot.frame.color, depth_m, camera.info().color, scene.T_base_camera, scene.labels == instance)
                if vector is not None:
                    seen.append(Look(kind, vector, answers[instance].class_id, answers[instance].score))
    return seen, present


def fit_names(cell_name: str, *, seeds: Sequence[int], frames: int = 100, layouts: int = 25, draws: int = 40) -> dict[str, float]:
    """Slope and reject distance of `NameModel` that serve best on a tuning bank, over `draws` choices of eight named kinds.

    The reject distance leaves most room over both aims (95 % right, 80 % of strangers unknown, each over what it can still gain); the
    slope has the least calibration error there. Report figures with other seeds than these.
    """
    cell = find_cell(cell_name)
    kinds = sorted(spec.name for spec in cell.objects)
    clicks = [click_each(cell, kinds, seed) for seed in seeds]
    bank = [x for seed in seeds for x in look_at(cell, seed, frames, layouts, NameModel(()))[0]]
    rng = np.random.default_rng(0)
    chosen = [(clicks[i % len(clicks)], set(rng.permutation(kinds)[:NAMED_KINDS].tolist())) for i in range(draws)]
    return best_of(bank, kinds, chosen)


def best_of(bank: Sequence[Look], kinds: Sequence[str], chosen: Sequence[tuple[dict[str, Vector], set[str]]]) -> dict[str, float]:
    """The fit itself; `chosen`: per draw the clicks (kind to embedding) and which kinds of them are named."""
    rejects = np.arange(1.6, 3.0, 0.05)
    each = [np.mean([_hits(bank, kinds, c, n, SLOPE, r)[:2] for c, n in chosen], axis=0) for r in rejects]
    room = [min((right - 0.95) / 0.05, (caught - 0.8) / 0.2) for right, caught in each]
    reject = float(rejects[int(np.argmax(room))])
    slopes = np.arange(2.0, 12.0, 1.0)
    errors = [float(np.mean([_hits(bank, kinds, c, n, s, reject)[2] for c, n in chosen])) for s in slopes]
    slope = float(slopes[int(np.argmin(errors))])
    right, caught, error = np.mean([_hits(bank, kinds, c, n, slope, reject) for c, n in chosen], axis=0)
    return {
        "slope": slope,
        "reject": reject,
        "right": float(right),
        "unknown_caught": float(caught),
        "calibration_error": float(error),
    }


def _hits(
    bank: Sequence[Look], kinds: Sequence[str], clicks: dict[str, Vector], named: set[str], slope: float, reject: float
) -> tuple[float, float, float]:
    exemplars = [Exemplar(kinds.index(k), k, v) for k, v in clicks.items() if k in named]
    model = NameModel(exemplars, slope=slope, reject=reject)
    answers = [model.classify(x.vector) for x in bank]
    true = [kinds.index(x.kind) if x.kind in named and x.kind in clicks else None for x in bank]
    result = score.score_names(true, [a.class_id for a in answers], [a.score for a in answers])
    return result.right, result.unknown_caught, result.calibration_error


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
    identifier = _identifier()
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


def _identifier() -> GeometricIdentifier:
    model = ArmModel()
    return standard_identifier(arm_geometry=lambda q: arm_capsules(model, q[:6], *q[6:7]))
