"""Masks as run lengths: small, exact, safe to read."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from core.errors import StoreError

_HEAD = struct.Struct("<II")
_MOST_PIXELS = 64_000_000


def pack(mask: npt.NDArray[np.bool_]) -> bytes:
    """Row-major run lengths of a (H, W) mask, starting with the length of the leading False run."""
    flat = np.ascontiguousarray(mask, bool).ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]]))
    if flat.size and flat[0]:
        runs = np.concatenate([[0], runs])
    return _HEAD.pack(*mask.shape) + runs.astype("<u4").tobytes()


def unpack(data: bytes) -> npt.NDArray[np.bool_]:
    """The (H, W) mask in `data`. Raises StoreError when it is torn."""
    if len(data) < _HEAD.size or (len(data) - _HEAD.size) % 4:
        raise StoreError("A stored outline is torn. The label stays, without its outline.")
    height, width = _HEAD.unpack_from(data)
    runs = np.frombuffer(data, "<u4", offset=_HEAD.size).astype(np.int64)
    if height * width > _MOST_PIXELS or runs.sum() != height * width:
        raise StoreError("A stored outline is torn. The label stays, without its outline.")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(height, width)
