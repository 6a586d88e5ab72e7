"""The chart of the held-out error, drawn with QPainter: held-out in accent with its points, training quiet, the last version dotted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.values import Curve

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def nice_step(span: float, count: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that gives at most `count` steps."""
    if span <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(span / count))
    return float(next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= count))


class ErrorChart(QWidget):
    """Curves over steps; each is named at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: tuple[Curve, ...] = ()
        self._x_max = 1.0
        self.setMinimumHeight(180)
        self.setAccessibleName("Held-out error by number of demonstrations")

    def set_curves(self, curves: Sequence[Curve], x_max: float) -> None:
        """Show curves up to a number of steps."""
        self._curves, self._x_max = tuple(curves), max(x_max, 1.0)
        self.setAccessibleDescription(", ".join(curve.label for curve in curves))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not any(len(curve.x) for curve in self._curves):
            words, centre = "Drawn while a version learns", Qt.AlignmentFlag.AlignCenter
            paint.text(painter, QRectF(self.rect()), words, theme.font("body"), theme.color("text_3"), centre)
            painter.end()
            return
        highest = max((float(np.nanmax(c.y)) for c in self._curves if len(c.y)), default=0.5)
        step = nice_step(highest, 5)
        y_max = step * max(1, np.ceil(highest / step))
        plot = QRectF(44, 10, self.width() - 44 - 132, self.height() - 44)
        self._paint_axes(painter, plot, step, float(y_max))
        taken: list[QRectF] = []
        for curve in self._curves:
            self._paint_curve(painter, plot, curve, float(y_max), taken)
        painter.end()

    def _paint_axes(self, painter: QPainter, plot: QRectF, step: float, y_max: float) -> None:
        digits = max(1, int(-np.floor(np.log10(step))))
        for value in np.arange(0, y_max + step / 2, step):
            y = plot.bottom() - plot.height() * value / y_max
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            paint.text(painter, QRectF(0, y - 10, 34, 20), f"{value:.{digits}f}", theme.font("caption"), theme.color("text_3"), _RIGHT)
        for value in np.arange(0, self._x_max * 1.001, max(1.0, nice_step(self._x_max, 5))):
            x = plot.left() + plot.width() * value / self._x_max
            words = f"{int(value):,}".replace(",", " ")
            centre = Qt.AlignmentFlag.AlignCenter
            paint.text(painter, QRectF(x - 40, plot.bottom() + 8, 80, 20), words, theme.font("caption"), theme.color("text_3"), centre)

    def _paint_curve(self, painter: QPainter, plot: QRectF, curve: Curve, y_max: float, taken: list[QRectF]) -> None:
        if not len(curve.x):
            return
        xs = plot.left() + plot.width() * np.minimum(curve.x / self._x_max, 1.0)
        ys = plot.bottom() - plot.height() * curve.y / y_max
        line = QPolygonF([QPointF(x, y) for x, y in zip(xs, ys, strict=True)])
        color = theme.color("accent" if curve.kind == "counts" else "text_2")
        pen = QPen(color, {"counts": 2.5, "training": 1.4}.get(curve.kind, 1.6))
        if curve.kind == "before":
            pen.setDashPattern([2, 2.4])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawPolyline(line)
        if curve.kind == "counts":
            self._paint_points(painter, line.toList())
        self._paint_label(painter, plot, curve, line.last(), taken)

    @staticmethod
    def _paint_points(painter: QPainter, line: list[QPointF]) -> None:
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.setBrush(theme.color("panel"))
        for point in line[:-1]:
            painter.drawEllipse(point, 4, 4)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(line[-1], 5, 5)

    def _paint_label(self, painter: QPainter, plot: QRectF, curve: Curve, end: QPointF, taken: list[QRectF]) -> None:
        counts = curve.kind == "counts"
        font = theme.font("strong" if counts else "caption")
        width = paint.text_width(font, curve.label)
        x = end.x() + 14 if end.x() < plot.right() - width else plot.right() + 12
        y = end.y() - (34 if counts and x < plot.right() else 0) + (12 if curve.kind == "training" and x < plot.right() else 0)
        rect = QRectF(x, y - 11, min(width + 2, self.width() - x), 20)
        while any(rect.intersects(other) for other in taken):
            rect.translate(0, 20)
        taken.append(rect)
        paint.text(painter, rect.adjusted(0, 0, 0, 2), curve.label, font, theme.color("accent" if counts else "text_2"))
