"""Learning in the real window with the real trainer: paused, finished early, cancelled, killed and gone on with."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.application import Options
from app.tasks import ensure_task
from app.training_files import picture_name
from core.cells import find_cell
from core.learning.dataset import NOTHING_PICKED
from core.storage.store import Row, Store

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("on_learn")]
WAIT_S = 120  # a rehearsal is niced: on a busy machine it takes minutes
REHEARSALS = 4


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder in which a block was put onto the mat once."""
    root = tmp_path_factory.mktemp("taught")
    # a process of its own: the simulator and the window do not share a GL
    teach = ["teach", "--cell", "blocks", "--task", "block-on-mark", "--demos", "1", "--seed", "3", "--data", str(root)]
    subprocess.run([sys.executable, "main.py", *teach], cwd=Path(__file__).parents[2], check=True, stdout=subprocess.DEVNULL)
    store = Store(root, wall_s=time.time, who="test")
    cell = find_cell("blocks")
    store.set_setting("task", {"value": ensure_task(store, cell, cell.task("block-on-mark"))})
    store.close()
    return root


@pytest.fixture(scope="module")
def options(data):
    return Options(data=data, cell="blocks", layout_seed=1, rehearsals=REHEARSALS)


@pytest.fixture
def on_learn(application, hands):
    hands.go("learn")
    assert application.learn.job is None


def primary(application):
    return application.window.primary().text()


def versions(application):
    return application.session.queries.versions(application.session.task_id)


def begin(application, hands):
    """Press Learn in whichever place it is offered, and wait for a trainer that rehearses."""
    if primary(application) == "Learn":
        hands.press()
    else:
        right = application.pages.learn.right
        hands.second(next(b.text() for b in right.secondaries if b.text().startswith("Learn") and not b.isHidden()))
    hands.wait(lambda: primary(application) == "Pause learning", WAIT_S, "it does not learn")
    hands.wait(lambda: application.learn.course.stage == "rehearse", WAIT_S, "it does not rehearse")
    return application.learn.job


def space(application):
    QTest.keyClick(QApplication.focusWidget() or application.window, Qt.Key.Key_Space)


def test_what_cannot_be_learned_from_is_not_counted(application, hands):
    session, right = application.session, application.pages.learn.right
    shown = session.queries.demonstrations(session.task_id)
    changes = {e.id: {"trim_end_s": 0.3} for e in shown}
    session.run(lambda store: store.mutate("trimming", lambda _: [Row("episode", key, values) for key, values in changes.items()]))
    hands.wait(lambda: "Nothing can be learned from" in right.heading().sentence, WAIT_S, "what teaches nothing is still counted")
    said = [w.text() for w in right.findChildren(QLabel) if w.isVisible()]
    assert "Demonstration 1 is left out" in said and NOTHING_PICKED in said
    application.status.undo()
    hands.wait(lambda: "1 so far" in right.heading().sentence, WAIT_S, "it is not counted again")


def test_learning_is_paused_goes_on_and_is_finished_early(application, hands):
    count = len(versions(application))
    job = begin(application, hands)
    process = psutil.Process(job.pid)
    space(application)
    hands.wait(lambda: primary(application) == "Go on", WAIT_S, f"it is not paused: {primary(application)}, {QApplication.focusWidget()}")
    hands.wait(lambda: process.status() == psutil.STATUS_STOPPED, WAIT_S, "the trainer works on")
    used = process.cpu_times().user
    hands.pause(1.0)
    assert process.cpu_times().user == used
    space(application)
    hands.wait(lambda: primary(application) == "Pause learning", WAIT_S, "it does not go on")
    hands.second("Finish now")
    right = application.pages.learn.right
    hands.wait(lambda: right.heading().title == "Finishing", WAIT_S, f"it still foretells: {right.heading().title}")
    assert not any(b.text() == "Finish now" for b in right.secondaries if not b.isHidden())
    hands.wait(lambda: len(versions(application)) > count, 2 * WAIT_S, "no version")
    made = versions(application)[0].manifest
    assert made["rehearsals"] < REHEARSALS
    assert made["device"] == "cpu"
    hands.wait(lambda: application.learn.job is None and not psutil.pid_exists(process.pid), WAIT_S, "the trainer is still there")


def test_cancelling_leaves_nothing_behind(application, hands):
    before = versions(application)
    job = begin(application, hands)
    hands.second("Cancel")
    hands.wait(lambda: application.learn.job is None, WAIT_S, "it is not cancelled")
    assert not job.folder.exists() and not psutil.pid_exists(job.pid)
    assert [v.id for v in versions(application)] == [v.id for v in before]
    hands.wait(lambda: primary(application) != "Go on", WAIT_S, "what was cancelled is offered again")


def test_a_trainer_that_was_killed_is_gone_on_with_where_it_was(application, hands):
    count = len(versions(application))
    job = begin(application, hands)
    hands.wait(lambda: len(application.learn.course.rehearsed) >= 1, 2 * WAIT_S, "no rehearsal is through")
    os.kill(job.pid, signal.SIGKILL)
    hands.wait(lambda: primary(application) == "Go on", WAIT_S, "it is not offered again")
    assert len(versions(application)) == count
    hands.wait(lambda: "was cut off" in application.window.bottom.accessibleName(), WAIT_S, "the bottom line says that it learns")
    first = (job.folder / picture_name(0)).stat().st_mtime_ns
    hands.press()
    hands.wait(lambda: application.learn.job is not None, WAIT_S, "it does not go on")
    assert application.learn.job.folder == job.folder
    hands.wait(lambda: len(application.learn.course.rehearsed) >= 1, WAIT_S, "it does not rehearse")
    hands.second("Finish now")
    hands.wait(lambda: len(versions(application)) > count, 2 * WAIT_S, "no version")
    assert (job.folder / picture_name(0)).stat().st_mtime_ns == first
    assert versions(application)[0].manifest["rehearsals"] >= 1


def test_a_disk_that_is_full_keeps_what_was_learned_and_says_so(application, hands):
    job, window = begin(application, hands), application.window
    results = job.folder / "rehearsals.json.part"
    results.unlink(missing_ok=True)
    results.symlink_to("/dev/full")  # what is written there finds no room
    hands.wait(lambda: primary(application) == "Go on", WAIT_S, "it is not offered again")
    assert "disk is full" in window.stage.toast.accessibleName()
    hands.wait(lambda: "was cut off" in window.bottom.accessibleName(), WAIT_S, "the bottom line says that it learns")
    hands.second("Discard it")
    hands.wait(lambda: not job.folder.exists(), WAIT_S, "it was not discarded")


def test_another_task_shows_no_version_of_what_is_learned_for_this_one(application, hands):
    session, right = application.session, application.pages.learn.right
    begin(application, hands)
    other = next(t.id for t in session.queries.tasks() if t.id != session.task_id)
    first = session.task_id
    session.choose_task(other)
    hands.wait(lambda: "is being learned" in right.heading().title, WAIT_S, f"it says {right.heading().title}")
    assert session.queries.task(first).title in right.heading().title
    assert not application.pages.learn.versions.rows()
    space(application)
    assert not application.learn.job.paused
    hands.press()
    hands.wait(lambda: session.task_id == first and "Learning v" in right.heading().caption, WAIT_S, "it is not shown")
    hands.second("Cancel")
