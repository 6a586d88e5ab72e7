"""The learned segmenter: weights at rest, training, and how pieces are joined by evidence."""

import json
import signal

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.commands.identifier import interrupted
from app.identifier_training import train_identifier
from core.errors import WeightsError
from core.perception import segment
from core.perception.evidence import agglomerate
from core.perception.propose import propose
from core.perception.score import score_instances
from core.perception.standard import standard_identifier
from core.perception.training import Settings, Training, prepared
from core.perception.weights import FILE, MANIFEST
from tests.core.perception.scenes import Scene, Solid


def test_the_shipped_weights_load_and_are_what_their_manifest_says():
    segmenter = segment.load()
    manifest = json.loads(segment.WEIGHTS.with_suffix(".json").read_text())
    assert segmenter.version == manifest["weights"] and manifest["command"].startswith("pendant train identifier --synthetic")
    assert segment.WEIGHTS.stat().st_size == manifest["bytes"] < 2_000_000
    assert segmenter.version in standard_identifier().version


def _torn(path):
    path.write_bytes(segment.WEIGHTS.read_bytes()[:-1000])


def _foreign(path):
    save_file({"state": np.zeros(4, np.float32)}, str(path))


def _hostile(path):
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")


def _not_numbers(path):
    tensors = load_file(str(segment.WEIGHTS))
    tensors["head.bias"] = np.full_like(tensors["head.bias"], np.nan)
    save_file(tensors, str(path))


def _huge(path):
    with path.open("wb") as file:
        file.truncate(100_000_000)


@pytest.mark.parametrize("damage", [_torn, _foreign, _hostile, _not_numbers, _huge, lambda path: None])
def test_damaged_weights_are_refused_in_a_sentence(tmp_path, damage):
    path = tmp_path / "identifier.safetensors"
    damage(path)
    with pytest.raises(WeightsError, match=r"identifier\.safetensors.* \w+\."):
        segment.load(path)


@pytest.mark.parametrize("damage", [_torn, _not_numbers, lambda path: None])
def test_an_operator_goes_on_with_geometry_alone_and_is_told(tmp_path, damage):
    path = tmp_path / "identifier.safetensors"
    damage(path)
    with pytest.raises(WeightsError):
        standard_identifier(weights=path)
    identifier = standard_identifier(weights=path, lenient=True, live=True)
    table = Scene([Solid("box", (0, 0, 0.04), (0.1, 0.1, 0.08), (190, 40, 40))])
    scene = identifier.identify(table.frame()[0], table.info(), None)
    assert len(scene.detections) == 1 and "combined" not in scene.identifier
    assert scene.notice.startswith("Things are told apart by geometry alone. identifier.safetensors")


def test_sound_weights_have_nothing_to_say():
    assert standard_identifier(lenient=True).notice == ""


def test_a_short_training_lowers_the_loss_and_goes_on_from_its_checkpoint(tmp_path):
    settings = Settings(minutes=100, batch=2, fresh=1)
    training = Training(tmp_path, settings)
    shown = [s for s in map(prepared, range(900, 904)) if s is not None]

    def loss(trained):
        return sum(trained._loss(trained.network, [s]).item() for s in shown)

    before, asked = loss(training), iter(range(1000))
    training.run(lambda course, value: None, lambda: next(asked) >= 30)
    assert loss(training) < 0.9 * before
    again = Training(tmp_path, settings)
    assert again.course.step == 30 and again.course.scenes == training.course.scenes
    assert loss(again) == pytest.approx(loss(training), rel=1e-3)
    (tmp_path / "identifier-checkpoint.safetensors").write_bytes(b"torn")
    with pytest.raises(WeightsError, match="torn"):
        Training(tmp_path, settings)


def test_stopped_at_once_it_leaves_weights_that_load(tmp_path):
    told = []
    manifest = train_identifier(tmp_path, Settings(minutes=1, batch=1), told.append, lambda: True)
    assert segment.load(tmp_path / FILE).version == manifest["weights"] == json.loads((tmp_path / MANIFEST).read_text())["weights"]
    assert told[-1].done == told[-1].total


def test_ctrl_c_is_a_question_while_training():
    before = signal.getsignal(signal.SIGINT)
    with interrupted() as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGINT)
        assert stopped()
    assert signal.getsignal(signal.SIGINT) is before


def test_the_surest_pieces_are_joined_first_and_the_unsure_stay_apart():
    total, count = np.zeros((4, 4)), np.zeros((4, 4))
    for a, b, mean in ((1, 2, 0.9), (2, 3, 0.4), (1, 3, 0.2)):
        total[a, b] = total[b, a] = 20 * mean
        count[a, b] = count[b, a] = 20
    cluster = agglomerate(total, count, least=0.5, enough=8)
    assert cluster[1] == cluster[2] != cluster[3] and cluster[0] == 0


def test_evidence_parts_what_touches_and_keeps_what_is_one():
    scene = Scene(
        [
            Solid("box", (-0.05, 0, 0.05), (0.1, 0.1, 0.1), (190, 40, 40)),
            Solid("box", (0.04, -0.03, 0.025), (0.08, 0.1, 0.05), (40, 60, 180)),
            Solid("ball", (0.2, 0.05, 0.04), (0.08, 0.08, 0.08), (40, 150, 60)),
        ]
    )
    color, depth, labels = scene.render()
    found = propose(color, depth * np.float32(1e-4), scene.camera, segmenter=segment.load()).labels
    score = score_instances(found, labels)
    assert score is not None and min(score.objects.values()) > 0.8 and found.max() == 3
