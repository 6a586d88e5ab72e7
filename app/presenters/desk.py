"""What the tools of correction work on: a picture that stands still, held on See or recorded on Review, and the way to the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from app.presenters.playback import Playback
from app.session import Session, Subject
from core import registration
from core.geometry import Depth
from core.perception.redraw import Thing
from core.storage.edits import Judgement
from core.storage.store import Changes, Store
from core.types import CameraInfo, Frame, Scene

Operation = Callable[[Store, Sequence[Judgement]], Changes]


class Desk(Protocol):
    """A picture that stands still."""

    @property
    def camera(self) -> CameraInfo | None:
        """The camera of its frames."""
        ...

    def frame_of(self, scene: Scene) -> Frame | None:
        """The frame that a shown scene was made on, while it is at hand."""
        ...

    def depth_of(self, frame: Frame) -> Depth:
        """Its registered depth (H, W)."""
        ...

    def draw(self, things: Sequence[Thing]) -> None:
        """Show these at once; the catalogue is still being written."""
        ...

    def judge_all(self, subjects: Sequence[Subject], scene: Scene, operation: Operation) -> bool:
        """Store in one step what is said of several things; False when their frame is gone."""
        ...


class ReplayDesk:
    """The frame under the playhead of the open demonstration."""

    def __init__(self, session: Session, play: Playback) -> None:
        self._session, self._play = session, play
        self._depth: tuple[Frame, Depth] | None = None

    @property
    def camera(self) -> CameraInfo | None:
        """The camera it was recorded with."""
        return self._play.replay.camera if self._play.replay is not None else None

    def frame_of(self, scene: Scene) -> Frame | None:
        """The frame that is drawn, when the scene is its own."""
        frame = self._play.frame
        return frame if frame is not None and frame.seq == scene.frame_seq else None

    def depth_of(self, frame: Frame) -> Depth:
        """Its registered depth (H, W), kept for the next question about it."""
        if self._depth is None or self._depth[0] is not frame:
            if self.camera is None:
                raise RuntimeError("no demonstration is open")
            self._depth = (frame, registration.register_depth(frame.depth, self.camera))
        return self._depth[1]

    def draw(self, things: Sequence[Thing]) -> None:
        """Show these at once; the catalogue is still being written."""
        self._play.draw(things)

    def judge_all(self, subjects: Sequence[Subject], scene: Scene, operation: Operation) -> bool:
        """Store in one step what is said of several things; False when their frame is gone."""
        judgements = [self.judgement(subject, scene) for subject in subjects]
        told = [j for j in judgements if j is not None]
        if len(told) == len(subjects):
            self._session.run(lambda store: operation(store, told))
        return len(told) == len(subjects)

    def judgement(self, subject: Subject, scene: Scene) -> Judgement | None:
        """What is said of a thing on the frame that is drawn, under the recorded track's own number; None when its frame is gone."""
        frame, camera = self.frame_of(scene), self.camera
        if frame is None or camera is None:
            return None
        return Judgement(
            frame=frame,
            camera=camera,
            T_base_camera=scene.T_base_camera,
            mask=subject.mask,
            track=recorded(subject.track),
            center_base=subject.center_base,
            identifier=scene.identifier,
            score=subject.score,
            added=subject.added,
        )


def recorded(track: int) -> int:
    """The number of a recorded track in labels: ids begin anew with every run, and it must not confirm the live track of the same one."""
    return -track
