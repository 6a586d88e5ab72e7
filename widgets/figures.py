"""Painted figures of the columns: the score of today, counts per name, checks, where demonstrations began."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.values import Bar, Check, CoveragePoint

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MIDDLE = Qt.AlignmentFlag.AlignCenter
_MARKS = {
    "worked": ("check-bold", "ok"),
    "take-over": ("user-bold", "warn"),
    "missed": ("x-bold", "danger"),
    "running": ("play-bold", "accent"),
    "stopped": ("octagon-bold", "danger"),
    "cut off": ("scissors-bold", "text_2"),
}


class Score(QWidget):
    """ "6 of 7 worked alone" with one mark per rollout (worked, take-over, missed, stopped, cut off, running)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figure, self._words = "", ""
        self._marks: tuple[str, ...] = ()
        self.setMinimumHeight(84)

    def set_score(self, figure: str, words: str, marks: Sequence[str]) -> None:
        """Show a score."""
        self._figure, self._words, self._marks = figure, words, tuple(marks)
        self.setAccessibleName(f"{figure} {words}: {', '.join(marks)}")
        self.setVisible(bool(figure))
        self.updateGeometry()
        self.update()

    def _per_row(self) -> int:
        return max(1, round((self.width() + 7) // self._pitch()))

    def _pitch(self) -> float:
        """35 px a mark, closer where that keeps them in one row."""
        return min(35.0, max(31.0, (self.width() + 3) / max(1, len(self._marks))))

    def sizeHint(self) -> QSize:
        return QSize(200, 48 + 36 * max(1, -(-len(self._marks) // self._per_row())))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.font("figure")
        width = paint.text_width(font, self._figure)
        paint.text(painter, QRectF(0, 0, width + 2, 42), self._figure, font, theme.color("text"))
        paint.text(painter, QRectF(width + 10, 12, self.width() - width - 10, 24), self._words, theme.font("body"), theme.color("text_2"))
        for i, mark in enumerate(self._marks):
            icon, tone = _MARKS.get(mark, ("x-bold", "danger"))
            x, y = self._pitch() * (i % self._per_row()), 48 + 36 * (i // self._per_row())
            paint.rounded(painter, QRectF(x, y, 28, 28), 14, None, theme.color(tone), 1.4)
            paint.icon(painter, icon, x + 7, y + 14, theme.color(tone), 14)
        painter.end()


class Bars(QWidget):
    """Counts per name; few ones in warn with the word."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._bars: tuple[Bar, ...] = ()

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show counts, the most first."""
        self._bars = tuple(bars)
        self.setAccessibleName(self._title + ": " + ", ".join(f"{b.name} {b.count} {b.spoken}".rstrip() for b in bars))
        self.setVisible(bool(bars))
        self.setFixedHeight(32 + 28 * len(bars))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.text(painter, QRectF(0, 0, self.width(), 22), self._title, theme.font("strong"), theme.color("text"))
        most = max((bar.count for bar in self._bars), default=1) or 1
        end = 112 if any(bar.score for bar in self._bars) else 74
        widest = max((paint.text_width(theme.font("body"), bar.name) for bar in self._bars), default=0.0)
        begin = min(max(74.0, widest + 10), 0.45 * self.width())
        room = self.width() - begin - end - 2
        for i, bar in enumerate(self._bars):
            y = 32 + 28 * i
            paint.text(painter, QRectF(0, y, begin - 4, 22), bar.name, theme.font("body"), theme.color("text"))
            track = QRectF(begin, y + 7, room, 8)
            paint.rounded(painter, track, 4, theme.color("pressed"))
            track.setWidth(max(8.0, room * bar.count / most))
            paint.rounded(painter, track, 4, theme.color("warn" if bar.few else "text_2"))
            words = " · ".join(word for word in (str(bar.count), "few" if bar.few else "", bar.score) if word)
            paint.text(painter, QRectF(self.width() - end, y, end, 22), words, theme.font("caption"), theme.color("text_2"), _RIGHT)
        painter.end()


class ChecksList(QWidget):
    """What must hold: tick or cross, name, value; 44 px a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checks: tuple[Check, ...] = ()

    def set_checks(self, checks: Sequence[Check]) -> None:
        """Show the checks."""
        if tuple(checks) != self._checks:
            self._checks = tuple(checks)
            self.setAccessibleName("Checks: " + ", ".join(f"{c.name} {'good' if c.ok else 'not met'}, {c.value}" for c in checks))
            self.setFixedHeight(44 * len(checks) + 8)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for i, check in enumerate(self._checks):
            cy = 44 * i + 22
            tone = "ok" if check.ok else "danger"
            paint.icon(painter, "check-circle" if check.ok else "x-circle", 16, cy, theme.color(tone), 20)
            paint.text(painter, QRectF(48, cy - 14, 100, 28), check.name, theme.font("medium"), theme.color("text"))
            value = theme.color("text_2" if check.ok else "danger")
            paint.text(painter, QRectF(120, cy - 14, self.width() - 136, 28), check.value, theme.font("caption"), value, _RIGHT)
        painter.end()


class CoverageMap(QWidget):
    """The table from above: where demonstrations began as dots, the best next start as a dashed ring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[CoveragePoint, ...] = ()
        self._bounds = (0.0, -0.4, 0.8, 0.4)
        self._arm_far = False
        self.setFixedHeight(168)

    def set_points(self, points: Sequence[CoveragePoint], bounds: tuple[float, float, float, float], *, arm_far: bool = False) -> None:
        """Points in base, and the table's (x0, y0, x1, y1) in metres; `arm_far`: the arm stands at the far edge."""
        self._points, self._bounds, self._arm_far = tuple(points), bounds, arm_far
        begun = sum(not point.suggested for point in points)
        more = ", and where one more would help most" if begun < len(points) else ""
        self.setAccessibleName(f"Where {begun} demonstrations began on the table{more}")
        self.setVisible(bool(points))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.text(painter, QRectF(0, 0, self.width(), 22), "Where they began", theme.font("strong"), theme.color("text"))
        if any(point.suggested for point in self._points):
            legend = QRectF(self.width() - 150, 0, 150, 22)
            width = paint.text_width(theme.font("caption"), "best next")
            paint.text(painter, legend, "best next", theme.font("caption"), theme.color("text_3"), _RIGHT)
            self._ring(painter, QPointF(legend.right() - width - 14, 11), 6)
        rect = QRectF(0, 30, self.width(), self.height() - 30)
        paint.rounded(painter, rect, 8, theme.color("raised"), theme.color("line"))
        foot = self._at(rect, 0.0, 0.0)
        painter.setClipRect(rect.adjusted(1, 1, -1, -1))
        edge = rect.top() + 2 if self._arm_far else rect.bottom() - 20
        paint.text(painter, QRectF(foot.x() - 30, edge, 60, 18), "arm", theme.font("caption"), theme.color("text_3"), _MIDDLE)
        for point in sorted(self._points, key=lambda p: not p.suggested):
            at = self._at(rect, point.x, point.y)
            if point.suggested:
                self._ring(painter, at, 11)
            else:
                painter.setPen(QPen(theme.color("raised"), 1.5))
                painter.setBrush(theme.color("accent"))
                painter.drawEllipse(at, 5, 5)
        painter.end()

    def _at(self, rect: QRectF, x: float, y: float) -> QPointF:
        """From above: base y points left and x away, turned round where the arm is at the far edge; one scale for both."""
        x0, y0, x1, y1 = self._bounds
        scale = min(rect.width() / max(1e-6, y1 - y0), rect.height() / max(1e-6, x1 - x0))
        scale = -scale if self._arm_far else scale
        return QPointF(rect.center().x() - scale * (y - (y0 + y1) / 2), rect.center().y() - scale * (x - (x0 + x1) / 2))

    @staticmethod
    def _ring(painter: QPainter, at: QPointF, radius: float) -> None:
        pen = QPen(theme.color("text_2"), 1.6)
        pen.setDashPattern([3, 2.5])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, radius, radius)
