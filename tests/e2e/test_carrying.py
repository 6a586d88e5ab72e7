"""What an operator is promised of carrying a label over a recorded demonstration, kept by the real program on a simulated one."""

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.tour_hands import Hands
from core.storage.masks import unpack
from tests.e2e.test_promises import name, show_once

pytestmark = pytest.mark.timeout(600)
WAIT_S = 60


@pytest.fixture(scope="module")
def demonstration(application, eye):
    """A banana put into the basket by clicks, recorded."""
    hands = Hands(application)
    hands.go("see")
    for word in ("banana", "basket"):
        name(application, hands, eye, word)
    return show_once(application, hands, eye)


@pytest.fixture
def review(application, hands, demonstration):
    """Review with the demonstration open at its start."""
    hands.go("review")
    review = application.review
    hands.wait(lambda: review.play.replay is not None and review.play.scene is not None, WAIT_S, "no demonstration is open")
    review.carry.run.cancel()
    hands.wait(lambda: review.carry.run.progress is None, WAIT_S, "an earlier run goes on")
    review.carry.close()
    review.play.seek(0.0)
    return review


def press(code, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(QApplication.focusWidget(), code, modifiers)


def click(application, hands, name):
    """Click a thing of the replay in the cloud; returns its track."""
    found = next(d for d in application.review.play.scene.detections if d.name == name)
    hands.click_object(found)
    assert application.review.play.selected == found.track
    return found.track


def carry(application, hands, span, way):
    """Choose how far and which way, press the primary; returns what came of it."""
    run, page = application.review.carry.run, application.pages.review
    page.span.chosen.emit(span)
    page.way.chosen.emit(way)
    hands.press()
    hands.wait(lambda: run.progress is None and run.done is not None, 4 * WAIT_S, "it was not carried")
    return run.done


def carried(application):
    return [label for label in application.session.queries.labels() if label.source == "propagated"]


def test_a_label_follows_a_thing_that_lies_still_in_one_step_and_says_where_it_came_from(application, hands, review):
    queries, before = application.session.queries, len(application.session.queries.labels())
    track = click(application, hands, "basket")
    assert application.window.primary().text() == f"Carry to {min(30, len(review.play.replay.seqs) - 1)} frames"
    done = carry(application, hands, 1, 2)
    reach = min(30, len(review.play.replay.seqs) - 1)
    assert (done.stored, done.ended) == (reach, ())
    hands.wait(lambda: len(carried(application)) == reach, WAIT_S, "not stored")
    (origin,) = {label.origin for label in carried(application)}
    said = queries.label(origin)
    assert (said.source, said.track, said.class_id) == ("operator", -track, queries.class_named("basket").id)
    assert {(label.who, label.class_id) for label in carried(application)} == {(application.store.who, said.class_id)}
    assert all(0.5 < label.score <= 1.0 for label in carried(application))
    review.play.step(5)
    hands.wait(lambda: review.play.said.get(track) is not None, WAIT_S, "the carried label is not shown")
    assert review.play.said[track].origin == origin
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: len(queries.labels()) == before, WAIT_S, "one undo did not take it all back")
    hands.wait(lambda: review.carry.run.done is None, WAIT_S, "it still says what it carried")


def test_it_ends_where_the_thing_is_taken_and_goes_on_from_that_frame_once_set_right(application, hands, review):
    queries = application.session.queries
    click(application, hands, "banana")
    first = review.play.replay.index_of(review.play.frame.seq)  # not 0 where it was not identified from the start
    done = carry(application, hands, 3, 2)
    ((frame, reason),) = done.ended
    assert reason and 10 < frame < len(review.play.replay.seqs) and done.stored == frame - 2 - first
    assert application.window.primary().text() == f"Go to frame {frame}"
    hands.press()
    # That frame, or, with the thing selected there, the one that its scene was made on: the identifier passes frames over.
    assert review.play.replay.index_of(review.play.frame.seq) in (frame - 1, review.play.replay.identified(frame - 1))
    if not review.play.selected:  # in the hand it may have another track, or none
        press(Qt.Key.Key_T)
    hands.wait(lambda: review.play.selected != 0, WAIT_S, "nothing to set right")
    track = review.play.selected
    review.carry.name("banana")
    mine_now = lambda: track in review.play.said and review.play.said[track].source == "operator"  # noqa: E731
    hands.wait(mine_now, WAIT_S, "the corrected frame was not stored")
    said = review.play.said[track]
    mine = unpack(said.mask)
    again = carry(application, hands, 0, 1)
    stands = queries.label(said.id)
    assert not stands.deleted and (unpack(stands.mask) == mine).all()
    # It is in the hand there: where the recording has it far away on the next frame already, the page says so and nothing is carried.
    assert any(label.origin == said.id for label in carried(application)) == bool(again.stored)
    assert again.stored or again.ended
    per_frame = Counter((label.frame_hash, label.class_id) for label in queries.labels() if label.track < 0)
    assert max(per_frame.values()) == 1


def test_a_cancelled_run_leaves_no_trace(application, hands, review):
    labels = {label.id for label in application.session.queries.labels()}
    frames = set(application.store.folder.frames.iterdir())
    click(application, hands, "basket")
    application.pages.review.span.chosen.emit(3)
    run = review.carry.run
    hands.press()
    hands.wait(lambda: run.progress is not None and run.progress.done >= 3, WAIT_S, "it shows no progress")
    assert application.pages.review.progress.isVisible()
    hands.second("Cancel")
    hands.wait(lambda: run.progress is None, WAIT_S, "it was not cancelled")
    assert {label.id for label in application.session.queries.labels()} == labels
    assert set(application.store.folder.frames.iterdir()) == frames


def test_the_outline_of_a_recorded_thing_is_painted_and_carried(application, hands, review):
    queries, stage = application.session.queries, application.window.stage
    track = click(application, hands, "basket")
    press(Qt.Key.Key_B)
    hands.wait(lambda: review.carry.tools.name == "outline", WAIT_S, "no brush")
    press(Qt.Key.Key_E)
    rect = stage.cloud.object_rect(track)
    middle = rect.center()
    QTest.mousePress(stage.cloud_pane, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, middle)
    QTest.mouseRelease(stage.cloud_pane, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, middle)
    hands.wait(lambda: any(label.shape == "outline" for label in queries.labels()), WAIT_S, "it was not saved")
    (drawn,) = [label for label in queries.labels() if label.shape == "outline"]
    assert drawn.track == -track
    press(Qt.Key.Key_Return)
    hands.wait(lambda: not review.carry.tools.name and track in review.play.said, WAIT_S, "the brush stayed")
    carry(application, hands, 0, 2)
    assert [label.origin for label in carried(application) if label.origin == drawn.id]


def test_labels_of_another_kind_are_picked_from_their_crops_and_split_off_in_one_step(application, hands, review):
    queries, panel = application.session.queries, application.window.device
    basket = queries.class_named("basket").id
    count = queries.labels_per_class()[basket]
    assert count > 4
    application.classes.act(f"class:{basket}")
    grid = panel.crops
    hands.wait(lambda: grid.isVisible() and grid.model().rowCount() == count, WAIT_S, "no crops to pick from")
    hands.click(grid.viewport(), grid.visualRect(grid.model().index(1, 0)).center())
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Space)
    picked = grid.picked()
    assert len(picked) == 2 and panel.primary.text() == "Split off 2"
    panel.field.edit.selectAll()
    QTest.keyClicks(panel.field.edit, "bowl")
    QTest.keyClick(panel.field.edit, Qt.Key.Key_Return)
    hands.wait(lambda: queries.class_named("bowl") is not None, WAIT_S, "it was not split")
    assert {label.id for label in queries.labels_of_class(queries.class_named("bowl").id)} == set(picked)
    assert panel.field.edit.text() == "basket", "Enter would rename the rest too"
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: queries.labels_per_class().get(basket) == count, WAIT_S, "one undo did not bring them back")
    assert queries.class_named("bowl") is None
    application.window.close_device()
