"""Two ways to draw a MuJoCo model: OpenGL off screen, and rays when there is no OpenGL. Used by the simulated camera only."""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.errors import DeviceError
from core.types import Array, ColorImage
from devices.sim.depth_noise import true_depth
from devices.sim.engine import mujoco
from devices.sim.surfaces import HIDDEN

Sizes = dict[str, tuple[int, int]]
Ids = npt.NDArray[np.int32]


class Drawing(Protocol):
    """Draws the model's cameras 'color' and 'depth' at their sizes (width, height)."""

    name: str

    def set_state(self, state: Array) -> None:
        """Show this world's state."""
        ...

    def set_quality(self, quality: str) -> None:
        """'high', 'good' or 'fast'."""
        ...

    def color(self, camera: str, T_base_camera: Array | None = None) -> ColorImage:
        """u8 (H, W, 3), from the named camera or from another pose (4, 4)."""
        ...

    def depth(self, camera: str) -> npt.NDArray[np.float32]:
        """Metres along the optical axis, f32 (H, W), 0 = none."""
        ...

    def geoms(self, camera: str) -> Ids:
        """Geom id per pixel, -1 = none, i32 (H, W)."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


def open_drawing(model: mujoco.MjModel, sizes: Sizes, rays: bool) -> Drawing:
    """OpenGL where it works, else rays."""
    if rays or not hasattr(mujoco, "GLContext"):
        return RayDrawing(model, sizes)
    try:
        return GlDrawing(model, sizes)
    except (mujoco.FatalError, RuntimeError, ImportError):
        # A library without a driver: what is raised depends on the back end. Rays need none; `name` says so.
        return RayDrawing(model, sizes)


class _Shown:
    """The model's data at the state to draw."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.model = model
        self.data = mujoco.MjData(model)
        self._signature = mujoco.mjtState.mjSTATE_INTEGRATION
        self._size = mujoco.mj_stateSize(model, self._signature)
        mujoco.mj_forward(model, self.data)

    def set(self, state: Array) -> None:
        if state.shape != (self._size,):
            raise DeviceError(f"The camera was given a state of {state.size} numbers and needs {self._size}: it draws another layout.")
        mujoco.mj_setState(self.model, self.data, state, self._signature)
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_camlight(self.model, self.data)


class GlDrawing:
    """OpenGL off screen through MuJoCo's classic renderer: one pass with light for colour, one without for depth and ids."""

    def __init__(self, model: mujoco.MjModel, sizes: Sizes) -> None:
        self.name = os.environ.get("MUJOCO_GL", "gl")
        self._shown = _Shown(model)
        self._sizes = sizes
        self._context = mujoco.GLContext(model.vis.global_.offwidth, model.vis.global_.offheight)
        self._context.make_current()
        self._renderer = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._renderer)
        self._renderer.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._scene = mujoco.MjvScene(model, 1000)
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = 0
        self._option.geomgroup[0] = 1
        extent = model.stat.extent
        self._near, self._far = model.vis.map.znear * extent, model.vis.map.zfar * extent

    def set_state(self, state: Array) -> None:
        """Show this world's state."""
        self._shown.set(state)

    def set_quality(self, quality: str) -> None:
        """Shadows for 'high' and 'good'."""
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = quality != "fast"

    def color(self, camera: str, T_base_camera: Array | None = None) -> ColorImage:
        """u8 (H, W, 3)."""
        rgb, _ = self._draw(camera, plain=False, T_base_camera=T_base_camera)
        return rgb

    def depth(self, camera: str) -> npt.NDArray[np.float32]:
        """Metres, f32 (H, W)."""
        _, z = self._draw(camera, plain=True)
        return np.asarray(true_depth(z, self._near, self._far), np.float32)

    def geoms(self, camera: str) -> Ids:
        """Geom id per pixel."""
        rgb, _ = self._draw(camera, plain=True)
        code = rgb.astype(np.int32) @ np.array([1, 256, 65536], np.int32)
        table = np.full(self._scene.ngeom + 1, -1, np.int32)
        for geom in self._scene.geoms[: self._scene.ngeom]:
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                table[geom.segid + 1] = geom.objid
        return np.asarray(table[code], np.int32)

    def close(self) -> None:
        """Free the context; safe to call twice."""
        if self._context is not None:
            self._renderer.free()
            self._context.free()
            self._context = None

    def _draw(self, camera: str, plain: bool, T_base_camera: Array | None = None) -> tuple[ColorImage, npt.NDArray[np.float32]]:
        width, height = self._sizes[camera]
        view = mujoco.MjvCamera()
        view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        view.fixedcamid = self._shown.model.camera(camera).id
        if T_base_camera is not None:
            self._shown.data.cam_xpos[view.fixedcamid] = T_base_camera[:3, 3]
            self._shown.data.cam_xmat[view.fixedcamid] = (T_base_camera[:3, :3] @ np.diag([1.0, -1.0, -1.0])).ravel()
        self._context.make_current()
        mujoco.mjv_updateScene(self._shown.model, self._shown.data, self._option, None, view, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = plain
        self._scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = plain
        area = mujoco.MjrRect(0, 0, width, height)
        mujoco.mjr_render(area, self._scene, self._renderer)
        rgb = np.empty((height, width, 3), np.uint8)
        z = np.empty((height, width), np.float32)
        mujoco.mjr_readPixels(rgb, z if plain else None, area, self._renderer)
        if T_base_camera is not None:
            mujoco.mj_camlight(self._shown.model, self._shown.data)
        return np.ascontiguousarray(rgb[::-1]), z[::-1]


class RayDrawing:
    """No OpenGL at all: one ray per pixel against the collision shapes. Plain to look at, right in geometry."""

    name = "rays"

    def __init__(self, model: mujoco.MjModel, sizes: Sizes) -> None:
        self._shown = _Shown(model)
        self._sizes = sizes
        self._paint = _paint(model)
        self._group = np.zeros(6, np.uint8)
        self._group[HIDDEN] = 1
        self._group[0] = 0

    def set_state(self, state: Array) -> None:
        """Show this world's state."""
        self._shown.set(state)

    def set_quality(self, quality: str) -> None:
        """Rays have one quality."""

    def color(self, camera: str, T_base_camera: Array | None = None) -> ColorImage:
        """Each thing in its colour, shaded by how far it faces up."""
        _, geoms, normals = self._cast(camera, T_base_camera)
        light = 0.45 + 0.55 * np.clip(normals @ np.array([0.28, -0.35, 0.89]), 0, 1)
        return np.asarray(np.clip(self._paint[geoms + 1] * light[..., None], 0, 255), np.uint8)

    def depth(self, camera: str) -> npt.NDArray[np.float32]:
        """Metres, f32 (H, W)."""
        return self._cast(camera)[0]

    def geoms(self, camera: str) -> Ids:
        """Geom id per pixel."""
        return self._cast(camera)[1]

    def close(self) -> None:
        """Nothing to free."""

    def _cast(self, camera: str, T_base_camera: Array | None = None) -> tuple[npt.NDArray[np.float32], Ids, Array]:
        width, height = self._sizes[camera]
        index = self._shown.model.camera(camera).id
        focal = height / 2 / np.tan(np.deg2rad(self._shown.model.cam_fovy[index]) / 2)
        x, y = np.meshgrid((np.arange(width) - (width - 1) / 2) / focal, (np.arange(height) - (height - 1) / 2) / focal)
        # With camera z of 1 the distance along the ray is the depth.
        rays = np.stack([x, y, np.ones_like(x)], axis=2).reshape(-1, 3)
        if T_base_camera is None:
            R, origin = self._shown.data.cam_xmat[index].reshape(3, 3) @ np.diag([1.0, -1.0, -1.0]), self._shown.data.cam_xpos[index]
        else:
            R, origin = T_base_camera[:3, :3], T_base_camera[:3, 3]
        count = len(rays)
        distance, normals, geoms = np.full(count, -1.0), np.zeros(3 * count), np.full(count, -1, np.int32)
        mujoco.mj_multiRay(
            self._shown.model, self._shown.data, origin, (rays @ R.T).ravel(), self._group, 1, -1, geoms, distance, normals, count, 10.0
        )
        depth = np.where(distance > 0, distance, 0).astype(np.float32).reshape(height, width)
        return depth, geoms.reshape(height, width), normals.reshape(height, width, 3)


def _paint(model: mujoco.MjModel) -> Array:
    """A colour 0..255 for each geom id + 1: the mean colour of what is drawn on the same body."""
    paint = np.full((model.ngeom + 1, 3), 150.0)
    paint[0] = 165, 178, 192
    for geom in range(model.ngeom):
        body = model.geom_bodyid[geom]
        drawn = [g for g in range(model.ngeom) if model.geom_bodyid[g] == body and model.geom_group[g] == 0 and model.geom_matid[g] >= 0]
        if drawn:
            paint[geom + 1] = _material_color(model, int(model.geom_matid[drawn[0]]))
    return paint


def _material_color(model: mujoco.MjModel, material: int) -> Array:
    color = 255 * model.mat_rgba[material][:3]
    texture = int(model.mat_texid[material][mujoco.mjtTextureRole.mjTEXROLE_RGB])
    if texture < 0:
        return np.asarray(color, np.float64)
    start = int(model.tex_adr[texture])
    size = int(model.tex_width[texture] * model.tex_height[texture] * 3)
    return np.asarray(model.tex_data[start : start + size].reshape(-1, 3).mean(axis=0), np.float64)
