"""Builds the MuJoCo model of a cell: table, arm, things, lights, cameras. Called by the world and by the simulated camera, alike for both.

Settings for contacts and servos are those measured in docs of the simulated cell; nothing here runs the physics.
"""

from __future__ import annotations

import numpy as np

from core.cells import CameraSpec, Cell, Layout, Placed
from core.motion.kinematics import ArmModel
from core.types import Array
from devices.sim import textures
from devices.sim.arm_shape import RUBBER, arm_meshes
from devices.sim.engine import mujoco
from devices.sim.meshes import Mesh, flat_grid
from devices.sim.things import Collider, Part, look

VISUAL, HIDDEN = 0, 3
SERVO_KP = (2500.0, 2500.0, 2000.0, 800.0, 800.0, 400.0)
SERVO_KV = (220.0, 220.0, 160.0, 50.0, 45.0, 22.0)
SERVO_FORCE = (150.0, 150.0, 120.0, 50.0, 50.0, 25.0)
MASSES = (3.5, 3.5, 2.2, 1.2, 0.9, 0.35)
ARMATURE = (0.1, 0.1, 0.1, 0.05, 0.03, 0.03)
GRIP_FORCE = 20.0
FRICTION_SOLREF, FRICTION_SOLIMP = [0.006, 1.0], [0.95, 0.99, 0.001, 0.5, 2.0]
BASELINE = 0.015
DEPTH_FX = 385.0
DEPTH_SIZE = (640, 480)


def build(cell: Cell, layout: Layout, model: ArmModel) -> mujoco.MjModel:
    """The compiled model. Bodies of things are named 'thing0', 'thing1', ... in the layout's order."""
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    _options(spec, cell)
    surfaces = _Surfaces(spec)
    _room(spec, surfaces, cell, layout)
    _lights(spec, cell, layout)
    _cameras(spec, cell.camera)
    _arm(spec, surfaces, model)
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


class _Surfaces:
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


def _room(spec: mujoco.MjSpec, surfaces: _Surfaces, cell: Cell, layout: Layout) -> None:
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
    top = surfaces.material(textures.to_bytes(textures.wood(rng)), [1, 1, 1, 1], 0.2, 0.15)
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
    floor = surfaces.material(textures.to_bytes(textures.concrete(rng)), [1, 1, 1, 1], 0.0, 0.0)
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


_JOINT_AXES = ([0, 0, 1], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1])


def _arm(spec: mujoco.MjSpec, surfaces: _Surfaces, model: ArmModel) -> None:
    """Bodies nested so that each joint turns about its own link frame; link frames match `ArmModel.link_poses`."""
    materials: dict[tuple[float, ...], str] = {}
    heights = (0.0, model.shoulder_height, model.upper_arm, 0.0, model.forearm, model.wrist_to_flange)
    bodies = [spec.worldbody.add_body(name="arm_base")]
    for index, height in enumerate(heights):
        body = bodies[-1].add_body(name=f"arm{index + 1}", pos=[0, 0, height], gravcomp=1.0)
        body.mass, body.inertia, body.ipos = MASSES[index], _inertia(MASSES[index]), [0, 0, 0.06 if index < 4 else 0.0]
        body.explicitinertial = True
        body.add_joint(
            name=f"joint{index + 1}",
            axis=_JOINT_AXES[index],
            range=[model.lower[index], model.upper[index]],
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            armature=ARMATURE[index],
            damping=[1.0, 0, 0],
        )
        servo = spec.add_actuator(name=f"servo{index + 1}", trntype=mujoco.mjtTrn.mjTRN_JOINT, target=f"joint{index + 1}")
        servo.set_to_position(kp=SERVO_KP[index], kv=SERVO_KV[index])
        servo.forcelimited, servo.forcerange = mujoco.mjtLimited.mjLIMITED_TRUE, [-SERVO_FORCE[index], SERVO_FORCE[index]]
        bodies.append(body)
    hand = bodies[-1].add_body(name="hand", gravcomp=1.0)
    hand.mass, hand.inertia, hand.explicitinertial = 0.35, _inertia(0.35), True
    bodies += [hand, *_gripper(spec, hand, model)]
    _collide_arm(bodies)
    for part in arm_meshes():
        if part.rgba not in materials:
            shine = 0.1 if part.rgba == RUBBER else 0.6
            materials[part.rgba] = surfaces.material(None, list(part.rgba), shine, 0.15 if part.rgba == RUBBER else 0.4)
        mesh = Mesh(part.vertices, part.faces, part.normals, np.zeros((len(part.vertices), 2)))
        surfaces.draw(bodies[part.link], mesh, materials[part.rgba], False)


def _gripper(spec: mujoco.MjSpec, hand: mujoco.MjsBody, model: ArmModel) -> list[mujoco.MjsBody]:
    """Two slides tied by an equality; one force-limited position servo on their sum, which is the opening."""
    fingers = []
    for name, side in (("left", 1.0), ("right", -1.0)):
        finger = hand.add_body(name=f"finger_{name}", gravcomp=1.0)
        finger.mass, finger.inertia, finger.ipos, finger.explicitinertial = 0.1, _inertia(0.1), [side * 0.01, 0, 0.11], True
        finger.add_joint(
            name=f"slide_{name}",
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=[side, 0, 0],
            range=[0.0, model.opening_max / 2],
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            armature=0.05,
            damping=[4.0, 0, 0],
        )
        pad = {"type": mujoco.mjtGeom.mjGEOM_BOX, "group": HIDDEN, "density": 0, "contype": 2, "conaffinity": 1}
        contact = {"condim": 4, "priority": 1, "solref": FRICTION_SOLREF, "solimp": FRICTION_SOLIMP, "friction": [0.8, 0.01, 0.001]}
        finger.add_geom(name=f"pad_{name}", size=[0.0035, 0.0105, 0.019], pos=[side * 0.0035, 0, 0.150], **pad, **contact)
        finger.add_geom(size=[0.006, 0.0115, 0.056], pos=[side * 0.013, 0, 0.113], **pad, condim=3)
        fingers.append(finger)
    spec.add_equality(
        type=mujoco.mjtEq.mjEQ_JOINT,
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
        name1="slide_left",
        name2="slide_right",
        data=[0.0, 1.0] + [0.0] * 10,
        solref=[0.004, 1.0],
        solimp=FRICTION_SOLIMP,
    )
    tendon = spec.add_tendon(name="opening")
    tendon.wrap_joint("slide_left", 1.0)
    tendon.wrap_joint("slide_right", 1.0)
    servo = spec.add_actuator(name="grip", trntype=mujoco.mjtTrn.mjTRN_TENDON, target="opening")
    servo.set_to_position(kp=3000.0, kv=60.0)
    servo.forcelimited, servo.forcerange = mujoco.mjtLimited.mjLIMITED_TRUE, [-GRIP_FORCE, GRIP_FORCE]
    return fingers


def _collide_arm(bodies: list[mujoco.MjsBody]) -> None:
    """Plain shapes for contact between the arm and the world; arm parts ignore each other."""
    common = {"group": HIDDEN, "density": 0, "contype": 2, "conaffinity": 1}
    capsule = {"type": mujoco.mjtGeom.mjGEOM_CAPSULE, **common}
    foot = {"group": HIDDEN, "contype": 1, "conaffinity": 1}
    bodies[0].add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[0.085, 0.06, 0], pos=[0, 0, 0.06], **foot)
    bodies[2].add_geom(size=[0.045, 0, 0], fromto=[0, 0.12, 0, 0, 0.12, 0.34], **capsule)
    bodies[3].add_geom(size=[0.045, 0, 0], fromto=[0, 0, 0, 0, 0, 0.15], **capsule)
    bodies[4].add_geom(size=[0.040, 0, 0], fromto=[0, 0, 0.16, 0, 0, 0.26], **capsule)
    bodies[5].add_geom(size=[0.045, 0, 0], fromto=[0, -0.03, 0, 0, 0.03, 0], **capsule)
    bodies[7].add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.083, 0.030, 0.026], pos=[0, 0, 0.028], **common)


def _inertia(mass: float) -> list[float]:
    return [mass * 0.004, mass * 0.004, mass * 0.003]


def _thing(spec: mujoco.MjSpec, surfaces: _Surfaces, index: int, thing: Placed, layout: Layout) -> None:
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


def _draw_part(surfaces: _Surfaces, body: mujoco.MjsBody, part: Part) -> None:
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
