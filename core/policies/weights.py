"""Weights at rest: one safetensors file whose tensors are the arrays and whose metadata is the rest. Never pickle.

Everything read is checked against its declared type; torn, foreign and hostile files are refused in a sentence.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from core.errors import WeightsError
from core.storage.frames import write_durably
from core.transport.codec import CodecError, decode, encode
from core.types import Data

T = TypeVar("T", bound=Data)
FILE = "policy.safetensors"
_MOST_BYTES = 200_000_000


def write(path: Path, value: Data) -> None:
    """Store `value` durably."""
    write_durably(path, save({"state": np.frombuffer(encode(value), np.uint8)}, {"kind": type(value).__name__}))


def read(path: Path, kind: type[T]) -> T:
    """The value at `path`. Raises WeightsError when it is not a sound `kind`."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise WeightsError(f"{path.name} is far too large for a policy, so it was not loaded.")
        tensors = load(path.read_bytes())
        return decode(tensors["state"].tobytes(), kind)
    except OSError as error:
        raise WeightsError("The weights of that version are missing. Learn it again, or choose another version.") from error
    except (SafetensorError, CodecError, KeyError, ValueError) as error:
        raise WeightsError("The weights of that version are torn or foreign, so they were not loaded. Choose another version.") from error
