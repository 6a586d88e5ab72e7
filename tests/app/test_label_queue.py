"""The queue as data: counts, places and what the names say now follow answers, filters and undoing, whatever its length."""

from types import SimpleNamespace

import msgspec

from app.label_queue import Answer, Filter, LabelQueue, score_of
from app.pages.labels import detail_of, findings_of
from app.presenters.label_rows import scene_rows
from core.learning.doubt import Doubt
from core.perception.names import Naming
from core.storage.records import ObjectClass
from core.types import Guess
from tests.core.drawn import scene, thing
from tests.core.test_doubt import look
from widgets.queue_list import QueueRow


def naming(score, class_id=None):
    return Naming(class_id, "banana" if class_id else None, score, (Guess(class_id=1, name="banana", score=score),))


def queue(kinds):
    made = LabelQueue()
    made.fill([Doubt(look(0.1, seq=n), naming(0.3), kind) for n, kind in enumerate(kinds)], 1, 100.0)
    return made


def test_counts_follow_answers_undoing_and_what_is_settled():
    made = queue(["unsure", "unknown", "outlier"])
    first, second, third = (d.key for d in made.doubts)
    made.answer(first, Answer("banana", "Named banana by you"), 1.0)
    assert (made.decided, made.total, made.all_done) == (1, 3, False)
    assert made.current is not None and made.current.key == second
    assert made.rename({third: naming(0.4), first: naming(0.9, 1)}) == [third]
    made.select(third)
    assert made.rename({second: naming(0.95, 1)}) == [second]
    assert (made.total, made.all_done) == (2, False)
    made.answer(third, Answer(None, "Left open"), 2.0)
    assert made.all_done
    made.reopen(third)
    assert (made.decided, made.all_done) == (1, False)


def test_a_flagged_label_is_as_sure_as_its_own_name_is():
    sure_of_another = naming(0.77, 1)
    assert score_of(Doubt(look(0.1, said=2), sure_of_another, "outlier")) == 0.0
    assert score_of(Doubt(look(0.1, said=1), sure_of_another, "outlier")) == 0.77
    assert score_of(Doubt(look(0.1, said=2), sure_of_another, "changed")) == 0.77


def test_a_naming_that_says_the_same_changes_nothing():
    made = queue(["unsure", "unsure"])
    assert made.rename({made.doubts[1].key: naming(0.301)}) == []


def test_only_what_is_shown_is_counted_and_has_a_place():
    made = queue(["unsure", "outlier", "outlier"])
    made.choose(Filter(kind="outlier"))
    keys = [d.key for d in made.doubts]
    assert [made.position(key) for key in keys] == [-1, 0, 1]
    made.answer(keys[0], Answer("banana", "Named banana by you"), 1.0)
    assert (made.decided, made.total) == (0, 2)
    made.select(keys[0])
    assert made.current is not None and made.current.key == keys[1]
    made.select(keys[2])
    assert made.current.key == keys[2]
    assert made.position("elsewhere") == -1


def test_shift_selects_a_run_of_the_list_and_control_one_by_one():
    made = queue(["unsure"] * 6)
    keys = [d.key for d in made.doubts]
    made.select(keys[1])
    made.click(keys[3], shift=True, ctrl=False)
    assert [d.key for d in made.selected] == keys[1:4]
    made.extend_by(-1)
    assert [d.key for d in made.selected] == keys[1:3]
    made.click(keys[5], shift=False, ctrl=True)
    made.click(keys[2], shift=False, ctrl=True)
    assert [d.key for d in made.selected] == [keys[1], keys[5]]
    made.extend_by(-9)
    assert {d.key for d in made.selected} == set(keys[:2])
    made.move(1)
    assert [d.key for d in made.selected] == [keys[2]]


def test_a_thing_is_called_on_its_picture_as_in_the_list_and_what_it_was_called_when_recorded_is_said_apart():
    bowl = ObjectClass(id=3, name="bowl", key=2, colour=4)
    recorded = msgspec.structs.replace(thing(1, None, (0.4, 0.0), (0.07, 0.05, 0.05)), track=5, class_id=3, name="bowl", score=1.0)
    session = SimpleNamespace(class_of=lambda _: bowl)
    for row, state in ((QueueRow(0, None, 0, None, 0.31, "was bowl"), "unknown"), (QueueRow(0, "cup", 1, 2, 0.4, ""), "unsure")):
        (tag,) = scene_rows(session, scene(recorded), 5, row)
        assert (tag.name, tag.color, tag.score, tag.state) == (row.name, row.color, row.score, state)
    doubt = Doubt(look=look(0.1, said=3), naming=Naming(None, None, 0.5, ()), kind="unknown")
    assert detail_of(doubt, "bowl", "") == "was bowl"
    assert findings_of(doubt, "bowl")[0].text == "Called bowl when it was recorded"
