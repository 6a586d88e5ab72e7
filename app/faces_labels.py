"""The faces of labels beside See: carried over a demonstration, several at once, picked from a name. Called by `app.faces`."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import Application
from app.tour_hands import Hands


class LabelFaces:
    """`take` pictures a state when it is wanted."""

    def __init__(self, application: Application, hands: Hands, take: Callable[[str], None]) -> None:
        self._app, self._hands, self._take = application, hands, take

    def demonstration(self) -> None:
        """On Review with a demonstration open: selected, outlined, carried, and where it ended."""
        carry, window = self._app.review.carry, self._app.window
        self._key(Qt.Key.Key_T)
        self._key(Qt.Key.Key_T)
        self._take("review-carry")
        self._key(Qt.Key.Key_B)
        self._take("review-carry-outline")
        self._key(Qt.Key.Key_Backspace)
        self._app.pages.review.span.chosen.emit(3)
        self._hands.press()
        self._hands.wait(lambda: carry.run.progress is None or carry.run.progress.done > 3, 60, "Nothing was carried.")
        self._take("review-carrying")
        self._hands.wait(lambda: carry.run.progress is None, 300, "It was not carried to its end.")
        self._take("review-carried")
        window.undo_requested.emit()
        self._hands.pause(0.6)
        carry.close()

    def queue(self) -> None:
        """In the queue of labels: three selected."""
        for _ in range(2):
            self._key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        self._take("review-labels-several")
        self._key(Qt.Key.Key_Home)

    def names(self) -> None:
        """Behind the model's chip: all names, and one of them with labels picked."""
        counts = self._app.session.queries.labels_per_class()
        self._app.classes.act("classes")
        self._hands.pause(0.4)
        self._take("names")
        self._app.classes.act(f"class:{max(counts, key=lambda k: counts[k])}")
        grid = self._app.window.device.crops
        self._hands.pause(1.0)
        for at in (0, 2):
            self._hands.click(grid.viewport(), grid.visualRect(grid.model().index(at, 0)).center())
        self._take("names-split")
        self._app.window.close_device()

    def _key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        window = self._app.window
        window.activateWindow()
        self._hands.wait(window.isActiveWindow, 5, "The window did not come to the front.")
        QTest.keyClick(QApplication.focusWidget() or window.stage, key, modifiers)
        self._hands.pause(0.2)
