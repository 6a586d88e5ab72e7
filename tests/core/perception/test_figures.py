"""The figures of `pendant score`: instances on a folder of frames, the fit of the names' reject distance."""

import json
from pathlib import Path

import cv2
import numpy as np

from app import score
from core.perception.names import LENGTH
from tests.core.perception.scenes import CAMERA, Scene, Solid


def test_instances_of_a_folder_of_frames(tmp_path):
    folder = tmp_path / "table"
    folder.mkdir()
    scene = Scene(
        [Solid("box", (-0.1, 0, 0.04), (0.1, 0.06, 0.08), (180, 40, 30)), Solid("ball", (0.1, 0, 0.04), (0.08,) * 3, (40, 150, 60))]
    )
    color, depth, labels = scene.render()
    cv2.imwrite(str(folder / "0000-color.png"), color[..., ::-1])
    cv2.imwrite(str(folder / "0000-depth.png"), depth)
    cv2.imwrite(str(folder / "0000-mask.png"), labels.astype(np.uint8))
    numbers = {k: getattr(CAMERA, k) for k in ("fx", "fy", "cx", "cy", "width", "height")}
    (folder / "camera.json").write_text(json.dumps({**numbers, "depth_scale": 1e-4}))
    result = score.score_instances([folder])["table"]
    assert result["frames"] == 1 and result["objects"] == 2
    assert result["overlap_f"] > 85 and result["objects_over_75"] == 100
    json.dumps(result)


def test_the_fit_takes_a_reject_distance_between_the_looks_and_the_strangers():
    rng = np.random.default_rng(0)
    kinds = ["a", "b", "c"]
    centres = {k: rng.normal(0, 6, LENGTH).astype(np.float32) for k in kinds}
    bank = [score.Look(k, (centres[k] + rng.normal(0, 1, LENGTH)).astype(np.float32), None, 0.0) for k in kinds for _ in range(30)]
    best = score.best_of(bank, kinds, [(centres, {"a", "b"}), (centres, {"b", "c"})])
    assert best["right"] > 0.95 and best["unknown_caught"] > 0.95 and best["calibration_error"] < 0.05


def test_what_lies_in_a_basket_stays_a_thing_of_its_own():
    result = score.score_instances([Path("sim:fruit:90003:filled")])["sim:fruit:90003:filled"]
    assert result["frames"] == 4 and result["objects_over_75"] == 100
