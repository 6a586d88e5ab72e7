"""Corrections of labels and classes: whatever their order, undo gives the former state, redo the latter, and no crash loses one."""

import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.storage import carried_edits, catalogue, class_edits, decisions, edits, held_out, mask_edits
from core.storage.carried_edits import Origin
from core.storage.masks import unpack
from core.storage.queries import Queries
from core.storage.store import Store
from core.types import Goal, OrientedBox
from tests.core.test_store import content, judgement, open_store

SHAPE, BANANA = Origin("shape", None), Origin("name", 1)
BOX = OrientedBox(center=np.array([0.1, 0.2, 0.03]), size=np.array([0.05, 0.04, 0.06]), R=np.eye(3))


def piece(track, columns, seq=1, **values):
    mask = np.zeros((24, 32), bool)
    mask[4:9, columns] = True
    return msgspec.structs.replace(judgement(track, seq), mask=mask, **values)


@dataclass
class Hand:
    """Does the n-th edit of a sequence to whatever stands then; edits that are refused change nothing."""

    store: Store

    def classes(self):
        return Queries(self.store.engine).classes()

    def labels(self):
        return Queries(self.store.engine).labels()

    def do(self, kind, n):
        classes, labels = self.classes(), self.labels()
        one = classes[n % len(classes)].id if classes else 99
        two = classes[(n + 1) % len(classes)].id if classes else 98
        j = piece(n % 3 + 1, slice(3, 9 + n % 5), 1 + n % 2, since_s=0.0)
        store = self.store
        acts = {
            "name": lambda: edits.name_object(store, j, f"kind {n % 4}"),
            "name many": lambda: edits.name_objects(store, [j, piece(7, slice(10, 20))], f"kind {n % 3}"),
            "no": lambda: edits.not_an_object(store, j),
            "unsure": lambda: edits.unsure(store, j),
            "outline": lambda: mask_edits.outline(store, j),
            "split": lambda: mask_edits.split(store, [j, piece(1000 + n, slice(12, 20), 1 + n % 2)]),
            "merge": lambda: mask_edits.merge(store, [j, piece(n % 3 + 2, slice(12, 20), 1 + n % 2)], j),
            "box": lambda: mask_edits.set_box(store, j, BOX),
            "again": lambda: carried_edits.same_again(
                store, [carried_edits.carried(store, piece(2, slice(3, 9), s, source="propagated")) for s in (3, 4, 5)], SHAPE
            ),
            "create": lambda: class_edits.create_class(store, f"made {n}"),
            "rename": lambda: class_edits.rename_class(store, one, f"kind {n % 5}"),
            "merge classes": lambda: class_edits.merge_classes(store, one, two),
            "move": lambda: class_edits.move_labels(store, [label.id for label in labels[::2]], f"moved {n % 2}"),
            "colour": lambda: class_edits.set_colour(store, one, n % 12 + 1),
            "key": lambda: class_edits.set_key(store, one, n % 9 + 1),
            "delete": lambda: class_edits.delete_class(store, one),
            "task": lambda: edits.create_task(store, f"t{n}", "T", "fruit", Goal(kind="inside", object_class="kind 0", reference="kind 1")),
        }
        try:
            return acts[kind]()
        except StoreError:
            return None


KINDS = [
    "name",
    "name many",
    "no",
    "unsure",
    "outline",
    "split",
    "merge",
    "box",
    "again",
    "create",
    "rename",
    "merge classes",
    "move",
    "colour",
    "key",
    "delete",
    "task",
]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(KINDS), min_size=2, max_size=10))
def test_any_corrections_undone_give_the_former_state_and_redone_the_latter(tmp_path_factory, kinds):
    path = tmp_path_factory.mktemp("store")
    store = open_store(path)
    states = [content(path)]
    for n, kind in enumerate(["name", *kinds]):
        if Hand(store).do(kind, n) is not None:
            states.append(content(path))
    for state in reversed(states[:-1]):
        assert store.undo() is not None
        assert content(path) == state
    assert store.undo() is None
    store.close()
    store = open_store(path)
    for state in states[1:]:
        assert store.redo() is not None
        assert content(path) == state
    assert store.redo() is None
    store.close()
    store = open_store(path)  # what was redone is undone by a later run as well
    assert store.undo() is not None
    assert content(path) == states[-2]
    store.close()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*KINDS, "undo", "redo"]), min_size=3, max_size=12))
def test_the_journal_alone_makes_the_same_catalogue(tmp_path_factory, kinds):
    path, other = tmp_path_factory.mktemp("store"), tmp_path_factory.mktemp("replayed")
    store = open_store(path)
    for n, kind in enumerate(["name", *kinds]):
        {"undo": store.undo, "redo": store.redo}.get(kind, lambda k=kind, at=n: Hand(store).do(k, at))()
    store.close()
    folder = catalogue.Folder(other)
    folder.create()
    catalogue.prepare(folder)
    folder.journal.write_bytes((path / "edits.jsonl").read_bytes())
    catalogue.replay_journal(folder)
    assert content(other) == content(path)


_VICTIM = """
import sys
from pathlib import Path
from tests.core.test_label_edits import Hand, KINDS
from tests.core.test_store import open_store
hand = Hand(open_store(Path(sys.argv[1])))
for n in range(10_000):
    changes = hand.do(KINDS[n * 7 % len(KINDS)], n)
    if changes is not None:
        print(n, flush=True)
"""


def test_a_kill_between_or_amid_edits_loses_none_that_was_said_to_be_saved(tmp_path):
    root = Path(__file__).parents[2]
    for told in (3, 8, 14):
        victim = subprocess.Popen([sys.executable, "-c", _VICTIM, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root)
        assert victim.stdout is not None
        saved = [victim.stdout.readline() for _ in range(told)]
        before = _edits(tmp_path)
        victim.kill()
        victim.wait()
        victim.stdout.close()
        assert all(saved)
        store = open_store(tmp_path)
        assert _edits(tmp_path) >= before >= told
        journalled = [e["id"] for e in catalogue.read_journal(tmp_path / "edits.jsonl") if e["kind"] == "edit"]
        assert journalled == list(range(1, _edits(tmp_path) + 1))
        store.close()


def _edits(path):
    with sqlite3.connect(path / "catalogue.db") as connection:
        return connection.execute("SELECT count(*) FROM edit").fetchone()[0]


@pytest.fixture
def store(tmp_path):
    made = open_store(tmp_path)
    yield made
    made.close()


def test_an_outline_keeps_the_name_and_teaches_its_own_pixels(store):
    edits.name_object(store, judgement(), "mug")
    mask_edits.outline(store, piece(1, slice(2, 12), seq=2, since_s=0.0))
    (label,) = Queries(store.engine).labels()
    assert (label.kind, label.shape, label.who) == ("name", "outline", "tester")
    assert Queries(store.engine).class_named("mug").id == label.class_id
    assert unpack(label.mask).sum() == 5 * 10
    store.undo()
    (label,) = Queries(store.engine).labels()
    assert label.shape == "" and unpack(label.mask).sum() == judgement().mask.sum()


def test_a_name_given_after_an_outline_keeps_the_outline(store):
    mask_edits.outline(store, piece(1, slice(2, 12)))
    edits.name_object(store, judgement(), "mug")
    (label,) = Queries(store.engine).labels()
    assert (label.kind, label.shape) == ("name", "outline")
    assert unpack(label.mask).sum() == 50


def test_who_cannot_tell_what_a_thing_is_takes_its_name_back_but_no_others_and_no_outline(store):
    edits.name_object(store, judgement(2), "mug")
    edits.name_object(store, judgement(), "mug")
    mask_edits.outline(store, piece(1, slice(2, 12), seq=2, since_s=0.0))
    edits.unsure(store, piece(1, slice(2, 12), seq=3, since_s=0.0))
    labels = {label.track: label for label in Queries(store.engine).labels() if label.shape or label.track == 2}
    assert [(labels[n].kind, labels[n].shape) for n in (1, 2)] == [("unsure", "outline"), ("name", "")]
    assert Queries(store.engine).confirmed_since(0.0).keys() == {2}
    store.undo()
    assert Queries(store.engine).confirmed_since(0.0).keys() == {1, 2}


def test_two_things_of_the_same_track_in_different_runs_are_not_one(store):
    edits.name_object(store, judgement(), "mug")
    mask_edits.outline(store, piece(1, slice(2, 12), seq=2, since_s=store.wall_s()))
    assert [label.kind for label in Queries(store.engine).labels()] == ["name", "shape"]


def test_a_split_makes_two_of_one_and_a_merge_one_of_two(store):
    edits.name_object(store, judgement(), "mug")
    left, right = piece(1, slice(5, 8)), piece(1001, slice(8, 12))
    mask_edits.split(store, [left, right])
    assert sorted(label.track for label in Queries(store.engine).labels()) == [1, 1001]
    whole = piece(1, slice(5, 12))
    mask_edits.merge(store, [left, right], whole)
    (label,) = Queries(store.engine).labels()
    assert (label.track, label.shape, label.kind) == (1, "merge", "name")
    with pytest.raises(StoreError, match="all the way"):
        mask_edits.split(store, [left])
    with pytest.raises(StoreError, match="Nothing would be left"):
        mask_edits.outline(store, piece(1, slice(5, 5)))


def test_a_moved_box_comes_back_as_it_was_moved(store):
    mask_edits.set_box(store, judgement(), BOX)
    (label,) = Queries(store.engine).labels()
    np.testing.assert_array_equal(mask_edits.box_from(label.box).size, BOX.size)
    mask_edits.outline(store, piece(1, slice(2, 12)))
    (label,) = Queries(store.engine).labels()
    assert label.box is None and label.shape == "outline"


def test_what_is_carried_on_never_overwrites_a_person(store):
    edits.name_object(store, piece(1, slice(3, 9), seq=4), "mug")
    carried = [carried_edits.carried(store, piece(1, slice(3, 9), seq=n, source="propagated")) for n in (3, 4, 5)]
    carried_edits.same_again(store, carried, BANANA)
    by_seq = {label.source for label in Queries(store.engine).labels_on("c", 4, 0.0)}
    assert by_seq == {"operator"}
    assert len(Queries(store.engine).labels()) == 3
    with pytest.raises(StoreError, match="your own label"):
        carried_edits.same_again(store, carried[1:2], BANANA)
    unwanted = carried_edits.carried(store, piece(1, slice(3, 9), seq=9, source="propagated"))
    before = set(store.folder.frames.iterdir())
    carried_edits.forget(store, [unwanted, *carried])
    assert {p.stem for p in before - set(store.folder.frames.iterdir())} == {unwanted.digest}


def on_frames(store, *seqs, **values):
    return [carried_edits.carried(store, piece(-1, slice(3, 9), seq=n, source="propagated", since_s=0.0, **values)) for n in seqs]


def test_what_a_person_said_again_of_a_carried_label_is_theirs(store):
    edits.name_object(store, piece(-1, slice(3, 9), seq=2), "mug")
    carried_edits.same_again(store, on_frames(store, 3, 4), Origin("name", 1, 1))
    first, second = (label for label in Queries(store.engine).labels() if label.origin == 1)
    decisions.rename_label(store, first.id, "cup")
    class_edits.move_labels(store, [second.id], "bowl")
    with pytest.raises(StoreError, match="your own label"):
        carried_edits.same_again(store, on_frames(store, 3, 4), Origin("name", 1, 1))


def test_a_label_that_is_not_stored_yet_is_stored_with_what_is_carried_from_it_in_one_step(store):
    class_edits.create_class(store, "mug")
    first = piece(-1, slice(3, 9), seq=2)
    carried_edits.same_again(store, on_frames(store, 3, 4), Origin("name", 1, first=first))
    queries = Queries(store.engine)
    said, *carried = queries.labels()
    assert (said.source, said.origin) == ("operator", None)
    assert [(label.source, label.origin) for label in carried] == [("propagated", said.id)] * 2
    store.undo()
    assert queries.labels() == []
    store.redo()
    assert [label.origin for label in queries.labels()] == [None, said.id, said.id]


def test_a_picture_stored_losslessly_and_as_recorded_is_one_picture(store):
    live = piece(1, slice(3, 9), seq=4)
    edits.name_object(store, live, "mug")
    packed = msgspec.structs.replace(live.frame, color=live.frame.color ^ 1)
    recorded = carried_edits.carried(store, piece(-1, slice(3, 9), seq=4, frame=packed, source="propagated", since_s=0.0))
    assert recorded.digest != Queries(store.engine).labels()[0].frame_hash
    with pytest.raises(StoreError, match="your own label"):
        carried_edits.same_again(store, [recorded], BANANA)


def test_what_is_carried_from_a_held_out_picture_is_held_out_too_and_the_other_way_round(store):
    for track, n in enumerate((next(n for n in range(1, 99) if drawn(store, n) is wanted) for wanted in (True, False)), 1):
        edits.name_object(store, piece(track, slice(3, 9), seq=n), "mug")
        label = Queries(store.engine).labels()[-1]
        those = on_frames(store, *range(100 * track, 100 * track + 8))
        carried_edits.same_again(store, those, Origin("name", 1, label.id))
        frames = Queries(store.engine).held_out()
        assert {frames[x.digest] for x in those} == {frames[label.frame_hash]}


def drawn(store, seq):
    return held_out.drawn(on_frames(store, seq)[0].digest)


def test_names_that_went_lead_to_the_class_that_stands(store):
    for n, name in enumerate(("apple", "pear", "fruit"), 1):
        edits.name_object(store, judgement(n), name)
    goal = Goal(kind="inside", object_class="apple", reference="pear")
    edits.create_task(store, "t", "T", "fruit", goal)
    class_edits.merge_classes(store, 1, 3)
    class_edits.rename_class(store, 3, "food")
    queries = Queries(store.engine)
    assert queries.aliases() == {"apple": "food", "fruit": "food"}
    assert queries.task_named("t").goal["object_class"] == "food"
    assert len(queries.labels_of_class(3)) == 2
    class_edits.create_class(store, "apple")
    assert queries.aliases() == {"fruit": "food"}
    for _ in range(3):
        store.undo()
    assert queries.aliases() == {}
    assert queries.task_named("t").goal["object_class"] == "apple"


def test_a_taken_name_is_offered_for_merging_and_keys_and_colours_are_swapped(store):
    for n, name in enumerate(("apple", "pear"), 1):
        edits.name_object(store, judgement(n), name)
    with pytest.raises(StoreError, match="Pear is taken. Merge instead"):
        class_edits.rename_class(store, 1, "Pear")
    first, second = Queries(store.engine).classes()
    class_edits.set_key(store, 1, second.key)
    class_edits.set_colour(store, 1, second.colour)
    changed, other = Queries(store.engine).classes()
    assert (changed.key, changed.colour, other.key, other.colour) == (second.key, second.colour, first.key, first.colour)
    store.undo()
    store.undo()
    assert [(c.key, c.colour) for c in Queries(store.engine).classes()] == [(first.key, first.colour), (second.key, second.colour)]


def test_labels_of_a_class_are_split_off_under_a_new_name(store):
    for n in range(1, 5):
        edits.name_object(store, judgement(n), "fruit")
    ids = [label.id for label in Queries(store.engine).labels()]
    class_edits.move_labels(store, ids[:2], "apple")
    assert Queries(store.engine).labels_per_class() == {1: 2, 2: 2}
    store.undo()
    assert Queries(store.engine).labels_per_class() == {1: 4}
    assert [c.name for c in Queries(store.engine).classes()] == ["fruit"]
    assert class_edits.move_labels(store, ids[:1], "apple").text == 'naming 1 label "apple"'


def test_a_catalogue_of_the_first_format_is_brought_on(tmp_path):
    from alembic import command
    from alembic.config import Config

    folder = catalogue.Folder(tmp_path)
    folder.create()
    config = Config()
    config.set_main_option("script_location", str(Path(catalogue.__file__).parent / "migrations"))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{folder.catalogue}")
    command.upgrade(config, "0001")
    row = (1, "h", 3, "not_object", b"\0" * 8, "[0, 0, 0]", False, "me", "operator", "i", 0.5, 1.0, False)
    with sqlite3.connect(folder.catalogue) as db:
        db.execute("INSERT INTO label_frame VALUES ('h', 'c', 1, 1.0, 0)")
        names = "id, frame_hash, track, kind, mask, center_base, added, who, source, identifier, score, created_s, deleted"
        db.execute(f"INSERT INTO label ({names}) VALUES ({', '.join('?' * len(row))})", row)
    store = open_store(tmp_path)
    (label,) = Queries(store.engine).labels()
    assert (label.shape, label.box, label.track) == ("", None, 3)
    store.close()
