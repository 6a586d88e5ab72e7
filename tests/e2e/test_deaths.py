"""A process that is killed leaves nothing hanging: nobody has the arm, what was recorded is kept, and the next recording can begin."""

import os
import signal

import numpy as np
import pytest

from core.messages import ActRequest

pytestmark = pytest.mark.timeout(240)
WAIT_S = 40


def kept(application):
    return application.session.queries.episodes(application.session.task_id)


def record(application, hands, kind, how):
    """Begin a recording and wait until frames are in it."""
    session, live = application.session, application.live
    session.begin_take(session.task_id, kind, how, {})
    hands.wait(lambda: session.takes.current is not None, WAIT_S, "nothing is recorded")
    hands.wait(lambda: live.recorder is not None and live.recorder.frames > 3, WAIT_S, "no frame is recorded")


def drive_away(live, hands):
    """Move the arm down for a second, so that its way home takes a while."""
    live.grant("operator")
    hands.wait(lambda: live.arm.driver == "operator", WAIT_S, "the arm is not given")
    for _ in range(15):
        live.ask(ActRequest(kind="jog", twist=np.array([0, 0, -0.15, 0, 0, 0])))
        hands.pause(0.1)
    live.ask(ActRequest(kind="hand_back"))
    live.revoke()
    hands.wait(lambda: live.arm.driver == "nobody" and live.act.mode != "driving", WAIT_S, "the arm is not given back")


def test_a_recorder_that_is_killed_keeps_what_it_had_and_the_next_recording_begins(application, hands):
    takes = application.session.takes
    count = len(kept(application))
    record(application, hands, "demonstration", "keys")
    hands.pause(1.2)  # what is older than half a second is on the disk
    os.kill(application.rig.pid("recorder"), signal.SIGKILL)
    hands.wait(lambda: takes.current is None, WAIT_S, "the recording never ends")
    hands.wait(lambda: len(kept(application)) == count + 1, WAIT_S, "what it had is not there")
    assert kept(application)[0].state == "partial"
    hands.wait(lambda: application.rig.pid("recorder") is not None, WAIT_S, "it was not started again")
    hands.pause(1.0)
    record(application, hands, "demonstration", "keys")
    application.session.run(lambda _: takes.finish(False))
    hands.wait(lambda: takes.current is None, WAIT_S, "the next one is not kept")
    assert len(kept(application)) == count + 2


def test_a_planner_that_is_killed_leaves_the_arm_to_nobody_and_ends_the_recording(application, hands):
    live, window, session = application.live, application.window, application.session
    drive_away(live, hands)
    hands.click(window.top.chips["arm"])
    hands.hold()
    hands.wait(lambda: live.act.mode == "moving", WAIT_S, "it does not drive home")
    session.begin_take(session.task_id, "demonstration", "click", {})
    hands.wait(lambda: session.takes.current is not None, WAIT_S, "nothing is recorded")
    os.kill(application.rig.pid("act"), signal.SIGKILL)
    hands.wait(lambda: live.arm.driver == "nobody", WAIT_S, f"the arm is left to the {live.arm.driver}")
    hands.wait(lambda: session.takes.current is None, WAIT_S, "the recording never ends")
    assert "planner ended" in kept(application)[0].details["reason"] and kept(application)[0].details["cut_off"]
    assert "moves the arm" not in window.stage.pill.accessibleName()


def plan(application, hands):
    """Click the smallest thing, then the largest, on Show."""
    live, aim = application.live, application.show.aim
    hands.go("show")
    hands.wait(lambda: len([d for d in live.scene.detections if d.area_px > 0]) > 2, WAIT_S, "nothing is seen")
    things = sorted((d for d in live.scene.detections if d.area_px > 0), key=lambda d: float(np.prod(d.box.size)))
    hands.click_object(things[0])
    hands.wait(lambda: aim.pick != 0, WAIT_S, "the click on the object did nothing")
    hands.click_object(things[-1])
    hands.wait(lambda: aim.possible and live.act.mode == "planned", WAIT_S, "no motion was planned")
    return live, aim


def test_a_motion_that_was_planned_is_planned_again_by_the_next_planner(application, hands):
    live, aim = plan(application, hands)
    os.kill(application.rig.pid("act"), signal.SIGKILL)
    hands.wait(lambda: not aim.possible, WAIT_S, "a motion is offered that no planner knows")
    assert not application.window.primary().isEnabled()
    hands.wait(lambda: aim.possible and live.act.mode == "planned", WAIT_S, "it is not planned again")
    application.show.clear()


def test_a_motion_whose_recording_was_lost_says_so_and_can_be_shown_again(application, hands):
    live, aim = plan(application, hands)
    right = application.pages.show.right
    application.show.change_speed(2)
    hands.hold()
    hands.wait(lambda: live.act.mode == "moving", WAIT_S, "it does not move")
    os.kill(application.rig.pid("recorder"), signal.SIGKILL)
    hands.wait(lambda: "nothing is recorded" in right.heading().sentence, WAIT_S, f"it says {right.heading().sentence}")
    hands.wait(lambda: live.act.mode == "done" and live.arm.driver == "nobody", WAIT_S, "the motion does not end")
    hands.hold()
    hands.pause(0.5)
    assert live.arm.driver == "nobody" and application.session.takes.current is None
    hands.wait(lambda: not aim.planning, WAIT_S, "nothing is planned for where things are now")
