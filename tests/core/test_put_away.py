"""What was let go of in a container and cannot be told from it counts as inside, until it is seen or somebody else moved things."""

import msgspec
import numpy as np

from app.workers.put_away import PutAway
from core.judge import judge_all, objects_in_scene
from core.motion.targets import PlaceTarget, inside
from core.types import Goal, Scene
from tests.core.drawn import pose, thing

BASKET = thing(1, "basket", (0.5, 0.2), (0.22, 0.22, 0.1))
BANANA = thing(2, "banana", (0.5, -0.2), (0.15, 0.04, 0.04))
GOAL = Goal(kind="inside", object_class="banana", reference="basket")


def held(away, *detections):
    scene = Scene(
        camera="",
        frame_seq=1,
        t_host_ns=0,
        labels=np.zeros((4, 4), np.uint16),
        detections=detections,
        T_base_camera=np.eye(4),
        table_frame=False,
        identifier="",
        names_revision=0,
    )
    away.see(detections)
    return judge_all([GOAL], objects_in_scene(scene, ["basket"]) + away.unseen(detections))[0]


def put():
    away = PutAway()
    away.see([BASKET, BANANA])
    away.put(BANANA, inside(BANANA, BASKET, []), [BASKET, BANANA])
    return away


def test_what_vanished_in_a_container_is_inside():
    assert not held(PutAway(), BASKET)
    assert held(put(), BASKET)


def test_what_is_seen_outside_is_not_inside():
    assert not held(put(), BASKET, BANANA)


def test_a_second_one_that_is_seen_outside_is_still_to_do():
    away = put()
    other = msgspec.structs.replace(BANANA, instance=3, track=3)
    away.see([BANANA, other])
    assert not held(away, BASKET, other)


def test_after_a_take_over_only_what_is_seen_counts():
    away = put()
    away.forget()
    assert not held(away, BASKET)


def test_what_was_put_on_the_table_does_not_vanish():
    away = PutAway()
    away.see([BASKET, BANANA])
    at = PlaceTarget(T_base_object=pose([0.4, 0, 0.02], 0.0), yaw_free=True, relation="at", reference=None)
    away.put(BANANA, at, [BASKET, BANANA])
    assert not away.unseen([BASKET])
