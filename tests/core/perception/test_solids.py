"""Outlines give exact boxes: of blocks and round things, not of anything else."""

import cv2
import numpy as np
import pytest

from core.motion.targets import pose
from core.perception.solids import _block, _can, _ellipsoid, fit
from core.types import OrientedBox

K = np.array([[615.0, 0, 320], [0, 615, 240], [0, 0, 1]])


def camera():
    """P (3, 4) of a camera a metre away, looking at the table at 35 degrees."""
    eye, at = np.array([1.06, 0.04, 0.72]), np.array([0.345, 0.04, 0.045])
    z = (at - eye) / np.linalg.norm(at - eye)
    x = np.cross(z, [0, 0, 1.0])
    x /= np.linalg.norm(x)
    R = np.stack([x, np.cross(z, x), z])
    return K @ np.column_stack([R, -R @ eye])


def box(x, y, yaw, size):
    return OrientedBox(center=np.array([x, y, size[2] / 2]), size=np.array(size), R=pose(np.zeros(3), yaw)[:3, :3])


def outline_in_pixels(shape, values):
    """As a mask would give it: drawn, then followed again, so good to half a pixel."""
    image = np.zeros((480, 640), np.uint8)
    cv2.fillConvexPoly(image, np.rint(shape(np.array(values), camera())).astype(np.int32), 1)
    contours, _ = cv2.findContours(image, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.convexHull(contours[0])[:, 0].astype(np.float32)


@pytest.mark.parametrize("yaw", [-1.2, -0.4, 0.1, 0.7, 1.4])
def test_a_block_from_a_poor_start(yaw):
    outline = outline_in_pixels(_block, [0.40, -0.1, yaw, 0.075, 0.045, 0.045])
    found, overlap = fit(outline, camera(), box(0.393, -0.096, yaw + 0.14, (0.07, 0.05, 0.05)), 0.048)
    assert overlap > 0.96
    assert np.linalg.norm(found.center[:2] - [0.40, -0.1]) < 0.004
    turned = np.arctan2(found.R[1, 0], found.R[0, 0]) - yaw
    assert abs((turned + np.pi / 2) % np.pi - np.pi / 2) < np.deg2rad(3)


@pytest.mark.parametrize(
    ("shape", "height", "start", "within"), [(_ellipsoid, 0.066, (0.058, 0.055, 0.07), 0.008), (_can, 0.05, (0.08, 0.055, 0.05), 0.006)]
)
def test_what_is_round_is_not_taken_for_a_block(shape, height, start, within):
    outline = outline_in_pixels(shape, [0.35, 0.1, 0.0, 0.07, 0.07, height])
    found, overlap = fit(outline, camera(), box(0.341, 0.1, 0.3, start), height)
    assert overlap > 0.96
    assert np.linalg.norm(found.center[:2] - [0.35, 0.1]) < 0.005
    assert np.abs(found.size[:2] - 0.07).max() < within


def test_a_mark_keeps_its_height():
    outline = outline_in_pixels(_block, [0.40, 0.0, 0.5, 0.11, 0.075, 0.002])
    found, overlap = fit(outline, camera(), box(0.405, 0.004, 0.4, (0.12, 0.08, 0.004)), 0.004)
    assert overlap > 0.96 and found.size[2] == pytest.approx(0.004)
    assert np.linalg.norm(found.center[:2] - [0.40, 0.0]) < 0.003


def test_what_is_bent_fits_neither():
    angle = np.linspace(0, 2 * np.pi, 5, endpoint=False)
    star = np.stack([320 + 40 * np.cos(angle), 240 + 40 * np.sin(angle) * (1 + 0.4 * np.cos(angle))], 1).astype(np.float32)
    _, overlap = fit(cv2.convexHull(star)[:, 0], camera(), box(0.345, 0.04, 0.0, (0.08, 0.08, 0.02)), 0.02)
    assert overlap < 0.945
