"""What a policy learns from: the scene before a pick and place, what was picked, and how the object moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.motion.targets import PlaceTarget, pose_of, wrap_half, yaw_of
from core.policies.template import Template
from core.types import Array, Data, Detection, Scene


class Demonstration(Data, frozen=True, kw_only=True):
    """One demonstration in numbers.

    `detections`: what the identifier saw at its start; `pick`: the instance that was moved; `T_base_pick`, `T_base_place`: tool poses
    (4, 4) at the grasp and at the release; `template`: the picture from above of what was moved, where enough of it was seen.
    """

    episode: str
    detections: tuple[Detection, ...]
    pick: int
    T_base_pick: Array
    T_base_place: Array
    template: Template | None = None

    @property
    def item(self) -> Detection:
        """The object that was moved."""
        return next(d for d in self.detections if d.instance == self.pick)

    @property
    def others(self) -> tuple[Detection, ...]:
        """Everything else that was seen."""
        return tuple(d for d in self.detections if d.instance != self.pick)

    @property
    def T_base_after(self) -> Array:
        """Where the object ended (4, 4): its pose carried by the tool's motion."""
        moved = self.T_base_place @ np.linalg.inv(self.T_base_pick) @ pose_of(self.item)
        return np.asarray(moved, np.float64)


class Proposal(Data, frozen=True, kw_only=True):
    """What a policy would do now: move `pick` (instance) to `target`; or None with the reason in a sentence.

    `sure`: probability that `pick` is what is meant; `confidence`: that it will end where it should, too; `missing`: nothing of a kind to
    move was seen. `asks`: the name of which it must know what is one before it moves anything; `pick` then is what may be one.
    """

    pick: int
    target: PlaceTarget | None
    confidence: float
    reason: str = ""
    relation: str = ""
    sure: float = 0.0
    missing: bool = False
    asks: str = ""


def nothing(reason: str, *, missing: bool = False) -> Proposal:
    """The proposal to do nothing."""
    return Proposal(pick=0, target=None, confidence=0.0, reason=reason, missing=missing)


def question(item: Detection, name: str, sure: float) -> Proposal:
    """The proposal to ask whether `item` is a `name`; without a name nobody can be asked, and it says so."""
    reason = f"I am not sure which one is the {name}. Click it." if name else "I am not sure which one. Click it."
    return Proposal(pick=item.instance, target=None, confidence=0.0, sure=sure, reason=reason, asks=name)


def same_kind(a: Detection, b: Detection) -> float:
    """How unlike two objects are: 0 = the same name; by looks and size when either has no name; infinite for different names."""
    if a.class_id is not None and b.class_id is not None:
        return 0.0 if a.name == b.name else float("inf")
    return looks_apart(a, b)


def looks_apart(a: Detection, b: Detection) -> float:
    """Difference of mean colour (chromaticity and luma) and of size; about 1 where a person would doubt."""
    x, y = np.asarray(a.mean_color, np.float64), np.asarray(b.mean_color, np.float64)
    chroma = np.abs(x / max(x.sum(), 1.0) - y / max(y.sum(), 1.0)).sum() / 0.12
    luma = abs(x.mean() - y.mean()) / 90.0
    size = np.abs(np.log(np.sort(a.box.size[:2]) / np.maximum(np.sort(b.box.size[:2]), 1e-3))).sum() / 0.8
    return float(chroma + 0.5 * luma + size)


def turn_between(a: float, b: float, *, square: bool) -> float:
    """The difference of two turns (rad) of a box that looks the same after half a turn (a quarter when `square`)."""
    period = np.pi / 2 if square else np.pi
    return float((a - b + period / 2) % period - period / 2)


def turn(T: Array) -> float:
    """The turn of an upright pose modulo half a turn."""
    return wrap_half(yaw_of(T[:3, :3]))


def scene_detections(scene: Scene) -> tuple[Detection, ...]:
    """The detections of a scene that are in view."""
    return tuple(d for d in scene.detections if d.area_px > 0 and d.instance > 0)


def typical(scenes: Sequence[Scene]) -> int:
    """Index of the newest of those scenes that hold the most common number of things: depth noise splits or joins one now and then."""
    counts = [len(scene_detections(scene)) for scene in scenes]
    most = max(counts, key=lambda n: (counts.count(n), n))
    return max(i for i, n in enumerate(counts) if n == most)
