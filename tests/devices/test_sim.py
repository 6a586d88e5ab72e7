import numpy as np
import pytest

from core.cell_kinds import KINDS
from core.cells import Jitter, find_cell, sample_layout
from core.errors import DeviceError
from core.judge import disturbed, judge_all
from core.motion.body import arm_capsules, outside
from core.motion.grasp import box_points, grasps, height_map, reachable
from core.motion.kinematics import LINKS, ArmModel, tool_down
from core.motion.plan import held_from_points, plan_pick_place
from core.types import ARM_LABEL, TABLE_LABEL, PickPlace
from devices.sim.arm import SimArm
from devices.sim.arm_shape import arm_meshes
from devices.sim.build import build
from devices.sim.camera import SimCamera
from devices.sim.cell import World
from devices.sim.engine import mujoco


@pytest.fixture(scope="module")
def cell():
    return find_cell("fruit")


@pytest.fixture(scope="module")
def world(cell):
    return World(cell, 5)


@pytest.fixture(scope="module", params=["auto", "rays"])
def camera(cell, request):
    camera = SimCamera(cell, 5, gl=request.param)
    yield camera
    camera.close()


def run(world, arm, path):
    for joints, gripper in zip(path.joints, path.gripper, strict=True):
        arm.step(joints, gripper)
        world.step(0.02)


def seen_points(world, index):
    """Points on top of one thing, as a camera right above would see them."""
    thing, placed = world.truth().objects[index], world.layout.objects[index]
    return box_points(thing.T_base_object, thing.size, KINDS[placed.kind].round or KINDS[placed.kind].fruit)


def test_things_rest_where_the_layout_put_them(cell):
    world = World(cell, 11, "test")
    for true, placed in zip(world.truth().objects, sample_layout(cell, 11, "test").objects, strict=True):
        assert np.linalg.norm(true.T_base_object[:3, 3] - placed.T_base_object[:3, 3]) < 0.02
    assert world.time_ns == 0


def test_same_seed_same_future_and_restore_goes_on_bit_for_bit(cell):
    a, b = World(cell, 2), World(cell, 2)
    for w in (a, b):
        w.set_joints(w.arm.home + 0.2)
        w.step(0.3)
    np.testing.assert_array_equal(a.state(), b.state())
    start = a.state()
    a.step(0.2)
    after = a.state()
    a.restore(start)
    a.step(0.2)
    np.testing.assert_array_equal(a.state(), after)
    assert a.time_ns == 500_000_000


def test_physics_does_not_see_the_pictures_of_the_room(cell):
    layout, ends = sample_layout(cell, 5, "teach"), []
    for drawn in (True, False):
        model = build(cell, layout, ArmModel(), drawn=drawn)
        data = mujoco.MjData(model)
        mujoco.mj_step(model, data, nstep=100)
        ends.append((model.ntex, data.qpos.copy()))
    assert ends[0][0] > ends[1][0]
    assert np.array_equal(ends[0][1], ends[1][1])


def test_states_of_other_layouts_are_refused(cell, world):
    with pytest.raises(DeviceError, match="another layout"):
        world.restore(np.zeros(7))


@pytest.mark.parametrize("joint", range(6))
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_each_joint_reaches_its_limits(joint, side, roomy):
    world, start = roomy
    world.restore(start)
    arm = world.arm
    # Hand up first where the joint alone would put it into the table.
    q = np.array([0.0, 0.0, 0.0, 0.0, 0.3, 0.0]) if joint in (1, 2) else arm.home.copy()
    q[joint] = getattr(arm, side)[joint]
    for _ in range(60):
        step = np.clip(q - world.arm_reading().joints, -0.15, 0.15)
        world.set_joints(world.arm_reading().joints + step)
        world.step(0.05)
    world.set_joints(q)
    world.step(1.0)
    if joint == 1:
        # The upper arm lies down before its joint ends; it must at least get past horizontal's neighbourhood.
        assert abs(world.arm_reading().joints[1]) > 1.4
    else:
        assert abs(world.arm_reading().joints[joint] - q[joint]) < 0.02


@pytest.fixture(scope="module")
def roomy():
    world = World(find_cell("blocks"), 1)
    return world, world.state()


def test_arm_reports_what_it_does_and_refuses_nonsense(cell):
    world = World(cell, 2)
    arm = SimArm(world)
    arm.open()
    arm.step(world.arm.home, 0.0)
    world.step(1.0)
    reading = arm.read()
    np.testing.assert_allclose(reading.joints, world.arm.home, atol=1e-3)
    assert reading.gripper < 0.003
    assert not reading.gripping
    with pytest.raises(DeviceError, match="not numbers"):
        arm.step(np.full(6, np.nan), 0.0)
    arm.step(world.arm.home + 0.5, 0.0)
    world.step(0.1)
    arm.hold()
    held = arm.read().joints
    world.step(1.0)
    assert np.abs(arm.read().joints - held).max() < 0.2
    arm.close()


def test_arm_meshes_cover_every_link_and_face_outward():
    parts = arm_meshes()
    assert {part.link for part in parts} == set(range(len(LINKS)))
    for part in parts:
        corners = part.vertices[part.faces]
        volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
        assert volume > 0


@pytest.mark.gl
def test_camera_geometry_agrees_with_the_truth(camera, world):
    state, info = world.state(), camera.info()
    labels, names = camera.true_labels(state)
    depth = camera.true_depth(state)
    v, u = np.nonzero(depth)
    z = depth[v, u]
    p = np.stack([(u - info.depth.cx) / info.depth.fx * z, (v - info.depth.cy) / info.depth.fy * z, z, np.ones_like(z)])
    p_color = info.T_color_depth @ p
    p_base = (info.T_mount_camera @ p_color)[:3].T
    uv = np.round(info.color.K @ (p_color[:3] / p_color[2])).astype(int)
    ok = (uv[0] >= 0) & (uv[0] < info.color.width) & (uv[1] >= 0) & (uv[1] < info.color.height)
    label = np.zeros(len(z), int)
    label[ok] = labels[uv[1][ok], uv[0][ok]]
    assert np.median(np.abs(p_base[label == TABLE_LABEL][:, 2])) < 0.001
    assert (label == ARM_LABEL).sum() > 500
    for index, (name, thing) in enumerate(zip(names, world.truth().objects, strict=True)):
        assert name == thing.class_name
        local = (p_base[label == index + 1] - thing.T_base_object[:3, 3]) @ thing.T_base_object[:3, :3]
        inside = np.all(np.abs(local) < thing.size / 2 + 0.006, axis=1)
        assert inside.mean() > 0.85


@pytest.mark.gl
def test_frames_repeat_and_depth_is_noisy_like_a_stereo_cameras(camera, world):
    state = world.state()
    first, again, later = camera.render(state, 3, 7), camera.render(state, 3, 7), camera.render(state, 4, 8)
    np.testing.assert_array_equal(first.depth, again.depth)
    np.testing.assert_array_equal(first.color, again.color)
    assert (first.depth != later.depth).mean() > 0.3
    true = camera.true_depth(state)
    both = (first.depth > 0) & (true > 0.5) & (true < 1.1)
    error = np.abs(first.depth[both] * 0.001 - true[both])
    assert 0.0005 < np.median(error) < 0.005
    assert first.t_host_ns == 7


@pytest.mark.gl
def test_a_dark_cell_is_darker_and_a_foreign_state_is_refused(cell, world):
    camera = SimCamera(cell, 5, jitter=Jitter(light=0.5))
    bright = SimCamera(cell, 5)
    try:
        assert camera.render(world.state(), 0, 0).color.mean() < 0.8 * bright.render(world.state(), 0, 0).color.mean()
        with pytest.raises(DeviceError, match="another layout"):
            camera.render(np.zeros(3), 0, 0)
    finally:
        camera.close()
        bright.close()


@pytest.mark.parametrize("seed", [0, 1])
def test_every_fruit_can_be_put_into_the_basket(cell, seed):
    world = World(cell, seed, "test")
    arm, before = SimArm(world), world.truth().objects
    placed = world.layout.objects
    basket = next(i for i, p in enumerate(placed) if p.kind == "basket")
    fruit = [i for i, p in enumerate(placed) if KINDS[p.kind].fruit]
    for index in fruit:
        around = height_map(np.vstack([seen_points(world, i) for i in range(len(placed)) if i != index]))
        points = seen_points(world, index)
        grasp = reachable(grasps(points, around), world.arm, world.arm.home)[0]
        goal = world.truth().objects[basket]
        T_place = grasp.T_base_pick.copy()
        T_place[:3, 3] = goal.T_base_object[:3, 3] + [0, 0, goal.size[2] / 2 + grasp.T_base_pick[2, 3] + 0.02]
        target = PickPlace(T_base_pick=grasp.T_base_pick, T_base_place=T_place, width=grasp.width)
        motion = plan_pick_place(world.arm, arm.read().joints, target, around, held=held_from_points(points, grasp.T_base_pick))
        assert motion.reason == ""
        run(world, arm, motion.path)
    world.step(1.0)
    done, reason = judge_all(cell.task("fruit-in-basket").goals, world.truth().objects)
    assert done, reason
    assert disturbed(before, world.truth().objects, ["basket", *(placed[i].class_name for i in fruit)]) == ()


def test_a_grasp_holds_and_is_felt(cell):
    world = World(find_cell("blocks"), 3)
    arm = SimArm(world)
    index = next(i for i, p in enumerate(world.layout.objects) if p.class_name == "yellow block")
    around = height_map(np.vstack([seen_points(world, i) for i in range(4) if i != index]))
    grasp = reachable(grasps(seen_points(world, index), around), world.arm, world.arm.home)[0]
    T_up = grasp.T_base_pick.copy()
    T_up[2, 3] = 0.2
    target = PickPlace(T_base_pick=grasp.T_base_pick, T_base_place=T_up, width=grasp.width)
    path = plan_pick_place(world.arm, world.arm.home, target, around).path
    last = np.flatnonzero(path.gripper == 0.0)[-1]
    for joints, gripper in zip(path.joints[: last + 1], path.gripper[: last + 1], strict=True):
        arm.step(joints, gripper)
        world.step(0.02)
    world.step(2.0)
    assert arm.read().gripping
    assert abs(world.truth().objects[index].T_base_object[2, 3] - 0.2) < 0.01


@pytest.mark.parametrize("height_m", [0.012, 0.0])
def test_a_closed_hand_that_is_set_down_on_the_table_holds_nothing(height_m):
    world, model = World(find_cell("blocks"), 5), ArmModel()
    world.set_gripper(0.0)
    world.set_joints(model.inverse(tool_down(0.35, -0.3, height_m, 0.0), model.home))
    world.step(3.0)
    reading = world.arm_reading()
    assert reading.gripper < 0.001 and not reading.gripping


def test_no_part_of_the_arm_is_drawn_outside_its_capsules():
    model, depth_error_m = ArmModel(), 0.004
    poses, capsules = model.link_poses(model.home, 0.05), arm_capsules(model, model.home, 0.05)
    for part in arm_meshes():
        pose = poses[part.link]
        drawn = part.vertices @ pose[:3, :3].T + pose[:3, 3]
        assert not outside(capsules, drawn, 0.012 - depth_error_m).any(), part.name  # what is left out of pictures goes 12 mm beyond
