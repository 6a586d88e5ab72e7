"""What the cloud shows, as values: a frame with its camera and its scene, and what follows from them for drawing and picking.

Owned by `cloud_view`; knows no widget and no OpenGL context.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.types import TABLE_LABEL, CameraInfo, Detection, Frame, LabelMap, OrientedBox, Scene
from widgets import theme
from widgets.cloud_overlay import Marks
from widgets.cloud_scene import STYLES, Mesh
from widgets.orbit import Matrix, Orbit, from_camera, projection
from widgets.values import ObjectRow

# A camera that was never placed: half a metre up, looking down at 45 degrees, so that something sensible is on screen.
_UNPLACED = np.array([[1, 0, 0, 0], [0, -0.7071, 0.7071, -0.2], [0, -0.7071, -0.7071, 0.6], [0, 0, 0, 1]], np.float64)


Mode = Literal["camera", "objects", "depth"]
MODES: tuple[Mode, ...] = ("camera", "objects", "depth")


@dataclass
class CloudState:
    """`rows` by track; `poses` of the ghost's `meshes` in base. Tracks and instances are 0 where there is none."""

    frame: Frame | None = None
    camera: CameraInfo | None = None
    scene: Scene | None = None
    rows: dict[int, ObjectRow] = field(default_factory=dict)
    meshes: Sequence[Mesh] = ()
    poses: Sequence[Matrix] = ()
    marks: Marks = field(default_factory=Marks)
    mode: Mode = "objects"
    frozen: bool = False
    quiet: bool = False
    selected: int = 0
    hovered: int = 0
    also: frozenset[int] = frozenset()
    frame_token: str = ""

    def T_base_camera(self) -> Matrix:
        """Where the camera is, by the scene, else by its mount, else a guess."""
        if self.scene is not None:
            return self.scene.T_base_camera
        if self.camera is not None and self.camera.T_mount_camera is not None and self.camera.mount == "base":
            return self.camera.T_mount_camera
        return _UNPLACED

    def home(self) -> Orbit | None:
        """From where the whole table is seen: the camera's side; None before there is a picture."""
        if self.frame is None or self.camera is None:
            return None
        valid = self.frame.depth[::8, ::8]
        depth = float(np.median(valid[valid > 0])) * self.camera.depth_scale if valid.any() else 1.0
        return from_camera(self.T_base_camera(), min(max(depth, 0.3), 3.0))

    def detections(self) -> tuple[Detection, ...]:
        """What the scene holds."""
        return self.scene.detections if self.scene is not None else ()

    def boxes(self) -> dict[int, OrientedBox]:
        """The boxes to draw, by track."""
        return {d.track: d.box for d in self.detections() if d.track in self.rows}

    def box(self, track: int) -> OrientedBox | None:
        """The box of a track."""
        return next((d.box for d in self.detections() if d.track == track), None)

    def instance(self, track: int) -> int:
        """The instance of a track in this scene."""
        return next((d.instance for d in self.detections() if d.track == track), 0) if track else 0

    def track_of(self, pixel: tuple[int, int] | None) -> int:
        """The track at a colour pixel (u, v)."""
        if pixel is None or self.scene is None:
            return 0
        label = int(self.scene.labels[pixel[1], pixel[0]])
        return next((d.track for d in self.detections() if d.instance == label), 0) if 0 < label < TABLE_LABEL else 0

    def labels(self) -> LabelMap:
        """The label map (H, W) of the scene, zeros before there is one."""
        if self.scene is not None:
            return self.scene.labels
        return np.zeros(self.frame.color.shape[:2] if self.frame else (1, 1), np.uint16)

    def styles(self) -> npt.NDArray[np.uint8]:
        """The style texture (STYLES, 4): the class colour by instance, its alpha 255 for known and 128 for unknown ones."""
        styles = np.zeros((STYLES, 4), np.uint8)
        for detection in self.detections():
            row = self.rows.get(detection.track)
            known = row is not None and row.color is not None
            color = theme.object_rgb(row.color) if row is not None and row.color is not None else (0, 0, 0)
            styles[detection.instance % STYLES] = (*color, 255 if known else 128)
        return styles

    def fill_px(self, track: int, orbit: Orbit, size: tuple[int, int], ratio: float) -> float:
        """A point size that closes the gaps of an object at its distance in a view of `size` logical pixels."""
        box = self.box(track)
        if box is None or self.camera is None:
            return 4.0
        width, height = size
        away = float(np.linalg.norm(orbit.eye() - box.center))
        from_camera_m = float(np.linalg.norm(self.T_base_camera()[:3, 3] - box.center))
        focal = abs(projection(width / max(1, height))[1, 1]) * height / 2 * ratio
        return float(np.clip(2.2 * from_camera_m / self.camera.depth.fx * focal / max(away, 0.05), 3.0, 24.0))

    def region_of(self, track: int) -> tuple[int, int, int, int] | None:
        """The depth pixels (x, y, width, height) that can hold an object, with a margin for the parallax."""
        instance = self.instance(track)
        if not instance or self.scene is None or self.camera is None or self.frame is None:
            return None
        inside = self.scene.labels[::2, ::2] == instance
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if rows.size == 0:
            return None
        kd, kc = self.camera.depth, self.camera.color
        margin = self._parallax_px(track, self.camera)
        x = ((np.array([columns[0], columns[-1]]) * 2 - kc.cx) / kc.fx * kd.fx + kd.cx).astype(int) + [-margin, margin]
        y = ((np.array([rows[0], rows[-1]]) * 2 - kc.cy) / kc.fy * kd.fy + kd.cy).astype(int) + [-margin, margin]
        height, width = self.frame.depth.shape
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        return int(x[0]), int(y[0]), int(x[1] - x[0] + 1), int(y[1] - y[0] + 1)

    def _parallax_px(self, track: int, camera: CameraInfo) -> int:
        """How far, at most, an object's depth pixels lie from where its colour pixels are."""
        box = self.box(track)
        if box is None:
            return 0
        T = camera.T_color_depth
        near = max(0.15, float(np.linalg.norm(self.T_base_camera()[:3, 3] - box.center) - np.linalg.norm(box.size)))
        turn = float(np.arccos(np.clip((np.trace(T[:3, :3]) - 1) / 2, -1, 1)))
        return 4 + int(np.ceil(camera.depth.fx * (float(np.linalg.norm(T[:3, 3])) / near + 1.5 * turn)))
