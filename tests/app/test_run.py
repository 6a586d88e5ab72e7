"""What Run says of rollouts, of a take-over and of a roll-back, and how the keys drive: the rules, without processes."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from app.actions import Actions
from app.pages import run
from app.presenters import rollouts
from app.presenters import version_words as words
from app.presenters.course import Course
from app.presenters.demonstrations import findings_of, flag_of, headline_of
from app.presenters.drive import DriveKeys
from app.presenters.grip import gripped
from app.presenters.run_history import RunHistory
from app.presenters.take_over import TakeOver
from core.learning.naming_versions import identifier_with
from core.messages import ActStatus
from core.storage.records import Episode, Version


class Live(QObject):
    """An arm that obeys at once."""

    arm_changed = Signal(object)

    def __init__(self):
        super().__init__()
        self.scene, self.asked = None, []
        self.arm = SimpleNamespace(driver="policy", gripping=False, gripper_target=0.09, T_base_tool=np.eye(4))

    def grant(self, driver):
        self.arm.driver = driver
        self.arm_changed.emit(self.arm)

    def revoke(self):
        self.grant("nobody")

    def ask(self, request):
        self.asked.append(request)

    def freeze(self, frozen):
        self.frozen = frozen


@pytest.fixture
def live(qapp):
    return Live()


@pytest.fixture
def window(qapp):
    made = QObject()
    made.actions_table = Actions(page="run")
    return made


@pytest.fixture
def take(live, window):
    takes = SimpleNamespace(current=SimpleNamespace(kind="rollout"))
    session = SimpleNamespace(live=live, takes=takes, run=lambda operation: None, clock_words=lambda: "10:58:07")
    session.noted = []
    session.note = lambda words, icon: session.noted.append(words)
    made = TakeOver(session, DriveKeys(session, window))
    made.session = session
    return made


def press(window, action):
    window.actions_table.trigger(action)
    window.actions_table.release(action)


def test_the_keys_move_the_arm_as_fast_as_the_speed_says(take, live, window):
    take.begin()
    rises = []
    for speed in range(3):
        take.choose_speed(speed)
        press(window, "drive_up")
        rises.append(live.asked[-1].twist[2])
    assert 0 < rises[0] < rises[1] < rises[2]
    assert [take.state(1, "v1").speed, take.speed] == [2, 2]


def test_one_press_lets_go_of_what_a_version_gripped(take, live, window):
    live.arm.gripper_target = 0.0
    take.begin()
    press(window, "gripper")
    assert live.asked[-1].value > 0.05
    live.arm.gripper_target = live.asked[-1].value
    press(window, "gripper")
    assert live.asked[-1].value == 0.0


def test_what_is_not_recorded_is_not_said_to_be_kept(take):
    take.begin()
    assert "without a gap" in take.session.noted[-1] and "is kept as take-over 8" in take.state(8, "v2").heading.sentence
    take.session.takes.current = None
    take.begin()
    said = (take.session.noted[-1], take.state(8, "v2").heading.sentence)
    assert all("Nothing of this rollout is recorded." in words for words in said)


def test_an_arm_that_is_let_go_of_moves_again_only_by_a_held_press(take, live):
    take.begin()
    assert take.state(8, "v2").primary.id == "hand_back"
    take.hold()
    state = take.state(8, "v2")
    assert (state.heading.title, state.primary.id) == ("The arm holds", "hand_back")
    take.offer_again(True)
    again = take.state(8, "v2").primary
    assert again.id == "move_again" and again.hold_ms > 0
    take.move_again()
    assert live.arm.driver == "operator"
    assert take.state(8, "v2").heading.title == "You move the arm"


def test_another_page_lets_go_of_the_arm_and_of_the_keys(take, live, window):
    take.begin()
    take.on_page("see")
    assert live.arm.driver == "nobody" and not window.actions_table.driving
    take.on_page("run")
    assert window.actions_table.driving
    assert take.state(8, "v2").heading.title == "The arm holds"


def test_a_version_is_not_handed_an_arm_that_holds_something(take, live):
    live.arm.gripping = True
    take.begin()
    state = take.state(8, "v2")
    assert not state.primary.enabled and "open the hand" in state.heading.sentence


def test_what_is_gripped_is_the_named_thing_in_the_hand():
    def named(name, x):
        return SimpleNamespace(name=name, area_px=9, box=SimpleNamespace(center=np.array([x, 0.0, 0.0])))

    arm = SimpleNamespace(gripping=True, T_base_tool=np.eye(4))
    scene = SimpleNamespace(detections=(named("basket", 0.2), named("banana", 0.03), named(None, 0.0)))
    assert gripped(arm, scene) == "the banana"
    assert gripped(arm, None) == "what it holds"
    assert gripped(SimpleNamespace(gripping=False), scene) == ""


def test_a_stopped_rollout_is_called_stopped():
    assert rollouts.outcome(Episode(details={"stopped": True}, has_takeover=True, succeeded=False)) == "stopped"
    assert rollouts.outcome(Episode(details={}, has_takeover=True, succeeded=False)) == "take-over"
    assert rollouts.outcome(Episode(details={}, has_takeover=False, succeeded=False)) == "missed"


def test_a_rollout_that_a_part_of_pendant_cut_off_is_no_miss_of_the_version():
    cut = [Episode(details={}, state="partial"), Episode(details={"cut_off": True}, succeeded=False)]
    today = [*cut, Episode(details={}, succeeded=True), Episode(details={}, succeeded=False)]
    for number, episode in enumerate(today):
        episode.id, episode.number, episode.created_s, episode.duration_s = str(number), number, 0.0, 4.0
    queries = SimpleNamespace(versions=lambda task: [], episodes=lambda *_, **__: today, next_number=lambda *_: 5)
    history = RunHistory(SimpleNamespace(queries=queries, task_id=1, live=SimpleNamespace(host=SimpleNamespace(wall_s=lambda: 0.0))))
    history.read()
    state = history.with_rollouts(run.no_version(), None)
    assert [row.outcome for row in state.rollouts[:2]] == ["cut off", "cut off"]
    assert (state.figure, state.marks) == ("1 of 2", ("missed", "worked", "cut off", "cut off"))


def test_only_a_rollout_has_a_result():
    ended = rollouts.Ended()
    assert not ended.saw(ActStatus(mode="done", sentence="", result="Done.", succeeded=True, finished=1))
    assert ended.findings() == ()
    ended.saw(ActStatus(mode="moving", sentence="", running=True))
    assert ended.saw(ActStatus(mode="done", sentence="", result="The goal holds.", succeeded=True, finished=2))
    ended.saw(ActStatus(mode="done", sentence="", result="Done.", succeeded=True, finished=3))
    assert [f.text for f in ended.findings()] == ["The goal holds."]
    ended.saw(ActStatus(mode="moving", sentence="", running=True))
    assert ended.findings() == ()


def test_a_short_wait_for_the_camera_changes_nothing_on_the_page():
    patience = rollouts.Patience()
    assert [patience.over(True, t) for t in (1, 500_000_000, 900_000_000)] == [False, False, True]
    assert not patience.over(False, 1_000_000_000)
    assert not patience.over(True, 1_100_000_000)


def version(number, *, active=False, identifier=""):
    manifest = {"identifier": identifier}
    return Version(id=number, number=number, folder=f"versions/{number}", state="passed", active=active, manifest=manifest)


def test_until_a_rollout_is_over_the_version_that_moves_the_arm_is_named():
    queries = SimpleNamespace(
        versions=lambda task: [version(2), version(1, active=True)], episodes=lambda *_, **__: [], next_number=lambda *_: 1
    )
    live = SimpleNamespace(host=SimpleNamespace(wall_s=lambda: 0.0))
    history = RunHistory(SimpleNamespace(queries=queries, task_id=1, live=live))
    history.read()
    assert history.on_arm("/data/versions/2").number == 2
    assert history.on_arm("").number == 1


def test_a_version_that_passed_and_is_not_on_the_arm_is_said_to_have_passed():
    queries = SimpleNamespace(versions=lambda task: [version(2)], episodes=lambda *_, **__: [], next_number=lambda *_: 1)
    live = SimpleNamespace(host=SimpleNamespace(wall_s=lambda: 0.0))
    history = RunHistory(SimpleNamespace(queries=queries, task_id=1, live=live))
    history.read()
    heading = run.no_version(history.ready_name).heading
    assert "v2 has passed" in heading.sentence and "No version has passed" not in heading.title


def test_a_roll_back_says_what_it_does():
    same = version(1, identifier=identifier_with(None))
    assert words.back_words(same, None, rolling=True) == "v1 comes back when this rollout is over."
    resting = words.back_words(version(1, identifier="another"), None, rolling=False)
    assert "until you hold Run" in resting and "told apart in another way" in resting
    named = words.back_words(version(1, identifier=f"{identifier_with(None)}+names-1"), None, rolling=False)
    assert "with other names" in named


def test_take_overs_are_counted_once():
    assert words.made_from(3, 24, 1) == "2 demonstrations, 24 labels and 1 take-over."


def test_no_time_is_promised_that_has_passed():
    clock = SimpleNamespace(ns=0, now_ns=lambda: clock.ns)
    course = Course(clock)
    assert "10 s" in course.waiting_words()
    clock.ns = 20_000_000_000
    assert "10 s" not in course.waiting_words()


def test_an_age_is_told_in_milliseconds_only_below_a_second():
    assert [rollouts.age_words(int(s * 1e9)) for s in (0.04, 2.689, 14.2)] == ["40 ms old", "2.7 s old", "14 s old"]


def test_what_the_arm_waits_for_is_named():
    assert rollouts.waits_for(SimpleNamespace(frame_age_ns=lambda: 60_000_000)) == "identification"
    assert rollouts.waits_for(SimpleNamespace(frame_age_ns=lambda: 900_000_000)) == "camera"


def test_a_take_over_that_was_stopped_is_called_so():
    stopped = {"stopped": True, "reason": "You stopped the arm. It holds its position."}
    episode = Episode(details=stopped, succeeded=False, state="kept", duration_s=6.0, trim_start_s=0.0, trim_end_s=None, gaps=0)
    assert (flag_of(episode, 6.0)[0], headline_of(episode, 6.0)) == ("stopped", "The arm was stopped")
    assert findings_of(episode, 6.0)[0].text == "It ends where you pressed STOP."
