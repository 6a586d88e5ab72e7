"""The order of questions, what is folded, what is flagged, and which labels are kept aside."""

import numpy as np
import pytest

from core.errors import StoreError
from core.learning.doubt import ALIKE, RANDOM_EVERY, Look, doubt_of, fold, name_all, order
from core.learning.exemplars import NamesSource
from core.learning.label_checks import outliers, score_held_out
from core.perception.names import LENGTH, Exemplar, NameModel, Naming
from core.storage import class_edits, decisions, edits
from core.storage.held_out import ENOUGH, SHARE, drawn, scored_only
from core.storage.queries import Queries
from core.storage.records import Label
from core.storage.store import Store
from core.types import Guess
from tests.core.test_store import judgement

RNG = np.random.default_rng(5)


def look(at, *, said=None, seq=0, instance=1, score=0.9):
    """A look whose embedding lies `at` sigmas along the first features that are no hue."""
    vector = np.zeros(LENGTH, np.float32)
    vector[18:] = at
    return Look(
        source="episode",
        origin="e.db",
        seq=seq,
        instance=instance,
        track=instance,
        class_id=said,
        score=score,
        vector=vector,
        mask_key=f"{seq}-{instance}",
        center=np.zeros(3),
        area_px=900,
        mean_color=np.zeros(3),
        identifier="plain",
        names_revision=1,
        made_s=0.0,
    )


def model(**at):
    return NameModel([Exemplar(n + 1, name, look(where).vector) for n, (name, where) in enumerate(at.items())])


def test_nothing_known_is_the_greatest_doubt_and_a_sure_name_almost_none():
    half = Naming(1, "a", 0.5, (Guess(class_id=1, name="a", score=0.5), Guess(class_id=2, name="b", score=0.5)))
    sure = Naming(1, "a", 0.99, (Guess(class_id=1, name="a", score=0.99),))
    assert doubt_of(Naming(None, None, 0.0, ())) == 1.0
    assert doubt_of(sure) < 0.2 < doubt_of(half) <= 1.0


def test_what_is_far_or_named_differently_comes_before_what_is_nearly_known():
    names = model(apple=0.0, pear=9.0)
    looks = [look(0.9, said=1, seq=1), look(8.9, said=1, seq=2), look(30.0, said=None, seq=3), look(1.5, said=1, seq=4)]
    queue = order(name_all(looks, names), np.stack([look(0.0).vector, look(9.0).vector]), seed=0)
    assert [d.look.seq for d in queue][:2] in ([2, 3], [3, 2])
    assert {d.look.seq: d.kind for d in queue}[2] == "changed"


def test_the_order_is_the_same_for_a_seed_whatever_the_order_of_the_input():
    names = model(apple=0.0, pear=9.0)
    looks = [look(float(at), said=1, seq=n) for n, at in enumerate(RNG.uniform(0, 12, 60))]
    known = np.stack([look(0.0).vector])
    first = [d.key for d in order(name_all(looks, names), known, seed=3)]
    again = [d.key for d in order(name_all(looks[::-1], names), known, seed=3)]
    other = [d.key for d in order(name_all(looks, names), known, seed=4)]
    assert first == again != other


def test_every_fifth_is_drawn_from_all_looks_so_settled_ones_are_seen_too():
    names = model(apple=0.0, pear=9.0)
    settled = [look(0.0, said=1, seq=n) for n in range(200)]
    doubtful = [look(float(at), said=None, seq=1000 + n) for n, at in enumerate(RNG.uniform(3, 6, 40))]
    queue = order(name_all([*settled, *doubtful], names), np.zeros((0, LENGTH), np.float32), seed=1)
    drawn_ones = [n for n, d in enumerate(queue) if d.kind == "random"]
    assert drawn_ones
    assert all(n % RANDOM_EVERY == RANDOM_EVERY - 1 for n in drawn_ones)
    assert sum(d.kind != "random" for d in queue) == len(doubtful)


def test_without_a_doubt_there_is_no_question():
    settled = [look(0.0, said=1, seq=n) for n in range(9)]
    assert order(name_all(settled, model(apple=0.0, pear=9.0)), np.zeros((0, LENGTH), np.float32), seed=0) == []


def test_near_duplicates_are_one_question_and_nothing_is_lost():
    names = model(apple=0.0)
    looks = [look(20 + 0.01 * n, seq=n) for n in range(13)] + [look(20 + 5 * ALIKE, seq=99)]
    folded = fold(name_all(looks, names))
    assert sorted(len(d.alike) for d in folded) == [0, 12]
    assert {d.look.seq for d in folded} | {x.seq for d in folded for x in d.alike} == {*range(13), 99}


def test_a_label_unlike_its_class_is_flagged_with_what_it_looks_like():
    vectors = np.stack([look(x).vector for x in (0.0, 0.1, 0.2, 0.3, 9.0, 9.1, 9.2, 9.3, 9.1)])
    flagged = outliers([1, 1, 1, 1, 2, 2, 2, 2, 1], vectors, {1: "apple", 2: "pear"})
    assert set(flagged) == {8}
    assert flagged[8].name == "pear"


def test_a_class_with_few_labels_has_no_outliers():
    vectors = np.stack([look(x).vector for x in (0.0, 9.0, 9.1)])
    assert outliers([1, 1, 2], vectors, {1: "apple", 2: "pear"}) == {}


def test_held_out_answers_are_counted_a_class():
    names = model(apple=0.0, pear=9.0)
    scores = score_held_out(names, [(1, look(0.1).vector), (1, look(9.0).vector), (2, look(40.0).vector)])
    assert (scores[1].right, scores[1].wrong, scores[2].unknown, scores[1].total) == (1, 1, 1, 2)


def label(number, class_id, frame, kind="name"):
    return Label(id=number, class_id=class_id, frame_hash=frame, kind=kind)


def test_a_class_learns_from_everything_until_it_has_enough_other_labels():
    aside = {"a": False, "h": True}
    few = [label(n, 1, "a") for n in range(ENOUGH - 1)] + [label(90, 1, "h")]
    assert scored_only(few, aside) == set()
    enough = [label(n, 1, "a") for n in range(ENOUGH)] + [label(90, 1, "h"), label(91, 2, "h"), label(92, None, "h", "not_object")]
    assert scored_only(enough, aside) == {90}


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, wall_s=lambda: 1.0, who="test")
    yield made
    made.close()


def test_one_frame_in_five_is_drawn_by_its_hash_once_and_for_all(store):
    for n in range(60):
        edits.name_object(store, judgement(seq=n), "apple")
    queries = Queries(store.engine)
    frames = queries.held_out()
    assert frames == {digest: drawn(digest) for digest in frames}
    assert 60 / SHARE / 2.5 < sum(frames.values()) < 60 / SHARE * 2.5
    store.undo()
    store.redo()
    assert queries.held_out() == frames
    standing = NamesSource(store.folder.root, 0.0).standing()
    scored = {x.id for x in standing.labels if frames[x.frame_hash]}
    assert standing.scored_only == scored != set()


def test_a_label_that_was_asked_about_again_is_renamed_confirmed_voided_and_brought_back(store):
    edits.name_object(store, judgement(), "banana")
    queries = Queries(store.engine)
    (first,) = queries.labels()
    decisions.rename_label(store, first.id, "lemon")
    renamed = queries.label(first.id)
    assert (renamed.class_id, renamed.source) == (queries.class_named("lemon").id, class_edits.REVIEWED)
    decisions.void_label(store, first.id, "not_object")
    assert (queries.label(first.id).kind, queries.label(first.id).class_id) == ("not_object", None)
    store.undo()
    store.undo()
    back = queries.label(first.id)
    assert (back.class_id, back.source, back.kind) == (first.class_id, first.source, "name")
    assert queries.class_named("lemon") is None


def test_one_answer_to_many_is_one_step_over_new_things_and_stored_labels(tmp_path):
    store = Store(tmp_path, wall_s=lambda: 7.0, who="test")
    try:
        edits.name_object(store, judgement(1), "apple")
        queries = Queries(store.engine)
        (stored,) = queries.labels()
        decisions.decide_all(store, [judgement(2), judgement(3, 2)], [stored.id], "name", "lemon")
        lemon = queries.class_named("lemon").id
        assert [(x.class_id, x.source) for x in queries.labels()] == [(lemon, "review"), (lemon, "operator"), (lemon, "operator")]
        store.undo()
        assert [x.class_id for x in queries.labels()] == [queries.class_named("apple").id]
        decisions.decide_all(store, [judgement(2)], [stored.id], "not_object")
        assert {x.kind for x in queries.labels()} == {"not_object"}
        with pytest.raises(StoreError, match="not there any more"):
            decisions.decide_all(store, [], [99], "unsure")
    finally:
        store.close()
