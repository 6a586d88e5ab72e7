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

from core import geometry, registration
from core.errors import PendantError
from core.geometry import Depth, Mask
from core.learning.exemplars import embed_ahead
from core.perception.propagate import View, carry
from core.storage import carried_edits
from core.storage.carried_edits import Carried, Origin
from core.storage.edits import Judgement
from core.storage.episode import EpisodeReader
from core.storage.store import Changes, Store
from core.transport.clock import HostClock
from core.types import Array, CameraInfo, Frame, Scene

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
    """What is carried: mask (H, W) drawn at frame `at` of the source, and its track there; the frames before and after to reach.

    `origin`: the label that it is; `label_track`: the track that its labels get (a recorded one must not confirm the live track of the same
    number); `since_s`: labels of that track made since then (seconds since 1970) speak of the same thing.
    """

    at: int
    mask: Mask
    track: int
    origin: Origin
    T_base_camera: Array
    back: int
    on: int
    label_track: int
    since_s: float = float("inf")


@dataclass(frozen=True)
class Ended:
    """Where a direction ended early: the position of the frame in the source, and why."""

    at: int
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far it is. `left_s` None in the first seconds; `ended`: where and why it ended early, per direction."""

    done: int
    total: int
    kept: int
    left_s: float | None = None
    ended: tuple[Ended, ...] = ()


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

    def run(self) -> list[Carried]:
        """Carry the label both ways; the labels to store, none when it was cancelled. Raises PendantError when a frame cannot be read."""
        said = self._said
        ways = (range(said.at + 1, min(len(self._frames), said.at + said.on + 1)), range(said.at - 1, max(-1, said.at - said.back - 1), -1))
        labels: list[Carried] = []
        ended: list[Ended] = []
        total, done, started = sum(map(len, ways)), 0, self._clock.now_ns()
        try:
            for way in ways:
                for at, label, reason in self._carried(way):
                    done += 1
                    labels += [label] if label is not None else []
                    if reason:
                        ended.append(Ended(at, reason))
                        total -= abs(way[-1] - at)  # what lies behind it is not tried
                    spent = (self._clock.now_ns() - started) / 1e9
                    left = spent / done * (total - done) if spent > _GUESS_AFTER_S else None
                    self._report(Progress(done, total, len(labels), left, tuple(ended)))
        except PendantError:
            carried_edits.forget(self._store, labels)
            raise
        if self.cancelled:
            carried_edits.forget(self._store, labels)
            return []
        return labels

    def store(self, store: Store, labels: Sequence[Carried]) -> Changes | None:
        """Enter what was carried as one undoable step; on the writer thread."""
        return carried_edits.same_again(store, labels, self._said.origin) if labels else None

    def _carried(self, way: range) -> Iterator[tuple[int, Carried | None, str]]:
        said, last = self._said, list[tuple[int, Look, View]]()

        def views() -> Iterator[View]:
            for at in way:
                if self.cancelled:
                    return
                look = self._frames.look(at)
                last[:] = [(at, look, self._view(look))]
                yield last[0][2]

        for step in carry(self._view(self._frames.look(said.at)), said.mask, said.track, views()):
            at, look, view = last[0]
            yield at, None if step.mask is None else self._stored(look, view.depth_m, step.mask, step.alike), step.reason

    def _stored(self, look: Look, depth_m: Depth, mask: Mask, alike: float) -> Carried:
        """A label of a frame on disk, and what it teaches beside it: the identifier then reads a thousand of them in a moment."""
        judgement = self._judgement(look, depth_m, mask, alike)
        label = carried_edits.carried(self._store, judgement)
        embed_ahead(self._store.folder, label.digest, label.packed, judgement, depth_m)
        return label

    def _view(self, look: Look) -> View:
        depth_m = registration.register_depth(look.frame.depth, self._frames.camera)
        if look.scene is None:
            return View(look.frame.color, depth_m)
        return View(look.frame.color, depth_m, look.scene.labels, {d.track: d.instance for d in look.scene.detections})

    def _judgement(self, look: Look, depth_m: Depth, mask: Mask, alike: float) -> Judgement:
        T = look.scene.T_base_camera if look.scene is not None else self._said.T_base_camera
        camera = self._frames.camera
        seen = geometry.deproject(depth_m, camera.color)[mask & (depth_m > 0)]
        points = geometry.transform(T, seen if len(seen) else np.zeros((1, 3)))
        return Judgement(
            frame=look.frame,
            camera=camera,
            T_base_camera=T,
            mask=mask,
            track=self._said.label_track,
            center_base=points.mean(0).astype(np.float64),
            identifier=look.scene.identifier if look.scene is not None else "",
            score=alike,
            source=carried_edits.PROPAGATED,
            since_s=self._said.since_s,
        )
