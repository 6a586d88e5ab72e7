"""What `act` knows of the world: the newest scene with its own frame, the camera and the arm. No Qt."""

from __future__ import annotations

from core.transport.topics import ARM_STATE, CAMERA_INFO, FRAME, SCENE
from core.transport.worker import Inputs
from core.types import ArmState, CameraInfo, Frame, Observation, Scene

_FRAMES_KEPT = 24  # a busy machine identifies a second late


class Seen:
    """`arm`: its last word, None before it."""

    def __init__(self) -> None:
        self.arm: ArmState | None = None
        self._camera: CameraInfo | None = None
        self._scene: Scene | None = None
        self._frames: dict[int, Frame] = {}
        self._scene_frame: Frame | None = None

    def take(self, inputs: Inputs) -> None:
        """Hear what came."""
        self._camera = inputs.newest(CAMERA_INFO) or self._camera
        for frame in inputs.take(FRAME):
            self._frames[frame.seq] = frame
        for seq in sorted(self._frames)[:-_FRAMES_KEPT]:
            del self._frames[seq]
        scene = inputs.newest(SCENE)
        if scene is not None:
            self._scene = scene
            self._scene_frame = self._frames.get(scene.frame_seq, self._scene_frame)
        self.arm = inputs.newest(ARM_STATE) or self.arm

    def observation(self) -> Observation | None:
        """The newest scene with the frame it was made from; None until all of it is there."""
        scene, camera, frame, arm = self._scene, self._camera, self._scene_frame, self.arm
        if scene is None or frame is None or frame.seq != scene.frame_seq or camera is None or arm is None:
            return None
        return Observation(frame=frame, scene=scene, camera=camera, arm=arm)
