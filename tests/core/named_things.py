"""Things to name, for the tests of tuned namings: looks made up as vectors, and a store with labels on drawn frames."""

import numpy as np

from core.learning.naming_looks import NamingLooks
from core.perception.names import EMBEDDING_VERSION, LENGTH, distance
from core.storage import edits
from tests.core.perception.scenes import Scene, Solid

# Four kinds far apart, and a look-alike pair that differs in one feature by less than another one scatters.
CENTRES = {1: (0, 0), 2: (9, 0), 3: (0, 9), 4: (30, 30), 5: (30, 31.6)}
_USED = 20
KINDS = {
    "lemon": ("ball", (0.05, 0.05, 0.05), (225, 205, 40)),
    "plum": ("ball", (0.04, 0.04, 0.04), (90, 40, 110)),
    "orange": ("ball", (0.06, 0.06, 0.06), (235, 130, 40)),
    "peach": ("ball", (0.06, 0.06, 0.06), (232, 142, 78)),
    "block": ("box", (0.06, 0.04, 0.04), (60, 110, 190)),
}


def vector(**at):
    """A vector with the given values at features f0 .. f19 that count alike: f3=2.0 alone lies 2 / sqrt(23) sigmas from nothing."""
    made = np.zeros(_USED, np.float32)
    for place, value in at.items():
        made[int(place[1:])] = value
    return spread(made)


def spread(values):
    """Vectors f32 (..., LENGTH) of values (..., 20) in features that count alike, whatever the embedding."""
    made = np.zeros((*np.shape(values)[:-1], LENGTH), np.float32)
    one = np.zeros(LENGTH, np.float32)
    one[-1] = 1.0
    unit = 23**-0.5 / float(distance(np.zeros(LENGTH, np.float32), one[None])[0])
    made[..., -_USED:] = np.asarray(values) * unit
    return made


def vectors_of(classes, rng):
    """Looks (N, LENGTH) of those classes: the place of the kind, noise, and a wide scatter in a feature that says nothing."""
    made = rng.normal(0, 0.6, (len(classes), _USED))
    made[:, 2:6] += np.array([CENTRES[c][0] for c in classes])[:, None]
    made[:, 6:10] += np.array([CENTRES[c][1] for c in classes])[:, None]
    made[:, 12:16] += rng.normal(0, 2.5, (len(classes), 1))
    return spread(made)


def looks(per_class=7, held=6, classes=tuple(CENTRES), seed=0):
    """A snapshot as `gather` makes it; the variants are one more look each."""
    rng = np.random.default_rng(seed)
    own = np.repeat(np.array(classes, np.int64), per_class)
    kept = np.repeat(np.array(classes, np.int64), held)
    return NamingLooks(
        embedding=EMBEDDING_VERSION,
        labels=np.arange(1, len(own) + 1),
        classes=own,
        vectors=vectors_of(own, rng),
        variants=vectors_of(own, rng),
        variant_of=np.arange(len(own)),
        others=np.zeros((0, LENGTH), np.float32),
        other_of=np.zeros(0, np.int64),
        held_labels=np.arange(1001, 1001 + len(kept)),
        held_classes=kept,
        held_vectors=vectors_of(kept, rng),
    )


def table(kinds=tuple(KINDS), seed=0):
    """A drawn frame of one thing a kind, with the truth (`Scene`, its label map)."""
    rng = np.random.default_rng(seed)
    scene = Scene([_solid(kind, n, rng) for n, kind in enumerate(kinds)], seed=seed, light=float(rng.uniform(0.8, 1.2)))
    frame, labels = scene.frame(seed)
    return frame, (scene, labels)


def name_things(store, per_kind=5, kinds=tuple(KINDS), seed=0):
    """Name every kind on `per_kind` drawn frames, each frame with all of them in other places and light."""
    for n in range(per_kind):
        frame, (scene, labels) = table(kinds, 100 * seed + n)
        for at, kind in enumerate(kinds):
            judgement = edits.Judgement(
                frame=frame,
                camera=scene.info(),
                T_base_camera=scene.T,
                mask=labels == at + 1,
                track=10 * n + at,
                center_base=np.array(scene.solids[at].center),
                identifier="test",
                score=0.5,
            )
            edits.name_object(store, judgement, kind)


def _solid(kind, column, rng):
    shape, size, color = KINDS[kind]
    at = (-0.26 + 0.13 * column + rng.uniform(-0.02, 0.02), rng.uniform(-0.08, 0.08), size[2] / 2)
    tint = tuple(int(c + rng.uniform(-14, 14)) for c in color)
    return Solid(shape, at, tuple(s * rng.uniform(0.95, 1.05) for s in size), tint, yaw=rng.uniform(0, 3))
