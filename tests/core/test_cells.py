import tomllib

import numpy as np
import pytest

from core.cell_kinds import KINDS, footprint_radius
from core.cells import PURPOSES, REACH, Jitter, builtin_cells, find_cell, load_cell, parse_cell, sample_layout
from core.errors import CellFileError

MINIMAL = '[[objects]]\nkind = "block"\n[[tasks]]\nid = "t"\ngoals = [{kind = "at", object = "block", offset = [0.4, 0.0, 0.02]}]\n'


def parse(text):
    return parse_cell(tomllib.loads(text), "test")


@pytest.mark.parametrize("path", builtin_cells(), ids=lambda p: p.stem)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_layouts_do_not_overlap_and_lie_in_reach_and_view(path, purpose):
    cell = load_cell(path)
    for seed in range(25):
        layout = sample_layout(cell, seed, purpose)
        for i, a in enumerate(layout.objects):
            p = a.T_base_object[:2, 3]
            assert REACH[0] <= np.hypot(*p) <= REACH[1]
            assert cell.camera.sees(a.T_base_object[:3, 3])
            for b in layout.objects[:i]:
                room = footprint_radius(a.kind, a.size) + footprint_radius(b.kind, b.size)
                assert np.linalg.norm(p - b.T_base_object[:2, 3]) > room


def test_same_seed_same_layout_and_purposes_differ():
    cell = find_cell("fruit")
    first, again, test = sample_layout(cell, 4), sample_layout(cell, 4), sample_layout(cell, 4, "test")
    for a, b in zip(first.objects, again.objects, strict=True):
        np.testing.assert_array_equal(a.T_base_object, b.T_base_object)
        assert a.size == b.size
    assert not np.allclose(first.objects[0].T_base_object, test.objects[0].T_base_object)


def test_fruit_layouts_hold_two_to_four_fruit_a_basket_and_a_distractor():
    cell = find_cell("fruit")
    for seed in range(40):
        kinds = [o.kind for o in sample_layout(cell, seed).objects]
        assert 2 <= sum(KINDS[k].fruit for k in kinds) <= 4
        assert kinds.count("basket") == 1
        assert kinds.count("banana") == 1
        assert any(k in ("mug", "sponge", "block") for k in kinds)


def test_size_jitter_scales_things_but_not_the_basket():
    cell = find_cell("fruit")
    layout = sample_layout(cell, 1, "test", Jitter(size=1.2, size_range=0.0))
    for thing in layout.objects:
        factor = 1.0 if thing.container else 1.2
        np.testing.assert_allclose(thing.size, np.array(cell.spec(thing.class_name).size) * factor)


def test_task_goals_name_every_fruit():
    task = find_cell("fruit").task("fruit-in-basket")
    assert len(task.goals) == 8
    assert {goal.reference for goal in task.goals} == {"basket"}
    assert find_cell("blocks").task("block-beside").scripted


def test_a_minimal_cell_is_enough():
    cell = parse(MINIMAL)
    assert cell.objects[0].name == "block"
    assert len(sample_layout(cell, 0).objects) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No objects"),
        (MINIMAL.replace('kind = "block"', 'kind = "unicorn"'), "unknown kind 'unicorn'"),
        (MINIMAL.replace('kind = "block"', 'kind = "block"\ncolour = 3'), "unknown key 'colour'"),
        (MINIMAL.replace('kind = "block"', 'kind = "block"\nsize = [1, 2]'), "must be 3 numbers"),
        (MINIMAL.replace('kind = "block"', 'kind = "block"\nmass = -1'), "more than 0"),
        (MINIMAL.replace('kind = "block"', 'kind = "block"\nzone = [0.5, 0.4, 0, 0]'), "zone"),
        (MINIMAL.replace('object = "block"', 'object = "pear"'), "'pear', which is not in the cell"),
        (MINIMAL.replace('kind = "at"', 'kind = "near"'), "must be inside, on or at"),
        (MINIMAL.replace('kind = "at"', 'kind = "inside", reference = "block"'), "no container"),
        (MINIMAL.replace(", offset = [0.4, 0.0, 0.02]", ""), "without an offset"),
        ('arm = "other"\n' + MINIMAL, "unknown"),
        ("camera = 3\n" + MINIMAL, "must be a table"),
        ("[camera]\nwidth = 5\n" + MINIMAL, "resolution"),
    ],
)
def test_a_wrong_cell_says_what_is_wrong(text, words):
    with pytest.raises(CellFileError, match=words):
        parse(text)


def test_missing_and_torn_files_say_so(tmp_path):
    with pytest.raises(CellFileError, match="no cell 'nowhere'"):
        find_cell("nowhere")
    torn = tmp_path / "torn.toml"
    torn.write_text("[[objects")
    with pytest.raises(CellFileError, match="not valid TOML"):
        find_cell(torn)


def test_too_many_things_do_not_fit():
    with pytest.raises(CellFileError, match="do not fit"):
        sample_layout(parse('[[objects]]\nkind = "basket"\ncount = 9\n'), 0)


def test_a_wanted_place_that_something_always_covers_is_named():
    text = """
    [[objects]]
    name = "bar"
    kind = "box"
    [[objects]]
    name = "basket"
    kind = "basket"
    zone = [0.38, 0.44, -0.30, -0.26]
    [[tasks]]
    id = "home"
    title = "Bar to its place"
    goals = [{ kind = "at", object = "bar", offset = [0.40, -0.28, 0.0] }]
    """
    with pytest.raises(CellFileError, match="The place that the task 'Bar to its place'.*Move it"):
        sample_layout(parse(text), 0)


@pytest.mark.parametrize("turn, tolerance_deg", [("", 180), (", yaw_deg = 0.0", 15), (", tolerance_deg = 10.0", 10)])
def test_a_place_that_names_no_turn_is_met_at_any(turn, tolerance_deg):
    text = f"""
    [[objects]]
    name = "bottle"
    kind = "cylinder"
    [[tasks]]
    id = "home"
    title = "Bottle to its place"
    goals = [{{ kind = "at", object = "bottle", offset = [0.4, 0.0, 0.07]{turn} }}]
    """
    (goal,) = parse(text).tasks[0].goals
    assert np.rad2deg(goal.tolerance_rad) == pytest.approx(tolerance_deg)
