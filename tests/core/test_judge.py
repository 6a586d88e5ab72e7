import numpy as np
import pytest

from core.judge import disturbed, judge, judge_all, target_pose, why_not
from core.types import Goal, TrueObject


def thing(name, x, y, z, yaw=0.0, size=(0.06, 0.04, 0.04), container=False):
    T = np.eye(4)
    T[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    T[:3, 3] = x, y, z
    return TrueObject(class_name=name, T_base_object=T, size=np.array(size), container=container)


BASKET = thing("basket", 0.4, 0.2, 0.05, size=(0.28, 0.28, 0.1), container=True)
INSIDE = Goal(kind="inside", object_class="pear", reference="basket")


def test_inside_means_over_the_footprint_and_not_above_the_rim():
    assert judge(INSIDE, [BASKET, thing("pear", 0.45, 0.2, 0.04)])[0]
    assert not judge(INSIDE, [BASKET, thing("pear", 0.6, 0.2, 0.04)])[0]
    assert not judge(INSIDE, [BASKET, thing("pear", 0.4, 0.2, 0.25)])[0]


def test_every_needs_all_and_else_one_is_enough():
    objects = [BASKET, thing("pear", 0.4, 0.2, 0.04), thing("pear", 0.3, -0.2, 0.02)]
    assert judge(INSIDE, objects) == (False, "The pear is not inside the basket.")
    assert judge(Goal(kind="inside", object_class="pear", reference="basket", every=False), objects)[0]


def test_missing_things_are_named():
    assert judge(INSIDE, [BASKET]) == (False, "There is no pear.")
    assert judge(INSIDE, [thing("pear", 0, 0, 0)]) == (False, "There is no basket.")
    assert judge_all([INSIDE], [BASKET])[0] is False
    other = Goal(kind="inside", object_class="lime", reference="basket")
    assert judge_all([INSIDE, other], [BASKET, thing("pear", 0.4, 0.2, 0.04)])[0]


def test_on_means_resting_on_top():
    goal = Goal(kind="on", object_class="red", reference="blue", tolerance_m=0.01)
    assert judge(goal, [thing("blue", 0.4, 0, 0.02), thing("red", 0.41, 0, 0.06)])[0]
    assert not judge(goal, [thing("blue", 0.4, 0, 0.02), thing("red", 0.41, 0, 0.02)])[0]
    assert not judge(goal, [thing("blue", 0.4, 0, 0.02), thing("red", 0.47, 0, 0.06)])[0]


@pytest.mark.parametrize(("offset", "turn", "done"), [(0.005, 5, True), (0.03, 0, False), (0.0, 25, False), (0.0, 180, True)])
def test_at_checks_place_and_angle_up_to_the_symmetry_of_a_box(offset, turn, done):
    relation = thing("", 0.1, 0.02, 0.0, np.deg2rad(30)).T_base_object
    goal = Goal(kind="at", object_class="red", reference="blue", T_reference_object=relation, tolerance_m=0.015, tolerance_rad=0.17)
    blue = thing("blue", 0.4, 0.1, 0.02, 0.7)
    T = blue.T_base_object @ relation
    yaw = 0.7 + np.deg2rad(30 + turn)
    red = thing("red", T[0, 3] + offset, T[1, 3], 0.02, yaw)
    assert judge(goal, [blue, red])[0] is done
    np.testing.assert_allclose(target_pose(goal, red, [blue, red]), T)


def test_a_target_pose_fulfils_its_goal():
    goal = Goal(kind="on", object_class="red", reference="blue", tolerance_m=0.01)
    blue, red = thing("blue", 0.4, 0.1, 0.02, 0.4), thing("red", 0.3, 0, 0.02)
    moved = TrueObject(class_name="red", T_base_object=target_pose(goal, red, [blue, red]), size=red.size)
    assert judge(goal, [blue, moved])[0]


def test_disturbed_names_what_moved_two_centimetres():
    before = [thing("mug", 0.3, 0, 0.04), thing("lime", 0.4, 0, 0.02), thing("pear", 0.5, 0, 0.02)]
    after = [thing("mug", 0.33, 0, 0.04), thing("lime", 0.41, 0, 0.02)]
    assert disturbed(before, after, ["pear"]) == ("mug",)
    assert disturbed(before, after, []) == ("mug", "pear")


def test_what_a_version_believed_does_not_contradict_what_was_judged():
    judged = "The can is not inside the bowl."
    believed = why_not(judged, "The goal holds.", believed=True)
    assert believed.startswith(judged) and "The goal holds" not in believed
    assert why_not(judged, "It slipped out of the hand.", believed=False) == f"{judged} It slipped out of the hand."
