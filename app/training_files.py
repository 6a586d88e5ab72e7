"""What a training is told and what it leaves in its folder; shared by the trainer, the window and the presenters. No Qt, nothing heavy."""

from __future__ import annotations

from typing import Literal

import msgspec

SPEC = "spec.json"
FINISH = "finish"


class TrainSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What to learn: `folder` (absolute) receives weights and manifest; `rehearsals` 0 = none; `cell` "" = not rehearsed.

    `what`: "policy", or "names" (of no task); `minutes`: when it ends at the latest, 0 = when it is done.
    """

    data: str
    folder: str
    task: str
    what: Literal["policy", "names"] = "policy"
    minutes: float = 0.0
    policy: str = "pickplace"
    seed: int = 1
    rehearsals: int = 10
    cell: str = ""


def picture_name(number: int) -> str:
    """The file of the last picture of rehearsal `number` (from 0) in a version's folder."""
    return f"rehearsal-{number:02d}.jpg"
