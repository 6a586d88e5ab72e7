"""The segmenter's weights at rest: half-precision tensors in one safetensors file, a manifest in JSON beside it. Never pickle.

Imports torch: `segment.load` calls it late. Torn, foreign and hostile files are refused in a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from core.errors import WeightsError
from core.perception.network import Network
from core.perception.segment import version_of
from core.storage.frames import write_durably

FILE = "identifier.safetensors"
MANIFEST = "identifier.json"
_MOST_BYTES = 4_000_000


def write_weights(folder: Path, state: Mapping[str, torch.Tensor], manifest: Mapping[str, Any]) -> str:
    """Store weights and their manifest durably in `folder`; their version, eight digits of the file's hash."""
    folder.mkdir(parents=True, exist_ok=True)
    data = save({k: v.detach().cpu().to(_kept(v), memory_format=torch.contiguous_format) for k, v in state.items()})
    write_durably(folder / FILE, data)
    write_durably(folder / MANIFEST, json.dumps({**manifest, "weights": version_of(data), "bytes": len(data)}, indent=1).encode() + b"\n")
    return version_of(data)


def read_weights(path: Path) -> tuple[Network, str]:
    """The network in `path` and its version. Raises WeightsError when the file is missing, torn or no segmenter's."""
    network = Network()
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise WeightsError(f"{path.name} is far too large for the identifier's weights, so it was not loaded.")
        data = path.read_bytes()
        tensors = {k: v.float() if v.dtype.is_floating_point else v for k, v in load(data).items()}
        if not all(bool(torch.isfinite(v).all()) for v in tensors.values()):
            raise WeightsError(f"{path.name} holds numbers that are none, so it was not loaded. Install Pendant again.")
        network.load_state_dict(tensors)
    except OSError as error:
        raise WeightsError(f"{path.name}, the identifier's weights, is missing. Install Pendant again.") from error
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise WeightsError(f"{path.name} is torn or not the identifier's weights, so it was not loaded. Install Pendant again.") from error
    return network, version_of(data)


def _kept(value: torch.Tensor) -> torch.dtype:
    return torch.float16 if value.dtype.is_floating_point else value.dtype
