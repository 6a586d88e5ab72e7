"""The object list keeps its order; the popover and the question card say what was meant."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from widgets import theme
from widgets.crop import outline
from widgets.facts import Facts, Steps
from widgets.fields import LONGEST
from widgets.naming import NamePopover, QuestionCard
from widgets.notices import ToastView
from widgets.object_list import ObjectList
from widgets.parts import KeyCap
from widgets.segmented import Segmented
from widgets.timeline import Timeline, TimelineTrack
from widgets.values import Choice, Crop, Fact, ObjectRow, StepRow, TimelineData, Toast

ROWS = [ObjectRow(t, f"thing {t}", t, t, 0.9, "sure") for t in (1, 2, 3)]
CHOICES = [Choice(10, "banana", 1, 0), Choice(11, "apple", 2, 1)]


def test_a_row_that_comes_back_stands_where_it_is_given(qtbot):
    view = ObjectList()
    qtbot.addWidget(view)
    for rows in (ROWS, [ROWS[0], ROWS[2]], ROWS):
        view.set_objects(rows)
    assert [row.track for row in view.rows()] == [1, 2, 3]


def test_list_emits_only_what_the_operator_chooses(qtbot):
    view = ObjectList()
    qtbot.addWidget(view)
    view.resize(272, 400)
    view.show()
    with qtbot.assertNotEmitted(view.chosen):
        view.set_objects(ROWS)
        view.set_selected(2)
        view.set_objects([*ROWS])
    assert [row.track for row in view.rows()] == [1, 2, 3]
    with qtbot.waitSignal(view.chosen) as down:
        QTest.keyClick(view, Qt.Key.Key_Down)
    assert down.args[0] == 3
    with qtbot.waitSignal(view.chosen) as click:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(0, 0)).center())
    assert click.args[0] == 1
    assert view.selected() == 2


def test_the_list_can_be_read_aloud(qtbot):
    view = ObjectList()
    qtbot.addWidget(view)
    view.set_objects([replace(ROWS[0], state="unsure", score=0.58)])
    assert view.model().index(0, 0).data() == "thing 1, not sure, 58%"


def popover(qtbot):
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(900, 700)
    view = NamePopover(host)
    view.set_choices(CHOICES)
    with qtbot.waitExposed(host):
        host.show()
    view.open_beside(QRect(100, 100, 50, 50), QRect(0, 0, 900, 700))
    return host, view


def test_typing_a_known_name_chooses_its_class_and_a_new_one_is_new(qtbot):
    host, view = popover(qtbot)
    QTest.keyClicks(view.field, "apple")
    with qtbot.waitSignal(view.class_chosen) as known:
        QTest.keyClick(view.field, Qt.Key.Key_Return)
    assert known.args == [11]
    view.field.clear()
    QTest.keyClicks(view.field, "sponge")
    assert view.field.is_new()
    with qtbot.waitSignal(view.name_entered) as new:
        QTest.keyClick(view.field, Qt.Key.Key_Return)
    assert new.args == ["sponge"]


def test_what_is_said_of_a_typed_name_is_what_enter_submits(qtbot):
    host, view = popover(qtbot)
    said, chosen = [], []
    view.name_changed.connect(said.append)
    view.class_chosen.connect(chosen.append)
    QTest.keyClicks(view.field, "app")  # completed to "apple"
    QTest.keyClick(view.field, Qt.Key.Key_Return)
    assert (said[-1], chosen) == ("apple", [11])
    view.field.clear()
    QTest.keyClicks(view.field, "app")
    QTest.keyClick(view.field, Qt.Key.Key_Delete)  # without what was completed
    with qtbot.waitSignal(view.name_entered) as entered:
        QTest.keyClick(view.field, Qt.Key.Key_Return)
    assert (said[-1], entered.args) == ("app", ["app"])


def test_a_name_has_an_end_and_a_message_with_it_fits(qtbot):
    host, view = popover(qtbot)
    QTest.keyClicks(view.field, "thing " * 20)
    assert len(view.field.text()) == LONGEST
    toast = ToastView(host)
    toast.show_toast(Toast(f"That is now “{view.field.name()}”. The model uses it from the next frame on.", action="Undo", key="Ctrl Z"))
    text = next(part for part in toast.findChildren(QLabel) if part.text().startswith("That is now"))
    qtbot.waitUntil(lambda: text.height() > 0, timeout=3000)
    assert text.heightForWidth(text.width()) <= toast.height()
    assert text.text().endswith("…") and toast.accessibleName().endswith("frame on.")


def test_backspace_in_an_empty_field_closes(qtbot):
    host, view = popover(qtbot)
    with qtbot.waitSignal(view.close_requested):
        QTest.keyClick(view.field, Qt.Key.Key_Backspace)


def test_the_popover_stays_inside_the_canvas(qtbot):
    host, view = popover(qtbot)
    canvas = QRect(0, 0, 900, 700)
    for x, y in ((10, 10), (800, 20), (850, 690), (400, 350)):
        view.open_beside(QRect(x, y, 40, 40), canvas)
        assert canvas.adjusted(16, 16, -16, -16).contains(view.geometry())


def test_a_guess_is_chosen_by_click(qtbot):
    card = QuestionCard()
    qtbot.addWidget(card)
    card.set_question(Crop(np.zeros((20, 30, 3), np.uint8), np.eye(20, 30, dtype=bool)), [replace(CHOICES[1], score=0.6)], CHOICES)
    card.resize(280, 420)
    card.show()
    with qtbot.waitSignal(card.class_chosen) as chosen:
        QTest.mouseClick(card._rows[0], Qt.MouseButton.LeftButton)
    assert chosen.args == [11]
    assert not card.grab().isNull()


def test_outline_of_a_square_is_its_four_sides():
    mask = np.zeros((6, 6), bool)
    mask[2:4, 1:5] = True
    assert outline(mask).boundingRect().getRect() == (1.0, 2.0, 4.0, 2.0)


def test_segmented_asks_and_does_not_move_by_itself(qtbot):
    switch = Segmented(("Slow", "Normal", "Full"), "Speed")
    qtbot.addWidget(switch)
    switch.resize(280, 52)
    with qtbot.waitSignal(switch.chosen) as chosen:
        QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=switch.rect().center())
    assert chosen.args == [1]
    assert switch.index() == 0


def test_trim_handles_cannot_cross(qtbot):
    track = TimelineTrack()
    qtbot.addWidget(track)
    track.resize(800, 152)
    track.set_data(TimelineData(10.0, 300, trim=(2.0, 8.0)))
    at = track.rect().center()
    at.setX(round(track.x_of(2.0)) - 6)
    QTest.mousePress(track, Qt.MouseButton.LeftButton, pos=at)
    at.setX(round(track.x_of(9.5)))
    with qtbot.waitSignal(track.trim_committed) as trim:
        QTest.mouseRelease(track, Qt.MouseButton.LeftButton, pos=at)
    start, end = trim.args
    assert start < end == 8.0


def test_a_new_class_takes_the_free_colour_nearest_to_the_object():
    assert theme.free_color((250, 230, 30), []) == 0
    assert theme.free_color((250, 230, 30), [0]) != 0
    assert theme.free_color((140, 75, 25), []) == theme.free_color((253, 139, 43), []) == 2  # an orange in the shade is orange
    assert 0 <= theme.free_color((250, 230, 30), range(12)) < 12


def test_a_digit_in_the_empty_field_is_a_class_key_and_types_later(qtbot):
    host, view = popover(qtbot)
    with qtbot.waitSignal(view.class_chosen) as chosen:
        QTest.keyClick(view.field, Qt.Key.Key_2)
    assert chosen.args == [11]
    with qtbot.waitSignal(view.tool_requested) as tool:
        QTest.keyClick(view.field, Qt.Key.Key_0)
    assert tool.args == ["not_an_object"]
    QTest.keyClicks(view.field, "bolt 8")
    assert view.field.name() == "bolt 8"


def test_a_value_of_any_length_leaves_the_column_as_wide_as_it_is(qtbot):
    facts = Facts()
    qtbot.addWidget(facts)
    facts.set_facts((Fact("Identifier", "combined-1." + 60 * "3"), Fact("Labels", "30")))
    assert facts.minimumSizeHint().width() < 280


def test_a_step_that_can_be_changed_is_no_higher_than_one_that_cannot(qtbot):
    steps = Steps()
    qtbot.addWidget(steps)
    steps.set_steps((StepRow("now", "Object", "can"),))
    steps.show()
    before = steps.sizeHint().height()
    steps.set_steps((StepRow("done", "Object", "can", action="Change"),))
    qtbot.waitUntil(lambda: steps.sizeHint().height() > 0, timeout=3000)
    assert steps.sizeHint().height() == before


def test_the_keys_of_the_trim_are_shown_only_where_there_is_something_to_trim(qtbot):
    line = Timeline()
    qtbot.addWidget(line)
    line.clear()
    assert all(cap.isHidden() for cap in line.findChildren(KeyCap))
    line.set_data(TimelineData(10.0, 300, trim=(2.0, 8.0)))
    assert not any(cap.isHidden() for cap in line.findChildren(KeyCap))
