"""Buttons: primary, secondary, quiet, danger, icon, and the held press that starts the arm.

Space never activates a focused button; Enter does. A held press counts only from a fresh press while shown and enabled.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QCursor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from widgets import paint, theme
from widgets.values import ButtonSpec

Kind = Literal["primary", "secondary", "quiet", "danger"]
_PADDING = 14
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PaintedButton(QAbstractButton):
    """Base of all our buttons: hover repaint, focus by Tab, Enter clicks, Space is left to the page."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(name)
        self.setProperty("ring_radius", 8)
        self.by_key = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and not event.isAutoRepeat():
            self.click()
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def look_for_pointer(self) -> None:
        """Ask where the pointer is: a menu takes it, and Qt does not tell what opened the menu that it left."""
        self.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, self.rect().contains(self.mapFromGlobal(QCursor.pos())))
        self.update()

    def hovered(self) -> bool:
        """Whether the pointer is on it and a press would act."""
        return self.underMouse() and self.isEnabled()


class Button(PaintedButton):
    """A button with words, an optional icon and an optional key cap."""

    def __init__(self, text: str = "", key: str = "", kind: Kind = "secondary", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.kind: Kind = kind
        self.key = key
        self.icon_name = icon
        self.busy = False
        self._spec: ButtonSpec | None = None
        self._since = QElapsedTimer()
        self.setText(text)
        self.setFixedHeight(56 if kind == "primary" else 44)
        self.setProperty("ring_radius", 10 if kind == "primary" else 8)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_spec(self, spec: ButtonSpec) -> None:
        """Show a button's state; a disabled one says why in its tooltip."""
        if spec == self._spec:
            return
        if self._spec is None or self._spec.id != spec.id:
            self._since.start()
        self._spec = spec
        self.setText(spec.text)
        self.setAccessibleName(spec.text)
        self.setAccessibleDescription(spec.why)
        self.setToolTip(spec.why)
        self.key, self.icon_name, self.busy = spec.key, spec.icon, spec.busy
        if self.kind != "primary":
            self.kind = "danger" if spec.danger else "secondary"
        self.setEnabled(spec.enabled and not spec.busy)
        self.updateGeometry()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._since.isValid() and self._since.elapsed() < QApplication.doubleClickInterval():
            event.accept()  # the first of the two clicks was on what stood here before: "Cancel" must not become "Learn"
        else:
            super().mouseDoubleClickEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._since.start()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._since.start()
        super().showEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(round(self._content_width() + 2 * _PADDING), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(round(self._content_width() + _PADDING), self.height())

    def _font_role(self) -> theme.Role:
        return "heading" if self.kind == "primary" else "medium"

    def _content_width(self) -> float:
        width = paint.text_width(theme.font(self._font_role()), self.text())
        if self.icon_name:
            width += 30
        if self.key and not self.busy:
            width += paint.key_cap_width(self.key) + (12 if self.kind == "primary" else 8)
        return width

    def _colors(self) -> tuple[QColor | None, QColor | None, QColor]:
        """Fill, edge and words in the present state."""
        c = theme.color
        if self.busy:
            return c("selected"), c("accent"), c("accent")
        if not self.isEnabled():
            return (None if self.kind == "quiet" else c("raised")), None, c("text_off")
        if self.kind == "primary":
            state = "accent_fill_pressed" if self.isDown() else "accent_fill_hover" if self.hovered() else "accent_fill"
            return c(state), None, c("on_accent")
        fill = c("pressed") if self.isDown() else c("hover") if self.hovered() else None
        if self.kind == "danger":
            return fill, c("danger"), c("danger")
        if self.kind == "quiet":
            return fill, None, c("text_2")
        return fill, c("line_strong"), c("text")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill, edge, words = self._colors()
        rect = QRectF(self.rect())
        if fill is not None or edge is not None:
            paint.rounded(painter, rect, 10 if self.kind == "primary" else 8, fill, edge)
        self._paint_progress(painter, rect)
        self._paint_content(painter, rect, words)
        painter.end()

    def _paint_progress(self, painter: QPainter, rect: QRectF) -> None:
        """Hook of the held button."""

    def _paint_content(self, painter: QPainter, rect: QRectF, words: QColor) -> None:
        width = min(self._content_width(), rect.width() - 2 * (_PADDING if self.kind == "primary" else _PADDING / 2))
        x = rect.center().x() - width / 2
        right = x + width
        if self.icon_name:
            paint.icon(painter, self.icon_name, x, rect.center().y(), words)
            x += 30
        cap = paint.key_cap_width(self.key) if self.key and not self.busy else 0.0
        gap = 12 if self.kind == "primary" else 8
        paint.text(
            painter, QRectF(x, 0, right - x - (cap + gap if cap else 0), rect.height()), self.text(), theme.font(self._font_role()), words
        )
        if cap:
            self._paint_cap(painter, right - cap, rect.center().y(), words)

    def _paint_cap(self, painter: QPainter, x: float, cy: float, words: QColor) -> None:
        if not self.isEnabled():
            paint.key_cap(painter, x, cy, self.key, theme.color("text_off"), theme.color("line"))
        elif self.kind == "primary":
            paint.key_cap(painter, x, cy, self.key, words, None, QColor(0, 0, 0, 76))
        else:
            paint.key_cap(painter, x, cy, self.key, theme.color("text_2"), theme.color("line_strong"))


class IconButton(PaintedButton):
    """A 44 px square with an icon; `on` shows a mode that is active."""

    def __init__(self, icon: str, name: str, *, outlined: bool = False, size: int = 44, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.icon_name = icon
        self.outlined = outlined
        self.on = False
        self.setToolTip(name)
        self.setFixedSize(size, size)

    def set_on(self, on: bool) -> None:
        """Show the mode as active or not."""
        if on != self.on:
            self.on = on
            self.update()

    def set_icon(self, icon: str) -> None:
        """Change the picture."""
        self.icon_name = icon
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        c = theme.color
        fill = c("selected") if self.on else c("pressed") if self.isDown() else c("hover") if self.hovered() else None
        edge = (c("accent") if self.on else c("line_strong")) if self.outlined else None
        if fill is not None or edge is not None:
            paint.rounded(painter, QRectF(self.rect()), 8, fill, edge, 2 if self.outlined and self.on else 1)
        words = c("text_off") if not self.isEnabled() else c("accent") if self.on else c("text") if self.hovered() else c("text_2")
        paint.icon(painter, self.icon_name, (self.width() - 22) / 2, self.height() / 2, words)
        painter.end()


class Link(PaintedButton):
    """A quiet accent word that does something: "Change", "Watch"."""

    def __init__(self, text: str, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.icon_name = icon
        self.setText(text)
        self.setFixedHeight(44)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(round(paint.text_width(theme.font("medium"), self.text()) + (26 if self.icon_name else 0) + 2), 44)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.font("medium")
        font.setUnderline(self.hovered())
        words = theme.color("accent" if self.isEnabled() else "text_off")
        x = 0.0
        if self.icon_name:
            paint.icon(painter, self.icon_name, 0, self.height() / 2, words, 18)
            x = 26
        paint.text(painter, QRectF(x, 0, self.width() - x, self.height()), self.text(), font, words)
        painter.end()
