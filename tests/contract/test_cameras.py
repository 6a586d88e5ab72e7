"""One suite for every camera kind: what it says of itself fits its frames, copies are its own, and its end is told."""

import json

import cv2
import numpy as np
import pytest

from core.errors import CameraLost, CameraStalled, DeviceError
from core.storage.episode import EpisodeWriter, encode_color, encode_depth
from core.transport.clock import ManualClock
from core.types import CameraInfo, Frame, Intrinsics
from devices import CAMERAS, open_camera

COUNT = 5


def images(n):
    depth = np.full((48, 64), 500 + n, np.uint16)
    return depth, np.full((48, 64, 3), 10 * n, np.uint8)


def make_folder(path):
    path.mkdir()
    for n in range(COUNT):
        depth, color = images(n)
        cv2.imwrite(str(path / f"{n:04d}-depth.png"), depth)
        cv2.imwrite(str(path / f"{n:04d}-color.png"), color)
    camera = {"fx": 60, "fy": 60, "cx": 32, "cy": 24, "width": 64, "height": 48, "depth_scale": 0.001, "registered": True}
    (path / "camera.json").write_text(json.dumps(camera))
    return path


def make_episode(path):
    small = Intrinsics(width=64, height=48, fx=60, fy=60, cx=32, cy=24)
    writer = EpisodeWriter(path.with_suffix(".recording"), {"task": "t"})
    writer.camera(CameraInfo(id="c", serial="", name="c", depth=small, color=small, depth_scale=0.001, T_color_depth=np.eye(4)))
    for n in range(COUNT):
        depth, color = images(n)
        frame = Frame(camera="c", seq=n, t_device_ns=n, t_host_ns=n * 50_000_000, depth=depth, color=color)
        writer.frame(frame, encode_color(color), encode_depth(depth))
    writer.keep(path)
    return path


MAKERS = {"folder": (make_folder, "frames"), "episode": (make_episode, "e.db")}


def opened(kind, path, clock, **options):
    return open_camera(kind, str(path), clock.now_ns, wait_s=lambda s: clock.set_ns(clock.now_ns() + int(s * 1e9)), **options)


@pytest.fixture(params=sorted(MAKERS))
def source(request, tmp_path):
    make, name = MAKERS[request.param]
    return request.param, make(tmp_path / name)


def test_every_kind_is_covered_here_or_in_its_own_file():
    assert set(CAMERAS) == {*MAKERS, "realsense", "recording"}  # the last two: tests/devices/test_realsense.py


def test_what_it_says_fits_its_frames(source):
    kind, path = source
    clock = ManualClock(1)
    camera = opened(kind, path, clock)
    info = camera.open()
    frame = camera.read(1.0)
    assert frame.depth.shape == (info.depth.height, info.depth.width) and frame.depth.dtype == np.uint16
    assert frame.color.shape == (info.color.height, info.color.width, 3) and frame.color.dtype == np.uint8
    assert info.depth_scale > 0 and info.fps > 0
    camera.close()
    camera.close()


def test_frames_follow_each_other_and_are_copies(source):
    kind, path = source
    clock = ManualClock(1)
    camera = opened(kind, path, clock)
    camera.open()
    frames = [camera.read(1.0) for _ in range(2 * COUNT)]
    assert [f.seq for f in frames] == sorted({f.seq for f in frames})
    assert [f.t_host_ns for f in frames] == sorted(f.t_host_ns for f in frames)
    assert [int(f.depth[0, 0]) for f in frames] == 2 * [500 + n for n in range(COUNT)]
    frames[0].depth[:] = 0
    assert frames[COUNT].depth[0, 0] == 500
    camera.close()


def test_its_end_is_a_loss_when_it_does_not_repeat(source):
    kind, path = source
    clock = ManualClock(1)
    camera = opened(kind, path, clock, loop=False)
    camera.open()
    for _ in range(COUNT):
        camera.read(1.0)
    with pytest.raises(CameraLost):
        camera.read(1.0)
    camera.close()


def test_a_wait_that_is_too_short_is_a_stall(source):
    kind, path = source
    clock = ManualClock(1)
    camera = opened(kind, path, clock)
    camera.open()
    camera.read(1.0)
    with pytest.raises(CameraStalled):
        camera.read(0.001)
    camera.close()


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_missing_source_is_told_in_a_sentence(kind, tmp_path):
    with pytest.raises(DeviceError, match=r"\.$"):
        opened(kind, tmp_path / "nothing", ManualClock()).open()


def test_an_unknown_kind_is_told():
    with pytest.raises(DeviceError, match="Known"):
        open_camera("telepathy", "", ManualClock().now_ns)
