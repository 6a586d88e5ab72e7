"""See: the page and its states."""

from app.pages.see.page import SeePage
from app.pages.see.states import (
    SeeState,
    Spreading,
    ToolState,
    article,
    asking,
    camera_lost,
    empty_table,
    first_names,
    looking,
    naming,
    nothing_open,
    several,
    spreading,
    unlike,
    working,
)

__all__ = [
    "SeePage",
    "SeeState",
    "Spreading",
    "ToolState",
    "article",
    "asking",
    "camera_lost",
    "empty_table",
    "first_names",
    "looking",
    "naming",
    "nothing_open",
    "several",
    "spreading",
    "unlike",
    "working",
]
