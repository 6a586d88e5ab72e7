"""Which labels are kept aside to score the names on: drawn once, when a frame is first labelled, and never drawn again.

One frame in five, by its hash: the draw does not depend on who, what or how many, so nobody can choose it. A class that has few labels
still learns from its held-out ones, because one click must be enough to name a kind; it has no score until it has `ENOUGH` others.
Prototypes are derived anew from the labels, so what such a label taught is gone the moment it is only scored. Training with gradient
steps forgets nothing and therefore never sees a held-out frame, whatever the class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from core.storage.records import Label

SHARE = 5
ENOUGH = 5


def drawn(frame_hash: str) -> bool:
    """Whether a frame (its SHA-256 in hex) is held out."""
    return int(frame_hash[:8], 16) % SHARE == 0


def scored_only(labels: Iterable[Label], held_out: Mapping[str, bool]) -> set[int]:
    """Ids of the labels that may only be scored. `held_out`: per frame hash what was drawn at its creation.

    Only names are held out: "not an object" is remembered for its place, and forgetting one would bring the thing back.
    """
    named = [label for label in labels if label.kind == "name" and label.class_id is not None]
    teaching = Counter(label.class_id for label in named if not held_out.get(label.frame_hash, False))
    return {label.id for label in named if held_out.get(label.frame_hash, False) and teaching[label.class_id] >= ENOUGH}
