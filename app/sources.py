"""Frames from anywhere that is not live: a folder, a librealsense recording, an episode, or `sim:CELL:SEED`. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import CameraLost, DeviceError
from core.storage.episode import EpisodeReader
from core.transport.clock import HostClock, ManualClock
from core.types import Array, CameraInfo, Frame
from devices import open_camera
from devices.playback import frame_names


@dataclass(frozen=True)
class Shot:
    """One frame with its camera, and the arm's joints (6,) and jaw opening where they are known.

    `name`: what the frame is called in its folder, else a count.
    """

    name: str
    frame: Frame
    camera: CameraInfo
    joints: Array | None = None


def shots(path: str) -> Iterator[Shot]:
    """The frames of `path`, in order. Raises DeviceError, StoreError or CellFileError in a sentence."""
    if path.startswith("sim:"):
        yield from _simulated(path)
    elif Path(path).is_file() and Path(path).suffix == ".db":
        yield from _episode(Path(path))
    else:
        yield from _recorded(path)


def kind_of(path: str) -> str:
    """The camera kind that plays `path`. Raises DeviceError."""
    place = Path(path)
    if place.is_dir():
        return "folder"
    if place.suffix in (".db3", ".bag"):
        return "recording"
    raise DeviceError(f"{path} is not a folder of frames, a .db3 or .bag recording, or an episode. Check the path.")


def _recorded(path: str) -> Iterator[Shot]:
    clock, kind = ManualClock(), kind_of(path)
    names = frame_names(Path(path)) if kind == "folder" else []
    camera = open_camera(kind, path, clock.now_ns, loop=False, wait_s=lambda s: clock.set_ns(clock.now_ns() + int(s * 1e9)))
    info = camera.open()
    try:
        n = 0
        while True:
            try:
                frame = camera.read(10.0)
            except CameraLost:
                return
            yield Shot(names[n] if names else f"{n:04d}", frame, info)
            n += 1
    finally:
        camera.close()


def _episode(path: Path) -> Iterator[Shot]:
    reader = EpisodeReader(path)
    try:
        camera = reader.camera()
        states = list(reader.arms())
        for n, seq in enumerate(reader.seqs()):
            frame = reader.frame(seq)
            state = min(states, key=lambda s: abs(s.t_host_ns - frame.t_host_ns), default=None)
            yield Shot(f"{n:04d}", frame, camera, state.joints if state is not None else None)
    finally:
        reader.close()


def _simulated(path: str) -> Iterator[Shot]:
    from core.cells import find_cell
    from devices.sim.camera import SimCamera
    from devices.sim.cell import World

    parts = path.split(":")
    if len(parts) != 3 or not parts[2].lstrip("-").isdigit():
        raise DeviceError(f"{path} is not sim:CELL:SEED, for example sim:fruit:1.")
    cell, seed = find_cell(parts[1]), int(parts[2])
    world, camera = World(cell, seed), SimCamera(cell, seed)
    try:
        for n in range(3):
            world.step(0.1)
            yield Shot(f"{n:04d}", camera.render(world.state(), n, HostClock().now_ns()), camera.info(), world.arm_reading().joints)
    finally:
        camera.close()
