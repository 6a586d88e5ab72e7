"""Cells: what stands on the simulated table, what a task is, and where things lie for a given seed.

Read by commands, the simulated world, rehearsal and the judge. Pure data and numpy; knows nothing about physics or drawing.
"""

from core.cells.files import builtin_cells, find_cell, load_cell, parse_cell
from core.cells.layouts import sample_layout
from core.cells.values import (
    PURPOSES,
    REACH,
    CameraSpec,
    Cell,
    Group,
    Jitter,
    Layout,
    Lights,
    ObjectSpec,
    Placed,
    Purpose,
    Task,
)

__all__ = [
    "PURPOSES",
    "REACH",
    "CameraSpec",
    "Cell",
    "Group",
    "Jitter",
    "Layout",
    "Lights",
    "ObjectSpec",
    "Placed",
    "Purpose",
    "Task",
    "builtin_cells",
    "find_cell",
    "load_cell",
    "parse_cell",
    "sample_layout",
]
