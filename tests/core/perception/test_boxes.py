"""A thing's box has its true size, and its outline tells of the back that depth does not show."""

import numpy as np
import pytest

from core.perception import boxes, looks
from core.types import Intrinsics

CAMERA = Intrinsics(width=320, height=240, fx=600.0, fy=600.0, cx=160.0, cy=120.0)
NOISE_M = 0.002


def drawn(count=25):
    """Sizes (3,), turns and slopes of the camera, without a square: there which side is the longer is chance."""
    rng = np.random.default_rng(5)
    return [(rng.uniform(0.04, 0.1, 3), float(rng.uniform(0, np.pi)), float(rng.uniform(30, 65))) for _ in range(count)]


def looking_down(degrees, distance=0.8):
    """T_base_camera at `distance` from the origin, looking down at it."""
    a = np.deg2rad(degrees)
    forward, right = np.array([np.cos(a), 0, -np.sin(a)]), np.array([0.0, -1.0, 0.0])
    T = np.eye(4)
    T[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
    T[:3, 3] = -distance * forward
    return T


def seen(hit, T):
    """Depth (H, W) and mask of a solid on the table; `hit(origin, rays)` gives how far along each ray it is, inf beside it."""
    v, u = np.mgrid[0 : CAMERA.height, 0 : CAMERA.width]
    rays = np.stack([(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones(u.shape)], -1).reshape(-1, 3) @ T[:3, :3].T
    table, far = -T[2, 3] / rays[:, 2], hit(T[:3, 3], rays)
    depth = np.minimum(table, far) + np.random.default_rng(1).normal(0, NOISE_M, len(rays))
    return depth.reshape(u.shape).astype(np.float32), (far < table).reshape(u.shape)


def ellipsoid(size, yaw):
    def hit(origin, rays):
        half, R = np.array(size) / 2, turned(yaw)
        o, d = (origin - [0, 0, half[2]]) @ R / half, rays @ R / half
        a, b, c = (d * d).sum(1), d @ o, o @ o - 1
        root = b * b - a * c
        return np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)

    return hit


def block(size, yaw):
    def hit(origin, rays):
        half, R = np.array(size) / 2, turned(yaw)
        o, d = (origin - [0, 0, half[2]]) @ R, rays @ R
        d = np.where(np.abs(d) < 1e-9, 1e-9, d)
        near, far = (-np.sign(d) * half - o) / d, (np.sign(d) * half - o) / d
        enters = near.max(1)
        return np.where(enters < far.min(1), enters, np.inf)

    return hit


def can(radius, height):
    """An upright cylinder: a disc, its top, and a mantle."""

    def hit(origin, rays):
        o, d = origin[:2], rays[:, :2]
        a, b, c = (d * d).sum(1), d @ o, o @ o - radius**2
        root = b * b - a * c
        side = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
        z = origin[2] + side * rays[:, 2]
        side = np.where((z > 0) & (z < height), side, np.inf)
        lid = (height - origin[2]) / rays[:, 2]
        on_lid = np.linalg.norm(o + lid[:, None] * d, axis=1) < radius
        return np.minimum(side, np.where(on_lid, lid, np.inf))

    return hit


def both(*hits):
    return lambda origin, rays: np.minimum.reduce([hit(origin, rays) for hit in hits])


def turned(yaw):
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def box_of(hit, degrees=45, hidden=0.0):
    T = looking_down(degrees)
    depth, mask = seen(hit, T)
    window = looks.window_of(mask)
    part = mask[window].copy()
    part[:, : int(hidden * part.shape[1])] = False
    return looks.box_of(depth, CAMERA, T, window, part)


@pytest.mark.parametrize(("size", "yaw", "degrees"), drawn())
def test_the_box_of_what_is_round_is_true_at_the_back_too(size, yaw, degrees):
    a, b, height = size
    box = box_of(ellipsoid(size, yaw), degrees)
    true = np.array([max(a, b), min(a, b), height])
    assert (np.abs(box.size - true) <= np.maximum(0.01, 0.1 * true)).all()
    assert np.linalg.norm(box.center - [0, 0, height / 2]) < 0.006


@pytest.mark.parametrize(("size", "yaw", "degrees"), drawn())
def test_the_box_of_a_block_is_true_and_lies_as_it_does(size, yaw, degrees):
    a, b, height = size
    box = box_of(block(size, yaw), degrees)
    true = np.array([max(a, b), min(a, b), height])
    assert (np.abs(box.size - true) <= np.maximum(0.01, 0.1 * true)).all()
    assert np.linalg.norm(box.center - [0, 0, height / 2]) < 0.008


@pytest.mark.parametrize("degrees", [35, 45, 60])
@pytest.mark.parametrize(("radius", "height"), [(0.029, 0.09), (0.035, 0.05), (0.025, 0.07), (0.045, 0.11)])
def test_the_box_of_a_can_is_as_wide_as_it_is(radius, height, degrees):
    box = box_of(can(radius, height), degrees)
    assert np.abs(box.size - [2 * radius, 2 * radius, height]).max() < 0.006
    assert np.linalg.norm(box.center - [0, 0, height / 2]) < 0.006


def test_what_sticks_out_of_a_can_towards_the_camera_is_in_its_box():
    handle = block((0.03, 0.012, 0.05), 0.0)
    box = box_of(both(can(0.04, 0.09), lambda o, d: handle(o - [-0.05, 0, 0.02], d)), 30)
    assert box.size[0] > 0.1


def test_a_tray_is_as_large_as_its_outline():
    box = box_of(block((0.24, 0.18, 0.05), 0.6), 50)
    assert np.abs(box.size - [0.24, 0.18, 0.05]).max() < 0.012


def test_a_few_points_of_what_stands_before_a_basket_do_not_move_its_box():
    angle, height = (m.ravel() for m in np.meshgrid(np.linspace(0, 2 * np.pi, 60, endpoint=False), np.linspace(0.01, 0.1, 16)))
    basket = np.stack([0.13 * np.cos(angle), 0.13 * np.sin(angle), height], 1)
    bottle = np.stack([np.full(6, -0.17), np.linspace(-0.01, 0.01, 6), np.full(6, 0.14)], 1)
    box = boxes.hug(np.concatenate([basket, bottle]).astype(np.float32), camera=np.array([-0.8, 0.0, 0.7]))
    assert np.abs(box.size[:2] - 0.26).max() < 0.02 and np.linalg.norm(box.center[:2]) < 0.02


def test_a_block_is_turned_as_it_lies():
    box = box_of(block((0.09, 0.05, 0.04), 0.5))
    assert abs((np.arctan2(box.R[1, 0], box.R[0, 0]) - 0.5 + np.pi / 2) % np.pi - np.pi / 2) < np.deg2rad(4)
    assert np.linalg.det(box.R) == pytest.approx(1)


def test_what_is_half_hidden_is_not_made_a_whole_smaller_thing():
    whole, half = box_of(ellipsoid((0.08, 0.08, 0.08), 0.0)), box_of(ellipsoid((0.08, 0.08, 0.08), 0.0), hidden=0.4)
    assert half.size[0] > 0.8 * whole.size[0]


def test_a_thing_on_another_stands_on_it():
    T = looking_down(45)
    depth, mask = seen(lambda o, d: block((0.05, 0.05, 0.05), 0.3)(o - [0, 0, 0.06], d), T)
    window = looks.window_of(mask)
    box = looks.box_of(depth, CAMERA, T, window, mask[window])
    assert box.center[2] - box.size[2] / 2 > 0.03
