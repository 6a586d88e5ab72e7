"""Values travel unchanged, torn bytes are refused, and lockstep keeps the order of time."""

import contextlib
import secrets
import signal
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Heartbeat, NamesChanged
from core.transport.clock import ManualClock, RigMemory, WorldClock
from core.transport.codec import CodecError, decode, encode
from core.transport.topics import FRAME, HEARTBEAT, NAMES_CHANGED, MemoryBus, SharedBus
from core.transport.worker import Lockstep, run_in_process
from core.types import Frame, OrientedBox


def frame(seq: int) -> Frame:
    depth = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)
    color = np.full((48, 64, 3), seq % 256, np.uint8)
    return Frame(camera="c", seq=seq, t_device_ns=seq, t_host_ns=seq, depth=depth, color=color)


def test_a_value_comes_back_as_it_was():
    got = decode(encode(frame(7)), Frame)
    assert got.seq == 7
    np.testing.assert_array_equal(got.depth, frame(7).depth)
    np.testing.assert_array_equal(got.color, frame(7).color)


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data):
    with pytest.raises(CodecError):
        decode(data, Frame)


@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_flipped_byte_never_crashes(position, value):
    data = bytearray(encode(OrientedBox(center=np.zeros(3), size=np.ones(3), R=np.eye(3))))
    data[position % len(data)] = value
    with contextlib.suppress(CodecError):
        decode(bytes(data), OrientedBox)


def test_a_truncated_frame_is_refused():
    data = encode(frame(1))
    with pytest.raises(CodecError):
        decode(data[: len(data) // 2], Frame)


def test_shared_memory_carries_frames_and_history():
    bus = SharedBus(secrets.token_hex(4))
    subscriber = bus.subscriber(FRAME)
    publisher = bus.publisher(FRAME)
    for seq in range(20):
        publisher.send(frame(seq))
    assert [f.seq for f in subscriber.take()] == list(range(20))
    assert subscriber.newest() is None
    names = bus.publisher(NAMES_CHANGED)
    names.send(NamesChanged(revision=3))
    late = bus.subscriber(NAMES_CHANGED)
    names.send(NamesChanged(revision=4))
    newest = late.newest()
    assert newest is not None and newest.revision == 4
    bus.close()


class Beat:
    name = "beat"
    reads = ()
    writes = (HEARTBEAT,)

    def __init__(self, period_ns):
        self.period_ns = period_ns

    def step(self, inputs):
        return [(HEARTBEAT, Heartbeat(t_host_ns=inputs.now_ns))]

    def close(self):
        pass


class Count:
    name = "count"
    period_ns = 30
    reads = (HEARTBEAT,)
    writes = ()

    def __init__(self):
        self.seen = []

    def step(self, inputs):
        self.seen.append([beat.t_host_ns for beat in inputs.take(HEARTBEAT)])
        return []

    def close(self):
        pass


def test_lockstep_runs_each_worker_when_it_is_due():
    count = Count()
    lockstep = Lockstep([Beat(10), count], ManualClock())
    lockstep.advance(60)
    assert count.seen == [[0], [10, 20, 30], [40, 50, 60]]
    assert lockstep.clock.now_ns() == 60


class Alert:
    """Would step once a minute, and is asked in between."""

    name, period_ns, reads, writes = "alert", 60_000_000_000, (), ()

    def __init__(self, ended):
        self.ended, self.log = ended, []

    def step(self, inputs):
        self.log.append("step")
        return []

    def heed(self):
        self.log.append("heed")
        if len(self.log) > 3:
            self.ended.set()

    def close(self):
        self.log.append("close")


def test_a_worker_that_heeds_is_asked_while_it_rests():
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ended = threading.Event()
    worker = Alert(ended)
    run_in_process(worker, MemoryBus(), ManualClock(), ended)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert worker.log == ["step", "heed", "heed", "heed", "close"]


def test_the_last_whole_state_of_a_run_is_kept_for_the_next_process(tmp_path):
    memory = RigMemory(tmp_path / "rig", "run-a")
    assert memory.kept_world() is None
    for state in (b"first", b"second", b"third"):
        memory.keep_world(state)
    memory.close()
    again = RigMemory(tmp_path / "rig", "run-a")
    assert again.kept_world() == b"third"
    again.keep_world(b"fourth")
    assert again.kept_world() == b"fourth"
    again.close()
    torn = bytearray((tmp_path / "rig").read_bytes())
    torn[torn.index(b"fourth")] = 0  # killed half way
    (tmp_path / "rig").write_bytes(torn)
    after, other = RigMemory(tmp_path / "rig", "run-a"), RigMemory(tmp_path / "rig", "run-b")
    assert after.kept_world() == b"third"
    assert other.kept_world() is None
    with pytest.raises(ValueError, match="too long"):
        after.keep_world(bytes(1 << 20))
    after.close()
    other.close()


def test_the_stop_latch_outlives_its_process(tmp_path):
    memory = RigMemory(tmp_path / "rig")
    assert not memory.stopped
    memory.stop(5)
    memory.close()
    again = RigMemory(tmp_path / "rig")
    assert again.stopped and again.stop_event_ns == 5
    again.release()
    assert not again.stopped
    again.set_world_time(1000)
    clock = WorldClock(again)
    first = clock.now_ns()
    again.set_world_time(0)
    assert clock.now_ns() >= first >= 1000
    again.close()
