"""The OpenGL surface under the cloud: its format, whether there is one at all, and how coarse software drawing must be."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QOffscreenSurface,
    QOpenGLContext,
    QSurfaceFormat,
)
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from widgets.cloud_scene import CloudScene
from widgets.gl_parts import GlError


def surface_format() -> QSurfaceFormat:
    """The format of every GL widget; set it as default before the application is made."""
    result = QSurfaceFormat()
    result.setVersion(3, 3)
    result.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    result.setDepthBufferSize(24)
    result.setStencilBufferSize(8)
    result.setSwapInterval(1)
    return result


def gl_available() -> bool:
    """Whether an OpenGL 3.3 core context can be made current here."""
    context = QOpenGLContext()
    context.setFormat(surface_format())
    if not context.create():
        return False
    off = QOffscreenSurface()
    off.setFormat(context.format())
    off.create()
    ok = off.isValid() and context.makeCurrent(off) and context.format().version() >= (3, 3)
    context.doneCurrent()
    return bool(ok)


class Thinning:
    """The stride that keeps software GL alive: coarser above 30 ms a drawing, finer below what the next finer would need."""

    def __init__(self) -> None:
        self.stride = 1
        self.mean_ms = 0.0

    def measured(self, ms: float) -> None:
        """Take one drawing's time into account."""
        self.mean_ms = ms if self.mean_ms == 0 else 0.7 * self.mean_ms + 0.3 * ms
        if self.mean_ms > 30 and self.stride < 4:
            self.stride += 1
            self.mean_ms = 0.0
        elif self.stride > 1 and self.mean_ms * (self.stride / (self.stride - 1)) ** 2 < 22:
            self.stride -= 1
            self.mean_ms = 0.0


class Canvas(QOpenGLWidget):
    """The GL surface over `owner`; calls `draw` with the context current, and reports when GL cannot."""

    failed = Signal(str)

    def __init__(self, owner: QWidget, draw: Callable[[CloudScene], None]) -> None:
        super().__init__(owner)
        self.setFormat(surface_format())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._draw = draw
        self.scene: CloudScene | None = None

    def initializeGL(self) -> None:
        try:
            self.scene = CloudScene()
        except GlError as error:
            self.failed.emit(str(error))

    def paintGL(self) -> None:
        if self.scene is not None:
            self._draw(self.scene)
