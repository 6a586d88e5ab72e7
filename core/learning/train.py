"""The one training job of a policy: snapshot, fit, held-out check, weights. Called by `app.workers.trainer` and by commands.

Progress is reported through a callable; the same seed and data give the same version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.errors import NothingToLearn
from core.learning.dataset import Snapshot
from core.learning.descent import device_here
from core.learning.learned import CHECKPOINT, device_name, learn_parts
from core.learning.progress import Point, Progress, Report
from core.learning.versions import Manifest, write_version
from core.policies import POLICIES
from core.policies.demonstration import Demonstration
from core.policies.pickplace import PickPlacePolicy
from core.storage.edits import goal_data
from core.types import Goal

_ENOUGH_CM = 4.0


def train_policy(
    folder: Path, task: str, policy_name: str, data: Snapshot, goals: Sequence[Goal], *, seed: int, context: Manifest, report: Report
) -> Manifest:
    """Fit `policy_name` and write it into `folder` with its manifest (`context` holds what the caller knows of the lineage).

    Raises NothingToLearn with a sentence when there is no usable demonstration.
    """
    if not data.demonstrations:
        reasons = f" {data.left_out[0][1]}" if data.left_out else ""
        raise NothingToLearn(f"There is no demonstration to learn from.{reasons} Show it at least once.")
    policy = POLICIES[policy_name]()
    device = device_name(device_here())
    report(Progress(stage="policy", done=0, total=1, device=device, sentence=f"Learning from {len(data.demonstrations)} demonstrations"))
    policy.fit(data.demonstrations, goals)
    words = _learn(policy, data.demonstrations, seed, folder, report)
    plain = [msgspec.structs.replace(d, template=None) for d in data.demonstrations]  # places alone are judged here
    curve = learning_curve(policy_name, plain, goals, report)
    metres, radians = held_out(policy_name, plain, goals)
    fitted = policy.fitted
    manifest = msgspec.structs.replace(
        context,
        **words,
        task=task,
        policy=policy_name,
        seed=seed,
        episodes=sorted({d.episode for d in data.demonstrations}),
        left_out=list(data.left_out),
        takeovers=data.takeovers,
        goals=[dict(goal_data(goal) or {}) for goal in goals],
        data_hash=hashlib.sha256(f"{data.data_hash}:{context.names_revision}".encode()).hexdigest(),
        relation=fitted.relation.words() if fitted else "",
        runner_up=fitted.runner_up.words() if fitted and fitted.runner_up else "",
        held_out_cm=None if metres is None else round(100 * metres, 2),
        held_out_deg=None if radians is None else round(float(np.rad2deg(radians)), 1),
        curve=curve,
    )
    written = write_version(folder, policy, judged(manifest))
    for path in folder.glob(CHECKPOINT.format(name="*")):
        path.unlink()
    return written


def _learn(policy: PickPlacePolicy, demonstrations: Sequence[Demonstration], seed: int, folder: Path, report: Report) -> dict[str, Any]:
    """Let the policy learn its gradient parts; what the manifest says of them."""
    if not policy.learns:
        return {}

    device = device_name(device_here())

    def told(done: int, total: int, loss: list[Point], notice: str) -> None:
        report(
            Progress(stage="policy", done=done, total=total, sentence=f"step {done} of {total}", loss=loss, notice=notice, device=device)
        )

    learned = learn_parts(policy, demonstrations, seed=seed, folder=folder, told=told)
    policy.fitted = learned.fitted
    return {name: getattr(learned, name) for name in ("ranking", "refinement", "loss", "device")}


def judged(manifest: Manifest) -> Manifest:
    """The manifest with the verdict of its checks: rehearsals where there were any, else the held-out error."""
    if manifest.rehearsals:
        needed = int(np.ceil(0.6 * manifest.rehearsals))
        good = manifest.rehearsed_ok >= needed
        text = f"{manifest.rehearsed_ok} of {manifest.rehearsals} rehearsals worked"
        sentence = f"{text}." if good else f"It did not pass: {text}, {needed} {'is' if needed == 1 else 'are'} needed."
        return msgspec.structs.replace(manifest, passed=good, sentence=sentence)
    if manifest.held_out_cm is None:
        return msgspec.structs.replace(manifest, passed=True, sentence="One demonstration, not rehearsed. Watch its first rollout at Slow.")
    good = manifest.held_out_cm <= _ENOUGH_CM
    text = f"Off by {manifest.held_out_cm:.1f} cm on demonstrations that it had not seen"
    sentence = f"{text}, not rehearsed." if good else f"It did not pass: {text[0].lower()}{text[1:]}. Show two or three more."
    return msgspec.structs.replace(manifest, passed=good, sentence=sentence)


def held_out(policy_name: str, demonstrations: Sequence[Demonstration], goals: Sequence[Goal]) -> tuple[float, float] | tuple[None, None]:
    """Median leave-one-out error (metres, radians); (None, None) with fewer than two demonstrations."""
    if len(demonstrations) < 2:
        return None, None
    errors = np.array(POLICIES[policy_name]().held_out_errors(demonstrations, goals))
    return float(np.median(errors[:, 0])), float(np.median(errors[:, 1]))


def learning_curve(
    policy_name: str, demonstrations: Sequence[Demonstration], goals: Sequence[Goal], report: Report
) -> list[tuple[int, float]]:
    """(demonstrations used, median error in cm on the last fifth, which none of them holds): what one more demonstration is worth."""
    test = max(1, len(demonstrations) // 5)
    train, held = list(demonstrations[:-test]), list(demonstrations[-test:])
    curve: list[tuple[int, float]] = []
    for count in range(1, len(train) + 1):
        policy: PickPlacePolicy = POLICIES[policy_name]()
        policy.fit(train[:count], goals)
        error = 100 * float(np.median([policy.error_on(d)[0] for d in held]))
        if np.isfinite(error):
            curve.append((count, round(error, 2)))
        report(Progress(stage="check", done=count, total=len(train), curve=curve))
    return curve
