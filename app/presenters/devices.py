"""What stands behind the chips: the camera's, the arm's and the model's page, in the right column of any page."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from app.live import LOST_NS, STALE_NS
from app.main_window import MainWindow
from app.presenters import version_words as words
from app.presenters.rollouts import age_words
from app.session import Session
from core.messages import ActRequest
from widgets import theme
from widgets.device_panel import CLOSE, DeviceState
from widgets.values import ButtonSpec, Fact, Finding, Heading

_PERIOD_MS = 300
_NAMES = (ButtonSpec("classes", "Names"),)
_OPEN_M = 0.11
_OPENING_MS = 2500
_MOVED_WORDS = "The camera moved: the table is not where its calibration says. Put it back, or calibrate it again, before the arm moves."
_STOP_WORDS = "STOP is software. Keep the robot’s own emergency stop within reach. Pendant does not see people."


class DevicesPresenter(QObject):
    """Keeps the page that is open up to date. `restart`: starts a worker of the rig again, by name."""

    def __init__(self, session: Session, window: MainWindow, restart: Callable[[str], None]) -> None:
        super().__init__(window)
        self._session, self._window, self._restart = session, window, restart
        self._open = ""
        self._arm_act = "arm_home"
        window.chip_clicked.connect(self.open)
        window.device_action_requested.connect(self.act)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_PERIOD_MS)

    @Slot(str)
    def open(self, device: str) -> None:
        """Open a device's page."""
        self._open, self._arm_act = device, "arm_home"
        self._window.show_device(self._state())

    @Slot()
    def refresh(self) -> None:
        """Show what is now, while a device's page is open."""
        if self._open and self._window.device.isVisible():
            self._window.device.set_state(self._state())
        elif not self._window.device.isVisible():
            self._open = ""

    def forget(self) -> None:
        """Something else takes the panel."""
        self._open = ""

    def _state(self) -> DeviceState:
        return {"camera": self._camera, "arm": self._arm, "model": self._model}[self._open]()

    def _camera(self) -> DeviceState:
        live = self._session.live
        info, age = live.camera, live.frame_age_ns()
        state = "no frame yet" if live.frame is None else "lost" if age > LOST_NS else "stalled" if age > STALE_NS else "streaming"
        facts = [Fact("State", state), Fact("Frames a second", f"{live.fps():.0f}"), Fact("Last frame", age_words(age))]
        if info is not None:
            facts += [
                Fact("Serial", info.serial or "none"),
                Fact("Connection", "simulated" if info.simulated else info.connection or "USB"),
                Fact("Colour", f"{info.color.width} × {info.color.height}"),
                Fact("Depth", f"{info.depth.width} × {info.depth.height}"),
                Fact("Calibration", "known" if info.T_mount_camera is not None else "none: the table’s frame is fitted"),
            ]
        said = live.device.text if live.device is not None else ""
        findings = (Finding("info", "plain", said),) if said else ()
        if live.scene is not None and live.scene.camera_moved:
            findings = (Finding("warning", "warn", _MOVED_WORDS), *findings)
        name = info.name if info is not None else "Camera"
        retry = ButtonSpec("retry_camera", "Try again now")
        return DeviceState(Heading("Camera", name), tuple(facts), findings, CLOSE, (retry,))

    def _arm(self) -> DeviceState:
        live = self._session.live
        arm = live.arm
        if arm is None:
            return DeviceState(Heading("Arm", "No arm", "This camera has no arm beside it, so Show and Run are not offered."))
        joints = "  ".join(f"{round(np.rad2deg(q))}°" for q in arm.joints)
        x, y, z = (round(100 * metres) for metres in arm.T_base_tool[:3, 3].tolist())
        facts = (
            Fact("State", arm.fault or arm.mode),
            Fact("Who moves it", {"nobody": "nobody", "policy": "Pendant", "operator": "you"}[arm.driver]),
            Fact("Joints", joints),
            Fact("Tool", f"{x}, {y}, {z} cm"),
            Fact("Gripper", f"{100 * arm.gripper:.1f} cm{', holds something' if arm.gripping else ''}"),
            Fact("Set-points refused", str(arm.refused)),
        )
        findings = [Finding("warning", "plain", _STOP_WORDS)]
        if arm.hold_reason:
            findings.insert(0, Finding("warning", "warn", arm.hold_reason))
        text = "Drive home" if self._arm_act == "arm_home" else "Open the gripper"
        other = ButtonSpec("arm_other", "Open the gripper" if self._arm_act == "arm_home" else "Drive home")
        secondaries = [other, CLOSE] if not arm.fault else [ButtonSpec("arm_reset", "Reset the fault"), CLOSE]
        ready = not arm.stopped and not arm.fault and arm.driver == "nobody"
        why = "" if ready else "Release the stop first" if arm.stopped else "The arm is busy"
        primary = ButtonSpec(self._arm_act, text, "hold Enter", enabled=ready, hold_ms=theme.HOLD_MS, why=why)
        title = "Simulated arm" if arm.simulated else "Arm"
        return DeviceState(Heading("Arm", title), facts, tuple(findings), primary, tuple(secondaries))

    def _model(self) -> DeviceState:
        queries, act = self._session.queries, self._session.live.act
        scene = self._session.live.scene
        facts = [Fact("Identifier", scene.identifier if scene is not None else "starting")]
        facts += [Fact("Names known", str(len(self._session.classes))), Fact("Labels", str(len(queries.labels())))]
        missing = (Finding("warning", "warn", scene.notice),) if scene is not None and scene.notice else ()
        version = queries.active_version(self._session.task_id)
        if version is None:
            heading = Heading("Model", "No version on the arm", "Learn makes one from your demonstrations.")
            return DeviceState(heading, tuple(facts), missing, secondaries=_NAMES)
        m = version.manifest
        facts += [
            Fact("Policy", str(m["policy"])),
            Fact("Relation", str(m["relation"]) or "none"),
            Fact("Rehearsals", words.score_words(version)),
            Fact("On the arm", "loaded" if act is not None and act.active else "loading"),
        ]
        made = words.made_from(len(m["episodes"]), m["labels"], m["takeovers"], m["made_s"])
        return DeviceState(Heading("Model", words.name_of(version), f"Made from {made}"), tuple(facts), missing, secondaries=_NAMES)

    @Slot(str)
    def act(self, action: str) -> None:
        """A button of a device's page."""
        live = self._session.live
        if action == "retry_camera":
            self._restart("camera" if self._session.cell == "" else "sim_camera")
        elif action == "connect_arm":
            self._restart("cell" if self._session.cell else "arm")
        elif action == "arm_other":
            self._arm_act = "arm_open" if self._arm_act == "arm_home" else "arm_home"
        elif action == "arm_home":
            live.grant("policy")
            live.ask(ActRequest(kind="home"))
        elif action == "arm_open":
            live.grant("operator")
            live.ask(ActRequest(kind="gripper", value=_OPEN_M))
            QTimer.singleShot(_OPENING_MS, self, self._opened)
        elif action == "arm_reset":
            live.reset_fault()
        self.refresh()

    @Slot()
    def _opened(self) -> None:
        self._session.live.ask(ActRequest(kind="hand_back"))
