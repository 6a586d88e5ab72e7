"""Demonstrations drawn by numbers: things on a table, with a preference that exists nowhere but in what was picked."""

import numpy as np

from core.motion.targets import pose
from core.policies.demonstration import Demonstration
from core.types import Detection, OrientedBox, Scene

BASKET = 9


def thing(instance, name, xy, size, yaw=0.0, score=0.95, color=(100, 100, 100)):
    box = OrientedBox(center=np.array([*xy, size[2] / 2]), size=np.array(size, float), R=pose(np.zeros(3), yaw)[:3, :3])
    return Detection(
        instance=instance,
        track=instance,
        class_id=None if name is None else sum(name.encode()),
        name=name,
        score=score,
        guesses=(),
        box=box,
        area_px=500,
        mean_color=np.array(color, float),
    )


def scene(*detections, **values):
    """A scene of those detections; what matters to a test is given by name."""
    known = {
        "camera": "c",
        "frame_seq": 1,
        "t_host_ns": 1,
        "labels": np.zeros((4, 4), np.uint16),
        "T_base_camera": np.eye(4),
        "table_frame": False,
        "identifier": "",
        "names_revision": 1,
    }
    return Scene(detections=detections, **(known | values))


def demonstrate(detections, pick, T_after):
    item = next(d for d in detections if d.instance == pick)
    T_grasp = pose(item.box.center, 0.3)
    before = pose(item.box.center, np.arctan2(item.box.R[1, 0], item.box.R[0, 0]))
    T_place = T_after @ np.linalg.inv(before) @ T_grasp
    return Demonstration(episode="e", detections=tuple(detections), pick=pick, T_base_pick=T_grasp, T_base_place=T_place)


def fruit_and_basket(rng):
    """Two to five fruit of different sizes and colours, and a basket."""
    found = []
    for i in range(rng.integers(2, 6)):
        side = rng.uniform(0.05, 0.1)
        size = (side, side * rng.uniform(0.7, 1), side * rng.uniform(0.8, 1))
        found.append(thing(i + 1, "fruit", rng.uniform([0.28, -0.3], [0.55, 0.12]), size, color=rng.uniform(40, 220, 3)))
    return [*found, thing(BASKET, "basket", rng.uniform([0.33, 0.2], [0.44, 0.29]), (0.28, 0.28, 0.095))]


def biggest(detections, rng):
    return max((d for d in detections if d.instance != BASKET), key=lambda d: np.prod(d.box.size)).instance


def leftmost(detections, rng):
    return max((d for d in detections if d.instance != BASKET), key=lambda d: d.box.center[1]).instance


def reddest(detections, rng):
    return max((d for d in detections if d.instance != BASKET), key=lambda d: d.mean_color[0] / d.mean_color.sum()).instance


def anyone(detections, rng):
    return int(rng.choice([d.instance for d in detections if d.instance != BASKET]))


def into_basket(detections, pick):
    basket = next(d for d in detections if d.instance == BASKET)
    return demonstrate(detections, pick, pose(basket.box.center + [0.01, 0, 0.13], 0.0))


def shown(preference, count, seed):
    """`count` demonstrations of an operator with a preference."""
    rng = np.random.default_rng(seed)
    tables = [fruit_and_basket(rng) for _ in range(count)]
    return [into_basket(table, preference(table, rng)) for table in tables]


def flush(rng):
    """A block of any size that is laid against the side of another one of any size: where it ends follows from both sizes."""
    own, other = rng.uniform(0.04, 0.09), rng.uniform(0.06, 0.12)
    block = thing(1, "red", rng.uniform([0.3, -0.3], [0.5, -0.1]), (own, own * 0.5, 0.04))
    fixed = thing(2, "blue", rng.uniform([0.35, 0.1], [0.45, 0.25]), (other, 0.04, 0.04))
    side = fixed.box.center + [other / 2 + own / 2 + 0.01, 0, 0]
    return demonstrate([block, fixed], 1, pose(side, 0.0))
