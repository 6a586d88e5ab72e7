"""One open episode: its frames, scenes, arm and timeline, read lazily from its file. No widgets; times are seconds from the first frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.storage.episode import EpisodeReader
from core.storage.records import Episode
from core.types import Array, CameraInfo, Frame, Scene
from widgets.values import Picture, TimelineData

_PICTURES = 10
_THUMB_PX = 110
_SPEED_SAMPLES = 160


class Replay:
    """An opened episode. Raises StoreError when its file is torn or missing."""

    def __init__(self, root: Path, episode: Episode) -> None:
        self.episode = episode
        self._reader = EpisodeReader(root / episode.path)
        self.camera: CameraInfo = self._reader.camera()
        self.seqs = self._reader.seqs()
        self._identified = np.flatnonzero(np.isin(self.seqs, self._reader.scene_seqs()))
        times = self._reader.times_ns()
        self._start_ns = int(times[0])
        self.times: Array = (times - times[0]) / 1e9
        self.duration_s = float(self.times[-1]) if len(self.times) > 1 else episode.duration_s
        self._read_arm()
        self._pictures = self._make_pictures()

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def index_at(self, seconds: float) -> int:
        """The frame shown at a time."""
        return int(np.clip(np.searchsorted(self.times, seconds + 1e-6, side="right") - 1, 0, len(self.seqs) - 1))

    def frame(self, index: int) -> Frame:
        """A frame."""
        return self._reader.frame(self.seqs[index])

    def scene(self, index: int) -> Scene | None:
        """What was identified then."""
        return self._reader.scene(self.seqs[index])

    def path(self, seconds: float) -> tuple[Array, Array]:
        """The tool's path (N, 3) still ahead, and done."""
        split = int(np.searchsorted(self._arm_times, seconds))
        return self._tool[max(0, split - 1) :], self._tool[: split + 1]

    def index_of(self, seq: int) -> int:
        """The position of frame `seq`, or of the last one before it."""
        return int(np.clip(np.searchsorted(self.seqs, seq, side="right") - 1, 0, len(self.seqs) - 1))

    def identified(self, index: int) -> int | None:
        """The frame at or before `index` that was identified itself, else the first after it; None when none was.

        The identifier passes frames over, and what it says first may be of a frame from before the recording.
        """
        if not len(self._identified):
            return None
        return int(self._identified[max(0, int(np.searchsorted(self._identified, index, side="right")) - 1)])

    def timeline(self, trim: tuple[float, float], labelled: Sequence[int] = ()) -> TimelineData:
        """For the timeline, with the handles at `trim`. `labelled`: frames with a label of what is selected."""
        return TimelineData(
            duration=self.duration_s,
            frames=len(self.seqs),
            times=self.times,
            pictures=self._pictures,
            speed=self._speed,
            gripped=self._gripped,
            gaps=self._gaps(),
            trim=trim,
            labelled=self._spans_of(labelled),
        )

    def _spans_of(self, seqs: Sequence[int]) -> tuple[tuple[float, float], ...]:
        if not len(seqs):
            return ()
        on = np.isin(self.seqs, seqs)
        return _spans(self.times, on)

    def _read_arm(self) -> None:
        states = list(self._reader.arms())
        self._arm_times: Array = np.array([(s.t_host_ns - self._start_ns) / 1e9 for s in states])
        self._tool: Array = np.array([s.T_base_tool[:3, 3] for s in states]).reshape(-1, 3)
        grid = np.linspace(0.0, self.duration_s, _SPEED_SAMPLES)
        if len(states) < 2:
            self._speed: Array = np.zeros(2)
            self._gripped: tuple[tuple[float, float], ...] = ()
            return
        place = np.stack([np.interp(grid, self._arm_times, self._tool[:, k]) for k in range(3)], 1)
        self._speed = np.linalg.norm(np.gradient(place, grid, axis=0), axis=1)
        self._gripped = _spans(self._arm_times, np.array([s.gripping for s in states]))

    def _gaps(self) -> tuple[tuple[float, float], ...]:
        jumps = np.flatnonzero(np.diff(self.seqs) > 1)
        return tuple((float(self.times[i]), float(self.times[i + 1])) for i in jumps)

    def _make_pictures(self) -> tuple[Picture, ...]:
        chosen = np.linspace(0, len(self.seqs) - 1, min(_PICTURES, len(self.seqs))).astype(int)
        pictures = []
        for index in chosen:
            color = self.frame(int(index)).color
            step = max(1, color.shape[1] // _THUMB_PX)
            pictures.append(np.ascontiguousarray(color[::step, ::step]))
        return tuple(pictures)


def _spans(times: Array, on: np.ndarray) -> tuple[tuple[float, float], ...]:
    edges = np.diff(np.concatenate([[0], on.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return tuple((float(times[a]), float(times[b])) for a, b in zip(starts, ends, strict=True))
