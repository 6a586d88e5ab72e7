"""The layer over a view that a tool works in: takes strokes, clicks and the wheel, draws brush, stroke and what would become of it.

The same for the cloud and the colour image; the view says which colour pixel lies where. Other buttons go through to the view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QWidget

from widgets import theme

Tool = Literal["", "add", "outline", "split"]
Border = npt.NDArray[np.float64]
_CLICK_PX = 4.0
_CUT_PX = 1.5
_LINE_POINTS = 40
_SMALLEST_PX, _LARGEST_PX = 3.0, 90.0


class ToolPane(QWidget):
    """Positions are the view's. Emits strokes as (N, 2) positions with the radius and whether they erase, clicks, and where it points.

    `painted(ms)`: a move of the brush was drawn that many milliseconds after it came.
    """

    stroke_finished = Signal(object, float, bool)
    clicked = Signal(float, float)
    pointed = Signal(float, float)
    painted = Signal(float)

    def __init__(self, view: QWidget, positions_of: Callable[[Border], Border]) -> None:
        super().__init__(view)
        self.setAccessibleName("Brush")
        self.setMouseTracking(True)
        self._view, self._positions_of = view, positions_of
        self._tool: Tool = ""
        self.radius = 14.0
        self._stroke: list[QPointF] = []
        self._erase = False
        self._cursor: QPointF | None = None
        self._begun: QPointF | None = None
        self._preview: Sequence[Border] = ()
        self._since = QElapsedTimer()
        view.installEventFilter(self)
        self.hide()

    def set_tool(self, tool: Tool) -> None:
        """Work as this tool; "" lets the view have the mouse again."""
        self._tool, self._stroke, self._preview = tool, [], ()
        self._cursor = self._begun = None
        self.setCursor(Qt.CursorShape.BlankCursor if tool == "outline" else Qt.CursorShape.CrossCursor)
        self.setGeometry(self._view.rect())
        self.setVisible(bool(tool))
        self.raise_()

    def set_preview(self, borders: Sequence[Border]) -> None:
        """Draw closed borders, each (N, 2) colour pixels as (u, v): what would become of it."""
        self._preview = borders
        self.update()

    def resize_brush(self, factor: float) -> None:
        """A larger or smaller brush."""
        self.radius = float(np.clip(self.radius * factor, _SMALLEST_PX, _LARGEST_PX))
        self.update()

    def step(self, dx: float, dy: float) -> None:
        """Move the cross by keys; it begins on what is worked on, else in the middle."""
        at = self._cross() + QPointF(dx, dy)
        self._cursor = QPointF(min(max(at.x(), 0.0), self.width() - 1.0), min(max(at.y(), 0.0), self.height() - 1.0))
        self.pointed.emit(self._cursor.x(), self._cursor.y())
        self.update()

    def dab(self, *, erase: bool) -> None:
        """What the mouse would do at the cross, by key: a dab, a click, or with the knife one end of a line."""
        at = self._cross()
        if self._tool == "outline":
            self.stroke_finished.emit(np.array([[at.x(), at.y()]]), self.radius, erase)
        elif self._tool == "split":
            self._cut_to(at)
        else:
            self.clicked.emit(at.x(), at.y())

    def _cut_to(self, at: QPointF) -> None:
        """The first place begins a line, the second ends it; the same place twice is a click."""
        if self._begun is None:
            self._begun = self._cursor = at
            self.update()
            return
        start, self._begun = self._begun, None
        self.update()
        if (at - start).manhattanLength() < _CLICK_PX:
            self.clicked.emit(at.x(), at.y())
        else:
            self.stroke_finished.emit(np.linspace((start.x(), start.y()), (at.x(), at.y()), _LINE_POINTS), _CUT_PX, False)

    def _cross(self) -> QPointF:
        """Where the cross is, or begins."""
        if self._cursor is not None:
            return self._cursor
        border = self._positions_of(max(self._preview, key=len)) if self._preview else np.zeros((0, 2))
        inside = border[(border >= 0).all(1) & (border < [self.width(), self.height()]).all(1)]
        return QPointF(*((inside.min(0) + inside.max(0)) / 2)) if len(inside) else QPointF(self.rect().center())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._view.rect())
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._stroke, self._begun = [event.position()], None
        self._erase = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._touch(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & ~Qt.MouseButton.LeftButton:
            event.ignore()
            return
        if self._stroke:
            self._stroke.append(event.position())
        self._touch(event.position())
        self.pointed.emit(event.position().x(), event.position().y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._stroke:
            event.ignore()
            return
        stroke, self._stroke = self._stroke, []
        far = max((p - stroke[0]).manhattanLength() for p in stroke)
        if self._tool == "add" or (self._tool == "split" and far < _CLICK_PX):
            self.clicked.emit(event.position().x(), event.position().y())
        else:
            points = np.array([[p.x(), p.y()] for p in stroke])
            self.stroke_finished.emit(points, _CUT_PX if self._tool == "split" else self.radius, self._erase)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._tool == "outline":
            self.resize_brush(1.0015 ** event.angleDelta().y())
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        if not self._stroke:
            self._cursor = None
            self.update()

    def _touch(self, at: QPointF) -> None:
        """The smallest part that changes is painted anew: below lies a whole cloud."""
        reach = self.radius + 4
        old = self._cursor or at
        self._cursor = at
        self._since.start()
        if self._begun is not None:
            self.update()
        self.update(QRectF(old, at).normalized().adjusted(-reach, -reach, reach, reach).toAlignedRect())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for border in self._preview:
            self._paint_border(painter, border)
        if self._stroke:
            self._paint_stroke(painter, self._stroke)
        elif self._begun is not None and self._cursor is not None:
            self._paint_stroke(painter, [self._begun, self._cursor])
        if self._cursor is not None:
            self._paint_cursor(painter, self._cursor)
        painter.end()
        if self._since.isValid():
            self.painted.emit(self._since.nsecsElapsed() / 1e6)
            self._since.invalidate()

    def _paint_border(self, painter: QPainter, border: Border) -> None:
        line = QPolygonF([QPointF(*p) for p in self._positions_of(border)])
        for color, width in ((theme.color("ink"), 4.0), (theme.color("accent"), 2.0)):
            painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
            painter.drawPolygon(line)

    def _paint_stroke(self, painter: QPainter, stroke: Sequence[QPointF]) -> None:
        line = QPolygonF([*stroke, stroke[-1] + QPointF(0.1, 0)])
        styles: tuple[tuple[QColor, float], ...]
        if self._tool == "split":
            styles = ((theme.color("ink"), 5.0), (theme.color("on_accent"), 2.5))
        else:
            styles = ((theme.color("canvas" if self._erase else "accent", 0.5), 2 * self.radius),)
        for color, width in styles:
            painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
            painter.drawPolyline(line)

    def _paint_cursor(self, painter: QPainter, at: QPointF) -> None:
        for color, width in ((theme.color("ink"), 3.0), (theme.color("on_accent"), 1.5)):
            painter.setPen(QPen(color, width))
            if self._tool == "outline":
                painter.drawEllipse(at, self.radius, self.radius)
            else:
                painter.drawLine(at - QPointF(8, 0), at + QPointF(8, 0))
                painter.drawLine(at - QPointF(0, 8), at + QPointF(0, 8))
