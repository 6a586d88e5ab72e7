import json

import cv2
import numpy as np
import pytest

from core.errors import CameraLost, CameraStalled, DeviceError
from devices.playback import FolderCamera

NUMBERS = {"fx": 60.0, "fy": 60.0, "cx": 31.5, "cy": 23.5, "width": 64, "height": 48, "depth_scale": 0.001}


class Clock:
    def __init__(self):
        self.ns = 0

    def now(self):
        return self.ns

    def wait(self, seconds):
        self.ns += round(seconds * 1e9)


def folder_of(path, frames=3, camera=NUMBERS):
    for i in range(frames):
        color = np.zeros((48, 64, 3), np.uint8)
        color[..., 2] = 10 * i + 10
        cv2.imwrite(str(path / f"{i:04d}-color.png"), color)
        cv2.imwrite(str(path / f"{i:04d}-depth.png"), np.full((48, 64), 500 + i, np.uint16))
    (path / "camera.json").write_text(json.dumps(camera))
    return path


def opened(path, clock, **options):
    camera = FolderCamera(path, now_ns=clock.now, wait_s=clock.wait, **options)
    return camera, camera.open()


def test_plays_in_order_at_its_rate_and_loops(tmp_path):
    clock = Clock()
    camera, info = opened(folder_of(tmp_path), clock, fps=10)
    frames = [camera.read(1.0) for _ in range(4)]
    assert [f.seq for f in frames] == [0, 1, 2, 3]
    assert [int(f.depth[0, 0]) for f in frames] == [500, 501, 502, 500]
    assert [f.t_host_ns for f in frames] == [0, 100_000_000, 200_000_000, 300_000_000]
    assert int(frames[1].color[0, 0, 0]) == 20 and int(frames[1].color[0, 0, 2]) == 0
    assert info.depth_scale == 0.001 and info.T_mount_camera is None


def test_slow_pictures_come_several_times_so_that_the_camera_is_not_taken_for_stalled(tmp_path):
    camera, info = opened(folder_of(tmp_path, 2), Clock(), fps=1, loop=False)
    frames = [camera.read(0.3) for _ in range(20)]
    assert [int(f.depth[0, 0]) for f in frames] == 10 * [500] + 10 * [501]
    assert [f.seq for f in frames] == list(range(20)) and frames[-1].t_host_ns == 1_900_000_000 and info.fps == 10
    with pytest.raises(CameraLost):
        camera.read(0.3)


def test_stalls_and_ends(tmp_path):
    clock = Clock()
    camera, _ = opened(folder_of(tmp_path, 1), clock, fps=10, loop=False)
    camera.read(0.05)
    with pytest.raises(CameraLost):
        camera.read(0.05)
    camera, _ = opened(tmp_path, clock, fps=10)
    camera.read(0.05)
    with pytest.raises(CameraStalled):
        camera.read(0.05)
    assert camera.read(1.0).seq == 1
    camera.close()
    camera.close()
    with pytest.raises(CameraLost):
        camera.read(0.1)


def test_unregistered_depth_keeps_both_cameras(tmp_path):
    T = np.eye(4)
    T[0, 3] = 0.015
    camera = {**NUMBERS, "registered": False, "color": NUMBERS, "depth": {**NUMBERS, "fx": 40.0}, "depth_to_color": T.tolist()}
    _, info = opened(folder_of(tmp_path, 1, camera), Clock())
    assert info.depth.fx == 40 and info.color.fx == 60 and np.allclose(info.T_color_depth, T)


def test_registered_unknown_is_taken_as_it_is(tmp_path):
    _, info = opened(folder_of(tmp_path, 1, {**NUMBERS, "registered": "unknown"}), Clock())
    assert np.allclose(info.T_color_depth, np.eye(4))


@pytest.mark.parametrize("broken", [{}, {**NUMBERS, "fx": 0}, {**NUMBERS, "depth_to_color": [[1]]}, []])
def test_a_bad_description_is_told_in_a_sentence(tmp_path, broken):
    with pytest.raises(DeviceError, match="does not describe the camera"):
        opened(folder_of(tmp_path, 1, broken), Clock())


def test_an_empty_folder_is_told_in_a_sentence(tmp_path):
    with pytest.raises(DeviceError, match="holds no frames"):
        opened(tmp_path, Clock())


def test_a_torn_picture_is_told_in_a_sentence(tmp_path):
    folder_of(tmp_path, 1)
    (tmp_path / "0000-depth.png").write_bytes(b"torn")
    with pytest.raises(DeviceError, match="torn"):
        opened(tmp_path, Clock())


_IDENTITY = np.eye(4).tolist()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fx": 0}, "fx 0"),
        ({"fx": -60.0}, "fx -60"),
        ({"fx": float("nan")}, "fx nan"),
        ({"fx": float("inf")}, "fx inf"),
        ({"fx": 1e-9, "fy": 1e-9}, "are no camera's"),
        ({"cx": float("nan")}, "cx nan"),
        ({"cx": 1e9}, "are no camera's"),
        ({"width": -5}, "are no camera's"),
        ({"depth_scale": 0}, "0.001 is usual"),
        ({"depth_scale": -1}, "0.001 is usual"),
        ({"depth_scale": float("nan")}, "0.001 is usual"),
        ({"depth_scale": 1.0}, "500 m away"),
        ({"depth_scale": 1e-9}, "0.001 is usual"),
        ({"depth_to_color": [[float("nan")] * 4] * 4}, "depth_to_color is no rigid transform"),
        ({"depth_to_color": [1, 2, 3]}, "does not describe the camera"),
        ({"T_base_camera": [[0, 0, 0, 0]] * 4}, "T_base_camera is no rigid transform"),
        ({"T_base_camera": [*_IDENTITY[:2], [0, 0, 1, 1e9], _IDENTITY[3]]}, "T_base_camera is no rigid transform"),
        ({"color": 5}, "does not describe the camera"),
    ],
)
def test_a_camera_that_cannot_be_is_refused_in_a_sentence(tmp_path, change, said):
    with pytest.raises(DeviceError, match=said):
        opened(folder_of(tmp_path, camera={**NUMBERS, **change}), Clock())


@pytest.mark.parametrize("text", ["{", "null", "[1, 2]", ""])
def test_a_torn_description_is_refused_in_a_sentence(tmp_path, text):
    folder_of(tmp_path)
    (tmp_path / "camera.json").write_text(text)
    with pytest.raises(DeviceError, match="does not describe the camera"):
        opened(tmp_path, Clock())


def test_a_missing_description_is_said_to_be_missing(tmp_path):
    folder_of(tmp_path)
    (tmp_path / "camera.json").unlink()
    with pytest.raises(DeviceError, match=r"camera\.json is missing"):
        opened(tmp_path, Clock())


@pytest.mark.parametrize("part", ["color", "depth"])
def test_a_frame_of_another_size_is_refused_in_a_sentence(tmp_path, part):
    folder_of(tmp_path)
    pictures = {"color": np.zeros((10, 12, 3), np.uint8), "depth": np.full((10, 12), 500, np.uint16)}
    cv2.imwrite(str(tmp_path / f"0001-{part}.png"), pictures[part])
    camera, _ = opened(tmp_path, Clock())
    camera.read(1.0)
    with pytest.raises(DeviceError, match="another size"):
        camera.read(1.0)
