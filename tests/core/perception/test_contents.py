import cv2
import numpy as np

from core.perception import contents

BROWN, YELLOW = (120, 80, 50), (220, 200, 40)


def basket(rise_m, color=YELLOW):
    """A round container from above, a patch of another colour in it, as the arguments of `cut_out` after its labels."""
    picture = np.full((80, 80, 3), BROWN, np.uint8)
    picture[30:50, 30:50] = color
    v, u = np.mgrid[:80, :80]
    radius = (np.hypot(v - 40, u - 40) / 38).astype(np.float32)
    height = np.full((80, 80), 0.015, np.float32)
    height[30:50, 30:50] += rise_m
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    return lab, height, radius, radius < 0.98, 1, lab[5, 40].astype(np.float64)


def test_what_stands_out_of_the_bottom_gets_numbers_that_nothing_else_has():
    labels = np.zeros((80, 200), np.int32)
    labels[:, :80], labels[20:40, 150:170] = 1, 2
    new = contents.cut_out(labels[:, :80], *basket(0.02), [], int(labels.max()) + 1)
    assert new == [3] and (labels[32:48, 32:48] == 3).all() and (labels == 2).sum() == 400


def test_a_painted_bottom_and_shade_on_it_are_left_alone():
    for rise_m, color in ((0.002, YELLOW), (0.02, tuple(c // 2 for c in BROWN))):
        labels = np.ones((80, 80), np.int32)
        assert contents.cut_out(labels, *basket(rise_m, color), [], 2) == [] and (labels == 1).all()


def test_the_rest_of_a_thing_goes_to_the_piece_of_its_colour_beside_it():
    labels = np.ones((80, 80), np.int32)
    labels[30:50, 30:36] = 2
    assert contents.cut_out(labels, *basket(0.02), [2], 3) == [] and (labels[32:48, 32:48] == 2).all()


def test_only_pieces_of_unlike_colours_are_kept_apart():
    labels = np.zeros((80, 80), np.int32)
    labels[30:50, 30:40], labels[30:50, 40:50], labels[60:70, 30:50] = 1, 2, 3
    assert contents.unlike_pairs(labels, basket(0.0)[0], [1, 2, 3]) == [(1, 3), (2, 3)]
