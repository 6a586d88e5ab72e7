"""What the operator is promised of the queue of doubt, kept by the real program: keys alone, each answer stored, undo asks again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.learning.exemplars import NamesSource

pytestmark = pytest.mark.timeout(240)
WAIT_S = 40


def press(code, modifiers=Qt.KeyboardModifier.NoModifier):
    """Press a key where the keyboard is."""
    QTest.keyClick(QApplication.focusWidget(), code, modifiers)


def open_labels(application, hands):
    """Review, then the switch to Labels, by hand; waits until something is asked."""
    steady = lambda: sum(d.area_px > 500 and d.seen_frames > 5 for d in application.live.scene.detections)  # noqa: E731
    hands.wait(lambda: steady() >= 5, WAIT_S, "fewer than five things in view")
    hands.go("review")
    application.pages.review.switch.chosen.emit(1)
    labels = application.review.labels
    hands.wait(lambda: labels.gathered is not None and labels.queue.current is not None, WAIT_S, "nothing is asked")
    return labels


def answer(application, hands, code):
    """Answer the question at hand with one key; returns its key once the store has it and the next one is at hand."""
    labels, queries = application.review.labels, application.session.queries
    asked, revision = labels.queue.current.key, queries.names_revision()
    press(code)
    hands.wait(lambda: queries.names_revision() == revision + 1, WAIT_S, "the answer was not stored")
    assert asked in labels.queue.answers
    hands.wait(lambda: labels.queue.all_done or labels.queue.current.key != asked, WAIT_S, "the next question did not come")
    return asked


def test_five_questions_are_answered_by_keys_alone_and_undo_asks_the_last_one_again(application, hands):
    labels, queries = open_labels(application, hands), application.session.queries
    revision = queries.names_revision()
    total = labels.queue.total
    assert total >= 5
    assert application.pages.review.queue.isVisible()

    press(Qt.Key.Key_N)  # nothing is named yet: the first answer types a name
    field = application.pages.review.question.field
    hands.wait(field.hasFocus, WAIT_S, "no field to type in")
    first = labels.queue.current.key
    QTest.keyClicks(field, "fi")
    assert application.window.primary().text() == "Name it “fi”"
    press(Qt.Key.Key_Backspace)
    press(Qt.Key.Key_Backspace)
    assert application.window.primary().text() == "Type its name"
    hands.type(field, "first thing")
    hands.wait(lambda: queries.names_revision() == revision + 1, WAIT_S, "the name was not stored")
    hands.wait(lambda: bool(application.session.classes), WAIT_S, "the window does not know the name")
    assert first in labels.queue.answers
    answer(application, hands, Qt.Key.Key_1)
    nothing = answer(application, hands, Qt.Key.Key_0)
    open_one = answer(application, hands, Qt.Key.Key_U)
    last = answer(application, hands, Qt.Key.Key_1)

    stored = queries.labels()
    assert sorted(label.kind for label in stored) == ["name", "name", "name", "not_object", "unsure"]
    assert [c.name for c in queries.classes()] == ["first thing"]
    assert labels.queue.decided == 5
    assert labels.queue.answers[nothing].name is None and labels.queue.answers[open_one].name is None

    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: len(queries.labels()) == 4, WAIT_S, "the store did not follow")
    hands.wait(lambda: last not in labels.queue.answers and labels.queue.current.key == last, WAIT_S, "it is not asked again")
    assert queries.names_revision() == revision + 6
    names = NamesSource(application.store.folder.root, 0.0).load()
    assert (names.revision, len(queries.labels())) == (revision + 6, 4)

    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    hands.wait(lambda: len(queries.labels()) == 5 and last in labels.queue.answers, WAIT_S, "redo did not answer it again")


def test_arrows_walk_the_list_without_answering(application, hands):
    labels, queries = application.review.labels, application.session.queries
    revision, before = queries.names_revision(), labels.queue.at
    press(Qt.Key.Key_Up)
    press(Qt.Key.Key_Left)
    assert labels.queue.at != before
    press(Qt.Key.Key_Home)
    assert labels.queue.at == 0
    assert queries.names_revision() == revision


def test_the_live_picture_comes_back_on_another_page(application, hands):
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # with nothing left to ask the live picture is there already
    hands.wait(lambda: application.status.replaying, WAIT_S, "the question's own picture is not shown")
    hands.go("see")
    assert not application.status.replaying
    seq = application.live.frame.seq
    hands.wait(lambda: application.live.frame.seq > seq + 2, WAIT_S, "the stream stands still")
    cloud = application.window.stage.cloud
    hands.wait(lambda: cloud.frame() is application.live.frame, WAIT_S, "the live frame is not drawn")


def test_labels_are_exported_and_imported_from_the_window_without_a_loss(application, hands, tmp_path):
    exchange, queries = application.review.exchange, application.session.queries
    named = sorted(label.mask for label in queries.labels() if label.kind == "name")
    exchange.export_to("coco", tmp_path / "out")
    hands.wait(lambda: (tmp_path / "out" / "annotations.json").exists(), WAIT_S, "nothing was exported")
    for _ in range(3):  # the one left open, the one that is no object, a name
        application.status.undo()
    hands.wait(lambda: len([x for x in queries.labels() if x.kind == "name"]) == len(named) - 1, WAIT_S, "undo did not take one back")
    exchange.import_from(tmp_path / "out" / "annotations.json")
    hands.wait(lambda: sorted(x.mask for x in queries.labels() if x.kind == "name") == named, WAIT_S, "it did not come back")
    assert application.session.queries.labels()[-1].source == "import"


def test_several_of_the_list_get_one_name_in_one_step_and_are_asked_again_in_one(application, hands):
    labels, queries, page = application.review.labels, application.session.queries, application.pages.review
    hands.go("review")
    labels.gather()
    hands.wait(lambda: labels.gathered is not None and labels.queue.total >= 3, WAIT_S, "there are not three questions")
    press(Qt.Key.Key_Home)
    press(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    press(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    chosen = {doubt.key for doubt in labels.queue.selected}
    assert len(chosen) == 3 and page.right.primary.text().startswith(("Name all 3", "Type their name"))
    revision, answers = queries.names_revision(), labels.queue.answers
    press(Qt.Key.Key_1)
    hands.wait(lambda: queries.names_revision() == revision + 1, WAIT_S, "the names were not stored in one step")
    hands.wait(lambda: chosen <= answers.keys(), WAIT_S, "they are not answered")
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: not chosen & answers.keys(), WAIT_S, "they are not asked again")
