"""What is drawn in the simulated world: meshes, textures and materials under fresh names, and which groups are seen."""

from __future__ import annotations

import numpy as np

from core.types import Array
from devices.sim import textures
from devices.sim.engine import mujoco
from devices.sim.meshes import Mesh

VISUAL, HIDDEN = 0, 3
FRICTION_SOLREF, FRICTION_SOLIMP = [0.006, 1.0], [0.95, 0.99, 0.001, 0.5, 2.0]


class Surfaces:
    """Adds meshes, textures and materials under fresh names."""

    def __init__(self, spec: mujoco.MjSpec) -> None:
        self._spec = spec
        self._count = 0

    def mesh(self, mesh: Mesh) -> str:
        """The name of a new mesh asset."""
        name = self._name("mesh")
        self._spec.add_mesh(
            name=name,
            uservert=mesh.vertices.astype(np.float32).ravel(),
            userface=mesh.faces.ravel(),
            usernormal=mesh.normals.astype(np.float32).ravel(),
            usertexcoord=mesh.uv.astype(np.float32).ravel(),
            userfacenormal=mesh.faces.ravel(),
            userfacetexcoord=mesh.faces.ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
        )
        return name

    def material(
        self, texture: textures.Texture | None, rgba: Array | list[float], shininess: float, specular: float, reflectance: float = 0
    ) -> str:
        """The name of a new material."""
        name = self._name("material")
        material = self._spec.add_material(name=name, rgba=rgba, shininess=shininess, specular=specular, reflectance=reflectance)
        if texture is not None:
            image = self._name("texture")
            height, width = texture.shape[:2]
            picture = self._spec.add_texture(name=image, type=mujoco.mjtTexture.mjTEXTURE_2D, width=width, height=height, nchannel=3)
            picture.data = texture.tobytes()
            material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = image
        return name

    def draw(self, body: mujoco.MjsBody, mesh: Mesh, material: str, shadow: bool) -> None:
        """A geom that is seen but neither collides nor weighs."""
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=self.mesh(mesh),
            material=material,
            contype=0,
            conaffinity=0,
            density=0,
            group=VISUAL,
            castshadow=shadow,
        )

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"
