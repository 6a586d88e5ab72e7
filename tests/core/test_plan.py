from itertools import product

import numpy as np

from core.motion.grasp import box_points, finger_clearance, grasps, height_map, reachable
from core.motion.kinematics import ArmModel, tool_down
from core.motion.plan import home, out_of_reach, plan_pick_place
from core.motion.safety import Limits, check, check_gripper, command_fault, stale
from core.types import Command, PickPlace

ARM = ArmModel()
EMPTY = height_map(np.zeros((0, 3)))


def box(x, y, yaw=0.0, size=(0.08, 0.04, 0.04)):
    T = tool_down(x, y, size[2] / 2, yaw) @ np.diag([1.0, -1.0, -1.0, 1.0])
    return box_points(T, np.array(size))


def target(pick=(0.4, -0.1), place=(0.4, 0.2), z=0.03, width=0.08, place_z=0.03):
    return PickPlace(T_base_pick=tool_down(*pick, z, 0.3), T_base_place=tool_down(*place, place_z, 0.3), width=width)


def test_jaws_close_across_the_short_side():
    best = grasps(box(0.4, 0.1, yaw=0.0), EMPTY)[0]
    assert abs(best.T_base_pick[1, 0]) > 0.95
    np.testing.assert_allclose(best.T_base_pick[:2, 3], [0.4, 0.1], atol=0.006)
    assert 0.04 < best.width < 0.09


def test_nothing_is_offered_for_what_is_too_wide_or_hardly_seen():
    assert grasps(box(0.4, 0, size=(0.2, 0.2, 0.04)), EMPTY) == []
    assert grasps(np.zeros((3, 3)), EMPTY) == []


def test_grasps_keep_clear_of_neighbours():
    wall = box(0.4, 0.045, size=(0.3, 0.03, 0.08))
    around = height_map(np.vstack([wall + [0, 0, 0], box(0.4, -0.045, size=(0.3, 0.03, 0.08))]))
    for grasp in grasps(box(0.4, 0.0), around):
        assert finger_clearance(grasp.T_base_pick, grasp.width, around) > 0
    assert finger_clearance(tool_down(0.4, 0, 0.03, np.pi / 2), 0.07, around) < 0


def test_a_plan_goes_there_holds_and_comes_home_above_the_rim():
    rim = box(0.4, 0.2, size=(0.2, 0.2, 0.10))
    motion = plan_pick_place(ARM, ARM.home, target(place_z=0.16), height_map(rim))
    assert motion.reason == ""
    path = motion.path
    np.testing.assert_allclose(path.joints[0], ARM.home)
    np.testing.assert_allclose(path.joints[-1], ARM.home, atol=1e-9)
    assert np.all((path.joints >= ARM.lower) & (path.joints <= ARM.upper))
    assert motion.tool_path[:, 2].min() > 0.028
    over = np.hypot(*(motion.tool_path[:, :2] - [0.4, 0.2]).T) < 0.1
    assert motion.tool_path[over, 2].min() > 0.13
    closed = motion.tool_path[path.gripper == 0.0]
    np.testing.assert_allclose(closed[0], [0.4, -0.1, 0.03], atol=1e-4)
    np.testing.assert_allclose(closed[-1], [0.4, 0.2, 0.16], atol=1e-4)


def test_no_way_leads_over_the_arm_or_out_of_the_workspace():
    low, high = Limits().workspace_low, (*Limits().workspace_high[:2], 0.62)
    for hold, turn in product((0.0, 0.52, 1.05), np.linspace(-np.pi, np.pi, 24, endpoint=False)):
        goal = PickPlace(T_base_pick=tool_down(0.53, 0.18, 0.03, hold), T_base_place=tool_down(0.42, -0.3, 0.14, turn), width=0.08)
        motion = plan_pick_place(ARM, ARM.home, goal, EMPTY)
        if motion.path is None:
            assert "swing out of its workspace" in motion.reason
        else:
            assert (motion.tool_path >= low).all() and (motion.tool_path <= high).all(), (hold, turn)


def test_refusals_say_why():
    def reason(goal, around=EMPTY):
        motion = plan_pick_place(ARM, ARM.home, goal, around)
        assert motion.path is None
        return motion.reason

    assert reason(target(pick=(0.75, 0.3))).startswith("Too far by ")
    assert "Too wide" in reason(target(width=0.2))
    assert "touch the table at the pick" in reason(target(z=0.002))
    assert "finger would land" in reason(target(), height_map(box(0.4, -0.1, size=(0.2, 0.2, 0.08))))
    assert "Choose another place" in reason(target(), height_map(box(0.4, 0.2, size=(0.2, 0.2, 0.08))))
    assert "numbers" in reason(target(pick=(np.nan, 0.0)))
    assert "too high" in reason(target(), height_map(box(0.4, 0.05, size=(0.3, 0.02, 0.45))))
    assert out_of_reach(ARM, tool_down(0.05, 0.0, 0.1, 0.0), ARM.home) != ""


def test_home_lifts_a_low_hand_first():
    low = ARM.inverse(tool_down(0.45, 0.1, 0.05, 0.0), ARM.home)
    path = home(ARM, low, 0.1)
    points = np.array([ARM.forward(q)[:3, 3] for q in path.joints[:20]])
    np.testing.assert_allclose(points[:, :2], [[0.45, 0.1]] * 20, atol=1e-4)
    np.testing.assert_allclose(path.joints[-1], ARM.home)


def test_reachable_keeps_the_order():
    found = grasps(box(0.4, 0.1), EMPTY)
    assert reachable(found, ARM, ARM.home)[0].score == max(g.score for g in found)
    assert reachable(grasps(box(0.70, 0.3), EMPTY), ARM, ARM.home) == []


def test_a_fast_step_is_scaled_as_a_whole():
    limits = Limits()
    joints, reason = check(ARM.home, ARM.home + np.array([0.5, 0.25, 0, 0, 0, 0]), 0.02, limits)
    step = joints - ARM.home
    assert reason == ""
    assert np.isclose(step[0], limits.max_speed * 0.02)
    assert np.isclose(step[0], 2 * step[1])


def test_bad_commands_are_refused_and_hold():
    limits = Limits()
    for wanted in (np.full(6, np.nan), np.zeros(5), ARM.home + np.array([9.0, 0, 0, 0, 0, 0])):
        joints, reason = check(ARM.home, wanted, 0.02, limits)
        np.testing.assert_array_equal(joints, ARM.home)
        assert reason
    low = ARM.inverse(tool_down(0.45, 0.1, 0.0125, 0.0), ARM.home)
    lower = ARM.inverse(tool_down(0.45, 0.1, 0.010, 0.0), low)
    assert check(low, lower, 0.02, limits)[1] == "The tool would touch the table."
    assert check(lower, low, 0.02, limits)[1] == ""
    assert check_gripper(np.nan, limits) is None
    assert check_gripper(9.0, limits) == ARM.opening_max


def test_leases_expiry_and_stale_pictures():
    command = Command(
        seq=1, source="policy", generation=3, times_ns=np.array([0, 20]), joints=np.zeros((2, 6)), gripper=np.zeros(2), expiry_ns=100
    )
    assert command_fault(command, "policy", 3, 50) == ""
    assert "too old" in command_fault(command, "policy", 3, 101)
    assert "has the arm" in command_fault(command, "operator", 3, 50)
    assert "has the arm" in command_fault(command, "policy", 4, 50)
    assert stale(10**9, 0, Limits()) == "The picture is 1.0 s old."
    assert stale(10**8, 0, Limits()) == ""
