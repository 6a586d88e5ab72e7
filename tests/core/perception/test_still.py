"""What lies still is not proposed anew, and whatever changes is."""

import numpy as np
import pytest

from core.perception.propose import Proposal
from core.perception.still import StillProposer
from core.types import Intrinsics

CAMERA = Intrinsics(width=160, height=120, fx=150, fy=150, cx=80, cy=60)


@pytest.fixture
def table():
    """A table at 0.8 m with a thing on it: colour, depth."""
    color, depth = np.full((120, 160, 3), 120, np.uint8), np.full((120, 160), 0.8, np.float32)
    depth[40:70, 60:100], color[40:70, 60:100] = 0.74, (200, 40, 40)
    return color, depth


@pytest.fixture
def proposer():
    return StillProposer(Counted())


class Counted:
    """Proposes nothing and counts how often it was asked."""

    calls = 0

    def __call__(self, color, depth_m, camera, *, arm=None, **_):
        self.calls += 1
        nothing = np.zeros(depth_m.shape, bool)
        return Proposal(np.full(depth_m.shape, self.calls, np.int32), nothing, nothing if arm is None else arm, None, {"cut": 1.0})


def asked(proposer, color, depth, arm=None):
    """Which call of the proposer underneath the answer came from."""
    return int(proposer(color, depth, CAMERA, arm=arm).labels[0, 0])


def test_noise_and_missing_depth_are_not_a_change(table, proposer):
    color, depth = table
    rng = np.random.default_rng(1)
    answers = [asked(proposer, color, depth)]
    for _ in range(14):
        noisy = depth + rng.normal(0, 0.002, depth.shape).astype(np.float32)
        noisy[rng.random(depth.shape) < 0.05] = 0
        grain = np.clip(color + rng.normal(0, 4, color.shape), 0, 255).astype(np.uint8)
        answers.append(asked(proposer, grain, noisy))
    assert answers == sorted([1, 2, 3] * 5)  # only the renewal of what was kept for a while


def test_a_thing_that_moved_is_proposed_anew_at_once(table, proposer):
    color, depth = table
    asked(proposer, color, depth)
    assert asked(proposer, color, np.roll(depth, 12, axis=1)) == 2


def test_a_flat_thing_that_only_colour_shows_is_proposed_anew_at_once(table, proposer):
    color, depth = table
    asked(proposer, color, depth)
    marked = color.copy()
    marked[90:106, 20:40] = (30, 30, 160)
    assert asked(proposer, marked, depth) == 2


def test_where_the_robot_was_is_looked_at_again(table, proposer):
    color, depth = table
    arm = np.zeros(depth.shape, bool)
    arm[:40, :30] = True
    asked(proposer, color, depth, arm)
    assert asked(proposer, color, depth, np.roll(arm, 20, axis=1)) == 2


def test_the_flickering_outline_of_a_robot_is_not_a_change(table, proposer):
    color, depth = table
    rng = np.random.default_rng(2)
    arms = np.zeros((4, *depth.shape), bool)
    arms[:, :60, :40] = True
    arms[:, :60, 38:41] = rng.random((4, 60, 3)) < 0.5
    assert [asked(proposer, color, depth, arm) for arm in arms] == [1] * 4


def test_a_rollout_that_looks_eight_times_sees_two_proposals(table, proposer):
    assert len({asked(proposer, *table) for _ in range(8)}) >= 2
