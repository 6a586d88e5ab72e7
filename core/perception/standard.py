"""The identifier that everything uses: geometry and learned evidence together. Called wherever frames become scenes.

Imports torch when it is made, not when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.perception import names, propose, segment
from core.perception.identify import ArmGeometry, GeometricIdentifier


def standard_identifier(
    *, arm_geometry: ArmGeometry | None = None, clock: Callable[[], float] | None = None, weights: Path = segment.WEIGHTS
) -> GeometricIdentifier:
    """An identifier whose proposals combine geometry with the network in `weights`; its version names both.

    Raises WeightsError, in a sentence, when the weights are missing, torn or foreign.
    """
    segmenter = segment.load(weights)
    made = GeometricIdentifier(arm_geometry=arm_geometry, clock=clock, proposer=partial(propose.propose, segmenter=segmenter))
    made.version = f"combined-1.{segmenter.version}+{names.EMBEDDING_VERSION}"
    return made
