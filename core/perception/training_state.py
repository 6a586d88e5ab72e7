"""A training's checkpoint: weights, their mean, the optimiser and the course in one safetensors file. Used by `training` only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from core.errors import WeightsError
from core.storage.frames import write_durably

if TYPE_CHECKING:
    from core.perception.training import Training

FILE = "identifier-checkpoint.safetensors"


def write_state(training: Training) -> None:
    """Store the checkpoint durably in the training's folder."""
    tensors = {f"now.{k}": v.contiguous() for k, v in training.network.state_dict().items()}
    tensors |= {f"mean.{k}": v.contiguous() for k, v in training.mean.items()}
    for i, state in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": v for k, v in state.items()}
    course = training.course
    told = {"step": course.step, "scenes": course.scenes, "elapsed_s": course.elapsed_s, "curve": course.curve, "batch": training.batch}
    training.folder.mkdir(parents=True, exist_ok=True)
    write_durably(
        training.folder / FILE,
        save({k: v.detach().cpu().clone(memory_format=torch.contiguous_format) for k, v in tensors.items()}, {"course": json.dumps(told)}),
    )


def read_state(training: Training) -> None:
    """Go on from the checkpoint, if there is one. Raises WeightsError when it is torn or of another network."""
    path = training.folder / FILE
    if not path.exists():
        return
    try:
        data = path.read_bytes()
        tensors = load(data)
        told = json.loads(json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["course"])
        training.network.load_state_dict(_under(tensors, "now."))
        training.mean = {k: v.to(training.device) for k, v in _under(tensors, "mean.").items()}
        _restore_optimizer(training.optimizer, _under(tensors, "optimizer."))
        training.course.step, training.course.scenes = int(told["step"]), int(told["scenes"])
        training.course.elapsed_s, training.batch = float(told["elapsed_s"]), int(told["batch"])
        training.course.curve = [(int(a), float(b)) for a, b in told["curve"]]
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, OSError) as error:
        raise WeightsError(f"The checkpoint {path.name} is torn or of another network. Delete it to start afresh.") from error


def _under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = value
    whole = optimizer.state_dict()
    whole["state"] = state
    optimizer.load_state_dict(whole)
