"""The job that makes the names' weights: looks at stalls of made-up kinds, training, a score on other stalls, weights, manifest. No Qt."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from app.stalls import FAMILIES, KINDS, stall_looks
from core.learning.progress import Progress
from core.perception.encoder import WEIGHTS
from core.perception.encoder_network import EncoderNetwork, tensors_of
from core.perception.encoder_training import Course, MadeLooks, Settings, Training, gathered, held_out
from core.perception.names import REJECT
from core.perception.synthesis.views import View
from core.storage.frames import write_durably

Report = Callable[[Progress], None]
HELD_SEED = 7_000_000


def train_encoder(folder: Path, settings: Settings, report: Report, stopped: Callable[[], bool]) -> dict[str, Any]:
    """Leave `names.safetensors` and `names.json` in `folder`; the manifest. Stopped early: the weights of what was learnt until then."""
    torch.set_num_threads(1)

    def told(done: int, total: int, sentence: str) -> None:
        report(Progress(stage="names", done=min(done, total - 1), total=total, sentence=sentence))

    shown = _stall_looks(_first_stall(settings), settings.stalls, told, stopped)
    training = Training(shown, settings)
    course = training.run(told, stopped)
    held = _stall_looks(HELD_SEED, settings.held_stalls, told, stopped)
    manifest = _manifest(settings, course, len(shown.kind), training.network, held)
    data = save(tensors_of(training.network, REJECT))
    manifest |= {"weights": hashlib.sha256(data).hexdigest()[:8], "bytes": len(data)}
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / WEIGHTS.name, data)
    write_durably(folder / WEIGHTS.with_suffix(".json").name, json.dumps(manifest, indent=1).encode() + b"\n")
    report(Progress(stage="names", done=settings.steps, total=settings.steps))
    return manifest


def _first_stall(settings: Settings) -> int:
    return 1000 * (settings.seed - 1) + 1


def _stall_looks(first: int, count: int, told: Callable[[int, int, str], None], stopped: Callable[[], bool]) -> MadeLooks:
    """Looks at `count` stalls from a seed on; fewer when stopped, but one."""
    rows: list[tuple[View, int, int, bool]] = []
    for n in range(count):
        if stopped() and rows:
            break
        rows += [(x.view, KINDS * n + x.kind, FAMILIES * n + x.family, x.plain) for x in stall_looks(first + n)]
        told(n + 1, count, "stalls of made-up kinds")
    return gathered(rows)


def _manifest(settings: Settings, course: Course, count: int, network: EncoderNetwork, held: MadeLooks) -> dict[str, Any]:
    loss, right = held_out(network, held, settings)
    return {
        "command": f"pendant train identifier --synthetic --part names --seed {settings.seed}",
        "seed": settings.seed,
        "kinds": KINDS * settings.stalls,
        "stalls": settings.stalls,
        "looks": count,
        "steps": course.curve[-1][0] if course.curve else 0,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "made": time.strftime("%Y-%m-%d"),
        "parameters": sum(p.numel() for p in network.parameters()),
        "held_out_loss": round(loss, 4),
        "held_out_right": round(right, 4),
        "held_out_seed": HELD_SEED,
        "curve": course.curve,
    }
