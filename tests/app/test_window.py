"""The window: keys, STOP first, pages, and what it must not import."""

import subprocess
import sys
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QTreeView, QWidget

from app.actions import TABLE, Actions
from app.main_window import MainWindow
from app.pages import Pages, labels, learn, review, run, see, show
from app.screen import LEAST, SCALES, asks_for_more, fits, read_scale, store_scale
from core.learning.doubt import Doubt
from core.perception.names import Naming
from core.types import Guess
from tests.core.test_doubt import look
from tests.widgets import scenes
from widgets import theme
from widgets.device_panel import CLOSE, DeviceState
from widgets.file_dialog import ask_path
from widgets.naming import ChoiceRow
from widgets.segmented import Segmented
from widgets.values import ButtonSpec, Chip, Choice, Fact, Heading, Pick, PillState, Toast


@pytest.fixture
def window(qtbot):
    pages = Pages()
    made = MainWindow(pages.by_name())
    qtbot.addWidget(made, before_close_func=lambda w: None)
    pages.see.set_state(see.nothing_open(()))
    pages.show.set_state(show.ready(1, "Banana into the basket", "banana", "inside the basket", "4.6 s"))
    pages.review.set_state(review.empty())
    pages.learn.set_state(learn.too_few(0))
    pages.run.set_state(run.no_version())
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=3000)
    return made


def test_escape_stops_everywhere_even_in_a_field(qtbot, window):
    for name in ("see", "show", "review", "learn", "run"):
        window.show_page(name)
        with qtbot.waitSignal(window.stop_requested):
            QTest.keyClick(window, Qt.Key.Key_Escape)
    window.show_page("see")
    window.stage.popover.set_choices([Choice(1, "banana", 1, 0)])
    window.open_popover(1)
    with qtbot.waitSignal(window.stop_requested):
        QTest.keyClick(window.stage.popover.field, Qt.Key.Key_Escape)
    assert not window.stage.popover.isVisible()


def test_when_the_last_question_is_answered_in_its_field_enter_is_the_primary_button_again(qtbot, window):
    page = window.pages["see"]
    page.set_state(see.first_names(1, 1, "", None, ()))
    page.question.field.setFocus()
    qtbot.waitUntil(page.question.field.hasFocus, timeout=3000)
    page.set_state(see.nothing_open(()))
    with qtbot.waitSignal(page.right.action_requested, timeout=3000) as asked:
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Return)
    assert asked.args == ["page_show"]


def test_arrows_and_enter_are_an_open_menus_own_and_escape_stops(qtbot, window):
    acted = []
    window.actions_table.bind("next", lambda: acted.append("next"), page="see")
    window.pages["see"].right.action_requested.connect(acted.append)
    window.set_task("Fruit", ["Fruit", "Mugs"])
    window.top.brand.click()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=3000)
    with qtbot.waitSignal(window.menu_chosen, timeout=3000) as chosen:
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(QApplication.activePopupWidget(), key)
    assert (chosen.args, acted) == (["task:Mugs"], [])
    window.top.brand.click()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=3000)
    with qtbot.waitSignal(window.stop_requested, timeout=3000):
        QTest.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None


def test_what_opened_a_menu_is_lit_no_more_when_the_pointer_went_elsewhere(qtbot, window):
    brand, menu = window.top.brand, QApplication.activePopupWidget
    QCursor.setPos(brand.mapToGlobal(brand.rect().center()))
    qtbot.waitUntil(brand.hovered, timeout=3000)
    QTest.mouseClick(brand, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: menu() is not None, timeout=3000)
    QCursor.setPos(menu().mapToGlobal(menu().rect().center()))
    menu().close()
    qtbot.waitUntil(lambda: menu() is None, timeout=3000)
    assert not brand.hovered()


def test_keys_in_a_dialog_do_nothing_on_the_page_behind_it_and_escape_stops(qtbot, window):
    acted = []
    window.actions_table.bind("next", lambda: acted.append("next"), page="see")
    window.pages["see"].right.action_requested.connect(acted.append)
    dialog = ask_path(window, "Import", lambda path: None, kinds="COCO (*.json)")
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow, timeout=3000)
    files = dialog.findChild(QTreeView)
    files.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(files, key)
    assert acted == []
    with qtbot.waitSignal(window.stop_requested, timeout=3000):
        QTest.keyClick(files, Qt.Key.Key_Escape)


def test_a_form_is_typed_into_as_soon_as_it_opens_and_a_closed_one_forgets(qtbot, window):
    form = DeviceState(Heading("New task", "What shall the arm learn?"), field="Name")
    for _ in range(2):
        window.show_device(form)
        QTest.keyClicks(QApplication.focusWidget(), "mugs")
        assert window.device.field.edit.text() == "mugs"
        window.close_device()


def test_enter_in_a_form_that_closes_with_it_presses_nothing_behind_it(qtbot, window):
    pressed = []
    window.pages["see"].right.action_requested.connect(pressed.append)
    window.device_action_requested.connect(lambda _: window.close_device())
    window.show_device(DeviceState(Heading("New task", ""), primary=ButtonSpec("task_create", "Make the task", "Enter"), field="Name"))
    with qtbot.waitSignal(window.device_action_requested, timeout=3000):
        QTest.keyClick(window.device.field.edit, Qt.Key.Key_Return)
    assert pressed == []


def test_letters_type_in_a_field_and_act_elsewhere(qtbot, window):
    seen = []
    window.actions_table.bind("add", lambda: seen.append("add"))
    window.open_popover(1)
    QTest.keyClick(window.stage.popover.field, Qt.Key.Key_A)
    assert window.stage.popover.field.text() == "a"
    window.close_popover()
    QTest.keyClick(window.stage, Qt.Key.Key_A)
    assert seen == ["add"]


def test_a_click_beside_a_field_that_is_typed_into_leaves_it_the_keys(qtbot, window):
    popover = window.stage.popover
    window.open_popover(1)
    QTest.mouseClick(popover, Qt.MouseButton.LeftButton, pos=QPoint(4, popover.height() // 2))
    assert popover.field.hasFocus()
    window.close_popover()
    window.pages["see"].set_state(see.first_names(1, 2, "", None, ()))
    card = window.pages["see"].question
    card.field.setFocus()
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(4, card.height() - 2))
    assert card.field.hasFocus()
    window.show_device(DeviceState(Heading("New task", "What shall the arm learn?"), field="Name"))
    for beside in (window.device.body.viewport(), window.device):
        QTest.mouseClick(beside, Qt.MouseButton.LeftButton, pos=QPoint(2, beside.height() - 2))
        assert window.device.field.edit.hasFocus()


def test_with_alt_a_letter_acts_also_in_a_field_and_the_arrows_go_through_the_list(qtbot, window):
    seen = []
    for action in ("add", "next"):
        window.actions_table.bind(action, lambda name=action: seen.append(name))
    window.open_popover(1)
    field = window.stage.popover.field
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert seen == ["add", "next"]
    assert field.text() == ""


def test_space_in_a_name_field_pauses_until_a_name_is_begun(qtbot, window):
    seen = []
    window.actions_table.bind("pause", lambda: seen.append("pause"), page="see")
    window.open_popover(1)
    field = window.stage.popover.field
    QTest.keyClick(field, Qt.Key.Key_Space)
    assert seen == ["pause"] and field.text() == ""
    QTest.keyClicks(field, "big mug")
    assert seen == ["pause"] and field.text() == "big mug"


def test_enter_in_an_empty_name_field_presses_the_primary(qtbot, window):
    window.open_popover(1)
    with qtbot.waitSignal(window.pages["see"].right.action_requested) as asked:
        QTest.keyClick(window.stage.popover.field, Qt.Key.Key_Return)
    assert asked.args == ["page_show"]


def test_the_naming_popover_stays_on_the_canvas_when_the_window_is_made_smaller_and_keeps_what_is_typed(qtbot, window):
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: window.stage.width() == 1440, timeout=3000)
    window.open_popover(1)
    popover = window.stage.popover
    popover.stay_beside(QRect(1100, 800, 1, 1), window.stage.canvas_rect())
    QTest.keyClicks(popover.field, "mu")
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: window.stage.width() == 1280, timeout=3000)
    assert window.stage.canvas_rect().contains(popover.geometry())
    assert popover.field.text() == "mu" and popover.field.hasFocus()


def test_control_keys_change_pages_also_in_a_field(qtbot, window):
    window.open_popover(1)
    QTest.keyClick(window.stage.popover.field, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert window.page == "learn"
    assert not window.stage.cloud.isVisible()


def test_enter_presses_the_primary_but_space_never_starts_the_arm(qtbot, window):
    page = window.pages["see"]
    with qtbot.waitSignal(page.right.action_requested) as asked:
        QTest.keyClick(window.stage, Qt.Key.Key_Return)
    assert asked.args == ["page_show"]
    window.show_page("show")
    button = window.primary()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyPress(button, Qt.Key.Key_Space)
    assert not button.holding()
    window.stage.setFocus()
    QTest.keyPress(window.stage, Qt.Key.Key_Return)
    assert button.holding()
    window.show_page("see")
    assert not button.holding()


def test_enter_releases_the_stop_only_when_that_button_has_the_focus(qtbot, window):
    window.show_page("run")
    page = window.pages["run"]
    page.set_state(run.stopped("Rollout 8 of today", "It holds."))
    window.set_stopped(True)
    window.stage.setFocus()
    QTest.keyPress(window.stage, Qt.Key.Key_Return)
    assert not window.primary().holding()
    window.primary().setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyPress(window.primary(), Qt.Key.Key_Return)
    assert window.primary().holding()


def test_the_cloud_is_the_same_on_every_page_and_swaps_with_the_image(qtbot, window):
    cloud = window.stage.cloud
    camera, frame, scene = scenes.synthetic()
    cloud.set_camera(camera)
    cloud.set_frame(frame)
    cloud.set_scene(scene, scenes.rows_of(scene))
    orbit = cloud.orbit()
    for name in ("show", "learn", "run", "see"):
        window.show_page(name)
    assert window.stage.cloud is cloud
    assert cloud.orbit() == orbit
    large = cloud.size()
    window.swap()
    assert window.stage.image.size() == large
    window.swap()
    assert cloud.size() == large


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
def test_stop_and_primary_are_always_whole(qtbot, window, size):
    window.resize(QSize(*size))
    qtbot.waitUntil(lambda: window.width() == min(size[0], window.screen().size().width()) or window.width() == size[0], timeout=3000)
    for name in ("see", "show", "review", "learn", "run"):
        window.show_page(name)
        for widget in (window.top.stop, window.primary()):
            at = widget.mapTo(window, widget.rect().topLeft())
            assert window.rect().contains(at)
            assert window.rect().contains(widget.mapTo(window, widget.rect().bottomRight()))


def nameless(window):
    """Controls on screen that a screen reader would call nothing: what takes the keys or is pressed, and the two views."""
    no_keys = Qt.FocusPolicy.NoFocus
    controls = [w for w in window.findChildren(QWidget) if w.isVisible() and (w.focusPolicy() != no_keys or isinstance(w, QAbstractButton))]
    controls += [window.stage.cloud, window.stage.image]
    return [type(w).__name__ for w in controls if not w.accessibleName() and w is not window.stage]


def test_one_demonstration_is_counted_as_one():
    assert learn.too_few(1).heading.sentence.startswith("There is 1 so far.")
    assert learn.too_few(2).heading.sentence.startswith("There are 2 so far.")


def test_every_control_has_a_name(window):
    pick = Pick("theme", "Theme", ("Dark", "Light"), 0)
    settings = DeviceState(Heading("Settings", "The screen"), picks=(pick,), field="Name", secondaries=(CLOSE,))
    names = (Choice(1, "banana", 1, 0), Choice(2, "orange", 2, 2))
    window.stage.popover.set_choices(names)
    for name in ("see", "show", "review", "learn", "run"):
        window.show_page(name)
        assert nameless(window) == [], name
        window.show_device(settings)
        assert nameless(window) == [], f"settings on {name}"
        window.close_device()
    window.pages["review"].set_state(labels.asking(doubt("unknown"), "", None, names, names, ""))
    window.show_page("review")
    assert nameless(window) == []
    window.show_page("see")
    window.pages["see"].set_state(see.asking(1, 2, names, None, names))
    window.open_popover(1)
    window.toggle_help()
    assert nameless(window) == []


def test_the_page_of_keys_lies_over_all_that_lies_on_the_canvas_and_goes_with_its_page(qtbot, window):
    window.toggle_help()
    keys = next(w for w in window.findChildren(QWidget) if w.accessibleName() == "All keys")
    window.set_pill(PillState("Frame held while you edit", "pause"))
    window.resize(1600, 900)
    for part in (window.stage.pill, window.stage.modes, window.stage.view_bar):
        middle = part.geometry().center()
        qtbot.waitUntil(lambda at=middle: (top := window.stage.childAt(at)) is keys or keys.isAncestorOf(top), timeout=3000)
    window.show_page("show")
    assert not keys.isVisible()
    window.show_page("see")
    window.open_popover(1)
    window.toggle_help()
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Backspace)
    assert window.stage.popover.isVisible()
    assert not [w for w in window.findChildren(QWidget) if w.accessibleName() == "All keys" and w.isVisible()]


@pytest.mark.parametrize("page", ["see", "review"])
def test_all_keys_can_be_read_in_the_smallest_window_by_keys_alone(qtbot, window, page):
    window.show_page(page)
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: window.stage.width() == 1280, timeout=3000)
    window.toggle_help()
    keys = next(w for w in window.findChildren(QWidget) if w.accessibleName() == "All keys")
    area = keys.findChild(QScrollArea)
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0, timeout=3000)
    assert area.horizontalScrollBar().maximum() == 0, "lines are cut at their end"
    assert area.widget().minimumSizeHint().width() <= area.viewport().width()
    QTest.keyClick(window.stage, Qt.Key.Key_Down)
    assert area.verticalScrollBar().value() > 0
    QTest.keyClick(window.stage, Qt.Key.Key_End)
    assert area.verticalScrollBar().value() == area.verticalScrollBar().maximum()


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_a_message_lies_over_no_control_of_what_is_open(qtbot, window, size):
    window.resize(*size)
    qtbot.waitUntil(lambda: window.stage.width() == size[0], timeout=3000)
    stage, popover = window.stage, window.stage.popover
    popover.set_choices([Choice(n, f"class {n}", n + 1, n) for n in range(9)])
    for anchor in (QRect(160, 20, 40, 40), QRect(400, 700, 40, 40)):
        stage.cloud.object_rect = lambda _, at=anchor: at
        window.open_popover(1)
        window.show_toast(Toast("That is now “class 1”. The model uses it from the next frame on.", action="Undo", key="Ctrl Z"))
        assert not popover.geometry().intersects(stage.toast.geometry())
        window.set_pill(PillState("Frame held while you edit", "pause"))
        assert stage.children().index(stage.pill) < stage.children().index(popover), "the pill lies over the field"
        assert stage.canvas_rect().contains(popover.geometry())
    window.close_popover()
    window.toggle_help()
    keys = next(w for w in window.findChildren(QWidget) if w.accessibleName() == "All keys")
    assert not keys.geometry().intersects(stage.toast.geometry())
    height = keys.height()
    stage.toast.hide()
    assert keys.height() > height
    window.toggle_help()
    window.show_page("review")
    window.show_toast(Toast("That is now “class 1”, on this frame."))
    assert stage.canvas_rect().contains(stage.toast.geometry()), "it lies over the timeline"


def test_the_views_say_what_they_are_and_where_their_objects_are_read(window):
    for view in (window.stage.cloud, window.stage.image):
        assert view.accessibleName()
        assert view.accessibleDescription()


def test_settings_are_switches_that_stay_in_place(qtbot, window):
    picks = window.device.picks
    picks.set_picks((Pick("theme", "Theme", ("Dark", "Light"), 0),))
    switch = picks.findChild(Segmented)
    with qtbot.waitSignal(picks.picked) as picked:
        QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=switch.rect().center() + QPoint(switch.width() // 4, 0))
    assert picked.args == ["theme", 1]
    picks.set_picks((Pick("theme", "Theme", ("Dark", "Light"), 1),))
    assert picks.findChild(Segmented) is switch
    assert switch.index() == 1


def test_the_scale_of_the_next_start_is_kept_and_a_torn_file_is_the_usual_one(tmp_path):
    assert read_scale(tmp_path) == 1.0
    store_scale(tmp_path, 1.3)
    assert read_scale(tmp_path) == 1.3
    (tmp_path / "screen.json").write_text("{")
    assert read_scale(tmp_path) == 1.0


def test_a_scale_is_offered_only_where_the_smallest_window_fits(window):
    assert (window.minimumWidth(), window.minimumHeight()) == LEAST
    assert [fits(scale, 1440, 900) for scale in SCALES] == [True, False, False, False]
    assert all(fits(scale, 1920, 1080) for scale in SCALES)
    assert asks_for_more(1.0, 3840) and not asks_for_more(1.5, 3840) and not asks_for_more(1.0, 1920)


def doubt(kind):
    naming = Naming(None, None, 0.4, (Guess(class_id=1, name="banana", score=0.3),))
    return Doubt(look(0.0, said=2), naming, kind, (look(0.1, seq=1),))


def test_the_guess_that_is_marked_is_the_one_that_enter_takes(window):
    sure, hardly = (Choice(1, "banana", 1, 0, 0.7),), (Choice(1, "banana", 1, 0, 0.01),)
    see_page, review_page = window.pages["see"], window.pages["review"]
    see_page.set_state(see.asking(1, 2, sure, None, sure))
    assert see_page.right.primary.text() == "Yes, banana"
    assert [row.on for row in see_page.question.findChildren(ChoiceRow)] == [True, False, False]
    see_page.set_state(see.asking(1, 2, sure, None, sure, "mug"))
    assert see_page.right.primary.text() == "Name it “mug”"
    assert not any(row.on for row in see_page.question.findChildren(ChoiceRow))
    review_page.set_state(labels.asking(doubt("unknown"), "", None, hardly, hardly, ""))
    assert review_page.right.primary.text() == "Type its name"
    assert not any(row.on for row in review_page.question.findChildren(ChoiceRow))


def test_what_keeps_learn_busy_is_said_whole(window):
    window.show_page("learn")
    window.pages["learn"].set_state(learn.busy("the next version of the names"))
    heading, primary = window.pages["learn"].right.heading(), window.primary()
    assert heading.title == "The next version of the names is being learned"
    assert primary.sizeHint().width() <= primary.width(), "its words are cut off"


def test_why_a_label_is_asked_about_names_only_what_has_a_name():
    asked = doubt("unsure")
    assert labels.detail_of(asked, "", "orange").startswith("perhaps orange")
    assert labels.detail_of(replace(asked, naming=replace(asked.naming, name="banana")), "", "orange").startswith("banana or orange")


def test_every_state_can_be_shown(window):
    names = (Choice(1, "banana", 1, 0), Choice(2, "orange", 2, 2))
    pages = window.pages
    for state in (
        see.asking(1, 2, names, None, names),
        see.first_names(1, 6, "", None, names),
        see.naming(6, None, "sponge", None, ()),
        see.empty_table(),
        see.looking(),
        see.camera_lost(scenes.rows_of(scenes.synthetic()[2]), "10:41:20", 14, "9 demonstrations", "no frame"),
    ):
        pages["see"].set_state(state)
    steps = show.steps_of("banana", "inside the basket", "4.6 s")
    for state in (
        show.choosing(1),
        show.choosing(1, "banana"),
        show.planning(1, "Banana", "banana", "basket"),
        show.not_possible(1, "Banana", "banana", "basket", "Too far by 4 cm. Move the basket closer, or pick another goal."),
        show.moving(1, "Banana", steps, paused=False),
        show.kept(1, "Banana", "12.1 s, 363 frames, none missing.", steps),
        show.driving(1, "keys", 3.2),
        show.driving(1, "keys", 3.2, let_go=True),
        show.arm_lost(steps),
    ):
        pages["show"].set_state(state)
    for state in (
        review.watching("Demonstration 7", "Slower", (), 1),
        review.partial("Demonstration 9", 8.4),
        review.reviewed(),
        labels.loading(3, 12),
        labels.nothing(),
        labels.none_shown(),
        labels.all_done(34),
        labels.asking(doubt("outlier"), "orange", None, names, names, ""),
        labels.asking(doubt("unknown"), "", None, (), names, ""),
    ):
        pages["review"].set_state(state)
    for state in (
        learn.learn_ready("v13", "10", "CPU"),
        learn.learning("v13", "", "", None, (), "", ""),
        learn.paused("v13", 0.4, (), "10", "CPU"),
        learn.learned("v13", "9 of 10 rehearsals worked."),
        learn.not_passed("v13", "It did not pass: 4 of 10 rehearsals worked, 6 are needed.", "v12 stays on the arm."),
    ):
        pages["learn"].set_state(state)
    for state in (
        run.ready("v13", checks=()),
        run.running(8, "Carrying", "v12"),
        run.taken_over(8, "v13", "keys"),
        run.taken_over(8, "v13", "keys", grips="the banana"),
        run.let_go(8, "v13", again=False),
        run.let_go(8, "v13", again=True),
        run.stale(8, "camera", "v12"),
        run.stopped("Rollout 8", "It holds."),
    ):
        pages["run"].set_state(state)


def test_rebinding_refuses_a_key_in_use_and_escape():
    actions = Actions()
    assert actions.rebind("add", ("U",)) == "unsure"
    assert actions.rebind("add", ("Esc",)) == "stop"
    assert actions.rebind("add", ("K",)) == ""
    actions.page = "see"
    assert actions.find("K").id == "add"


def test_no_key_means_two_things_in_one_place():
    for page in ("see", "show", "review", "learn", "run"):
        for driving in (False, True):
            keys = [key for a in TABLE if page in a.where and a.driving in (None, driving) for key in a.keys]
            assert len(keys) == len(set(keys)), (page, driving)


def test_driving_by_keys_takes_the_arrows_from_the_list():
    actions = Actions(page="show")
    assert actions.find("Up").id == "previous"
    actions.driving = True
    assert actions.find("Up").id == "drive_away"


def test_a_disabled_primary_says_why(window):
    window.show_page("show")
    window.pages["show"].set_state(show.choosing(1))
    assert window.primary().toolTip() == "Click what to move first"
    window.pages["show"].right.set_primary(ButtonSpec("x", "Planning", busy=True))
    assert not window.primary().isEnabled()


def test_both_themes_draw_every_page(qapp, window):
    for name in ("light", "dark"):
        theme.apply_theme(qapp, name)
        for page in window.pages:
            window.show_page(page)
            assert not window.grab().isNull()


def test_the_window_starts_without_the_heavy_libraries():
    heavy = ("torch", "open3d", "mujoco", "pyrealsense2", "pyqtgraph", "alembic", "cv2", "scipy", "sqlalchemy")
    code = f"import app.main_window, app.pages, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_tab_goes_top_left_canvas_right_bottom(window):
    window.show_page("see")
    order = []
    widget = window.nextInFocusChain()
    while widget is not window:
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled():
            places = {window.top: "top", window.pages["see"].left: "left", window.pages["see"].right: "right", window.bottom: "bottom"}
            order.append(next((name for place, name in places.items() if place.isAncestorOf(widget)), "canvas"))
        widget = widget.nextInFocusChain()
    groups = [name for i, name in enumerate(order) if i == 0 or order[i - 1] != name]
    assert groups == ["top", "left", "canvas", "right", "bottom"]


def test_who_moves_the_arm_is_said_again_after_a_page_without_the_cloud(window):
    window.set_pill(PillState("v13 moves the arm", "play", "accent", True))
    window.show_page("learn")
    assert not window.stage.pill.isVisible()
    window.show_page("run")
    assert window.stage.pill.isVisible()


def test_a_chip_opens_its_device_and_the_page_comes_back(qtbot, window):
    window.set_chips([Chip("camera", "Camera", "lost", "lost")])
    with qtbot.waitSignal(window.chip_clicked) as clicked:
        QTest.mouseClick(window.top.chips["camera"], Qt.MouseButton.LeftButton)
    assert clicked.args == ["camera"]
    retry = ButtonSpec("retry_camera", "Try again now", "Enter")
    window.show_device(DeviceState(Heading("Camera", "The camera stopped sending frames"), (Fact("Serial", "0434"),), primary=retry))
    with qtbot.waitSignal(window.device_action_requested) as asked:
        QTest.keyClick(window.stage, Qt.Key.Key_Return)
    assert asked.args == ["retry_camera"]
    window.close_device()
    assert window.primary() is window.pages["see"].right.primary
