"""Where no table is in view: bins, shelves, heaps that fill the picture, real things whose table is cut away."""

from functools import cache

import cv2
import numpy as np
import pytest

from core.geometry import Plane, plane_of
from core.perception import segment
from core.perception.propose import propose
from core.perception.score import mean_score, score_instances
from core.perception.support import find_support
from core.perception.synthesis.hard import KINDS, hard_scene
from core.registration import register_depth
from tests.core.perception.real import real_frames
from tests.core.perception.scenes import CAMERA, Scene, Solid, looking_down

GREY, RED, BLUE = (120, 120, 120), (190, 40, 40), (40, 60, 180)


def stacked(tilt=70.0):
    """A wide carton near the camera, and lower ones of many heights around it that run out of the picture: nothing else is seen."""
    around = []
    for i, x in enumerate((-0.4, -0.2, 0.0, 0.2, 0.4)):
        for j, y in enumerate((-0.4, -0.2, 0.0, 0.2, 0.4)):
            height = 0.05 + 0.013 * ((3 * i + 5 * j) % 8)
            around.append(Solid("box", (x, y, height / 2), (0.19, 0.19, height), BLUE if (i + j) % 2 else GREY))
    return Scene([*around, Solid("box", (0.0, 0.0, 0.2), (0.24, 0.2, 0.08), RED)], looking_down(tilt, 0.75), table=False)


@cache
def segmenter():
    return segment.load()


def test_a_lid_with_all_else_lying_lower_is_not_the_table():
    scene = stacked()
    color, depth, labels = scene.render()
    metres = depth.astype(np.float32) * np.float32(1e-4)
    support = find_support(metres, metres > 0, CAMERA)
    assert support is not None
    lid = labels == len(scene.solids)
    assert support.above[lid].mean() > 0.9 and support.table[lid].mean() < 0.02
    found = propose(color, metres, CAMERA, segmenter=segmenter()).labels
    assert score_instances(found, labels).objects[len(scene.solids)] > 0.85


def test_a_known_table_that_is_covered_stays_the_ground():
    scene = stacked()
    _, depth, _ = scene.render()
    metres = depth.astype(np.float32) * np.float32(1e-4)
    known = plane_of(scene.T)
    support = find_support(metres, metres > 0, CAMERA, expected=known)
    assert support is not None and not support.seen
    assert np.allclose(support.plane.normal, known.normal) and support.plane.d == pytest.approx(known.d)


# A picture of a bin from the far side: more of the side that leans to the camera is seen than of the floor.
@pytest.mark.parametrize(("tilt", "beside", "back"), [(50, 0.0, 0.0), (55, -0.1, 0.0), (55, 0.1, 0.0), (72, 0.0, -0.05)])
def test_the_floor_of_a_bin_is_the_table_and_not_its_largest_side(tilt, beside, back):
    T = looking_down(tilt, 0.55)
    T[:2, 3] += beside, back
    balls = [Solid("ball", (-0.08, 0.03, 0.035), (0.07, 0.07, 0.07), RED), Solid("ball", (0.05, -0.05, 0.03), (0.06, 0.06, 0.06), BLUE)]
    color, depth, labels = Scene([*balls, Solid("hollow", (0, 0, 0), (0.36, 0.26, 0.8), GREY)], T, table=False, noise_m=0.002).render()
    metres = depth.astype(np.float32) * np.float32(1e-4)
    found = propose(color, metres, CAMERA, segmenter=segmenter())
    assert found.plane is not None and found.plane.normal @ plane_of(T).normal > 0.999
    scores = score_instances(found.labels, np.where(labels == len(balls) + 1, 0, labels))
    assert scores is not None and min(scores.objects.values()) > 0.9
    inward = np.array([0, -1.0, 0.8]) / np.hypot(1, 0.8)
    side = Plane(T[:3, :3].T @ inward, float(inward @ T[:3, 3] + 0.13 / np.hypot(1, 0.8)))
    followed = find_support(metres, metres > 0, CAMERA, expected=side, certain=False)
    assert followed is not None and followed.plane.normal @ plane_of(T).normal > 0.999


# Without the ground under everything heap 904 is taken for its largest lid: 53 instead of 71 on these heaps. Hands taken for things: 62.
HARD = [("bin", (900, 901), 55), ("shelf", (900, 901), 70), ("heap", (900, 904, 905), 65), ("hands", (900, 901, 902, 903), 70)]


@pytest.mark.parametrize(("kind", "seeds", "least"), HARD)
def test_things_are_told_apart_without_a_table_and_under_hands(kind, seeds, least):
    rows = []
    for seed in seeds:
        scene = hard_scene(kind, seed, shrink=2)
        depth_m = register_depth(scene.depth, scene.camera)
        rows.append(score_instances(propose(scene.color, depth_m, scene.camera.color, segmenter=segmenter()).labels, scene.things))
    assert mean_score([r for r in rows if r is not None])["overlap_f"] > least


@pytest.mark.parametrize("name", ["mosd-kinect", "uoc-realsense"])
def test_real_things_are_told_apart_when_their_table_is_cut_away(name):
    rows = []
    for number, color, depth, depth_m, camera, true, _ in real_frames(name):
        if number > "0003":
            break
        found = propose(color, _cut(depth_m, true, camera.fx), camera, segmenter=segmenter()).labels
        if name.startswith("mosd"):
            found[depth == 0] = 0
        rows.append(score_instances(found, true))
    assert mean_score([r for r in rows if r is not None])["overlap_f"] > 85


def _cut(depth_m, true, focal, margin_m=0.015):
    """Depth of the things and of a rim of table about them."""
    radius = round(margin_m * focal / float(np.median(depth_m[(true > 0) & (depth_m > 0)])))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.where(cv2.dilate((true > 0).astype(np.uint8), disc) > 0, depth_m, 0).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_hard_scenes_are_sound(kind):
    scene = hard_scene(kind, 3, shrink=4)
    assert scene.color.shape[:2] == scene.things.shape and scene.things.max() >= 1
    again = hard_scene(kind, 3, shrink=4)
    assert np.array_equal(scene.depth, again.depth) and np.array_equal(scene.color, again.color)
    assert (scene.depth > 0).mean() > 0.1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.0])
def test_depth_that_is_no_distance_counts_as_missing(value):
    thing = Scene([Solid("box", (0, 0, 0.04), (0.1, 0.1, 0.08), RED)])
    color, depth, _ = thing.render()
    metres = depth.astype(np.float32) * np.float32(1e-4)
    torn = metres.copy()
    torn[:60] = 0
    spoilt = torn.copy()
    spoilt[:60] = value
    assert np.array_equal(propose(color, spoilt, CAMERA).labels, propose(color, torn, CAMERA).labels)
