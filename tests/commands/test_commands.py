"""Commands: a result as JSON, a sentence and a status when something is wrong, and no Qt for anything without a window."""

import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.cli import main
from core.storage.store import Store
from tests.core import named_things

ROOT = Path(__file__).resolve().parents[2]


def call(capsys, *arguments):
    status = main([str(a) for a in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_cells_are_listed_and_validated(capsys, tmp_path):
    status, out, _ = call(capsys, "cells", "--json")
    assert status == 0 and {c["name"] for c in json.loads(out)} >= {"fruit", "blocks"}
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "x"\n')
    status, _, err = call(capsys, "cells", bad)
    assert status == 1 and "No objects are listed" in err and "Traceback" not in err


def test_a_new_cell_works_by_its_file_alone(capsys, tmp_path):
    cell = tmp_path / "mine.toml"
    cell.write_text(
        """
        [[objects]]
        name = "sponge"
        kind = "sponge"
        [[objects]]
        name = "tray"
        kind = "tray"
        [[tasks]]
        id = "tidy"
        title = "Tidy up"
        words = "Put the sponge into the tray."
        goals = [{ kind = "inside", object = "sponge", reference = "tray" }]
        """
    )
    status, out, _ = call(capsys, "cells", cell, "--json")
    assert status == 0 and json.loads(out)[0]["tasks"] == ["tidy"]


@pytest.mark.parametrize("pace", ["nan", "0", "900"])
def test_a_pace_that_cannot_be_played_is_refused_in_words(capsys, tmp_path, pace):
    status, _, err = call(capsys, "play", tmp_path, "--fps", pace)
    assert status == 1 and f"{pace} pictures a second" in err and "1 suits stills" in err


def test_names_are_learned_listed_used_and_taken_back(capsys, tmp_path):
    status, _, err = call(capsys, "train", "identifier", "--data", tmp_path)
    assert status == 1 and "at least 2 names with 3 labels each" in err and not list((tmp_path / "versions").iterdir())
    store = Store(tmp_path, wall_s=time.time, who="test")
    named_things.name_things(store, per_kind=6, seed=1)
    store.close()
    status, out, _ = call(capsys, "train", "identifier", "--data", tmp_path, "--json")
    made = json.loads(out)
    assert status == 0 and (made["version"], made["state"], made["active"]) == (1, "passed", False)
    assert {c["name"] for c in made["score"]["classes"]} == set(named_things.KINDS)
    assert call(capsys, "push", "N1", "--data", tmp_path)[1] == "Things are named by N1.\n"
    status, out, _ = call(capsys, "versions", "--identifier", "--data", tmp_path, "--json")
    assert [(v["version"], v["active"]) for v in json.loads(out)] == [(1, True)]
    assert call(capsys, "check", "--data", tmp_path)[0] == 0
    (tmp_path / made["folder"] / "naming.safetensors").write_bytes(b"torn")
    status, out, _ = call(capsys, "check", "--data", tmp_path)
    assert status == 1 and "N1: The weights of that naming are not those that were checked" in out
    assert call(capsys, "push", "shipped", "--data", tmp_path)[1] == "Things are named as shipped.\n"
    status, _, err = call(capsys, "push", "N1", "--data", tmp_path)
    assert status == 1 and "not those that were checked" in err
    status, _, err = call(capsys, "train", "identifier", "--resume", "nothing", "--data", tmp_path)
    assert status == 1 and "no run nothing" in err


def test_identify_writes_masks_and_scenes(capsys, tmp_path):
    status, out, _ = call(capsys, "identify", "sim:fruit:2", "--out", tmp_path / "out", "--data", tmp_path / "none", "--json")
    assert status == 0 and json.loads(out)["frames"] == 3
    scenes = json.loads((tmp_path / "out" / "scenes.json").read_text())
    mask = cv2.imread(str(tmp_path / "out" / "0002-mask.png"), cv2.IMREAD_UNCHANGED)
    objects = scenes["frames"][2]["objects"]
    assert mask.dtype == np.uint16 and set(np.unique(mask)) - {0} == {o["instance"] for o in objects}
    assert len(objects) >= 3 and all(0.2 < o["center"][2] < 2.0 and o["name"] is None for o in objects)


def test_identify_names_its_masks_as_the_frames_of_a_folder_are_named(capsys, tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in (3, 7):
        cv2.imwrite(str(frames / f"{number:04d}-color.png"), np.full((48, 64, 3), 90, np.uint8))
        cv2.imwrite(str(frames / f"{number:04d}-depth.png"), np.full((48, 64), 800, np.uint16))
    numbers = {"fx": 60, "fy": 60, "cx": 32, "cy": 24, "width": 64, "height": 48, "depth_scale": 0.001, "registered": True}
    (frames / "camera.json").write_text(json.dumps(numbers))
    assert call(capsys, "identify", frames, "--out", tmp_path / "out", "--data", tmp_path / "none")[0] == 0
    assert sorted(p.name for p in (tmp_path / "out").glob("*-mask.png")) == ["0003-mask.png", "0007-mask.png"]
    assert [f["frame"] for f in json.loads((tmp_path / "out" / "scenes.json").read_text())["frames"]] == ["0003", "0007"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["identify", "nowhere", "--out", "OUT"], "not a folder"),
        (["identify", "sim:fruit", "--out", "OUT"], "sim:CELL:SEED"),
        (["loop", "--cell", "fruit", "--task", "nothing", "--demos", "1"], "has no task"),
        (["loop", "--cell", "fruit", "--task", "banana-in-basket", "--demos", "0"], "no demonstration"),
        (["push", "v1", "--task", "x", "--data", "OUT"], "which task"),
        (["run", "--cell", "fruit", "--task", "banana-in-basket", "--data", "OUT"], "No version"),
        (["trash", "empty", "--data", "OUT"], "final"),
        (["train", "policy", "--task", "x", "--data", "OUT"], "which task"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(capsys, tmp_path, arguments, words):
    status, _, err = call(capsys, *[str(tmp_path) if a == "OUT" else a for a in arguments])
    assert status == 1 and words in err and "Traceback" not in err and err.strip().endswith(".")


def test_an_empty_folder_checks_sound_and_lists_nothing(capsys, tmp_path):
    assert call(capsys, "check", "--data", tmp_path, "--json")[0] == 0
    assert json.loads(call(capsys, "episodes", "--data", tmp_path, "--json")[1]) == []
    assert json.loads(call(capsys, "versions", "--data", tmp_path, "--json")[1]) == []


def test_teach_train_push_run_and_trash_by_commands(capsys, tmp_path):
    common = ("--data", tmp_path, "--json")
    task = ("--cell", "blocks", "--task", "stack-two")
    assert call(capsys, "teach", *task, "--demos", 1, "--seed", 3, *common)[0] == 0
    (episode,) = json.loads(call(capsys, "episodes", "--task", "stack-two", *common)[1])
    assert episode["state"] == "kept" and episode["frames"] > 10 and episode["gaps"] == 0
    status, out, _ = call(capsys, "train", "policy", "--task", "stack-two", *common)
    version = json.loads(out)
    assert status == 0 and version["state"] == "passed" and version["manifest"]["episodes"] == [episode["id"]]
    assert call(capsys, "push", "v1", "--task", "stack-two", *common)[0] == 0
    result = json.loads(call(capsys, "run", *task, "--rollouts", 1, *common)[1])
    assert result["version"] == 1 and len(result["results"]) == 1
    kinds = {e["kind"] for e in json.loads(call(capsys, "episodes", *common)[1])}
    assert kinds == {"demonstration", "rollout"}
    assert call(capsys, "check", *common)[0] == 0


def test_the_loop_needs_no_qt(tmp_path):
    blocked = "import sys\nfor name in ('PySide6', 'pyqtgraph', 'qtawesome', 'OpenGL.GL'):\n    sys.modules[name] = None\n"
    code = (
        blocked
        + "from app.cli import main\nraise SystemExit(main(['loop', '--cell', 'fruit', '--task', 'banana-in-basket', '--demos', '0']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 1 and "no demonstration" in done.stderr
    code = blocked + "import app.jobs, app.operator, app.rig, app.operations, app.workers.factories"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode == 0
