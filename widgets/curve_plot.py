"""The plot of the held-out error, drawn by pyqtgraph in our tokens. Imported by `widgets.charts` when there is a curve to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsScene, QGraphicsSimpleTextItem, QWidget

from widgets import paint, theme
from widgets.values import Curve

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 132, 10, 34
_WIDTHS = {"counts": 2.5, "training": 1.4}
_TICKS = 5


def nice_step(span: float, count: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that gives at most `count` steps."""
    if span <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(span / count))
    return float(next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= count))


class _Axis(pyqtgraph.AxisItem):
    """Few round ticks from 0 to `end`; `counted`: only whole ones."""

    def __init__(self, side: str, *, counted: bool) -> None:
        super().__init__(side)
        self._counted, self.end = counted, 1.0
        self.setStyle(tickLength=0, tickTextOffset=10 if side == "left" else 8, hideOverlappingLabels=False)

    def boundingRect(self) -> QRectF:
        # With grid lines the axis claims no room for words that reach over its ends, and leaves those out.
        return QRectF(super().boundingRect()).adjusted(-_BOTTOM, -_BOTTOM, _BOTTOM, _BOTTOM)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        step = self.step()
        return [(step, list(np.arange(0, self.end + step / 2, step)))]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        digits = max(1, int(-np.floor(np.log10(spacing))))
        return [f"{round(v):,}".replace(",", " ") if self._counted else f"{v:.{digits}f}" for v in values]

    def step(self) -> float:
        """How far ticks are apart."""
        step = nice_step(self.end, _TICKS)
        return max(1.0, step) if self._counted else step


class CurvePlot(pyqtgraph.PlotWidget):
    """Curves over steps; each is named at its end, where there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._x, self._y = _Axis("bottom", counted=True), _Axis("left", counted=False)
        super().__init__(parent, axisItems={"bottom": self._x, "left": self._y}, enableMenu=False)
        # The scene's index keeps places of curves that are gone when their bounds changed unannounced, and painting them ends the program.
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setAntialiasing(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        plot = self.getPlotItem()
        plot.setMouseEnabled(False, False)
        plot.hideButtons()
        plot.layout.setContentsMargins(0, _TOP, _RIGHT, 0)
        # Points at the edge of the range are drawn whole.
        plot.getViewBox().setFlag(plot.getViewBox().GraphicsItemFlag.ItemClipsChildrenToShape, False)
        self._y.setWidth(_LEFT)
        self._x.setHeight(_BOTTOM)
        self._curves: tuple[Curve, ...] = ()
        self._names: list[QGraphicsSimpleTextItem] = []
        self.restyle()

    def restyle(self) -> None:
        """Take the tokens of the theme in force."""
        self.setBackground(theme.color("panel"))
        for axis in (self._x, self._y):
            axis.setTickFont(theme.font("caption"))
            axis.setTextPen(theme.color("text_3"))
            axis.setPen(QPen(Qt.PenStyle.NoPen))
            axis.setTickPen(QPen(theme.color("line"), 1))
            axis.setZValue(-1)  # the grid lies under the curves
        self._y.setGrid(255)
        self._draw()

    def set_curves(self, curves: Sequence[Curve], x_max: float) -> None:
        """Show curves up to a number of steps."""
        self._curves = tuple(curve for curve in curves if len(curve.x))
        highest = max((float(np.nanmax(c.y)) for c in self._curves), default=0.5)
        step = nice_step(highest, _TICKS)
        self._x.end, self._y.end = max(x_max, 1.0), float(step * max(1, np.ceil(highest / step)))
        self.setRange(xRange=(0, self._x.end), yRange=(0, self._y.end), padding=0)
        self._draw()

    def _draw(self) -> None:
        plot = self.getPlotItem()
        plot.clear()
        for curve in self._curves:
            plot.addItem(self._item(curve))
        self._name_curves()

    @staticmethod
    def _item(curve: Curve) -> Any:
        counts = curve.kind == "counts"
        pen = pyqtgraph.mkPen(_color(curve), width=_WIDTHS.get(curve.kind, 1.6))
        if curve.kind == "before":
            pen.setDashPattern([2, 2.4])
        if not counts:
            return pyqtgraph.PlotDataItem(curve.x, curve.y, pen=pen, antialias=True)
        last = np.arange(len(curve.x)) == len(curve.x) - 1
        return pyqtgraph.PlotDataItem(
            curve.x,
            curve.y,
            pen=pen,
            antialias=True,
            symbol="o",
            symbolSize=np.where(last, 11, 9),
            symbolPen=pyqtgraph.mkPen(_color(curve), width=2),
            symbolBrush=[theme.color("accent" if at_end else "panel") for at_end in last],
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_names"):
            self._name_curves()

    def _name_curves(self) -> None:
        """Names beside the ends of the curves, none over another or on the line of the version before."""
        for name in self._names:
            self.scene().removeItem(name)
        self._names = []
        self.getPlotItem().layout.activate()
        taken = self._level_lines()
        for curve in self._curves:
            font = theme.font("strong" if curve.kind == "counts" else "caption")
            rect = self._room(curve, paint.text_width(font, curve.label))
            step = -20 if curve.kind == "counts" else 20
            while any(rect.intersects(other) for other in taken):
                rect.translate(0, step)
            taken.append(rect)
            name = QGraphicsSimpleTextItem(curve.label)
            name.setFont(font)
            name.setBrush(_color(curve))
            name.setPos(rect.topLeft())
            self.scene().addItem(name)
            self._names.append(name)

    def _level_lines(self) -> list[QRectF]:
        view = self.getPlotItem().getViewBox()
        left, width = view.sceneBoundingRect().left(), view.sceneBoundingRect().width()
        levels = [float(curve.y[-1]) for curve in self._curves if curve.kind == "before"]
        return [QRectF(left, view.mapViewToScene(QPointF(0.0, level)).y() - 2, width, 4) for level in levels]

    def _room(self, curve: Curve, width: float) -> QRectF:
        view = self.getPlotItem().getViewBox()
        end = view.mapViewToScene(QPointF(min(float(curve.x[-1]), self._x.end), float(curve.y[-1])))
        right = view.sceneBoundingRect().right()
        inside = end.x() < right - width - 14
        above = -35 if curve.kind == "counts" and inside else 12 if curve.kind == "training" and inside else 0
        return QRectF(end.x() + 14 if inside else right + 12, end.y() + above - 10, width + 2, 20)


def _color(curve: Curve) -> Any:
    return theme.color("accent" if curve.kind == "counts" else "text_2")
