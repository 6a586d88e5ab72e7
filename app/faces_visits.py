"""Opens the real window on a data folder and has every state of it pictured."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from app.application import Application, Options, install_hooks, make_qt
from app.faces import Faces
from app.faces_wanted import Wanted
from app.rig import go_first

_CELL, _LAYOUT = "fruit", 3


def first_faces(out: Path, wanted: Wanted) -> None:
    """The states of a first start, in a new data folder."""
    with tempfile.TemporaryDirectory(prefix="pendant-faces-") as fresh:
        _visit(Path(fresh), out, wanted, Faces.first_start)


def work_faces(work: Path, out: Path, wanted: Wanted) -> None:
    """All other states, in a data folder that `app.worked` filled."""
    _visit(work, out, wanted, Faces.work)


def _visit(data: Path, out: Path, wanted: Wanted, through: Callable[[Faces], None]) -> None:
    go_first()
    make_qt("dark")
    install_hooks(data / "pendant.log")
    application = Application(Options(data=data, cell=_CELL, layout_seed=_LAYOUT, size=wanted.sizes[0]))
    try:
        application.start()
        through(Faces(application, out, wanted))
    finally:
        application.window.close()
        application.close()
