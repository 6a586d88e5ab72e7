import numpy as np

from core.errors import WeightsError
from core.geometry import deproject, depth_in_metres, transform
from core.perception import encoder, names
from core.perception.boxes import hug
from core.perception.names import Exemplar, NameModel
from tests.core.perception.scenes import Scene, Solid

KINDS = {
    "red box": ("box", (0.10, 0.06, 0.08), (190, 40, 40)),
    "blue box": ("box", (0.08, 0.08, 0.04), (40, 60, 180)),
    "green ball": ("ball", (0.07, 0.07, 0.07), (40, 150, 60)),
    "orange": ("ball", (0.075, 0.075, 0.075), (235, 130, 20)),
    "lemon": ("ball", (0.08, 0.06, 0.06), (240, 215, 50)),
    "plum": ("ball", (0.05, 0.05, 0.05), (100, 40, 110)),
    "white cup": ("cup", (0.08, 0.08, 0.09), (225, 225, 220)),
    "dark block": ("box", (0.05, 0.05, 0.05), (50, 45, 45)),
}
STRANGERS = {
    "peach": ("ball", (0.07, 0.07, 0.065), (236, 160, 110)),
    "teal box": ("box", (0.09, 0.05, 0.06), (30, 140, 140)),
    "big green box": ("box", (0.16, 0.1, 0.05), (60, 150, 40)),
    "pink ball": ("ball", (0.06, 0.06, 0.06), (230, 130, 170)),
}


def look(kind: str, seed: int = 0, light: float = 1.0, size: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape, extent, color = (KINDS | STRANGERS)[kind]
    extent = tuple(size * s for s in extent)
    solid = Solid(shape, (rng.uniform(-0.1, 0.1), rng.uniform(-0.1, 0.1), extent[2] / 2), extent, color, rng.uniform(0, 3))
    scene = Scene([solid], light=light, seed=seed)
    rgb, depth, labels = scene.render()
    metres = depth_in_metres(depth, 1e-4)
    points = transform(scene.T, deproject(metres, scene.camera)[labels == 1])
    box = hug(points)
    assert box is not None
    return names.embed(rgb, metres, labels == 1, box, table=labels == 0)


def model() -> NameModel:
    return NameModel([Exemplar(i, kind, look(kind)) for i, kind in enumerate(KINDS)])


def test_one_click_each_names_eight_kinds_in_other_light_and_size():
    known = model()
    rng = np.random.default_rng(3)
    right = [known.classify(look(k, 10 + i, rng.uniform(0.55, 1.4), rng.uniform(0.92, 1.08))).name == k for k in KINDS for i in range(5)]
    assert np.mean(right) >= 0.85


def test_kinds_never_named_are_unknown():
    known = model()
    strange = [known.classify(look(k, 20 + i)).class_id is None for k in STRANGERS for i in range(5)]
    assert np.mean(strange) >= 0.8


def test_scores_are_probabilities_and_guesses_are_sorted():
    answer = model().classify(look("lemon", 4))
    assert 0 <= answer.score <= 1 and answer.name == "lemon"
    scores = [g.score for g in answer.guesses]
    assert scores == sorted(scores, reverse=True) and sum(scores) <= 1 + 1e-6


def test_nothing_named_means_unknown():
    assert NameModel([]).classify(look("lemon")).class_id is None


def test_the_vector_has_its_length_and_is_finite():
    vector = look("plum")
    assert vector.shape == (names.LENGTH,) and vector.dtype == np.float32 and np.isfinite(vector).all()


def told(answer: names.Naming) -> tuple:
    return answer.class_id, answer.name, answer.score, [(g.class_id, g.name, g.score) for g in answer.guesses]


def test_ten_thousand_labels_answer_as_their_nearest_ones_do():
    rng = np.random.default_rng(6)
    centres = rng.normal(0, 3, (12, names.LENGTH)).astype(np.float32)
    classes = rng.integers(0, 12, 10_000)
    vectors = centres[classes] + rng.normal(0, 1, (10_000, names.LENGTH)).astype(np.float32)
    known = NameModel([Exemplar(int(c), f"kind {c}", v) for c, v in zip(classes, vectors, strict=True)])
    asked = centres[3] + rng.normal(0, 1, names.LENGTH).astype(np.float32)
    apart = names.distance(asked, vectors)
    answer = known.classify(asked)
    nearest = {c: float(apart[classes == c].min()) for c in range(12)}
    wanted = names.decided(nearest, {c: f"kind {c}" for c in range(12)}, reject=names.REJECT * 10**-0.06)
    assert told(answer) == told(wanted)


def test_a_class_of_many_labels_reaches_less_far_around_each():
    vector = look("lemon")
    asked = vector.copy()
    asked[names.handmade.LENGTH :] += 2.2 / np.sqrt(names.LEARNED)
    one, many = (NameModel([Exemplar(0, "lemon", vector)] * n).classify(asked) for n in (1, 10))
    assert one.name == "lemon" and many.name is None


def test_the_order_in_which_labels_came_changes_no_answer():
    exemplars = [Exemplar(i, kind, look(kind)) for i, kind in enumerate(KINDS)]
    asked = look("orange", 7, light=0.8)
    assert told(NameModel(exemplars).classify(asked)) == told(NameModel(exemplars[::-1]).classify(asked))


def test_a_thing_half_way_between_two_kinds_is_not_called_sure():
    between = names.decided({1: 1.0, 2: 1.02}, {1: "orange", 2: "peach"})
    sure = names.decided({1: 1.0, 2: 3.0}, {1: "orange", 2: "peach"})
    assert between.name == sure.name == "orange" and between.score < 0.6 < 0.9 < sure.score


def test_without_the_learned_part_names_come_from_what_is_measured_and_it_is_said(monkeypatch):
    def torn():
        raise WeightsError("names.safetensors is torn.")

    assert names.lacking() == ""
    monkeypatch.setattr(encoder, "standard_encoder", torn)
    assert names.lacking() == "Names come from what is measured alone. names.safetensors is torn."
    known = model()
    right = [known.classify(look(kind, 20 + seed, light)).name == kind for kind in KINDS for seed, light in enumerate((0.7, 1.3))]
    strangers = [known.classify(look(kind, 30)).name is None for kind in STRANGERS]
    assert np.mean(right) > 0.8 and np.mean(strangers) >= 0.5
