"""The identifier that everything uses: geometry and learned evidence together. Called wherever frames become scenes.

Imports torch when it is made, not when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from core.motion.body import Capsule, arm_capsules
from core.motion.kinematics import ArmModel
from core.perception import names, propose, segment
from core.perception.identify import GeometricIdentifier
from core.perception.still import StillProposer, StillSegmenter
from core.types import Array


def standard_identifier(
    *,
    arm: ArmModel | None = None,
    clock: Callable[[], float] | None = None,
    weights: Path = segment.WEIGHTS,
    live: bool = False,
) -> GeometricIdentifier:
    """An identifier whose proposals combine geometry with the network in `weights`; its version names both.

    arm: the built-in arm, when it may be in the picture. live: a camera's frames follow each other fast; what lies still is not proposed
    anew with each of them.
    Raises WeightsError, in a sentence, when the weights are missing, torn or foreign.
    """
    segmenter = StillSegmenter(segment.load(weights))
    proposer = partial(propose.propose, segmenter=segmenter)
    made = GeometricIdentifier(
        arm_geometry=partial(_capsules, arm) if arm is not None else None,
        tool=arm.forward if arm is not None else None,
        clock=clock,
        proposer=StillProposer(proposer) if live else proposer,
    )
    made.version = f"combined-1.{segmenter.version}+{names.EMBEDDING_VERSION}"
    return made


def _capsules(arm: ArmModel, joints: Array) -> Sequence[Capsule]:
    """Of joints (6,) or, with the gripper's opening, (7,)."""
    return arm_capsules(arm, joints[:6], *joints[6:7])
