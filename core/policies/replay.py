"""`replay`: one demonstration. Finds the shown object again by its box, and repeats its motion relative to what it went to."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import NothingToLearn
from core.policies.demonstration import Demonstration
from core.policies.pickplace import PickPlacePolicy
from core.types import Goal


class ReplayPolicy(PickPlacePolicy):
    """Uses the newest demonstration alone, and moves only the kind that it showed."""

    name = "replay"
    learns = False

    def fit(self, demonstrations: Sequence[Demonstration], goals: Sequence[Goal]) -> None:
        """Take the last of `demonstrations`. Raises NothingToLearn without one."""
        if not demonstrations:
            raise NothingToLearn("There is no demonstration to repeat. Show it once.")
        super().fit(demonstrations[-1:], ())
