"""A policy through its plain door: views and poses in, poses out, on drawn pictures of the blocks cell."""

import numpy as np
import pytest

from core import registration
from core.cells import find_cell
from core.errors import NothingToLearn
from core.motion.kinematics import tool_down
from core.motion.targets import pose, yaw_of
from core.policies.views import ViewPolicy
from core.types import PickPlaceSample, View
from devices.sim.camera import SimCamera
from devices.sim.cell import World

CELL = find_cell("blocks")


def look(seed):
    """A view of a layout, and its true objects by name."""
    world = World(CELL, seed, "teach")
    camera = SimCamera(CELL, seed, "teach")
    try:
        frame, info = camera.render(world.state(), 1, 1), camera.info()
    finally:
        camera.close()
    depth_m = registration.register_depth(frame.depth, info)
    view = View(color=frame.color, depth_m=depth_m, K=info.color.K, T_base_camera=info.T_mount_camera)
    return view, {o.class_name: o.T_base_object for o in world.truth().objects}


def sample(seed):
    """Red block to the middle of the mat, along it."""
    view, true = look(seed)
    red, mat = true["red block"], true["green mat"]
    T_pick = tool_down(*red[:2, 3], 0.024, yaw_of(red[:3, :3]) + np.pi / 2)
    after = pose(np.array([*mat[:2, 3], red[2, 3] + 0.002]), yaw_of(mat[:3, :3]))
    T_place = after @ np.linalg.inv(pose(red[:3, 3], yaw_of(red[:3, :3]))) @ T_pick
    return PickPlaceSample(views=(view,), T_base_pick=T_pick, T_base_place=T_place, pick_class="red block")


@pytest.fixture(scope="module")
def policy():
    made = ViewPolicy()
    made.fit([sample(seed) for seed in (1, 2, 3)], seed=0, minutes=1.0)
    return made


def test_it_predicts_poses_for_a_new_view(policy):
    view, true = look(11)
    found = policy.predict([view])
    assert found.T_base_pick is not None, found.reason
    red, mat = true["red block"], true["green mat"]
    assert np.linalg.norm(found.T_base_pick[:2, 3] - red[:2, 3]) < 0.02
    assert found.T_base_pick[2, 2] < -0.99 and 0 < found.confidence <= 1
    end = found.T_base_place @ np.linalg.inv(found.T_base_pick) @ pose(red[:3, 3], yaw_of(red[:3, :3]))
    assert np.linalg.norm(end[:2, 3] - mat[:2, 3]) < 0.01
    apart = yaw_of(end[:3, :3]) - yaw_of(mat[:3, :3])
    assert abs((apart + np.pi / 2) % np.pi - np.pi / 2) < np.deg2rad(8)


def test_the_view_with_most_depth_is_used(policy):
    view, _ = look(11)
    blind = View(color=view.color, depth_m=np.zeros_like(view.depth_m), K=view.K, T_base_camera=view.T_base_camera)
    best, alone = policy.predict([blind, view]), policy.predict([view])
    np.testing.assert_array_equal(best.T_base_pick, alone.T_base_pick)
    assert policy.predict([blind]).T_base_pick is None and "depth" in policy.predict([blind]).reason


def test_weights_come_back_and_nothing_is_refused(policy, tmp_path):
    view, _ = look(12)
    policy.save(tmp_path)
    np.testing.assert_array_equal(ViewPolicy.load(tmp_path).predict([view]).T_base_place, policy.predict([view]).T_base_place)
    with pytest.raises(NothingToLearn):
        ViewPolicy().fit([], seed=0, minutes=1.0)
