"""The chart of the held-out error on Learn: words while there is no curve, then pyqtgraph's plot, which is loaded only then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets import paint, theme
from widgets.values import Curve

if TYPE_CHECKING:
    from widgets.curve_plot import CurvePlot


_WAITING = "Drawn while a version learns"


class ErrorChart(QWidget):
    """Curves over steps: held-out in accent with its points, training quiet, the last version dotted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plot: CurvePlot | None = None
        self._curves: tuple[Curve, ...] = ()
        self._x_max, self._empty = 0.0, _WAITING
        self.setMinimumHeight(180)
        self.setAccessibleName("Held-out error by number of demonstrations")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def set_curves(self, curves: Sequence[Curve], x_max: float, *, empty: str = "") -> None:
        """Show curves up to a number of steps; `empty`: why there are none."""
        empty = empty or _WAITING
        if (x_max, empty) == (self._x_max, self._empty) and _same(curves, self._curves):
            return
        self._curves, self._x_max, self._empty = tuple(curves), x_max, empty
        self.setAccessibleDescription(", ".join(curve.label for curve in curves) or empty)
        drawn = any(len(curve.x) for curve in curves)
        if drawn:
            self._made().set_curves(curves, x_max)
        if self._plot is not None:
            self._plot.setVisible(drawn)
        self.update()

    def _made(self) -> CurvePlot:
        if self._plot is None:
            # pyqtgraph takes a third of a second to load, which the start of the window does not pay for.
            from widgets.curve_plot import CurvePlot

            self._plot = CurvePlot(self)
            self._column.addWidget(self._plot)
        return self._plot

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._plot.restyle()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._plot is None or not self._plot.isVisible():
            painter = QPainter(self)
            centre = Qt.AlignmentFlag.AlignCenter
            paint.text(painter, QRectF(self.rect()), self._empty, theme.font("body"), theme.color("text_3"), centre)
            painter.end()


def _same(some: Sequence[Curve], others: Sequence[Curve]) -> bool:
    """Whether nothing need be drawn anew."""
    if len(some) != len(others):
        return False
    return all(a.label == b.label and np.array_equal(a.x, b.x) and np.array_equal(a.y, b.y) for a, b in zip(some, others, strict=True))
