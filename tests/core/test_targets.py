"""Where an object goes, and what will do as well where that is blocked."""

from types import SimpleNamespace

import numpy as np

from core import geometry
from core.motion.body import arm_capsules
from core.motion.grasp import Grasp, box_points, height_map, release_width
from core.motion.kinematics import ArmModel, tool_down
from core.motion.targets import inside, pose, poses_of
from core.motion.task_plan import places, surroundings
from core.policies.demonstration import Demonstration
from core.policies.relations import fit_relations
from core.types import TABLE_LABEL, CameraInfo, Frame, Intrinsics, Observation
from tests.core.drawn import scene, thing

TRAY = thing(9, "tray", (0.4, 0.2), (0.24, 0.16, 0.05))


def test_what_is_higher_than_the_rim_is_set_down_on_the_floor_or_let_go_of_over_the_rim():
    can, block = thing(1, "can", (0.4, -0.1), (0.06, 0.06, 0.09)), thing(1, "block", (0.4, -0.1), (0.04, 0.04, 0.04))
    down, over = (T[2, 3] - 0.045 for T in poses_of(inside(can, TRAY, [])))
    assert 0 < down < 0.02 and over > 0.05
    (only,) = poses_of(inside(block, TRAY, []))
    assert only[2, 3] - 0.02 > 0.05


def test_a_second_can_has_its_own_end_of_the_tray():
    can, first = thing(1, "can", (0.4, -0.1), (0.06, 0.06, 0.09)), thing(2, "can", (0.4, 0.2), (0.06, 0.06, 0.09))
    spot = inside(can, TRAY, [first]).T_base_object[:2, 3]
    local = TRAY.box.R.T[:2, :2] @ (spot - [0.4, 0.2])
    assert np.linalg.norm(spot - [0.4, 0.2]) > 0.05
    assert (np.abs(local) < TRAY.box.size[:2] / 2 - 0.03).all()


def test_what_looks_the_same_from_both_ends_offers_its_other_end():
    demonstrations = []
    for yaw in (0.0, 0.7, -0.9):
        item, other = thing(1, "sponge", (0.4, -0.2), (0.1, 0.06, 0.03)), thing(2, "parcel", (0.4, 0.1), (0.11, 0.06, 0.05), yaw)
        T_after = pose(other.box.center, yaw) @ pose(np.array([0.02, 0.11, -0.01]), np.pi / 2)
        T_pick = tool_down(0.4, -0.2, 0.02, 0.0)
        T_place = T_after @ np.linalg.inv(pose(item.box.center, 0.0)) @ T_pick
        demonstrations.append(Demonstration(episode="e", detections=(item, other), pick=1, T_base_pick=T_pick, T_base_place=T_place))
    relation = next(r for r in fit_relations(demonstrations) if r.kind == "rigid")
    one, other_end = poses_of(relation.target(demonstrations[0].item, demonstrations[0].others[0], ()))
    middle = demonstrations[0].others[0].box.center[:2]
    np.testing.assert_allclose(one[:2, 3] + other_end[:2, 3], 2 * middle, atol=1e-9)
    assert len(places(demonstrations[0].item, relation.target(demonstrations[0].item, demonstrations[0].others[0], ()), T_pick)) == 4


def test_jaws_open_just_enough_where_there_is_no_more_room():
    hold = Grasp(T_base_pick=tool_down(0.4, 0.0, 0.03, 0.0), width=0.10, across=0.06, clearance=0.02, score=1.0)
    place = tool_down(0.4, 0.2, 0.03, 0.0)
    wall = lambda gap: height_map(box_points(pose(np.array([0.4 + gap, 0.2, 0.03]), 0.0), np.array([0.01, 0.1, 0.06])))  # noqa: E731
    assert release_width(hold, place, wall(0.12)) == 0.10
    assert release_width(hold, place, wall(0.068)) == 0.06 + 2 * 0.007
    assert release_width(hold, place, wall(0.045)) is None


def test_the_arms_own_ragged_edge_is_nothing_in_the_way():
    arm, image = ArmModel(), Intrinsics(width=320, height=240, fx=300, fy=300, cx=160, cy=120)
    camera = CameraInfo(id="c", serial="s", name="n", depth=image, color=image, depth_scale=0.001, T_color_depth=np.eye(4))
    T_base_camera = tool_down(0.45, 0.0, 1.2, 0.0)
    joints = arm.inverse(tool_down(0.5, -0.28, 0.13, 0.0), arm.home)
    a, b, radius = arm_capsules(arm, joints)[7]
    edge, real = (a + b) / 2 + [0, 0, radius + 0.01], np.array([0.45, 0.2, 0.2])
    depth, labels = np.full((240, 320), 1200, np.uint16), np.full((240, 320), TABLE_LABEL, np.uint16)
    for point in (edge, real):
        p = geometry.transform(geometry.invert(T_base_camera), point)
        u, v = int(300 * p[0] / p[2] + 160), int(300 * p[1] / p[2] + 120)
        depth[v - 4 : v + 5, u - 4 : u + 5], labels[v - 4 : v + 5, u - 4 : u + 5] = int(1000 * p[2]), 0
    frame = Frame(camera="c", seq=1, t_device_ns=0, t_host_ns=1, depth=depth, color=np.zeros((240, 320, 3), np.uint8))
    item = thing(1, "block", (0.4, 0.0), (0.04, 0.04, 0.04))
    ghost = thing(2, None, edge[:2], (0.03, 0.03, 0.03))
    ghost.box.center[:] = (a + b) / 2
    given = scene(item, ghost, labels=labels, T_base_camera=T_base_camera)
    seen = Observation(frame=frame, scene=given, camera=camera, arm=SimpleNamespace(joints=joints, gripper=0.06))
    _, around = surroundings(arm, seen, item)
    assert around.over(edge[None, :2]) < 0.02
    assert around.over(real[None, :2]) > 0.15
