"""The perceive worker: pictures go on while the labels of an import are embedded, and a revision is told only when all of it counts."""

import numpy as np
import pytest

from app.workers.perceive import Perceive
from core.learning.exemplars import NamesSource
from core.messages import NamesChanged
from core.perception.identify import GeometricIdentifier
from core.storage import edits
from core.storage.store import Store
from core.transport.clock import ManualClock
from core.transport.topics import CAMERA_INFO, FRAME, NAMES_CHANGED, SCENE
from core.transport.worker import Lockstep
from tests.core import named_things


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path, wall_s=lambda: 5.0, who="tester")
    yield store
    store.close()


class Watched:
    """A perceive worker on drawn frames of all the kinds."""

    def __init__(self, store, **how):
        worker = Perceive(GeometricIdentifier(), NamesSource(store.folder.root, 10.0), **how)
        self.lockstep = Lockstep([worker], ManualClock())
        bus = self.lockstep.bus
        self.scenes, self.frames = bus.subscriber(SCENE), bus.publisher(FRAME)
        self.info, self.told = bus.publisher(CAMERA_INFO), bus.publisher(NAMES_CHANGED)
        self.frame, (scene, _) = named_things.table()
        self.camera = scene.info()
        self.due_ns = 0

    def look(self):
        """The scene of one more frame."""
        self.info.send(self.camera)
        self.frames.send(self.frame)
        self.lockstep.advance(self.due_ns)
        self.due_ns += Perceive.period_ns
        return self.scenes.newest()

    def names(self):
        return {d.name for d in self.look().detections} - {None}


def test_the_first_scene_waits_for_no_label_and_the_newest_is_known_first(store):
    named_things.name_things(store, per_kind=1)
    watched = Watched(store, at_once=1)
    revision, newest = store.names_revision(), list(named_things.KINDS)[-1]
    seen = [watched.look() for _ in named_things.KINDS]
    assert {d.name for d in seen[0].detections} - {None} == {newest}
    assert [s.names_revision for s in seen] == [0, 0, 0, 0, revision]
    assert watched.names() == set(named_things.KINDS)


def test_what_was_embedded_before_counts_in_the_first_scene(store):
    named_things.name_things(store, per_kind=1)
    NamesSource(store.folder.root, 0.0).load()
    assert Watched(store, at_once=1).look().names_revision == store.names_revision()


def test_labels_that_come_while_others_wait_are_told_when_all_count(store):
    named_things.name_things(store, per_kind=1)
    watched = Watched(store, at_once=2)
    assert watched.look().names_revision == 0
    named_things.name_things(store, per_kind=1, kinds=("plum",), seed=1)
    watched.told.send(NamesChanged(revision=store.names_revision()))
    told = [watched.look().names_revision for _ in range(3)]
    assert told == [0, store.names_revision(), store.names_revision()]


def test_in_lockstep_all_names_count_from_the_first_scene(store):
    named_things.name_things(store, per_kind=1)
    assert Watched(store).look().names_revision == store.names_revision()


def test_what_was_called_no_object_and_then_given_a_name_is_an_object_again(store):
    named_things.name_things(store, per_kind=1)
    watched = Watched(store)
    frame, (scene, labels) = named_things.table()

    def lemon(track):
        at = np.array(scene.solids[0].center)
        said = {"identifier": "test", "score": 0.5, "added": track > 1000}
        return edits.Judgement(
            frame=frame, camera=scene.info(), T_base_camera=scene.T, mask=labels == 1, track=track, center_base=at, **said
        )

    def told():
        watched.told.send(NamesChanged(revision=store.names_revision()))
        return watched.names()

    edits.not_an_object(store, lemon(0))
    assert told() == set(named_things.KINDS) - {"lemon"}
    edits.name_object(store, lemon(1001), "lemon")
    assert told() == set(named_things.KINDS)
    store.undo()
    assert told() == set(named_things.KINDS) - {"lemon"}
