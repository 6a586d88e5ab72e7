"""The live cloud: one frame deprojected and tinted in OpenGL, orbit and picking, boxes and tags over it.

Pages feed it with core values and listen to what the operator meant; it knows no device and no store. Without OpenGL it shows the
colour image and keeps the same signals.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from core.types import CameraInfo, Frame, Scene
from widgets import paint
from widgets.cloud_drawing import CloudDrawing
from widgets.cloud_motion import CloudMotion
from widgets.cloud_overlay import CloudOverlay, Marks, OverlayState
from widgets.cloud_places import CloudPlaces
from widgets.cloud_pointer import CloudPointer
from widgets.cloud_scene import CloudScene, Mesh
from widgets.cloud_state import CloudState, Mode
from widgets.gl_canvas import Canvas, gl_available
from widgets.orbit import Matrix, Orbit
from widgets.values import ObjectRow


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
        self._state = CloudState()
        self._motion = CloudMotion(self)
        self._places = CloudPlaces(self._state, self._motion)
        self._drawing = CloudDrawing(self._state, self._motion)
        self.thinning = self._drawing.thinning
        self._motion.moved.connect(self._redraw)
        self._at_home = False
        self._pointer = CloudPointer(self)
        self._pointer.turned.connect(self._turn)
        self._pointer.panned.connect(self._pan)
        self._pointer.clicked.connect(self._on_click)
        self._pointer.pointed.connect(lambda x, y: self.hovered.emit(self.track_at(x, y)))
        self._refine_timer = QTimer(self, singleShot=True, interval=350)
        self._refine_timer.timeout.connect(self.refine)
        self._canvas: Canvas | None = Canvas(self, self.draw) if gl_available() else None
        if self._canvas is not None:
            self._canvas.failed.connect(self._without_gl)
        self._places.flat = self._canvas is None
        self.overlay = CloudOverlay(self)

    def set_camera(self, camera: CameraInfo) -> None:
        """The camera that the next frames come from."""
        if camera is not self._state.camera:
            self._state.camera = camera
            self._places.forget()
            self._redraw()

    def set_frame(self, frame: Frame) -> None:
        """Show a frame; labels of the last scene stay until `set_scene`."""
        if frame is self._state.frame:
            return
        self._state.frame = frame
        self._places.forget()
        self._drawing.dirty.add("frame")
        if self._canvas is None:
            self.overlay.set_picture(paint.to_image(frame.color))
        self._redraw()

    def frame(self) -> Frame | None:
        """The frame that is drawn."""
        return self._state.frame

    def set_scene(self, scene: Scene | None, rows: Sequence[ObjectRow]) -> None:
        """Show what was identified; rows give names, keys and states by track."""
        known = {row.track: row for row in rows}
        if scene is self._state.scene and known == self._state.rows:
            return
        self._state.scene, self._state.rows = scene, known
        self._drawing.dirty.add("labels")
        if not self._at_home and scene is not None:
            self.go_home(animate=False)
        self._redraw()

    def set_ghost(self, meshes: Sequence[Mesh], poses: Sequence[Matrix]) -> None:
        """The ghost arm: a mesh (vertices (N, 3), faces (M, 3)) a link and its pose (4, 4) in base; empty hides it."""
        if meshes is not self._state.meshes:
            self._state.meshes = meshes
            self._drawing.dirty.add("ghost")
        self._state.poses = poses
        self._redraw()

    def set_path(self, planned: np.ndarray | None, done: np.ndarray | None = None, *, replay: bool = False) -> None:
        """Planned and done tool paths (N, 3) in base; `replay` dots what lies ahead."""
        self.set_marks(replace(self._state.marks, planned=planned, done=done, replay=replay))

    def set_marks(self, marks: Marks) -> None:
        """Paths, pick and place rings, "start one here"."""
        self._state.marks = marks
        self._redraw()

    def set_selection(self, track: int) -> None:
        """Outline an object; 0 = none."""
        self._show(selected=track)

    def set_also(self, tracks: Collection[int]) -> None:
        """Outline the boxes of these besides the selection."""
        self._show(also=frozenset(tracks))

    def selection(self) -> int:
        """The outlined track, 0 = none."""
        return self._state.selected

    def set_hovered(self, track: int) -> None:
        """Brighten an object; 0 = none."""
        self._show(hovered=track)

    def flash(self, track: int) -> None:
        """Brighten a just named object for a moment."""
        self._motion.flash(track)

    def set_mode(self, mode: Mode) -> None:
        """How points are coloured."""
        self._show(mode=mode)

    def mode(self) -> Mode:
        """How points are coloured now."""
        return self._state.mode

    def set_frozen(self, frozen: bool) -> None:
        """Grey, without boxes: the picture is old."""
        self._show(frozen=frozen)

    def set_quiet(self, quiet: bool) -> None:
        """Small: quiet tags and no axes (the swapped pane)."""
        self._show(quiet=quiet)

    def set_canvas_frame(self, token: str) -> None:
        """The 3 px frame that says who moves the arm: a tone or ""."""
        self._show(frame_token=token)

    def _show(self, **values: object) -> None:
        """Take over what of the state differs, and draw it."""
        changed = {name: value for name, value in values.items() if getattr(self._state, name) != value}
        for name, value in changed.items():
            setattr(self._state, name, value)
        if changed:
            self._redraw()

    def go_home(self, *, animate: bool = True) -> None:
        """The whole table, from the camera's side."""
        home = self._state.home()
        if home is not None:
            self._at_home = True
            self._motion.go(home, animate=animate)

    def center_on(self, track: int) -> None:
        """Bring an object to the middle, nearer."""
        box = self._state.box(track)
        if box is not None:
            self._motion.go(self.orbit().centred(box.center, max(0.35, 4.0 * float(np.linalg.norm(box.size)))), animate=True)

    def set_orbit(self, orbit: Orbit) -> None:
        """Look from somewhere at once."""
        self._motion.go(orbit, animate=False)

    def orbit(self) -> Orbit:
        """Where it looks from."""
        return self._motion.orbit()

    def object_rect(self, track: int) -> QRect:
        """Where an object lies in the widget, for the popover; empty if unseen."""
        return self._places.rect_of(track, self.size())

    def pixel_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The colour pixel (u, v) under a position in the widget."""
        return self._places.pixel_at(x, y, self.size())

    def positions_of(self, pixels: np.ndarray) -> np.ndarray:
        """Where colour pixels (N, 2) as (u, v) lie in the widget (N, 2); those without depth are left out."""
        return self._places.positions_of(pixels, self.size())

    def track_at(self, x: float, y: float) -> int:
        """The track under a position, 0 = none."""
        return self._state.track_of(self.pixel_at(x, y))

    def draw(self, scene: CloudScene) -> None:
        """Paint with the context current; called by the canvas."""
        done = self._drawing.draw(scene, (self.width(), self.height()), self.devicePixelRatioF())
        if done is None:
            return
        if done.rough:
            self._refine_timer.start()
        self.drawn.emit(done.ms, done.stride)

    def refine(self) -> None:
        """Draw every point in the next drawing: nothing moves, or a picture is taken."""
        self._drawing.fine = True
        if self._canvas is not None:
            self._canvas.update()

    def _redraw(self) -> None:
        self._drawing.fine = False
        self.overlay.set_state(self._overlay_state())
        if self._canvas is not None:
            self._canvas.update()

    def _overlay_state(self) -> OverlayState:
        state, orbit = self._state, self.orbit()
        return OverlayState(
            clip_from_base=self._places.clip_from_base(self.size()),
            view_from_base=orbit.view_from_base(),
            eye=orbit.eye(),
            boxes=state.boxes(),
            rows=state.rows,
            selected=state.selected,
            also=state.also,
            hovered=state.hovered,
            marks=state.marks,
            quiet=state.quiet,
            frame_token=state.frame_token,
            live=not state.frozen,
        )

    def _without_gl(self, reason: str) -> None:
        if self._canvas is not None:
            self._canvas.hide()
            self._canvas = None
        self._places.flat = True
        if self._state.frame is not None:
            self.overlay.set_picture(paint.to_image(self._state.frame.color))

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
        self._motion.halt()
        self._pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pixel = self.pixel_at(event.position().x(), event.position().y())
        if pixel is not None and not self._state.track_of(pixel):
            self.add_requested.emit(*pixel)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.set_orbit(self.orbit().zoomed(0.999 ** event.angleDelta().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer.leave()
        self.hovered.emit(0)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.set_orbit(self.orbit().zoomed(1 / (1 + event.value())))
            return True
        return super().event(event)

    def _turn(self, dx: float, dy: float) -> None:
        self.set_orbit(self.orbit().turned(dx * 0.007, dy * 0.007))

    def _pan(self, dx: float, dy: float) -> None:
        metre = self.orbit().distance / max(1, self.height())
        self.set_orbit(self.orbit().panned(-dx * metre, dy * metre))

    def _on_click(self, x: float, y: float, modifiers: int) -> None:
        pixel = self.pixel_at(x, y)
        track = self._state.track_of(pixel)
        if track:
            self.object_clicked.emit(track, modifiers)
        elif pixel is not None:
            self.background_clicked.emit(*pixel)
