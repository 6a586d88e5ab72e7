"""The second opinion and the honest question: templates on drawn pictures of the blocks cell; unknown, missing and ambiguous things."""

import msgspec
import numpy as np
import pytest

from core import registration
from core.cells import find_cell
from core.motion.kinematics import ArmModel
from core.perception.identify import GeometricIdentifier
from core.perception.solids import exact
from core.policies import template
from core.policies.demonstration import scene_detections
from core.policies.opinion import ASK_BELOW, decide
from core.policies.pickplace import PickPlacePolicy
from core.policies.views import _arm
from core.types import Observation
from devices.sim.camera import SimCamera
from devices.sim.cell import World
from tests.core import drawn

CELL = find_cell("blocks")


def look(seed):
    """What the identifier sees of a layout, with true names; and where the red block is."""
    world = World(CELL, seed, "teach")
    camera = SimCamera(CELL, seed, "teach")
    try:
        frame, info = camera.render(world.state(), 1, 1), camera.info()
        objects = world.truth().objects
    finally:
        camera.close()
    scene = exact(GeometricIdentifier().identify(frame, info, None), frame, info)
    named = []
    for d in scene_detections(scene):
        near = min(objects, key=lambda o: np.linalg.norm(o.T_base_object[:2, 3] - d.box.center[:2]))
        if np.linalg.norm(near.T_base_object[:2, 3] - d.box.center[:2]) > 0.02:
            continue  # a fragment or the arm's foot
        named.append(msgspec.structs.replace(d, name=near.class_name, class_id=sum(near.class_name.encode()), score=0.9))
    scene = msgspec.structs.replace(scene, detections=tuple(named))
    seen = Observation(frame=frame, scene=scene, camera=info, arm=_arm(ArmModel()))
    return seen, next(d for d in named if d.name == "red block")


def shown(seed):
    seen, red = look(seed)
    mat = next(d for d in seen.scene.detections if d.name == "green mat")
    made = drawn.demonstrate(seen.scene.detections, red.instance, drawn.pose(mat.box.center + [0, 0, 0.03], 0.2))
    return msgspec.structs.replace(made, template=template.cut(seen.frame, seen.camera, seen.scene.T_base_camera, red))


@pytest.fixture(scope="module")
def policy():
    made = PickPlacePolicy()
    made.fit([shown(seed) for seed in (1, 2, 3)], [])
    return made


def without(seen, red):
    """The scene of an identifier that missed the red block."""
    labels = np.where(seen.scene.labels == red.instance, 0, seen.scene.labels).astype(np.uint16)
    rest = tuple(d for d in seen.scene.detections if d is not red)
    return msgspec.structs.replace(seen, scene=msgspec.structs.replace(seen.scene, labels=labels, detections=rest))


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_thing_that_the_identifier_missed_is_found_by_its_template(policy, seed):
    seen, red = look(seed)
    found, proposal = decide(policy, without(seen, red))
    assert proposal.target is not None, proposal.reason
    item = next(d for d in found.scene.detections if d.instance == proposal.pick)
    assert np.linalg.norm(item.box.center - red.box.center) < 0.01
    mask, true = found.scene.labels == proposal.pick, seen.scene.labels == red.instance
    assert (mask & true).sum() > 0.7 * (mask | true).sum()
    assert ASK_BELOW <= proposal.sure < 1
    assert decide(policy, without(seen, red), search=False)[1].target is None


def test_the_template_agrees_with_the_right_thing_and_doubts_the_wrong_one(policy):
    seen, red = look(14)
    assert decide(policy, seen)[1].sure > policy.propose(seen.scene.detections).sure
    yellow = next(d for d in seen.scene.detections if d.name == "yellow block")
    swapped = {red.instance: "yellow block", yellow.instance: "red block"}
    wrong = tuple(
        msgspec.structs.replace(d, name=swapped[d.instance], class_id=sum(swapped[d.instance].encode()), score=0.7)
        if d.instance in swapped
        else d
        for d in seen.scene.detections
    )
    mixed = msgspec.structs.replace(seen, scene=msgspec.structs.replace(seen.scene, detections=wrong))
    assert policy.propose(wrong).pick == yellow.instance
    _, asked = decide(policy, mixed)
    assert asked.target is None and asked.reason == "I am not sure which one is the red block. Click it."


def test_nothing_of_the_kind_in_the_picture_is_said_not_invented(policy):
    seen, red = look(15)
    blank = without(seen, red)
    hidden = registration.register_depth(seen.frame.depth, seen.camera) * 0
    color = np.full_like(seen.frame.color, 128)
    frame = msgspec.structs.replace(seen.frame, color=color, depth=hidden.astype(np.uint16))
    _, proposal = decide(policy, msgspec.structs.replace(blank, frame=frame))
    assert proposal.target is None and proposal.reason == "No red block is in view."


def test_a_missing_reference_is_named(policy):
    seen, _ = look(16)
    rest = tuple(d for d in seen.scene.detections if d.name != "green mat")
    _, proposal = decide(policy, msgspec.structs.replace(seen, scene=msgspec.structs.replace(seen.scene, detections=rest)))
    assert proposal.target is None and proposal.reason == "The green mat is not in view."


def by_looks(*colors):
    """A table of unnamed blocks of the given colours, and a policy that was shown the red one alone."""
    blue = drawn.thing(9, None, (0.4, 0.25), (0.095, 0.06, 0.045), color=(20, 60, 190))
    before = [drawn.thing(1, None, (0.4, 0.0), (0.075, 0.045, 0.045), color=(200, 30, 30)), blue]
    made = PickPlacePolicy()
    made.fit([drawn.demonstrate(before, 1, drawn.pose(np.array([0.45, 0.1, 0.02]), 0.0))], [])
    at = [(0.3, -0.2), (0.45, -0.25), (0.35, -0.05)]
    return made, [drawn.thing(n + 1, None, at[n], (0.075, 0.045, 0.045), color=c) for n, c in enumerate(colors)] + [blue]


def test_an_ambiguous_pair_is_less_sure_than_a_question_needs():
    policy, one = by_looks((198, 32, 30))
    assert policy.propose(one).sure > 0.9
    policy, pair = by_looks((200, 30, 30), (200, 30, 30))
    assert policy.propose(pair).sure < ASK_BELOW


def test_twins_that_were_there_when_it_was_shown_will_both_do():
    twins = [drawn.thing(n, None, (0.3, 0.1 * n), (0.07, 0.045, 0.045), color=(200, 30, 30)) for n in (1, 2)]
    policy = PickPlacePolicy()
    policy.fit([drawn.demonstrate(twins, 1, drawn.pose(np.array([0.45, 0.3, 0.02]), 0.0))], [])
    assert policy.propose(twins).sure > 0.9


def test_an_unknown_thing_is_not_taken_for_the_known():
    policy, table = by_looks((30, 190, 40))
    assert policy.propose(table).target is None
