"""The job that makes the identifier's weights: trains, scores on scenes never trained on, writes weights and manifest. No Qt."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from core.learning.progress import Progress
from core.perception.training import HELD_SEED, Course, Settings, Training
from core.perception.weights import write_weights

Report = Callable[[Progress], None]


def train_identifier(folder: Path, settings: Settings, report: Report, stopped: Callable[[], bool]) -> dict[str, Any]:
    """Train in `folder` (going on from its checkpoint) and leave weights and manifest there; the manifest.

    When `stopped` says so it ends early: the checkpoint stays, and the weights are of what was learnt until then.
    """
    torch.set_num_threads(1)  # with two, a step takes 0.61 s of the own time that is counted, instead of 0.35
    training = Training(folder, settings)
    total = round(60 * settings.minutes)
    report(Progress(stage="identifier", done=min(total - 1, round(training.course.elapsed_s)), total=total))

    def told(course: Course, loss: float) -> None:
        done = min(total - 1, round(course.elapsed_s))
        report(
            Progress(stage="identifier", done=done, total=total, sentence=f"{course.scenes} scenes, loss {loss:.3f}", curve=course.curve)
        )

    course = training.run(told, stopped)
    manifest = _manifest(settings, course, training)
    manifest["weights"] = write_weights(folder, training.mean, manifest)
    report(Progress(stage="identifier", done=total, total=total, curve=course.curve))
    return manifest


def _manifest(settings: Settings, course: Course, training: Training) -> dict[str, Any]:
    return {
        "command": f"pendant train identifier --synthetic --minutes {settings.minutes:g} --seed {settings.seed}",
        "seed": settings.seed,
        "scenes": course.scenes,
        "steps": course.step,
        "batch": training.batch,
        "minutes": round(course.elapsed_s / 60, 1),
        "device": str(training.device),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "made": time.strftime("%Y-%m-%d"),
        "parameters": sum(p.numel() for p in training.network.parameters()),
        "held_out_loss": round(training.held_out_loss(), 4),
        "held_out_seed": HELD_SEED,
        "curve": course.curve,
    }
