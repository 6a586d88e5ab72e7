"""The recorder: follows the topics by sequence and writes one episode file; runs in a process of its own.

It commits every half second, counts gaps instead of hiding them, and closes in good order when its parent dies.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from core.errors import StoreError
from core.messages import RecorderRequest, RecorderStatus
from core.storage.episode import RECORDING_SUFFIX, EpisodeWriter, encode_color, encode_depth
from core.transport.topics import ARM_STATE, CAMERA_INFO, COMMAND, FRAME, RECORDER_REQUEST, RECORDER_STATUS, SCENE, WORLD_STATE
from core.transport.worker import Inputs, Output
from core.types import CameraInfo, Frame

_COMMIT_NS = 450_000_000
_STATUS_NS = 200_000_000
_LEAST_FREE_BYTES = 60 * 30 * 250_000  # a minute of 640x480 at 30 fps
_MOST_PENDING = 48


class Recorder:
    """The worker. `encoders`: threads that compress pictures (0: in line, for lockstep)."""

    name = "recorder"
    period_ns = 5_000_000
    reads = (RECORDER_REQUEST, FRAME, SCENE, ARM_STATE, COMMAND, CAMERA_INFO, WORLD_STATE)
    writes = (RECORDER_STATUS,)

    def __init__(self, *, encoders: int = 2, lossless: bool = False) -> None:
        self._pool = ThreadPoolExecutor(encoders, "encode") if encoders else None
        self._lossless = lossless
        self._camera: CameraInfo | None = None
        self._take: _Take | None = None
        self._status_due_ns = 0
        self._last = RecorderStatus(state="idle")

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Take in what came, write what is encoded, commit when due."""
        self._camera = inputs.newest(CAMERA_INFO) or self._camera
        frames = inputs.take(FRAME)
        scenes, arms, commands, worlds = (inputs.take(t) for t in (SCENE, ARM_STATE, COMMAND, WORLD_STATE))
        answers: list[Output] = []
        try:
            if self._take is not None:
                self._take.add(inputs.now_ns, frames, self._encode)
                for scene in scenes:
                    self._take.writer.scene(scene)
                for arm in arms:
                    self._take.writer.arm(arm)
                for command in commands:
                    self._take.writer.command(inputs.now_ns, command)
                for world in worlds:
                    self._take.writer.world(world)
                self._take.commit_when_due(inputs.now_ns)
            for request in inputs.take(RECORDER_REQUEST):
                answers += self._serve(request, inputs.now_ns)
        except StoreError as error:
            answers.append(self._give_up(str(error)))
        if not answers and self._take is not None and inputs.now_ns >= self._status_due_ns:
            self._status_due_ns = inputs.now_ns + _STATUS_NS
            answers.append((RECORDER_STATUS, self._take.status("recording")))
        return answers

    def close(self) -> None:
        """Keep what is being recorded."""
        if self._take is not None:
            self._finish()
        if self._pool is not None:
            self._pool.shutdown()

    def _serve(self, request: RecorderRequest, now_ns: int) -> list[Output]:
        if request.kind == "start":
            return [self._start(request, now_ns)]
        if self._take is None:
            return []
        if request.kind == "mark":
            self._take.writer.event(now_ns, request.event or "mark", json.loads(request.meta))
            return []
        return [self._finish()]

    def _start(self, request: RecorderRequest, now_ns: int) -> Output:
        if self._take is not None and self._take.episode == request.episode:
            return RECORDER_STATUS, self._take.status("recording")  # asked again by somebody who was not sure
        if self._take is not None:
            self._finish()
        path = Path(request.path)
        free = os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_frsize
        if free < _LEAST_FREE_BYTES:
            return self._refuse(
                request.episode, "The disk has less than a minute of room, so recording did not start. Empty the trash first."
            )
        writer = EpisodeWriter(path.with_suffix(RECORDING_SUFFIX), json.loads(request.meta), lossless=self._lossless)
        self._take = _Take(request.episode, path, writer, now_ns)
        if self._camera is not None:
            writer.camera(self._camera)
        self._status_due_ns = now_ns + _STATUS_NS
        return RECORDER_STATUS, self._take.status("recording")

    def _finish(self) -> Output:
        take, self._take = self._take, None
        if take is None:
            return RECORDER_STATUS, self._last
        take.write_encoded(wait=True)
        take.writer.event(take.last_ns, "finished", {"gaps": take.gaps})
        take.writer.keep(take.path)
        self._last = take.status("kept")
        return RECORDER_STATUS, self._last

    def _give_up(self, sentence: str) -> Output:
        take, self._take = self._take, None
        if take is not None:
            take.writer.abandon()
        return self._refuse(take.episode if take else "", sentence)

    def _refuse(self, episode: str, sentence: str) -> Output:
        return RECORDER_STATUS, RecorderStatus(state="error", episode=episode, error=sentence)

    def _encode(self, frame: Frame) -> Future[tuple[bytes, bytes]]:
        if self._pool is not None:
            return self._pool.submit(_encoded, frame, self._lossless)
        done: Future[tuple[bytes, bytes]] = Future()
        done.set_result(_encoded(frame, self._lossless))
        return done


def _encoded(frame: Frame, lossless: bool) -> tuple[bytes, bytes]:
    return encode_color(frame.color, lossless=lossless), encode_depth(frame.depth)


class _Take:
    """One recording under way."""

    def __init__(self, episode: str, path: Path, writer: EpisodeWriter, now_ns: int) -> None:
        self.episode, self.path, self.writer = episode, path, writer
        self.frames = self.gaps = self.bytes = 0
        self.first_ns = self.last_ns = self.saved_ns = 0
        self._pending: deque[tuple[Frame, Future[tuple[bytes, bytes]]]] = deque()
        self._last_seq: int | None = None
        self._commit_due_ns = now_ns + _COMMIT_NS

    def add(self, now_ns: int, frames: list[Frame], encode: Callable[[Frame], Future[tuple[bytes, bytes]]]) -> None:
        for frame in frames:
            if self._last_seq is not None and frame.seq > self._last_seq + 1:
                missing = frame.seq - self._last_seq - 1
                self.gaps += missing
                self.writer.event(now_ns, "gap", {"after": self._last_seq, "missing": missing})
            self._last_seq = frame.seq
            self._pending.append((frame, encode(frame)))
        self.write_encoded(wait=len(self._pending) > _MOST_PENDING)

    def write_encoded(self, *, wait: bool) -> None:
        """Write frames in order as far as they are encoded, or all of them."""
        while self._pending and (wait or self._pending[0][1].done()):
            frame, encoded = self._pending.popleft()
            color, depth = encoded.result()
            self.writer.frame(frame, color, depth)
            self.frames += 1
            self.bytes += len(color) + len(depth)
            self.first_ns = self.first_ns or frame.t_host_ns
            self.last_ns = frame.t_host_ns

    def commit_when_due(self, now_ns: int) -> None:
        if now_ns >= self._commit_due_ns:
            self._commit_due_ns = now_ns + _COMMIT_NS
            self.writer.commit()
            self.saved_ns = self.last_ns

    def status(self, state: str) -> RecorderStatus:
        kept = state == "kept"
        return RecorderStatus(
            state="kept" if kept else "recording",
            episode=self.episode,
            seconds=(self.last_ns - self.first_ns) / 1e9,
            saved_s=((self.last_ns if kept else self.saved_ns) - self.first_ns) / 1e9 if self.saved_ns or kept else 0.0,
            frames=self.frames,
            gaps=self.gaps,
            bytes=self.bytes,
            kept=str(self.path) if kept else "",
        )
