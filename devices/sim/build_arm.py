"""The arm in the simulated world: bodies, joints, servos, gripper, and plain shapes for contact."""

from __future__ import annotations

import numpy as np

from core.motion.kinematics import ArmModel
from devices.sim.arm_shape import RUBBER, arm_meshes
from devices.sim.engine import mujoco
from devices.sim.meshes import Mesh
from devices.sim.surfaces import FRICTION_SOLIMP, FRICTION_SOLREF, HIDDEN, Surfaces

SERVO_KP = (2500.0, 2500.0, 2000.0, 800.0, 800.0, 400.0)
SERVO_KV = (220.0, 220.0, 160.0, 50.0, 45.0, 22.0)
SERVO_FORCE = (150.0, 150.0, 120.0, 50.0, 50.0, 25.0)
MASSES = (3.5, 3.5, 2.2, 1.2, 0.9, 0.35)
ARMATURE = (0.1, 0.1, 0.1, 0.05, 0.03, 0.03)
GRIP_FORCE = 20.0
_JOINT_AXES = ([0, 0, 1], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1])


def add_arm(spec: mujoco.MjSpec, surfaces: Surfaces, model: ArmModel) -> None:
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
