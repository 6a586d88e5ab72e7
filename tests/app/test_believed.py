"""What an operator said is shown at once: before the model has heard of it, and no longer than that."""

from app.believed import Believed
from tests.core import drawn
from tests.core.drawn import thing


def scene(revision):
    lime, unknown = thing(1, "lime", (0.4, 0), (0.05, 0.05, 0.05), score=0.6), thing(2, None, (0.5, 0), (0.05, 0.05, 0.05))
    return drawn.scene(lime, unknown, names_revision=revision)


def test_a_scene_older_than_the_names_shows_what_the_operator_said():
    first, second = Believed({1: (7, "lemon")}, 3).on(scene(2)).detections
    assert (first.name, first.class_id, first.score, first.confirmed) == ("lemon", 7, 1.0, True)
    assert second.name is None


def test_a_scene_that_knows_the_names_is_left_as_it_is():
    known = scene(3)
    assert Believed({1: (7, "lemon")}, 3).on(known) is known
