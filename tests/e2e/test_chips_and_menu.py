"""What the chips and the menu promise: a camera that comes back by itself, devices, tasks, settings, a backup."""

import os
import signal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

pytestmark = pytest.mark.timeout(240)
WAIT_S = 40


@pytest.fixture(autouse=True)
def closed(application):
    """Every test leaves no page open over the column."""
    yield
    application.window.close_device()


def typed(application, hands, text):
    """Replace what stands in the open form's field and press Enter."""
    field = application.window.device.field.edit
    hands.wait(lambda: field.isVisible(), WAIT_S, "the form did not open")
    field.selectAll()
    hands.type(field, text)


def title(application):
    return application.window.device.heading().title


def keys_pages(window):
    """The page of all keys, if it is open."""
    return [w for w in window.findChildren(QWidget) if w.accessibleName() == "All keys" and w.isVisible()]


def said(window):
    """What the camera's chip says."""
    return window.top.chips["camera"].accessibleName()


def test_a_camera_that_stops_is_said_so_and_comes_back_by_itself(application, hands):
    window, live = application.window, application.live
    hands.go("see")
    os.kill(application.rig.pid("sim_camera"), signal.SIGSTOP)  # it hangs, and nobody wakes it
    hands.wait(lambda: "stalled" in said(window), WAIT_S, "the chip does not say that it stalls")
    hands.wait(lambda: "lost" in said(window), WAIT_S, "the chip does not say that it is lost")
    right = application.pages.see.right
    hands.wait(lambda: "stopped sending" in right.heading().title, WAIT_S, "the page does not say it")
    assert window.primary().text() == "Try again now"
    frozen = live.frame.seq
    hands.wait(lambda: live.frame.seq > frozen and "lost" not in said(window), WAIT_S, "no new frame")
    hands.wait(lambda: "stopped sending" not in right.heading().title, WAIT_S, "the page still says it")


def test_try_again_starts_the_camera_anew(application, hands):
    window, live = application.window, application.live
    hands.go("see")
    pid = application.rig.pid("sim_camera")
    os.kill(pid, signal.SIGSTOP)
    hands.wait(lambda: window.primary().text() == "Try again now", WAIT_S, "trying again is not offered")
    frozen = live.frame.seq
    hands.press()
    hands.wait(lambda: application.rig.pid("sim_camera") not in (None, pid), WAIT_S, "it was not started anew")
    hands.wait(lambda: live.frame.seq > frozen and live.frame_age_ns() < 1e9, WAIT_S, "no new frame")


@pytest.mark.parametrize(("chip", "says"), [("camera", "Simulated camera"), ("arm", "Simulated arm"), ("model", "No version on the arm")])
def test_a_chip_opens_its_device_and_backspace_closes_it(application, hands, chip, says):
    window = application.window
    hands.go("show")
    hands.click(window.top.chips[chip])
    hands.wait(window.device.isVisible, WAIT_S, "no page opened")
    assert says in title(application)
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Backspace)
    hands.wait(lambda: not window.device.isVisible(), WAIT_S, "Backspace did not close it")


def test_the_camera_says_in_words_how_its_pictures_are_made(application, hands):
    window = application.window
    hands.click(window.top.chips["camera"])
    hands.wait(window.device.isVisible, WAIT_S, "no page opened")
    said = [w.text() for w in window.device.findChildren(QLabel) if w.isVisible()]
    assert "Simulated: this machine draws its pictures." in said


def test_the_keys_page_opens_and_backspace_closes_it(application, hands):
    window = application.window
    hands.go("learn")
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F1)
    hands.wait(lambda: bool(keys_pages(window)), WAIT_S, "the keys are not shown")
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Backspace)
    hands.wait(lambda: not keys_pages(window), WAIT_S, "Backspace did not close them")


def test_the_arm_is_driven_home_by_a_held_press_on_its_page(application, hands):
    window, live = application.window, application.live
    hands.click(window.top.chips["arm"])
    hands.wait(window.device.isVisible, WAIT_S, "no page opened")
    finished = live.act.finished
    hands.hold()
    hands.wait(lambda: live.act.finished > finished, WAIT_S, "it did not drive home")
    assert live.act.succeeded
    hands.wait(lambda: live.arm.driver == "nobody", WAIT_S, "the arm was not given back")


def test_a_task_is_made_renamed_and_copied_and_all_of_it_can_be_undone(application, hands):
    window, session = application.window, application.session
    first = session.task.title
    window.menu_chosen.emit("new_task")
    typed(application, hands, "Mugs on the tray")
    hands.wait(lambda: session.task.title == "Mugs on the tray", WAIT_S, "the new task is not at work")
    assert "Mugs on the tray" in window.top.brand.accessibleName()
    window.menu_chosen.emit("edit_task")
    typed(application, hands, "Cups on the tray")
    hands.wait(lambda: session.task.title == "Cups on the tray", WAIT_S, "it was not renamed")
    window.menu_chosen.emit("new_task")
    typed(application, hands, first)
    hands.wait(lambda: "task of that name" in window.device.field.edit.accessibleDescription(), WAIT_S, "a taken name is not refused")
    window.close_device()
    for _ in range(2):
        application.status.undo()
    hands.wait(lambda: "Cups on the tray" not in [t.title for t in session.queries.tasks()], WAIT_S, "it is still there")
    assert "Mugs on the tray" not in [t.title for t in session.queries.tasks()]


def test_a_task_may_be_called_anything_that_no_other_is_called(application, hands):
    window, session = application.window, application.session
    field = window.device.field.edit
    first = session.task.title
    window.menu_chosen.emit("new_task")
    hands.wait(field.isVisible, WAIT_S, "the form did not open")
    field.insert("Чашки на поднос")  # as an input method does: test keys are ASCII
    hands.enter(field)
    hands.wait(lambda: session.task.title == "Чашки на поднос", WAIT_S, "letters of another alphabet are no name")
    window.menu_chosen.emit("edit_task")
    typed(application, hands, first)
    assert "task of that name" in field.accessibleDescription()
    field.clear()
    hands.enter(field)
    assert "at least one letter" in field.accessibleDescription()
    assert session.task.title == "Чашки на поднос"
    application.status.undo()
    hands.wait(lambda: getattr(session.task, "title", "") == first, WAIT_S, "it was not undone")  # for an instant there is none at work


def test_a_form_of_the_task_speaks_of_the_task_at_work(application, hands):
    window, session = application.window, application.session
    field = window.device.field.edit
    first, second = (task.title for task in session.queries.tasks()[:2])
    window.menu_chosen.emit(f"task:{first}")
    window.menu_chosen.emit("edit_task")
    hands.wait(field.isVisible, WAIT_S, "the form did not open")
    assert field.text() == first
    window.menu_chosen.emit(f"task:{second}")
    assert not field.isVisible()
    window.menu_chosen.emit("edit_task")
    hands.wait(field.isVisible, WAIT_S, "the form did not open")
    assert field.text() == second
    window.menu_chosen.emit(f"task:{first}")


def test_the_task_stays_while_something_of_it_is_recorded(application, hands):
    window, session = application.window, application.session
    first, second = (task.title for task in session.queries.tasks()[:2])
    window.menu_chosen.emit(f"task:{first}")
    session.begin_take(session.task_id, "demonstration", "keys", {})
    hands.wait(lambda: session.takes.current is not None, WAIT_S, "nothing is recorded")
    window.menu_chosen.emit(f"task:{second}")
    assert session.task.title == first
    assert "Finish it" in window.stage.toast.accessibleName()
    session.run(lambda _: session.takes.finish(False))
    hands.wait(lambda: session.takes.current is None, WAIT_S, "it is still recorded")
    window.menu_chosen.emit(f"task:{second}")
    assert session.task.title == second
    window.menu_chosen.emit(f"task:{first}")


def test_a_task_is_deleted_and_comes_back_by_undo_and_those_of_the_table_stay(application, hands):
    window, session = application.window, application.session
    first, titles = session.task.title, lambda: [task.title for task in session.queries.tasks()]
    window.menu_chosen.emit("delete_task")
    assert "comes with this table" in window.stage.toast.accessibleName()
    window.menu_chosen.emit("new_task")
    typed(application, hands, "Spoons apart")
    hands.wait(lambda: session.task.title == "Spoons apart", WAIT_S, "the new task is not at work")
    window.menu_chosen.emit("delete_task")
    hands.wait(lambda: session.task.title == first, WAIT_S, "the deleted task is at work")
    assert "Spoons apart" not in titles() and window.stage.toast.accessibleName() == "Spoons apart is deleted."
    application.status.undo()
    hands.wait(lambda: "Spoons apart" in titles(), WAIT_S, "undo does not bring it back")
    application.status.undo()
    hands.wait(lambda: "Spoons apart" not in titles(), WAIT_S, "it was not undone")


def test_settings_keep_who_works_and_the_theme(application, hands, qapp):
    window, session = application.window, application.session
    window.menu_chosen.emit("settings")
    typed(application, hands, "Ada")
    hands.wait(lambda: session.store.who == "Ada", WAIT_S, "the name was not stored")
    window.menu_chosen.emit("theme:light")
    hands.wait(lambda: qapp.property("pendantTheme") == "light", WAIT_S, "it is not light")
    window.menu_chosen.emit("theme:dark")
    hands.wait(lambda: qapp.property("pendantTheme") == "dark", WAIT_S, "it is not dark")


def test_the_catalogue_is_backed_up_from_the_menu(application, hands):
    window, store = application.window, application.session.store
    before = len(list(store.folder.backups.glob("*")))
    window.menu_chosen.emit("data_folder")
    hands.wait(window.device.isVisible, WAIT_S, "the form did not open")
    hands.press()
    hands.wait(lambda: len(list(store.folder.backups.glob("*"))) > before, WAIT_S, "no backup was made")
