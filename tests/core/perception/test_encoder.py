import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from app.encoder_training import train_encoder
from app.stalls import KINDS, stall_looks
from core.errors import WeightsError
from core.perception import encoder, handmade
from core.perception.encoder_network import EncoderNetwork, tensors_of
from core.perception.encoder_training import Settings, Training, gathered
from core.perception.synthesis import views

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def stall():
    return list(stall_looks(3))


def crop(light: float = 1.0):
    part = np.zeros((30, 40), bool)
    part[4:26, 5:35] = True
    color = np.full((30, 40, 3), (150 * light, 100 * light, 50 * light), np.uint8)
    color[:, 20:] = (60 * light, 120 * light, 90 * light)
    return color, np.full((30, 40), 0.7, np.float32), (slice(0, 30), slice(0, 40)), part


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
    color, depth_m, window, part = crop()
    changed = color.copy()
    changed[~part] = 255
    assert np.array_equal(encoder.shown(color, depth_m, window, part, 200.0), encoder.shown(changed, depth_m, window, part, 200.0))


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


def test_a_stall_shows_its_look_alikes_in_usual_light_first(stall):
    found = stall[:KINDS]
    assert len({x.kind for x in found}) > KINDS / 2
    assert all(x.plain and x.family == x.kind // 2 and x.view.mask.any() for x in found)


def test_training_learns_to_tell_made_up_kinds_apart(stall):
    shown = gathered((x.view, x.kind, x.family, x.plain) for x in stall)
    training = Training(shown, Settings(steps=100, batch=4))
    (_, loss, right), *_ = training.run(lambda *_: None, lambda: False).curve
    assert right > 0.3 and loss < 4


def test_the_job_leaves_weights_that_can_be_used_and_says_how_they_were_made(tmp_path):
    told = []
    manifest = train_encoder(tmp_path, Settings(stalls=1, steps=2, batch=2, held_stalls=1), told.append, lambda: False)
    assert json.loads((tmp_path / "names.json").read_text()) == json.loads(json.dumps(manifest))
    assert encoder.read_encoder(tmp_path / "names.safetensors").version == manifest["weights"]
    assert told[-1].done == told[-1].total


def before_a_wall(near: float | None):
    """A thing 0.6 m away before a wall; `near`: how far off a card is that hides its right half, None: its outline is its own."""
    depth_m = np.full((60, 80), 0.9, np.float32)
    depth_m[20:40, 20:60] = 0.6
    part = np.ones((20, 40), bool)
    if near is not None:
        depth_m[:, 40:] = near
        part = part[:, :20]
    return depth_m, (slice(20, 40), slice(20, 20 + part.shape[1])), part


def test_an_outline_is_cut_short_where_something_nearer_hides_the_rest():
    cut = encoder.cut_short(*before_a_wall(0.5))
    assert cut[:, -1].all() and not cut[1:-1, :-1].any() and not cut[:, : -encoder.MARGIN_PX].any()


@pytest.mark.parametrize("near", [None, 0.9, 0.598], ids=["nothing beside it", "a wall behind it", "something as far off"])
def test_an_outline_of_its_own_is_not_cut_short(near):
    assert not encoder.cut_short(*before_a_wall(near)).any()


def test_the_pictures_edge_cuts_a_thing_short():
    depth_m, (rows, _), part = before_a_wall(None)
    depth_m = np.roll(depth_m, -20, axis=1)
    cut = encoder.cut_short(depth_m, (rows, slice(0, 40)), part)
    assert cut[:, 0].all() and not cut[:, 1:].any()


def test_a_card_hides_the_share_that_it_should_and_stands_in_front():
    rng = np.random.default_rng(5)
    mask = np.zeros((40, 60), bool)
    mask[8:32, 8:52] = True
    for share in (0.0, 0.1, 0.3):
        card = views.hidden_side(mask, share, rng)
        assert abs((card & mask).sum() / mask.sum() - share) < 0.03
    depths = [views.in_front(np.full(mask.shape, 0.7, np.float32), mask & ~card, card, np.random.default_rng(s)) for s in range(20)]
    told = [d for d in depths if (d[card] != 0.7).all()]
    assert 10 < len(told) < 20 and all(0.56 < d[card].mean() < 0.69 and (d[~card] == 0.7).all() for d in told)
