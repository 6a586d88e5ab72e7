import numpy as np
import pytest

from core.perception.segment import CHANNELS
from core.perception.synthesis.scenes import HEIGHT, WIDTH, sample
from core.perception.synthesis.shapes import MISS, Box, Capsule, Ellipsoid, Frustum, Superquadric
from core.perception.training import prepared


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
