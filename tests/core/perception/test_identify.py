import dataclasses

import numpy as np
import pytest
from msgspec import structs

from core.perception import propose
from core.perception.added import AddedPlace
from core.perception.identify import GeometricIdentifier
from core.perception.names import NOT_AN_OBJECT, Exemplar, NameModel, embed
from core.types import ARM_LABEL, TABLE_LABEL
from tests.core.perception.scenes import Scene, Solid

BOX = Solid("box", (-0.12, 0, 0.04), (0.10, 0.06, 0.08), (190, 40, 40), 0.3)
BALL = Solid("ball", (0.08, 0.05, 0.04), (0.08, 0.08, 0.08), (40, 150, 60))


def see(identifier, scene, seq, joints=None, calibrated=True):
    frame, labels = scene.frame(seq)
    return identifier.identify(frame, scene.info(calibrated), joints), labels


def test_boxes_hug_in_base():
    result, _ = see(GeometricIdentifier(), Scene([BOX, BALL]), 0)
    assert not result.table_frame and len(result.detections) == 2
    for solid in (BOX, BALL):
        box = min((d.box for d in result.detections), key=lambda b: np.linalg.norm(b.center - solid.center))
        assert np.abs(box.center - solid.center).max() < 0.012
        assert np.abs(box.size - solid.size).max() < 0.02
        assert abs(np.linalg.det(box.R) - 1) < 1e-9
    assert (result.labels == TABLE_LABEL).mean() > 0.4


def test_a_proposal_that_lost_all_its_pixels_is_no_thing_and_ends_nothing():
    def gappy(*args, **kwargs):
        found = propose.propose(*args, **kwargs)
        return dataclasses.replace(found, labels=np.where(found.labels == 1, 3, found.labels))

    result, _ = see(GeometricIdentifier(proposer=gappy), Scene([BOX, BALL]), 0)
    assert sorted(d.instance for d in result.detections) == [1, 2]


def test_without_calibration_a_table_frame_is_fitted():
    identifier = GeometricIdentifier()
    result, _ = see(identifier, Scene([BOX]), 0, calibrated=False)
    assert result.table_frame
    assert result.detections[0].box.size[2] == pytest.approx(0.08, abs=0.012)
    again, _ = see(identifier, Scene([BOX], seed=3), 1, calibrated=False)
    assert np.array_equal(again.T_base_camera, result.T_base_camera)


def test_the_arm_is_labelled_from_its_capsules():
    column = Solid("box", (0.1, 0.1, 0.2), (0.06, 0.06, 0.4), (225, 225, 225))
    capsules = [(np.array([0.1, 0.1, 0.0]), np.array([0.1, 0.1, 0.36]), 0.045)]
    result, labels = see(GeometricIdentifier(arm_geometry=lambda q: capsules), Scene([BOX, column]), 0, np.zeros(6))
    assert len(result.detections) == 1
    assert (result.labels[labels == 2] == ARM_LABEL).mean() > 0.85


def test_no_depth_gives_an_empty_scene():
    scene = Scene([BOX], table=False)
    frame, _ = scene.frame(0)
    blind = type(frame)(camera="test", seq=0, t_device_ns=0, t_host_ns=0, depth=np.zeros_like(frame.depth), color=frame.color)
    result = GeometricIdentifier().identify(blind, scene.info(False), None)
    assert result.detections == () and not result.labels.any()


def test_one_click_names_and_undo_takes_it_back():
    identifier = GeometricIdentifier()
    scene = Scene([BOX, BALL])
    result, labels = see(identifier, scene, 0)
    assert all(d.class_id is None for d in result.detections)
    ball = max(result.detections, key=lambda d: d.box.center[0])
    color, depth, _ = scene.render()
    vector = embed(color, depth * np.float32(1e-4), result.labels == ball.instance, ball.box, table=result.labels == TABLE_LABEL)
    identifier.set_names(NameModel([Exemplar(5, "ball", vector)]), 1)
    named, _ = see(identifier, Scene([BOX, BALL], light=0.8, seed=2), 1)
    assert {d.name for d in named.detections} == {"ball", None} and named.names_revision == 1
    identifier.set_names(NameModel([]), 2)
    assert all(d.name is None for d in see(identifier, scene, 2)[0].detections)


def test_a_confirmed_name_sticks_to_the_moving_thing():
    identifier = GeometricIdentifier()
    track = see(identifier, Scene([BOX]), 0)[0].detections[0].track
    identifier.set_confirmed({track: (3, "carton")})
    for step in range(1, 5):
        moved = Solid("box", (-0.12 + 0.03 * step, 0, 0.04), BOX.size, BOX.color, 0.3)
        (detection,) = see(identifier, Scene([moved], seed=step), step)[0].detections
    assert detection.track == track and detection.confirmed and detection.name == "carton"


def test_not_an_object_suppresses_the_same_near_the_same_place():
    identifier = GeometricIdentifier()
    scene = Scene([BOX, BALL])
    result, _ = see(identifier, scene, 0)
    box = min(result.detections, key=lambda d: d.box.center[0])
    color, depth, _ = scene.render()
    vector = embed(color, depth * np.float32(1e-4), result.labels == box.instance, box.box, table=result.labels == TABLE_LABEL)
    identifier.set_names(NameModel([Exemplar(NOT_AN_OBJECT, "", vector, box.box.center)]), 1)
    assert len(see(identifier, scene, 1)[0].detections) == 1


def test_ids_survive_occlusion_and_absence():
    identifier = GeometricIdentifier()
    first = {d.track: d.box.center for d in see(identifier, Scene([BOX, BALL]), 0)[0].detections}
    for step in range(1, 4):
        hidden, _ = see(identifier, Scene([BOX]), step)
    assert len(hidden.detections) == 1
    elsewhere = Solid("ball", (0.18, -0.05, 0.04), BALL.size, BALL.color)
    back, _ = see(identifier, Scene([BOX, elsewhere]), 5)
    assert {d.track for d in back.detections} == set(first)


def test_new_things_get_new_ids():
    identifier = GeometricIdentifier()
    ids = {see(identifier, Scene([BOX]), 0)[0].detections[0].track}
    both, _ = see(identifier, Scene([BOX, BALL]), 1)
    assert len({d.track for d in both.detections} | ids) == 2


def test_one_click_grows_a_missed_thing():
    scene = Scene([BOX, BALL])
    frame, labels = scene.frame(0)
    identifier = GeometricIdentifier()
    v, u = np.argwhere(labels == 2).mean(0).astype(int)
    mask = identifier.grow(frame, scene.info(), int(u), int(v))
    assert (mask & (labels == 2)).sum() > 0.85 * (mask | (labels == 2)).sum()
    assert not identifier.grow(frame, scene.info(), -5, 4).any()


def test_an_added_thing_becomes_an_instance_with_a_track():
    scene = Scene([Solid("box", (0.0, 0.0, 0.0), (0.05, 0.03, 0.002), (120, 102, 82)), BOX])
    identifier = GeometricIdentifier()
    before, true = see(identifier, scene, 0)
    assert len(before.detections) == 1
    identifier.set_added([AddedPlace(np.array([0.0, 0.0, 0.001]))])
    tracks = []
    for seq in range(1, 4):
        result, _ = see(identifier, scene, seq)
        at = result.labels == np.bincount(result.labels[true == 1]).argmax()
        shared = (at & (true == 1)).sum()
        assert shared > 0.7 * at.sum() and shared > 0.7 * (true == 1).sum()
        tracks.append(next(d.track for d in result.detections if d.instance == result.labels[at][0]))
    assert len(set(tracks)) == 1
    bare, _ = see(identifier, Scene([BOX]), 4)
    assert len(bare.detections) == 1
    identifier.set_added([])
    assert len(see(identifier, scene, 5)[0].detections) == 1


def test_an_added_thing_is_followed_under_the_track_it_was_added_as():
    flat = Solid("box", (0.0, 0.0, 0.0), (0.05, 0.03, 0.002), (120, 102, 82))
    scene = Scene([flat, BOX])
    identifier = GeometricIdentifier()
    (box,) = see(identifier, scene, 0)[0].detections
    here = AddedPlace(np.array([0.0, 0.0, 0.001]), 1001)
    identifier.set_confirmed({1001: (3, "chip")})
    identifier.set_added([here])
    for seq in range(1, 4):
        seen = {d.track: (d.name, d.confirmed) for d in see(identifier, scene, seq)[0].detections}
        assert seen == {box.track: (None, False), 1001: ("chip", True)}
    identifier.set_added([])
    assert {d.track for d in see(identifier, scene, 6)[0].detections} == {box.track}
    identifier.set_added([here])
    assert {d.track for d in see(identifier, scene, 7)[0].detections} == {box.track, 1001}


def test_what_is_found_without_help_where_a_thing_was_added_is_that_thing():
    scene = Scene([BOX, BALL])
    identifier = GeometricIdentifier()
    identifier.set_added([AddedPlace(np.array(BALL.center), 1001)])
    assert sorted(d.track for d in see(identifier, scene, 0)[0].detections) == [1, 1001]


def test_a_thing_that_was_added_over_another_is_that_again_when_it_is_taken_back():
    scene = Scene([BOX, BALL])
    identifier = GeometricIdentifier()
    before = {d.track for d in see(identifier, scene, 0)[0].detections}
    identifier.set_added([AddedPlace(np.array(BALL.center), 1001)])
    assert {d.track for d in see(identifier, scene, 1)[0].detections} != before
    identifier.set_added([])
    assert {d.track for d in see(identifier, scene, 2)[0].detections} == before


@pytest.mark.parametrize(("lifted_m", "moved"), [(0.0, False), (0.004, False), (0.05, True)])
def test_a_camera_that_moved_is_told_after_a_moment(lifted_m, moved):
    scene = Scene([BOX, BALL])
    info = scene.info()
    lifted = info.T_mount_camera.copy()
    lifted[2, 3] += lifted_m
    info = structs.replace(info, T_mount_camera=lifted)
    identifier = GeometricIdentifier()
    told = [identifier.identify(scene.frame(n)[0], info, None).camera_moved for n in range(20)]
    assert not any(told[:10])
    assert told[-1] == moved
