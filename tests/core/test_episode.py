"""An episode file holds what was recorded, is valid to its last commit, and torn ones are told apart."""

import json
import shutil

import numpy as np
import pytest

from app.workers.recorder import Recorder
from core.errors import StoreError
from core.messages import RecorderRequest
from core.storage.episode import EpisodeReader, EpisodeWriter, encode_color, encode_depth, recover
from core.transport.clock import ManualClock
from core.transport.topics import CAMERA_INFO, FRAME, RECORDER_REQUEST, RECORDER_STATUS
from core.transport.worker import Lockstep
from core.types import CameraInfo, Frame, Intrinsics

INTRINSICS = Intrinsics(width=64, height=48, fx=60, fy=60, cx=32, cy=24)
CAMERA = CameraInfo(id="c", serial="s", name="test", depth=INTRINSICS, color=INTRINSICS, depth_scale=0.001, T_color_depth=np.eye(4))
RNG = np.random.default_rng(1)


def frame(seq):
    depth = RNG.integers(0, 3000, (48, 64)).astype(np.uint16)
    color = np.full((48, 64, 3), (seq * 7) % 255, np.uint8)
    return Frame(camera="c", seq=seq, t_device_ns=seq * 10, t_host_ns=seq * 33_000_000, depth=depth, color=color)


def write(writer, frames):
    for f in frames:
        writer.frame(f, encode_color(f.color), encode_depth(f.depth))


def test_depth_is_lossless_and_colour_close(tmp_path):
    writer = EpisodeWriter(tmp_path / "a.recording", {"task": "t"})
    frames = [frame(n) for n in range(3)]
    writer.camera(CAMERA)
    write(writer, frames)
    writer.keep(tmp_path / "a.db")
    reader = EpisodeReader(tmp_path / "a.db")
    assert reader.seqs() == [0, 1, 2] and reader.meta["task"] == "t" and reader.camera().serial == "s"
    np.testing.assert_array_equal(reader.frame(1).depth, frames[1].depth)
    assert np.abs(reader.frame(1).color.astype(int) - frames[1].color).max() <= 3
    assert reader.sound()
    reader.close()


def test_a_cut_off_recording_is_valid_to_its_last_commit(tmp_path):
    writer = EpisodeWriter(tmp_path / "a.recording", {})
    write(writer, [frame(n) for n in range(5)])
    writer.commit()
    write(writer, [frame(n) for n in range(5, 9)])
    for suffix in ("", "-wal", "-shm"):  # what a killed process leaves on disk
        shutil.copy(tmp_path / f"a.recording{suffix}", tmp_path / f"b.recording{suffix}")
    writer.abandon()
    reader = recover(tmp_path / "b.recording", tmp_path / "b.db")
    assert reader.seqs() == [0, 1, 2, 3, 4] and reader.sound()
    reader.close()


@pytest.mark.parametrize("damage", [b"", b"garbage" * 500])
def test_a_torn_file_is_told_in_a_sentence(tmp_path, damage):
    (tmp_path / "a.db").write_bytes(damage)
    with pytest.raises(StoreError):
        EpisodeReader(tmp_path / "a.db").seqs()
    with pytest.raises(StoreError):
        recover(tmp_path / "a.db", tmp_path / "b.db")


def test_a_file_of_a_newer_format_is_left_alone(tmp_path):
    EpisodeWriter(tmp_path / "a.recording", {"format": 99}).keep(tmp_path / "a.db")
    with pytest.raises(StoreError, match="newer"):
        EpisodeReader(tmp_path / "a.db")


def test_the_recorder_counts_gaps_and_keeps(tmp_path):
    clock = ManualClock(1)
    lockstep = Lockstep([Recorder(encoders=0)], clock)
    status = lockstep.bus.subscriber(RECORDER_STATUS)
    frames, requests = lockstep.bus.publisher(FRAME), lockstep.bus.publisher(RECORDER_REQUEST)
    lockstep.bus.publisher(CAMERA_INFO).send(CAMERA)
    path = tmp_path / "e1.db"
    requests.send(RecorderRequest(kind="start", episode="e1", path=str(path), meta=json.dumps({"task": "t"})))
    lockstep.advance(10_000_000)
    for n, seq in enumerate([1, 2, 3, 7, 8]):
        frames.send(frame(seq))
        lockstep.advance((n + 1) * 500_000_000)
    requests.send(RecorderRequest(kind="mark", event="intervention", meta='{"by":"operator"}'))
    requests.send(RecorderRequest(kind="finish"))
    lockstep.advance(3_000_000_000)
    last = status.take()[-1]
    assert (last.state, last.frames, last.gaps, last.kept) == ("kept", 5, 3, str(path))
    reader = EpisodeReader(path)
    assert reader.counts() == (5, 3)
    assert [kind for _, kind, _ in reader.events()] == ["gap", "intervention", "finished"]
    assert reader.camera().id == "c"
    reader.close()
    lockstep.close()
