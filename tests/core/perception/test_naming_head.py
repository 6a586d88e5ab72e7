"""A head on the naming vector: it goes to a file and back, names through its map, and nothing torn, foreign or hostile is loaded."""

import hashlib

import numpy as np
import pytest
from safetensors.numpy import save

from core.errors import WeightsError
from core.perception.names import EMBEDDING_VERSION, LENGTH, NOT_AN_OBJECT, Exemplar
from core.perception.naming_head import FEW, FILE, NamingHead, names_of, read_head, suffix_of, write_head
from tests.core.named_things import vector

RNG = np.random.default_rng(3)


def some_head(rank=3):
    scale = np.ones(LENGTH, np.float32)
    scale[-18:-14] = 3.0
    return NamingHead(scale, *(RNG.normal(0, 0.05, (LENGTH, rank)).astype(np.float32) for _ in range(2)))


def test_a_head_comes_back_as_it_was_written(tmp_path):
    head = some_head()
    digest = write_head(tmp_path, head)
    again = read_head(tmp_path, digest, EMBEDDING_VERSION)
    x = RNG.normal(0, 3, (5, LENGTH)).astype(np.float32)
    np.testing.assert_array_equal(again.apply(x), head.apply(x))
    assert again.version == digest[:8] and suffix_of(again) == f"+names-{digest[:8]}"
    assert suffix_of(None) == names_of((), None).suffix == ""


def test_names_pass_through_the_map_and_what_is_no_object_does_not():
    head = some_head()
    exemplars = [Exemplar(1, "orange", vector(f2=0.0)), Exemplar(2, "peach", vector(f2=2.0, f3=2.0, f4=2.0))]
    near = vector(f2=0.5, f3=0.5)
    plain, tuned = names_of(exemplars, None), names_of(exemplars, head)
    assert plain.classify(near).name == tuned.classify(near).name == "orange"
    assert tuned.classify(near).score > plain.classify(near).score
    place = np.zeros(3)
    rejected = [*exemplars, Exemplar(NOT_AN_OBJECT, "", vector(f2=9.0), place)]
    for x in (vector(f2=9.0), vector(f2=12.0), near):
        assert names_of(rejected, head).is_rejected(x, place) == names_of(rejected, None).is_rejected(x, place)


def test_a_kind_with_few_labels_is_named_as_shipped_where_the_head_is_too_strict():
    strict = NamingHead(np.full(LENGTH, 4.0, np.float32), *(np.zeros((LENGTH, 1), np.float32),) * 2)
    new, known = vector(), vector(**{f"f{n}": 9.0 for n in range(16)})
    exemplars = [Exemplar(1, "new", new), *[Exemplar(2, "known", known + np.float32(0.01 * n)) for n in range(FEW)]]
    names = names_of(exemplars, strict)
    off = vector(**{f"f{n}": 3.0 for n in range(6)})
    assert names.classify(off).name == "new" == names_of(exemplars, None).classify(off).name
    assert names.classify(known + off).name is None and names_of(exemplars, None).classify(known + off).name == "known"


def test_a_head_of_another_embedding_is_refused_in_a_sentence(tmp_path):
    digest = write_head(tmp_path, some_head())
    with pytest.raises(WeightsError, match="names as shipped are used"):
        read_head(tmp_path, digest, "crop-of-yesterday")


def data_of(**changes):
    head = some_head()
    tensors = {"scale": head.scale, "left": head.left, "right": head.right} | changes
    return save({name: value for name, value in tensors.items() if value is not None})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04\x95 a pickle",
        b"\xff" * 400,
        data_of()[:-20],
        data_of(left=None),
        data_of(scale=np.ones(LENGTH + 1, np.float32)),
        data_of(left=np.ones((LENGTH, 2), np.float32)),
        data_of(left=np.zeros((LENGTH, 500), np.float32), right=np.zeros((LENGTH, 500), np.float32)),
        data_of(scale=np.full(LENGTH, np.nan, np.float32)),
        data_of(scale=np.full(LENGTH, 1e6, np.float32)),
        data_of(scale=np.array(["a"] * 3).view(np.uint8)),
        b"\0" * 2_000_000,
    ],
)
def test_torn_foreign_and_hostile_weights_are_refused(data, tmp_path):
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(WeightsError, match="not loaded"):
        read_head(tmp_path, hashlib.sha256(data).hexdigest(), EMBEDDING_VERSION)


def test_weights_that_are_not_those_that_were_checked_are_refused(tmp_path):
    digest = write_head(tmp_path, some_head())
    write_head(tmp_path, some_head())
    with pytest.raises(WeightsError, match="not those that were checked"):
        read_head(tmp_path, digest, EMBEDDING_VERSION)
    (tmp_path / FILE).unlink()
    with pytest.raises(WeightsError, match="missing"):
        read_head(tmp_path, digest, EMBEDDING_VERSION)
