"""The scale of the window, kept beside the catalogue because Qt must know it before anything else is opened. No Qt."""

from __future__ import annotations

from pathlib import Path

import msgspec

SCALES = (1.0, 1.15, 1.3, 1.5)
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


def store_scale(data: Path, scale: float) -> None:
    """Choose the scale of the next start."""
    (data / _FILE).write_bytes(msgspec.json.encode(Screen(scale)))
