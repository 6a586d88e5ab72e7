"""A label carried from frame to frame: it follows the thing, ends where that is hidden, can be cancelled without a trace."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from app.propagation import Propagation, Recent, Said
from core.storage.carried_edits import Origin
from core.storage.masks import unpack
from core.storage.queries import Queries
from core.storage.store import Store
from core.types import Intrinsics
from tests.core.perception.scenes import Scene, Solid

SMALL = Intrinsics(width=160, height=120, fx=150.0, fy=150.0, cx=79.5, cy=59.5)
BALL = Solid("ball", (0.0, 0.0, 0.04), (0.09, 0.09, 0.08), (40, 150, 60))
HAND = Solid("box", (0.0, -0.1, 0.16), (0.16, 0.12, 0.06), (230, 190, 170))


def scene_at(x, seq, *more):
    return Scene([replace(BALL, center=(x, 0.0, 0.04)), *more], seed=seq, camera=SMALL)


def frames(positions, hidden=()):
    scenes = [scene_at(x, n, *((HAND,) if n in hidden else ())) for n, x in enumerate(positions)]
    made = [scene.frame(n) for n, scene in enumerate(scenes)]
    return Recent(scenes[0].info(), [(frame, None) for frame, _ in made]), [truth == 1 for _, truth in made]


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, wall_s=lambda: 7.0, who="tester")
    yield made
    made.close()


def said(truth, at, back, on):
    shape = Origin("shape", None, 7)
    return Said(at=at, mask=truth[at], track=1, label_track=-1, origin=shape, T_base_camera=scene_at(0, 0).T, back=back, on=on)


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_mask_follows_the_thing_both_ways_as_one_undoable_step(store):
    positions = np.linspace(-0.06, 0.06, 13)
    source, truth = frames(positions)
    job = Propagation(store, source, said(truth, 6, 6, 6), lambda _: None)
    labels = job.run()
    assert {label.row["seq"] for label in labels} == set(range(13)) - {6}
    job.store(store, labels)
    queries = Queries(store.engine)
    for n in set(range(13)) - {6}:
        (label,) = queries.labels_on("test", n, 0.0)
        assert (label.source, label.origin, label.track, label.who) == ("propagated", 7, -1, "tester")
        assert iou(unpack(label.mask), truth[n]) > 0.8
    store.undo()
    assert queries.labels() == []


def test_it_ends_where_the_thing_is_hidden_and_goes_on_from_a_corrected_frame(store):
    source, truth = frames([0.0] * 10, hidden=(5, 6))
    reports = []
    labels = Propagation(store, source, said(truth, 0, 0, 9), reports.append).run()
    assert {label.row["seq"] for label in labels} == {1, 2, 3, 4}
    (ended,) = reports[-1].ended
    assert ended.at == 5 and "hidden" in ended.reason
    assert reports[-1].done == reports[-1].total == 5
    again = Propagation(store, source, said(truth, 7, 0, 2), lambda _: None).run()
    assert {label.row["seq"] for label in again} == {8, 9}


def test_a_thousand_frames_show_progress_and_can_be_cancelled_without_a_trace(store):
    few, truth = frames([0.0] * 4)
    looks = [few.look(n % 4) for n in range(1001)]
    source = Recent(few.camera, [(_numbered(look.frame, n), None) for n, look in enumerate(looks)])
    before, reports = set(store.folder.frames.iterdir()), []

    def report(progress):
        reports.append(progress)
        if progress.done == 40:
            job.cancel()

    job = Propagation(store, source, said(truth, 0, 0, 1000), report)
    assert job.run() == []
    assert [r.done for r in reports] == list(range(1, 41)) and all(r.total == 1000 for r in reports)
    assert set(store.folder.frames.iterdir()) == before and Queries(store.engine).labels() == []


def _numbered(frame, n):
    return msgspec.structs.replace(frame, seq=n, t_host_ns=n)
