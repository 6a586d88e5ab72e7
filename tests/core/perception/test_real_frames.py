"""Overlap and boundary F on real frames, at or above the plain baseline of the shared data's README."""

import os
from pathlib import Path

import cv2
import pytest

from core.geometry import register_depth
from core.perception.propose import propose
from core.perception.score import mean_score, score_instances
from devices.playback import frame_pairs, read_camera_info, read_color, read_depth

REAL = Path(os.environ.get("PENDANT_SHARED", "../shared")) / "data" / "real"
BASELINE = {
    "mosd-kinect": (79.9, 69.7),
    "graspnet6dof-realsense": (85.7, 72.0),
    "uoc-realsense": (87.1, 63.0),
    "posecnnpt-realsense": (85.3, 53.1),
    "m2t2-realsense": (89.5, 61.1),
    "gqcnn-primesense": (89.8, 86.9),
    "cleargrasp-d435": (47.1, 20.6),
}


@pytest.mark.parametrize("name", BASELINE)
def test_at_or_above_the_baseline(name):
    folder = REAL / name
    if not folder.is_dir():
        pytest.skip("the shared real frames are not here (PENDANT_SHARED)")
    rows = []
    for color_path, depth_path in frame_pairs(folder):
        frame = color_path.name[:4]
        truth = next((p for p in (folder / f"{frame}-mask.png", folder / f"{frame}-handmask.png") if p.exists()), None)
        if truth is None or (name.startswith("cleargrasp") and frame in ("0001", "0003")):
            continue
        color, depth = read_color(color_path), read_depth(depth_path)
        info = read_camera_info(folder / "camera.json", id=name, fps=15, color=color, depth=depth)
        labels = propose(color, register_depth(depth, info), info.color).labels
        if name.startswith("mosd"):
            labels[depth == 0] = 0
        ignore = folder / f"{frame}-ignore.png"
        rows.append(score_instances(labels, cv2.imread(str(truth), -1), cv2.imread(str(ignore), -1) if ignore.exists() else None))
    score = mean_score([r for r in rows if r is not None])
    overlap, boundary = BASELINE[name]
    assert score["overlap_f"] >= overlap and score["boundary_f"] >= boundary, score
