"""Buttons: the held press, STOP on press, Space and Enter."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from widgets.buttons import Button
from widgets.column import RightColumn
from widgets.held_button import HeldButton
from widgets.stop_button import StopButton
from widgets.top_bar import fill_menu
from widgets.values import ButtonSpec

ENTER = Qt.Key.Key_Return
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def shown(qtbot, *widgets):
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    for widget in widgets:
        column.addWidget(widget)
    with qtbot.waitExposed(host):
        host.show()
    host.activateWindow()
    return host


def held(qtbot, hold_ms=60, enabled=True):
    button = HeldButton()
    button.set_spec(ButtonSpec("show", "Show", "hold Enter", hold_ms=hold_ms, enabled=enabled))
    host = shown(qtbot, button, Button("Other"))
    return host, button


def test_a_held_press_acts_after_its_time(qtbot):
    _, button = held(qtbot)
    with qtbot.waitSignal(button.activated, timeout=2000):
        QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)


def test_a_short_press_does_nothing(qtbot):
    _, button = held(qtbot, hold_ms=5000)
    with qtbot.assertNotEmitted(button.activated, wait=80):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.holding()


def test_enter_holds_and_auto_repeat_does_not_start_it(qtbot):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    _, button = held(qtbot, hold_ms=5000)
    button.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, ENTER, Qt.KeyboardModifier.NoModifier, "\r", True))
    assert not button.holding()
    QTest.keyPress(button, ENTER)
    assert button.holding()
    QTest.keyRelease(button, ENTER)
    assert not button.holding()


def test_losing_focus_hiding_or_disabling_cancels_a_hold(qtbot):
    host, button = held(qtbot, hold_ms=5000)
    for cancel in (lambda: button.setEnabled(False), button.hide, lambda: button.set_spec(ButtonSpec("x", "Other", hold_ms=5000))):
        button.setEnabled(True)
        button.show()
        button.begin_hold()
        assert button.holding()
        cancel()
        assert not button.holding()
    button.show()
    host.activateWindow()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(button.hasFocus, timeout=3000)
    button.begin_hold()
    button.clearFocus()
    assert not button.holding()


def test_a_disabled_or_hidden_button_never_begins(qtbot):
    _, button = held(qtbot, enabled=False)
    button.begin_hold()
    assert not button.holding()
    button.setEnabled(True)
    button.hide()
    button.press()
    assert not button.holding()


def test_space_never_presses_and_enter_does(qtbot):
    button = Button("Skip")
    host = shown(qtbot, button)
    assert host.isVisible()
    button.setFocus()
    with qtbot.assertNotEmitted(button.clicked):
        QTest.keyClick(button, Qt.Key.Key_Space)
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, ENTER)


def test_stop_acts_on_press_in_every_state(qtbot):
    stop = StopButton()
    stop.setFixedSize(320, 64)
    host = shown(qtbot, stop)
    assert host.isVisible()
    for latched in (False, True):
        stop.set_latched(latched)
        with qtbot.waitSignal(stop.stop_requested):
            QTest.mousePress(stop, Qt.MouseButton.LeftButton)
        QTest.mouseRelease(stop, Qt.MouseButton.LeftButton)
    assert "STOPPED" in stop.accessibleName()


def test_stop_says_when_the_arm_has_not_answered(qtbot):
    stop = StopButton()
    qtbot.addWidget(stop)
    stop.set_unanswered(True)
    assert "has not answered" in stop.accessibleDescription()


def test_setters_do_not_emit(qtbot):
    button = HeldButton()
    qtbot.addWidget(button)
    with qtbot.assertNotEmitted(button.activated):
        for _ in range(2):
            button.set_spec(ButtonSpec("a", "A", enabled=True))
            button.set_spec(ButtonSpec("a", "A", busy=True))


def test_a_task_is_named_in_the_menu_as_it_was_typed(qtbot):
    menu = QMenu()
    qtbot.addWidget(menu)
    fill_menu(menu, ["Nuts & bolts"], "Nuts & bolts")
    assert menu.actions()[0].text() == "Nuts && bolts"  # as Qt writes it: one alone would underline what follows
    assert menu.actions()[0].data() == "task:Nuts & bolts"


def test_the_second_click_of_two_does_not_press_what_came_under_the_pointer(qtbot):
    column = RightColumn()
    _host, asked = shown(qtbot, column), []

    def on(action):
        asked.append(action)
        if action == "cancel":
            column.set_secondaries((ButtonSpec("learn", "Learn again"),))

    column.action_requested.connect(on)
    column.set_secondaries((ButtonSpec("finish", "Finish now"), ButtonSpec("cancel", "Cancel")))
    button = column.secondaries[1]
    at = button.mapTo(column, button.rect().center())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: column.childAt(at) is column.secondaries[0], timeout=2000)  # laid out anew
    under = column.secondaries[0]
    second = QMouseEvent(
        QEvent.Type.MouseButtonDblClick, QPointF(under.mapFrom(column, at)), QPointF(under.mapToGlobal(at)), LEFT, LEFT, NONE
    )
    QApplication.sendEvent(under, second)
    QTest.mouseRelease(under, LEFT, pos=under.mapFrom(column, at))
    assert asked == ["cancel"]


def test_words_that_are_too_long_for_a_primary_button_keep_clear_of_its_edges(qtbot):
    button = Button(kind="primary")
    button.set_spec(ButtonSpec("name", "Name all 2 “mixed bits of everything that is left”", "Enter"))
    button.setFixedWidth(280)
    _host = shown(qtbot, button)
    picture = button.grab().toImage()
    edges = {picture.pixel(x, y) for x in (*range(3, 13), *range(267, 277)) for y in range(14, 42)}
    assert len(edges) == 1
