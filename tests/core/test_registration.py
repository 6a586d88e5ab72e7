import numpy as np
import pytest

from core import registration
from core.geometry import depth_in_metres
from core.types import CameraInfo, Intrinsics

CAMERA = Intrinsics(width=64, height=48, fx=60, fy=60, cx=31.5, cy=23.5)


def info(T, color=CAMERA):
    return CameraInfo(id="", serial="", name="", depth=CAMERA, color=color, depth_scale=0.001, T_color_depth=T)


def test_registered_depth_passes_through():
    depth = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)
    assert np.allclose(registration.register_depth(depth, info(np.eye(4))), depth * 0.001)


def test_registration_shifts_fills_and_keeps_the_nearest():
    T = np.eye(4)
    T[0, 3] = 0.1
    depth = np.full((48, 64), 1000, np.uint16)
    depth[20:30, 30:40] = 500
    out = registration.register_depth(depth, info(T))
    assert out[25, 47] == pytest.approx(0.5) and out[5, 40] == pytest.approx(1.0)
    finer = Intrinsics(width=128, height=96, fx=120, fy=120, cx=63.5, cy=47.5)
    assert (registration.register_depth(depth, info(np.eye(4), color=finer))[4:-4, 4:-4] > 0).all()
    assert not registration.register_depth(np.zeros((48, 64), np.uint16), info(T)).any()


def test_holes_of_a_finer_grid_are_closed_in_depth_that_comes_registered_and_others_stay():
    coarse = np.arange(800, 800 + 48 * 36, dtype=np.uint16).reshape(36, 48)
    dotted = np.zeros((48, 64), np.uint16)
    dotted[np.ix_(np.rint(np.arange(36) * 4 / 3).astype(int), np.rint(np.arange(48) * 4 / 3).astype(int))] = coarse
    dotted[20:28, 20:30] = 0
    out = registration.register_depth(dotted, info(np.eye(4)))
    assert (out[1:-1, 1:-1] > 0).mean() > 0.95 and not out[22:26, 22:28].any()
    assert np.array_equal(out[dotted > 0], depth_in_metres(dotted, 0.001)[dotted > 0])
    specked = np.full((48, 64), 900, np.uint16)
    specked[::12, ::12] = 0
    assert np.array_equal(registration.register_depth(specked, info(np.eye(4))) > 0, specked > 0)
