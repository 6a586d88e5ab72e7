"""Overlap and boundary F on real frames: geometry at or above the plain baseline, geometry with the network well ahead of it."""

from functools import cache, partial

import numpy as np
import pytest

from core.geometry import plane_of
from core.perception import segment
from core.perception.identify import GeometricIdentifier
from core.perception.propose import propose
from core.perception.score import mean_score, score_instances
from core.types import Frame
from tests.core.perception.real import camera_of, real_frames, real_pictures

BASELINE = {
    "mosd-kinect": (79.9, 69.7),
    "graspnet6dof-realsense": (85.7, 72.0),
    "uoc-realsense": (87.1, 63.0),
    "posecnnpt-realsense": (85.3, 53.1),
    "m2t2-realsense": (89.5, 61.1),
    "gqcnn-primesense": (89.8, 86.9),
    "cleargrasp-d435": (47.1, 20.6),
    "cleargrasp-d435 transparent": (11.0, 6.3),
}
TRANSPARENT = ("0001", "0003")


@pytest.mark.parametrize("name", list(BASELINE)[:-1])
def test_geometry_is_at_or_above_the_baseline(name):
    score = _scored(name, propose)
    overlap, boundary = BASELINE[name]
    assert score["overlap_f"] >= overlap and score["boundary_f"] >= boundary, score


@pytest.mark.parametrize("name", BASELINE)
def test_geometry_and_network_are_ahead_of_the_baseline(name):
    score = _combined(name)
    overlap, boundary = BASELINE[name]
    assert score["overlap_f"] > overlap and score["boundary_f"] > boundary, score


def test_geometry_and_network_are_ahead_by_ten_points_of_boundary_on_average():
    gains = [_combined(name)["boundary_f"] - boundary for name, (_, boundary) in BASELINE.items()]
    assert sum(gains) / len(gains) >= 10, gains


@cache
def _combined(name):
    return _scored(name, partial(propose, segmenter=segment.load()))


def _scored(name, proposer):
    rows = []
    for number, color, depth, depth_m, camera, true, ignored in real_frames(name.split()[0]):
        if name.startswith("cleargrasp") and (number in TRANSPARENT) != name.endswith("transparent"):
            continue
        labels = proposer(color, depth_m, camera).labels
        if name.startswith("mosd"):
            labels[depth == 0] = 0
        rows.append(score_instances(labels, true, ignored))
    return mean_score([r for r in rows if r is not None])


def seen_after_each_other(name, numbers):
    """Of frames that one identifier saw after each other, and of the last one that a new identifier saw: the scenes."""
    shown = [(color, depth) for k, color, depth in real_pictures(name) if k in numbers]
    info = camera_of(name, *shown[0])
    frames = [Frame(camera=info.id, seq=n, t_device_ns=0, t_host_ns=n, depth=depth, color=color) for n, (color, depth) in enumerate(shown)]
    followed = GeometricIdentifier()
    scenes = [followed.identify(frame, info, None) for frame in frames]
    return scenes[-1], GeometricIdentifier().identify(frames[-1], info, None)


@pytest.mark.parametrize("numbers", [("0007", "0008"), ("0016", "0017")])
def test_the_table_of_another_picture_is_not_taken_for_this_ones(numbers):
    after, alone = seen_after_each_other("mosd-kinect", numbers)
    assert (after.labels != alone.labels).mean() < 0.01


def test_the_table_is_followed_under_a_camera_in_the_hand():
    after, alone = seen_after_each_other("seq-redkitchen-kinect", [f"{n:04d}" for n in range(0, 60, 2)])
    followed, fitted = (plane_of(scene.T_base_camera) for scene in (after, alone))
    assert np.degrees(np.arccos(min(1.0, followed.normal @ fitted.normal))) < 2.5 and abs(followed.d - fitted.d) < 0.02
