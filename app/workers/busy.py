"""A load for benches: keeps one niced core as busy as a rehearsal does (array work in short bursts). Talks to nobody; no Qt."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.transport.worker import Inputs, Output


class Busy:
    """The worker."""

    name = "busy"
    period_ns = 0
    reads = ()
    writes = ()

    def __init__(self) -> None:
        self._matrix = np.random.default_rng(1).random((256, 256))

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Compute for a few milliseconds."""
        self._matrix = np.tanh(self._matrix @ self._matrix.T / 256.0)
        return []

    def close(self) -> None:
        """Nothing to let go of."""
