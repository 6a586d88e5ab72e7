"""Where things lie in the view: colour pixels under a position and back, in the cloud or, without OpenGL, in the flat picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRect, QSize

from widgets import cloud_points
from widgets.cloud_motion import CloudMotion
from widgets.cloud_overlay import corners
from widgets.cloud_points import Picker
from widgets.cloud_state import CloudState
from widgets.orbit import Matrix, project, projection


class CloudPlaces:
    """For a view of a size that may change with every question. `flat`: the picture is shown instead of the cloud."""

    def __init__(self, state: CloudState, motion: CloudMotion) -> None:
        self._state, self._motion = state, motion
        self._picker: Picker | None = None
        self.flat = False

    def forget(self) -> None:
        """Another frame or camera is shown."""
        self._picker = None

    def clip_from_base(self, size: QSize) -> Matrix:
        """Base to clip space (4, 4)."""
        return projection(size.width() / max(1, size.height())) @ self._motion.orbit().view_from_base()

    def rect_of(self, track: int, size: QSize) -> QRect:
        """Where an object lies; empty if unseen."""
        box = self._state.box(track)
        if box is None:
            return QRect()
        xy, _ = project(corners(box), self.clip_from_base(size), size.width(), size.height())
        low, high = xy.min(axis=0), xy.max(axis=0)
        return QRect(QPoint(int(low[0]), int(low[1])), QPoint(int(high[0]), int(high[1])))

    def pixel_at(self, x: float, y: float, size: QSize) -> tuple[int, int] | None:
        """The colour pixel (u, v) under a position."""
        state = self._state
        if state.frame is None or state.camera is None:
            return None
        if self.flat:
            return self.picture_pixel(x, y, size)
        if self._picker is None:
            self._picker = Picker(state.frame, state.camera)
        labels = state.scene.labels if state.scene is not None else None
        clip = self.clip_from_base(size) @ state.T_base_camera()
        return self._picker.pick(labels, clip, (size.width(), size.height()), x, y)

    def picture_pixel(self, x: float, y: float, size: QSize) -> tuple[int, int] | None:
        """The pixel of the flat picture, which fills the view in its own proportions."""
        if self._state.frame is None:
            return None
        height, width = self._state.frame.color.shape[:2]
        scale = min(size.width() / width, size.height() / height)
        u, v = (x - size.width() / 2) / scale + width / 2, (y - size.height() / 2) / scale + height / 2
        return (int(u), int(v)) if 0 <= u < width and 0 <= v < height else None

    def positions_of(self, pixels: npt.NDArray[np.float64], size: QSize) -> npt.NDArray[np.float64]:
        """Where colour pixels (N, 2) as (u, v) lie (N, 2); those without depth are left out."""
        state = self._state
        if state.frame is None or state.camera is None:
            return np.zeros((0, 2))
        if self.flat:
            height, width = state.frame.color.shape[:2]
            scale = min(size.width() / width, size.height() / height)
            return (pixels + 0.5 - [width / 2, height / 2]) * scale + [size.width() / 2, size.height() / 2]
        p_camera = cloud_points.points_at(state.frame, state.camera, pixels)
        xy, w = project(p_camera, self.clip_from_base(size) @ state.T_base_camera(), size.width(), size.height())
        return xy[w > 0.02]
