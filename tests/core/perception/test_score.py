import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from core.perception.score import mean_score, score_instances, score_names

SHARED = Path(os.environ.get("PENDANT_SHARED", "../shared"))


def blobs(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = np.zeros((60, 80), np.int32)
    for i in range(1, rng.integers(2, 6)):
        y, x = rng.integers(0, 45), rng.integers(0, 60)
        image[y : y + rng.integers(4, 15), x : x + rng.integers(4, 20)] = i
    return image


def test_equals_the_published_measure():
    path = SHARED / "tools" / "score_instances.py"
    if not path.is_file():
        pytest.skip("the shared scoring tool is not here (PENDANT_SHARED)")
    spec = importlib.util.spec_from_file_location("shared_score", path)
    shared = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shared)
    for seed in range(25):
        found, true = blobs(seed), blobs(seed + 1000)
        ignore = (blobs(seed + 2000) == 1) if seed % 2 else None
        ours, theirs = score_instances(found, true, ignore), shared.score(found, true, ignore)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            for key in ("overlap_p", "overlap_r", "overlap_f", "boundary_p", "boundary_r", "boundary_f"):
                assert getattr(ours, key) == pytest.approx(theirs[key], abs=1e-12)
            assert ours.objects == pytest.approx(theirs["objects"])


def test_perfect_and_empty():
    true = blobs(1)
    perfect = score_instances(true, true)
    assert perfect.overlap_f == perfect.boundary_f == 1
    assert score_instances(np.zeros_like(true), true).overlap_f == 0
    assert score_instances(true, np.zeros_like(true)) is None
    assert mean_score([perfect])["objects_over_75"] == 100 and mean_score([]) == {}


def test_names():
    score = score_names([1, 1, 2, None, None], [1, 2, 2, None, 1], [0.9, 0.6, 0.8, 0.5, 0.4])
    assert score.per_class == {1: 0.5, 2: 1.0} and score.unknown_caught == 0.5
    assert score.right == pytest.approx(2 / 3)
