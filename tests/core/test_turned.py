"""Other sides of a named thing: kept while it is surely the same one, known from then on, and gone with the label that named it."""

import msgspec
import numpy as np
import pytest

from app.workers.perceive import Perceive
from core import registration
from core.learning.exemplars import NamesSource, label_key
from core.learning.turned import TurnedLook, TurnedLooks, Turning, look_at
from core.messages import NamesChanged
from core.perception import looks
from core.perception.identify import GeometricIdentifier
from core.storage import class_edits, edits
from core.storage.store import Store
from core.transport.clock import ManualClock
from core.transport.codec import decode, encode
from core.transport.topics import CAMERA_INFO, FRAME, NAMES_CHANGED, SCENE
from core.transport.worker import Lockstep
from core.types import Guess
from tests.core import named_things
from tests.core.drawn import scene, thing
from tests.core.perception.scenes import Scene as Drawn
from tests.core.perception.scenes import Solid

TOLD = {1: "key"}


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path, wall_s=lambda: 50.0, who="tester")
    yield store
    store.close()


def named(share, *, at=0.4, other=0.0):
    """A thing of track 1 that an operator called a lemon (class 7) and the names themselves give `share` to be one."""
    guesses = sorted((Guess(class_id=7, name="lemon", score=share), Guess(class_id=8, name="lime", score=other)), key=lambda g: -g.score)
    made = thing(1, None, (at, 0.0), (0.07, 0.05, 0.05))
    return msgspec.structs.replace(made, class_id=7, name="lemon", confirmed=True, guesses=tuple(guesses))


def kept(turning, *scenes):
    return [bool(turning.see(each, TOLD)) for each in scenes]


def test_a_new_side_is_kept_once_the_thing_lies_still():
    moving = [scene(named(0.4, at=0.4 + 0.02 * k)) for k in range(10)]
    lying = [scene(named(0.4, at=0.6))] * 9
    assert kept(Turning(), *moving, *lying) == [False] * 17 + [True, True]


@pytest.mark.parametrize("share", [0.9, 0.05])
def test_a_side_that_is_known_or_too_unlike_is_not_kept(share):
    assert not any(kept(Turning(), *[scene(named(share))] * 20))


def test_what_the_names_take_for_another_kind_is_left_to_the_operator():
    assert not any(kept(Turning(), *[scene(named(0.4, other=0.5))] * 20))


def test_what_was_out_of_sight_must_be_known_by_itself():
    lost = [scene(named(0.9))] * 3 + [scene()]
    assert not any(kept(Turning(), *lost, *[scene(named(0.4))] * 20))
    assert any(kept(Turning(), *lost, *[scene(named(0.6))] * 20))


def test_after_the_names_changed_it_is_looked_at_anew():
    turning = Turning()
    assert kept(turning, *[scene(named(0.4))] * 8)[-1]
    turning.forget()
    assert kept(turning, *[scene(named(0.4))] * 8) == [False] * 7 + [True]


@pytest.fixture
def looked(store):
    """A lemon that was named, and a look at another thing kept as its other side: (store, the look's vector)."""
    named_things.name_things(store, per_kind=1, kinds=("lemon",))
    (label,) = NamesSource(store.folder.root, 0.0).standing().labels
    frame, (drawn, labels) = named_things.table(("block",))
    detection = msgspec.structs.replace(named(0.4), instance=1)
    seen = msgspec.structs.replace(scene(detection), labels=labels.astype(np.uint16), T_base_camera=drawn.T)
    look = look_at(frame, drawn.info(), seen, detection)
    TurnedLooks(store.folder.looks).keep(label_key(label), look)
    return store, look.vector


def answer(store, vector):
    return NamesSource(store.folder.root, 0.0).load().model.classify(vector).name


def test_another_side_is_known_under_the_name_that_stands(looked):
    store, vector = looked
    assert answer(store, vector) == "lemon"
    (lemon,) = NamesSource(store.folder.root, 0.0).standing().class_names
    class_edits.rename_class(store, lemon, "citron")
    assert answer(store, vector) == "citron"
    store.undo()
    store.undo()
    assert answer(store, vector) is None
    store.redo()
    assert answer(store, vector) == "lemon"


def test_a_torn_look_teaches_nothing_and_harms_nothing(looked):
    store, vector = looked
    for path in store.folder.looks.iterdir():
        path.write_bytes(path.read_bytes()[:200])
    assert answer(store, vector) is None


def test_a_look_made_by_another_encoder_is_embedded_anew(looked):
    store, vector = looked
    (path,) = store.folder.looks.iterdir()

    look = decode(path.read_bytes(), TurnedLook)
    path.write_bytes(encode(msgspec.structs.replace(look, version="older", vector=np.zeros(3, np.float32))))
    assert answer(store, vector) == "lemon"


def ball(color):
    return Drawn([Solid("ball", (0.0, 0.0, 0.03), (0.06, 0.06, 0.06), color)], seed=1)


class Watched:
    """A perceive worker that sees a ball change its colour little by little, as a thing does that is turned."""

    def __init__(self, root, turned):
        worker = Perceive(GeometricIdentifier(), NamesSource(root, 0.0), turned=turned)
        self.lockstep, self.seq = Lockstep([worker], ManualClock()), 0
        bus = self.lockstep.bus
        self.scenes, self.frames = bus.subscriber(SCENE), bus.publisher(FRAME)
        self.info, self.told = bus.publisher(CAMERA_INFO), bus.publisher(NAMES_CHANGED)

    def look(self, color, count=1):
        drawn = ball(color)
        frame, _ = drawn.frame(1)
        for _ in range(count):
            self.seq += 1
            self.info.send(drawn.info())
            self.frames.send(msgspec.structs.replace(frame, seq=self.seq, t_host_ns=self.seq * 66_000_000))
            self.lockstep.advance(self.seq * Perceive.period_ns)
        return frame, drawn, self.scenes.newest()


@pytest.mark.parametrize("keeps", [True, False])
def test_a_thing_that_is_turned_before_the_camera_is_known_from_the_side_it_ends_on(store, keeps):
    root = store.folder.root
    watched = Watched(root, TurnedLooks(store.folder.looks) if keeps else None)
    frame, drawn, seen = watched.look((235, 120, 40))
    (ball_,) = seen.detections
    mask = seen.labels == ball_.instance
    judgement = edits.Judgement(
        frame=frame,
        camera=drawn.info(),
        T_base_camera=seen.T_base_camera,
        mask=mask,
        track=ball_.track,
        center_base=ball_.box.center,
        identifier="t",
        score=0.0,
    )
    watched.told.send(NamesChanged(revision=edits.name_object(store, judgement, "orange").names_revision))
    for k in range(12):
        _, _, seen = watched.look((235, 120 + 7 * k, 40 + 2 * k), 10)
        assert [d.confirmed for d in seen.detections] == [True]
    frame, drawn, _ = watched.look((235, 197, 62))
    mask = seen.labels == seen.detections[0].instance
    afresh = NamesSource(root, 100.0).load().model
    depth_m = registration.register_depth(frame.depth, drawn.info())
    vector = looks.embed(frame.color, depth_m, drawn.info().color, seen.T_base_camera, mask)
    assert afresh.classify(vector).name == ("orange" if keeps else None)
