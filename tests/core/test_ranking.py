"""What the demonstrations prefer is learned by gradient steps, and used only where it foretells better than the rule."""

import numpy as np
import pytest
import torch

from core.learning import ranking
from core.learning.dataset import NOTHING_PICKED, Snapshot
from core.learning.descent import descend
from core.learning.learned import learn_parts
from core.learning.progress import quiet
from core.learning.ranking import Choice, RankingProblem
from core.learning.train import train_policy
from core.learning.versions import Manifest, load_version
from core.policies.pickplace import PickPlacePolicy
from tests.core import drawn

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")


def learned_from(demonstrations, folder):
    """A policy with its learned parts, and the verdicts."""
    policy = PickPlacePolicy()
    policy.fit(demonstrations, [])
    found = learn_parts(policy, demonstrations, seed=1, folder=folder, told=lambda *_: None)
    policy.fitted = found.fitted
    return policy, found


@pytest.mark.parametrize("preference", [drawn.biggest, drawn.leftmost, drawn.reddest])
def test_a_preference_that_only_the_demonstrations_hold_is_learned(preference, tmp_path):
    policy, found = learned_from(drawn.shown(preference, 12, 5), tmp_path)
    assert found.ranking.startswith("learned, ") and "picks foretold, the rule" in found.ranking
    rng = np.random.default_rng(77)
    tables = [drawn.fruit_and_basket(rng) for _ in range(40)]
    right = sum(policy.propose(table).pick == preference(table, rng) for table in tables)
    assert right >= 34


@pytest.mark.parametrize("seed", [1, 2])
def test_where_there_is_no_preference_the_rule_stays(seed, tmp_path):
    policy, found = learned_from(drawn.shown(drawn.anyone, 14, seed), tmp_path)
    assert policy.fitted.ranking is None
    assert found.ranking.startswith("not used, no better than the rule: ")


def test_with_few_choices_it_says_how_many_it_needs(tmp_path):
    policy, found = learned_from(drawn.shown(drawn.biggest, 3, 5), tmp_path)
    assert policy.fitted.ranking is None and found.loss == []
    assert found.ranking == "not used, it needs 5 choices and was shown 3"


def test_the_same_seed_and_data_give_the_same_weights(tmp_path):
    shown = drawn.shown(drawn.biggest, 8, 4)
    weights = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        policy, found = learned_from(shown, tmp_path / name)
        weights.append((policy.fitted.ranking.linear, found.loss))
    np.testing.assert_array_equal(weights[0][0], weights[1][0])
    assert weights[0][1] == weights[1][1]


def problem(seed=6, count=9):
    policy = PickPlacePolicy()
    demonstrations = drawn.shown(drawn.biggest, count, seed)
    policy.fit(demonstrations, [])
    return RankingProblem([Choice(*policy.choice(d)) for d in demonstrations], CPU)


class CutOff(Exception):
    """The process is gone."""


def test_going_on_after_a_cut_equals_never_having_stopped(tmp_path):
    whole = descend(problem(), seed=3, steps=120, checkpoint=tmp_path / "whole", device=CPU, told=lambda *_: None)

    def die(done, total, curve, notice):
        if done >= 60:
            raise CutOff

    with pytest.raises(CutOff):
        descend(problem(), seed=3, steps=120, checkpoint=tmp_path / "cut", device=CPU, told=die, every_s=0.0)
    heard = []
    again = descend(problem(), seed=3, steps=120, checkpoint=tmp_path / "cut", device=CPU, told=lambda done, *_: heard.append(done))
    assert heard[0] > 40  # it did not begin anew
    assert again.curve == whole.curve
    for name, value in whole.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], value)


@pytest.mark.parametrize("data", [b"", b"\xff" * 80, b'{"a": 1}' * 20])
def test_a_torn_or_foreign_checkpoint_is_not_gone_on_with(data, tmp_path):
    (tmp_path / "c").write_bytes(data)
    heard = []
    descend(problem(), seed=3, steps=40, checkpoint=tmp_path / "c", device=CPU, told=lambda done, *_: heard.append(done))
    descend(problem(seed=8), seed=3, steps=40, checkpoint=tmp_path / "c", device=CPU, told=lambda done, *_: heard.append(done))
    assert heard == [20, 40, 20, 40]


def test_out_of_memory_halves_the_batch_and_changes_nothing_else(tmp_path, monkeypatch):
    whole = descend(problem(), seed=3, steps=60, checkpoint=tmp_path / "whole", device=CPU, told=lambda *_: None)
    losses = RankingProblem.losses

    def small_memory(self, parameters, rows):
        if rows.stop - rows.start > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return losses(self, parameters, rows)

    monkeypatch.setattr(RankingProblem, "losses", small_memory)
    said = []
    fit = descend(problem(), seed=3, steps=60, checkpoint=tmp_path / "small", device=CPU, told=lambda *a: said.append(a[3]))
    assert fit.batch == 2
    assert [s for s in said if s] == [
        f"There was not enough memory for that, so it goes on with {n} at a time. Nothing is lost." for n in (4, 2)
    ]
    losses_of = [(p.step, pytest.approx(p.training, abs=0.01), pytest.approx(p.held_out, abs=0.01)) for p in whole.curve]
    assert [(p.step, p.training, p.held_out) for p in fit.curve] == losses_of


def test_a_sign_test_decides_what_is_better():
    assert ranking.better(5, 0) and ranking.better(7, 1)
    assert not ranking.better(3, 0) and not ranking.better(6, 4) and not ranking.better(0, 0)


def test_a_place_that_follows_from_sizes_is_refined(tmp_path):
    rng = np.random.default_rng(2)
    demonstrations = [drawn.flush(rng) for _ in range(12)]
    policy, found = learned_from(demonstrations, tmp_path)
    assert found.refinement.startswith("learned, off by ")
    fresh = [drawn.flush(rng) for _ in range(20)]
    plain = PickPlacePolicy()
    plain.fit(demonstrations, [])
    errors = [[p.error_on(d)[0] for d in fresh] for p in (policy, plain)]
    assert np.median(errors[0]) < 0.4 * np.median(errors[1])


def test_scatter_in_the_places_is_left_to_the_rule(tmp_path):
    rng = np.random.default_rng(4)
    tables = [drawn.flush(rng).detections for _ in range(12)]
    places = [table[1].box.center + [0.1, *rng.normal(0, 0.006, 2)] for table in tables]
    shown = [drawn.demonstrate(table, 1, drawn.pose(at, 0.0)) for table, at in zip(tables, places, strict=True)]
    policy, found = learned_from(shown, tmp_path)
    assert policy.fitted.refinement is None and found.refinement.startswith("not used, no better than the rule: ")


def test_a_version_says_what_it_learned_and_comes_back_whole(tmp_path):
    data = Snapshot(tuple(drawn.shown(drawn.biggest, 10, 5)), (("e11", NOTHING_PICKED),), "hash")
    context = Manifest(task="t", policy="pickplace", seed=1)
    manifest = train_policy(tmp_path, "t", "pickplace", data, [], seed=1, context=context, report=quiet)
    assert manifest.left_out == [("e11", NOTHING_PICKED)]
    assert manifest.ranking.startswith("learned, ") and manifest.device == "cpu"
    assert manifest.loss[-1].held_out < manifest.loss[0].held_out
    table = drawn.fruit_and_basket(np.random.default_rng(8))
    assert load_version(str(tmp_path), {}).policy.propose(table).pick == drawn.biggest(table, None)
    assert not list(tmp_path.glob("*.checkpoint"))
