"""Grows what is under the pointer off the window's thread: the newest place counts, older ones that wait are passed over."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from core import geometry
from core.geometry import Depth, Mask
from core.perception import click
from core.types import Array, ColorImage, Intrinsics


@dataclass(frozen=True)
class Picture:
    """A held picture to grow in, with its registered depth (H, W); `T_base_camera` says where the table is."""

    color: ColorImage
    depth_m: Depth
    camera: Intrinsics
    T_base_camera: Array


@dataclass(frozen=True)
class Grown:
    """What was found at colour pixel (u, v): mask (H, W), empty where nothing stands out. `wanted`: it was clicked."""

    u: int
    v: int
    mask: Mask
    wanted: bool


class Growing(QObject):
    """Emits `grown(Grown)` in the window's thread."""

    grown = Signal(object)
    _made = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "grow")
        self._running: Future[None] | None = None
        self._next: tuple[Picture, int, int, bool] | None = None
        self._made.connect(self._on_made)

    def close(self) -> None:
        """End the thread."""
        self._next = None
        self._thread.shutdown()

    def ask(self, picture: Picture, u: int, v: int, *, wanted: bool = False) -> None:
        """Grow at a colour pixel; a click that waits is not displaced by a move."""
        if self._next is None or wanted or not self._next[3]:
            self._next = (picture, u, v, wanted)
        if self._running is None:
            self._start()

    def _start(self) -> None:
        if self._next is not None:
            asked, self._next = self._next, None
            self._running = self._thread.submit(self._work, *asked)

    def _work(self, picture: Picture, u: int, v: int, wanted: bool) -> None:
        self._made.emit(Grown(u, v, grow(picture, u, v), wanted))

    @Slot(object)
    def _on_made(self, grown: Grown) -> None:
        self._running = None
        self._start()
        self.grown.emit(grown)


def grow(picture: Picture, u: int, v: int) -> Mask:
    """The thing at a colour pixel, found at half size as perceive finds it: mask (H, W)."""
    small, at = geometry.reduced(picture.depth_m, picture.camera, 2)
    half = cv2.resize(picture.color, (at.width, at.height), interpolation=cv2.INTER_AREA)
    plane = geometry.plane_of(picture.T_base_camera)
    mask = click.grow(half, small, at, min(u // 2, at.width - 1), min(v // 2, at.height - 1), table=plane)
    height, width = picture.depth_m.shape
    return np.asarray(cv2.resize(mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0)
