"""What is drawn with OpenGL 3.3 core: the cloud from three textures, the selection's silhouette, the ground grid, the ghost arm.

Lives in the context of `cloud_view`'s canvas and is called only while it is current; knows no widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenGL

OpenGL.ERROR_CHECKING = False
from OpenGL import GL  # noqa: E402

from core.types import CameraInfo, Frame, LabelMap  # noqa: E402
from widgets.gl_parts import Buffer, Program, Texture, blend  # noqa: E402
from widgets.orbit import Matrix  # noqa: E402

STYLES = 1024  # texels of the style texture; instances beyond share by remainder

Mesh = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Look:
    """What colours the next drawing: theme, mode, who is selected or hovered (instances, 0 = none), point sizes in device pixels."""

    dark: bool
    canvas: tuple[float, float, float]
    outline: tuple[float, float, float]
    accent: tuple[float, float, float]
    text: tuple[float, float, float]
    mode: int = 1
    frozen: bool = False
    selected: int = 0
    hovered: int = 0
    flashed: int = 0
    flash: float = 0.0
    point_px: float = 2.05
    table_px: float = 1.75
    scale: float = 1.0


def ghost_vertices(mesh: Mesh) -> npt.NDArray[np.float64]:
    """A mesh (vertices (N, 3), faces (M, 3)) as triangles of position and area-weighted vertex normal, (3 M, 6)."""
    vertices, faces = np.asarray(mesh[0], np.float64), np.asarray(mesh[1], np.int64)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(normals, faces[:, i], face_normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return np.concatenate([vertices[faces.ravel()], normals[faces.ravel()]], axis=1)


def grid_vertices(z: float) -> npt.NDArray[np.float64]:
    """Lines every 10 cm over 3 m in 10 cm pieces, so that they can fade, (N, 3) in base around the origin."""
    ticks = np.arange(-15, 16) * 0.1
    a, b = np.meshgrid(ticks, ticks[:-1], indexing="ij")
    along_y = np.stack([a, b, a, b + 0.1], axis=-1).reshape(-1, 2)
    xy = np.concatenate([along_y, along_y[:, ::-1]])
    return np.concatenate([xy, np.full((len(xy), 1), z)], axis=1)


class CloudScene:
    """GL resources and the drawing; create, upload and draw only with the context current."""

    def __init__(self) -> None:
        self._points = Program("points.vert", "flat.frag")
        self._lines = Program("grid.vert", "grid.frag")
        self._ghost = Program("ghost.vert", "ghost.frag")
        self._depth = Texture(0, GL.GL_R16UI, GL.GL_RED_INTEGER, GL.GL_UNSIGNED_SHORT)
        self._color = Texture(1, GL.GL_RGB8, GL.GL_RGB, GL.GL_UNSIGNED_BYTE)
        self._labels = Texture(2, GL.GL_R16UI, GL.GL_RED_INTEGER, GL.GL_UNSIGNED_SHORT)
        self._styles = Texture(3, GL.GL_RGBA8, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
        self._styles.upload(np.zeros((1, STYLES, 4), np.uint8))
        self._empty = int(GL.glGenVertexArrays(1))
        self._grid = Buffer((3,))
        self._grid.fill(grid_vertices(-0.04))
        self._links: list[Buffer] = []
        self._size = (0, 0)
        renderer = GL.glGetString(GL.GL_RENDERER) or b""
        self.software = any(word in renderer.lower() for word in (b"llvmpipe", b"softpipe", b"swiftshader"))

    def upload_frame(self, frame: Frame) -> None:
        """Put a frame's depth and colour into the textures; no labels until `upload_labels`."""
        self._size = (frame.depth.shape[1], frame.depth.shape[0])
        self._depth.upload(frame.depth)
        self._color.upload(frame.color)

    def upload_labels(self, labels: LabelMap, styles: npt.NDArray[np.uint8]) -> None:
        """Labels u16 (H, W) on the colour grid; styles u8 (STYLES, 4)."""
        self._labels.upload(labels)
        self._styles.upload(styles[None])

    def upload_ghost(self, meshes: Sequence[Mesh]) -> None:
        """One buffer a link."""
        while len(self._links) < len(meshes):
            self._links.append(Buffer((3, 3)))
        for buffer, mesh in zip(self._links, meshes, strict=False):
            buffer.fill(ghost_vertices(mesh))

    def clear(self, look: Look) -> None:
        """An empty canvas."""
        GL.glClearColor(*look.canvas, 1.0)
        GL.glClearStencil(0)
        GL.glDepthMask(True)
        GL.glStencilMask(0xFF)
        GL.glClear(GL.GL_COLOR_BUFFER_BIT | GL.GL_DEPTH_BUFFER_BIT | GL.GL_STENCIL_BUFFER_BIT)
        GL.glEnable(GL.GL_PROGRAM_POINT_SIZE)
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthFunc(GL.GL_LEQUAL)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glDisable(GL.GL_BLEND)

    def draw_cloud(self, camera: CameraInfo, clip_from_color: Matrix, look: Look, stride: int) -> None:
        """All points of the frame at a stride."""
        self._use_points(camera, clip_from_color, look, stride, (0, 0, *self._size))
        self._draw_points(self._size, stride)

    def draw_silhouette(
        self, camera: CameraInfo, clip_from_color: Matrix, look: Look, region: tuple[int, int, int, int], fill_px: float, stride: int
    ) -> None:
        """A 2 px line around the selected instance: its points fill the stencil, then wider points draw where the stencil is clear."""
        size, fill_px = region[2:], fill_px * stride
        GL.glEnable(GL.GL_STENCIL_TEST)
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glColorMask(False, False, False, False)
        GL.glStencilFunc(GL.GL_ALWAYS, 1, 0xFF)
        GL.glStencilOp(GL.GL_KEEP, GL.GL_KEEP, GL.GL_REPLACE)
        self._use_points(camera, clip_from_color, look, stride, region, only_selected=1, point_px=fill_px)
        self._draw_points(size, stride)
        GL.glColorMask(True, True, True, True)
        GL.glStencilFunc(GL.GL_NOTEQUAL, 1, 0xFF)
        GL.glStencilOp(GL.GL_KEEP, GL.GL_KEEP, GL.GL_KEEP)
        wider = fill_px + 4.0 * look.scale
        self._use_points(
            camera, clip_from_color, look, stride, region, only_selected=1, point_px=wider, outline=1, outline_color=(*look.outline, 1.0)
        )
        self._draw_points(size, stride)
        GL.glDisable(GL.GL_STENCIL_TEST)
        GL.glEnable(GL.GL_DEPTH_TEST)

    def draw_grid(self, clip_from_base: Matrix, look: Look, middle: tuple[float, float]) -> None:
        """The ground grid."""
        GL.glEnable(GL.GL_BLEND)
        blend()
        alpha = 0.085 if look.dark else 0.13
        self._lines.use(clip_from_base=clip_from_base, middle=middle, line_color=(*look.text, alpha))
        self._grid.draw(GL.GL_LINES)
        GL.glDisable(GL.GL_BLEND)

    def draw_ghost(self, view_from_base: Matrix, clip_from_base: Matrix, poses: Sequence[Matrix], look: Look) -> None:
        """The ghost arm: each link at its pose (4, 4) in base, blended over the cloud."""
        GL.glEnable(GL.GL_BLEND)
        blend()
        GL.glEnable(GL.GL_CULL_FACE)
        GL.glDepthMask(False)
        for buffer, pose in zip(self._links, poses, strict=False):
            self._ghost.use(T_base_link=pose, clip_from_base=clip_from_base, view_from_base=view_from_base, ghost_color=look.accent)
            buffer.draw(GL.GL_TRIANGLES)
        GL.glDepthMask(True)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glDisable(GL.GL_BLEND)

    def finish(self) -> None:
        """Wait for the drawing, so that it can be timed on software GL."""
        GL.glFinish()

    def _draw_points(self, size: tuple[int, int], stride: int) -> None:
        GL.glBindVertexArray(self._empty)
        GL.glDrawArrays(GL.GL_POINTS, 0, ((size[0] + stride - 1) // stride) * ((size[1] + stride - 1) // stride))

    def _use_points(
        self, camera: CameraInfo, clip: Matrix, look: Look, stride: int, region: tuple[int, int, int, int], **more: Any
    ) -> None:
        for texture in (self._depth, self._color, self._labels, self._styles):
            texture.bind()
        kd, kc = camera.depth, camera.color
        grow = 1.0 + 0.55 * (stride - 1)
        uniforms: dict[str, Any] = {
            "depth_tex": 0,
            "color_tex": 1,
            "label_tex": 2,
            "style_tex": 3,
            "grid": region,
            "stride": stride,
            "depth_scale": float(camera.depth_scale),
            "depth_k": (float(kd.fx), float(kd.fy), float(kd.cx), float(kd.cy)),
            "color_k": (float(kc.fx), float(kc.fy), float(kc.cx), float(kc.cy)),
            "color_size": (kc.width, kc.height),
            "T_color_depth": camera.T_color_depth,
            "clip_from_color": clip,
            "point_px": float(look.point_px * grow),
            "table_px": float(look.table_px * grow),
            "mode": look.mode,
            "frozen": int(look.frozen),
            "dark": int(look.dark),
            "selected": look.selected,
            "hovered": look.hovered,
            "flashed": look.flashed,
            "flash": float(look.flash),
            "only_selected": 0,
            "outline": 0,
            "outline_color": (0.0, 0.0, 0.0, 0.0),
        }
        self._points.use(**(uniforms | more))
