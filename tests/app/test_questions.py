"""Answers that are taken back are asked again: on See, in the queue's pace, and on Run."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from app.label_queue import Answer, LabelQueue
from app.main_window import MainWindow
from app.pages import Pages
from app.presenters.questions import Questions
from app.presenters.run_question import RunQuestion
from core.learning.doubt import Doubt
from core.messages import ActStatus
from core.perception.names import Naming
from core.storage.store import Changes
from tests.core.test_doubt import look
from tests.widgets import scenes

LABELLED = Changes((("label", 1),), "tester", "naming", "", "", 1)


def test_what_was_answered_on_see_is_asked_again_once_its_label_is_gone():
    scene = scenes.synthetic()[2]
    asked = Questions(SimpleNamespace(classes=()))
    first = asked.of(scene)[0].track
    total = len(asked.of(scene))
    asked.done(first)
    asked.follow(set())  # another change, before this one is stored
    assert len(asked.of(scene)) == total - 1 and asked.answered == 1
    asked.follow({first})
    asked.follow(set())
    assert len(asked.of(scene)) == total and asked.answered == 0
    asked.skip(first)
    asked.follow(set())
    assert len(asked.of(scene)) == total - 1


def test_the_pace_goes_back_with_an_answer():
    queue = LabelQueue()
    queue.fill([Doubt(look(0.1, seq=n), Naming(None, None, 0.3, ()), "unknown") for n in range(4)], 1, 0.0)
    keys = [d.key for d in queue.doubts]
    for n, key in enumerate(keys[:3]):
        queue.answer(key, Answer("banana", ""), 10.0 * n)
    before = queue.pace(20.0)
    queue.reopen(keys[2])
    assert queue.current is not None and queue.current.key == keys[2]
    assert queue.pace(20.0) == before / 2
    queue.answer(keys[2], Answer("banana", ""), 20.0)
    assert queue.pace(20.0) == before


class Live(QObject):
    act_changed = Signal(object)

    def __init__(self):
        super().__init__()
        self.act = ActStatus(mode="asking", sentence="", asked_name="banana", asked_track=0, asked_sure=0.5)
        self.scene = scenes.synthetic()[2]


class FakeSession(QObject):
    """A session whose catalogue says what the test puts into `confirmed`."""

    changed = Signal(object)
    started_s = 0.0

    def __init__(self):
        super().__init__()
        self.live, self.confirmed = Live(), {}
        self.queries = SimpleNamespace(confirmed_since=lambda _: self.confirmed)

    def judge(self, *_):
        return True

    def say(self, _):
        return None


@pytest.fixture
def window(qtbot):
    made = MainWindow(Pages().by_name())
    qtbot.addWidget(made)
    return made


def test_an_answer_on_run_that_is_undone_is_asked_again(window):
    session = FakeSession()
    question = RunQuestion(session, window)
    track = session.live.scene.detections[0].track
    session.live.act = ActStatus(mode="asking", sentence="", asked_name="banana", asked_track=track, asked_sure=0.5)
    primary = lambda: question.state(1, "v1").primary.id  # noqa: E731
    open_ = primary()
    question.yes()
    answered = primary()
    assert answered != open_
    for confirmed, wanted in (({track: (1, "banana")}, answered), ({}, open_), ({track: (1, "banana")}, answered)):
        session.confirmed = confirmed
        session.changed.emit(LABELLED)
        assert primary() == wanted
