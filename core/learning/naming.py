"""The one job that tunes the naming to the labels: snapshot, descent, checks, weights. Called by `app.naming_job`; needs torch.

Every tuning begins at the names as shipped and sees every label that may be trained on, so nothing hangs on the order in which they came.
The same seed and labels give the same weights; a job that was cut off goes on and ends as if it had not been.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from core.errors import WeightsError
from core.learning.descent import Fit, descend, device_here, never
from core.learning.exemplars import NamesSource, Standing
from core.learning.learned import device_name
from core.learning.naming_looks import NamingLooks, gather, parted
from core.learning.naming_problem import CLASS_FOLDS, FOLDS, RANK, NamingProblem, head_of
from core.learning.naming_score import Heads, score, verdict
from core.learning.naming_versions import LoadedNaming, NamingManifest, load_naming, write_naming
from core.learning.progress import Point, Progress, Report
from core.perception.names import EMBEDDING_VERSION
from core.storage.frames import write_durably
from core.transport.codec import CodecError, decode, encode

STEPS = 100
SNAPSHOT = "looks.snapshot"
CHECKPOINT = "naming.checkpoint"
_BATCH = 160


def tune(
    folder: Path, root: Path, *, seed: int, made_s: float, report: Report, stopped: Callable[[], bool] = never, steps: int = STEPS
) -> NamingManifest:
    """Tune the naming to the labels of the data folder `root` and write it into `folder`.

    `stopped`: asked after every step; what was learnt until then is checked and written. Raises NothingToLearn with what is needed.
    """
    source = NamesSource(root, float("inf"))
    standing = source.standing()
    device = device_here()
    found = _snapshot(folder, source, standing, seed, report)
    problem = NamingProblem(found, device)

    def told(done: int, total: int, loss: list[Point], notice: str) -> None:
        sentence = f"step {done} of {total}"
        report(Progress(stage="tune", done=done, total=total, sentence=sentence, loss=loss, notice=notice, device=device_name(device)))

    fit = descend(
        problem,
        seed=seed,
        steps=steps,
        checkpoint=folder / CHECKPOINT,
        device=device,
        told=told,
        left_out=problem.left_out,
        batch=_BATCH,
        stopped=stopped,
    )
    report(Progress(stage="score", done=0, total=1, loss=fit.curve, device=device_name(device)))
    now = _in_use(root, standing)
    scored = score(found, standing.class_names, _heads(problem, fit, now))
    passed, sentence = verdict(scored, fit.curve[0].held_out, fit.curve[-1].held_out)
    manifest = NamingManifest(
        seed=seed,
        embedding=EMBEDDING_VERSION,
        names_revision=standing.revision,
        labels=[int(i) for i in found.labels],
        data_hash=hashlib.sha256(encode(found)).hexdigest(),
        settings={"steps": float(fit.curve[-1].step), "rank": float(RANK), "batch": float(fit.batch)},
        before=now.manifest.number if now is not None else 0,
        score=scored,
        loss=fit.curve,
        passed=passed,
        sentence=sentence,
        made_s=made_s,
        device=device_name(device),
    )
    written = write_naming(folder, head_of(fit.parameters, -1), manifest)
    for name in (CHECKPOINT, SNAPSHOT):
        (folder / name).unlink(missing_ok=True)
    return written


def _snapshot(folder: Path, source: NamesSource, standing: Standing, seed: int, report: Report) -> NamingLooks:
    """The looks that this job learns from: those that it began with, when it is gone on with."""
    path = folder / SNAPSHOT
    try:
        known = decode(path.read_bytes(), NamingLooks)
        if known.embedding == EMBEDDING_VERSION:
            return known
    except (OSError, CodecError):
        pass  # not begun yet, or torn by a power cut: it is made again
    named = parted([x for x in standing.labels if x.class_id in standing.class_names], standing.held_out)
    made = gather(source, named, seed=seed, told=lambda done, total: report(Progress(stage="looks", done=done, total=total)))
    write_durably(path, encode(made))
    return made


def _in_use(root: Path, standing: Standing) -> LoadedNaming | None:
    if standing.naming is None:
        return None
    try:
        return load_naming(root / standing.naming.folder)
    except WeightsError:
        return None  # it names nothing: the names as shipped stand in for it, and are what this one is compared with


def _heads(problem: NamingProblem, fit: Fit, now: LoadedNaming | None) -> Heads:
    return Heads(
        new=head_of(fit.parameters, -1),
        left_out=[head_of(fit.parameters, m) for m in range(FOLDS + CLASS_FOLDS)],
        looks_left_out=problem.looks_left_out,
        folds=problem.look_folds,
        class_folds=problem.class_folds + FOLDS,
        now=now.head if now is not None else None,
        now_learned=frozenset(now.manifest.labels) if now is not None else frozenset(),
    )
