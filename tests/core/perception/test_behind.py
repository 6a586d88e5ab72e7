"""What the robot passes in front of keeps its outline, its look and its track; what was moved meanwhile does not."""

import numpy as np
import pytest

from core.perception.behind import Behind, Whole

SHAPE = (120, 160)
THING = np.s_[40:70, 60:100]


@pytest.fixture
def picture():
    """A thing on a table: colour, depth."""
    color, depth = np.full((*SHAPE, 3), 120, np.uint8), np.full(SHAPE, 0.8, np.float32)
    color[THING], depth[THING] = (200, 40, 40), 0.74
    return color, depth


@pytest.fixture
def behind(picture):
    """A memory of that thing as track 7, which looked "like this"."""
    made = Behind()
    made.remember([Whole(7, THING, np.ones((30, 40), bool), "like this")], {7: 0}, robot(None), *picture)
    return made


def robot(columns):
    """The robot over all rows of some columns."""
    mask = np.zeros(SHAPE, bool)
    if columns is not None:
        mask[:, columns] = True
    return mask


def covered(picture, mask):
    color, depth = (image.copy() for image in picture)
    color[mask], depth[mask] = (250, 250, 250), 0.5
    return color, depth


@pytest.mark.parametrize("columns", [slice(60, 75), slice(75, 85), slice(60, 88)])
def test_what_is_left_of_a_thing_is_that_thing(behind, picture, columns):
    mask = robot(columns)
    [(memory, look)] = behind.recall(mask, *covered(picture, mask)).items()
    assert (memory.track, look, memory.window) == (7, "like this", THING)
    assert not behind.hidden


def test_a_thing_that_the_robot_does_not_touch_is_left_to_the_proposals(behind, picture):
    mask = robot(slice(0, 30))
    assert not behind.recall(mask, *covered(picture, mask)) and not behind.hidden


def test_a_thing_that_is_covered_altogether_is_known_to_be_there(behind, picture):
    mask = robot(slice(50, 110))
    assert not behind.recall(mask, *covered(picture, mask)) and behind.hidden == {7}
    assert behind.recall(robot(slice(50, 75)), *covered(picture, robot(slice(50, 75))))
    assert not behind.hidden


def test_a_thing_that_was_taken_away_is_forgotten(behind, picture):
    color, depth = (image.copy() for image in picture)
    color[THING], depth[THING] = 120, 0.8
    mask = robot(slice(60, 75))
    assert not behind.recall(mask, *covered((color, depth), mask)) and not behind.hidden
    assert not behind.recall(mask, *covered(picture, mask))


def test_a_track_that_ended_is_forgotten(behind, picture):
    behind.remember([], {}, robot(None), *picture)
    mask = robot(slice(60, 75))
    assert not behind.recall(mask, *covered(picture, mask))
