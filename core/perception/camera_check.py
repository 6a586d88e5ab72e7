"""Whether the camera still stands where its calibration says: the table that is seen tells. Called by `identify` once a frame."""

from __future__ import annotations

import numpy as np

from core.geometry import Plane
from core.types import CameraInfo

_FRAMES, _OFF_M, _OFF_RAD = 15, 0.02, 0.035


class CameraCheck:
    """Counts the frames in a row on which the table lay elsewhere, so that a hand over the table is no alarm."""

    def __init__(self) -> None:
        self._off = 0

    @property
    def moved(self) -> bool:
        """Whether the camera was moved."""
        return self._off >= _FRAMES

    def see(self, found: Plane | None, calibrated: Plane, camera: CameraInfo) -> None:
        """The table that a frame shows, and where it should be, both in the camera frame."""
        self._off = self._off + 1 if _is_off(found, calibrated, camera) else 0


def _is_off(found: Plane | None, calibrated: Plane, camera: CameraInfo) -> bool:
    """Whether the table that is seen lies elsewhere than calibration says: by 2 cm in the middle of the picture, or by 2 degrees."""
    if found is None:
        return False
    at = camera.color
    ray = np.array([(at.width / 2 - at.cx) / at.fx, (at.height / 2 - at.cy) / at.fy, 1.0])
    reach = [-plane.d / min(-1e-3, float(plane.normal @ ray)) for plane in (found, calibrated)]
    turned = float(np.arccos(np.clip(found.normal @ calibrated.normal, -1, 1)))
    apart = abs(reach[0] - reach[1]) * abs(float(calibrated.normal @ ray))
    return turned > _OFF_RAD or apart > _OFF_M
