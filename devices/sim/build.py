"""Builds the MuJoCo model of a cell: table, arm, things, lights, cameras. Called by the world and by the simulated camera, alike for both.

Settings for contacts and servos are those measured in docs of the simulated cell; nothing here runs the physics.
"""

from __future__ import annotations

import numpy as np

from core.cells import CameraSpec, Cell, Layout, Placed
from core.motion.kinematics import ArmModel
from core.types import Array
from devices.sim import textures
from devices.sim.build_arm import add_arm
from devices.sim.engine import mujoco
from devices.sim.look import Collider, Part
from devices.sim.meshes import flat_grid
from devices.sim.surfaces import FRICTION_SOLIMP, FRICTION_SOLREF, HIDDEN, VISUAL, Surfaces
from devices.sim.things import look

BASELINE = 0.015
DEPTH_FX = 385.0
DEPTH_SIZE = (640, 480)


def build(cell: Cell, layout: Layout, model: ArmModel, *, drawn: bool = True) -> mujoco.MjModel:
    """The compiled model. Bodies of things are named 'thing0', 'thing1', ... in the layout's order.

    drawn: with the pictures of table and floor, which physics does without and which take half of the time.
    """
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    _options(spec, cell)
    surfaces = Surfaces(spec)
    _room(spec, surfaces, cell, layout, drawn)
    _lights(spec, cell, layout)
    _cameras(spec, cell.camera)
    add_arm(spec, surfaces, model)
    for index, thing in enumerate(layout.objects):
        _thing(spec, surfaces, index, thing, layout)
    return spec.compile()


def _options(spec: mujoco.MjSpec, cell: Cell) -> None:
    option = spec.option
    option.timestep = 0.002
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 10.0
    visual = spec.visual
    visual.quality.offsamples = 0
    visual.quality.shadowsize = 1024
    visual.global_.offwidth = max(cell.camera.width, DEPTH_SIZE[0])
    visual.global_.offheight = max(cell.camera.height, DEPTH_SIZE[1])
    visual.map.znear, visual.map.zfar = 0.02, 6.0
    visual.map.haze = 0.3
    visual.rgba.haze = [0.60, 0.66, 0.73, 1.0]
    spec.stat.extent = 1.0
    spec.stat.center = [0.35, 0.0, 0.1]


def _room(spec: mujoco.MjSpec, surfaces: Surfaces, cell: Cell, layout: Layout, drawn: bool) -> None:
    rng = np.random.default_rng([7, layout.seed])
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.86, 0.90, 0.94],
        rgb2=[0.60, 0.66, 0.73],
        width=256,
        height=1536,
    )
    length, width = cell.table
    body = spec.worldbody.add_body(name="table", pos=[length / 2 - 0.20, 0, 0])
    top = surfaces.material(textures.to_bytes(textures.wood(rng)) if drawn else None, [1, 1, 1, 1], 0.2, 0.15)
    surfaces.draw(body, flat_grid(length, width), top, True)
    side = surfaces.material(None, [0.62, 0.42, 0.25, 1], 0.1, 0.1)
    edge = {"type": mujoco.mjtGeom.mjGEOM_BOX, "group": VISUAL, "contype": 0, "conaffinity": 0, "density": 0}
    body.add_geom(size=[length / 2, width / 2, 0.014], pos=[0, 0, -0.0146], material=side, castshadow=False, **edge)
    leg = surfaces.material(None, [0.12, 0.13, 0.14, 1], 0.3, 0.3)
    for x in (-1, 1):
        for y in (-1, 1):
            body.add_geom(size=[0.025, 0.025, 0.35], pos=[x * (length / 2 - 0.04), y * (width / 2 - 0.04), -0.38], material=leg, **edge)
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[length / 2, width / 2, 0.03],
        pos=[0, 0, -0.03],
        group=HIDDEN,
        friction=[0.7, 0.01, 0.001],
        condim=6,
        solref=[0.004, 1.0],
        contype=1,
        conaffinity=3,
        name="table_top",
    )
    floor = surfaces.material(textures.to_bytes(textures.concrete(rng)) if drawn else None, [1, 1, 1, 1], 0.0, 0.0)
    spec.material(floor).texrepeat = [6, 6]
    plane = {"type": mujoco.mjtGeom.mjGEOM_PLANE, "size": [5, 5, 0.1], "pos": [0, 0, -0.73]}
    spec.worldbody.add_geom(material=floor, contype=0, conaffinity=0, group=VISUAL, name="floor", **plane)
    spec.worldbody.add_geom(contype=1, conaffinity=3, group=HIDDEN, **plane)


def _lights(spec: mujoco.MjSpec, cell: Cell, layout: Layout) -> None:
    light = layout.jitter.light
    key, fill, ambient = (value * light for value in (cell.lights.key, cell.lights.fill, cell.lights.ambient))
    head = spec.visual.headlight
    head.ambient, head.diffuse, head.specular = [0.42 * ambient] * 3, [0.14 * ambient] * 3, [0.0] * 3
    position, target = np.array([0.95, -0.95, 2.2]), np.array([0.35, 0.0, 0.0])
    spec.worldbody.add_light(
        name="key",
        type=mujoco.mjtLightType.mjLIGHT_SPOT,
        pos=position,
        dir=(target - position) / np.linalg.norm(target - position),
        cutoff=34.0,
        exponent=0.8,
        diffuse=np.array([0.58, 0.56, 0.53]) * key,
        specular=[0.3 * key] * 3,
        ambient=[0.0] * 3,
        castshadow=True,
    )
    spec.worldbody.add_light(
        name="fill",
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=[-0.6, 0.9, 1.6],
        dir=[0.45, -0.5, -0.74],
        diffuse=np.array([0.18, 0.19, 0.22]) * fill,
        specular=[0.0] * 3,
        ambient=[0.0] * 3,
        castshadow=False,
    )


def _cameras(spec: mujoco.MjSpec, camera: CameraSpec) -> None:
    """The colour camera and, 15 mm to its right, the depth camera with its wider view."""
    T = camera.T_base_camera
    _add_camera(spec, "color", T, camera.fovy)
    T_depth = T @ T_color_depth()
    _add_camera(spec, "depth", T_depth, 2 * np.arctan(DEPTH_SIZE[1] / 2 / DEPTH_FX))


def T_color_depth() -> Array:
    """(4, 4): depth-camera points to the colour camera; the depth imager sits 15 mm to the right of the colour one."""
    T = np.eye(4)
    T[0, 3] = BASELINE
    return T


def _add_camera(spec: mujoco.MjSpec, name: str, T: Array, fovy: float) -> None:
    R = T[:3, :3] @ np.diag([1.0, -1.0, -1.0])
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, R.ravel())
    spec.worldbody.add_camera(name=name, pos=T[:3, 3], quat=quat, fovy=np.rad2deg(fovy))


def _thing(spec: mujoco.MjSpec, surfaces: Surfaces, index: int, thing: Placed, layout: Layout) -> None:
    rng = np.random.default_rng([11, layout.seed, index])
    shape = look(thing.kind, thing.size, thing.color, layout.jitter.hue, rng)
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, thing.T_base_object[:3, :3].ravel())
    lift = 0.0 if thing.fixed else 0.0005
    body = spec.worldbody.add_body(name=f"thing{index}", pos=thing.T_base_object[:3, 3] + [0, 0, lift], quat=quat)
    if not thing.fixed:
        body.add_freejoint(name=f"free{index}")
    for part in shape.parts:
        _draw_part(surfaces, body, part)
    density = shape.density if thing.mass is None else thing.mass / max(sum(c.volume for c in shape.colliders), 1e-9)
    for collider in shape.colliders:
        _collide(body, collider, thing, density)


def _draw_part(surfaces: Surfaces, body: mujoco.MjsBody, part: Part) -> None:
    material = surfaces.material(part.texture, [*part.color, 1.0], part.shininess, part.specular)
    surfaces.draw(body, part.mesh, material, True)


_SHAPES = {
    "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "box": mujoco.mjtGeom.mjGEOM_BOX,
}


def _collide(body: mujoco.MjsBody, collider: Collider, thing: Placed, density: float) -> None:
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, collider.T[:3, :3].ravel())
    body.add_geom(
        type=_SHAPES[collider.shape],
        size=collider.size,
        pos=collider.T[:3, 3],
        quat=quat,
        group=HIDDEN,
        contype=1,
        conaffinity=3,
        condim=4 if thing.container else 6,
        friction=[thing.friction, 0.01, 0.002],
        solref=FRICTION_SOLREF,
        solimp=FRICTION_SOLIMP,
        density=density,
    )
