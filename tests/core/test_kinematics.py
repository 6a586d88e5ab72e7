import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.motion.kinematics import LINKS, ArmModel, tool_down
from core.motion.trajectory import MAX_VELOCITY, RATE_HZ, join, joint_move, line_move, wait

ARM = ArmModel()
joints = st.tuples(*[st.floats(low + 0.01, high - 0.01) for low, high in zip(ARM.lower, ARM.upper, strict=True)])


@settings(max_examples=150, deadline=None)
@given(joints, joints)
def test_every_branch_reaches_the_pose_it_was_asked_for(q, near):
    T = ARM.forward(np.array(q))
    branches = ARM.branches(T, np.array(near))
    for found in branches:
        np.testing.assert_allclose(ARM.forward(found), T, atol=1e-6)
        assert np.all(found >= ARM.lower)
        assert np.all(found <= ARM.upper)


@settings(max_examples=150, deadline=None)
@given(joints)
def test_inverse_near_the_joints_finds_the_joints(q):
    q = np.array(q)
    found = ARM.inverse(ARM.forward(q), q)
    assert found is not None
    np.testing.assert_allclose(ARM.forward(found), ARM.forward(q), atol=1e-6)
    if min(abs(np.sin(q[4])), abs(np.sin(q[2]))) > 1e-3 and np.hypot(*(ARM.link_poses(q)[5][:2, 3])) > 1e-3:
        np.testing.assert_allclose(found, q, atol=1e-4)


def test_out_of_reach_has_no_solution():
    assert ARM.inverse(tool_down(0.9, 0.0, 0.1, 0.0), ARM.home) is None


def test_home_holds_the_hand_high_and_pointing_down():
    T = ARM.forward(ARM.home)
    assert T[2, 3] > 0.4
    assert T[2, 2] < -0.99
    assert len(ARM.link_poses(ARM.home, 0.05)) == len(LINKS)


def test_fingers_part_by_the_opening():
    poses = ARM.link_poses(ARM.home, 0.08)
    assert np.isclose(np.linalg.norm(poses[8][:3, 3] - poses[9][:3, 3]), 0.08)


def test_joint_move_starts_and_ends_at_rest_within_speed():
    end = ARM.home + np.array([1.0, 0.4, 0.5, 0, -0.5, 1.2])
    path = joint_move(ARM.home, end, 0.1)
    np.testing.assert_allclose(path.joints[0], ARM.home)
    np.testing.assert_allclose(path.joints[-1], end)
    assert np.abs(np.diff(path.joints, axis=0)).max() * RATE_HZ <= MAX_VELOCITY * 1.01
    slow = joint_move(ARM.home, end, 0.1, 0.5)
    assert slow.times[-1] > 1.9 * path.times[-1]


def test_line_is_straight_and_join_is_on_one_clock():
    start = ARM.inverse(tool_down(0.4, 0.1, 0.3, 0.4), ARM.home)
    line = line_move(ARM, start, tool_down(0.4, 0.1, 0.05, 0.4), 0.1)
    points = np.array([ARM.forward(q)[:3, 3] for q in line.joints])
    np.testing.assert_allclose(points[:, :2], [[0.4, 0.1]] * len(points), atol=1e-6)
    path = join([line, wait(line.joints[-1], 0.1, 0.0, 0.4)])
    np.testing.assert_allclose(np.diff(path.times), 1 / RATE_HZ)
    assert path.gripper[-1] == 0.0
    assert line_move(ARM, start, tool_down(0.9, 0.1, 0.05, 0.4), 0.1) is None
