"""Draws a cloud's state with OpenGL: uploads what changed, in what looks, how coarse. Called with the context current."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QElapsedTimer
from PySide6.QtGui import QColor

from widgets import theme
from widgets.cloud_motion import CloudMotion
from widgets.cloud_scene import CloudScene, Look
from widgets.cloud_state import MODES, CloudState
from widgets.gl_canvas import Thinning
from widgets.orbit import projection


@dataclass(frozen=True)
class Drawing:
    """One drawing: how long it took and with which stride; `rough`: a finer one should follow when nothing moves."""

    ms: float
    stride: int
    rough: bool


@dataclass
class CloudDrawing:
    """`dirty`: what must be uploaded (frame, labels, ghost). `fine`: the next drawing takes every point."""

    state: CloudState
    motion: CloudMotion
    thinning: Thinning = field(default_factory=Thinning)
    dirty: set[str] = field(default_factory=set)
    fine: bool = False

    def draw(self, scene: CloudScene, size: tuple[int, int], ratio: float) -> Drawing | None:
        """Draw into a view of `size` logical pixels; None before there is a picture."""
        started = QElapsedTimer()
        started.start()
        look = self._look(size, ratio)
        scene.clear(look)
        if self.state.frame is None or self.state.camera is None:
            return None
        self._upload(scene)
        stride = 1 if self.fine or not scene.software else self.thinning.stride
        self._draw(scene, look, size, stride)
        return self._timed(scene, started, stride)

    def _draw(self, scene: CloudScene, look: Look, size: tuple[int, int], stride: int) -> None:
        state, orbit = self.state, self.motion.orbit()
        if state.camera is None:
            return
        view = orbit.view_from_base()
        clip = projection(size[0] / max(1, size[1])) @ view
        scene.draw_grid(clip, look, (orbit.target[0], orbit.target[1]))
        clip_from_color = clip @ state.T_base_camera()
        scene.draw_cloud(state.camera, clip_from_color, look, stride)
        region = state.region_of(state.selected)
        if region is not None and not state.frozen:
            fill = state.fill_px(state.selected, orbit, size, look.scale)
            scene.draw_silhouette(state.camera, clip_from_color, look, region, fill, min(2, stride))
        if state.meshes and state.poses:
            scene.draw_ghost(view, clip, state.poses, look)

    def _timed(self, scene: CloudScene, started: QElapsedTimer, stride: int) -> Drawing:
        if not scene.software:
            return Drawing(started.nsecsElapsed() / 1e6, stride, False)
        scene.finish()
        if not self.fine:
            self.thinning.measured(started.nsecsElapsed() / 1e6)
        return Drawing(started.nsecsElapsed() / 1e6, stride, not self.fine and stride > 1)

    def _upload(self, scene: CloudScene) -> None:
        if "frame" in self.dirty and self.state.frame is not None:
            scene.upload_frame(self.state.frame)
        if self.dirty & {"labels", "frame"}:
            scene.upload_labels(self.state.labels(), self.state.styles())
        if "ghost" in self.dirty:
            scene.upload_ghost(self.state.meshes)
        self.dirty.clear()

    def _look(self, size: tuple[int, int], ratio: float) -> Look:
        t, state = theme.tokens(), self.state
        grow = min(1.25, max(0.62, min(size[0], 1.1 * size[1]) / 848)) * ratio
        return Look(
            dark=t.dark,
            canvas=_rgb(t.canvas),
            outline=_rgb(t.select_outline),
            accent=_rgb(t.accent),
            text=_rgb(t.text),
            mode=MODES.index(state.mode),
            frozen=state.frozen,
            selected=state.instance(state.selected),
            hovered=state.instance(state.hovered),
            flashed=state.instance(self.motion.flashed),
            flash=self.motion.flash_left(),
            point_px=2.05 * grow,
            table_px=(1.75 if t.dark else 1.9) * grow,
            scale=ratio,
        )


def _rgb(value: str) -> tuple[float, float, float]:
    color = QColor(value)
    return color.redF(), color.greenF(), color.blueF()
