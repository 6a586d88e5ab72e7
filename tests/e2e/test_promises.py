"""What the operator is promised, kept by the real program: names, undo, demonstrations, STOP, one writer, an orderly end."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import Application, Options
from app.sight import detection_of
from core.errors import StoreError
from core.storage.episode import EpisodeReader
from core.storage.queries import Queries
from core.storage.store import Store
from tests.e2e.conftest import LAYOUT

pytestmark = pytest.mark.timeout(240)
WAIT_S = 40


def key(application, code):
    """Press a key where the keyboard is."""
    QTest.keyClick(QApplication.focusWidget() or application.window, code)


def seen(application, eye, name):
    """The detection that is really a `name`."""
    thing = next(o for o in eye.objects() if o.class_name == name)
    scene = application.live.scene
    return detection_of(thing, [d for d in scene.detections if d.area_px > 0])


def name(application, hands, eye, word):
    """Click an object and type what it is; wait until the scenes know."""
    hands.wait(lambda: bool(eye.objects()) and seen(application, eye, word) is not None, WAIT_S, f"no {word} seen")
    revision = application.session.queries.names_revision()
    hands.click_object(seen(application, eye, word))
    hands.wait(application.window.stage.popover.isVisible, WAIT_S, "no popover")
    hands.type(application.window.stage.popover.field, word)
    hands.wait(lambda: application.session.queries.names_revision() > revision, WAIT_S, "not stored")
    hands.wait(lambda: told(application, eye, word) == word, WAIT_S, "the scenes do not say it")


def told(application, eye, word):
    found = seen(application, eye, word)
    return found.name if found is not None else None


def test_an_object_named_by_a_click_is_called_so_in_the_next_scenes(application, hands, eye):
    hands.go("see")
    name(application, hands, eye, "banana")
    found = seen(application, eye, "banana")
    assert found.confirmed
    assert [c.name for c in application.session.queries.classes()] == ["banana"]


def test_undo_takes_a_name_back_from_the_model_too(application, hands, eye):
    name(application, hands, eye, "basket")
    QTest.keyClick(QApplication.focusWidget() or application.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: told(application, eye, "basket") is None, WAIT_S, "the name is still told")
    application.status.redo()
    hands.wait(lambda: told(application, eye, "basket") == "basket", WAIT_S, "redo did not bring it back")


def test_stop_latches_from_any_page_and_only_a_held_release_ends_it(application, hands):
    for page in ("learn", "see"):
        hands.go(page)
        QTest.keyClick(application.window, Qt.Key.Key_Escape)
        hands.wait(lambda: application.live.arm.stopped, WAIT_S, "the arm did not stop")
        hands.wait(lambda: application.window.primary().text() == "Release the stop", WAIT_S, "no release is offered")
        hands.click(application.window.primary())
        assert application.live.memory.stopped
        hands.hold()
        hands.wait(lambda: not application.live.arm.stopped, WAIT_S, "the arm did not leave the stop")
        assert application.live.arm.driver == "nobody"


def show_once(application, hands, eye):
    """Click the banana, click the basket, hold Show; returns the demonstration that was kept."""
    show, session = application.show, application.session
    before = len(session.queries.demonstrations(session.task_id))
    hands.go("show")
    show.act("clear")
    hands.pause(0.5)
    hands.click_object(seen(application, eye, "banana"))
    hands.wait(lambda: show.aim.pick != 0, WAIT_S, "no object")
    hands.click_object(seen(application, eye, "basket"))
    hands.wait(lambda: show.aim.plan is not None, WAIT_S, "no plan")
    assert show.aim.plan.path is not None, show.aim.plan.reason
    hands.speed(application.pages.show.speed, 2)
    hands.hold()
    hands.wait(lambda: len(session.queries.demonstrations(session.task_id)) > before, 3 * WAIT_S, "nothing was kept")
    return session.queries.demonstrations(session.task_id)[0]


def test_a_demonstration_shown_by_clicks_is_kept_and_in_the_catalogue(application, hands, eye):
    for attempt in range(3):  # physics may let it slip; a person then lays the table anew and shows it again
        if attempt:
            application.live.lay_anew(LAYOUT)
            hands.wait(lambda: told(application, eye, "banana") == "banana", WAIT_S, "the new table was not seen")
            hands.pause(1.5)
        episode = show_once(application, hands, eye)
        reader = EpisodeReader(application.store.folder.root / episode.path)
        assert reader.counts()[0] == episode.frames > 10
        reader.close()
        if episode.succeeded:
            return
    pytest.fail(f"three demonstrations in a row did not work: {application.live.act.result}")


def test_a_motion_that_was_planned_while_another_page_was_open_is_there_when_back(application, hands):
    plans, live = [], application.live
    live.plan_changed.connect(plans.append)
    hands.go("show")
    application.show.clear()
    small, *_, large = sorted((d for d in live.scene.detections if d.area_px), key=lambda d: d.area_px)
    hands.click_object(small)
    hands.click_object(large)
    assert application.show.aim.planning, "nothing is planned"
    hands.go("see")
    hands.wait(lambda: bool(plans), WAIT_S, "no plan came")
    hands.go("show")
    hands.wait(lambda: application.window.primary().text() == "Show", WAIT_S, f"it says {application.window.primary().text()} for ever")
    application.show.clear()
    live.plan_changed.disconnect(plans.append)
    hands.go("see")


def test_a_demonstration_is_rated_trimmed_split_trashed_and_brought_back(application, hands):
    task, queries = application.session.task_id, application.session.queries
    count = len(queries.demonstrations(task))
    hands.go("review")
    hands.wait(lambda: application.review.episode is not None, WAIT_S, "nothing is open")
    whole = application.review.episode
    application.pages.review.rating.chosen.emit(2)
    hands.wait(lambda: queries.episode(whole.id).rating == "good", WAIT_S, "the rating was not stored")
    application.pages.review.timeline.track.trim_committed.emit(0.5, whole.duration_s - 0.5)
    hands.wait(lambda: queries.episode(whole.id).trim_start_s == 0.5, WAIT_S, "the trim was not stored")
    application.pages.review.timeline.track.seek_requested.emit(whole.duration_s / 2)
    key(application, Qt.Key.Key_X)
    hands.wait(lambda: len(queries.demonstrations(task)) == count + 1, WAIT_S, "it was not split")
    application.status.undo()
    hands.wait(lambda: len(queries.demonstrations(task)) == count, WAIT_S, "the split was not taken back")
    key(application, Qt.Key.Key_Delete)
    hands.wait(lambda: len(queries.demonstrations(task)) == count - 1, WAIT_S, "it is not in the trash")
    for _ in range(3):  # out of the trash, the trim, the rating
        application.status.undo()
    hands.wait(lambda: queries.episode(whole.id).rating == "", WAIT_S, "undo did not bring it back as it was")
    back = queries.episode(whole.id)
    assert (back.state, back.trim_start_s, back.trim_end_s) == ("kept", 0.0, None)


def test_a_version_is_learned_goes_to_the_arm_and_rolls_out(application, hands):
    hands.go("learn")
    hands.second("Learn anyway")
    task, queries = application.session.task_id, application.session.queries
    hands.wait(lambda: bool(queries.versions(task)), 3 * WAIT_S, "no version")
    version = queries.versions(task)[0]
    shown = {e.id for e in queries.demonstrations(task)}
    assert version.manifest["episodes"] and set(version.manifest["episodes"]) <= shown
    if version.state == "failed":  # what one demonstration teaches may fail its rehearsal; then it must not reach the arm
        assert queries.active_version(task) is None
        return
    hands.wait(lambda: application.window.primary().text().startswith("Try v"), WAIT_S, "it is not offered")
    hands.press()
    hands.wait(lambda: application.window.page == "run" and application.live.act.active != "", WAIT_S, "it was not loaded")
    finished = application.live.act.finished
    hands.hold()
    hands.wait(lambda: application.live.act.finished > finished, 3 * WAIT_S, "the rollout did not end")
    hands.wait(lambda: bool(queries.episodes(task, kinds=("rollout",))), WAIT_S, "the rollout was not kept")


def test_a_second_window_on_the_same_data_is_told(application, data):
    with pytest.raises(StoreError, match="Another Pendant"):
        Application(Options(data=data))


def test_closing_the_window_ends_every_process(tmp_path):
    """A program of its own, closed by its window after a picture."""
    root = Path(__file__).parents[2]
    code = (
        "import sys; from pathlib import Path; from app.application import Options, run_window; "
        "sys.exit(run_window(Options(data=Path(sys.argv[1])), Path(sys.argv[1]) / 'see.png', 6))"
    )
    started = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=root)
    family = psutil.Process(started.pid)
    children: dict[int, psutil.Process] = {}
    while started.poll() is None:
        if family.is_running() and family.status() != psutil.STATUS_ZOMBIE:
            children |= {c.pid: c for c in family.children(recursive=True)}
        psutil.wait_procs([family], timeout=0.2)
    assert started.returncode == 0
    assert len(children) >= 5
    _, alive = psutil.wait_procs(list(children.values()), timeout=10)
    assert not alive
    assert (tmp_path / "see.png").stat().st_size > 10_000
    store = Store(tmp_path, wall_s=lambda: 0.0, who="test")
    assert Queries(store.engine).tasks()
    store.close()
