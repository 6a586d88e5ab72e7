"""What learning names is worth: labels by truth in a fresh store, one tuning, and names on other layouts before and after. No Qt.

Called by `pendant score names --labels N`. Everything runs through the real chain: simulated camera, identifier, store, tuning.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from app.score_names import Look, Terms, look_at
from app.sim_shots import matched, shots
from core.cells import Cell, find_cell
from core.errors import NothingToLearn
from core.learning.exemplars import NamesSource
from core.learning.naming import tune
from core.learning.naming_versions import load_naming
from core.learning.progress import Report
from core.motion.kinematics import ArmModel
from core.perception.names import NameModel
from core.perception.naming_head import names_of
from core.perception.score import score_names
from core.perception.standard import standard_identifier
from core.storage import edits
from core.storage.store import Store
from core.transport.clock import HostClock

_MOST_LAYOUTS = 200


def score_tuned(cell_name: str, seed: int, *, labels: int, frames: int, layouts: int, report: Report) -> dict[str, Any]:
    """`labels` a kind on eight kinds of the cell, in teaching layouts; then `frames` frames of `layouts` test layouts, as `score_names`.

    Returns the verdict of the tuning and, `before` and `after`: right, unknown_caught, calibration_error, each 0..1.
    Raises CellFileError on an unknown cell, NothingToLearn when it has fewer than two kinds.
    """
    cell, terms = find_cell(cell_name), Terms(frames=frames, layouts=layouts)
    kinds = sorted(spec.name for spec in cell.objects)
    if len(kinds) < 2:
        raise NothingToLearn(f"The cell {cell.name!r} has fewer than two kinds of things, so there are no names to tell apart.")
    named = sorted(np.random.default_rng(seed).permutation(kinds)[: min(terms.named, len(kinds) - 1)].tolist())
    with tempfile.TemporaryDirectory(prefix="pendant-names-") as place:
        root, folder = Path(place) / "data", Path(place) / "naming"
        folder.mkdir()
        label_kinds(root, cell, named, labels, seed)
        made = tune(folder, root, seed=1, made_s=0.0, report=report)
        source = NamesSource(root, float("inf"))
        standing = source.standing()
        exemplars, head = source.exemplars(standing), load_naming(folder).head
    seen, _ = look_at(cell, 100 + seed, terms, NameModel(()))
    ids = {name: class_id for class_id, name in standing.class_names.items()}
    value = {"cell": cell.name, "seed": seed, "named": named, "labels": len(standing.labels), "learned_from": len(made.labels)}
    asked = {"before": _figures(seen, ids, names_of(exemplars, None)), "after": _figures(seen, ids, names_of(exemplars, head))}
    return value | {"looks": len(seen), "passed": made.passed, "sentence": made.sentence, "score": msgspec.to_builtins(made.score)} | asked


def label_kinds(root: Path, cell: Cell, named: Sequence[str], labels: int, seed: int) -> None:
    """Name things of those kinds by the truth, `labels` of each, on one frame of every teaching layout."""
    model, counts = ArmModel(), dict.fromkeys(named, 0)
    identifier = standard_identifier(arm=model)
    store = Store(root, wall_s=HostClock().wall_s, who="truth")
    try:
        for layout in range(_MOST_LAYOUTS):
            if min(counts.values()) >= labels:
                break
            for shot, camera in shots(cell, 1000 * seed + 500 + layout, "teach", None, 1):
                scene = identifier.identify(shot.frame, camera.info(), shot.joints)
                found = {d.instance: d for d in scene.detections}
                for instance, kind in matched(scene, shot).items():
                    if counts.get(kind, labels) >= labels:
                        continue
                    judgement = edits.Judgement(
                        frame=shot.frame,
                        camera=camera.info(),
                        T_base_camera=scene.T_base_camera,
                        mask=np.asarray(scene.labels == instance),
                        track=10_000 * layout + instance,
                        center_base=found[instance].box.center,
                        identifier=scene.identifier,
                        score=found[instance].score,
                    )
                    edits.name_object(store, judgement, kind)
                    counts[kind] += 1
    finally:
        store.close()


def _figures(seen: Sequence[Look], ids: dict[str, int], model: NameModel) -> dict[str, Any]:
    answers = [model.classify(look.vector) for look in seen]
    result = score_names([ids.get(look.kind) for look in seen], [a.class_id for a in answers], [a.score for a in answers])
    names = {class_id: name for name, class_id in ids.items()}
    return {
        "right": result.right,
        "unknown_caught": result.unknown_caught,
        "calibration_error": result.calibration_error,
        "per_kind": {names[c]: share for c, share in result.per_class.items()},
    }
