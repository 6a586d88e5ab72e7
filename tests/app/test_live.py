"""What the window pulls: an edit must find the frame that its scene is of, also where a busy window drew few of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from app.live import Live
from core.transport.clock import ManualClock
from core.transport.topics import FRAME, SCENE, MemoryBus
from core.types import Frame
from tests.core import drawn


def frame(seq):
    return Frame(camera="c", seq=seq, t_device_ns=0, t_host_ns=seq, depth=np.ones((2, 3), np.uint16), color=np.zeros((2, 3, 3), np.uint8))


def scene(seq):
    return drawn.scene(frame_seq=seq, labels=np.zeros((2, 3), np.uint16))


@pytest.fixture
def bus():
    return MemoryBus()


@pytest.fixture
def live(bus, qapp):
    return Live(bus, SimpleNamespace(), ManualClock())


def test_a_scene_of_a_frame_that_was_never_drawn_can_be_edited(bus, live):
    frames, scenes = bus.publisher(FRAME), bus.publisher(SCENE)
    drawn = []
    live.frame_changed.connect(lambda f: drawn.append(f.seq))
    for seq in range(1, 6):
        frames.send(frame(seq))
    scenes.send(scene(2))
    live.pump()
    assert drawn == [5]
    assert live.scene.frame_seq == 2 and live.frame_of(live.scene).seq == 2
    assert [f.seq for f, _ in live.recent()] == [1, 2, 3, 4, 5]
    assert live.fps() == 5


def test_the_frame_of_a_shown_scene_stays_while_others_come(bus, live):
    frames, scenes = bus.publisher(FRAME), bus.publisher(SCENE)
    frames.send(frame(1))
    scenes.send(scene(1))
    live.pump()
    for seq in range(2, 60):
        frames.send(frame(seq))
        live.pump()
    assert live.frame_of(live.scene).seq == 1


def test_frames_that_waited_for_a_busy_window_do_not_make_the_camera_look_faster(bus, live):
    frames, host = bus.publisher(FRAME), ManualClock()
    live.host = host
    live.last_frame_host_ns = host.now_ns()
    for _ in range(2):
        for seq in range(30):
            frames.send(frame(seq))
        host.set_ns(host.now_ns() + 2_000_000_000)
        live.pump()
    assert live.fps() == 15
