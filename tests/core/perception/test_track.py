"""Tracks: a thing keeps its number while it lies, moves a little, or comes back; never because another thing lies where it lay."""

import numpy as np

from core.perception.names import LENGTH
from core.perception.track import Sighting, Tracker

SIDE, SIZE = 12, np.full(3, 0.06)
KINDS = {name: vector for name, vector in zip("abcdef", 30 * np.eye(6, LENGTH, k=40, dtype=np.float32), strict=True)}


def look(places):
    """Sightings of things by name at pixel places, and the label map; a hundred pixels are a metre."""
    labels = np.zeros((120, 160), np.int32)
    sightings = []
    for n, (name, (row, column)) in enumerate(places.items(), 1):
        labels[row : row + SIDE, column : column + SIDE] = n
        sightings.append(Sighting(n, np.array([column / 100, row / 100, 0.03]), SIZE, KINDS[name]))
    return sightings, labels


def followed(*tables):
    """Per table the number of each thing, seen a fifteenth of a second apart."""
    tracker, found = Tracker(), []
    for k, places in enumerate(tables):
        sightings, labels = look(places)
        found.append(dict(zip(places, (t.id for t in tracker.update(sightings, labels, k * 66_000_000)), strict=True)))
    return found


LAID = {"a": (10, 10), "b": (10, 60), "c": (60, 10), "d": (60, 60)}


def test_what_lies_or_is_pushed_keeps_its_number_whatever_it_looks_like():
    first, second = followed(LAID, {**LAID, "a": (12, 13)})
    assert first == second


def test_on_a_table_laid_anew_numbers_follow_looks_and_not_places():
    near = {"e": (10, 15), "a": (60, 100), "c": (100, 30), "f": (100, 100)}
    first, second = followed(LAID, near)
    assert second["a"] == first["a"] and second["c"] == first["c"]
    assert second["e"] not in first.values() and second["f"] not in first.values()


def test_where_the_table_was_laid_anew_another_thing_that_lies_partly_where_one_lay_is_not_it():
    near = {"a": (10, 10), "e": (12, 63), "f": (63, 12), "d": (60, 60)}  # two lie still: places seem to tell
    first, second = followed(LAID, near)
    assert second["a"] == first["a"] and second["d"] == first["d"]
    assert second["e"] not in first.values() and second["f"] not in first.values()


def test_what_still_lies_keeps_its_number_when_a_hand_covers_the_rest_of_the_table():
    tracker = Tracker()
    before = {s.instance: t.id for s, t in zip(look(LAID)[0], tracker.update(*look(LAID), 0), strict=True)}
    left, labels = look({"a": (10, 10), "f": (100, 100)})  # a hand far from all, and a, of which it changes the look
    left[0] = Sighting(1, left[0].center, SIZE, KINDS["e"])
    assert tracker.update(left, labels, 66_000_000)[0].id == before[1]


def test_one_thing_moved_while_the_rest_lies_still_is_followed():
    first, second = followed(LAID, {"b": (10, 60), "c": (60, 10), "d": (60, 60), "a": (14, 18)})
    assert first == second


def test_a_jump_of_the_camera_keeps_every_number():
    first, second = followed(LAID, {name: (row + 25, column + 30) for name, (row, column) in LAID.items()})
    assert first == second
