"""What is always on screen: chips, pill, bottom line, STOP. Refreshed a few times a second from what is live."""

from __future__ import annotations

import shutil

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from app.live import LOST_NS, STALE_NS, UNANSWERED_NS
from app.main_window import MainWindow
from app.pages.run import release_spec
from app.presenters.grip import gripped
from app.session import Session
from core.storage.store import Changes
from core.types import ArmState
from widgets.values import BottomState, Chip, Heading, PillState, Toast

_PERIOD_MS = 150
_DISK_EVERY = 40
_STILL_RAD_S = 0.01
_STOP_ICON = "octagon"


class StatusPresenter(QObject):
    """Binds the frame of the window. `at_work`: what the arm was at when it was stopped, "Rollout 8", "" for nothing.

    `pictured`: what is shown while `replaying`, where that is no replay. `answered`: the question that a version asks on Run was answered.
    """

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._text = "No camera and no arm found, so this is the simulated cell. Everything works here." if session.cell else ""
        self._icon = "info"
        self._tick = 0
        self._disk = ""
        self._version = ""
        self._stop_ns = 0
        self._moved_on = False
        self._notice = ""
        self.at_work, self.answered = "", False
        window.stop_requested.connect(self.stop)
        window.undo_requested.connect(self.undo)
        window.toast_action_requested.connect(self._on_toast_action)
        window.page_changed.connect(self._on_page)
        self._toast = Toast("")
        self.replaying = False
        self.pictured: PillState | None = None
        window.stage.hold_button.setAccessibleDescription("Holds the picture while the stream goes on")
        window.hold_requested.connect(self._toggle_hold)
        for view in window.pages.values():
            view.right.action_requested.connect(self._on_action)
        table = window.actions_table
        table.bind("undo", self.undo)
        table.bind("redo", self.redo)
        table.bind("pause", self._toggle_hold, page="see")
        table.bind("center", self._center)
        window.stage.center_requested.connect(self._center)
        session.changed.connect(self._on_changed)
        session.said.connect(self._on_said)
        session.happened.connect(self.tell)
        session.live.arm_changed.connect(self._on_arm)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_PERIOD_MS)

    @Slot()
    def stop(self) -> None:
        """STOP, by key or button: latch, then show what the arm says."""
        live = self._session.live
        fresh = not live.memory.stopped
        live.stop_arm()
        if fresh:
            self._stop_ns, self._moved_on = live.host.now_ns(), True
            self.tell(f"You pressed STOP at {self._session.clock_words()}.", _STOP_ICON)
        self.refresh()

    @Slot(object)
    def _on_arm(self, arm: ArmState) -> None:
        """Say once how long the arm took to stand still after STOP."""
        if self._moved_on and arm.stopped and np.abs(arm.velocities).max() < _STILL_RAD_S:
            self._moved_on = False
            took_s = (self._session.live.host.now_ns() - self._stop_ns) / 1e9
            self.tell(f"You stopped the arm at {self._session.clock_words()}. It stood still after {took_s:.1f} s.", _STOP_ICON)

    @Slot(str)
    def _on_action(self, action: str) -> None:
        if action == "release_stop":
            self.release()

    def release(self) -> None:
        """The held release: the arm then holds."""
        self._stop_ns, self._moved_on, self.at_work = 0, False, ""
        self._session.live.release_stop()
        self.tell(f"You released the stop at {self._session.clock_words()}. The arm holds.", "check")
        self.refresh()

    @Slot(object)
    def _on_said(self, toast: Toast) -> None:
        self._toast = toast
        self._window.show_toast(toast)

    @Slot()
    def _on_toast_action(self) -> None:
        """The link of the message that is shown: Undo, or "Open Run" and the like."""
        self._window.stage.toast.hide()
        if self._toast.action == "Undo":
            self.undo()
        elif self._toast.action.startswith("Open "):
            self._window.show_page(self._toast.action.removeprefix("Open ").lower())

    @Slot(str)
    def _on_page(self, page: str) -> None:
        if self._toast.action == f"Open {page.capitalize()}":
            self._window.stage.toast.hide()  # the operator is where it leads

    @Slot()
    def undo(self) -> None:
        """Take the last edit back."""
        self._session.operations.undo()

    def redo(self) -> None:
        """Do it again."""
        self._session.operations.redo()

    @Slot()
    def _toggle_hold(self) -> None:
        live = self._session.live
        live.freeze(not live.frozen)
        self.refresh()

    @Slot()
    def _center(self) -> None:
        self._window.stage.cloud.center_on(self._window.stage.cloud.selection())

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        told_stop = self._session.live.memory.stopped and self._icon == _STOP_ICON
        if changes.touches("label", "episode", "version", "object_class", "task") and (changes.undone or not told_stop):
            words = changes.text[:1].upper() + changes.text[1:]
            self._text, self._icon = (f"Undone: {changes.text}", "arrow-u-up-left") if changes.undone else (words, "check")
        if changes.undone and self._toast.action == "Undo":
            self._window.stage.toast.hide()
        self.refresh()

    @Slot(str, str)
    def tell(self, sentence: str, icon: str = "info") -> None:
        """Say what happened in the bottom line."""
        self._text, self._icon = sentence, icon
        self.refresh()

    def set_version(self, name: str) -> None:
        """The version on the arm, for the model's chip."""
        self._version = name

    @Slot()
    def refresh(self) -> None:
        """Show what is now."""
        live = self._session.live
        self._tick += 1
        if self._tick % _DISK_EVERY == 1:
            free = shutil.disk_usage(self._session.store.folder.root).free
            self._disk = f"{free / 1e9:.0f} GB free"
        self._see_notice()
        arm = live.arm
        stopped = arm is not None and arm.stopped
        waiting = live.memory.stopped and not stopped and self._stop_ns and live.host.now_ns() - self._stop_ns > UNANSWERED_NS
        self._window.set_stopped(stopped, unanswered=bool(waiting))
        latched = live.memory.stopped
        for view in self._window.pages.values():
            view.right.set_cover(self._stop_heading(bool(waiting)) if latched else None, release_spec() if latched else None)
        self._window.set_chips((self._camera_chip(), self._arm_chip(), self._model_chip()))
        self._window.set_pill(self._pill())
        undoable = bool(self._session.undo_text) and self._text.lower() == self._session.undo_text.lower()
        self._window.set_bottom(
            BottomState(
                self._text,
                self._icon,
                action="Undo" if undoable else "",
                action_key="Ctrl Z",
                disk=self._disk,
                fps=f"{live.fps():.0f} fps",
            )
        )

    def _see_notice(self) -> None:
        """Say once what the identifier has to do without."""
        scene = self._session.live.scene
        notice = scene.notice if scene is not None else ""
        if notice and notice != self._notice:
            self._text, self._icon = notice, "warning"
        self._notice = notice or self._notice

    def _stop_heading(self, unanswered: bool) -> Heading:
        if unanswered:
            return Heading("STOP was sent", "The arm has not answered", "Use the robot’s own emergency stop.")
        held = gripped(self._session.live.arm, self._session.live.scene)
        grips = f" and still grips {held}" if held else ""
        then = f"{self.at_work} is kept up to the stop." if self.at_work else "Nothing moves until you release the stop and start it again."
        return Heading(self.at_work or "Stopped", "You stopped the arm", f"It holds its position{grips}. {then}")

    def _camera_chip(self) -> Chip:
        live = self._session.live
        age = live.frame_age_ns()
        if live.frame is None:
            return Chip("camera", "Camera", "starting", "none")
        if age > LOST_NS:
            return Chip("camera", "Camera", "lost", "lost")
        if age > STALE_NS:
            return Chip("camera", "Camera", f"stalled {age / 1e9:.0f} s" if age > 1e9 else "stalled", "stalled")
        if live.scene is not None and live.scene.camera_moved:
            return Chip("camera", "Camera", "moved", "stalled", "The table is not where the calibration says. Calibrate the camera again.")
        simulated = live.camera is not None and live.camera.simulated
        return Chip("camera", "Camera", f"{live.fps():.0f} fps", "simulated" if simulated else "ok")

    def _arm_chip(self) -> Chip:
        arm = self._session.live.arm
        if arm is None:
            return Chip("arm", "Arm", "not set up", "none")
        if self._session.live.arm_lost():
            return Chip("arm", "Arm", "lost", "lost")
        if arm.stopped:
            return Chip("arm", "Arm", "stopped", "lost")
        if arm.mode == "moving":
            return Chip("arm", "Arm", "moving", "moving")
        return Chip("arm", "Arm", arm.fault or "holding", "holding")

    def _model_chip(self) -> Chip:
        return Chip("model", "Model", self._version or "none yet", "ok" if self._version else "none")

    def _pill(self) -> PillState:
        live, page = self._session.live, self._window.page
        arm, act = live.arm, live.act
        if arm is not None and arm.stopped:
            return PillState("Arm stopped", "octagon", "danger", framed=True)
        if live.frame is not None and live.frame_age_ns() > LOST_NS:
            return PillState(f"Last frame, {live.frame_age_ns() / 1e9:.0f} s old", "warning", "warn")
        if arm is not None and arm.driver == "operator":
            return PillState("You move the arm", "user", "warn", framed=True)
        if arm is not None and arm.driver == "policy" and act is not None and act.mode == "paused":
            return PillState("Paused, the arm holds", "pause", "accent", framed=True)
        if arm is not None and arm.driver == "policy":
            who = self._version if act is not None and act.running and self._version else "Pendant"
            if arm.hold_reason:
                return PillState(f"{who} waits, the arm holds", "pause", "accent", framed=True)
            return PillState(f"{who} moves the arm", "play", "accent", framed=True)
        if live.frozen:
            return PillState("Frame held while you edit" if live.editing else "Frame held. Space goes back to live.", "pause")
        if self.replaying:
            return self.pictured or PillState("Replay, arm not moving", "film-strip")
        if page in ("show", "run") and arm is not None and self._window.actions_table.driving:
            return PillState("Arm holding until you take it", "pause")
        if page == "show" and arm is not None:
            return PillState("Arm holding until you press Show", "pause")
        if page == "run" and act is not None and act.mode == "asking":
            return PillState("Arm holding until you press Go on" if self.answered else "Arm holding until you answer", "question", "warn")
        if page == "run" and arm is not None:
            return PillState("Arm holding until you press Run" if self._version else "Arm holding", "pause")
        return PillState("")
