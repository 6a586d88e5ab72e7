"""The one window: top bar, stage with the one cloud, bottom line; it assembles pages and keeps STOP in reach.

Built by `app.application`; pages are shown by name. Holds no data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QVBoxLayout, QWidget

from app.actions import ALL, OVER, Actions, KeyFilter
from app.help import Help
from widgets import theme
from widgets.cloud_state import MODES
from widgets.column import LeftColumn, RightColumn
from widgets.device_panel import DevicePanel, DeviceState
from widgets.focus_ring import FocusRing
from widgets.held_button import HeldButton
from widgets.stage import Stage
from widgets.top_bar import BottomLine, TopBar, fill_menu
from widgets.values import BottomState, Chip, PillState, Toast


class Page(Protocol):
    """What a page supplies; `centre` covers the cloud, `holds` offers to hold the frame."""

    left: LeftColumn
    right: RightColumn
    strip: QWidget | None
    centre: QWidget | None
    holds: bool

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Follow the window's width."""
        ...


class MainWindow(QMainWindow):
    """Emits what is asked of the window itself; a page's own intents come from its widgets."""

    stop_requested = Signal()
    page_changed = Signal(str)
    chip_clicked = Signal(str)
    menu_chosen = Signal(str)
    undo_requested = Signal()
    toast_action_requested = Signal()
    hold_requested = Signal()
    device_action_requested = Signal(str)
    closing = Signal()

    def __init__(self, pages: Mapping[str, Page], actions: Actions | None = None) -> None:
        super().__init__()
        self.setWindowTitle("Pendant")
        self.setMinimumSize(1280, 720)
        self.resize(1440, 900)
        self.actions_table = actions or Actions()
        self.pages = dict(pages)
        self.page = ""
        self._tasks: tuple[str, ...] = ()
        self._task = ""
        self._stop_release = False
        self.top = TopBar()
        self.stage = Stage()
        self.bottom = BottomLine()
        self.device = DevicePanel()
        self.help = Help(self.stage, self.actions_table)
        self._assemble()
        self._connect()
        self._bind_keys()
        self.focus_ring = FocusRing(self)
        self._filter = KeyFilter(self.actions_table, self, self)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self._filter)
        self.show_page("see")
        self.stage.setFocus(Qt.FocusReason.OtherFocusReason)

    def _assemble(self) -> None:
        whole = QWidget()
        self.setCentralWidget(whole)
        # Parents are given in the order in which Tab goes: top bar, left, canvas, right, bottom.
        views = list(self.pages.values())
        parts: list[QWidget | None] = [self.top, *(view.left for view in views), self.stage]
        parts += [widget for view in views for widget in (view.strip, view.centre, view.right)] + [self.device]
        for part in (*parts, self.bottom):
            if part is not None:
                part.setParent(whole)
                part.setVisible(part in (self.top, self.stage, self.bottom))
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self.stage, 1)
        column.addWidget(self.bottom)

    def _connect(self) -> None:
        self.top.page_requested.connect(self.show_page)
        self.top.chip_clicked.connect(self.chip_clicked)
        self.top.menu_requested.connect(self._open_menu)
        self.top.stop_requested.connect(self.stop_requested)
        self.bottom.action_requested.connect(self.undo_requested)
        self.bottom.keys_requested.connect(self.toggle_help)
        self.device.action_requested.connect(self._device_action)
        self.stage.toast.action_requested.connect(self.toast_action_requested)
        self.stage.hold_requested.connect(self.hold_requested)
        self.stage.mode_chosen.connect(self.set_mode)
        self.stage.center_requested.connect(self.center)
        self.stage.home_requested.connect(self.stage.cloud.go_home)
        for page in self.pages.values():
            page.left.swap_requested.connect(self.swap)

    def _bind_keys(self) -> None:
        bind = self.actions_table.bind
        bind("stop", self._stop)
        for page in ALL:
            bind(f"page_{page}", partial(self.show_page, page))
        bind("keys", self.toggle_help)
        bind("full_screen", lambda: self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen))
        bind("whole_table", self.stage.cloud.go_home)
        bind("colouring", self.next_mode)
        bind("swap", self.swap)
        bind("center", self.center)
        bind("back", lambda: self.help.close() if self.help.is_open() else self.close_device(), page=OVER, enabled=self._covered)
        for key, lines in (("previous", -1), ("next", 1), ("first", -99), ("last", 99)):
            bind(key, partial(self.help.scroll, lines), page=OVER, enabled=self.help.is_open)

    def _covered(self) -> bool:
        return self.help.is_open() or self.device.isVisible()

    def _device_action(self, action: str) -> None:
        if action == "close_device":
            self.close_device()
        else:
            self.device_action_requested.emit(action)

    def _stop(self) -> None:
        self.stop_requested.emit()
        self.close_popover()
        self.close_device()
        popup = QApplication.activePopupWidget()
        for open_one in (*([popup] if popup else []), *self.findChildren(QDialog)):
            open_one.close()
        self.help.close()

    # what the application sets

    def show_page(self, name: str) -> None:
        """Show a page; the cloud goes on as it is."""
        page = self.pages[name]
        if name == self.page:
            return
        previous, self.page = self.page, name
        if previous:
            self.pages[previous].right.primary.cancel_hold()
        self.close_device()
        self.help.close()  # it was of the page before
        self.actions_table.page = name
        self.top.set_page(name)
        page.left.set_width(self._metrics().left)
        self.stage.show_page(page.left, page.right, slot=page.left.slot, strip=page.strip, centre=page.centre, hold=page.holds)
        page.left.set_swapped(self.stage.swapped)
        self.page_changed.emit(name)

    def set_badges(self, badges: Mapping[str, int]) -> None:
        """How many things wait on a page."""
        self.top.set_badges(badges)

    def set_chips(self, chips: Sequence[Chip]) -> None:
        """The devices at the top."""
        self.top.set_chips(chips)

    def set_task(self, current: str, tasks: Sequence[str]) -> None:
        """The task at work and those to choose from."""
        self._task, self._tasks = current, tuple(tasks)
        self.top.brand.set_task(current)

    def set_pill(self, state: PillState) -> None:
        """Who moves the arm: pill and canvas frame."""
        self.stage.set_pill(state)

    def set_bottom(self, state: BottomState) -> None:
        """The bottom line."""
        self.bottom.set_state(state)

    def show_toast(self, toast: Toast) -> None:
        """A message for six seconds."""
        self.stage.toast.show_toast(toast)
        self.stage.arrange()

    def set_stopped(self, latched: bool, *, unanswered: bool = False) -> None:
        """What the arm says of STOP."""
        self._stop_release = latched
        self.top.stop.set_latched(latched)
        self.top.stop.set_unanswered(unanswered)
        self.top.stop.set_window_active(QApplication.activeWindow() is not None)

    def set_mode(self, mode: str) -> None:
        """Colour the cloud by camera, objects or depth."""
        at = next(i for i, known in enumerate(MODES) if known == mode)
        self.stage.cloud.set_mode(MODES[at])
        self.stage.modes.set_index(at)

    def next_mode(self) -> None:
        """The next colouring."""
        self.set_mode(MODES[(MODES.index(self.stage.cloud.mode()) + 1) % len(MODES)])

    def swap(self) -> None:
        """Exchange cloud and colour image."""
        self.stage.set_swapped(not self.stage.swapped)
        self.pages[self.page].left.set_swapped(self.stage.swapped)

    def center(self) -> None:
        """Bring the selected object to the middle."""
        self.stage.cloud.center_on(self.stage.cloud.selection())

    def open_popover(self, track: int) -> None:
        """Open the naming popover beside an object of the cloud."""
        self.stage.open_popover(track)

    def show_device(self, state: DeviceState) -> None:
        """Open a device's page over the right column."""
        self.primary().cancel_hold()
        self.device.set_state(state)
        self.stage.cover_right(self.device)
        if state.field:
            self.device.field.edit.setFocus(Qt.FocusReason.PopupFocusReason)  # before it was shown it could not have it

    def close_device(self) -> None:
        """Back to the page's own right column."""
        if self.device.isVisible():
            self.stage.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stage.cover_right(None)

    def close_popover(self) -> None:
        """Close the naming popover; the keys go back to the page."""
        if self.stage.popover.isVisible():
            self.stage.setFocus(Qt.FocusReason.OtherFocusReason)
            self.stage.popover.hide()

    # what the key filter asks

    def primary(self) -> HeldButton:
        """The primary button shown now."""
        return self.device.primary if self.device.isVisible() else self.pages[self.page].right.primary

    def enter_presses_primary(self) -> bool:
        """Enter never releases the stop unless that button has the focus."""
        return not self._stop_release and not self.help.is_open()

    # help and menu

    def toggle_help(self) -> None:
        """Show or hide all keys, over the canvas."""
        self.help.toggle(self.page)

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        fill_menu(menu, self._tasks, self._task)
        menu.triggered.connect(lambda entry: self.menu_chosen.emit(str(entry.data())))
        menu.aboutToHide.connect(self.top.brand.look_for_pointer)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    # the window's own events

    def _metrics(self) -> theme.Metrics:
        return theme.metrics_for(self.width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        metrics = self._metrics()
        self.top.set_metrics(metrics)
        for page in self.pages.values():
            page.left.set_width(metrics.left)
            page.set_metrics(metrics)
        self.stage.set_metrics(metrics)
        super().resizeEvent(event)

    def focusNextPrevChild(self, onward: bool) -> bool:
        focus = QApplication.focusWidget()
        if focus is None or focus.isVisible():
            return super().focusNextPrevChild(onward)
        # What had the keys was hidden. Qt would take the next in Tab order, whose Enter and Space are not the page's.
        self.stage.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow() and self.page:
            self.primary().cancel_hold()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self._filter)
        self.closing.emit()
        super().closeEvent(event)
