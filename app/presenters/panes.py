"""Where a tool draws: the panes over the cloud and the picture, and from their places to pixels of the colour grid."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF

from core.geometry import Mask
from core.perception import retouch
from widgets.cloud_view import CloudView
from widgets.image_view import ImageView
from widgets.stage import Stage
from widgets.tool_pane import Border, ToolPane


class Panes:
    """The two panes of the stage; one of them is at work."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def both(self) -> tuple[ToolPane, ToolPane]:
        """Over the cloud and over the picture."""
        return self._stage.cloud_pane, self._stage.image_pane

    def at_work(self) -> ToolPane:
        """The pane under the pointer, else of the large view."""
        for pane in self.both():
            if pane.underMouse():
                return pane
        return self._stage.image_pane if self._stage.swapped else self._stage.cloud_pane

    def pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """The colour pixel (u, v) at a place of the pane at work; None beside the picture."""
        stage = self._stage
        return stage.image.pixel_at(QPointF(x, y)) if self.at_work() is stage.image_pane else stage.cloud.pixel_at(x, y)

    def stroke(self, points: Border, radius: float, shape: tuple[int, int]) -> Mask | None:
        """A stroke of places (N, 2) and a radius in points of the screen, as a mask (H, W) of `shape`; None beside the picture."""
        pixels = [p for x, y in _thinned(points) if (p := self.pixel(x, y)) is not None]
        if not pixels:
            return None
        first = np.array([pixels[0], (pixels[0][0] + 8, pixels[0][1])], np.float64)
        there = self._view().positions_of(first)
        scale = float(np.hypot(*(there[1] - there[0]))) / 8 if len(there) == 2 else 1.0
        return retouch.stroke_mask(shape, np.array(pixels, np.float64), radius / max(scale, 0.05))

    def _view(self) -> CloudView | ImageView:
        stage = self._stage
        return stage.image if self.at_work() is stage.image_pane else stage.cloud


def _thinned(points: Border, most: int = 60) -> Border:
    return points if len(points) <= most else points[np.unique(np.linspace(0, len(points) - 1, most).astype(int))]
