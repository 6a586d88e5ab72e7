"""The executor of a path: a hand that feels nothing for an instant has not let go of what it holds."""

import numpy as np
import pytest

from app.workers.executor import PathExecutor
from core.types import Waypoints

STEP_NS = 20_000_000
OPEN, CLOSED = 0.06, 0.03


def slips_at(feels):
    """When the executor says that it slipped, seconds; None when it never does. The hand closes at 1 s and opens at 4 s of 5 s."""
    times = np.arange(0, 5.01, 0.1)
    gripper = np.where((times >= 1.0) & (times < 4.0), CLOSED, OPEN)
    executor = PathExecutor(Waypoints(times=times, joints=np.zeros((len(times), 6)), gripper=gripper), "policy", 1)
    for k in range(260):
        executor.step(k * STEP_NS, 1.0, k)
        if executor.slipped(feels(executor.position_s)):
            return executor.position_s
    return None


def test_what_is_held_until_the_hand_opens_has_not_slipped():
    assert slips_at(lambda s: 1.2 < s < 4.0) is None


def test_an_instant_without_touch_is_no_slip():
    assert slips_at(lambda s: 1.2 < s < 4.0 and not 3.8 < s < 3.9) is None


@pytest.mark.parametrize(("lost_s", "said_s"), [(1.2, 1.65), (2.5, 2.65)], ids=["never held", "lost on the way"])
def test_a_hand_that_stays_empty_has_lost_it(lost_s, said_s):
    assert slips_at(lambda s: 1.2 < s < lost_s) == pytest.approx(said_s, abs=0.05)
