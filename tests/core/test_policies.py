"""Policies find out what moves where from few demonstrations, and say so when they do not know."""

import msgspec
import numpy as np
import pytest

from core.errors import NothingToLearn, WeightsError
from core.learning.renamed import renamed_demonstration
from core.learning.versions import Manifest, load_version, write_version
from core.motion.targets import pose
from core.policies import POLICIES
from core.policies.demonstration import typical
from core.policies.pickplace import PickPlacePolicy
from core.storage.edits import goal_data
from core.types import Detection, Goal, Guess, Scene
from tests.core.drawn import demonstrate, thing

RNG = np.random.default_rng(3)


def table(with_basket=True):
    at = lambda: RNG.uniform([0.3, -0.3], [0.5, 0.1])  # noqa: E731
    found = [thing(1, "banana", at(), (0.17, 0.04, 0.04)), thing(2, "apple", at(), (0.07, 0.07, 0.07))]
    return [*found, thing(3, "basket", RNG.uniform([0.35, 0.2], [0.45, 0.3]), (0.28, 0.28, 0.095))] if with_basket else found


def into_basket(detections, pick):
    basket = next(d for d in detections if d.name == "basket")
    return demonstrate(detections, pick, pose(basket.box.center + [0.01, 0, 0.13], 0.0))


BESIDE = pose(np.array([0.05, 0.09, 0.0]), np.deg2rad(35))


def beside():
    blue = thing(2, "blue", RNG.uniform([0.3, -0.2], [0.5, 0.2]), (0.095, 0.06, 0.045), yaw=RNG.uniform(-1, 1))
    return [thing(1, "red", (0.3, 0.3), (0.075, 0.045, 0.045), yaw=RNG.uniform(-3, 3)), blue]


def T_beside(detections):
    blue = detections[1]
    return pose(blue.box.center, np.arctan2(blue.box.R[1, 0], blue.box.R[0, 0])) @ BESIDE


@pytest.mark.parametrize("count", [1, 4])
def test_into_the_basket_wherever_it_stands(count):
    policy = PickPlacePolicy()
    policy.fit([into_basket(table(), 1) for _ in range(count)], [Goal(kind="inside", object_class="banana", reference="basket")])
    now = table()
    proposal = policy.propose(now)
    assert proposal.pick == 1 and proposal.target.relation == "inside"
    assert np.linalg.norm(proposal.target.T_base_object[:2, 3] - now[2].box.center[:2]) < 0.06


def test_kinds_that_the_goal_puts_beside_the_shown_one_move_too():
    policy = PickPlacePolicy()
    goals = [Goal(kind="inside", object_class=name, reference="basket") for name in ("banana", "apple")]
    policy.fit([into_basket(table(), 1)], goals)
    first = policy.propose(table())
    assert first.pick in (1, 2)
    avoided = policy.propose(table(), avoid=frozenset({1}))
    assert avoided.pick == 2


def test_a_place_and_angle_beside_another_block():
    policy = PickPlacePolicy()
    policy.fit([demonstrate(d, 1, T_beside(d)) for d in (beside() for _ in range(6))], [])
    assert policy.fitted.relation.kind == "rigid"
    for _ in range(10):
        now = beside()
        proposal = policy.propose(now)
        wanted = T_beside(now)
        assert np.linalg.norm(proposal.target.T_base_object[:2, 3] - wanted[:2, 3]) < 0.004
        error = policy.error_on(demonstrate(now, 1, wanted))
        assert error[0] < 0.004 and error[1] < 0.02


def test_it_abstains_in_words():
    policy = PickPlacePolicy()
    policy.fit([into_basket(table(), 1)], [])
    assert "banana" in policy.propose(table()[1:]).reason
    assert "basket" in policy.propose(table(with_basket=False)).reason
    assert "sure" in policy.propose([thing(1, "banana", (0.4, 0), (0.17, 0.04, 0.04), score=0.2), table()[2]]).reason
    done = [thing(1, "banana", (0.4, 0.25), (0.17, 0.04, 0.04)), thing(3, "basket", (0.4, 0.25), (0.28, 0.28, 0.095))]
    assert "belongs" in policy.propose(done).reason


def test_without_names_it_goes_by_looks():
    unnamed = [
        thing(1, None, (0.4, 0.0), (0.075, 0.045, 0.045), color=(200, 30, 30)),
        thing(2, None, (0.3, 0.2), (0.095, 0.06, 0.045), color=(20, 60, 190)),
    ]
    policy = PickPlacePolicy()
    policy.fit([demonstrate(unnamed, 1, T_beside(unnamed))], [])
    swapped = [
        thing(7, None, (0.5, -0.1), (0.095, 0.06, 0.045), color=(22, 66, 200)),
        thing(8, None, (0.35, 0.2), (0.075, 0.045, 0.045), color=(190, 33, 35)),
    ]
    assert policy.propose(swapped).pick == 8


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_none_shown_is_refused_and_weights_come_back(name, tmp_path):
    with pytest.raises(NothingToLearn):
        POLICIES[name]().fit([], [])
    policy = POLICIES[name]()
    policy.fit([into_basket(table(), 1)], [])
    policy.save(tmp_path)
    again = POLICIES[name].load(tmp_path)
    now = table()
    np.testing.assert_allclose(again.propose(now).target.T_base_object, policy.propose(now).target.T_base_object)


@pytest.mark.parametrize("data", [b"", b"\x80\x04cposix\nsystem\n", b"\xff" * 64, b'{"a":1}' * 40])
def test_hostile_weights_are_refused(data, tmp_path):
    (tmp_path / "policy.safetensors").write_bytes(data)
    with pytest.raises(WeightsError):
        PickPlacePolicy.load(tmp_path)


def guessed(detection, *guesses):
    values = {name: getattr(detection, name) for name in detection.__struct_fields__}
    return Detection(**(values | {"guesses": tuple(Guess(class_id=i, name=n, score=s) for i, (n, s) in enumerate(guesses))}))


def fruit_policy():
    policy = PickPlacePolicy()
    goals = [Goal(kind="inside", object_class=name, reference="basket") for name in ("banana", "lemon", "lime")]
    policy.fit([into_basket(table(), 1)], goals)
    return policy


def test_what_surely_is_a_fruit_moves_whichever_it_is():
    basket = thing(3, "basket", (0.4, 0.25), (0.28, 0.28, 0.095))
    unsure = guessed(thing(5, None, (0.35, -0.1), (0.06, 0.05, 0.05), score=0.3), ("lemon", 0.35), ("lime", 0.30))
    assert fruit_policy().propose([basket, unsure]).pick == 5
    assert [d.instance for d in fruit_policy().unnamed([basket, unsure])] == [5]


def test_what_may_be_a_fruit_is_doubted_until_it_lies_inside():
    basket = thing(3, "basket", (0.4, 0.25), (0.28, 0.28, 0.095))
    maybe = guessed(thing(5, None, (0.35, -0.1), (0.06, 0.05, 0.05), score=0.6), ("lemon", 0.3))
    within = guessed(thing(6, None, (0.4, 0.25), (0.06, 0.05, 0.05), score=0.6), ("lemon", 0.3))
    block = guessed(thing(7, "block", (0.3, 0.0), (0.05, 0.05, 0.05)), ("block", 0.9), ("lemon", 0.05))
    assert [d.instance for d in fruit_policy().doubtful([basket, maybe, within, block])] == [5]


def test_a_reference_turned_half_round_is_no_error():
    shown = [demonstrate(d, 1, T_beside(d)) for d in (beside() for _ in range(5))]
    policy = PickPlacePolicy()
    policy.fit(shown, [])
    now = beside()
    half = pose(np.zeros(3), np.pi)
    other_end = pose(now[1].box.center, np.arctan2(now[1].box.R[1, 0], now[1].box.R[0, 0])) @ half @ BESIDE
    assert policy.error_on(demonstrate(now, 1, other_end))[0] < 0.004


def test_the_typical_scene_is_not_the_one_that_split_a_thing():
    empty = np.zeros((2, 2), np.uint16)
    values = {"camera": "c", "t_host_ns": 0, "labels": empty, "T_base_camera": np.eye(4), "table_frame": False}
    things = [thing(i, None, (0.3, 0.1 * i), (0.05, 0.05, 0.05)) for i in (1, 2, 3)]
    scenes = [
        Scene(**values, frame_seq=n, detections=tuple(things[:count]), identifier="", names_revision=0) for n, count in enumerate((2, 2, 3))
    ]
    assert typical(scenes) == 1


def test_a_version_goes_by_the_names_that_stand(tmp_path):
    policy = PickPlacePolicy()
    goal = Goal(kind="inside", object_class="banana", reference="basket")
    policy.fit([into_basket(table(), 1)], [goal])
    write_version(tmp_path, policy, Manifest(task="t", policy="pickplace", seed=1, goals=[goal_data(goal)]))
    now = [msgspec.structs.replace(d, name={"banana": "fruit", "basket": "box"}.get(d.name, d.name)) for d in table()]
    assert load_version(str(tmp_path), {}).policy.propose(now).missing
    merged = load_version(str(tmp_path), {"banana": "fruit", "basket": "box"})
    assert merged.policy.propose(now).pick == 1
    assert (merged.goals[0].object_class, merged.goals[0].reference) == ("fruit", "box")


def test_demonstrations_of_before_a_merge_and_after_it_are_of_one_kind():
    before, after = into_basket(table(), 1), into_basket(table(), 1)
    after = msgspec.structs.replace(
        after, detections=tuple(msgspec.structs.replace(d, name="fruit" if d.name == "banana" else d.name) for d in after.detections)
    )
    policy = PickPlacePolicy()
    policy.fit([renamed_demonstration(d, {"banana": "fruit"}) for d in (before, after)], ())
    assert policy.state().kinds == ("fruit",)
