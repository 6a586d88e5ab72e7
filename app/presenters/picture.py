"""The live picture: hands frames to the cloud and to the colour image, no oftener than drawing them leaves room for.

Where drawing is slow (software GL), a frame that comes without a scene waits: what was identified is then on screen as soon as it is
known, and `perceive` has the processor meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from app.live import Live
from core.types import Frame
from widgets.cloud_view import CloudView
from widgets.image_view import ImageView

_SLOW_MS = 10.0
_PACE_NS = 62_000_000


class Picture(QObject):
    """Shows the newest frame, unless a recorded one has the views (`replaying`)."""

    def __init__(self, live: Live, cloud: CloudView, image: ImageView, replaying: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._live, self._cloud, self._image, self._replaying = live, cloud, image, replaying
        self._waiting: Frame | None = None
        self._scene_came = False
        self._shown_ns = 0
        live.camera_changed.connect(cloud.set_camera)
        live.frame_changed.connect(self._on_frame)
        live.scene_changed.connect(self._on_scene)
        live.ticked.connect(self._on_tick)

    @Slot(object)
    def _on_frame(self, frame: Frame) -> None:
        self._waiting = frame

    @Slot(object)
    def _on_scene(self, _: object) -> None:
        self._scene_came = True

    @Slot()
    def _on_tick(self) -> None:
        frame, due = self._waiting, self._scene_came or self._live.frozen or self._is_due()
        self._scene_came = False
        if frame is None or not due or self._replaying():
            return
        self._waiting = None
        self._shown_ns = self._live.host.now_ns()
        self._cloud.set_frame(frame)
        self._image.set_frame(frame)

    def _is_due(self) -> bool:
        return self._cloud.thinning.mean_ms < _SLOW_MS or self._live.host.now_ns() - self._shown_ns >= _PACE_NS
