import cv2
import numpy as np
import pytest

from core.geometry import depth_in_metres
from core.perception import segment
from core.perception.propose import propose
from core.perception.score import score_instances
from tests.core.perception.scenes import CAMERA, Scene, Solid, looking_down

RED, BLUE, GREEN, WHITE = (190, 40, 40), (40, 60, 180), (40, 150, 60), (225, 225, 220)


def found(scene: Scene):
    color, depth, labels = scene.render()
    return propose(color, depth_in_metres(depth, 1e-4), scene.camera), labels


def check(scene: Scene, least: float = 0.85):
    proposal, labels = found(scene)
    score = score_instances(proposal.labels, labels)
    assert score is not None
    assert min(score.objects.values()) > least, score
    assert proposal.labels.max() == len(scene.solids), score
    return proposal, score


@pytest.mark.parametrize("tilt", [35, 50, 70, 89])
def test_finds_things_at_any_tilt(tilt):
    things = [
        Solid("box", (-0.15, 0, 0.04), (0.1, 0.06, 0.08), RED, 0.4),
        Solid("ball", (0.05, 0.05, 0.04), (0.08, 0.08, 0.08), GREEN),
        Solid("box", (0.2, -0.05, 0.02), (0.08, 0.08, 0.04), BLUE),
    ]
    proposal, _ = check(Scene(things, looking_down(tilt)))
    assert proposal.table.mean() > 0.4


def test_two_boxes_that_touch_are_two():
    proposal, labels = found(
        Scene(
            [
                Solid("box", (-0.05, 0, 0.05), (0.1, 0.1, 0.1), RED),
                Solid("box", (0.04, -0.03, 0.025), (0.08, 0.1, 0.05), BLUE),
            ]
        )
    )
    score = score_instances(proposal.labels, labels)
    assert score is not None and min(score.objects.values()) > 0.8


def test_a_ball_on_a_box_is_two():
    proposal, labels = found(
        Scene(
            [
                Solid("box", (0, 0, 0.03), (0.16, 0.16, 0.06), BLUE),
                Solid("ball", (0, 0, 0.095), (0.07, 0.07, 0.07), RED),
            ]
        )
    )
    score = score_instances(proposal.labels, labels)
    assert score is not None and min(score.objects.values()) > 0.8


@pytest.mark.parametrize("tilt", [40, 60])
def test_a_bowl_is_one_thing(tilt):
    check(Scene([Solid("cup", (0, 0, 0.04), (0.18, 0.18, 0.08), WHITE)], looking_down(tilt)))


@pytest.mark.parametrize("x", [-0.06, 0.05])
@pytest.mark.parametrize("gap", [0.004, 0.02])
@pytest.mark.parametrize("tilt", [50, 60])
def test_what_stands_close_before_a_bowl_is_no_part_of_it(tilt, gap, x):
    bowl = Solid("bowl", (0, 0.08, 0.05), (0.24, 0.24, 0.1), (120, 80, 50))
    box = Solid("box", (x, 0.08 - 0.12 - 0.035 - gap, 0.045), (0.07, 0.07, 0.09), BLUE)
    color, depth, labels = Scene([bowl, box], looking_down(tilt)).render()
    proposal = propose(color, depth_in_metres(depth, 1e-4), CAMERA, segmenter=segment.load())
    score = score_instances(proposal.labels, labels)
    assert score is not None and min(score.objects.values()) > 0.85 and proposal.labels.max() == 2


def test_fruit_in_a_bowl_is_a_thing_of_its_own():
    proposal, labels = found(
        Scene(
            [
                Solid("cup", (0, 0, 0.04), (0.22, 0.22, 0.08), WHITE),
                Solid("ball", (0, 0.02, 0.04), (0.07, 0.07, 0.07), RED),
            ],
            looking_down(60),
        )
    )
    score = score_instances(proposal.labels, labels)
    assert score is not None and min(score.objects.values()) > 0.75


def test_a_mark_on_the_bottom_of_a_bowl_and_shade_in_it_are_no_things():
    bowl = Solid("cup", (0, 0, 0.04), (0.22, 0.22, 0.08), WHITE)
    mark = Solid("box", (0.02, 0.03, 0.0035), (0.07, 0.07, 0.001), BLUE)
    color, depth, _ = Scene([bowl, mark], looking_down(60)).render()
    color[:, :160] //= 2
    proposal = propose(color, depth_in_metres(depth, 1e-4), CAMERA, segmenter=segment.load())
    assert len(np.unique(proposal.labels)) == 2


def test_a_flat_colored_mark_is_found():
    check(Scene([Solid("box", (0, 0, 0.0005), (0.06, 0.06, 0.001), BLUE)]), 0.8)


def test_an_empty_table_holds_nothing():
    proposal, _ = found(Scene([]))
    assert proposal.labels.max() == 0 and proposal.table.mean() > 0.5


def test_a_wall_behind_the_table_is_no_thing():
    wall = Solid("box", (0, 0.55, 0.3), (1.4, 0.02, 0.8), (200, 200, 190))
    thing = Solid("box", (0, 0, 0.04), (0.08, 0.08, 0.08), RED)
    proposal, labels = found(Scene([thing, wall], looking_down(30)))
    assert score_instances(proposal.labels * (labels != 2), np.where(labels == 2, 0, labels)).objects[1] > 0.85
    assert (proposal.labels[labels == 2] > 0).mean() < 0.1


def test_a_thing_that_hides_the_far_edge_of_its_table_is_there():
    for y in (0.43, 0.46, 0.49):
        proposal, labels = found(Scene([Solid("box", (0, y, 0.03), (0.25, 0.16, 0.06), RED)], looking_down(50, 1.2)))
        assert proposal.labels.max() == 1 and (proposal.labels[labels == 1] > 0).mean() > 0.8


def test_a_pen_that_depth_takes_for_the_table_is_there_and_a_shadow_is_not():
    scene = Scene([Solid("box", (0.0, 0.05, 0.003), (0.14, 0.02, 0.006), (30, 30, 30), 0.3)], looking_down(60, 0.7), noise_m=0.004)
    color, depth, labels = scene.render()
    shadow = np.zeros(labels.shape, np.uint8)
    cv2.ellipse(shadow, (100, 190), (24, 9), 20, 0, 360, 1, -1)
    color[shadow > 0] = (44, 37, 30)
    proposal = propose(color, depth_in_metres(depth, 1e-4), scene.camera)
    assert (proposal.labels[labels == 1] > 0).mean() > 0.8
    assert (proposal.labels[shadow > 0] > 0).mean() < 0.05


def test_the_arm_is_left_out():
    scene = Scene([Solid("box", (0, 0, 0.04), (0.08, 0.08, 0.08), RED), Solid("box", (0.1, 0.1, 0.2), (0.06, 0.06, 0.4), WHITE)])
    color, depth, labels = scene.render()
    proposal = propose(color, depth_in_metres(depth, 1e-4), CAMERA, arm=labels == 2)
    assert not (proposal.labels[labels == 2]).any()
    assert score_instances(proposal.labels, np.where(labels == 1, 1, 0)).objects[1] > 0.85


@pytest.mark.parametrize("shape", [(240, 320), (8, 10), (1, 1), (3, 40)])
@pytest.mark.parametrize("fill", [0, 700, 65535])
def test_odd_inputs_give_nothing_and_do_not_fail(shape, fill):
    depth = np.full(shape, fill, np.float32) * np.float32(0.001)
    proposal = propose(
        np.zeros((*shape, 3), np.uint8), depth, CAMERA.__class__(width=shape[1], height=shape[0], fx=300, fy=300, cx=5, cy=4)
    )
    assert proposal.labels.shape == shape and proposal.labels.max() == 0


def test_noise_does_not_fail():
    rng = np.random.default_rng(1)
    depth = rng.integers(0, 3, (240, 320)).astype(np.float32) * rng.random((240, 320)).astype(np.float32)
    proposal = propose(rng.integers(0, 255, (240, 320, 3)).astype(np.uint8), depth, CAMERA)
    assert proposal.labels.shape == (240, 320)


BEHIND = Solid("box", (0, 0.06, 0.02), (0.26, 0.09, 0.04), BLUE)
BEFORE = Solid("box", (0.01, -0.02, 0.07), (0.05, 0.05, 0.14), RED)


def test_what_something_nearer_parts_in_two_is_one():
    check(Scene([BEHIND, BEFORE]))


@pytest.mark.parametrize("yaw, ahead, lower", [(0.5, 0, 0), (0, -0.05, 0), (0, 0, 0.016)], ids=["turned", "nearer", "lower"])
def test_two_things_on_both_sides_of_something_nearer_stay_two(yaw, ahead, lower):
    left = Solid("box", (-0.09, 0.06, 0.02), (0.1, 0.09, 0.04), BLUE)
    right = Solid("box", (0.1, 0.06 + ahead, 0.02 - lower / 2), (0.1, 0.09, 0.04 - lower), BLUE, yaw)
    check(Scene([left, right, BEFORE]))


def test_two_balls_on_both_sides_of_something_nearer_stay_two():
    check(Scene([Solid("ball", (x, 0.05, 0.035), (0.07, 0.07, 0.07), GREEN) for x in (-0.06, 0.07)] + [BEFORE]))


def test_what_the_robot_parts_in_two_is_one():
    scene = Scene([BEHIND])
    color, depth, labels = scene.render()
    depth_m = depth_in_metres(depth, 1e-4)
    arm = np.zeros(labels.shape, bool)
    arm[:, 150:172] = True
    depth_m[arm], color[arm] = 0.45, 30
    proposal = propose(color, depth_m, scene.camera, arm=arm)
    assert proposal.labels.max() == 1
    assert all((proposal.labels[:, side] == 1).sum() > 0.9 * (labels[:, side] == 1).sum() for side in (slice(0, 150), slice(172, None)))
