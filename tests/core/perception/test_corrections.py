"""Corrected things stay as they were drawn while they lie there; names learn from them; undo takes it back; masks are cut and brushed."""

from dataclasses import replace

import numpy as np
import pytest

from core.learning.exemplars import NamesSource
from core.perception import propose
from core.perception.corrected import Correction
from core.perception.identify import GeometricIdentifier
from core.perception.redraw import Thing, redraw
from core.perception.retouch import brushed, cut_by_click, cut_by_stroke
from core.storage import edits, mask_edits
from core.storage.store import Store
from core.types import OrientedBox
from tests.core.perception.scenes import Scene, Solid

# Two blocks of one height and colour side by side: one thing to the geometry, two to a person.
LEFT = Solid("box", (-0.05, 0, 0.03), (0.08, 0.06, 0.06), (190, 40, 40))
RIGHT = Solid("box", (0.03, 0, 0.03), (0.08, 0.06, 0.06), (190, 40, 40))
BALL = Solid("ball", (0.2, 0.05, 0.04), (0.08, 0.08, 0.08), (40, 150, 60))


def see(identifier, solids, seq=0, **values):
    scene = Scene(list(solids), seed=seq, **values)
    frame, truth = scene.frame(seq)
    return identifier.identify(frame, scene.info(), None), frame, truth, scene


def correction(frame, mask, box=None):
    return Correction.of_mask(mask, frame.color, frame.depth * np.float32(1e-4), box)


def blocks():
    identifier = GeometricIdentifier()
    result, frame, truth, scene = see(identifier, (LEFT, RIGHT, BALL))
    return identifier, result, frame, truth, scene


def test_what_was_split_stays_two_tracks_while_it_lies_there_and_undo_joins_it():
    identifier, result, frame, truth, _ = blocks()
    assert len(result.detections) == 2, "the geometry sees the blocks as one"
    whole = max(result.detections, key=lambda d: d.area_px)
    mask = result.labels == whole.instance
    identifier.set_corrected([correction(frame, mask & (truth == 1)), correction(frame, mask & (truth == 2))])
    tracks = [{d.track for d in see(identifier, (LEFT, RIGHT, BALL), n)[0].detections} for n in range(1, 6)]
    assert all(len(t) == 3 and whole.track in t for t in tracks)
    assert all(t == tracks[0] for t in tracks)
    identifier.set_corrected([])
    assert {d.track for d in see(identifier, (LEFT, RIGHT, BALL), 7)[0].detections} == {d.track for d in result.detections}


def test_what_was_merged_stays_one_thing():
    apart = Solid("box", (0.06, 0, 0.03), (0.08, 0.06, 0.06), (40, 60, 190))
    identifier = GeometricIdentifier()
    result, frame, _, _ = see(identifier, (LEFT, apart))
    assert len(result.detections) == 2
    identifier.set_corrected([correction(frame, np.isin(result.labels, (1, 2)))])
    for n in range(1, 5):
        (one,) = see(identifier, (LEFT, apart), n)[0].detections
        assert one.track in {d.track for d in result.detections}


def test_an_outline_is_kept_pixel_by_pixel_and_ends_when_the_thing_is_moved():
    identifier, result, frame, truth, _ = blocks()
    mask = (truth == 3) & (np.indices(truth.shape)[1] % 2 == 0) | (truth == 3) & (np.indices(truth.shape)[0] % 3 > 0)
    identifier.set_corrected([correction(frame, mask)])
    same = see(identifier, (LEFT, RIGHT, BALL), 1, light=0.85)[0]
    ball = max(same.detections, key=lambda d: d.box.center[0])
    assert np.array_equal(same.labels == ball.instance, mask)
    moved = Solid("ball", (0.2, -0.12, 0.04), BALL.size, BALL.color)
    other, _, truth, _ = see(identifier, (LEFT, RIGHT, moved), 2)
    ball = max(other.detections, key=lambda d: d.box.center[0])
    assert ((other.labels == ball.instance) & (truth == 3)).sum() > 0.9 * (truth == 3).sum()
    back = see(identifier, (LEFT, RIGHT, BALL), 3)[0]
    assert np.array_equal(back.labels == max(back.detections, key=lambda d: d.box.center[0]).instance, mask)


def test_a_corrected_thing_survives_what_passes_before_it():
    identifier, _, frame, truth, _ = blocks()
    identifier.set_corrected([correction(frame, truth == 1), correction(frame, truth == 2)])
    before = see(identifier, (LEFT, RIGHT, BALL), 1)[0]
    hand = Solid("box", (0.05, -0.1, 0.2), (0.05, 0.05, 0.1), (230, 190, 170))
    see(identifier, (LEFT, RIGHT, BALL, hand), 2)
    after = see(identifier, (LEFT, RIGHT, BALL), 3)[0]
    assert {d.track for d in after.detections} >= {d.track for d in before.detections}


def test_a_newer_correction_goes_before_an_older():
    identifier, _, frame, truth, _ = blocks()
    identifier.set_corrected([correction(frame, truth == 1), correction(frame, truth == 2), correction(frame, np.isin(truth, (1, 2)))])
    assert len(see(identifier, (LEFT, RIGHT, BALL), 1)[0].detections) == 2


def test_a_moved_box_is_the_box_of_the_next_frame():
    identifier, _, frame, truth, _ = blocks()
    box = OrientedBox(center=np.array([0.2, 0.05, 0.05]), size=np.array([0.1, 0.1, 0.1]), R=np.eye(3))
    identifier.set_corrected([correction(frame, truth == 3, box)])
    boxes = [d.box for d in see(identifier, (LEFT, RIGHT, BALL), 1)[0].detections]
    assert any(np.array_equal(b.size, box.size) and np.array_equal(b.center, box.center) for b in boxes)


def test_names_and_corrections_come_out_of_the_catalogue_and_undo_takes_them_back(tmp_path):
    identifier, result, frame, truth, scene = blocks()
    store = Store(tmp_path, wall_s=lambda: 5.0, who="tester")
    source = NamesSource(tmp_path, 0.0)
    whole = max(result.detections, key=lambda d: d.area_px)
    mask = result.labels == whole.instance

    def judged(part, track):
        return edits.Judgement(
            frame=frame,
            camera=scene.info(),
            T_base_camera=result.T_base_camera,
            mask=part,
            track=track,
            center_base=whole.box.center,
            identifier="i",
            score=0.5,
            since_s=0.0,
        )

    edits.name_object(store, judged(mask, whole.track), "block")
    mask_edits.split(store, [judged(mask & (truth == 1), whole.track), judged(mask & (truth == 2), 1001)])

    def load():
        names = source.load()
        identifier.set_names(names.model, names.revision)
        identifier.set_confirmed(names.confirmed)
        identifier.set_corrected(names.corrected)
        return names

    assert len(load().corrected) == 2
    seen = see(identifier, (LEFT, RIGHT, BALL), 1)[0]
    assert {d.track: d.name for d in seen.detections if d.confirmed} == {whole.track: "block", 1001: "block"}
    edits.unsure(store, judged(mask & (truth == 2), 1001))
    load()
    assert [d.track for d in see(identifier, (LEFT, RIGHT, BALL), 4)[0].detections if d.confirmed] == [whole.track]
    store.undo()
    load()
    assert len([d for d in see(identifier, (LEFT, RIGHT, BALL), 5)[0].detections if d.confirmed]) == 2
    store.undo()
    assert load().corrected == ()
    assert len(see(identifier, (LEFT, RIGHT, BALL), 2)[0].detections) == 2
    store.redo()
    assert len(load().corrected) == 2
    assert len(see(identifier, (LEFT, RIGHT, BALL), 3)[0].detections) == 3
    store.close()


def test_a_held_scene_shows_what_was_drawn_at_once():
    _, result, frame, truth, scene = blocks()
    depth_m = frame.depth * np.float32(1e-4)
    whole = max(result.detections, key=lambda d: d.area_px)
    mask = result.labels == whole.instance
    things = [Thing(whole.track, mask & (truth == 1)), Thing(1001, mask & (truth == 2))]
    split = redraw(result, frame.color, depth_m, scene.info(), things)
    assert {d.track for d in split.detections} == {d.track for d in result.detections} | {1001}
    for thing in things:
        instance = next(d.instance for d in split.detections if d.track == thing.track)
        assert np.array_equal(split.labels == instance, thing.mask)
    joined = redraw(split, frame.color, depth_m, scene.info(), [Thing(whole.track, mask)])
    assert {d.track for d in joined.detections} == {d.track for d in result.detections}
    assert np.array_equal(np.unique(result.labels), np.unique(joined.labels))


@pytest.mark.parametrize("erase", [False, True])
def test_a_brush_snaps_to_the_edge_of_what_it_touches_and_changes_nothing_far_from_it(erase):
    _, _, frame, truth, _ = blocks()
    depth_m, ball = frame.depth * np.float32(1e-4), truth == 3
    rows, columns = np.nonzero(ball)
    cut = int(np.median(columns))
    v, u = np.indices(truth.shape)
    if erase:  # half of the table beside it was painted too, and a sloppy eraser goes over the edge into the ball
        before = ball | ((truth == 0) & (np.abs(v - rows.mean()) < 20) & (u > columns.max() - 6) & (u < columns.max() + 14))
        stroke = (np.abs(v - rows.mean()) < 20) & (u > columns.max() - 4) & (u < columns.max() + 16)
    else:  # the right half is missing, and a sloppy brush goes over the edge onto the table
        before = ball & (u < cut)
        stroke = (v - rows.mean()) ** 2 + (u - cut - 8) ** 2 < (0.55 * np.ptp(columns)) ** 2

    def iou(mask):
        return (mask & ball).sum() / (mask | ball).sum()

    after = brushed(before, stroke, frame.color, depth_m, erase=erase)
    plain = brushed(before, stroke, frame.color, depth_m, erase=erase, snap=False)
    assert iou(after) > 0.93 > iou(before)
    assert iou(after) > iou(plain)
    far = np.hypot(v - rows.mean(), u - columns.mean()) > 60
    assert np.array_equal(after & far, before & far)


def test_a_stroke_cuts_a_thing_and_no_pixel_is_lost():
    _, result, _, truth, _ = blocks()
    mask = np.isin(truth, (1, 2))
    v, u = np.indices(truth.shape)
    border = int(np.nonzero(truth == 2)[1].min())
    pieces = cut_by_stroke(mask, np.abs(u - border) < 2)
    assert len(pieces) == 2
    assert np.array_equal(pieces[0] | pieces[1], mask) and not (pieces[0] & pieces[1]).any()
    assert cut_by_stroke(mask, (np.abs(u - border) < 2) & (v < np.nonzero(mask)[0].mean())) == []


def test_a_click_on_one_of_two_touching_things_parts_them():
    other = Solid("box", (0.03, 0, 0.03), (0.08, 0.06, 0.06), (60, 120, 190))
    _, frame, truth, _ = see(GeometricIdentifier(), (LEFT, other))
    mask = np.isin(truth, (1, 2))
    at = [int(x.mean()) for x in np.nonzero(truth == 2)]
    pieces = cut_by_click(mask, frame.color, frame.depth * np.float32(1e-4), at[1], at[0])
    clicked = next(p for p in pieces if p[at[0], at[1]])
    assert (clicked & (truth == 2)).sum() / (clicked | (truth == 2)).sum() > 0.9
    assert cut_by_click(mask, frame.color, frame.depth * np.float32(1e-4), 0, 0) == []


def test_a_corrected_thing_keeps_its_track_while_what_is_proposed_there_changes():
    """The proposals of a dark or shiny thing fall to pieces and come together again; what was drawn does not."""

    def fickle(color, depth_m, camera, **values):
        made = propose.propose(color, depth_m, camera, **values)
        labels, calls[0] = made.labels.copy(), calls[0] + 1
        for i in range(1, int(labels.max()) + 1):
            columns = np.nonzero(labels == i)[1]
            labels[(labels == i) & (np.indices(labels.shape)[1] > np.percentile(columns, 12 * (calls[0] % 8)))] = labels.max() + 1
        return replace(made, labels=labels)

    calls = [0]
    identifier = GeometricIdentifier(proposer=fickle)
    first, frame, truth, _ = see(identifier, (LEFT, BALL))
    track = next(d.track for d in first.detections if (first.labels[truth == 2] == d.instance).any())
    identifier.set_corrected([Correction.of_mask(truth == 2, frame.color, frame.depth * np.float32(1e-4), None, track)])
    for n in range(1, 12):
        found = see(identifier, (LEFT, BALL), n)[0]
        ball = next(d for d in found.detections if (found.labels[truth == 2] == d.instance).all())
        assert ball.track == track
