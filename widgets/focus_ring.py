"""The focus ring, drawn over everything."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from widgets import paint, theme


class FocusRing(QWidget):
    """One transparent widget over the whole window that draws the focus ring 2 px outside the focused control."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._target: QWidget | None = None
        self._by_key = False
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)
        window.installEventFilter(self)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        ringed = new is not None and (new.inherits("QLineEdit") or (bool(new.property("ring_radius")) and getattr(new, "by_key", True)))
        inside = new is not None and ringed and new.window() is self.window()
        for widget in self._carried_by():
            widget.removeEventFilter(self)
        self._target = new if inside else None
        for widget in self._carried_by():
            widget.installEventFilter(self)
        if self._target is not None:
            self._target.destroyed.connect(self._forget)
        self._follow()

    def _carried_by(self) -> list[QWidget]:
        """The target and what it moves with, below the window."""
        found, widget = [], self._target
        while widget is not None and widget is not self.window():
            found.append(widget)
            widget = widget.parentWidget()
        return found

    def _forget(self) -> None:
        self._target = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self._follow()
        return False

    def _follow(self) -> None:
        target = self._target
        if target is None or not target.isVisible():
            self.hide()
            return
        rect = target.rect()
        drawn = getattr(target, "drawn_rect", None)
        if drawn is not None:
            rect = drawn().toRect()
        whole = QRect(target.mapTo(self.window(), rect.topLeft()), rect.size())
        for around in self._carried_by()[1:]:  # what a column scrolls out of sight has no ring there
            whole &= QRect(around.mapTo(self.window(), QPoint(0, 0)), around.size())
        self.setGeometry(whole.adjusted(-4, -4, 4, 4))
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._target is None:
            return
        radius = int(self._target.property("ring_radius") or 8) + 3
        painter = QPainter(self)
        paint.rounded(painter, QRectF(self.rect()).adjusted(0, 0, 0, 0), radius, None, theme.color("accent"), 2)
        painter.end()
