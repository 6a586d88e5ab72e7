"""The figures of `pendant score`: instances on a folder of frames, names in other light and partly hidden."""

import json
from pathlib import Path

import cv2
import numpy as np

from app import score
from app.names_fit import best_of
from app.occlusion import covered
from app.score_names import Look, Terms, score_names, set_right
from app.sim_shots import shots
from core.cells import find_cell
from core.perception.names import LENGTH, Exemplar
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


def test_one_click_a_kind_is_scored_on_layouts_of_other_light():
    result = score_names("blocks", seeds=(3,), terms=Terms(named=3, frames=1, layouts=1))
    json.dumps(result)
    assert len(result["runs"][0]["named"]) == 3
    assert 0 <= result["right"] <= 1 and result["found"] > 0.5 and "corrected" not in result


def test_corrections_take_what_is_wrong_first_and_leave_strangers_alone():
    apart = np.eye(3, LENGTH, 40, dtype=np.float32) * 40
    exemplars = [Exemplar(0, "a", apart[0]), Exemplar(1, "b", apart[1])]
    wrong, sure, stranger = (Look(kind, where, None, 0.0) for kind, where in (("a", apart[2]), ("b", apart[1]), ("c", apart[2])))
    added = set_right([sure, stranger, wrong], ["a", "b"], exemplars, 5)[2:]
    assert [(e.class_id, e.vector.tolist()) for e in added] == [(0, apart[2].tolist())]


def test_what_cards_hide_is_no_more_than_they_should():
    cell = find_cell("fruit")
    for shot, camera in shots(cell, 4, "test", None, 1):
        hidden, left = covered(shot, camera.info(), 0.3, np.random.default_rng(1), chance=1.0)
    changed = (hidden.frame.color != shot.frame.color).any(2)
    assert (hidden.labels[~changed] == shot.labels[~changed]).all() and (hidden.frame.depth != shot.frame.depth).any()
    assert all(0 <= share <= 1 for share in left.values()) and min(left.values()) < 1


def test_the_fit_takes_a_reject_distance_between_the_looks_and_the_strangers():
    rng = np.random.default_rng(0)
    kinds = ["a", "b", "c"]
    centres = {k: rng.normal(0, 6, LENGTH).astype(np.float32) for k in kinds}
    bank = [Look(k, (centres[k] + rng.normal(0, 1, LENGTH)).astype(np.float32), None, 0.0) for k in kinds for _ in range(30)]
    best = best_of(bank, kinds, [(centres, {"a", "b"}), (centres, {"b", "c"})])
    assert best["right"] > 0.95 and best["unknown_caught"] > 0.95 and best["calibration_error"] < 0.05


def test_what_lies_in_a_basket_stays_a_thing_of_its_own():
    result = score.score_instances([Path("sim:fruit:90003:filled")])["sim:fruit:90003:filled"]
    assert result["frames"] == 4 and result["objects_over_75"] == 100


def test_three_things_in_a_basket_are_told_from_it_and_from_each_other():
    scores = score.score_instances([Path("sim:fruit:90006:full"), Path("sim:fruit:90008:full")])
    assert [s["objects_over_75"] for s in scores.values()] == [100, 100]
