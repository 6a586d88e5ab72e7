"""What Run promises: Space takes the arm from the version, keys drive it, a held press hands back, one click rolls back."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.storage.episode import EpisodeReader
from tests.e2e.conftest import LAYOUT

pytestmark = pytest.mark.timeout(300)
WAIT_S = 40
TASK = "banana-in-basket"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder in which one demonstration was learned twice: v2 on the arm, v1 behind it."""
    folder = tmp_path_factory.mktemp("taught")
    root = Path(__file__).parents[2]
    jobs = (
        ("teach", "--cell", "fruit", "--task", TASK, "--demos", "1", "--seed", "5"),
        ("train", "policy", "--task", TASK),
        ("train", "policy", "--task", TASK),
        ("push", "v2", "--task", TASK),
    )
    for job in jobs:
        subprocess.run([sys.executable, "main.py", *job, "--data", str(folder)], cwd=root, check=True, capture_output=True)
    return folder


def press(application, code):
    QTest.keyClick(QApplication.focusWidget() or application.window, code)


def begin(application, hands, layout):
    """Start a rollout on a new layout by a held press and wait until the version moves the arm."""
    live = application.live
    laid_ns = live.scene.t_host_ns
    live.lay_anew(layout)
    hands.wait(lambda: live.scene.t_host_ns > laid_ns + 2e9, WAIT_S, "the new table was not seen")
    hands.go("run")
    hands.wait(lambda: live.act is not None and live.act.active != "", WAIT_S, "no version is loaded")
    hands.wait(lambda: application.window.primary().text().startswith("Run v"), WAIT_S, "it is not offered")
    hands.hold()
    hands.wait(lambda: live.act.running, WAIT_S, "the rollout did not begin")
    hands.wait(lambda: live.arm.driver == "policy" and live.act.mode == "moving", WAIT_S, "the version does not move the arm")


def tool(application):
    return np.array(application.live.arm.T_base_tool[:3, 3])


def end(application, hands):
    """End what goes on; wait until it is kept."""
    session = application.session
    if application.live.act.running:
        hands.second("End rollout")
    hands.wait(lambda: not application.live.act.running, 3 * WAIT_S, "it did not end")
    hands.wait(lambda: session.takes.current is None, WAIT_S, "it was not kept")
    return session.queries.episodes(session.task_id, kinds=("rollout",))[0]


def test_space_takes_over_keys_drive_and_a_held_press_hands_back(application, hands):
    live, window = application.live, application.window
    assert application.session.task.name == TASK
    begin(application, hands, LAYOUT)
    press(application, Qt.Key.Key_Space)
    hands.wait(lambda: live.arm.driver == "operator", WAIT_S, "the operator was not given the arm")
    hands.wait(lambda: window.primary().text().startswith("Hand back"), WAIT_S, "handing back is not offered")
    hands.pause(0.6)
    before = tool(application)
    at = QApplication.focusWidget() or window
    QTest.keyPress(at, Qt.Key.Key_PageUp)
    hands.wait(lambda: tool(application)[2] - before[2] > 0.03, WAIT_S, "Page up does not lift the arm")
    QTest.keyRelease(at, Qt.Key.Key_PageUp)
    hands.pause(0.6)
    rest = tool(application)
    hands.pause(0.5)
    assert np.abs(tool(application) - rest).max() < 0.002
    press(application, Qt.Key.Key_G)
    hands.wait(lambda: live.arm.gripper_target < 0.01, WAIT_S, "G does not close the gripper")
    press(application, Qt.Key.Key_G)
    hands.wait(lambda: live.arm.gripper_target > 0.05, WAIT_S, "G does not open the gripper again")
    press(application, Qt.Key.Key_Space)
    hands.wait(lambda: live.arm.driver == "nobody", WAIT_S, "Space does not hold the arm that is driven")
    hands.wait(lambda: window.pages["run"].right.heading().title == "The arm holds", WAIT_S, "it is not said to hold")
    press(application, Qt.Key.Key_Space)
    hands.second("Move it again")
    hands.wait(lambda: window.primary().text() == "Move it again", WAIT_S, "it is not offered")
    assert live.arm.driver == "nobody"
    hands.hold()
    hands.wait(lambda: live.arm.driver == "operator", WAIT_S, "the keys were not given the arm again")
    press(application, Qt.Key.Key_Space)
    hands.wait(lambda: window.primary().text().startswith("Hand back"), WAIT_S, "handing back is not offered")
    hands.hold()
    hands.wait(lambda: live.arm.driver == "policy" and live.act.mode in ("moving", "planning"), WAIT_S, "it was not handed back")
    assert "You handed back" in window.bottom.accessibleName()
    hands.wait(lambda: window.pages["run"].right.heading().title != "You move the arm", WAIT_S, "it is still said to be driven")

    hands.wait(lambda: not live.act.running, 3 * WAIT_S, "the version did not finish what was handed back")
    episode = end(application, hands)
    assert episode.has_takeover
    reader = EpisodeReader(application.store.folder.root / episode.path)
    events = [kind for _, kind, _ in reader.events()]
    reader.close()
    assert events.index("takeover") < events.index("handback")


def test_stop_ends_a_take_over_and_nothing_goes_on_by_itself(application, hands):
    live = application.live
    begin(application, hands, 2)
    press(application, Qt.Key.Key_Space)
    hands.wait(lambda: live.arm.driver == "operator", WAIT_S, "the operator was not given the arm")
    press(application, Qt.Key.Key_Escape)
    hands.wait(lambda: live.arm.stopped and live.arm.driver == "nobody", WAIT_S, "the arm did not stop")
    hands.wait(lambda: application.window.primary().text() == "Release the stop", WAIT_S, "no release is offered")
    hands.hold()
    hands.wait(lambda: not live.arm.stopped, WAIT_S, "the arm did not leave the stop")
    before = tool(application)
    hands.pause(1.0)
    assert live.arm.driver == "nobody"
    assert np.abs(tool(application) - before).max() < 0.002
    stopped = end(application, hands)
    assert not stopped.succeeded and stopped.details["stopped"]


def test_an_arm_that_is_let_go_of_while_driving_says_so_and_is_taken_again_by_a_held_press(application, hands):
    live, page = application.live, application.pages.show
    hands.go("show")
    page.how.chosen.emit("keys")
    hands.wait(lambda: live.arm.driver == "operator", WAIT_S, "the operator was not given the arm")
    hands.wait(lambda: application.window.primary().text() == "Start recording", WAIT_S, "it is not said to be driven")
    press(application, Qt.Key.Key_Space)
    hands.wait(lambda: application.window.primary().text() == "Move it again", WAIT_S, "it is not said to hold")
    assert live.arm.driver == "nobody"
    hands.hold()
    hands.wait(lambda: live.arm.driver == "operator", WAIT_S, "it was not given again")
    hands.wait(lambda: application.window.primary().text() == "Start recording", WAIT_S, "it is not said to be driven again")
    hands.go("see")
    hands.wait(lambda: live.arm.driver == "nobody", WAIT_S, "leaving the page does not end the driving")


def test_one_click_rolls_back_to_the_version_before(application, hands):
    session, live = application.session, application.live
    hands.go("run")
    two = session.queries.active_version(session.task_id)
    assert two.number == 2
    hands.second("Back to v1")
    hands.wait(lambda: session.queries.active_version(session.task_id).number == 1, WAIT_S, "v1 did not come back")
    one = session.queries.active_version(session.task_id)
    hands.wait(lambda: live.act.active.endswith(one.folder), WAIT_S, "v1 is not on the arm")
    assert live.act.previous.endswith(two.folder)
    hands.wait(lambda: application.window.primary().text() == "Run v1", WAIT_S, "the page does not offer it")


def test_an_edit_of_what_it_works_on_makes_the_arm_hold(application, hands):
    live, session = application.live, application.session
    begin(application, hands, 4)
    hands.wait(lambda: application.run.plan is not None, WAIT_S, "no plan")
    track = application.run.plan.pick_track
    hands.go("see")
    hands.click_object(next(d for d in live.scene.detections if d.track == track))
    hands.wait(application.window.stage.popover.isVisible, WAIT_S, "no popover")
    hands.type(application.window.stage.popover.field, "pear")
    hands.wait(lambda: live.arm.driver == "nobody", WAIT_S, "the arm goes on with what is called otherwise now")
    hands.wait(lambda: not live.act.running, WAIT_S, "the rollout goes on")
    session.operations.undo()
    hands.go("run")
    end(application, hands)
