"""Overlap and boundary F on real frames: geometry at or above the plain baseline, geometry with the network well ahead of it."""

from functools import cache, partial

import pytest

from core.perception import segment
from core.perception.propose import propose
from core.perception.score import mean_score, score_instances
from tests.core.perception.real import real_frames

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
