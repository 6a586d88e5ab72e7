"""Requests and reports between the processes of a rig: small values beside the frames and scenes of `core.types`."""

from __future__ import annotations

from typing import Literal

from core.types import Array, Data, Driver


class Heartbeat(Data, frozen=True, kw_only=True):
    """The window lives; host monotonic ns."""

    t_host_ns: int


class DeviceStatus(Data, frozen=True, kw_only=True):
    """How a device is, in words. `fps`: frames or cycles per second over the last second; `since_ns`: when it came into this state."""

    device: str
    state: Literal["starting", "streaming", "stalled", "lost", "error"]
    text: str
    fps: float
    since_ns: int


class ArmRequest(Data, frozen=True, kw_only=True):
    """What the window asks of the arm host. `grant`: give the lease to `driver` (after a held press); `revoke`: nobody may move it."""

    kind: Literal["grant", "revoke", "reset_fault"]
    driver: Driver = "nobody"


class CellRequest(Data, frozen=True, kw_only=True):
    """Lay the simulated table anew from `layout_seed`."""

    kind: Literal["new_layout"]
    layout_seed: int


class NamesChanged(Data, frozen=True, kw_only=True):
    """The names in the catalogue are newer: read them again."""

    revision: int


class ActRequest(Data, frozen=True, kw_only=True):
    """What the operator wants of `act`.

    plan: a motion that takes `pick_track` to `place_track`, or to `place_base` (3,) metres, turned to `place_yaw` rad (of the object's
    longer side) when given. show: start the shown plan (the lease must
    be granted). jog: `twist` (6,) m/s and rad/s in base, void after 0.2 s. load: make the version in folder `version` the active one at
    the next hold. run: roll out the active version. pause, resume, take_over, hand_back, home, end, clear: as named.
    deny: what was asked about is not of that name. go_on: decide again after a question (the lease must be granted).
    speed: scale the executor by `value` (0..1). gripper: open to `value` metres.
    """

    kind: Literal[
        "plan",
        "show",
        "clear",
        "jog",
        "gripper",
        "home",
        "load",
        "run",
        "end",
        "pause",
        "resume",
        "take_over",
        "deny",
        "go_on",
        "hand_back",
        "speed",
    ]
    pick_track: int = 0
    place_track: int = 0
    place_base: Array | None = None
    place_yaw: float | None = None
    twist: Array | None = None
    value: float = 0.0
    version: str = ""
    task: str = ""
    episode: str = ""


ActMode = Literal["idle", "planning", "planned", "moving", "paused", "driving", "waiting", "asking", "done", "failed", "loading"]


class ActStatus(Data, frozen=True, kw_only=True):
    """What `act` is doing.

    `sentence` for the right column; `progress` 0..1 along the path; `result` of the last motion or rollout ("" while one goes on);
    `stopped`: it ended by STOP; `cut_off`: because the planner itself ended, which says nothing of what moved the arm.
    `active` and `previous`: folders of the loaded versions; `policy_ms`: time of the last prediction. `asked_name`, `asked_track`,
    `asked_sure`: while it asks, whether that thing is one of that name, and how sure it is that it is (0..1).
    """

    mode: ActMode
    sentence: str
    progress: float = 0.0
    plan_id: int = 0
    running: bool = False
    result: str = ""
    succeeded: bool = False
    stopped: bool = False
    cut_off: bool = False
    active: str = ""
    previous: str = ""
    loading: str = ""
    error: str = ""
    policy_ms: float = 0.0
    speed: float = 1.0
    finished: int = 0
    asked_name: str = ""
    asked_track: int = 0
    asked_sure: float = 0.0


class RecorderRequest(Data, frozen=True, kw_only=True):
    """start: record into an episode file `path` with `meta` (JSON); finish: keep it; mark: add an event now."""

    kind: Literal["start", "finish", "mark"]
    episode: str = ""
    path: str = ""
    meta: str = "{}"
    event: str = ""


class RecorderStatus(Data, frozen=True, kw_only=True):
    """Where the recorder stands. `gaps`: missing frames by sequence; `saved_s`: seconds committed to disk; `kept`: path once kept."""

    state: Literal["idle", "recording", "kept", "error"]
    episode: str = ""
    seconds: float = 0.0
    saved_s: float = 0.0
    frames: int = 0
    gaps: int = 0
    bytes: int = 0
    error: str = ""
    kept: str = ""
