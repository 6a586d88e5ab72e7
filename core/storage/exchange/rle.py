"""COCO's run lengths: column-major runs that begin with background, as a list, or as the compressed text of the COCO API.

The text holds each run (from the fourth on, its difference to the one before the last) in 5-bit groups, least first, bit 5 set when more
follow, plus 48: COCO API, `common/maskApi.c`, functions rleToString and rleFrString.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.errors import StoreError

Mask = npt.NDArray[np.bool_]
MOST_PIXELS = 64_000_000
_TORN = "An outline in that file is torn or absurd, so nothing was imported."


def encode(mask: Mask) -> dict[str, object]:
    """The RLE object of a mask (H, W)."""
    flat = np.asarray(mask, bool).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    if flat.size and flat[0]:
        runs.insert(0, 0)
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "counts": _text_of(runs)}


def decode(size: Sequence[int], counts: str | Sequence[int]) -> Mask:
    """The mask (H, W) of an RLE object. Raises StoreError when it does not add up."""
    height, width = size
    if height < 1 or width < 1 or height * width > MOST_PIXELS:
        raise StoreError(_TORN)
    runs = np.asarray(_runs_of(counts) if isinstance(counts, str) else list(counts), np.int64)
    if (runs < 0).any() or (runs > MOST_PIXELS).any() or runs.sum() != height * width:
        raise StoreError(_TORN)
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape((height, width), order="F")


def _text_of(runs: Sequence[int]) -> str:
    text = []
    for i, run in enumerate(runs):
        value = run - runs[i - 2] if i > 2 else run
        more = True
        while more:
            group = value & 0x1F
            value >>= 5
            more = value != -1 if group & 0x10 else value != 0
            text.append(chr(48 + (group | 0x20 if more else group)))
    return "".join(text)


def _runs_of(text: str) -> list[int]:
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        code = ord(letter) - 48
        if not 0 <= code < 64 or shift > 40:
            raise StoreError(_TORN)
        value |= (code & 0x1F) << shift
        shift += 5
        if code & 0x20:
            continue
        if code & 0x10:
            value |= -1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise StoreError(_TORN)
    return runs
