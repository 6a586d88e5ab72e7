"""The middle of the window: left column, the one cloud with its bars, right column, and a strip under the cloud.

Cloud and image are brothers here, so swapping them moves rectangles and never restarts the cloud. Knows pages only as widgets.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from widgets import theme
from widgets.box_pane import BoxPane
from widgets.buttons import IconButton
from widgets.cloud_state import MODES
from widgets.cloud_view import CloudView
from widgets.image_view import ImageView
from widgets.naming import NamePopover
from widgets.notices import Pill, ToastView
from widgets.parts import line, surface
from widgets.segmented import Segmented
from widgets.tool_pane import ToolPane
from widgets.values import PillState

_TOAST_BOTTOM = 72
_GAP = 8


class Stage(QWidget):
    """Lays out what a page supplies around the cloud. Emits the intents of the view bars."""

    mode_chosen = Signal(str)
    hold_requested = Signal()
    center_requested = Signal()
    home_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._metrics = theme.metrics_for(1440)
        self._left: QWidget | None = None
        self._right: QWidget | None = None
        self._strip: QWidget | None = None
        self._centre: QWidget | None = None
        self._cover: QWidget | None = None
        self._over: QWidget | None = None
        self._slot: QWidget | None = None
        self._named = 0
        self.swapped = False
        self.cloud = CloudView(self)
        self.image = ImageView(self)
        self.cloud_pane = ToolPane(self.cloud, self.cloud.positions_of)
        self.image_pane = ToolPane(self.image, self.image.positions_of)
        self.box_pane = BoxPane(self.cloud, self.cloud.overlay)
        self.modes = Segmented(("Camera", "Objects", "Depth"), "Colouring of the cloud", item_width=74, parent=self)
        self.modes.set_index(1)
        self.modes.chosen.connect(lambda at: self.mode_chosen.emit(MODES[at]))
        self.view_bar = self._make_view_bar()
        self.pill = Pill(self)
        self.popover = NamePopover(self)
        self.toast = ToastView(self)
        self.toast.gone.connect(self._place_pill)
        self._lines = (line(vertical=True, parent=self), line(vertical=True, parent=self))

    def _make_view_bar(self) -> QFrame:
        bar = surface("bar", self)
        row = QHBoxLayout(bar)
        row.setContentsMargins(1, 0, 1, 0)
        row.setSpacing(0)
        self.hold_button = IconButton("pause", "Hold the frame (Space)")
        self.hold_button.clicked.connect(self.hold_requested)
        center = IconButton("crosshair", "Centre on the selection (C)")
        center.clicked.connect(self.center_requested)
        whole = IconButton("frame-corners", "Whole table (Shift C)")
        whole.clicked.connect(self.home_requested)
        for button in (self.hold_button, center, whole):
            row.addWidget(button)
        bar.setFixedHeight(46)
        return bar

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Follow the window's width."""
        self._metrics = metrics
        self.arrange()

    def show_page(
        self, left: QWidget, right: QWidget, *, slot: QWidget | None, strip: QWidget | None, centre: QWidget | None, hold: bool
    ) -> None:
        """Put a page's widgets in place; `centre` covers the cloud, `hold` offers to hold the frame."""
        focus = self.focusWidget()
        if focus is None or self.isAncestorOf(focus):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        for old in (self._left, self._right, self._strip, self._centre):
            if old is not None and old not in (left, right, strip, centre):
                old.hide()
        self._left, self._right, self._strip, self._centre, self._slot = left, right, strip, centre, slot
        for widget in (left, right, strip, centre):
            if widget is not None:
                if widget.parentWidget() is not self:
                    widget.setParent(self)
                widget.show()
        self.pill.setVisible(self.pill.wanted() and centre is None)
        self.hold_button.setVisible(hold)
        self.popover.hide()
        if slot is None:
            self.swapped = False
        self.arrange()

    def cover_right(self, panel: QWidget | None) -> None:
        """Lay a panel over the right column, or take it away (None)."""
        if self._cover is not None and self._cover is not panel:
            self._cover.hide()
        self._cover = panel
        if panel is not None:
            panel.setParent(self)
            panel.show()
        self.arrange()

    def lay_over(self, panel: QWidget | None) -> None:
        """Lay a panel over the whole canvas and all that lies on it, or let go of the one that was there (None)."""
        self._over = panel
        if panel is not None:
            panel.show()
        self.arrange()

    @property
    def can_swap(self) -> bool:
        """Whether the page has a place for the small view."""
        return self._slot is not None

    def set_swapped(self, swapped: bool) -> None:
        """Exchange the cloud and the colour image."""
        if self._slot is not None or not swapped:
            self.swapped = swapped
            self.arrange()

    def set_pill(self, state: PillState) -> None:
        """The pill and the canvas frame."""
        self.pill.set_state(state)
        self.cloud.set_canvas_frame(state.tone if state.framed and state.tone != "plain" else "")
        self.pill.setVisible(bool(state.text) and self._centre is None)
        self._place_pill()

    def canvas_rect(self) -> QRect:
        """Where the large view lies."""
        m = self._metrics
        strip = m.strip if self._strip is not None else 0
        return QRect(m.left, 0, max(0, self.width() - m.left - m.right), max(0, self.height() - strip))

    def arrange(self) -> None:
        """Put every child where the page and the window's size want it."""
        m, canvas = self._metrics, self.canvas_rect()
        if self._left is not None:
            self._left.setGeometry(0, 0, m.left, self.height())
        if self._right is not None:
            self._right.setGeometry(self.width() - m.right, 0, m.right, self.height())
        if self._cover is not None:
            self._cover.setGeometry(self.width() - m.right, 0, m.right, self.height())
            self._cover.raise_()
        if self._strip is not None:
            self._strip.setGeometry(m.left, canvas.bottom() + 1, canvas.width(), m.strip)
        if self._centre is not None:
            self._centre.setGeometry(canvas)
        self._place_views(canvas)
        self._place_bars(canvas)
        self._lines[0].setGeometry(m.left - 1, 0, 1, self.height())
        self._lines[1].setGeometry(self.width() - m.right, 0, 1, self.height())
        for frame in self._lines:
            frame.raise_()

    def _place_views(self, canvas: QRect) -> None:
        small = QRect()
        if self._slot is not None and self._left is not None:
            height = round(self._metrics.left * 9 / 16)
            small = QRect(0, self.height() - height, self._metrics.left - 1, height)
        large, little = (self.image, self.cloud) if self.swapped else (self.cloud, self.image)
        large.setGeometry(canvas)
        large.setVisible(self._centre is None)
        little.setVisible(self._slot is not None)
        little.setGeometry(small)
        if self._slot is not None:
            little.raise_()
        self.cloud.set_quiet(self.swapped)
        self.image.set_tags(self.swapped)

    def _place_bars(self, canvas: QRect) -> None:
        shown = self._centre is None
        for bar in (self.modes, self.view_bar):
            bar.setVisible(shown)
            bar.raise_()
        self.modes.move(canvas.left() + 16, canvas.bottom() - 15 - self.modes.height())
        self.view_bar.adjustSize()
        self.view_bar.move(canvas.right() - 15 - self.view_bar.width(), canvas.bottom() - 15 - self.view_bar.height())
        self.toast.move(canvas.center().x() - self.toast.width() // 2, self._toast_top())
        self._place_pill()

    def _place_pill(self) -> None:
        canvas = self.canvas_rect()
        self.pill.move(canvas.center().x() - self.pill.width() // 2, 16)
        for part in (self.pill, self.popover, self.toast):
            part.raise_()
        if self._over is not None:
            room = canvas.adjusted(16, 16, -16, -16)
            if not self.toast.isHidden():
                room.setBottom(self._toast_top() - _GAP)  # what it says there is read by scrolling
            self._over.setGeometry(room)
            self._over.raise_()
            self.toast.raise_()

    def _toast_top(self) -> int:
        """Where a message begins: above the bars of the canvas, and above a strip under it."""
        return self.canvas_rect().bottom() + 1 - _TOAST_BOTTOM - self.toast.height()

    def open_popover(self, track: int) -> None:
        """Open the naming popover beside an object of the cloud."""
        self._named = track
        self.popover.open_beside(*self._beside_named())

    def _beside_named(self) -> tuple[QRect, QRect]:
        """Where the object lies that is being named, and the canvas from under the pill, where that fits, to where a message may come."""
        canvas = self.canvas_rect()
        anchor = self.cloud.object_rect(self._named).translated(canvas.topLeft())
        room = QRect(canvas.topLeft(), QSize(canvas.width(), self._toast_top() - canvas.top() + 16 - _GAP))
        under_pill = room.adjusted(0, self.pill.sizeHint().height() + _GAP, 0, 0)
        if self.popover.sizeHint().height() + 32 <= under_pill.height():
            room = under_pill
        return (anchor if not self.swapped else QRect(canvas.center(), QSize(1, 1))), room

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()
        if self.popover.isVisible():
            self.popover.stay_beside(*self._beside_named())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        painter.end()
