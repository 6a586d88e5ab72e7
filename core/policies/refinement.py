"""A learned correction of where a thing goes: how the place shifts with the sizes and the position of what is moved and what it goes by.

The weights are learned by `core.learning.refinement`; used here with numpy. Example: flush with an edge, for things of other sizes.
"""

from __future__ import annotations

import numpy as np

from core.motion.targets import long_short
from core.types import Array, Data, Detection

FEATURES = ("length", "width", "height", "its length", "its width", "its height", "its x", "its y")


class Refinement(Data, frozen=True, kw_only=True):
    """Linear in the features: `middle`, `scale` (D,), `linear` (D, 2), `offset` (2,), metres in the relation's frame."""

    middle: Array
    scale: Array
    linear: Array
    offset: Array

    def shift(self, features: Array) -> Array:
        """What to add (2,) to the relation's place, in its frame, metres."""
        # Beyond what was seen a straight line guesses wildly: twice the spread of the demonstrations is far enough.
        x = np.clip((features - self.middle) / self.scale, -2.5, 2.5)
        return np.asarray(x @ self.linear + self.offset, np.float64)


def features(item: Detection, reference: Detection | None) -> Array:
    """The values (D,) of `FEATURES`; zeros for the table as the reference."""
    own = [*long_short(item), float(item.box.size[2])]
    if reference is None:
        return np.array([*own, 0.0, 0.0, 0.0, 0.0, 0.0])
    return np.array([*own, *long_short(reference), float(reference.box.size[2]), *reference.box.center[:2]])
