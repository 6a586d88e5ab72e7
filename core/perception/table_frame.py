"""The table's frame of a camera that nobody calibrated, fitted from its depth. Called by `identify` once a frame."""

from __future__ import annotations

import numpy as np

from core import geometry
from core.geometry import Plane
from core.types import Array, CameraInfo


class TableFrame:
    """The frame of one camera's table; another camera's starts anew."""

    def __init__(self) -> None:
        self._known: tuple[str, Array, Plane] | None = None

    def plane(self, camera: CameraInfo) -> Plane | None:
        """The table as it was fitted last, in the camera's frame."""
        return self._known[2] if self._known and self._known[0] == camera.id else None

    def fit(self, camera: CameraInfo, plane: Plane | None) -> Array:
        """T_base_camera (4, 4) with base on `plane`; it stays where it is while the fit only wobbles."""
        known = self._known if self._known and self._known[0] == camera.id else None
        if plane is None:
            return known[1] if known else np.eye(4)
        if known and plane.normal @ known[2].normal > 0.9994 and abs(plane.d - known[2].d) < 0.01:
            return known[1]
        at = camera.color
        ray = np.array([(at.width / 2 - at.cx) / at.fx, (at.height / 2 - at.cy) / at.fy, 1.0])
        reach = -plane.d / min(-1e-3, float(plane.normal @ ray))
        T = geometry.table_frame(plane, ray * float(np.clip(reach, 0.1, 3.0)))
        self._known = (camera.id, T, plane)
        return T
