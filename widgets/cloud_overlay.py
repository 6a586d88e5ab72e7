"""What is drawn over the cloud with QPainter: boxes, tags, axes, paths, rings, the canvas frame.

A transparent child of `cloud_view`, so lines are smooth without multisampling; projects with the same matrices as the shader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from core.types import OrientedBox
from widgets import paint, theme
from widgets.orbit import Matrix, project
from widgets.tags import paint_tag, place_tags, tag_size
from widgets.values import ObjectRow

Points = npt.NDArray[np.float64]

_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
# An edge: two corner indices and the two faces (axis, side) that meet in it.
_EDGES = [
    (a, b, [(axis, int(_CORNERS[a][axis] > 0)) for axis in range(3) if _CORNERS[a][axis] == _CORNERS[b][axis]])
    for a in range(8)
    for b in range(a + 1, 8)
    if (_CORNERS[a] != _CORNERS[b]).sum() == 1
]
_QUIET_BELOW = 480


@dataclass(frozen=True, slots=True)
class Marks:
    """Paths and rings in base, metres: planned and done paths (N, 3), pick point, place ring (centre, radius), where to start one."""

    planned: Points | None = None
    done: Points | None = None
    replay: bool = False
    pick: Points | None = None
    place: tuple[Points, float] | None = None
    start_here: Points | None = None


@dataclass(frozen=True, slots=True)
class OverlayState:
    """Everything one painting needs."""

    clip_from_base: Matrix
    view_from_base: Matrix
    eye: Points
    boxes: dict[int, OrientedBox] = field(default_factory=dict)
    rows: dict[int, ObjectRow] = field(default_factory=dict)
    selected: int = 0
    also: frozenset[int] = frozenset()
    hovered: int = 0
    marks: Marks = Marks()
    quiet: bool = False
    frame_token: str = ""
    live: bool = True


class CloudOverlay(QWidget):
    """The painted layer; `picture` stands in for the cloud where there is no OpenGL."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._state: OverlayState | None = None
        self._picture: QImage | None = None
        self._taken: dict[int, int] = {}

    def set_state(self, state: OverlayState) -> None:
        """What to paint next."""
        self._state = state
        self.update()

    def sight(self) -> OverlayState | None:
        """What is looked at, and from where; None where the picture stands in for the cloud."""
        return self._state if self._picture is None else None

    def set_picture(self, picture: QImage | None) -> None:
        """The colour image instead of the cloud."""
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._picture is not None:
            painter.fillRect(self.rect(), theme.color("canvas"))
            _letterboxed(painter, QRectF(self.rect()), self._picture)
        elif self._state is not None:
            self._paint(painter, self._state)
        if self._state is not None and self._state.frame_token:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(
                QPen(theme.color(self._state.frame_token), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin)
            )
            painter.drawRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))
        painter.end()

    def _paint(self, painter: QPainter, s: OverlayState) -> None:
        size = (self.width(), self.height())
        bounds: dict[int, QRectF] = {}
        for track, box in s.boxes.items():
            xy, w = project(corners(box), s.clip_from_base, *size)
            if (w <= 0.02).any():
                continue
            rect = QRectF(QPointF(*xy.min(axis=0)), QPointF(*xy.max(axis=0)))
            if s.live and rect.intersects(QRectF(self.rect())):
                bounds[track] = rect
                _paint_box(painter, xy, _facing(box, s.eye), s.rows.get(track), track == s.selected or track in s.also, track == s.hovered)
        _paint_marks(painter, s, size)
        if s.live:
            self._paint_tags(painter, s, bounds)
        if not s.quiet and self.height() >= _QUIET_BELOW:
            _paint_axes(painter, s.view_from_base, self.width())

    def _paint_tags(self, painter: QPainter, s: OverlayState, bounds: dict[int, QRectF]) -> None:
        quiet = s.quiet or self.height() < _QUIET_BELOW
        rows = {track: s.rows[track] for track in bounds if track in s.rows}
        chosen = () if s.quiet else (s.selected, *s.also)
        full = {t: (row.full_tag and not quiet) or t in (s.hovered, *chosen) for t, row in rows.items()}
        sizes = {t: tag_size(row, full[t]) for t, row in rows.items()}
        size = (self.width(), self.height())
        room, kept = QRectF(self.rect()).adjusted(8, 8, -8, -8), _start_rects(s, size)
        placed = place_tags({t: bounds[t] for t in rows}, sizes, room, self._taken, kept=kept)
        self._taken = {t: tag.candidate for t, tag in placed.items()}
        for tag in placed.values():
            if tag.leader is not None:
                painter.setPen(QPen(theme.color("text_2"), 1.25))
                painter.drawLine(tag.leader)
        for track, tag in placed.items():
            paint_tag(painter, tag.rect, rows[track], full=full[track], selected=track == s.selected or track in s.also)


def corners(box: OrientedBox) -> Points:
    """The eight corners of a box (8, 3)."""
    return box.center + (_CORNERS * box.size) @ box.R.T


def _letterboxed(painter: QPainter, rect: QRectF, image: QImage) -> None:
    size = QSizeF(image.size()).scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRectF(QPointF(rect.center().x() - size.width() / 2, rect.center().y() - size.height() / 2), size)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, image)


def _facing(box: OrientedBox, eye: Points) -> npt.NDArray[np.bool_]:
    """(3, 2): whether the face at (axis, side) faces the eye."""
    local = (eye - box.center) @ box.R
    half = box.size / 2
    return np.stack([local < -half, local > half], axis=1)


def _paint_box(painter: QPainter, xy: Points, facing: npt.NDArray[np.bool_], row: ObjectRow | None, selected: bool, hovered: bool) -> None:
    color = theme.color("select_outline") if selected else theme.object_color(row.color if row else None)
    width = 2.25 if selected or hovered else 1.6
    cased = not theme.tokens().dark and not selected and row is not None and row.color is not None
    dash = {"unsure": [7.0, 5.0], "unknown": [1.5, 5.5]}.get(row.state if row else "unknown")
    near: list[QLineF] = []
    hidden: list[QLineF] = []
    for a, b, faces in _EDGES:
        seen = any(facing[axis, side] for axis, side in faces)
        (near if seen else hidden).append(QLineF(QPointF(*xy[a]), QPointF(*xy[b])))
    faint = QColor(color)
    faint.setAlphaF(0.38)
    painter.setPen(_pen(faint, 1.2, dash))
    painter.drawLines(hidden)
    if cased:
        painter.setPen(_pen(QColor(theme.CASING), width + 1.8, dash))
        painter.drawLines(near)
    painter.setPen(_pen(color, width, dash))
    painter.drawLines(near)


def _pen(color: QColor, width: float, dash: Sequence[float] | None) -> QPen:
    # Round ends would send every line through Qt's path stroker: 3 ms a picture of fourteen boxes instead of 1.
    pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap if dash and dash[0] > 2 else Qt.PenCapStyle.SquareCap)
    if dash:
        pen.setDashPattern([max(0.2, d / width) for d in dash])
    return pen


def _paint_marks(painter: QPainter, s: OverlayState, size: tuple[int, int]) -> None:
    m = s.marks
    if m.start_here is not None:
        _ring(painter, s, size, m.start_here, 0.075, _pen(theme.color("text_2"), 1.6, (6, 5)))
    if m.place is not None:
        _ring(painter, s, size, m.place[0], m.place[1], QPen(theme.color("accent"), 2.5))
    for points, width, dash, token in (
        (m.done, 3.5, None, "accent" if s.frame_token == "accent" or m.replay else "text_2"),
        (m.planned, 3.0 if m.replay else 3.5, (3, 8) if m.replay else (10, 7), "accent"),
    ):
        if points is not None and len(points) > 1:
            _polyline(painter, project(points, s.clip_from_base, *size)[0], width, dash, token, arrow=points is m.planned)
    if m.pick is not None:
        at = QPointF(*project(m.pick[None], s.clip_from_base, *size)[0][0])
        painter.setPen(QPen(theme.color("accent"), 2.5))
        painter.setBrush(theme.color("canvas"))
        painter.drawEllipse(at, 7, 7)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(at, 2.5, 2.5)
    for rect in _start_rects(s, size):
        _start_tag(painter, rect)


def _start_rects(s: OverlayState, size: tuple[int, int]) -> list[QRectF]:
    """Where "start one here" is written, if it is."""
    if s.marks.start_here is None:
        return []
    at = QPointF(*project(s.marks.start_here[None], s.clip_from_base, *size)[0][0])
    width = 42 + paint.text_width(theme.font("medium"), "start one here")
    return [QRectF(at.x() - width / 2, at.y() - 52, width, 28)]


def _start_tag(painter: QPainter, rect: QRectF) -> None:
    paint.rounded(painter, rect, 7, theme.color("panel"), theme.color("line_strong"))
    paint.icon(painter, "plus-circle", rect.left() + 8, rect.center().y(), theme.color("text_2"), 18)
    paint.text(painter, rect.adjusted(32, 0, 0, 0), "start one here", theme.font("medium"), theme.color("text"))


def _ring(painter: QPainter, s: OverlayState, size: tuple[int, int], center: Points, radius: float, pen: QPen) -> None:
    angles = np.linspace(0, 2 * np.pi, 49)
    circle = center + radius * np.stack([np.cos(angles), np.sin(angles), np.zeros(49)], axis=1)
    xy, _ = project(circle, s.clip_from_base, *size)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("canvas", 0.7), pen.widthF() + 2.5))
    painter.drawPolyline(QPolygonF([QPointF(*p) for p in xy]))
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF([QPointF(*p) for p in xy]))


def _polyline(painter: QPainter, xy: Points, width: float, dash: Sequence[float] | None, token: str, *, arrow: bool) -> None:
    path = QPainterPath(QPointF(*xy[0]))
    for point in xy[1:]:
        path.lineTo(QPointF(*point))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(theme.color("canvas"), width + 3, None))
    painter.drawPath(path)
    painter.setPen(_pen(theme.color(token), width, dash))
    painter.drawPath(path)
    if arrow:
        _arrow(painter, xy, token)


def _arrow(painter: QPainter, xy: Points, token: str) -> None:
    tip = xy[-1]
    back = xy[max(0, int(len(xy) * 0.93) - 1)]
    along = tip - back
    length = float(np.hypot(*along))
    if length < 1e-6:
        return
    along = along / length
    side = np.array([-along[1], along[0]])
    corners = [tip + 8 * along, tip - 8 * along + 7 * side, tip - 8 * along - 7 * side]
    painter.setPen(QPen(theme.color("canvas"), 1.5))
    painter.setBrush(theme.color(token))
    painter.drawPolygon(QPolygonF([QPointF(*c) for c in corners]))


def _paint_axes(painter: QPainter, view_from_base: Matrix, width: int) -> None:
    origin = QPointF(width - 52, 56)
    for name, axis in zip("xyz", view_from_base[:3, :3].T, strict=True):
        end = origin + QPointF(axis[0] * 26, -axis[1] * 26)
        painter.setPen(QPen(theme.color("text_2"), 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(origin, end)
        at = origin + QPointF(axis[0] * 35, -axis[1] * 35)
        paint.text(
            painter,
            QRectF(at.x() - 8, at.y() - 9, 16, 18),
            name,
            theme.font("caption"),
            theme.color("text_2"),
            Qt.AlignmentFlag.AlignCenter,
        )
