"""Names learned in the real window by the real trainer, used, and taken back, upon a recording as the camera."""

import json
import os
import signal
import time

import cv2
import pytest

from app.application import Application, Options
from app.rig import camera_rig
from app.tour_hands import Hands
from core.storage.store import Store
from tests.core import named_things
from tests.core.perception.scenes import CAMERA

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("on_names")]
WAIT_S = 120


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A folder with one frame of a table of things."""
    folder = tmp_path_factory.mktemp("recording")
    frame, _ = named_things.table(seed=77)
    cv2.imwrite(str(folder / "0000-color.png"), frame.color[..., ::-1])
    cv2.imwrite(str(folder / "0000-depth.png"), frame.depth)
    numbers = {name: getattr(CAMERA, name) for name in ("fx", "fy", "cx", "cy", "width", "height")}
    (folder / "camera.json").write_text(json.dumps(numbers | {"depth_scale": 1e-4, "registered": True}))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("named")
    store = Store(root, wall_s=time.time, who="test")
    named_things.name_things(store, per_kind=6, seed=1)
    store.close()
    return root


@pytest.fixture(scope="module")
def options(data, recording):
    return Options(data=data, rig=camera_rig("folder", str(recording)))


@pytest.fixture(scope="module")
def application(qapp, options):
    made = Application(options)
    made.start()
    Hands(made).wait(lambda: made.live.scene is not None and bool(made.live.scene.detections), 60, "Nothing was identified.")
    yield made
    made.window.close()
    made.close()
    made.window.deleteLater()


@pytest.fixture
def on_names(application, hands):
    hands.go("learn")
    switch = application.pages.learn.switch
    hands.click(switch, switch.rect().center() + (switch.rect().topRight() - switch.rect().center()) / 2)
    hands.wait(lambda: switch.index() == 1, 5, "the names are not shown")


def primary(application):
    return application.window.primary().text()


def namings(application):
    return application.session.queries.namings()


def scene_of(application):
    return application.live.scene.identifier


def test_names_are_learned_used_and_taken_back(application, hands):
    assert "+names-" not in scene_of(application)
    assert primary(application) == "Learn names"
    hands.press()
    hands.wait(lambda: primary(application) == "Pause learning", WAIT_S, "it does not learn")
    hands.wait(lambda: len(namings(application)) == 1, WAIT_S, "there is no version of the names")
    (made,) = namings(application)
    assert made.state == "passed" and not made.active
    hands.wait(lambda: primary(application) == "Use N1", WAIT_S, f"it is not offered: {primary(application)}")
    hands.press()
    version = f"+names-{made.manifest['weights_hash'][:8]}"
    hands.wait(lambda: scene_of(application).endswith(version), WAIT_S, "the next frames are not named by it")
    assert application.live.scene.names_revision == application.store.names_revision()
    said = application.window.bottom.accessibleName
    hands.wait(lambda: "named by N1" in said(), WAIT_S, f"the bottom line says what was before: {said()}")
    hands.second("Back to as shipped")
    hands.wait(lambda: "+names-" not in scene_of(application), WAIT_S, "it is not taken back")
    hands.wait(lambda: "as shipped" in said(), WAIT_S, f"the bottom line says what was before: {said()}")
    assert not namings(application)[0].active
    assert "naming" not in application.session.undo_text or application.session.undo_text.startswith("naming ")


@pytest.mark.parametrize("page", ["show", "run"])
def test_without_an_arm_nothing_is_offered_that_needs_one(application, hands, page):
    hands.go(page)
    right = application.window.pages[page].right
    for detection in application.live.scene.detections[:2]:
        hands.click_object(detection)
    hands.pause(0.3)
    assert right.heading().title == "No arm beside this camera"
    assert primary(application) == "Go to See" and not application.window.pages["show"].how.isVisible()
    hands.press()
    assert application.window.page == "see"


def test_a_trainer_that_was_killed_is_gone_on_with(application, hands):
    count = len(namings(application))
    if primary(application) == "Learn names":
        hands.press()
    else:
        hands.second("Learn again")
    hands.wait(lambda: application.learn.job is not None, WAIT_S, "it does not learn")
    job = application.learn.job
    hands.wait(lambda: application.learn.course.stage in ("looks", "tune") and (job.folder / "spec.json").exists(), WAIT_S, "nothing began")
    os.kill(job.pid, signal.SIGKILL)
    hands.wait(lambda: primary(application) == "Go on", WAIT_S, f"it is not offered again: {primary(application)}")
    hands.press()
    hands.go("see")
    hands.wait(lambda: len(namings(application)) == count + 1, WAIT_S, "there is no version of the names")
    said = application.window.bottom.accessibleName
    hands.wait(lambda: "is learning" not in said() and f"N{count + 1}" in said(), WAIT_S, f"the bottom line lies: {said()}")
    assert namings(application)[0].folder.endswith(job.folder.name)
