"""The scale of the window, kept beside the catalogue because Qt must know it before anything else is opened. No Qt."""

from __future__ import annotations

from pathlib import Path

import msgspec

SCALES = (1.0, 1.15, 1.3, 1.5)
LEAST = (1280, 720)
"""The smallest window, logical pixels."""

_LARGE_PX = 3200
_FILE = "screen.json"


class Screen(msgspec.Struct, frozen=True):
    """What of the screen is set before the start. `scale`: one of SCALES."""

    scale: float = 1.0


def read_scale(data: Path) -> float:
    """The scale of a data folder; 1 where none was chosen or the file cannot be read."""
    try:
        scale = msgspec.json.decode((data / _FILE).read_bytes(), type=Screen).scale
    except (FileNotFoundError, msgspec.DecodeError):
        return 1.0
    return scale if scale in SCALES else 1.0


def fits(scale: float, width: int, height: int) -> bool:
    """Whether the smallest window fits on a screen of width x height pixels (as at 100 %) at that scale."""
    return width / scale >= LEAST[0] and height / scale >= LEAST[1]


def asks_for_more(scale: float, width: int) -> bool:
    """Whether everything is small on a screen that wide (pixels, as at 100 %)."""
    return scale == 1.0 and width >= _LARGE_PX


def store_scale(data: Path, scale: float) -> None:
    """Choose the scale of the next start."""
    (data / _FILE).write_bytes(msgspec.json.encode(Screen(scale)))
