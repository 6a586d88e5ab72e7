"""Learning names from labels: look-alikes are told apart, nothing else is lost, held-out labels are never learned from."""

import time

import msgspec
import numpy as np
import pytest
import torch
from sqlalchemy import text

from core.errors import NothingToLearn, StoreError
from core.learning import naming, naming_looks
from core.learning.descent import descend
from core.learning.exemplars import NamesSource
from core.learning.naming import tune
from core.learning.naming_looks import chosen_of, enough, parted, partly, turned
from core.learning.naming_problem import CLASS_FOLDS, FOLDS, NamingProblem, clusters_of, distances, head_of
from core.learning.naming_score import Heads, score, verdict
from core.learning.naming_versions import ClassScore, NamingScore, identifier_with, load_naming
from core.learning.progress import quiet
from core.perception.names import LENGTH, Exemplar, distance
from core.perception.naming_head import names_of
from core.perception.standard import standard_identifier
from core.storage import naming_edits
from core.storage.queries import Queries
from core.storage.records import Label
from core.storage.store import Store
from tests.core import named_things
from tests.core.perception.scenes import Scene, Solid

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")
STEPS = 40
NAMES = {1: "pear", 2: "plum", 3: "lime", 4: "orange", 5: "peach"}


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "data", wall_s=time.time, who="test")
    yield made
    made.close()


def fitted(found, folder, steps=STEPS):
    problem = NamingProblem(found, CPU)
    fit = descend(
        problem, seed=1, steps=steps, checkpoint=folder / "c", device=CPU, told=lambda *_: None, left_out=problem.left_out, batch=64
    )
    return problem, fit


def answers(found, vectors, head):
    model = names_of([Exemplar(int(c), "", v) for c, v in zip(found.classes, found.vectors, strict=True)], head)
    return [model.classify(v).class_id for v in vectors]


def test_distances_are_those_of_the_names():
    rng = np.random.default_rng(4)
    x, y = (rng.normal(0, 4, (n, LENGTH)).astype(np.float32) for n in (6, 9))
    ours = distances(torch.tensor(x)[None], torch.tensor(y)[None])[0].numpy()
    np.testing.assert_allclose(ours, np.stack([distance(v, y) for v in x]), atol=1e-3)


def test_look_alikes_are_told_apart_and_no_other_kind_is_lost(tmp_path):
    found = named_things.looks()
    _, fit = fitted(found, tmp_path)
    fresh = named_things.looks(per_class=1, held=40, seed=9)
    right = {}
    for name, head in (("before", None), ("after", head_of(fit.parameters, -1))):
        said = np.array(answers(found, fresh.held_vectors, head))
        right[name] = {c: float(np.mean(said[fresh.held_classes == c] == c)) for c in NAMES}
    assert min(right["after"][c] for c in (4, 5)) > min(right["before"][c] for c in (4, 5)) + 0.1
    assert all(right["after"][c] >= 0.9 for c in NAMES)
    away = named_things.vector(**{f"f{n}": 12.0 for n in range(2, 10)})  # a kind that nobody named, where nothing was
    strangers = named_things.vectors_of([1] * 20, np.random.default_rng(8)) + away
    assert answers(found, strangers, head_of(fit.parameters, -1)) == [None] * 20


def test_few_labels_of_kinds_that_are_far_apart_hardly_move_the_measure(tmp_path):
    found = named_things.looks(per_class=3, classes=(1, 2, 3))
    _, fit = fitted(found, tmp_path)
    head = head_of(fit.parameters, -1)
    x = named_things.vectors_of([1, 2, 3] * 10, np.random.default_rng(6))
    plain = np.stack([distance(v, found.vectors) for v in x])
    tuned = np.stack([distance(v, head.apply(found.vectors)) for v in head.apply(x)])
    assert 0.4 < np.median(tuned / plain) < 1.5


def test_going_on_after_a_cut_equals_never_having_stopped(tmp_path):
    whole = fitted(named_things.looks(), tmp_path)[1]

    class CutOff(Exception):
        """The process is gone."""

    def die(done, *_):
        if done >= STEPS:
            raise CutOff

    problem = NamingProblem(named_things.looks(), CPU)
    given = {"seed": 1, "steps": STEPS, "checkpoint": tmp_path / "cut", "device": CPU, "left_out": problem.left_out, "batch": 64}
    with pytest.raises(CutOff):
        descend(problem, told=die, every_s=0.0, **given)
    heard = []
    again = descend(problem, told=lambda done, *_: heard.append(done), **given)
    assert heard == [STEPS]  # it did not begin anew
    for name, value in whole.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], value)


def test_near_duplicates_are_left_out_together():
    found = named_things.looks(per_class=4)
    vectors = found.vectors.copy()
    vectors[1] = vectors[0] + np.float32(0.01)
    clusters = clusters_of(found.classes, vectors)
    assert clusters[0] == clusters[1]
    assert all(len(set(found.classes[clusters == number].tolist())) == 1 for number in clusters)
    problem = NamingProblem(msgspec.structs.replace(found, vectors=vectors), CPU)
    assert (problem.looks_left_out[:, 0] == problem.looks_left_out[:, 1]).all()
    assert not problem.left_out[-1].any()


def test_before_and_after_are_asked_about_what_they_never_learned_from(tmp_path):
    found = named_things.looks(held=6)
    problem, fit = fitted(found, tmp_path)
    head = head_of(fit.parameters, -1)
    heads = Heads(
        new=head,
        left_out=[head_of(fit.parameters, m) for m in range(FOLDS + CLASS_FOLDS)],
        looks_left_out=problem.looks_left_out,
        folds=problem.look_folds,
        class_folds=problem.class_folds + FOLDS,
        now=head,
        now_learned=frozenset(found.labels.tolist()),
    )
    scored = score(found, NAMES, heads)
    assert {c.name: (c.total, c.held_out) for c in scored.classes} == {name: (6, 6) for name in NAMES.values()}
    assert all(c.before == c.after for c in scored.classes)  # on the held-out labels the one in use is as good as itself
    few = msgspec.structs.replace(found, held_classes=found.held_classes[:0], held_vectors=found.held_vectors[:0])
    crossed = score(few, NAMES, heads)
    assert {c.name: (c.total, c.held_out) for c in crossed.classes} == {name: (7, 0) for name in NAMES.values()}
    pair = [c for c in crossed.classes if c.name in ("orange", "peach")]
    assert sum(c.before for c in pair) < sum(c.after for c in pair)  # it learned from these: asked as shipped


def scored(classes, strangers=(50, 50, 60)):
    made = [ClassScore(class_id=n, name=NAMES[n], before=b, after=a, total=t, held_out=t) for n, (b, a, t) in enumerate(classes, 1)]
    return NamingScore(classes=made, strangers_before=strangers[0], strangers_after=strangers[1], strangers=strangers[2])


def test_a_naming_that_forgets_a_kind_does_not_pass():
    assert verdict(scored([(9, 10, 10), (18, 20, 20)]), 1.0, 0.5) == (
        True,
        "30 of 30 named right, 27 before. Called unknown: 50 of 60 strangers, 50 before.",
    )
    passed, sentence = verdict(scored([(6, 10, 10), (10, 8, 10)]), 1.0, 0.5)
    assert not passed and sentence == "It did not pass: plum was named right 10 of 10 times, and would be 8."
    passed, sentence = verdict(scored([(6, 10, 10)], (50, 40, 60)), 1.0, 0.5)
    assert not passed and "40 of 60 strangers" in sentence
    passed, sentence = verdict(scored([(10, 10, 10)]), 1.0, 0.99)
    assert not passed and "no better than what is in use" in sentence
    assert not verdict(scored([]), 1.0, 0.5)[0]


def label(number, class_id, frame):
    values = {"track": 0, "mask": b"", "center_base": [0, 0, 0], "who": "", "source": "", "identifier": "", "score": 0.0, "created_s": 0.0}
    return Label(id=number, class_id=class_id, frame_hash=frame, kind="name", **values)


def test_labels_on_held_out_frames_are_never_learned_from_whatever_their_class():
    labels = [label(1, 1, "a"), label(2, 1, "b"), label(3, 2, "b")]
    named = parted(labels, {"a": False, "b": True})
    assert [x.id for x in named.taught] == [1] and [x.id for x in named.held] == [2, 3]
    with pytest.raises(NothingToLearn, match="at least 2 names with 3 labels each"):
        enough(named)


def test_of_very_many_labels_the_newest_of_every_class_are_used():
    labels = [label(n, n % 2, "a") for n in range(2000)]
    chosen = chosen_of(labels)
    assert len(chosen) == 240 and chosen[-1].id == 1999 and [x.id for x in chosen] == sorted(x.id for x in chosen)


def test_what_is_hidden_of_a_thing_lies_on_one_side():
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:50] = True
    left = partly(mask, 0.3, 0.0)
    assert 0.65 < left.sum() / mask.sum() < 0.75 and (left <= mask).all()
    assert np.flatnonzero(left.any(0)).max() < 42 and np.flatnonzero(left.any(0)).min() == 20


def test_another_hue_or_size_is_another_kind_and_is_called_unknown_more_often(store):
    named_things.name_things(store, per_kind=6, seed=2)
    made = tune(_folder(store, "n"), store.folder.root, seed=1, made_s=0.0, report=quiet, steps=STEPS)
    assert made.score.changed > 20 and made.score.changed_after > made.score.changed_before


def test_the_hue_of_something_grey_makes_no_other_kind():
    grey = np.full((40, 60, 3), 120, np.uint8)
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:50] = True
    assert np.abs(turned(grey, mask, 40.0).astype(int) - 120).max() <= 1
    red = grey.copy()
    red[mask] = (200, 30, 30)
    assert (turned(red, mask, 40.0)[mask][:, 1] > 60).all() and (turned(red, mask, 40.0)[~mask] == 120).all()


def test_a_store_of_labels_becomes_a_naming_that_names_when_it_is_used(store, tmp_path):
    named_things.name_things(store, per_kind=14, seed=1)  # so many that one is held out, whatever the pictures' hashes are
    root, folder = store.folder.root, store.folder.versions / "n"
    folder.mkdir()
    made = tune(folder, root, seed=1, made_s=5.0, report=quiet, steps=STEPS)
    assert made.device == "cpu" and made.before == 0 and made.loss[-1].training < made.loss[0].training
    assert {c.name for c in made.score.classes} == set(named_things.KINDS)
    standing = NamesSource(root, 0.0).standing()
    held = {x.id for x in standing.labels if standing.held_out[x.frame_hash]}
    assert held and not held & set(made.labels)
    assert sorted(p.name for p in folder.iterdir()) == ["naming.json", "naming.safetensors"]
    revision = store.names_revision()
    naming_edits.add_naming(store, "passed", "versions/n", msgspec.to_builtins(made))
    naming_edits.use_naming(store, 1)
    assert store.names_revision() > revision
    names = NamesSource(root, 0.0).load()
    assert names.notice == "" and names.model.suffix == f"+names-{made.weights_hash[:8]}"
    assert identifier_with(Queries(store.engine).active_naming()).endswith(names.model.suffix)
    (folder / "naming.safetensors").write_bytes(b"torn")
    plain = NamesSource(root, 0.0).load()
    assert plain.model.suffix == "" and plain.notice.startswith("N1 is not used. ")
    naming_edits.use_naming(store, None)
    assert NamesSource(root, 0.0).load().notice == ""


def test_a_job_that_was_cut_off_keeps_to_the_labels_that_it_began_with(store, monkeypatch):
    named_things.name_things(store, per_kind=6)
    root = store.folder.root
    whole = tune(_folder(store, "whole"), root, seed=1, made_s=5.0, report=quiet, steps=40)
    cut = _folder(store, "cut")

    def die(progress):
        if progress.stage == "tune" and progress.done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(cut, root, seed=1, made_s=5.0, report=die, steps=40)
    named_things.name_things(store, per_kind=2, seed=5)
    monkeypatch.setattr(naming_looks, "gather", None)  # it must not look again
    again = tune(cut, root, seed=1, made_s=5.0, report=quiet, steps=40)
    assert (again.weights_hash, again.data_hash, again.labels) == (whole.weights_hash, whole.data_hash, whole.labels)
    assert load_naming(cut).manifest == again


def test_a_catalogue_that_was_not_brought_on_yet_is_refused_in_a_sentence(store):
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE naming_version"))
    with pytest.raises(StoreError, match="written by an earlier Pendant"):
        NamesSource(store.folder.root, 0.0).load()


def test_it_ends_early_when_it_is_told_to(store):
    named_things.name_things(store, per_kind=6)
    made = tune(_folder(store, "n"), store.folder.root, seed=1, made_s=0.0, report=quiet, stopped=lambda: True)
    assert made.settings["steps"] == 1.0 < naming.STEPS


def test_too_few_labels_are_said_with_what_is_needed(store):
    named_things.name_things(store, per_kind=1)
    with pytest.raises(NothingToLearn, match="Name a few more things on See"):
        tune(_folder(store, "n"), store.folder.root, seed=1, made_s=0.0, report=quiet)


def _folder(store, name):
    made = store.folder.versions / name
    made.mkdir()
    return made


def test_versions_pin_what_scenes_say_they_were_identified_by():
    drawn = Scene([Solid("box", (0, 0, 0.04), (0.1, 0.1, 0.08), (200, 40, 40))])
    assert standard_identifier().identify(drawn.frame()[0], drawn.info(), None).identifier == identifier_with(None)
