"""A version's confidence is held against what came of each motion."""

import numpy as np

from app.picks import Pick, Picks, reliability
from core.cells import find_cell
from core.types import Plan, TrueObject, Truth, Waypoints
from tests.core.drawn import pose, scene, thing

TASK = next(task for task in find_cell("fruit").tasks if task.id == "banana-in-basket")
BASKET = TrueObject(class_name="basket", T_base_object=pose([0.4, 0.25, 0.05], 0.0), size=np.array([0.25, 0.25, 0.1]), container=True)


def fruit(name, xy):
    size = np.array([0.1, 0.05, 0.05])
    return TrueObject(class_name=name, T_base_object=pose([*xy, 0.03], 0.0), size=size, container=False)


def truth(*objects):
    return Truth(t_host_ns=0, objects=(BASKET, *objects))


def plan(number, track, confidence):
    path = Waypoints(times=np.zeros(1), joints=np.zeros((1, 6)), gripper=np.zeros(1))
    values = {"version": "v1", "tool_path": np.zeros((0, 3)), "target": None, "place_track": None, "intent": "", "clearance_m": 0.1}
    return Plan(id=number, path=path, pick_track=track, confidence=confidence, **values)


def test_the_right_thing_in_its_place_is_done_and_the_wrong_one_is_not():
    picks = Picks(TASK)
    before = scene(thing(1, "banana", (0.4, -0.2), (0.1, 0.05, 0.05)), thing(2, "banana", (0.3, -0.1), (0.1, 0.05, 0.05)))
    start = truth(fruit("banana", (0.4, -0.2)), fruit("lemon", (0.3, -0.1)))
    picks.see(plan(1, 1, 0.9), before, start)
    picks.see(plan(1, 1, 0.9), before, start)
    inside = truth(fruit("banana", (0.4, 0.25)), fruit("lemon", (0.3, -0.1)))
    picks.see(plan(2, 2, 0.6), before, inside)
    assert picks.over(truth(fruit("banana", (0.4, 0.25)), fruit("lemon", (0.4, 0.25)))) == [
        Pick(confidence=0.9, right=True, done=True),
        Pick(confidence=0.6, right=False, done=False),
    ]


def test_reliability_compares_confidence_with_what_came_of_it():
    picks = [Pick(confidence=0.9, right=True, done=k < 9) for k in range(10)]
    assert reliability(picks) == {"picks": 10, "right": 1.0, "done": 0.9, "calibration_error": 0.0, "curve": [[10, 0.9, 0.9]]}
    assert reliability([]) == {"picks": 0}
