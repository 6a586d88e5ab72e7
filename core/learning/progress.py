"""What a training says while it goes on: plain values from the trainer to whoever watches. Light to import, for the window."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Point(msgspec.Struct, frozen=True, array_like=True):
    """The mean loss after `step` steps: on what the models learned from, and on what they had left out."""

    step: int
    training: float
    held_out: float


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job stands. `stage`: names, teach, policy, check, rehearse, run, looks, tune, score, done; `done` of `total` in it.

    `curve` and `loss` as in the manifest; `notice`: something the operator should know though the job goes on; `device`: what it runs on.
    `cut_off`: it ended without having been asked to, and can be gone on with.
    """

    stage: str
    done: int
    total: int
    sentence: str = ""
    notice: str = ""
    device: str = ""
    curve: list[tuple[int, float]] = []
    loss: list[Point] = []
    rehearsed: list[bool] = []
    folder: str = ""
    error: str = ""
    cut_off: bool = False


Report = Callable[[Progress], None]


def quiet(_: Progress) -> None:
    """Report to nobody."""
