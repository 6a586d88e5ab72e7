"""What an operator is promised of corrections, kept by the real program: outline, cut, join, names; saved at once, undone at once."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from core.storage.masks import unpack
from tests.e2e.test_promises import WAIT_S, key, name, seen, told

pytestmark = pytest.mark.timeout(240)
LEFT = Qt.MouseButton.LeftButton


def live(application, track):
    return next((d for d in application.live.scene.detections if d.track == track), None)


def stroke(application, start, end):
    """Drag over the large picture from one colour pixel (u, v) to another."""
    stage = application.window.stage
    first, last = (QPoint(*(int(x) for x in p)) for p in stage.image.positions_of(np.array([start, end], float)))
    QTest.mousePress(stage.image_pane, LEFT, pos=first)
    for n in range(1, 9):
        QTest.mouseMove(stage.image_pane, first + (last - first) * n / 8)
    QTest.mouseRelease(stage.image_pane, LEFT, pos=last)


def extent(application, track):
    """Columns and rows of a track in the shown scene."""
    scene = application.see.looked.scene
    instance = next(d.instance for d in scene.detections if d.track == track)
    rows, columns = np.nonzero(scene.labels == instance)
    return columns, rows


def test_an_outline_is_painted_saved_seen_and_taken_back(application, hands, eye):
    name(application, hands, eye, "banana")
    track, queries = seen(application, eye, "banana").track, application.session.queries
    before = live(application, track).area_px
    hands.click_object(live(application, track))
    hands.click(application.window.stage)  # the keys go to the page, not into the field
    application.window.stage.setFocus()
    key(application, Qt.Key.Key_B)
    hands.wait(lambda: application.see.tools.name == "outline", WAIT_S, "no brush")
    key(application, Qt.Key.Key_E)  # as the hand draws it
    columns, rows = extent(application, track)
    stroke(application, (columns.max(), rows.mean()), (columns.max() + 25, rows.mean()))
    hands.wait(lambda: any(label.shape == "outline" for label in queries.labels()), WAIT_S, "it was not saved")
    (drawn,) = [label for label in queries.labels() if label.shape == "outline"]
    assert drawn.kind == "name" and drawn.who == application.store.who
    wanted = int(unpack(drawn.mask).sum())
    assert wanted > 1.1 * before
    key(application, Qt.Key.Key_Return)
    hands.wait(lambda: not application.live.frozen and application.see.tools.name == "", WAIT_S, "the brush stayed")
    hands.wait(lambda: (d := live(application, track)) is not None and d.area_px > 0.97 * wanted, WAIT_S, "not seen so")
    assert told(application, eye, "banana") == "banana"
    QTest.keyClick(QApplication.focusWidget() or application.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: (d := live(application, track)) is not None and d.area_px < 1.1 * before, WAIT_S, "undo did not take it back")


def test_a_picture_held_on_see_goes_on_where_the_arm_moves(application, hands):
    hands.go("see")
    key(application, Qt.Key.Key_Space)
    hands.wait(lambda: application.live.frozen, WAIT_S, "it was not held")
    hands.go("run")  # nothing there would let go of it
    held = application.live.frame.seq
    hands.wait(lambda: application.live.frame.seq > held, WAIT_S, "Run shows a picture that stands still")
    hands.go("show")
    hands.click(application.window.stage.hold_button)
    hands.wait(lambda: application.live.frozen, WAIT_S, "it was not held")
    application.pages.show.how.chosen.emit("keys")
    hands.wait(lambda: not application.live.frozen, WAIT_S, "the arm is driven on a picture that stands still")
    hands.go("see")


def test_what_is_typed_after_several_were_selected_is_their_name(application, hands):
    hands.go("see")
    see, rows = application.see, application.pages.see.objects
    first, second = (row.track for row in rows.rows()[:2])
    hands.click_row(rows, first)
    at = rows.visualRect(rows.model().index(1, 0)).center()
    QTest.mouseClick(rows.viewport(), LEFT, Qt.KeyboardModifier.ShiftModifier, at)
    assert see.looked.chosen() == (first, second)
    QTest.keyClicks(QApplication.focusWidget(), "melon box")
    assert application.window.stage.popover.field.text() == "melon box" and not see.tools.name
    see.close()


def test_what_is_said_of_several_is_said_of_all_of_them_in_one_step(application, hands):
    see, rows, queries = application.see, application.pages.see.objects, application.session.queries
    before = len(queries.labels())
    first, second = (row.track for row in rows.rows()[-2:])
    see.select(first)
    see._on_click(second, Qt.KeyboardModifier.ShiftModifier.value)
    QTest.keyClick(application.window.stage.popover.field, Qt.Key.Key_0)
    hands.wait(lambda: [x.kind for x in queries.labels()].count("not_object") == 2, WAIT_S, "it was said of one of them alone")
    hands.wait(lambda: not {first, second} & {d.track for d in application.live.scene.detections}, WAIT_S, "one is still there")
    assert application.window.stage.toast.accessibleName().startswith("Those 2 are no objects now")
    application.status.undo()
    hands.wait(lambda: len(queries.labels()) == before, WAIT_S, "undo did not bring them back")
    hands.wait(lambda: {first, second} <= {d.track for d in application.live.scene.detections}, WAIT_S, "one stays away")


def test_a_thing_is_cut_in_two_and_joined_again(application, hands, eye):
    hands.go("see")
    hands.wait(lambda: seen(application, eye, "banana") is not None, WAIT_S, "no banana")
    track = seen(application, eye, "banana").track
    application.see.select(track)
    application.see.act("split")
    columns, rows = extent(application, track)
    middle = columns.mean()
    count = len(application.live.scene.detections)
    stroke(application, (middle, rows.min() - 12), (middle, rows.max() + 12))
    hands.wait(lambda: sum(x.shape == "split" for x in application.session.queries.labels()) == 2, WAIT_S, "it was not cut")
    pieces = lambda scene: [d.track for d in scene.detections if (scene.labels[rows, columns] == d.instance).mean() > 0.2]  # noqa: E731
    shown = application.see.looked.scene
    assert len(pieces(shown)) == 2 and track in pieces(shown) and len(shown.detections) == count + 1
    assert application.window.stage.popover.field.hasFocus(), "the name of what was cut cannot be typed at once"
    application.see.close()
    hands.wait(lambda: len(pieces(application.live.scene)) == 2, WAIT_S, "the live picture does not show the pieces")
    parts = pieces(application.live.scene)
    assert set(parts) == set(pieces(shown)), "what was held and what is live are not called the same"
    application.see.select(parts[0])
    application.see._on_click(parts[1], Qt.KeyboardModifier.ShiftModifier.value)
    application.see.act("merge")
    hands.wait(lambda: any(x.shape == "merge" for x in application.session.queries.labels()), WAIT_S, "it was not joined")
    for _ in range(2):
        application.status.undo()
    hands.wait(lambda: all(x.shape == "" for x in application.session.queries.labels()), WAIT_S, "undo did not bring the one thing back")


def test_what_is_added_by_a_click_is_yours_until_that_is_taken_back(application, hands, eye):
    hands.go("see")
    hands.wait(lambda: seen(application, eye, "banana") is not None, WAIT_S, "no banana")
    track = seen(application, eye, "banana").track
    columns, rows = extent(application, track)
    see = application.see
    tracks = []
    for _ in range(2):
        see.add_at(int(np.median(columns)), int(np.median(rows)))
        hands.wait(lambda: see.looked.adding is not None, WAIT_S, "nothing was grown")
        tracks.append(see.looked.adding.track)
        if len(tracks) == 1:
            see.close()
    assert tracks[0] != tracks[1], "another thing is called what an abandoned one was"
    see.answers.name("plantain")
    live = lambda: next((d for d in application.live.scene.detections if d.track == tracks[1]), None)  # noqa: E731
    hands.wait(
        lambda: not application.live.frozen and live() is not None and live().confirmed, WAIT_S, "live it is not what was said of it"
    )
    see.select(tracks[1])
    see.answers.unsure()
    hands.wait(lambda: not application.live.frozen and not live().confirmed, WAIT_S, "it is still called so")
    for _ in range(2):
        application.status.undo()
    there = lambda: {d.track for d in application.live.scene.detections}  # noqa: E731
    hands.wait(lambda: track in there() and tracks[1] not in there(), WAIT_S, "it is not what it was before it was added")


def test_a_drag_moves_a_box_and_is_one_step_of_undo(application, hands, eye):
    hands.go("see")
    hands.wait(lambda: seen(application, eye, "banana") is not None, WAIT_S, "no banana")
    track, see, pane = seen(application, eye, "banana").track, application.see, application.window.stage.box_pane
    see.select(track)
    see.act("box")
    center = lambda: see.looked.thing(track).box.center  # noqa: E731
    before, count = center(), len(application.session.queries.labels())
    start = hands.place_of(track)
    QTest.mousePress(pane, LEFT, pos=start)
    for n in range(1, 9):
        QTest.mouseMove(pane, start + QPoint(10 * n, 0))
    moved = center()
    assert np.linalg.norm(moved - before) > 0.01, "it does not move with the pointer"
    assert len(application.session.queries.labels()) == count, "it was stored before it was let go of"
    QTest.mouseRelease(pane, LEFT, pos=start + QPoint(80, 0))
    hands.wait(lambda: any(x.box is not None for x in application.session.queries.labels()), WAIT_S, "it was not stored")
    np.testing.assert_allclose(center(), moved)
    application.status.undo()
    hands.wait(lambda: np.allclose(center(), before), WAIT_S, "one undo does not take the drag back")
    see.close()
    assert not pane.isVisible()


def test_a_name_is_changed_merged_and_deleted_behind_the_models_chip(application, hands, eye):
    queries, panel = application.session.queries, application.window.device
    if queries.class_named("banana") is None:
        name(application, hands, eye, "banana")
    application.classes.act("classes")
    hands.wait(panel.isVisible, WAIT_S, "no list of names")
    QTest.keyClicks(panel.field.edit, "fruit")
    QTest.keyClick(panel.field.edit, Qt.Key.Key_Return)
    hands.wait(lambda: queries.class_named("fruit") is not None, WAIT_S, "the name was not made")
    banana, fruit = queries.class_named("banana").id, queries.class_named("fruit").id
    application.classes.act(f"class:{banana}")
    panel.field.edit.selectAll()
    QTest.keyClicks(panel.field.edit, "Fruit")
    panel.primary.press()
    assert queries.class_named("banana") is not None, "a taken name is asked about first"
    panel.findings.action_requested.emit("class_merge")
    hands.wait(lambda: queries.class_named("banana") is None, WAIT_S, "they were not merged")
    assert queries.aliases() == {"banana": "fruit"} and queries.labels_per_class().keys() == {fruit}
    QTest.keyClick(QApplication.focusWidget() or application.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: queries.class_named("banana") is not None, WAIT_S, "undo did not bring it back")


def test_a_name_that_is_there_or_is_none_is_not_added_and_stays_to_be_set_right(application, hands):
    queries, panel = application.session.queries, application.window.device
    application.classes.act("classes")
    hands.wait(panel.isVisible, WAIT_S, "no list of names")
    field = panel.field.edit
    field.setText("Ящик & гайки")
    hands.enter(field)
    hands.wait(lambda: application.session.classes[-1].name == "Ящик & гайки", WAIT_S, "the name was not made")
    for typed, said in (("ящик & Гайки", "already"), ("", "at least one letter")):
        field.setText(typed)
        hands.enter(field)
        assert said in field.accessibleDescription() and field.text() == typed
    application.classes.act(f"class:{queries.class_named('ящик & гайки').id}")
    assert "Name of Ящик && гайки" in [label.text() for label in panel.field.findChildren(QLabel)]  # as Qt writes one "&"
    panel.primary.press()
    application.window.close_device()


def test_the_outline_of_a_thing_that_nobody_named_is_carried_from_what_the_operator_said_of_it(application, hands, eye):
    queries = application.session.queries
    hands.go("see")
    application.see.close()
    hands.wait(lambda: len(application.live.recent()) > 2, WAIT_S, "no frames are kept")
    nameless = next(d for d in application.live.scene.detections if d.name is None and d.area_px > 0)
    before = {label.id for label in queries.labels()}
    hands.click_object(nameless)
    application.window.stage.setFocus()
    key(application, Qt.Key.Key_T)
    carried = lambda: [x for x in queries.labels() if x.source == "propagated"]  # noqa: E731
    hands.wait(lambda: application.see.spread.running is None and bool(carried()), WAIT_S, "it was not carried")
    (origin,) = {label.origin for label in carried()}
    said = queries.label(origin)
    assert (said.source, said.kind, said.track) == ("operator", "shape", nameless.track)
    application.status.undo()
    hands.wait(lambda: {label.id for label in queries.labels()} == before, WAIT_S, "one undo did not take it all back")
