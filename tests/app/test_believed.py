"""What an operator said is shown at once: before the model has heard of it, and no longer than that."""

import numpy as np

from app.believed import Believed
from core.types import Scene
from tests.core.drawn import thing


def scene(revision):
    return Scene(
        camera="",
        frame_seq=1,
        t_host_ns=0,
        labels=np.zeros((2, 2), np.uint16),
        detections=(thing(1, "lime", (0.4, 0), (0.05, 0.05, 0.05), score=0.6), thing(2, None, (0.5, 0), (0.05, 0.05, 0.05))),
        T_base_camera=np.eye(4),
        table_frame=False,
        identifier="",
        names_revision=revision,
    )


def test_a_scene_older_than_the_names_shows_what_the_operator_said():
    first, second = Believed({1: (7, "lemon")}, 3).on(scene(2)).detections
    assert (first.name, first.class_id, first.score, first.confirmed) == ("lemon", 7, 1.0, True)
    assert second.name is None


def test_a_scene_that_knows_the_names_is_left_as_it_is():
    known = scene(3)
    assert Believed({1: (7, "lemon")}, 3).on(known) is known
