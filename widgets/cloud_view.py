"""The live cloud: one frame deprojected and tinted in OpenGL, orbit and picking, boxes and tags over it.

Pages feed it with core values and listen to what the operator meant; it knows no device and no store. Without OpenGL it shows the
colour image and keeps the same signals.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from core.types import TABLE_LABEL, CameraInfo, Detection, Frame, Scene
from widgets import cloud_points, paint, theme
from widgets.cloud_overlay import CloudOverlay, Marks, OverlayState, corners
from widgets.cloud_points import Picker
from widgets.cloud_scene import STYLES, CloudScene, Look, Mesh
from widgets.gl_canvas import Canvas, Thinning, gl_available
from widgets.orbit import Matrix, Orbit, eased, from_camera, project, projection
from widgets.values import ObjectRow

Mode = Literal["camera", "objects", "depth"]
MODES: tuple[Mode, ...] = ("camera", "objects", "depth")
_CLICK_PX = 5
# A camera that was never placed: half a metre up, looking down at 45 degrees, so that something sensible is on screen.
_UNPLACED = np.array([[1, 0, 0, 0], [0, -0.7071, 0.7071, -0.2], [0, -0.7071, -0.7071, 0.6], [0, 0, 0, 1]], np.float64)


class CloudView(QWidget):
    """See the module. Tracks are `Detection.track`; modifiers are Qt's as an int."""

    object_clicked = Signal(int, int)
    background_clicked = Signal(int, int)
    add_requested = Signal(int, int)
    hovered = Signal(int)
    drawn = Signal(float, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Live cloud")
        self.setAccessibleDescription("The camera's points in 3-D; the object list holds the same objects")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._frame: Frame | None = None
        self._camera: CameraInfo | None = None
        self._scene: Scene | None = None
        self._rows: dict[int, ObjectRow] = {}
        self._meshes: Sequence[Mesh] = ()
        self._poses: Sequence[Matrix] = ()
        self._marks = Marks()
        self._look_at: Orbit | None = None
        self._home: Orbit | None = None
        self._mode: Mode = "objects"
        self._frozen = self._quiet = False
        self._selected = self._hovered = self._flashed = 0
        self._also: frozenset[int] = frozenset()
        self._frame_token = ""
        self._dirty: set[str] = set()
        self._picker: Picker | None = None
        self.thinning = Thinning()
        self._press: QPointF | None = None
        self._last = QPointF()
        self._dragged = False
        self._move = (Orbit(), Orbit())
        self._clock = QElapsedTimer()
        self._animation = QTimer(self, interval=16)
        self._animation.timeout.connect(self._animate)
        self._flash_clock = QElapsedTimer()
        self._hover_at = QPointF()
        self._hover_timer = QTimer(self, singleShot=True, interval=45)
        self._hover_timer.timeout.connect(self._hover_now)
        self._refine_timer = QTimer(self, singleShot=True, interval=350)
        self._refine_timer.timeout.connect(self.refine)
        self._fine = False
        self._canvas: Canvas | None = Canvas(self, self.draw) if gl_available() else None
        if self._canvas is not None:
            self._canvas.failed.connect(self._without_gl)
        self.overlay = CloudOverlay(self)
        self._home_frame = -1

    # what is shown

    def set_camera(self, camera: CameraInfo) -> None:
        """The camera that the next frames come from."""
        if camera is not self._camera:
            self._camera = camera
            self._picker = None
            self._redraw()

    def set_frame(self, frame: Frame) -> None:
        """Show a frame; labels of the last scene stay until `set_scene`."""
        if frame is self._frame:
            return
        self._frame = frame
        self._picker = None
        self._dirty.add("frame")
        if self._canvas is None:
            self.overlay.set_picture(paint.to_image(frame.color))
        self._redraw()

    def set_scene(self, scene: Scene | None, rows: Sequence[ObjectRow]) -> None:
        """Show what was identified; rows give names, keys and states by track."""
        known = {row.track: row for row in rows}
        if scene is self._scene and known == self._rows:
            return
        self._scene, self._rows = scene, known
        self._dirty.add("labels")
        if self._home is None and scene is not None:
            self.go_home(animate=False)
        self._redraw()

    def set_ghost(self, meshes: Sequence[Mesh], poses: Sequence[Matrix]) -> None:
        """The ghost arm: a mesh (vertices (N, 3), faces (M, 3)) a link and its pose (4, 4) in base; empty hides it."""
        if meshes is not self._meshes:
            self._meshes = meshes
            self._dirty.add("ghost")
        self._poses = poses
        self._redraw()

    def set_path(self, planned: np.ndarray | None, done: np.ndarray | None = None, *, replay: bool = False) -> None:
        """Planned and done tool paths (N, 3) in base; `replay` dots what lies ahead."""
        self.set_marks(replace(self._marks, planned=planned, done=done, replay=replay))

    def set_marks(self, marks: Marks) -> None:
        """Paths, pick and place rings, "start one here"."""
        self._marks = marks
        self._redraw()

    def set_selection(self, track: int) -> None:
        """Outline an object; 0 = none."""
        if track != self._selected:
            self._selected = track
            self._redraw()

    def set_also(self, tracks: Collection[int]) -> None:
        """Outline the boxes of these besides the selection."""
        if frozenset(tracks) != self._also:
            self._also = frozenset(tracks)
            self._redraw()

    def selection(self) -> int:
        """The outlined track, 0 = none."""
        return self._selected

    def set_hovered(self, track: int) -> None:
        """Brighten an object; 0 = none."""
        if track != self._hovered:
            self._hovered = track
            self._redraw()

    def flash(self, track: int) -> None:
        """Brighten a just named object for a moment."""
        if theme.duration(theme.LABEL_FLASH_MS):
            self._flashed = track
            self._flash_clock.start()
            self._animation.start()

    def set_mode(self, mode: Mode) -> None:
        """How points are coloured."""
        if mode != self._mode:
            self._mode = mode
            self._redraw()

    def mode(self) -> Mode:
        """How points are coloured now."""
        return self._mode

    def set_frozen(self, frozen: bool) -> None:
        """Grey, without boxes: the picture is old."""
        if frozen != self._frozen:
            self._frozen = frozen
            self._redraw()

    def set_quiet(self, quiet: bool) -> None:
        """Small: quiet tags and no axes (the swapped pane)."""
        if quiet != self._quiet:
            self._quiet = quiet
            self._redraw()

    def set_canvas_frame(self, token: str) -> None:
        """The 3 px frame that says who moves the arm: a tone or ""."""
        if token != self._frame_token:
            self._frame_token = token
            self._redraw()

    # the eye

    def go_home(self, *, animate: bool = True) -> None:
        """The whole table, from the camera's side."""
        if self._frame is not None and self._camera is not None:
            valid = self._frame.depth[::8, ::8]
            depth = float(np.median(valid[valid > 0])) * self._camera.depth_scale if valid.any() else 1.0
            self._home = from_camera(self._T_base_camera(), min(max(depth, 0.3), 3.0))
            self._go(self._home, animate)

    def center_on(self, track: int) -> None:
        """Bring an object to the middle, nearer."""
        box = next((d.box for d in self._detections() if d.track == track), None)
        if box is not None:
            self._go(self.orbit().centred(box.center, max(0.35, 4.0 * float(np.linalg.norm(box.size)))), True)

    def set_orbit(self, orbit: Orbit) -> None:
        """Look from somewhere at once."""
        self._go(orbit, False)

    def orbit(self) -> Orbit:
        """Where it looks from."""
        return self._look_at or Orbit()

    def object_rect(self, track: int) -> QRect:
        """Where an object lies in the widget, for the popover; empty if unseen."""
        box = next((d.box for d in self._detections() if d.track == track), None)
        if box is None:
            return QRect()
        xy, _ = project(corners(box), self._clip_from_base(), self.width(), self.height())
        low, high = xy.min(axis=0), xy.max(axis=0)
        return QRect(QPoint(int(low[0]), int(low[1])), QPoint(int(high[0]), int(high[1])))

    def pixel_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The colour pixel (u, v) under a position in the widget."""
        if self._frame is None or self._camera is None:
            return None
        if self._canvas is None:
            return self._picture_pixel(x, y)
        return self._pick(x, y)

    def positions_of(self, pixels: np.ndarray) -> np.ndarray:
        """Where colour pixels (N, 2) as (u, v) lie in the widget (N, 2); those without depth are left out."""
        if self._frame is None or self._camera is None:
            return np.zeros((0, 2))
        if self._canvas is None:
            height, width = self._frame.color.shape[:2]
            scale = min(self.width() / width, self.height() / height)
            return (pixels + 0.5 - [width / 2, height / 2]) * scale + [self.width() / 2, self.height() / 2]
        p_camera = cloud_points.points_at(self._frame, self._camera, pixels)
        xy, w = project(p_camera, self._clip_from_base() @ self._T_base_camera(), self.width(), self.height())
        return xy[w > 0.02]

    def track_at(self, x: float, y: float) -> int:
        """The track under a position, 0 = none."""
        return self._track_of(self.pixel_at(x, y))

    # drawing

    def draw(self, scene: CloudScene) -> None:
        """Paint with the context current; called by the canvas."""
        started = QElapsedTimer()
        started.start()
        look = self._make_look()
        scene.clear(look)
        if self._frame is None or self._camera is None:
            return
        self._upload(scene)
        clip = self._clip_from_base()
        target = self.orbit().target
        scene.draw_grid(clip, look, (target[0], target[1]))
        stride = 1 if self._fine or not scene.software else self.thinning.stride
        clip_from_color = clip @ self._T_base_camera()
        scene.draw_cloud(self._camera, clip_from_color, look, stride)
        region = self._selected_region()
        if region is not None and not self._frozen:
            scene.draw_silhouette(self._camera, clip_from_color, look, region, self._fill_px(), min(2, stride))
        if self._meshes and self._poses:
            scene.draw_ghost(self.orbit().view_from_base(), clip, self._poses, look)
        self._timed(scene, started, stride)

    def _timed(self, scene: CloudScene, started: QElapsedTimer, stride: int) -> None:
        if scene.software:
            scene.finish()
            ms = started.nsecsElapsed() / 1e6
            if not self._fine:
                self.thinning.measured(ms)
                if stride > 1:
                    self._refine_timer.start()
        self.drawn.emit(started.nsecsElapsed() / 1e6, stride)

    def refine(self) -> None:
        """Draw every point in the next drawing: nothing moves, or a picture is taken."""
        self._fine = True
        if self._canvas is not None:
            self._canvas.update()

    def _upload(self, scene: CloudScene) -> None:
        if "frame" in self._dirty and self._frame is not None:
            scene.upload_frame(self._frame)
        if "labels" in self._dirty or "frame" in self._dirty:
            scene.upload_labels(self._labels(), self._styles())
        if "ghost" in self._dirty:
            scene.upload_ghost(self._meshes)
        self._dirty.clear()

    def _labels(self) -> np.ndarray:
        if self._scene is not None:
            return self._scene.labels
        return np.zeros(self._frame.color.shape[:2] if self._frame else (1, 1), np.uint16)

    def _styles(self) -> np.ndarray:
        styles = np.zeros((STYLES, 4), np.uint8)
        for detection in self._detections():
            row = self._rows.get(detection.track)
            known = row is not None and row.color is not None
            styles[detection.instance % STYLES] = (
                (*theme.object_rgb(row.color), 255) if row and row.color is not None else (0, 0, 0, 128 if not known else 255)
            )
        return styles

    def _make_look(self) -> Look:
        t = theme.tokens()
        ratio = self.devicePixelRatioF()
        grow = min(1.25, max(0.62, min(self.width(), 1.1 * self.height()) / 848)) * ratio
        flash = 0.0
        if self._flashed:
            flash = max(0.0, 1 - self._flash_clock.elapsed() / theme.LABEL_FLASH_MS)
        return Look(
            dark=t.dark,
            canvas=_rgb(t.canvas),
            outline=_rgb(t.select_outline),
            accent=_rgb(t.accent),
            text=_rgb(t.text),
            mode=MODES.index(self._mode),
            frozen=self._frozen,
            selected=self._instance(self._selected),
            hovered=self._instance(self._hovered),
            flashed=self._instance(self._flashed),
            flash=flash,
            point_px=2.05 * grow,
            table_px=(1.75 if t.dark else 1.9) * grow,
            scale=ratio,
        )

    def _fill_px(self) -> float:
        """A point size that closes the gaps of the selected object at its distance."""
        box = next((d.box for d in self._detections() if d.track == self._selected), None)
        if box is None or self._camera is None:
            return 4.0
        away = float(np.linalg.norm(self.orbit().eye() - box.center))
        from_camera_m = float(np.linalg.norm(self._T_base_camera()[:3, 3] - box.center))
        focal = abs(projection(self.width() / max(1, self.height()))[1, 1]) * self.height() / 2 * self.devicePixelRatioF()
        return float(np.clip(2.2 * from_camera_m / self._camera.depth.fx * focal / max(away, 0.05), 3.0, 24.0))

    def _selected_region(self) -> tuple[int, int, int, int] | None:
        """The depth pixels (x, y, width, height) that can hold the selected object, with a margin for the parallax."""
        instance = self._instance(self._selected)
        if not instance or self._scene is None or self._camera is None or self._frame is None:
            return None
        inside = self._scene.labels[::2, ::2] == instance
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if rows.size == 0:
            return None
        kd, kc = self._camera.depth, self._camera.color
        margin = self._parallax_px()
        x = ((np.array([columns[0], columns[-1]]) * 2 - kc.cx) / kc.fx * kd.fx + kd.cx).astype(int) + [-margin, margin]
        y = ((np.array([rows[0], rows[-1]]) * 2 - kc.cy) / kc.fy * kd.fy + kd.cy).astype(int) + [-margin, margin]
        height, width = self._frame.depth.shape
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        return int(x[0]), int(y[0]), int(x[1] - x[0] + 1), int(y[1] - y[0] + 1)

    def _parallax_px(self) -> int:
        """How far, at most, the selected object's depth pixels lie from where its colour pixels are."""
        box = next((d.box for d in self._detections() if d.track == self._selected), None)
        if box is None or self._camera is None:
            return 0
        T = self._camera.T_color_depth
        near = max(0.15, float(np.linalg.norm(self._T_base_camera()[:3, 3] - box.center) - np.linalg.norm(box.size)))
        turn = float(np.arccos(np.clip((np.trace(T[:3, :3]) - 1) / 2, -1, 1)))
        return 4 + int(np.ceil(self._camera.depth.fx * (float(np.linalg.norm(T[:3, 3])) / near + 1.5 * turn)))

    # matrices and lookups

    def _T_base_camera(self) -> Matrix:
        if self._scene is not None:
            return self._scene.T_base_camera
        if self._camera is not None and self._camera.T_mount_camera is not None and self._camera.mount == "base":
            return self._camera.T_mount_camera
        return _UNPLACED

    def _clip_from_base(self) -> Matrix:
        return projection(self.width() / max(1, self.height())) @ self.orbit().view_from_base()

    def _detections(self) -> tuple[Detection, ...]:
        return self._scene.detections if self._scene is not None else ()

    def _instance(self, track: int) -> int:
        return next((d.instance for d in self._detections() if d.track == track), 0) if track else 0

    def _track_of(self, pixel: tuple[int, int] | None) -> int:
        if pixel is None or self._scene is None:
            return 0
        label = int(self._scene.labels[pixel[1], pixel[0]])
        return next((d.track for d in self._detections() if d.instance == label), 0) if 0 < label < TABLE_LABEL else 0

    def _pick(self, x: float, y: float) -> tuple[int, int] | None:
        if self._frame is None or self._camera is None:
            return None
        if self._picker is None:
            self._picker = Picker(self._frame, self._camera)
        labels = self._scene.labels if self._scene is not None else None
        return self._picker.pick(labels, self._clip_from_base() @ self._T_base_camera(), (self.width(), self.height()), x, y)

    def _picture_pixel(self, x: float, y: float) -> tuple[int, int] | None:
        if self._frame is None:
            return None
        height, width = self._frame.color.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        u, v = (x - self.width() / 2) / scale + width / 2, (y - self.height() / 2) / scale + height / 2
        return (int(u), int(v)) if 0 <= u < width and 0 <= v < height else None

    # moving

    def _go(self, orbit: Orbit, animate: bool) -> None:
        if animate and theme.duration(theme.VIEW_MOVE_MS):
            self._move = (self.orbit(), orbit)
            self._clock.start()
            self._animation.start()
        else:
            self._animation.stop()
            self._clock.invalidate()
            self._look_at = orbit
            self._redraw()

    def _animate(self) -> None:
        if self._clock.isValid():
            fraction = self._clock.elapsed() / theme.VIEW_MOVE_MS
            self._look_at = eased(*self._move, fraction)
            if fraction >= 1:
                self._clock.invalidate()
        if self._flashed and self._flash_clock.elapsed() > theme.LABEL_FLASH_MS:
            self._flashed = 0
        if not self._clock.isValid() and not self._flashed:
            self._animation.stop()
        self._redraw()

    def _redraw(self) -> None:
        self._fine = False
        self.overlay.set_state(
            OverlayState(
                clip_from_base=self._clip_from_base(),
                view_from_base=self.orbit().view_from_base(),
                eye=self.orbit().eye(),
                boxes={d.track: d.box for d in self._detections() if d.track in self._rows},
                rows=self._rows,
                selected=self._selected,
                also=self._also,
                hovered=self._hovered,
                marks=self._marks,
                quiet=self._quiet,
                frame_token=self._frame_token,
                live=not self._frozen,
            )
        )
        if self._canvas is not None:
            self._canvas.update()

    def _without_gl(self, reason: str) -> None:
        if self._canvas is not None:
            self._canvas.hide()
            self._canvas = None
        if self._frame is not None:
            self.overlay.set_picture(paint.to_image(self._frame.color))

    # events

    def resizeEvent(self, event: QResizeEvent) -> None:
        for child in (self._canvas, self.overlay):
            if child is not None:
                child.setGeometry(self.rect())
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()
        super().changeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press = self._last = event.position()
        self._dragged = False
        self._animation.stop()
        self._clock.invalidate()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            self._hover_at = event.position()
            if not self._hover_timer.isActive():
                self._hover_timer.start()
            return
        delta = event.position() - self._last
        self._last = event.position()
        self._dragged = self._dragged or (event.position() - self._press).manhattanLength() > _CLICK_PX
        if not self._dragged:
            return
        if event.buttons() & Qt.MouseButton.LeftButton and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._go(self.orbit().turned(delta.x() * 0.007, delta.y() * 0.007), False)
        else:
            metre = self.orbit().distance / max(1, self.height())
            self._go(self.orbit().panned(-delta.x() * metre, delta.y() * metre), False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._press is not None and not self._dragged and event.button() == Qt.MouseButton.LeftButton
        self._press = None
        if not clicked:
            return
        pixel = self.pixel_at(event.position().x(), event.position().y())
        track = self._track_of(pixel)
        if track:
            self.object_clicked.emit(track, event.modifiers().value)
        elif pixel is not None:
            self.background_clicked.emit(*pixel)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pixel = self.pixel_at(event.position().x(), event.position().y())
        if pixel is not None and not self._track_of(pixel):
            self.add_requested.emit(*pixel)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._go(self.orbit().zoomed(0.999 ** event.angleDelta().y()), False)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover_timer.stop()
        self.hovered.emit(0)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._go(self.orbit().zoomed(1 / (1 + event.value())), False)
            return True
        return super().event(event)

    def _hover_now(self) -> None:
        self.hovered.emit(self.track_at(self._hover_at.x(), self._hover_at.y()))


def _rgb(value: str) -> tuple[float, float, float]:
    color = QColor(value)
    return color.redF(), color.greenF(), color.blueF()
