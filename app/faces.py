"""The faces: every state of every page in the real window on the simulated cell, one picture each, a theme and a size.

`pendant faces --out DIR` makes them, to be held beside the mock-ups. A state is reached as an operator reaches it, by `app.tour_hands`;
only the empty table is shown from a scene that was made up.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.application import Application
from app.faces_labels import LabelFaces
from app.faces_wanted import Wanted
from app.tour_hands import Hands, TourError
from core.types import Detection


class Faces:
    """Brings one window from state to state."""

    def __init__(self, application: Application, out: Path, wanted: Wanted) -> None:
        self.app, self.out, self.wanted = application, out, wanted
        self.window = application.window
        self.hands = Hands(application)
        self._labelled = LabelFaces(application, self.hands, self._take)

    def first_start(self) -> None:
        """A fresh data folder: nothing has a name, nothing was shown."""
        self._look()
        self._take("see-first-start")
        for page in ("show", "review", "learn", "run"):
            self.hands.go(page)
            self.hands.pause(0.4)
            self._take(f"{page}-empty")
        self.hands.go("review")
        self._switch_review(labels=True)
        self.hands.pause(3.0)
        self._take("review-labels-new")

    def work(self) -> None:
        """A data folder that was worked with: all other states, in an order that needs no way back."""
        self._look()
        for step in (self._see, self._tools, self._show, self._review, self._labels, self._learn, self._menus, self._run, self._faults):
            step()

    # the pages

    def _see(self) -> None:
        self._take("see")
        track = self._largest().track
        self.hands.click_row(self.app.pages.see.objects, track)
        popover = self.window.stage.popover
        self.hands.wait(popover.isVisible, 5, "The naming popover did not open.")
        self._take("see-naming")
        QTest.keyClicks(popover.field, "sponge")
        self._take("see-naming-typed")
        self.app.see.close()
        self._key(Qt.Key.Key_Space)
        self.hands.pause(0.4)
        self._take("see-held")
        self._key(Qt.Key.Key_Space)
        self._key(Qt.Key.Key_S)
        self._take("see-swapped")
        self._key(Qt.Key.Key_S)
        self._key(Qt.Key.Key_V)
        self._take("see-depth")
        self._key(Qt.Key.Key_V)
        self._take("see-camera")
        self._key(Qt.Key.Key_V)

    def _tools(self) -> None:
        for name in ("add", "outline", "split", "merge", "box"):
            if not self.wanted.wants(f"see-{name}"):
                continue
            if name != "add":
                self.hands.click_row(self.app.pages.see.objects, self._largest().track)
            self.app.see.take(name)
            self.hands.pause(0.6)
            self._take(f"see-{name}")
            self.app.see.close()
            self.app.see.close()
            self.hands.pause(0.3)

    def _show(self) -> None:
        self.hands.go("show")
        self.hands.pause(0.5)
        self._take("show-choose")
        if not self.wanted.wants("show-"):
            return
        show = self.app.show
        self.hands.click_object(self._named("banana"))
        self.hands.wait(lambda: show.aim.pick != 0, 5, "The click on the object did nothing.")
        self._take("show-goal")
        self.hands.click_object(self._named("basket"))
        self.hands.wait(lambda: show.aim.plan is not None, 30, "No motion was planned within 30 s.")
        self.hands.pause(0.6)
        self._take("show-planned")
        if self.wanted.wants("show-moving") and show.aim.plan is not None and show.aim.plan.path is not None:
            self.hands.hold()
            self.hands.pause(3.0)
            self._take("show-moving")
            self._key(Qt.Key.Key_Space)
            self.hands.pause(0.5)
            self._take("show-paused")
            self.app.session.live.revoke()
        show.act("clear")
        self.app.pages.show.how.chosen.emit("keys")
        self.hands.pause(0.5)
        self._take("show-keys")
        self.app.pages.show.how.chosen.emit("click")

    def _review(self) -> None:
        self.hands.go("review")
        self.hands.pause(1.5)
        self._take("review")
        if self.wanted.wants("review-carry") or self.wanted.wants("review-carried"):
            self._labelled.demonstration()
        self._dialog("review-import", self.app.pages.review.import_button)
        self._popup("review-export", self.app.pages.review.export_button)

    def _labels(self) -> None:
        self._switch_review(labels=True)
        self.hands.wait(lambda: self.app.review.labels.gathered is not None, 120, "The questions were not gathered.")
        self.hands.pause(1.5)
        self._take("review-labels")
        if self.wanted.wants("review-labels-several"):
            self._labelled.queue()
        self._switch_review(labels=False)

    def _learn(self) -> None:
        self.hands.go("learn")
        self.hands.pause(0.5)
        self._take("learn")
        if self.wanted.wants("learn-working"):
            self._press_learn()

    def _press_learn(self) -> None:
        right, learn = self.app.pages.learn.right, self.app.learn
        offered = [button for button in (right.primary, *right.secondaries) if not button.isHidden() and button.text().startswith("Learn")]
        if not offered:
            raise TourError("Nothing offers to learn.")
        self.hands.click(offered[0])
        self.hands.wait(lambda: learn.job is None or len(learn.course.rehearsed) > 1, 240, "It did not learn.")
        self._take("learn-working")
        learn.act("cancel_learning")
        self.hands.wait(lambda: learn.job is None, 30, "Learning was not cancelled.")

    def _menus(self) -> None:
        if self.wanted.wants("names") or self.wanted.wants("names-split"):
            self._labelled.names()
        self._popup("menu", self.window.top.brand)
        for choice in ("settings", "new_task", "data_folder", "about"):
            self.window.menu_chosen.emit(choice)
            self.hands.pause(0.2)
            self._take(f"menu-{choice}")
        self.window.close_device()
        self.hands.go("see")
        for chip in self.window.top.chips.values():
            self.hands.click(chip)
            self.hands.pause(0.3)
            self._take(f"chip-{chip.accessibleName().partition(':')[0].lower()}")
            self.window.close_device()
        self.window.toggle_help()
        self._take("keys")
        self.window.toggle_help()

    def _run(self) -> None:
        self.hands.go("run")
        live = self.app.live
        self.hands.wait(lambda: live.act is not None and bool(live.act.active), 30, "The version was not loaded.")
        self.hands.pause(0.6)
        self._take("run-ready")
        if self.wanted.wants("run-running") or self.wanted.wants("run-takeover"):
            self.hands.hold()
            self.hands.wait(lambda: live.act is not None and live.act.mode == "moving", 30, "The version did not start to move.")
            self.hands.pause(3.0)
            self._take("run-running")
            self._key(Qt.Key.Key_Space)
            self.hands.pause(0.8)
            self._take("run-takeover")
            self._key(Qt.Key.Key_Space)
        self.hands.click(self.window.top.stop)
        self.hands.wait(lambda: live.arm is not None and live.arm.stopped, 5, "STOP was not answered.")
        self.hands.pause(0.6)
        self._take("run-stopped")
        self.hands.go("see")
        self.hands.pause(0.4)
        self._take("see-stopped")
        live.memory.release()
        self.hands.pause(0.6)

    def _faults(self) -> None:
        self.hands.go("see")
        scene = self.app.live.scene
        if scene is not None and self.wanted.wants("see-nothing"):
            self.app.live.freeze(True)
            self.app.see.show_scene(msgspec.structs.replace(scene, detections=(), labels=np.zeros_like(scene.labels)))
            self._take("see-nothing")
            self.app.live.freeze(False)
        camera = self.app.rig.pid("sim_camera")
        if camera is not None and self.wanted.wants("see-camera-lost"):
            os.kill(camera, signal.SIGSTOP)
            try:
                self.hands.pause(6.0)
                self._take("see-camera-lost")
            finally:
                os.kill(camera, signal.SIGCONT)

    # what the steps use

    def _look(self) -> None:
        live = self.app.live
        ready = lambda: live.scene is not None and len(live.scene.detections) > 2 and live.arm is not None  # noqa: E731
        self.hands.wait(ready, 60, "Nothing was identified within 60 s.")
        self.hands.pause(2.0)

    def _take(self, state: str) -> None:
        """The window as it is, in every theme and size that is wanted."""
        if not self.wanted.wants(state):
            return
        for size in self.wanted.sizes:
            self.window.resize(QSize(*size))
            for name in self.wanted.themes:
                self.app.menu.apply(name)
                self.hands.pause(0.5)
                path = self.out / f"{state}-{name}-{size[0]}x{size[1]}.png"
                self.window.stage.cloud.refine()
                self.hands.picture(path)

    def _popup(self, state: str, button: QWidget) -> None:
        """A menu is a window of its own: it is pictured by itself."""
        self._over(state, button, QApplication.activePopupWidget)

    def _dialog(self, state: str, button: QWidget) -> None:
        self._over(state, button, QApplication.activeModalWidget)

    def _over(self, state: str, button: QWidget, find: Callable[[], QWidget | None]) -> None:
        if not self.wanted.wants(state):
            return

        def look() -> None:
            over = find()
            if over is not None:
                path = self.out / f"{state}.png"
                over.grab().save(str(path))
                over.close()
                self.window.activateWindow()

        QTimer.singleShot(800, look)
        self.hands.click(button)
        self.hands.pause(1.2)

    def _key(self, key: Qt.Key) -> None:
        self.window.activateWindow()
        self.hands.wait(self.window.isActiveWindow, 5, "The window did not come to the front.")
        QTest.keyClick(QApplication.focusWidget() or self.window.stage, key)
        self.hands.pause(0.2)

    def _switch_review(self, *, labels: bool) -> None:
        switch = self.app.pages.review.switch
        self.hands.click(switch, QPoint(switch.width() * (3 if labels else 1) // 4, switch.height() // 2))

    def _largest(self) -> Detection:
        scene = self.app.live.scene
        if scene is None or not scene.detections:
            raise TourError("Nothing is in view.")
        return max(scene.detections, key=lambda d: d.area_px)

    def _named(self, name: str) -> Detection:
        scene = self.app.live.scene
        found = [d for d in scene.detections if d.name == name] if scene is not None else []
        if not found:
            raise TourError(f"No {name} is in view.")
        return found[0]
