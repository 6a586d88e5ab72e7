"""The top bar (brand menu, five tabs, device chips, STOP) and the bottom line (what just happened, quiet facts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from widgets import paint, theme
from widgets.buttons import Button, PaintedButton
from widgets.device_chip import DeviceChip
from widgets.stop_button import StopButton
from widgets.values import BottomState, Chip

PAGES = ("see", "show", "review", "learn", "run")


class Tab(PaintedButton):
    """One page's word with its badge and underline."""

    def __init__(self, page: str, number: int, parent: QWidget | None = None) -> None:
        super().__init__(page.capitalize(), parent)
        self.setText(page.capitalize())
        self.setToolTip(f"Ctrl {number}")
        self.badge = 0
        self.current = False
        self.px = 17

    def set_state(self, current: bool, badge: int) -> None:
        """Show it as current, with how many things wait there."""
        if (current, badge) != (self.current, self.badge):
            self.current, self.badge = current, badge
            self.setAccessibleName(f"{self.text()}, {badge} waiting" if badge else self.text())
            self.setAccessibleDescription("Current page" if current else "")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.sized_font(self.px, QFont.Weight.DemiBold if self.current else QFont.Weight.Medium)
        words = theme.color("text" if self.current or self.hovered() else "text_2")
        width = paint.text_width(font, self.text())
        digits = str(self.badge)
        badge = max(20.0, paint.text_width(theme.sized_font(13), digits) + 12) if self.badge else 0.0
        total = width + (badge + 8 if badge else 0)
        x = max(0.0, (self.width() - total) / 2)
        paint.text(painter, QRectF(x, 0, width + 2, self.height()), self.text(), font, words)
        if badge:
            rect = QRectF(x + width + 8, self.height() / 2 - 10, badge, 20)
            paint.rounded(painter, rect, 10, theme.color("pressed" if theme.tokens().dark else "hover"))
            paint.text(painter, rect, digits, theme.sized_font(13), theme.color("text"), Qt.AlignmentFlag.AlignCenter)
        if self.current:
            line = QRectF((self.width() - 68) / 2, self.height() - 3, 68, 5)
            paint.rounded(painter, line, 2, theme.color("accent"))
        painter.end()


class Brand(PaintedButton):
    """The mark and the task's name: the menu of everything that is not daily work."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Task menu", parent)
        self._task = ""

    def set_task(self, task: str) -> None:
        """Show the task's name."""
        self._task = task
        self.setAccessibleName(f"Task: {task}. Menu")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        cy = self.height() / 2
        if self.hovered() or self.isDown():
            paint.rounded(painter, QRectF(8, cy - 24, self.width() - 20, 48), 8, theme.color("hover"))
        paint.icon(painter, "mark", 14, cy, theme.color("text"), 32)
        paint.text(painter, QRectF(56, cy - 20, 160, 18), "Pendant", theme.font("caption"), theme.color("text_3"))
        room = self.width() - 56 - 44
        width = min(room, paint.text_width(theme.font("strong"), self._task))
        paint.text(painter, QRectF(56, cy - 2, width + 2, 22), self._task, theme.font("strong"), theme.color("text"))
        paint.icon(painter, "caret-down-bold", 56 + width + 6, cy + 9, theme.color("text"), 14)
        painter.end()


class TopBar(QWidget):
    """Emits `page_requested`, `chip_clicked`, `menu_requested(position)`, `stop_requested`."""

    page_requested = Signal(str)
    chip_clicked = Signal(str)
    menu_requested = Signal(QPoint)
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._metrics = theme.metrics_for(1440)
        self.brand = Brand(self)
        self.brand.clicked.connect(lambda: self.menu_requested.emit(self.brand.mapToGlobal(QPoint(8, self.height()))))
        self.tabs = {page: Tab(page, i + 1, self) for i, page in enumerate(PAGES)}
        for page, tab in self.tabs.items():
            tab.clicked.connect(lambda _=False, name=page: self.page_requested.emit(name))
        self.chips: dict[str, DeviceChip] = {}
        self.stop = StopButton(self)
        self.stop.stop_requested.connect(self.stop_requested)
        self._page = "see"
        self._badges: dict[str, int] = {}

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Follow the window's width."""
        self._metrics = metrics
        self.setFixedHeight(metrics.top)
        self.stop.set_drawn_size(metrics.stop_width, metrics.stop_height)
        for tab in self.tabs.values():
            tab.px = metrics.tab_px
        self._arrange()

    def set_page(self, page: str) -> None:
        """Underline a page's tab."""
        self._page = page
        self._show_tabs()

    def set_badges(self, badges: Mapping[str, int]) -> None:
        """How many things wait on a page."""
        self._badges = dict(badges)
        self._show_tabs()

    def set_chips(self, chips: Sequence[Chip]) -> None:
        """Show the devices, in order."""
        for chip in chips:
            if chip.id not in self.chips:
                made = DeviceChip(chip, self)
                made.clicked.connect(lambda _=False, name=chip.id: self.chip_clicked.emit(name))
                made.show()
                self.chips[chip.id] = made
                self._arrange()
            self.chips[chip.id].set_chip(chip)

    def _show_tabs(self) -> None:
        for page, tab in self.tabs.items():
            tab.set_state(page == self._page, self._badges.get(page, 0))

    def _arrange(self) -> None:
        m = self._metrics
        self.brand.setGeometry(0, 0, m.left, m.top)
        for i, tab in enumerate(self.tabs.values()):
            tab.setGeometry(m.left + i * m.tab, 0, m.tab, m.top)
        spacing = 108 if self.width() < 1360 else 112
        room = self.width() - m.right - (len(self.chips) - 1) * spacing - 100
        x = max(m.left + 5 * m.tab + 16, min(m.left + 5 * m.tab + 60, room))
        for chip in self.chips.values():
            chip.move(x, (m.top - 44) // 2)
            x += spacing
        self.stop.setGeometry(self.width() - m.right, 0, m.right, m.top)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QPointF(0, self.height() - 0.5), QPointF(self.width(), self.height() - 0.5))
        painter.end()


class BottomLine(QWidget):
    """What just happened with its undo, and the quiet facts. The event elides first, then fps, then disk."""

    action_requested = Signal()
    keys_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(48)
        self._state = BottomState()
        self._action = Button("", kind="quiet", icon="arrow-u-up-left")
        self._action.clicked.connect(self.action_requested)
        self._keys = Button("Keys", "F1", kind="quiet")
        self._keys.clicked.connect(self.keys_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 6, 2)
        row.addStretch(1)
        row.addWidget(self._keys)
        self._action.setParent(self)
        self._action.hide()

    def set_state(self, state: BottomState) -> None:
        """Show a state."""
        if state == self._state:
            return
        self._state = state
        self.setAccessibleName(state.text)
        self._action.setVisible(bool(state.action))
        self._action.setText(state.action)
        self._action.setAccessibleName(state.action)
        self._action.key = state.action_key
        self._arrange()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _quiet(self) -> list[str]:
        """The quiet facts that fit: saved always, then disk, then fps."""
        parts = [part for part in (self._state.saved, self._state.disk, self._state.fps) if part]
        wanted = paint.text_width(theme.font("body"), self._state.text) + self._action_width() + 220
        while len(parts) > 1 and wanted + sum(paint.text_width(theme.font("caption"), p) + 24 for p in parts) > self.width():
            parts.pop()
        return parts

    def _action_width(self) -> float:
        return self._action.sizeHint().width() + 8 if self._state.action else 0.0

    def _text_room(self) -> float:
        quiet = sum(paint.text_width(theme.font("caption"), part) + 24 for part in self._quiet()) + 150
        return max(80.0, self.width() - 46 - quiet - self._action_width())

    def _arrange(self) -> None:
        width = min(self._text_room(), paint.text_width(theme.font("body"), self._state.text) + 4)
        self._action.setGeometry(round(46 + width + 8), 2, self._action.sizeHint().width(), 44)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QPointF(0, 0.5), QPointF(self.width(), 0.5))
        s = self._state
        if s.text:
            paint.icon(painter, s.icon, 16, 24, paint.tone(s.tone, "text"), 20)
            paint.text(painter, QRectF(46, 0, self._text_room(), 48), s.text, theme.font("body"), theme.color("text"))
        x = float(self._keys.x()) - 10
        font = theme.font("caption")
        for part in reversed(self._quiet()):
            width = QFontMetricsF(font).horizontalAdvance(part)
            x -= width
            paint.text(painter, QRectF(x, 0, width + 2, 48), part, font, theme.color("text_2"))
            if part == s.saved:
                icon = "check-circle" if s.saved.startswith("All") else "warning"
                paint.icon(painter, icon, x - 27, 24, theme.color("text_2" if icon == "check-circle" else "warn"), 20)
            x -= 24
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(800, 48)


def fill_menu(menu: QMenu, tasks: Sequence[str], current: str) -> None:
    """The brand menu: tasks first, then what is rarely needed; every entry's data is its id."""
    for name in tasks:
        entry = menu.addAction(name.replace("&", "&&"))  # one alone would underline the letter after it
        entry.setData(f"task:{name}")
        entry.setCheckable(True)
        entry.setChecked(name == current)
    menu.addSeparator()
    for words, identity in (
        ("New layout of the table", "new_layout"),
        ("New task", "new_task"),
        ("Rename or copy this task", "edit_task"),
        ("Delete this task", "delete_task"),
        ("Back up or move the data", "data_folder"),
        ("Dark theme", "theme:dark"),
        ("Light theme", "theme:light"),
        ("Settings", "settings"),
        ("All keys", "keys"),
        ("About Pendant", "about"),
    ):
        menu.addAction(words).setData(identity)
