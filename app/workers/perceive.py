"""The perceive worker: the newest frame becomes a scene; names are read again when the catalogue says so. No Qt."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable

import numpy as np

from core.errors import StoreError
from core.learning.exemplars import Names, NamesSource
from core.learning.turned import MOST, TurnedLooks, Turning, look_at
from core.perception.identify import GeometricIdentifier
from core.transport.topics import ARM_STATE, CAMERA_INFO, FRAME, NAMES_CHANGED, SCENE
from core.transport.worker import Inputs, Output
from core.types import ArmState, Array, CameraInfo, Frame, Scene

_STATES_KEPT = 100
_log = logging.getLogger("pendant.perceive")


class Perceive:
    """The worker. Frames that come while one is being identified are passed over: the newest counts.

    at_once: how many labels that were never embedded (an import) are embedded in one step, the newest first, so that pictures go on
    meanwhile; None: all, before anything is identified. turned: where looks at other sides of what was named are kept; None: nowhere.
    """

    name = "perceive"
    period_ns = 3_000_000
    reads = (FRAME, CAMERA_INFO, ARM_STATE, NAMES_CHANGED)
    writes = (SCENE,)

    def __init__(
        self, identifier: GeometricIdentifier, source: NamesSource, *, at_once: int | None = None, turned: TurnedLooks | None = None
    ) -> None:
        self._identifier, self._source, self._at_once, self._turned = identifier, source, at_once, turned
        self._turning, self._told = Turning(), dict[int, str]()
        self._camera: CameraInfo | None = None
        self._arm: deque[ArmState] = deque(maxlen=_STATES_KEPT)
        self._waiting = 0
        self._load_names(at_once and 0)
        if identifier.notice:
            _log.warning("%s", identifier.notice)

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Identify the newest frame, if one came."""
        self._camera = inputs.newest(CAMERA_INFO) or self._camera
        self._arm.extend(inputs.take(ARM_STATE))
        if inputs.newest(NAMES_CHANGED) is not None:
            self._load_names(self._at_once)
        elif self._waiting:
            self._name(self._source.more(self._at_once))
        frame = inputs.newest(FRAME)
        if frame is None or self._camera is None:
            return []
        scene = self._identifier.identify(frame, self._camera, self._joints_at(frame.t_host_ns))
        if self._turned is not None:
            self._keep_sides(self._turned, frame, self._camera, scene)
        return [(SCENE, scene)]

    def close(self) -> None:
        """Nothing to let go of."""

    def _keep_sides(self, turned: TurnedLooks, frame: Frame, camera: CameraInfo, scene: Scene) -> None:
        """Keep looks at what an operator named and the names do not know as it lies now; they count from the next frame on."""
        for detection in self._turning.see(scene, self._told):
            key = self._told[detection.track]
            look = look_at(frame, camera, scene, detection) if turned.count(key) < MOST else None
            if look is None:
                continue
            try:
                turned.keep(key, look)
            except StoreError as error:
                _log.warning("%s", error)
                self._turned = None  # a full disk: the labels themselves tell the operator
                return
            self._name(self._source.more(self._at_once))

    def _load_names(self, most: int | None) -> None:
        names = self._source.load(most)
        if names.notice:
            _log.warning("%s", names.notice)
        self._name(names)
        self._identifier.set_confirmed(names.confirmed)
        self._identifier.set_added(names.added)
        self._identifier.set_corrected(names.corrected)

    def _name(self, names: Names) -> None:
        self._identifier.set_names(names.model, names.revision)
        self._waiting, self._told = names.waiting, dict(names.told)
        self._turning.forget()

    def _joints_at(self, t_ns: int) -> Array | None:
        """Joints rad and the gripper's opening m (7,), interpolated to the frame's time; None without an arm."""
        if not self._arm:
            return None
        times = np.array([s.t_host_ns for s in self._arm], np.float64)
        joints = np.stack([np.append(s.joints, s.gripper) for s in self._arm])
        return np.array([np.interp(t_ns, times, joints[:, k]) for k in range(joints.shape[1])])
