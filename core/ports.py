"""Protocols of what plugs in: cameras, arms, teleoperators, identifiers, policies. Who consumes them lives in `app.workers`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

from core.types import Array, CameraInfo, Frame, PickPlacePrediction, PickPlaceSample, Scene, View


class Camera(Protocol):
    """One RGB-D camera, used by one thread of the camera host."""

    def open(self) -> CameraInfo:
        """Connect and start streaming. Raises DeviceError with a sentence."""
        ...

    def read(self, timeout_s: float) -> Frame:
        """The next frame, copied out of the SDK. Raises CameraStalled after `timeout_s`, CameraLost when the device is gone."""
        ...

    def close(self) -> None:
        """Stop streaming and let go; safe to call twice."""
        ...


class ArmReading(Protocol):
    """Measured arm values: joints rad (6,), velocities rad/s (6,), gripper opening m, gripping, fault text or ''."""

    @property
    def joints(self) -> Array:
        """Radians (6,)."""
        ...

    @property
    def velocities(self) -> Array:
        """Radians per second (6,)."""
        ...

    @property
    def gripper(self) -> float:
        """Jaw opening in metres."""
        ...

    @property
    def gripping(self) -> bool:
        """Whether the jaws press on something."""
        ...

    @property
    def fault(self) -> str:
        """What is wrong, in words; "" when nothing is."""
        ...


class Arm(Protocol):
    """One arm with a parallel gripper, stepped at `rate_hz` by the arm host. `step` never blocks longer than a cycle."""

    rate_hz: float
    simulated: bool

    def open(self) -> None:
        """Connect. Raises DeviceError with a sentence."""
        ...

    def read(self) -> ArmReading:
        """The newest measured values."""
        ...

    def step(self, joints: Array, gripper: float) -> None:
        """Send one set-point: joints rad (6,), gripper opening m."""
        ...

    def hold(self) -> None:
        """Stand still where it is. May be called from another thread."""
        ...

    def close(self) -> None:
        """Let go; the arm's own controller holds."""
        ...


class Identifier(Protocol):
    """Frame to Scene."""

    version: str

    def identify(self, frame: Frame, camera: CameraInfo, arm_joints: Array | None) -> Scene:
        """Instances, tracks, names and boxes of one frame; `arm_joints` rad (6,), or (7,) with the opening in m, leaves the robot out."""
        ...


class Policy(Protocol):
    """A policy is fitted from posed views with pick and place poses and predicts them for new views."""

    name: str

    def fit(self, samples: Sequence[PickPlaceSample], *, seed: int, minutes: float) -> None:
        """Learn from demonstrations. Raises NothingToLearn when there are too few."""
        ...

    def predict(self, views: Sequence[View]) -> PickPlacePrediction:
        """Where to pick and place now, or why it abstains."""
        ...

    def save(self, folder: Path) -> None:
        """Write weights as safetensors into an existing folder."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises WeightsError on torn or foreign files."""
        ...
