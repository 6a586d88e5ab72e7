"""Small wrappers of OpenGL objects: a program with its uniforms, a texture, a vertex buffer. A context must be current."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenGL

# Before the first import of GL: a check after each call costs more than the calls.
OpenGL.ERROR_CHECKING = False
from OpenGL import GL  # noqa: E402

_SHADERS = Path(__file__).parent.parent / "assets" / "shaders"


class GlError(RuntimeError):
    """A shader did not build; the view then shows the picture instead."""


def _program(*files: str) -> int:
    program = GL.glCreateProgram()
    for name in files:
        shader = GL.glCreateShader(GL.GL_VERTEX_SHADER if name.endswith(".vert") else GL.GL_FRAGMENT_SHADER)
        GL.glShaderSource(shader, (_SHADERS / name).read_text())
        GL.glCompileShader(shader)
        if not GL.glGetShaderiv(shader, GL.GL_COMPILE_STATUS):
            raise GlError(f"{name}: {GL.glGetShaderInfoLog(shader)!r}")
        GL.glAttachShader(program, shader)
    GL.glLinkProgram(program)
    if not GL.glGetProgramiv(program, GL.GL_LINK_STATUS):
        raise GlError(repr(GL.glGetProgramInfoLog(program)))
    return int(program)


class Program:
    """A linked program whose uniforms are set by name."""

    def __init__(self, *files: str) -> None:
        self._id = _program(*files)
        self._at: dict[str, int] = {}

    def use(self, **uniforms: Any) -> None:
        """Bind and set uniforms: int, float, 4x4 matrices, and tuples of 2-4 ints or floats."""
        GL.glUseProgram(self._id)
        for name, value in uniforms.items():
            at = self._at.setdefault(name, GL.glGetUniformLocation(self._id, name))
            if isinstance(value, np.ndarray):
                GL.glUniformMatrix4fv(at, 1, GL.GL_TRUE, value.astype(np.float32))
            elif isinstance(value, int):
                GL.glUniform1i(at, value)
            elif isinstance(value, float):
                GL.glUniform1f(at, value)
            else:
                kind = "i" if all(isinstance(v, int) for v in value) else "f"
                getattr(GL, f"glUniform{len(value)}{kind}")(at, *value)


class Texture:
    """A 2-D texture whose storage follows its array's shape."""

    def __init__(self, unit: int, internal: int, layout: int, kind: int) -> None:
        self.unit, self._internal, self._layout, self._kind = unit, internal, layout, kind
        self._id = int(GL.glGenTextures(1))
        self._shape: tuple[int, ...] = ()
        self.bind()
        for parameter in (GL.GL_TEXTURE_MIN_FILTER, GL.GL_TEXTURE_MAG_FILTER):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, parameter, GL.GL_NEAREST)
        for parameter in (GL.GL_TEXTURE_WRAP_S, GL.GL_TEXTURE_WRAP_T):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, parameter, GL.GL_CLAMP_TO_EDGE)

    def bind(self) -> None:
        """Bind to its unit."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + self.unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._id)

    def upload(self, pixels: npt.NDArray[Any]) -> None:
        """Copy an array (H, W[, C]) into the texture."""
        self.bind()
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
        height, width = pixels.shape[:2]
        data = np.ascontiguousarray(pixels)
        if self._shape == pixels.shape:
            GL.glTexSubImage2D(GL.GL_TEXTURE_2D, 0, 0, 0, width, height, self._layout, self._kind, data)
        else:
            GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, self._internal, width, height, 0, self._layout, self._kind, data)
            self._shape = pixels.shape


class Buffer:
    """A vertex array of interleaved floats: attribute sizes in order."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.vao = int(GL.glGenVertexArrays(1))
        self._vbo = int(GL.glGenBuffers(1))
        self.count = 0
        GL.glBindVertexArray(self.vao)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._vbo)
        total, offset = sum(sizes), 0
        for i, size in enumerate(sizes):
            GL.glEnableVertexAttribArray(i)
            GL.glVertexAttribPointer(i, size, GL.GL_FLOAT, False, 4 * total, ctypes.c_void_p(4 * offset))
            offset += size

    def fill(self, vertices: npt.NDArray[np.float64]) -> None:
        """Replace the vertices (N, sum(sizes))."""
        data = np.ascontiguousarray(vertices, np.float32)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._vbo)
        GL.glBufferData(GL.GL_ARRAY_BUFFER, data.nbytes, data, GL.GL_STATIC_DRAW)
        self.count = len(data)

    def draw(self, mode: int) -> None:
        """Draw all vertices."""
        GL.glBindVertexArray(self.vao)
        GL.glDrawArrays(mode, 0, self.count)


def blend() -> None:
    """Blend colours only: the canvas stays opaque, or Qt would mix the window into it."""
    GL.glBlendFuncSeparate(GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ZERO, GL.GL_ONE)
