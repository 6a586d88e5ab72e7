"""Moves the box of one object by mouse and keys. A drag is one step; so is a burst of presses, stored when the hand rests."""

from __future__ import annotations

import msgspec
import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.main_window import MainWindow
from app.presenters.held import Held
from app.session import Session, subject_of
from core.perception.redraw import Thing
from core.storage import mask_edits
from core.types import Detection, OrientedBox, Scene
from widgets import box_hand

_STEP_M = 0.005
_GROW_M = 0.004
_TURN_RAD = np.deg2rad(3)
_REST_MS = 900


class BoxTool(QObject):
    """The box in hand. `changed`: show it."""

    changed = Signal()

    def __init__(self, session: Session, window: MainWindow, held: Held) -> None:
        super().__init__(window)
        self._session, self._window, self._held = session, window, held
        self._scene: Scene | None = None
        self._detection: Detection | None = None
        self._box: OrientedBox | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.store)
        pane = window.stage.box_pane
        pane.grabbed.connect(self.store)
        pane.moved.connect(self._set)
        pane.released.connect(self.store)
        pane.sized.connect(self.grow)
        pane.turned.connect(self.turn)

    def take(self, scene: Scene, detection: Detection) -> None:
        """Work on the box of a detection of the held scene."""
        self._scene, self._detection, self._box = scene, detection, None
        self._window.stage.box_pane.set_box(detection.box)

    def see(self, scene: Scene, detection: Detection) -> None:
        """It is shown anew: a step of it may have been taken back."""
        if self._box is None:
            self.take(scene, detection)

    def leave(self) -> None:
        """Put it down; where it is now is stored."""
        self.store()
        self._window.stage.box_pane.set_box(None)

    def move(self, right: int, away: int, up: int) -> None:
        """By steps of 5 mm as the operator sees it: along the table to the right, away, or up."""
        if (now := self._now()) is not None:
            x, y = self._directions()
            self._set(msgspec.structs.replace(now, center=now.center + _STEP_M * (right * x + away * y + up * np.array([0.0, 0.0, 1.0]))))

    @Slot(int)
    def turn(self, steps: int) -> None:
        """By steps of 3 degrees about the upright."""
        if (now := self._now()) is not None:
            self._set(box_hand.turned(now, _TURN_RAD * steps))

    @Slot(int)
    def grow(self, steps: int) -> None:
        """Every side by 4 mm a step."""
        if (now := self._now()) is not None:
            self._set(box_hand.grown(now, _GROW_M * steps))

    @Slot()
    def store(self) -> None:
        """Store the box where it is now."""
        self._rest.stop()
        box, self._box = self._box, None
        if box is None or self._scene is None or self._detection is None:
            return
        self._detection = msgspec.structs.replace(self._detection, box=box)
        subject = subject_of(self._detection, self._scene)
        self._session.judge(subject, self._scene, lambda store, judgement: mask_edits.set_box(store, judgement, box))

    def _now(self) -> OrientedBox | None:
        return self._box or (self._detection.box if self._detection is not None else None)

    @Slot(object)
    def _set(self, box: OrientedBox) -> None:
        self._box = box
        self._window.stage.box_pane.set_box(box)
        if self._detection is None or self._scene is None:
            return
        mask = np.asarray(self._scene.labels == self._detection.instance)
        self._held.draw([Thing(self._detection.track, mask, box)])
        self._rest.start()
        self.changed.emit()

    def _directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Right and away as unit vectors on the table (3,), from where the cloud is looked at."""
        view = self._window.stage.cloud.orbit().view_from_base()
        right = np.array([view[0, 0], view[0, 1], 0.0])
        right /= max(1e-6, float(np.linalg.norm(right)))
        return right, np.array([-right[1], right[0], 0.0])
