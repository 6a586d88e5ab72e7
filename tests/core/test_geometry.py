import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import geometry as g
from core.types import Intrinsics

CAMERA = Intrinsics(width=64, height=48, fx=60, fy=60, cx=31.5, cy=23.5)


def test_deproject_and_project_are_inverse():
    depth = np.random.default_rng(0).uniform(0.3, 2, (48, 64)).astype(np.float32)
    pixels = g.project(g.deproject(depth, CAMERA).reshape(-1, 3), CAMERA)
    v, u = np.mgrid[0:48, 0:64]
    assert np.abs(pixels - np.stack([u, v], -1).reshape(-1, 2)).max() < 1e-3


def test_plane_fit_ignores_a_third_of_outliers():
    rng = np.random.default_rng(2)
    points = rng.uniform(-1, 1, (900, 3))
    points[:, 2] = 2 + 0.3 * points[:, 0] + rng.normal(0, 0.001, 900)
    points[::3] += rng.uniform(-1, 1, (300, 3))
    plane, inliers = g.fit_plane(points, 0.005)
    assert inliers.sum() >= 590 and plane.d > 0
    assert abs(plane.normal @ (np.array([0.3, 0, -1]) / np.hypot(0.3, 1))) > 0.9999
    assert g.fit_plane(points[:2], 0.01) is None and g.fit_plane(np.zeros((50, 3)), 0.01) is None
    T = g.table_frame(plane, np.array([0, 0, 2.0]))
    assert np.allclose(T[:3, :3] @ T[:3, :3].T, np.eye(3)) and np.linalg.det(T[:3, :3]) == pytest.approx(1)
    assert np.abs(g.transform(T, points[inliers])[:, 2]).max() < 0.006


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(0.02, 0.3), st.floats(0.02, 0.3))
def test_an_upright_box_hugs(yaw, length, width):
    rng = np.random.default_rng(0)
    local = rng.uniform(-0.5, 0.5, (4000, 3)) * [length, width, 0.1] + [0, 0, 0.05]
    R = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    box = g.upright_box(local @ R.T + [0.3, 0.1, 0])
    assert np.abs(np.sort(box.size[:2]) - np.sort([length, width])).max() < 0.15 * max(length, width) + 0.002
    assert np.abs(box.center - [0.3, 0.1, 0.05]).max() < 0.01 and np.linalg.det(box.R) == pytest.approx(1)
    assert len(g.box_corners(box)) == 8


@pytest.mark.parametrize("yaw", [0.0, 0.5, 1.2, 2.4])
def test_the_box_of_a_thing_with_tips_lies_as_it_does(yaw):
    angle = np.linspace(0, 2 * np.pi, 720)
    tips = 0.013 * np.sign(np.cos(angle)) * np.exp(-((np.sin(angle) / 0.3) ** 2))
    outline = np.stack([0.027 * np.cos(angle) + tips, 0.027 * np.sin(angle)], 1)
    local = np.concatenate([share * outline for share in np.linspace(0.2, 1, 20)])
    R = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
    box = g.upright_box(np.column_stack([local @ R.T, np.full(len(local), 0.03)]), trim=0.1)
    assert box.size[:2] == pytest.approx([0.08, 0.054], abs=0.002)
    assert abs(box.R[:2, 0] @ R[:, 0]) > 0.999


def test_height_map_keeps_the_highest():
    points = np.array([[0.01, 0.01, 0.1], [0.012, 0.01, 0.3], [0.05, 0.09, 0.2], [5, 5, 9]])
    grid = g.height_map(points, np.zeros(2), np.array([0.06, 0.1]), 0.02)
    assert grid.shape == (5, 3) and grid[0, 0] == pytest.approx(0.3) and grid[4, 2] == pytest.approx(0.2) and np.isnan(grid[2, 2])
