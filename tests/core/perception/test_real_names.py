"""Names on real frames: one look at each of ten things on a table, then the same things in another heap, and others on other tables."""

import json

import numpy as np
import pytest

from core import geometry
from core.perception import looks, propose
from core.perception.names import Exemplar, NameModel
from tests.core.perception.real import REAL, real_frames

TABLES = ("uoc-realsense", "posecnnpt-realsense", "m2t2-realsense")
FIRST, SECOND = ("uoc-realsense", "0000"), ("uoc-realsense", "0001")


def looks_of(color, depth_m, camera, mask, names):
    """(name, vector) of each named thing of a frame, in the frame of the table that is seen."""
    plane = propose.propose(color, depth_m, camera).plane
    ray = np.array([(camera.width / 2 - camera.cx) / camera.fx, (camera.height / 2 - camera.cy) / camera.fy, 1.0])
    T = geometry.table_frame(plane, ray * (-plane.d / (plane.normal @ ray)))
    seen = ((name, looks.embed(color, depth_m, camera, T, mask == int(number))) for number, name in names.items())
    return [(name, vector) for name, vector in seen if vector is not None]


@pytest.fixture(scope="module")
def tables():
    made = {}
    for name in TABLES:
        for number, color, _, depth_m, camera, mask, _ in real_frames(name):
            names = json.loads((REAL / name / f"{number}-handmask.json").read_text())
            made[name, number] = looks_of(color, depth_m, camera, mask, names)
    return made


@pytest.mark.parametrize(("taught", "other"), [(FIRST, SECOND), (SECOND, FIRST)], ids=["first to second", "second to first"])
def test_one_look_names_a_real_thing_in_another_heap_and_leaves_strangers_unknown(tables, taught, other):
    kinds = [name for name, _ in tables[taught]]
    model = NameModel([Exemplar(i, name, vector) for i, (name, vector) in enumerate(tables[taught])])
    elsewhere = [look for table in tables if table not in (FIRST, SECOND) for look in tables[table]]
    asked = [(name, model.classify(vector).name) for name, vector in tables[other] + elsewhere]
    right = [answer == name for name, answer in asked if name in kinds]
    unknown = [answer is None for name, answer in asked if name not in kinds]
    assert len(right) == 13 and len(unknown) == 20
    assert sum(right) >= 11 and sum(unknown) >= 18
