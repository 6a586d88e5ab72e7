"""What See asks and shows, and what Show does with its recordings: the rules, without a window."""

from types import SimpleNamespace

import msgspec

from app.presenters.objects import ObjectRows
from app.presenters.questions import Questions
from app.presenters.show_takes import ShowTakes
from app.presenters.show_words import title_of
from app.silence import PATIENCE_NS, SILENT_NS, Silence
from core.messages import ActStatus, RecorderStatus
from core.types import Guess
from tests.core.drawn import scene, thing
from widgets.values import Choice

LEMON = Choice(1, "lemon", 1, 0)


class FakeSession:
    """What the rules read of a session; remembers what was queued and said."""

    def __init__(self, kept=()):
        self.classes, self.task_id = [SimpleNamespace(id=1, name="lemon", key=1, colour=1)], 1
        self.queries = SimpleNamespace(demonstrations=lambda task: list(kept))
        self.takes = SimpleNamespace(current=None)
        self.live = SimpleNamespace(recorder=None)
        self.queued, self.said = [], []

    def choices(self):
        return (LEMON,)

    def class_of(self, detection):
        return next((c for c in self.classes if c.id == detection.class_id), None)

    def run(self, operation):
        self.queued.append(operation)

    def say(self, toast):
        self.said.append(toast.text)


def seen(*detections, t_ns=0):
    return scene(*detections, t_host_ns=t_ns)


def unknown(track, guess=0.0):
    made = thing(track, None, (0.1 * track, 0), (0.05, 0.05, 0.05))
    return msgspec.structs.replace(made, class_id=None, confirmed=False, guesses=(Guess(class_id=1, name="lemon", score=guess),))


def test_only_a_likely_name_is_asked_for():
    questions = Questions(FakeSession())
    assert questions.likely(unknown(1, 0.02)) == ()
    assert [c.name for c in questions.likely(unknown(1, 0.6))] == ["lemon"]


def test_an_answer_that_is_taken_back_is_asked_about_again_and_a_skipped_thing_is_not():
    questions, scene = Questions(FakeSession()), seen(unknown(1), unknown(2), unknown(3))
    questions.done(1)
    questions.skip(2)
    assert [d.track for d in questions.of(scene)] == [3]
    assert questions.answered == 2
    questions.follow({1})
    questions.follow(())
    assert [d.track for d in questions.of(scene)] == [1, 3]
    assert questions.answered == 1


def test_what_was_merged_away_is_not_out_of_view():
    rows = ObjectRows(FakeSession())
    lemon = msgspec.structs.replace(thing(1, "lemon", (0.4, 0), (0.05, 0.05, 0.05)), class_id=1)
    other = msgspec.structs.replace(lemon, track=2, instance=2)
    assert [rows.number(row.track) for row in rows.rows(seen(lemon, other))] == [1, 2]
    assert [row.state for row in rows.rows(seen(lemon, t_ns=1))][1] == "gone"
    rows.drop([2])
    assert [row.track for row in rows.rows(seen(lemon, t_ns=2))] == [1]


def test_what_goes_with_an_edit_that_is_undone_is_not_out_of_view_and_what_leaves_by_itself_is():
    rows = ObjectRows(FakeSession())
    lemon = msgspec.structs.replace(thing(1, "lemon", (0.4, 0), (0.05, 0.05, 0.05)), class_id=1)
    piece, left = (msgspec.structs.replace(lemon, track=n, instance=n) for n in (7, 8))
    rows.rows(seen(lemon, piece, left))
    assert [row.state for row in rows.rows(seen(lemon, piece, t_ns=1))][2] == "gone"
    undone = scene(lemon, t_host_ns=2, names_revision=2)
    assert [(row.track, row.state) for row in rows.rows(undone)][1:] == [(8, "gone")]
    again = scene(lemon, piece, t_host_ns=3, names_revision=3)
    assert [row.track for row in rows.rows(again)] == [1, 7, 8]
    assert [row.state for row in rows.rows(scene(lemon, t_host_ns=4, names_revision=3))] == ["sure", "gone", "gone"]
    held = [scene(*shown, t_host_ns=5, names_revision=3) for shown in ((lemon, piece), (lemon,))]
    assert [[row.track for row in rows.rows(each)] for each in held] == [[1, 7, 8], [1, 8]]


def test_what_comes_back_comes_back_to_its_place_in_the_list():
    rows = ObjectRows(FakeSession())
    first, second, third = (unknown(n) for n in (1, 2, 3))
    rows.rows(seen(first, second, third))
    rows.drop([2])
    assert [row.track for row in rows.rows(seen(first, third, t_ns=1))] == [1, 3]
    assert [rows.number(track) for track in (1, 2, 3)] == [1, 3, 2]
    assert [row.track for row in rows.rows(seen(first, second, third, t_ns=2))] == [1, 2, 3]
    assert rows.number(3) == 3


def test_the_list_does_not_grow_with_every_thing_that_ever_flickered():
    rows = ObjectRows(FakeSession())
    for n in range(2, 700):
        rows.rows(seen(unknown(1), unknown(n), t_ns=n))
    assert [row.track for row in rows.rows(seen(unknown(2), unknown(1), unknown(699), t_ns=800))] == [1, 699, 2]


def test_a_motion_is_titled_with_the_names_as_they_were_written():
    assert title_of("USB stick", "inside the DIN tray") == "USB stick into the DIN tray"
    assert title_of("lid", "on the inside-out box") == "Lid onto the inside-out box"
    assert title_of("lid", "") == "A new demonstration"


def test_discarding_while_recording_leaves_earlier_demonstrations_alone():
    session = FakeSession(kept=[SimpleNamespace(id="old", number=1, kind="demonstration")])
    takes = ShowTakes(session)
    session.takes.current = SimpleNamespace(episode="new", number=2, kind="demonstration")
    assert takes.recording_card()[0].title == "Demonstration 2"
    takes.discard()
    assert session.said == []
    takes.heard(RecorderStatus(state="kept", episode="new"))
    assert session.said == ["Demonstration 2 is in the trash."]


def test_discarding_takes_what_is_chosen_or_was_just_kept_and_else_nothing():
    session = FakeSession(kept=[SimpleNamespace(id="b", number=2, kind="demonstration"), SimpleNamespace(id="a", number=1, kind="rollout")])
    takes = ShowTakes(session)
    assert not takes.discard()
    assert session.queued == []
    takes.heard(RecorderStatus(state="kept", episode="b"))
    assert takes.discard()
    takes.selected = "a"
    assert not takes.discard()
    assert session.said[-2:] == ["Demonstration 2 is in the trash.", "Take-over 1 is in the trash."]


def test_why_a_motion_did_not_work_stays_with_what_was_kept():
    takes = ShowTakes(FakeSession())
    takes.ended(ActStatus(mode="failed", sentence="", result="It slipped out of the hand. The arm holds."))
    assert takes.problem.startswith("It slipped")


def test_a_worker_that_says_nothing_is_ended_and_then_given_ever_more_time():
    ended = []
    silence = Silence(lambda: ended.append(1))
    silence.watch(0, SILENT_NS)
    assert ended == []
    start = SILENT_NS + 1
    for now, times in ((0, 1), (1, 1), (PATIENCE_NS, 2), (2 * PATIENCE_NS, 2), (3 * PATIENCE_NS, 3)):
        silence.watch(0, start + now)
        assert len(ended) == times
    silence.watch(start + 4 * PATIENCE_NS, start + 4 * PATIENCE_NS)
    silence.watch(start + 4 * PATIENCE_NS, 2 * start + 4 * PATIENCE_NS)
    assert len(ended) == 4  # it spoke in between, so this is the first time again
