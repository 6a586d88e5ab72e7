"""The identifier that everything uses: geometry and learned evidence together. Called wherever frames become scenes.

Imports torch when it is made, not when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.perception import names, propose, segment
from core.perception.identify import ArmGeometry, GeometricIdentifier
from core.perception.still import StillProposer, StillSegmenter


def standard_identifier(
    *,
    arm_geometry: ArmGeometry | None = None,
    clock: Callable[[], float] | None = None,
    weights: Path = segment.WEIGHTS,
    live: bool = False,
) -> GeometricIdentifier:
    """An identifier whose proposals combine geometry with the network in `weights`; its version names both.

    live: a camera's frames follow each other fast; what lies still is not proposed anew with each of them.
    Raises WeightsError, in a sentence, when the weights are missing, torn or foreign.
    """
    segmenter = StillSegmenter(segment.load(weights))
    proposer = partial(propose.propose, segmenter=segmenter)
    made = GeometricIdentifier(arm_geometry=arm_geometry, clock=clock, proposer=StillProposer(proposer) if live else proposer)
    made.version = f"combined-1.{segmenter.version}+{names.EMBEDDING_VERSION}"
    return made
