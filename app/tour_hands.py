"""Hands for the tour: real mouse and key events on the real widgets, and waiting on what the screen shows.

They know where things are in the window, as a person does, and nothing of the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.application import Application
from core.errors import PendantError
from core.types import Detection
from widgets.object_list import ObjectList
from widgets.pickers import SpeedPicker

_LOOK_MS = 30
_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier


class TourError(PendantError):
    """A step of the tour did not do what it should; the sentence says which."""


class Hands:
    """Works the window of `application`."""

    def __init__(self, application: Application) -> None:
        self.app = application
        self.window = application.window

    def wait(self, condition: Callable[[], bool], seconds: float, sentence: str) -> None:
        """Let the window work until `condition` holds. Raises TourError with `sentence` after `seconds`."""
        loop, host = QEventLoop(), self.app.live.host
        end = host.now_ns() + int(seconds * 1e9)
        timer = QTimer()
        timer.timeout.connect(lambda: loop.quit() if condition() or host.now_ns() > end else None)
        timer.start(_LOOK_MS)
        if not condition():
            loop.exec()
        timer.stop()
        if not condition():
            raise TourError(sentence)

    def pause(self, seconds: float) -> None:
        """Let the window work for a while, as a person who looks."""
        end = self.app.live.host.now_ns() + int(seconds * 1e9)
        self.wait(lambda: self.app.live.host.now_ns() > end, seconds + 5, "")

    def picture(self, path: Path) -> None:
        """Save the window as it is."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.window.grab().save(str(path))

    def go(self, page: str) -> None:
        """Click a page's tab."""
        self.click(self.window.top.tabs[page])
        self.wait(lambda: self.window.page == page, 5, f"The page {page} did not open.")

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """A click in the middle of a widget, or at `at`."""
        QTest.mouseClick(widget, _LEFT, _NONE, at or widget.rect().center())

    def type(self, field: QWidget, text: str) -> None:
        """Type into a field and press Enter."""
        QTest.keyClicks(field, text)
        self.enter(field)

    def enter(self, field: QWidget) -> None:
        """Press Enter in a field."""
        QTest.keyClick(field, Qt.Key.Key_Return)

    def click_object(self, detection: Detection) -> None:
        """Click an object in the cloud. Raises TourError when no point of it can be hit."""
        cloud = self.window.stage.cloud
        place = self.place_of(detection.track)
        if place is None:
            raise TourError(f"The {detection.name or 'object'} could not be clicked in the cloud.")
        self.click(cloud, place)

    def place_of(self, track: int) -> QPoint | None:
        """A position in the cloud at which a click hits the object, the nearest to its middle."""
        cloud = self.window.stage.cloud
        rect = cloud.object_rect(track)
        middle = rect.center()
        steps = [(dx, dy) for dx in range(-6, 7) for dy in range(-6, 7)]
        for dx, dy in sorted(steps, key=lambda s: s[0] ** 2 + s[1] ** 2):
            at = middle + QPoint(dx * rect.width() // 14, dy * rect.height() // 14)
            if cloud.rect().contains(at) and cloud.track_at(at.x(), at.y()) == track:
                return at
        return None

    def click_row(self, rows: ObjectList, track: int) -> None:
        """Click an object's row in the list."""
        at = next((i for i, row in enumerate(rows.rows()) if row.track == track), None)
        if at is None:
            raise TourError("The object is not in the list.")
        self.click(rows.viewport(), rows.visualRect(rows.model().index(at, 0)).center())

    def speed(self, picker: SpeedPicker, index: int) -> None:
        """Click one of the three speeds."""
        switch = picker.switch
        self.click(switch, QPoint(round(switch.width() * (2 * index + 1) / 6), switch.height() // 2))

    def press(self) -> None:
        """Click the primary button."""
        self.click(self.window.primary())

    def second(self, action: str) -> None:
        """Click the secondary button that says `action`."""
        right = self.window.pages[self.window.page].right
        button = next((b for b in right.secondaries if not b.isHidden() and b.text() == action), None)
        if button is None:
            raise TourError(f"There is no button {action}.")
        self.click(button)

    def hold(self) -> None:
        """Hold the primary button until it acts."""
        button = self.window.primary()
        self.wait(button.isEnabled, 20, f"“{button.text()}” cannot be pressed: {button.toolTip()}")
        acted: list[bool] = []

        def note() -> None:
            acted.append(True)

        button.activated.connect(note)
        QTest.mousePress(button, _LEFT)
        try:
            self.wait(lambda: bool(acted), 4, f"Holding “{button.text()}” did nothing: {button.toolTip() or 'no reason given'}")
        finally:
            button.activated.disconnect(note)
            QTest.mouseRelease(button, _LEFT)

    def choose(self, button: QWidget, entry: str) -> None:
        """Open the menu of a button and choose an entry by its words."""

        def choose() -> None:
            menu = QApplication.activePopupWidget()
            if isinstance(menu, QMenu):
                action = next((a for a in menu.actions() if a.text() == entry), None)
                if action is not None:
                    action.trigger()
                menu.close()

        QTimer.singleShot(300, choose)
        self.click(button)
        self.pause(0.6)
