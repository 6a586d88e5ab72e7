"""Where demonstrations began, and where one more would help most: far off, within reach, on the table that is seen, clear of things."""

from types import SimpleNamespace

import numpy as np

from core.learning.coverage import Coverage, CoverageSource, Thing, on_table, reachable
from core.motion.safety import Limits
from core.types import TABLE_LABEL
from tests.core.perception.scenes import Scene, Solid

PLACES = np.stack(np.meshgrid(np.linspace(0.2, 0.6, 11), np.linspace(-0.4, 0.4, 21)), -1).reshape(-1, 2)


def test_the_best_next_start_is_the_place_farthest_from_the_others_and_clear_of_things():
    near = Coverage(np.array([[0.2, -0.4], [0.3, -0.3]]), PLACES, ())
    assert np.allclose(near.best_next(), (0.6, 0.4))
    x, y = near.best_next([Thing(0.6, 0.4, 0.12)])
    assert np.hypot(x - 0.6, y - 0.4) > 0.12
    assert np.allclose(near.best_next([Thing(0.6, 0.4, 0.02)], before=(0.6, 0.32)), (0.6, 0.32)), "it jumps about"
    assert np.allclose(near.best_next((), before=(0.4, 0.0)), (0.6, 0.4))
    assert Coverage(np.zeros((0, 2)), PLACES, ()).best_next() is None
    assert near.best_next([Thing(0.4, 0.0, 2.0)]) is None


def test_what_is_reachable_lies_around_the_arm_and_before_it():
    places = reachable(Limits())
    apart = np.hypot(*places.T)
    assert len(places) > 50 and places[:, 0].min() >= 0
    assert 0.2 < apart.min() < 0.3 and 0.5 < apart.max() < 0.9


def test_only_the_table_that_is_seen_counts():
    made = Scene([Solid("box", (0.0, 0.0, 0.05), (0.1, 0.1, 0.1), (40, 150, 60))])
    frame, truth = made.frame(1)
    labels = np.where(truth == 0, TABLE_LABEL, truth).astype(np.uint16)
    seen = SimpleNamespace(labels=labels, T_base_camera=made.T)
    places = np.array([[0.0, 0.0], [0.15, 0.1], [50.0, 0.0]])
    assert on_table(places, made.info(), seen).tolist() == [[0.15, 0.1]]


def test_a_torn_episode_tells_nothing(tmp_path):
    torn = SimpleNamespace(id="a", path="a.db", trim_start_s=0.0, trim_end_s=None, kind="demonstration")
    (tmp_path / "a.db").write_bytes(b"torn")
    assert CoverageSource(tmp_path, Limits()).of([torn]) is None
