import json
from itertools import islice

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from app.encoder_training import train_encoder
from app.stalls import KINDS, stall_looks
from core.errors import WeightsError
from core.perception import encoder, handmade
from core.perception.encoder_network import EncoderNetwork, tensors_of
from core.perception.encoder_training import Settings, Training, made_looks
from core.perception.synthesis import views


def crop(light: float = 1.0):
    part = np.zeros((30, 40), bool)
    part[4:26, 5:35] = True
    color = np.full((30, 40, 3), (150 * light, 100 * light, 50 * light), np.uint8)
    color[:, 20:] = (60 * light, 120 * light, 90 * light)
    return color, np.full((30, 40), 0.7, np.float32), part


def network() -> EncoderNetwork:
    torch.manual_seed(3)
    made = EncoderNetwork(np.full(handmade.LENGTH, 0.5, np.float32), np.full(handmade.LENGTH, 2.0, np.float32))
    made.body[0][1].running_mean += 0.2
    return made.eval()


def test_what_the_network_is_shown_does_not_depend_on_the_light():
    bright, dim = (encoder.shown(*crop(light), 200.0 * light) for light in (1.0, 0.5))
    assert bright.shape == (encoder.CHANNELS, encoder.SIDE, encoder.SIDE)
    assert np.abs(bright - dim).max() < 0.02


def test_nothing_outside_the_mask_is_shown():
    color, depth_m, part = crop()
    changed = color.copy()
    changed[~part] = 255
    assert np.array_equal(encoder.shown(color, depth_m, part, 200.0), encoder.shown(changed, depth_m, part, 200.0))


def test_the_network_in_numpy_answers_as_the_one_that_was_trained(tmp_path):
    trained = network()
    save_file({k: v.numpy() for k, v in tensors_of(trained, 2.0).items()}, tmp_path / "names.safetensors")
    planes, measures = torch.randn(1, encoder.CHANNELS, encoder.SIDE, encoder.SIDE), torch.randn(1, handmade.LENGTH)
    with torch.inference_mode():
        wanted = trained(planes, measures)[0].numpy() * 2.0 * np.sqrt(encoder.WIDTH) / float(trained.reject)
    answer = encoder.read_encoder(tmp_path / "names.safetensors")(planes[0].numpy(), measures[0].numpy())
    assert np.allclose(answer, wanted, atol=1e-4)


@pytest.mark.parametrize("damage", ["missing", "torn", "foreign", "endless"])
def test_weights_that_cannot_be_used_are_refused_in_a_sentence(tmp_path, damage):
    path = tmp_path / "names.safetensors"
    if damage == "torn":
        path.write_bytes(encoder.WEIGHTS.read_bytes()[:1000])
    if damage == "foreign":
        save_file({"other": np.zeros(3, np.float32)}, path)
    if damage == "endless":
        tensors = {k: v.numpy() for k, v in tensors_of(network(), 2.0).items()}
        save_file({**tensors, "mean": np.full(handmade.LENGTH, np.nan, np.float32)}, path)
    with pytest.raises(WeightsError, match=r"names\.safetensors"):
        encoder.read_encoder(path)


def test_looks_at_one_made_up_kind_share_its_colour_and_the_same_seed_gives_the_same_look():
    kind = views.family(np.random.default_rng(4), 2)[0]
    first, again = (views.view(kind, np.random.default_rng(9), plain=True) for _ in range(2))
    assert first is not None and again is not None
    assert np.array_equal(first.color, again.color) and np.array_equal(first.depth_m, again.depth_m)
    other = views.view(kind, np.random.default_rng(10), plain=True)
    assert other is not None
    tones = [v.color[v.mask].astype(float).mean(0) for v in (first, other)]
    assert np.abs(tones[0] / tones[0].sum() - tones[1] / tones[1].sum()).max() < 0.05


def test_a_stall_shows_its_look_alikes_in_usual_light_first():
    found = list(islice(stall_looks(3), KINDS))
    assert len({x.kind for x in found}) > KINDS / 2
    assert all(x.plain and x.family == x.kind // 2 and x.view.mask.any() for x in found)


def test_training_learns_to_tell_made_up_kinds_apart():
    shown = made_looks(2, 6, lambda *_: None, lambda: False)
    training = Training(shown, Settings(steps=100, batch=4))
    (_, loss, right), *_ = training.run(lambda *_: None, lambda: False).curve
    assert right > 0.3 and loss < 4


def test_the_job_leaves_weights_that_can_be_used_and_says_how_they_were_made(tmp_path):
    told = []
    manifest = train_encoder(tmp_path, Settings(families=2, stalls=0, steps=2, batch=2, held_families=2), told.append, lambda: False)
    assert json.loads((tmp_path / "names.json").read_text()) == json.loads(json.dumps(manifest))
    assert encoder.read_encoder(tmp_path / "names.safetensors").version == manifest["weights"]
    assert told[-1].done == told[-1].total
