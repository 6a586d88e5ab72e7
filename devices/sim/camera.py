"""The simulated RGB-D camera: draws a world's state as a D435-like colour and depth pair, and true masks when asked.

Owns its own model of the same cell and layout, so it can live in another process than the world. Falls back to rays without OpenGL.
"""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.cells import Cell, Jitter, Layout, Purpose, sample_layout
from core.errors import DeviceError
from core.motion.kinematics import ArmModel
from core.types import ARM_LABEL, TABLE_LABEL, Array, CameraInfo, ColorImage, Frame, Intrinsics, LabelMap
from devices.sim.build import DEPTH_FX, DEPTH_SIZE, T_color_depth, build
from devices.sim.depth_noise import DepthNoise
from devices.sim.draw import Drawing, open_drawing

Quality = Literal["auto", "high", "good", "fast"]
GOOD_MS = 45.0


class SimCamera:
    """Draws one cell at one layout. Use from one thread, and close it there."""

    def __init__(
        self,
        cell: Cell,
        layout_seed: int,
        purpose: Purpose = "teach",
        jitter: Jitter | None = None,
        quality: Quality = "fast",
        gl: Literal["auto", "rays"] = "auto",
    ) -> None:
        """Build the model and the renderer. `quality` 'auto' times five frames and chooses; the others are the same on every machine.

        Raises CellFileError when the layout does not fit.
        """
        self.cell = cell
        self.layout: Layout = sample_layout(cell, layout_seed, purpose, jitter)
        self._model = build(cell, self.layout, ArmModel())
        spec = cell.camera
        self._drawing: Drawing = open_drawing(self._model, {"color": (spec.width, spec.height), "depth": DEPTH_SIZE}, gl == "rays")
        self._noise = DepthNoise((DEPTH_SIZE[1], DEPTH_SIZE[0]), DEPTH_FX, spec.noise, layout_seed)
        self._labels = self._label_table()
        self._info = _info(cell, layout_seed)
        self.quality: Quality = self._fastest_good() if quality == "auto" else quality
        self._drawing.set_quality(self.quality)

    @property
    def back_end(self) -> str:
        """How it draws: 'egl', 'osmesa' or 'rays'."""
        return self._drawing.name

    def info(self) -> CameraInfo:
        """Intrinsics of both images, the transform between them, and where the camera stands (T_base_camera)."""
        return self._info

    def render(self, state: Array, seq: int, t_ns: int) -> Frame:
        """Draw a world's state (`World.state`). The same state and seq give the same frame. Raises DeviceError on a foreign state."""
        self._drawing.set_state(state)
        color = self._drawing.color("color")
        depth = self._noise.apply(self._drawing.depth("depth"), seq)
        return Frame(camera=self._info.id, seq=seq, t_device_ns=t_ns, t_host_ns=t_ns, depth=depth, color=color)

    def picture(self, state: Array, T_base_camera: Array | None = None) -> ColorImage:
        """A beautiful picture with everything on, from the camera or from another pose (4, 4); for manuals, not for frames."""
        self._drawing.set_state(state)
        self._drawing.set_quality("high")
        image = self._drawing.color("color", T_base_camera)
        self._drawing.set_quality(self.quality)
        return image

    def true_depth(self, state: Array) -> npt.NDArray[np.float32]:
        """Exact depth in metres on the depth grid, f32 (Hd, Wd), 0 = none."""
        self._drawing.set_state(state)
        return self._drawing.depth("depth")

    def true_labels(self, state: Array) -> tuple[LabelMap, tuple[str, ...]]:
        """True instances on the colour grid, u16 (Hc, Wc), 0 = background, and the class name of label 1, 2, ...

        For training data and scoring only. Robot and table carry `ARM_LABEL` and `TABLE_LABEL`.
        """
        self._drawing.set_state(state)
        geoms = self._drawing.geoms("color")
        names = tuple(thing.class_name for thing in self.layout.objects)
        return np.asarray(self._labels[geoms + 1], np.uint16), names

    def close(self) -> None:
        """Free the renderer; safe to call twice."""
        self._drawing.close()

    def _label_table(self) -> LabelMap:
        """Label of each geom id + 1 (0 is 'nothing')."""
        table = np.zeros(self._model.ngeom + 1, np.uint16)
        for geom in range(self._model.ngeom):
            name = self._model.body(int(self._model.geom_bodyid[geom])).name
            if name.startswith("thing"):
                table[geom + 1] = int(name[5:]) + 1
            elif name.startswith(("arm", "hand", "finger")):
                table[geom + 1] = ARM_LABEL
            elif name == "table":
                table[geom + 1] = TABLE_LABEL
        return table

    def _fastest_good(self) -> Quality:
        if self.back_end == "rays":
            return "fast"
        for quality, limit in (("high", GOOD_MS / 3), ("good", GOOD_MS)):
            self._drawing.set_quality(quality)
            self._drawing.color("color")
            started = time.thread_time()
            for _ in range(5):
                self._drawing.color("color")
                self._drawing.depth("depth")
            if (time.thread_time() - started) / 5 * 1000 < limit:
                return "high" if quality == "high" else "good"
        return "fast"


def _info(cell: Cell, layout_seed: int) -> CameraInfo:
    spec = cell.camera
    if spec.width < 64 or spec.height < 48:
        raise DeviceError("The camera's picture is too small to see anything.")
    focal = spec.height / 2 / np.tan(spec.fovy / 2)
    return CameraInfo(
        id="sim",
        serial=f"sim-{cell.name}-{layout_seed}",
        name="Simulated camera",
        depth=_centred(DEPTH_SIZE[0], DEPTH_SIZE[1], DEPTH_FX),
        color=_centred(spec.width, spec.height, focal),
        depth_scale=0.001,
        T_color_depth=T_color_depth(),
        mount="base",
        T_mount_camera=spec.T_base_camera,
        calibration_id=f"sim-{cell.name}",
        fps=15.0,
        simulated=True,
        connection="simulated",
    )


def _centred(width: int, height: int, focal: float) -> Intrinsics:
    """Square pixels, principal point in the middle; pixel centres are at integer coordinates."""
    return Intrinsics(width=width, height=height, fx=float(focal), fy=float(focal), cx=(width - 1) / 2, cy=(height - 1) / 2)
