"""Driving by keys: held keys become velocity intents, sent while they are held; armed once by the operator's press."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from app.main_window import MainWindow
from app.session import Session
from core.messages import ActRequest
from core.types import ArmState

_PERIOD_MS = 50
_LINEAR, _TURN = 0.12, 1.2  # at full speed
_OPEN_M, _HALF_OPEN_M = 0.09, 0.045
# The operator looks from the camera: away from them is -x, left is -y for a camera that faces the arm.
_AXES: dict[str, tuple[int, float]] = {
    "drive_left": (1, -_LINEAR),
    "drive_right": (1, _LINEAR),
    "drive_away": (0, -_LINEAR),
    "drive_near": (0, _LINEAR),
    "drive_up": (2, _LINEAR),
    "drive_down": (2, -_LINEAR),
    "turn_left": (5, _TURN),
    "turn_right": (5, -_TURN),
}


class DriveKeys(QObject):
    """Binds the driving keys of Show and Run. `set_driving` makes them act; `arm_up` grants the operator the lease."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._held: set[str] = set()
        self._had_arm = False
        self._speed = 1.0
        self._timer = QTimer(self)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._send)
        session.live.arm_changed.connect(self._on_arm)
        for page in ("show", "run"):
            for action in _AXES:
                window.actions_table.bind(action, partial(self._press, action), page=page, released=partial(self._release, action))
            window.actions_table.bind("gripper", self._toggle_gripper, page=page)

    @property
    def let_go(self) -> bool:
        """Whether the arm was the operator's and is no more: held, stopped, or its host was started again. The keys do nothing then."""
        arm = self._session.live.arm
        return self._had_arm and arm is not None and arm.driver != "operator"

    def set_speed(self, share: float) -> None:
        """How fast the keys move the arm, as a share of full speed."""
        self._speed = share

    def set_driving(self, driving: bool) -> None:
        """Whether the keys drive the arm now."""
        if driving:
            self._window.actions_table.driving = True
            self.arm_up()
        else:
            self.release()
            self._session.live.ask(ActRequest(kind="hand_back"))

    def listen(self, listening: bool) -> None:
        """Whether the keys mean driving now: on another page they mean other things."""
        self._window.actions_table.driving = listening
        self._held.clear()
        self._timer.stop()

    def release(self) -> None:
        """The keys drive nothing any more."""
        self._had_arm = False
        self._window.actions_table.driving = False
        self._held.clear()
        self._timer.stop()

    def arm_up(self) -> None:
        """Give the operator the arm."""
        self._had_arm = False
        self._session.live.freeze(False)  # who drives sees the arm as it is
        self._session.live.grant("operator")

    @Slot(object)
    def _on_arm(self, arm: ArmState) -> None:
        self._had_arm = self._had_arm or (self._window.actions_table.driving and arm.driver == "operator")

    def _press(self, action: str) -> None:
        self._held.add(action)
        self._send()
        self._timer.start()

    def _release(self, action: str) -> None:
        self._held.discard(action)
        if not self._held:
            self._timer.stop()

    @Slot()
    def _send(self) -> None:
        twist = np.zeros(6)
        for action in self._held:
            axis, value = _AXES[action]
            twist[axis] += self._speed * value
        self._session.live.ask(ActRequest(kind="jog", twist=twist))

    def _toggle_gripper(self) -> None:
        arm = self._session.live.arm
        if arm is not None:
            self._session.live.ask(ActRequest(kind="gripper", value=0.0 if arm.gripper_target > _HALF_OPEN_M else _OPEN_M))
