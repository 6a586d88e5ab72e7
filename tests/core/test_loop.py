"""The loop in lockstep: shown once, it does the task; from what the camera sees alone; the same seed, the same episode."""

import dataclasses

import numpy as np
import pytest

from app import jobs, rollouts, teaching
from app.headless import HeadlessCell
from app.tasks import ensure_task
from app.versions import push
from app.workers import rollout
from app.workers.cell import CellHost
from core.cells import builtin_cells, find_cell, load_cell
from core.errors import NothingToLearn, PendantError
from core.messages import ActRequest
from core.policies.demonstration import question
from core.storage import class_edits
from core.storage.queries import Queries
from core.storage.store import Store

pytestmark = pytest.mark.timeout(300)


def few_fruits():
    """The fruit cell with few kinds: every kind has to be clicked before the task is shown, which takes time."""
    cell = find_cell("fruit")
    kept = ("basket", "banana", "apple", "sponge")
    tasks = tuple(task for task in cell.tasks if task.id == "banana-in-basket")
    return dataclasses.replace(cell, objects=tuple(o for o in cell.objects if o.name in kept), groups=(), tasks=tasks)


def taught(root, cell, task_name, demos=1):
    """A data folder with a task that was shown `demos` times, and the folder of the version learnt from it."""
    store = Store(root, wall_s=lambda: 1000.0, who="test")
    try:
        teaching.teach(store, cell, cell.task(task_name), demos, 3)
        version = jobs.train(store, task_name, "pickplace", 0, goals_of=cell.task(task_name))
    finally:
        store.close()
    return cell, cell.task(task_name), str(root / version.folder)


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    root = tmp_path_factory.mktemp("blocks")
    return root, *taught(root, find_cell("blocks"), "block-on-mark")


def test_banana_into_the_basket_after_one_demonstration(tmp_path):
    cell, task, folder = taught(tmp_path, few_fruits(), "banana-in-basket")
    for seed in (30, 31):
        result = rollouts.rollout(tmp_path, folder, cell, task, seed)
        assert result.succeeded and result.screen_agrees, result.reason


def final_joints(root, cell, folder, seed):
    world = HeadlessCell(cell, seed, root, purpose="test")
    try:
        world.request(ActRequest(kind="load", version=folder))
        world.settle(2)
        world.grant()
        world.request(ActRequest(kind="run"))
        status = world.until_status(("done", "failed"), 60)
        return status, world.arm.joints, world.clock.now_ns()
    finally:
        world.close()


def test_a_rollout_works_without_the_truth_and_repeats_itself(blocks, monkeypatch):
    root, cell, _, folder = blocks
    expected = final_joints(root, cell, folder, 40)

    def forbidden(self):
        raise PendantError("A rollout looked at the truth.")

    monkeypatch.setattr(CellHost, "truth", forbidden)
    monkeypatch.setattr("app.workers.cell.Truth", forbidden)
    monkeypatch.setattr("app.workers.cell._TRUTH_EVERY", 10**9)
    status, joints, end_ns = final_joints(root, cell, folder, 40)
    assert status.succeeded and expected[0].succeeded
    np.testing.assert_array_equal(joints, expected[1])
    assert end_ns == expected[2]


@pytest.fixture
def asking(blocks, monkeypatch):
    """A rollout of a version that is not sure which the red block is until `sure` holds something; and the times that it was asked."""
    root, cell, _, folder = blocks
    sure: list[int] = []
    decided: list[int] = []

    def doubt(policy, seen, avoid=frozenset(), *, search=True):
        decided.append(world.clock.now_ns())
        proposal = policy.propose(seen.scene.detections, avoid)
        item = next((d for d in seen.scene.detections if d.instance == proposal.pick), None)
        return seen, question(item, "red block", 0.4) if item is not None and not sure else proposal

    monkeypatch.setattr(rollout, "decide", doubt)
    world = HeadlessCell(cell, 30, root, purpose="test")
    world.request(ActRequest(kind="load", version=folder))
    world.settle(2)
    world.grant()
    world.request(ActRequest(kind="run"))
    yield world, sure, decided
    world.close()


def test_a_question_holds_the_arm_until_it_is_answered_and_a_press_goes_on(asking):
    world, sure, decided = asking
    status = world.until_status(("asking",), 20)
    assert (status.asked_name, status.asked_sure, status.running) == ("red block", 0.4, True)
    assert np.diff(decided).min() > 300_000_000  # a picture, one in 333 ms, is decided on once: fitting its boxes takes longer than a cycle
    assert any(d.track == status.asked_track for d in world.scene.detections)
    joints = world.arm.joints
    sure.append(1)
    world.advance(1.0)
    assert world.arm.driver == "nobody" and np.abs(world.arm.joints - joints).max() < 1e-3
    world.grant()
    world.request(ActRequest(kind="go_on"))
    assert world.until_status(("done", "failed"), 60).succeeded


def test_what_the_operator_says_is_not_meant_is_left_alone(asking):
    world, sure, _ = asking
    world.until_status(("asking",), 20)
    world.request(ActRequest(kind="deny"))
    sure.append(1)
    world.advance(0.1)
    world.grant()
    world.request(ActRequest(kind="go_on"))
    status = world.until_status(("done", "failed"), 60)
    assert not status.succeeded and status.result == "No red block is in view."


def test_the_time_that_the_operator_has_the_arm_does_not_count(blocks, monkeypatch):
    root, cell, _, folder = blocks
    monkeypatch.setattr(rollout, "_PER_OBJECT_NS", 6_000_000_000)
    world = HeadlessCell(cell, 30, root, purpose="test")
    try:
        world.request(ActRequest(kind="load", version=folder))
        world.settle(2)
        world.grant()
        world.request(ActRequest(kind="run"))
        world.until_status(("moving",), 20)
        world.request(ActRequest(kind="take_over"))
        world.advance(8.0)
        world.grant()
        world.request(ActRequest(kind="hand_back"))
        world.advance(0.1)
        assert world.status.sentence == "Looking at the table"
        status = world.until_status(("done", "failed"), 60)
        assert status.succeeded, status.result
    finally:
        world.close()


def test_an_older_version_finds_its_thing_under_the_name_it_was_merged_into(blocks):
    root, cell, _, folder = blocks
    store = Store(root, wall_s=lambda: 2000.0, who="test")
    world = HeadlessCell(cell, 31, root, purpose="test")
    try:
        world.request(ActRequest(kind="load", version=folder))
        world.settle(2)
        class_edits.create_class(store, "brick")
        queries = Queries(store.engine)
        changes = class_edits.merge_classes(store, queries.class_named("red block").id, queries.class_named("brick").id)
        push(store, queries.versions()[0])
        world.names_changed(changes.names_revision)
        hands = world.settle(3)
        assert "brick" in {d.name for d in hands.detections} and "red block" not in {d.name for d in hands.detections}
        world.grant()
        world.request(ActRequest(kind="run"))
        status = world.until_status(("done", "failed"), 60)
        assert status.succeeded, status.result
    finally:
        world.close()
        for _ in range(2):
            store.undo()
        store.close()


def test_block_onto_the_mat_after_one_demonstration_in_a_cell_file_of_ones_own_that_is_called_as_a_built_in_one(blocks, tmp_path):
    root, _, _, folder = blocks
    mine = tmp_path / "mine.toml"
    text = next(path for path in builtin_cells() if path.stem == "blocks").read_text()
    mine.write_text(text.replace('id = "block-on-mark"', 'id = "mine"').replace('name = "blocks"', 'name = "fruit"'))
    own = load_cell(mine)
    for result in rollouts.roll_all(root, folder, own, own.task("mine"), 2, 3, lambda _: None):
        assert result.succeeded, result.reason


def test_a_task_knows_where_the_file_of_its_cell_lies_now(tmp_path):
    text = next(path for path in builtin_cells() if path.stem == "blocks").read_text()
    store = Store(tmp_path / "data", wall_s=lambda: 1000.0, who="test")
    for name in ("here.toml", "there.toml"):
        (tmp_path / name).write_text(text)
        cell = load_cell(tmp_path / name)
        task_id = ensure_task(store, cell, cell.task("block-on-mark"))
        known = Queries(store.engine).task(task_id)
        assert known.cell == str(tmp_path / name) == find_cell(known.cell).source
    assert [task.name for task in Queries(store.engine).tasks()] == ["block-on-mark"]
    store.close()


def test_without_a_demonstration_it_refuses(tmp_path):
    cell = find_cell("blocks")
    with pytest.raises(NothingToLearn):
        jobs.loop(lambda: tmp_path, cell, cell.task("block-on-mark"), 0, 1, 0)
