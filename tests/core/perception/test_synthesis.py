import numpy as np
import pytest

from core.perception.segment import CHANNELS
from core.perception.synthesis.arms import person_hand
from core.perception.synthesis.layout import Layout, make
from core.perception.synthesis.scenes import HEIGHT, WIDTH, looking_at, render, sample
from core.perception.synthesis.shapes import MISS, Box, Capsule, Ellipsoid, Frustum, Superquadric
from core.perception.synthesis.things import Thing
from core.perception.training import prepared
from core.types import Intrinsics


def test_a_seed_gives_the_same_scene_and_another_gives_another():
    one, two, other = sample(4), sample(4), sample(5)
    assert np.array_equal(one.depth_m, two.depth_m) and np.array_equal(one.things, two.things)
    assert not np.array_equal(one.depth_m, other.depth_m)


@pytest.mark.parametrize("seed", range(8))
def test_scenes_are_sound(seed):
    scene = sample(seed)
    assert scene.depth_m.shape == scene.things.shape == (HEIGHT, WIDTH)
    assert np.isfinite(scene.depth_m).all() and scene.depth_m.min() >= 0 and scene.depth_m.max() < 8
    ids = np.unique(scene.things)
    assert np.array_equal(ids, np.arange(len(ids))) or np.array_equal(ids, np.arange(1, len(ids) + 1))
    assert not (scene.things > 0)[scene.arm].any()
    assert abs(np.linalg.norm(scene.plane.normal) - 1) < 1e-9


def test_most_scenes_hold_several_things_with_depth():
    counts = [len(np.unique(s.things[(s.things > 0) & (s.depth_m > 0)])) for s in map(sample, range(12))]
    assert np.median(counts) >= 3


def test_a_hand_is_no_thing_and_no_arm_that_is_known():
    rng = np.random.default_rng(1)
    hand = person_hand(rng, np.array([0.0, 0.0, 0.1]))
    camera = Intrinsics(width=64, height=48, fx=60, fy=60, cx=32, cy=24)
    T = looking_at(np.zeros(3), 0.8, np.deg2rad(60), 0.0, 0.0)
    table = Thing((Box((-3, -3, -0.04), (3, 3, 0)),), np.eye(3), np.zeros(3))
    empty, _, _ = render(Layout(scenery=[table]), camera, T)
    depth, things, arm = render(Layout(scenery=[table], hands=[hand]), camera, T)
    assert (depth < empty - 0.02).mean() > 0.02 and not things.any() and not arm.any()


def test_some_scenes_are_shelves_of_several_boards_and_some_have_hands():
    made = [make(np.random.default_rng(seed)) for seed in range(60)]
    assert any(len(m.boards) > 1 for m in made) and any(m.hands for m in made) and any(len(m.things) > 12 for m in made)
    shelf = next(m for m in made if len(m.boards) > 2 and len(m.things) > 3)
    feet = [t.corners()[:, 2].min() for t in shelf.things]
    assert all(min(abs(foot - board) for board in shelf.boards) < 0.3 for foot in feet) and max(feet) > 0.1


@pytest.mark.parametrize(
    ("shape", "near"),
    [
        (Box((-1, -1, -1), (1, 1, 1)), 4.0),
        (Ellipsoid((0, 0, 0), (1, 1, 1)), 4.0),
        (Frustum(-1, 1, 0.5, 0.5), 4.0),
        (Capsule((0, 0, -1), (0, 0, 0.5), 0.5), 4.0),
        (Superquadric((1, 1, 1), 4.0), 4.0),
    ],
)
def test_a_ray_from_above_meets_the_top_and_one_beside_misses(shape, near):
    origins = np.array([[0, 0, 5], [3, 0, 5]], np.float32)
    t = shape.cast(origins, np.tile(np.float32([0, 0, -1]), (2, 1)))
    assert t[0] == pytest.approx(near, abs=0.02) and t[1] == MISS


def test_what_the_network_is_shown_is_finite_and_about_one():
    shown = next(s for s in map(prepared, range(20)) if s is not None)
    assert shown.features.shape == (CHANNELS, HEIGHT, WIDTH)
    assert np.isfinite(shown.features).all() and np.abs(shown.features).max() <= 2
