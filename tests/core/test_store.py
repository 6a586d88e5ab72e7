"""The store keeps what it said it saved, takes back what it is asked to, and can be made again."""

import contextlib
import sqlite3

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from core.errors import DiskFull, StoreError
from core.storage import catalogue, class_edits, edits
from core.storage.frames import read_frame, write_durably
from core.storage.masks import pack, unpack
from core.storage.migrations import upgrade
from core.storage.queries import Queries
from core.storage.records import Record
from core.storage.store import Store
from core.types import CameraInfo, Frame, Intrinsics

INTRINSICS = Intrinsics(width=32, height=24, fx=30, fy=30, cx=16, cy=12)
CAMERA = CameraInfo(id="c", serial="s", name="test", depth=INTRINSICS, color=INTRINSICS, depth_scale=0.001, T_color_depth=np.eye(4))


def open_store(path):
    ticks = iter(range(1, 100_000))
    return Store(path, wall_s=lambda: float(next(ticks)), who="tester")


def judgement(track=1, seq=1):
    depth, color = np.full((24, 32), 700, np.uint16), np.full((24, 32, 3), seq % 255, np.uint8)
    mask = np.zeros((24, 32), bool)
    mask[4:9, 5 : 6 + track % 20] = True
    frame = Frame(camera="c", seq=seq, t_device_ns=0, t_host_ns=seq, depth=depth, color=color)
    return edits.Judgement(
        frame=frame,
        camera=CAMERA,
        T_base_camera=np.eye(4),
        mask=mask,
        track=track,
        center_base=np.zeros(3),
        identifier="i1",
        score=0.5,
    )


def content(path):
    """Every row but those of the undo stack and the revision counter."""
    with sqlite3.connect(path / "catalogue.db") as connection:
        tables = ("object_class", "task", "label", "episode", "version")
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables}


@pytest.mark.parametrize("state", ["kept", "partial", "trashed", "gone", None])
def test_a_task_is_deleted_unless_something_of_it_would_be_lost_from_sight(tmp_path, state):
    store = open_store(tmp_path)
    edits.create_task(store, "t", "T", "fruit")
    if state:
        values = {"id": "e", "task_id": 1, "number": 1, "kind": "demonstration", "how": "keys", "state": state, "path": "e.db"}
        values |= {"created_s": 1.0, "duration_s": 1.0, "frames": 9, "gaps": 0, "bytes": 9, "who": "x", "details": {}}
        edits.adopt_episode(store, values, "kept")
    if state in ("gone", None):
        edits.delete_task(store, 1)
        assert not Queries(store.engine).tasks()
        store.undo()
    else:
        with pytest.raises(StoreError, match="so it stays"):
            edits.delete_task(store, 1)
    assert [task.title for task in Queries(store.engine).tasks()] == ["T"]
    store.close()


def test_a_task_with_versions_is_not_deleted(tmp_path):
    store = open_store(tmp_path)
    edits.create_task(store, "t", "T", "fruit")
    edits.add_version(store, 1, "chance", "passed", "versions/1", {})
    with pytest.raises(StoreError, match="versions, so it stays"):
        edits.delete_task(store, 1)
    store.close()


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=9), min_size=1, max_size=9).filter(lambda m: len({len(r) for r in m}) == 1))
def test_masks_come_back(rows):
    mask = np.array(rows, bool)
    np.testing.assert_array_equal(unpack(pack(mask)), mask)


@given(st.binary(max_size=60))
def test_torn_masks_are_refused(data):
    with contextlib.suppress(StoreError):
        unpack(data)


def test_a_name_is_stored_with_its_frame_and_who(tmp_path):
    store = open_store(tmp_path)
    changes = edits.name_object(store, judgement(), "mug")
    assert changes.touches("label") and changes.names_revision == 1 and changes.undo_text == 'naming "mug"'
    queries = Queries(store.engine)
    (label,) = queries.labels()
    assert (label.who, label.identifier, label.kind) == ("tester", "i1", "name")
    frame, camera, _ = read_frame(store.folder.frames, label.frame_hash)
    np.testing.assert_array_equal(frame.depth, judgement().frame.depth)
    np.testing.assert_array_equal(frame.color, judgement().frame.color)
    assert camera.serial == "s"
    assert unpack(label.mask).sum() == judgement().mask.sum()
    store.close()


def test_naming_again_replaces_and_same_class_is_reused(tmp_path):
    store = open_store(tmp_path)
    edits.name_object(store, judgement(), "mug")
    edits.name_object(store, judgement(), "Cup")
    edits.name_object(store, judgement(track=2), "MUG")
    queries = Queries(store.engine)
    assert [c.name for c in queries.classes()] == ["mug", "Cup"]
    assert queries.labels_per_class() == {1: 1, 2: 1}
    store.close()


EDITS = {
    "mug": lambda s, n: edits.name_object(s, judgement(n % 4, n), "mug"),
    "cup": lambda s, n: edits.name_object(s, judgement(n % 4, 1), "cup"),
    "no": lambda s, n: edits.not_an_object(s, judgement(n % 4, 2)),
    "unsure": lambda s, n: edits.unsure(s, judgement(n % 4, 3)),
    "delete": lambda s, n: class_edits.delete_class(s, Queries(s.engine).classes()[0].id) if Queries(s.engine).classes() else None,
    "rename": lambda s, n: class_edits.rename_class(s, Queries(s.engine).classes()[0].id, f"x{n}") if Queries(s.engine).classes() else None,
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=8))
def test_any_edits_undone_give_the_former_state_and_redone_the_latter(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("store")
    store = open_store(path)
    states = [content(path)]
    for n, name in enumerate(names):
        if EDITS[name](store, n) is not None:
            states.append(content(path))
    for state in reversed(states[:-1]):
        assert (undone := store.undo()) is not None
        assert undone.undone
        assert content(path) == state
    assert store.undo() is None
    store.close()
    store = open_store(path)  # the stack is kept across restarts
    for state in states[1:]:
        assert store.redo() is not None
        assert content(path) == state
    assert store.redo() is None
    store.close()


def test_a_new_edit_ends_redo(tmp_path):
    store = open_store(tmp_path)
    edits.name_object(store, judgement(), "mug")
    store.undo()
    edits.name_object(store, judgement(), "cup")
    assert store.redo() is None
    store.close()


def test_a_second_writer_is_told_in_a_sentence(tmp_path):
    store = open_store(tmp_path)
    with pytest.raises(StoreError, match="Another Pendant"):
        open_store(tmp_path)
    store.close()
    open_store(tmp_path).close()


def test_a_damaged_catalogue_is_made_again(tmp_path):
    store = open_store(tmp_path)
    edits.name_object(store, judgement(), "mug")
    store.close()  # makes a backup
    store = open_store(tmp_path)
    edits.name_object(store, judgement(2), "cup")
    store.undo()
    edits.name_object(store, judgement(3), "pear")
    before = content(tmp_path)
    store.engine.dispose()
    store._lock.release()
    (tmp_path / "catalogue.db").write_bytes(b"not a catalogue" * 1000)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"catalogue.db{suffix}").unlink(missing_ok=True)
    store = open_store(tmp_path)
    assert "made again" in store.told[0]
    assert content(tmp_path) == before
    assert list(tmp_path.glob("catalogue.damaged-1"))
    store.close()


def test_a_torn_journal_line_is_ignored_and_completed(tmp_path):
    store = open_store(tmp_path)
    edits.name_object(store, judgement(), "mug")
    store.close()
    with (tmp_path / "edits.jsonl").open("a") as journal:
        journal.write('{"kind":"edit","id":99,"ro')
    store = open_store(tmp_path)
    edits.name_object(store, judgement(2), "cup")
    assert [e["id"] for e in catalogue.read_journal(tmp_path / "edits.jsonl")] == [1, 2]
    store.close()


def test_migrations_make_the_declared_tables(tmp_path):
    path = tmp_path / "migrated.db"
    upgrade(path, "")
    migrated, declared = catalogue.engine_of(path), catalogue.engine_of(tmp_path / "declared.db")
    Record.metadata.create_all(declared)
    for table in Record.metadata.tables:
        columns = {c["name"]: (str(c["type"]), c["nullable"]) for c in inspect(migrated).get_columns(table)}
        assert columns == {c["name"]: (str(c["type"]), c["nullable"]) for c in inspect(declared).get_columns(table)}
    migrated.dispose()
    declared.dispose()


def test_a_catalogue_from_the_future_is_refused(tmp_path):
    open_store(tmp_path).close()
    with sqlite3.connect(tmp_path / "catalogue.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(StoreError, match="newer Pendant"):
        open_store(tmp_path)


def test_versions_count_per_task_and_only_passed_ones_go_to_the_arm(tmp_path):
    store = open_store(tmp_path)
    edits.create_task(store, "t", "T", "fruit")
    task = Queries(store.engine).task_named("t")
    for state in ("passed", "failed", "passed"):
        edits.add_version(store, task.id, "replay", state, "v", {})
    v3, v2, v1 = Queries(store.engine).versions(task.id)
    assert (v3.number, v1.number) == (3, 1)
    edits.activate_version(store, v1.id)
    edits.activate_version(store, v3.id)
    assert Queries(store.engine).active_version(task.id).number == 3
    with pytest.raises(StoreError):
        edits.activate_version(store, v2.id)
    store.close()


def test_a_full_disk_is_told_in_words_and_leaves_nothing(tmp_path):
    (tmp_path / "spec.json.part").symlink_to("/dev/full")  # what is written there finds no room
    with pytest.raises(DiskFull, match="^The disk is full, "):
        write_durably(tmp_path / "spec.json", b"{}")
    assert not list(tmp_path.iterdir())
