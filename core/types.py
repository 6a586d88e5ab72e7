"""The frozen data that flows between rooms and processes.

Everything here is plain data: SI units, radians, nanoseconds on the rig's clock (`core.transport.clock`). Masks, label maps and clicks
live on the colour grid. Frames of reference: `camera` is the colour optical frame (x right, y down, z forward); `base` is the arm's
(z up, origin on the table top under the arm). `T_a_b` maps coordinates in b to coordinates in a (4x4, float64).
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
DepthImage = npt.NDArray[np.uint16]
ColorImage = npt.NDArray[np.uint8]
LabelMap = npt.NDArray[np.uint16]

Driver = Literal["nobody", "policy", "operator"]


class Data(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Base of all flowing values: immutable, keyword only, encodable by `core.transport.codec`."""


class Intrinsics(Data, frozen=True, kw_only=True):
    """Pinhole intrinsics in pixels; pixel centres are at integer coordinates."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @property
    def K(self) -> Array:
        """The (3, 3) camera matrix."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], np.float64)


class CameraInfo(Data, frozen=True, kw_only=True):
    """What a camera is and where it sits; travels with history 1.

    `T_color_depth` maps depth-camera points to the colour camera. `T_mount_camera` maps camera points to the mount (base or flange);
    None when the camera was never calibrated.
    """

    id: str
    serial: str
    name: str
    depth: Intrinsics
    color: Intrinsics
    depth_scale: float
    T_color_depth: Array
    mount: Literal["base", "flange"] = "base"
    T_mount_camera: Array | None = None
    calibration_id: str = ""
    fps: float = 30.0
    simulated: bool = False
    connection: str = ""


class Frame(Data, frozen=True, kw_only=True):
    """One synchronised capture. depth: u16 (Hd, Wd), times `CameraInfo.depth_scale` = metres, 0 = none; color: u8 RGB (Hc, Wc, 3)."""

    camera: str
    seq: int
    t_device_ns: int
    t_host_ns: int
    depth: DepthImage
    color: ColorImage


class OrientedBox(Data, frozen=True, kw_only=True):
    """A box: centre (3,), full size (3,) in metres, rotation R (3, 3) whose columns are the box axes, in `frame`."""

    center: Array
    size: Array
    R: Array
    frame: Literal["camera", "base"] = "base"


class Guess(Data, frozen=True, kw_only=True):
    """A class the identifier considers, with its probability."""

    class_id: int
    name: str
    score: float


class Detection(Data, frozen=True, kw_only=True):
    """One object seen. `instance` is its value in the scene's label map, `track` its stable id over time.

    `class_id` is None for unknown. `confirmed`: an operator's label says so. `score`: probability that the name is right (0..1).
    `mean_color`: RGB 0..255 (3,).
    """

    instance: int
    track: int
    class_id: int | None
    name: str | None
    score: float
    guesses: tuple[Guess, ...]
    box: OrientedBox
    area_px: int
    mean_color: Array
    confirmed: bool = False
    age_s: float = 0.0
    seen_frames: int = 1


class Scene(Data, frozen=True, kw_only=True):
    """What one frame holds. labels: u16 (Hc, Wc), 0 = nothing, 1..n = `Detection.instance`, `ARM_LABEL` = robot, `TABLE_LABEL` = table.

    `T_base_camera` is the transform in force (from calibration, or the fitted table frame when `table_frame`). `camera_moved`: for some
    frames the table lay elsewhere than the calibration says. `notice`: sentences for the operator when the identifier lacks something.
    """

    camera: str
    frame_seq: int
    t_host_ns: int
    labels: LabelMap
    detections: tuple[Detection, ...]
    T_base_camera: Array
    table_frame: bool
    identifier: str
    names_revision: int
    duration_ms: float = 0.0
    camera_moved: bool = False
    notice: str = ""


ARM_LABEL = 65535
TABLE_LABEL = 65534


class ArmState(Data, frozen=True, kw_only=True):
    """The arm as its host sees it. joints rad (6,), velocities rad/s (6,), `T_base_tool` (4, 4), gripper opening in metres.

    `sent` holds the last joint set-point as sent after all limits; `lease` says who may move it; `generation` changes with each grant.
    """

    seq: int
    t_host_ns: int
    joints: Array
    velocities: Array
    T_base_tool: Array
    gripper: float
    gripper_target: float
    gripping: bool
    driver: Driver
    generation: int
    mode: Literal["holding", "moving", "stopped", "fault"]
    stopped: bool
    fault: str
    sent: Array
    refused: int = 0
    hold_reason: str = ""
    simulated: bool = True


class Waypoints(Data, frozen=True, kw_only=True):
    """A joint path: times s (N,) from 0, joints rad (N, 6), gripper opening m (N,) commanded at each time."""

    times: Array
    joints: Array
    gripper: Array


class PickPlace(Data, frozen=True, kw_only=True):
    """A pick and place as tool poses (4, 4) in base: tool z along the approach, tool x across the jaws.

    `width`: jaw opening before closing, metres; `release`: when letting go, None: the same.
    """

    T_base_pick: Array
    T_base_place: Array
    width: float
    release: float | None = None
    approach_m: float = 0.10


class Goal(Data, frozen=True, kw_only=True):
    """When a task is done, as data.

    kind: "inside" (object centre within the reference container), "on" (resting on top of the reference), "at" (object pose equals
    `T_reference_object` within tolerances). `reference` is a class name, or None for the base frame. `every`: all objects of the class
    must satisfy it; else one does.
    """

    kind: Literal["inside", "on", "at"]
    object_class: str
    reference: str | None = None
    T_reference_object: Array | None = None
    tolerance_m: float = 0.02
    tolerance_rad: float = 0.26
    every: bool = True


class Plan(Data, frozen=True, kw_only=True):
    """A planned motion, shown as a ghost before anything moves.

    `tool_path` (N, 3): tool points in base for drawing. `intent` in words. `clearance_m`: least distance to things not taking part.
    `reason`: why there is no motion (then `path` is None).
    """

    id: int
    version: str
    path: Waypoints | None
    tool_path: Array
    target: PickPlace | None
    pick_track: int
    place_track: int | None
    intent: str
    confidence: float
    clearance_m: float
    reason: str = ""


class Command(Data, frozen=True, kw_only=True):
    """Set-points for the arm host: `times_ns` (N,) int64 due times, joints (N, 6) rad, gripper (N,) metres; void after `expiry_ns`."""

    seq: int
    source: Driver
    generation: int
    times_ns: npt.NDArray[np.int64]
    joints: Array
    gripper: Array
    expiry_ns: int


class Observation(Data, frozen=True, kw_only=True):
    """What a policy sees: the newest frame and its scene, the camera, and the arm's state at the frame's time."""

    frame: Frame
    scene: Scene
    camera: CameraInfo
    arm: ArmState


class View(Data, frozen=True, kw_only=True):
    """A posed RGB-D view. color u8 (H, W, 3), depth_m f32 (H, W) registered to colour (0 = none), K (3, 3), T_base_camera (4, 4)."""

    color: ColorImage
    depth_m: npt.NDArray[np.float32]
    K: Array
    T_base_camera: Array


class PickPlaceSample(Data, frozen=True, kw_only=True):
    """One demonstration for `Policy.fit`: views at its start, tool poses (4, 4) in base at pick and place."""

    views: tuple[View, ...]
    T_base_pick: Array
    T_base_place: Array
    pick_class: str | None = None
    place_class: str | None = None


class PickPlacePrediction(Data, frozen=True, kw_only=True):
    """A policy's answer; poses None when it abstains, with the reason in words."""

    T_base_pick: Array | None
    T_base_place: Array | None
    confidence: float
    reason: str
    width: float = 0.08
    pick_instance: int = 0
    place_instance: int | None = None


class WorldState(Data, frozen=True, kw_only=True):
    """The simulated world at one instant: enough to draw it or to go on from it. state: f64 (K,), MuJoCo's INTEGRATION signature."""

    seq: int
    t_host_ns: int
    cell: str
    layout_seed: int
    state: Array


class TrueObject(Data, frozen=True, kw_only=True):
    """What the simulator knows of one object; only the scripted operator and the judge may see it. size: full extents (3,) metres."""

    class_name: str
    T_base_object: Array
    size: Array
    container: bool = False


class Truth(Data, frozen=True, kw_only=True):
    """All true objects at one instant."""

    t_host_ns: int
    objects: tuple[TrueObject, ...]
