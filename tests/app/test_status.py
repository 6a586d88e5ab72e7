"""The bottom line tells what the identifier has to do without."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from app.main_window import MainWindow
from app.pages import Pages
from app.presenters.status import StatusPresenter
from widgets.values import PillState, Toast


class Memory:
    stopped = False


class Live(QObject):
    """Nothing is connected yet; `scene` comes from the identifier."""

    arm_changed = Signal(object)

    def __init__(self):
        super().__init__()
        self.arm = self.act = self.frame = self.scene = self.camera = None
        self.frozen = self.editing = False
        self.memory, self.host = Memory(), SimpleNamespace(now_ns=lambda: 0)

    def freeze(self, frozen, *, editing=False):
        self.frozen, self.editing = frozen, frozen and editing

    def stop_arm(self):
        self.memory.stopped = True

    def release_stop(self):
        self.memory.stopped = False

    def arm_lost(self):
        return False

    def fps(self):
        return 0.0

    def frame_age_ns(self):
        return 0


class Session(QObject):
    changed = Signal(object)
    said = Signal(object)
    happened = Signal(str, str)

    def __init__(self, folder):
        super().__init__()
        self.cell, self.undo_text = "fruit", ""
        self.store = SimpleNamespace(folder=SimpleNamespace(root=folder))
        self.live = Live()

    def clock_words(self):
        return "10:58:07"


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path)


@pytest.fixture
def window(qtbot):
    made = MainWindow(Pages().by_name())
    qtbot.addWidget(made, before_close_func=lambda w: None)
    return made


def arm(**changes):
    state = {
        "stopped": False,
        "gripping": False,
        "driver": "nobody",
        "mode": "holding",
        "fault": "",
        "hold_reason": "",
        "velocities": np.zeros(6),
        "T_base_tool": np.eye(4),
    }
    return SimpleNamespace(**(state | changes))


def test_a_notice_of_the_identifier_is_said_once_in_the_bottom_line(window, session):
    status = StatusPresenter(session, window)
    sentence = "Things are told apart by geometry alone. identifier.safetensors is missing."
    session.live.scene = SimpleNamespace(notice="", camera_moved=False)
    status.refresh()
    assert "simulated cell" in window.bottom.accessibleName()
    session.live.scene = SimpleNamespace(notice=sentence, camera_moved=False)
    status.refresh()
    assert window.bottom.accessibleName() == sentence
    status.tell("Banana was named.")
    status.refresh()
    assert window.bottom.accessibleName() == "Banana was named."


def test_stop_says_what_is_held_what_is_kept_and_when_the_arm_stood_still(window, session):
    live, status = session.live, StatusPresenter(session, window)
    banana = SimpleNamespace(name="banana", area_px=400, box=SimpleNamespace(center=np.array([0.02, 0.0, 0.03])))
    live.scene = SimpleNamespace(notice="", camera_moved=False, detections=(banana,))
    status.at_work = "Rollout 8"
    window.stop_requested.emit()
    assert "pressed STOP at 10:58:07" in window.bottom.accessibleName()
    live.arm = arm(stopped=True, gripping=True, velocities=np.full(6, 0.5))
    live.arm_changed.emit(live.arm)
    assert "stood still" not in window.bottom.accessibleName()
    live.arm = arm(stopped=True, gripping=True)
    live.arm_changed.emit(live.arm)
    assert "It stood still after 0.0 s" in window.bottom.accessibleName()
    heading = window.pages["run"].right.heading()
    assert heading.caption == "Rollout 8"
    assert heading.sentence == "It holds its position and still grips the banana. Rollout 8 is kept up to the stop."
    status.release()
    assert window.pages["run"].right.heading().title != "You stopped the arm"
    assert status.at_work == ""


def test_an_arm_that_was_let_go_of_while_it_is_driven_waits_to_be_taken(window, session):
    status = StatusPresenter(session, window)
    session.live.arm = arm()
    for page in ("show", "run"):
        window.show_page(page)
        window.actions_table.driving = True
        status.refresh()
        assert window.stage.pill.accessibleName() == "Arm holding until you take it"
        window.actions_table.driving = False
        status.refresh()
        assert window.stage.pill.accessibleName() != "Arm holding until you take it"


def test_the_picture_of_a_question_is_not_called_a_replay(window, session):
    status = StatusPresenter(session, window)
    status.replaying = True
    status.refresh()
    assert window.stage.pill.accessibleName() == "Replay, arm not moving"
    status.pictured = PillState("Picture of 10:41:20, held", "pause")
    status.refresh()
    assert window.stage.pill.accessibleName() == "Picture of 10:41:20, held"


def test_a_frame_that_is_held_by_space_is_not_said_to_be_edited(window, session):
    status = StatusPresenter(session, window)
    window.hold_requested.emit()
    assert window.stage.pill.accessibleName() == "Frame held. Space goes back to live."
    window.hold_requested.emit()
    assert not window.stage.pill.isVisible()
    session.live.freeze(True, editing=True)
    status.refresh()
    assert window.stage.pill.accessibleName() == "Frame held while you edit"


def test_the_pill_says_what_a_question_on_run_waits_for(window, session):
    status = StatusPresenter(session, window)
    window.show_page("run")
    session.live.arm = arm()
    session.live.act = SimpleNamespace(mode="asking", running=True, error="", sentence="")
    status.refresh()
    assert window.stage.pill.accessibleName() == "Arm holding until you answer"
    status.answered = True
    status.refresh()
    assert window.stage.pill.accessibleName() == "Arm holding until you press Go on"


def test_a_message_that_leads_to_a_page_goes_when_the_operator_is_there(window, session):
    status = StatusPresenter(session, window)
    assert status.parent() is window
    session.said.emit(Toast("v2 is ready.", action="Open Run"))
    window.show_page("learn")
    assert window.stage.toast.isVisibleTo(window)
    window.show_page("run")
    assert not window.stage.toast.isVisibleTo(window)
