"""The identifier that everything uses: geometry and learned evidence together. Called wherever frames become scenes.

Imports torch when it is made, not when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from core.errors import WeightsError
from core.motion.body import Capsule, arm_capsules
from core.motion.kinematics import ArmModel
from core.perception import identify, names, propose, segment
from core.perception.identify import GeometricIdentifier
from core.perception.still import StillProposer, StillSegmenter
from core.types import Array

_GEOMETRY_ALONE = "Things are told apart by geometry alone."


def standard_identifier(
    *,
    arm: ArmModel | None = None,
    clock: Callable[[], float] | None = None,
    weights: Path = segment.WEIGHTS,
    live: bool = False,
    lenient: bool = False,
) -> GeometricIdentifier:
    """An identifier whose proposals combine geometry with the network in `weights`; its version names both.

    arm: the built-in arm, when it may be in the picture. live: a camera's frames follow each other fast; what lies still is not proposed
    anew with each of them.
    lenient: without sound weights geometry alone does it, and every scene's `notice` says so: an operator can go on. Else
    raises WeightsError, in a sentence, when the weights are missing, torn or foreign.
    """
    loaded = _loaded(weights, lenient)
    proposer = partial(propose.propose, segmenter=loaded.segmenter)
    made = GeometricIdentifier(
        arm_geometry=partial(_capsules, arm) if arm is not None else None,
        tool=arm.forward if arm is not None else None,
        clock=clock,
        proposer=StillProposer(proposer) if live else proposer,
    )
    made.version = _version(loaded.segmenter.version) if loaded.segmenter else identify.VERSION
    made.notice = " ".join(filter(None, (loaded.notice, names.lacking())))
    return made


@cache
def standard_version(weights: Path = segment.WEIGHTS) -> str:
    """What `standard_identifier` calls itself with sound weights in that file, or without any, before it is made."""
    return _version(segment.version_of(weights.read_bytes())) if weights.is_file() else identify.VERSION


def _version(weights: str) -> str:
    return f"combined-1.{weights}+{names.EMBEDDING_VERSION}"


def _capsules(arm: ArmModel, joints: Array) -> Sequence[Capsule]:
    """Of joints (6,) or, with the gripper's opening, (7,)."""
    return arm_capsules(arm, joints[:6], *joints[6:7])


@dataclass(frozen=True)
class _Loaded:
    """A segmenter, or the sentences that say why there is none."""

    segmenter: StillSegmenter | None
    notice: str = ""


def _loaded(weights: Path, lenient: bool) -> _Loaded:
    try:
        return _Loaded(StillSegmenter(segment.load(weights)))
    except WeightsError as error:
        if not lenient:
            raise
        return _Loaded(None, f"{_GEOMETRY_ALONE} {error}")
