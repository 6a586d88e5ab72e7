"""What a rollout remembers: what was let go of in a container counts as inside until it is seen; a track keeps the name it had."""

import msgspec

from app.workers.memory import PutAway, TrackNames
from core.judge import judge_all, objects_in_scene
from core.motion.targets import PlaceTarget, inside
from core.types import Goal
from tests.core.drawn import pose, scene, thing

BASKET = thing(1, "basket", (0.5, 0.2), (0.22, 0.22, 0.1))
BANANA = thing(2, "banana", (0.5, -0.2), (0.15, 0.04, 0.04))
GOAL = Goal(kind="inside", object_class="banana", reference="basket")


def held(away, *detections):
    away.see(detections)
    return judge_all([GOAL], objects_in_scene(scene(*detections), ["basket"]) + away.unseen(detections))[0]


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


def test_what_is_followed_outside_is_not_inside_though_it_has_lost_its_name():
    assert not held(put(), BASKET, msgspec.structs.replace(BANANA, name=None, class_id=None))


def test_a_followed_thing_keeps_the_name_that_it_surely_had():
    names = TrackNames({"banana"})
    assert names.on([BANANA, BASKET]) == (BANANA, BASKET)
    lost = [msgspec.structs.replace(d, name=None, class_id=None, score=0.9) for d in (BANANA, BASKET)]
    banana, basket = names.on(lost)
    assert banana.name == "banana" and banana.class_id == BANANA.class_id and banana.score < BANANA.score
    assert basket.name is None
    other = msgspec.structs.replace(BANANA, name="lemon")
    assert names.on([other]) == (other,)


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
