"""The window, the tour, and the window upon a recording: the only commands that open Qt, imported when they are called."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from app.commands.console import Console
from app.rig import RigDescription, camera_rig
from app.sources import kind_of
from core.errors import DeviceError, PendantError

_SLOWEST, _FASTEST = 0.1, 60  # pictures a second: the window looks no oftener


def window(options: argparse.Namespace) -> int:
    """Open the window and work until it is closed."""
    return _open(options, _rig(options.rig))


def play(options: argparse.Namespace, console: Console) -> int:
    """Open the window upon a recording."""
    path = options.paths[0]
    place = Path(path)
    if not place.exists():
        raise DeviceError(f"{path} is not there. Check the path.")
    kind = "episode" if place.suffix == ".db" else kind_of(path)
    if options.fps is not None and kind != "folder":
        raise DeviceError(f"--fps sets the pace of a folder of pictures. {place.name} has its own times and plays at them.")
    if options.fps is not None and not _SLOWEST <= options.fps <= _FASTEST:
        raise DeviceError(f"{options.fps:g} pictures a second cannot be played. Give --fps from {_SLOWEST} to {_FASTEST}; 1 suits stills.")
    return _open(options, camera_rig(kind, str(place.resolve()), fps=options.fps or 0.0))


def tour(options: argparse.Namespace, console: Console) -> int:
    """Play the whole loop in the real window and save pictures."""
    _need_screen()
    status = int(import_module("app.tour").run_tour(options.out, options.seed))
    console.result({"out": str(options.out), "ok": status == 0}, [f"The pictures and tour.json are in {options.out}."])
    return status


def faces(options: argparse.Namespace, console: Console) -> int:
    """Picture every state of every page."""
    _need_screen()
    options.out.mkdir(parents=True, exist_ok=True)
    sizes = [_size(size) for size in options.size or ("1440x900",)]
    look = (tuple(options.theme or ("dark", "light")), sizes, tuple(options.only))
    with tempfile.TemporaryDirectory(prefix="pendant-faces-") as folder:
        for step, arguments in (
            (_fill, (options.work or Path(folder),)),
            (_first_faces, (options.out, *look)),
            (_work_faces, (options.work or Path(folder), options.out, *look)),
        ):
            _apart(step, *arguments)
    console.result({"out": str(options.out)}, [f"The pictures are in {options.out}."])
    return 0


def _apart(step: Callable[..., None], *arguments: object) -> None:
    """In a process of its own: the simulated camera's EGL and the window's GLX cannot share one through PyOpenGL, nor two windows a log."""
    made = get_context("spawn").Process(target=step, args=arguments)
    made.start()
    made.join()
    if made.exitcode:
        raise PendantError("The pictures could not be made. `pendant doctor` says what is missing.")


def _fill(data: Path) -> None:
    import_module("app.worked").fill(data)


def _first_faces(out: Path, *look: object) -> None:
    visits = import_module("app.faces_visits")
    visits.first_faces(out, visits.Wanted(*look))


def _work_faces(work: Path, out: Path, *look: object) -> None:
    visits = import_module("app.faces_visits")
    visits.work_faces(work, out, visits.Wanted(*look))


def _size(words: str) -> tuple[int, int]:
    width, _, height = words.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise PendantError(f"{words} is not a size. Write it as 1440x900.")
    return int(width), int(height)


def _open(options: argparse.Namespace, rig: RigDescription | None) -> int:
    _need_screen()
    application = import_module("app.application")
    made = application.Options(
        data=options.data,
        cell=options.cell,
        layout_seed=options.seed,
        rig=rig,
        page=options.page,
        theme=options.theme or "",
        size=_size(options.size),
    )
    return int(application.run_window(made, options.picture, options.after))


def _rig(name: str) -> RigDescription | None:
    kind, _, source = name.partition(":")
    if kind == "simulated":
        return None
    if kind != "realsense":
        raise DeviceError(f"There is no rig {name}. Known: simulated, realsense.")
    return camera_rig(kind, source)


def _need_screen() -> None:
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise PendantError("There is no display. `make run` uses a virtual one; or start it in a desktop session.")
