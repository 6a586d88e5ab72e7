"""The simulated world: a cell with real physics, its own clock, an arm to command and the truth about every object.

Stepped by the cell worker and by lockstep rehearsals. Truth is for the scripted operator and the judge only. Draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.cells import Cell, Jitter, Layout, Purpose, sample_layout
from core.errors import DeviceError
from core.motion.kinematics import ArmModel
from core.types import Array, TrueObject, Truth, WorldState

if TYPE_CHECKING:
    from devices.sim.engine import mujoco

GRIP_N = 1.0


@dataclass(frozen=True)
class Reading:
    """Measured arm values: joints rad (6,), velocities rad/s (6,), gripper opening m, gripping (pressed apart), fault or ''."""

    joints: Array
    velocities: Array
    gripper: float
    gripping: bool
    fault: str


class World:
    """One cell at one layout. The same arguments always give the same world, and the same commands the same future."""

    def __init__(self, cell: Cell, layout_seed: int, purpose: Purpose = "teach", jitter: Jitter | None = None) -> None:
        """Build, put the arm at home and let things come to rest. Raises CellFileError when the layout does not fit."""
        from devices.sim.build import build

        self.cell = cell
        self.arm = ArmModel()
        self.layout: Layout = sample_layout(cell, layout_seed, purpose, jitter)
        self._model = build(cell, self.layout, self.arm, drawn=False)
        self._engine = _engine()
        self._data = self._engine.MjData(self._model)
        self._pads = {self._model.geom(f"pad_{side}").id: side for side in ("left", "right")}
        self._slides = {side: self._model.joint(f"slide_{side}").id for side in ("left", "right")}
        self._bodies = [self._model.body(f"thing{i}").id for i in range(len(self.layout.objects))]
        self._signature = self._engine.mjtState.mjSTATE_INTEGRATION
        self._size = self._engine.mj_stateSize(self._model, self._signature)
        self._settle()

    @property
    def time_ns(self) -> int:
        """The world's own clock, 0 when things had come to rest."""
        return round(self._data.time * 1e9)

    @property
    def timestep(self) -> float:
        """Seconds per physics step."""
        return float(self._model.opt.timestep)

    def step(self, seconds: float) -> None:
        """Let time pass; rounded to whole physics steps, at least one."""
        self._engine.mj_step(self._model, self._data, nstep=max(1, round(seconds / self.timestep)))

    def set_joints(self, joints: Array) -> None:
        """Servo targets (6,) rad, clamped to the joints' limits. Raises DeviceError on anything not finite."""
        if not np.all(np.isfinite(joints)):
            raise DeviceError("The simulated arm was sent joints that are not numbers; it keeps its last target.")
        self._data.ctrl[:6] = np.clip(joints, self.arm.lower, self.arm.upper)

    def set_gripper(self, opening: float) -> None:
        """Wanted jaw opening in metres; the grip force is limited. Raises DeviceError when not finite."""
        if not np.isfinite(opening):
            raise DeviceError("The simulated gripper was sent an opening that is not a number; it keeps its last target.")
        self._data.ctrl[6] = np.clip(opening, 0.0, self.arm.opening_max)

    def arm_reading(self) -> Reading:
        """What the arm's sensors say now."""
        data = self._data
        return Reading(
            joints=data.qpos[:6].copy(),
            velocities=data.qvel[:6].copy(),
            gripper=float(data.qpos[6] + data.qpos[7]),
            gripping=self._gripping(),
            fault="",
        )

    def state(self) -> Array:
        """Everything needed to draw this instant or to go on from it, bit for bit: f64 (K,)."""
        state = np.empty(self._size)
        self._engine.mj_getState(self._model, self._data, state, self._signature)
        return state

    def restore(self, state: Array) -> None:
        """Go back to a state of this world. Raises DeviceError when it belongs to another one."""
        if state.shape != (self._size,):
            raise DeviceError(f"This state has {state.size} numbers, the world needs {self._size}: it belongs to another layout.")
        self._engine.mj_setState(self._model, self._data, state, self._signature)
        self._engine.mj_forward(self._model, self._data)

    def world_state(self, seq: int) -> WorldState:
        """The state as it travels to cameras and recorders."""
        return WorldState(seq=seq, t_host_ns=self.time_ns, cell=self.cell.name, layout_seed=self.layout.seed, state=self.state())

    def put(self, index: int, T_base_object: Array) -> None:
        """Put a thing of the layout at rest at `T_base_object` (4, 4), for scores; physics decides where it comes to lie."""
        joint = self._model.body(f"thing{index}").jntadr[0]
        at, moves = self._model.jnt_qposadr[joint], self._model.jnt_dofadr[joint]
        turn = np.zeros(4)
        self._engine.mju_mat2Quat(turn, np.ascontiguousarray(T_base_object[:3, :3], np.float64).ravel())
        self._data.qpos[at : at + 7] = [*T_base_object[:3, 3], *turn]
        self._data.qvel[moves : moves + 6] = 0.0
        self._engine.mj_forward(self._model, self._data)

    def truth(self) -> Truth:
        """Where every object really is."""
        objects = []
        for body, thing in zip(self._bodies, self.layout.objects, strict=True):
            T = np.eye(4)
            T[:3, :3] = self._data.xmat[body].reshape(3, 3)
            T[:3, 3] = self._data.xpos[body]
            objects.append(TrueObject(class_name=thing.class_name, T_base_object=T, size=np.array(thing.size), container=thing.container))
        return Truth(t_host_ns=self.time_ns, objects=tuple(objects))

    def _gripping(self) -> bool:
        """Whether something that is no pad presses both pads apart: a closed hand that is set down on the table holds nothing."""
        force = np.zeros(6)
        pressed: dict[str, float] = {}
        for index in range(self._data.ncon):
            contact = self._data.contact[index]
            for geom, other in ((contact.geom[0], contact.geom[1]), (contact.geom[1], contact.geom[0])):
                if geom in self._pads and other not in self._pads:
                    self._engine.mj_contactForce(self._model, self._data, index, force)
                    side = self._pads[int(geom)]
                    apart = abs(float(contact.frame[:3] @ self._data.xaxis[self._slides[side]]))
                    pressed[side] = pressed.get(side, 0.0) + apart * abs(float(force[0]))
        return min(pressed.get("left", 0.0), pressed.get("right", 0.0)) > GRIP_N

    def _settle(self) -> None:
        """Let things fall the half millimetre they start above the table and come to rest; then the clock starts."""
        data = self._data
        data.qpos[:6] = data.ctrl[:6] = self.arm.home
        data.qpos[6] = data.qpos[7] = self.arm.opening_max / 2
        data.ctrl[6] = self.arm.opening_max
        self._engine.mj_forward(self._model, data)
        for _ in range(20):
            self.step(0.1)
            if np.abs(data.qvel[8:]).max(initial=0.0) < 0.005:
                break
        data.time = 0.0
        self._engine.mj_forward(self._model, data)


def _engine() -> mujoco:
    from devices.sim.engine import mujoco

    return mujoco
