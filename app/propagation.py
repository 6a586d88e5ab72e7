"""Carries a label over the frames of a recording or of the last seconds, off the window's thread: progress, cancel, one undoable step.

No Qt: the window wraps the reports in a signal, a test calls `run`. Nothing is stored until it is done, so a cancelled one leaves no trace.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from core import geometry
from core.errors import PendantError
from core.geometry import Mask
from core.perception.propagate import View, carry
from core.storage import mask_edits
from core.storage.edits import Judgement
from core.storage.episode import EpisodeReader
from core.storage.store import Changes, Store
from core.transport.clock import HostClock
from core.types import Array, CameraInfo, Frame, Scene

SOURCE = "propagated"
_GUESS_AFTER_S = 2.0


@dataclass(frozen=True)
class Look:
    """One frame of a source, with its scene where it was identified."""

    frame: Frame
    scene: Scene | None


class Frames(Protocol):
    """Frames in order of time that a label can be carried over."""

    camera: CameraInfo

    def __len__(self) -> int:
        """How many there are."""
        ...

    def look(self, at: int) -> Look:
        """The frame at a position. Raises PendantError when it cannot be read."""
        ...


class Recent:
    """Frames that are still in memory."""

    def __init__(self, camera: CameraInfo, looks: Sequence[tuple[Frame, Scene | None]]) -> None:
        self.camera = camera
        self._looks = [Look(frame, scene) for frame, scene in looks]

    def __len__(self) -> int:
        return len(self._looks)

    def look(self, at: int) -> Look:
        """As it was kept."""
        return self._looks[at]

    def position(self, seq: int) -> int | None:
        """Where frame `seq` is."""
        return next((at for at, look in enumerate(self._looks) if look.frame.seq == seq), None)


class Recorded:
    """The frames of an episode file. Raises StoreError when it is torn."""

    def __init__(self, path: Path) -> None:
        self._reader = EpisodeReader(path)
        self.camera = self._reader.camera()
        self._seqs = self._reader.seqs()

    def __len__(self) -> int:
        return len(self._seqs)

    def look(self, at: int) -> Look:
        """Decoded from the file; a scene of an older frame is not this frame's."""
        seq = self._seqs[at]
        scene = self._reader.scene(seq)
        return Look(self._reader.frame(seq), scene if scene is not None and scene.frame_seq == seq else None)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()


@dataclass(frozen=True)
class Said:
    """What is carried: mask (H, W) drawn at frame `at` of the source, its track, kind and class; the frames before and after to reach."""

    at: int
    mask: Mask
    track: int
    kind: str
    class_id: int | None
    T_base_camera: Array
    back: int
    on: int
    since_s: float = float("inf")


@dataclass(frozen=True)
class Progress:
    """How far it is. `left_s` None in the first seconds; `ended`: why it ended early, per direction."""

    done: int
    total: int
    kept: int
    left_s: float | None = None
    ended: tuple[str, ...] = ()


class Propagation:
    """One run. `report` is called after every frame, on the thread that runs it."""

    def __init__(self, store: Store, frames: Frames, said: Said, report: Callable[[Progress], None]) -> None:
        self._store, self._frames, self._said, self._report = store, frames, said, report
        self._cancelled = threading.Event()
        self._clock = HostClock()

    def cancel(self) -> None:
        """End soon, and store nothing."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._cancelled.is_set()

    def run(self) -> list[mask_edits.Carried]:
        """Carry the label both ways; the labels to store, none when it was cancelled. Raises PendantError when a frame cannot be read."""
        said = self._said
        ways = (range(said.at + 1, min(len(self._frames), said.at + said.on + 1)), range(said.at - 1, max(-1, said.at - said.back - 1), -1))
        labels: list[mask_edits.Carried] = []
        ended: list[str] = []
        total, done, started = sum(map(len, ways)), 0, self._clock.now_ns()
        try:
            for way in ways:
                for label, reason in self._carried(way):
                    done += 1
                    labels += [label] if label is not None else []
                    ended += [reason] if reason else []
                    spent = (self._clock.now_ns() - started) / 1e9
                    left = spent / done * (total - done) if spent > _GUESS_AFTER_S else None
                    self._report(Progress(done, total, len(labels), left, tuple(ended)))
        except PendantError:
            mask_edits.forget(self._store, labels)
            raise
        if self.cancelled:
            mask_edits.forget(self._store, labels)
            return []
        return labels

    def store(self, store: Store, labels: Sequence[mask_edits.Carried]) -> Changes | None:
        """Enter what was carried as one undoable step; on the writer thread."""
        return mask_edits.same_again(store, labels, self._said.kind, self._said.class_id) if labels else None

    def _carried(self, way: range) -> Iterator[tuple[mask_edits.Carried | None, str]]:
        said, looks = self._said, (self._frames.look(at) for at in way)
        last: list[Look] = []

        def views() -> Iterator[View]:
            for look in looks:
                if self.cancelled:
                    return
                last[:] = [look]
                yield self._view(look)

        for step in carry(self._view(self._frames.look(said.at)), said.mask, said.track, views()):
            if step.mask is None:
                yield None, step.reason
            else:
                yield mask_edits.carried(self._store, self._judgement(last[0], step.mask, step.alike)), ""

    def _view(self, look: Look) -> View:
        depth_m = geometry.register_depth(look.frame.depth, self._frames.camera)
        if look.scene is None:
            return View(look.frame.color, depth_m)
        return View(look.frame.color, depth_m, look.scene.labels, {d.track: d.instance for d in look.scene.detections})

    def _judgement(self, look: Look, mask: Mask, alike: float) -> Judgement:
        T = look.scene.T_base_camera if look.scene is not None else self._said.T_base_camera
        camera = self._frames.camera
        depth_m = geometry.register_depth(look.frame.depth, camera)
        seen = geometry.deproject(depth_m, camera.color)[mask & (depth_m > 0)]
        points = geometry.transform(T, seen if len(seen) else np.zeros((1, 3)))
        return Judgement(
            frame=look.frame,
            camera=camera,
            T_base_camera=T,
            mask=mask,
            track=self._said.track,
            center_base=points.mean(0).astype(np.float64),
            identifier=look.scene.identifier if look.scene is not None else "",
            score=alike,
            source=SOURCE,
            since_s=self._said.since_s,
        )
