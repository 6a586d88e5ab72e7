"""The tools of See: add with a preview, outline, split, merge, box. Every stroke is stored at once, so leaving a tool loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.main_window import MainWindow
from app.pages.see import ToolState
from app.presenters.box_tool import BoxTool
from app.presenters.desk import Desk
from app.presenters.growing import Growing, Grown, Picture
from app.presenters.panes import Panes
from app.session import Session, Subject, subject_of
from core import geometry
from core.geometry import Mask
from core.perception import retouch
from core.perception.redraw import Thing
from core.storage import mask_edits
from core.types import Detection, Scene
from widgets.tool_pane import Border, Tool
from widgets.values import Toast

Name = Literal["", "add", "outline", "split", "merge", "box"]
NEW_TRACKS = 1_000_000  # what is followed live gets its ids from below, and keeps those from here on as they are given
_STEP_PX = 6.0
_PANES: dict[str, Tool] = {"add": "add", "outline": "outline", "split": "split"}


class Tools(QObject):
    """Owns the tool in hand on the scene that stands still. `changed`: show it anew; `added(Subject)`, `divided(track)`: ask its name.

    `box`: the mover of boxes, where the desk has one.
    """

    changed = Signal()
    added = Signal(object)
    divided = Signal(int)

    def __init__(self, session: Session, window: MainWindow, desk: Desk, box: BoxTool | None = None) -> None:
        super().__init__(window)
        self._session, self._window, self._desk = session, window, desk
        self.name: Name = ""
        self.snap = True
        self.tracks: tuple[int, ...] = ()
        self._new_tracks = count(NEW_TRACKS + 1)
        self._scene: Scene | None = None
        self._found: Grown | None = None
        self._swapped = False
        self._panes = Panes(window.stage)
        self._growing = Growing(self)
        self._growing.grown.connect(self._on_grown)
        self.box = box
        if box is not None:
            box.changed.connect(self.changed)
        window.closing.connect(self._growing.close)
        window.stop_requested.connect(self.leave)
        for pane in self._panes.both():
            pane.stroke_finished.connect(self._on_stroke)
            pane.clicked.connect(self._on_click)
            pane.pointed.connect(self._on_pointed)

    def state(self) -> ToolState:
        """For the page."""
        ready = bool(self._found is not None and self._found.mask.any()) if self.name == "add" else len(self.tracks) > 1
        return ToolState(self.name, self.snap, ready)

    def take(self, name: Name, scene: Scene, tracks: Sequence[int]) -> None:
        """Take a tool in hand for these tracks of a held scene."""
        self.leave()
        self.name, self.tracks, self._scene, self._found = name, tuple(tracks), scene, None
        pane = _PANES.get(name, "")
        self._swapped = name in ("outline", "split") and self._window.stage.can_swap and not self._window.stage.swapped
        if self._swapped:
            self._window.swap()
        for each in self._panes.both():
            each.set_tool(pane)
        if name == "box" and self.box is not None and (detection := self._detection()) is not None:
            self.box.take(scene, detection)
        self._show_preview()
        self.changed.emit()

    @Slot()
    def leave(self) -> None:
        """Put the tool down; all it did is stored."""
        if not self.name:
            return
        if self.name == "box" and self.box is not None:
            self.box.leave()
        self.name, self._found = "", None
        for pane in self._panes.both():
            pane.set_tool("")
        if self._swapped and self._window.stage.swapped:
            self._window.swap()
        self._swapped = False
        self.changed.emit()

    def set_scene(self, scene: Scene) -> None:
        """The held scene as it is shown now."""
        self._scene = scene
        if self.name == "box" and self.box is not None and (detection := self._detection()) is not None:
            self.box.see(scene, detection)
        if self.name:
            self._show_preview()

    def parts(self) -> tuple[int, ...]:
        """The tracks that a merge takes into the largest of them."""
        found = [d for track in self.tracks if (d := self._detection(track)) is not None]
        largest = max(found, key=lambda d: d.area_px, default=None)
        return tuple(d.track for d in found if d is not largest)

    def choose(self, tracks: Sequence[int]) -> None:
        """Other things are selected."""
        self.tracks = tuple(tracks)

    def toggle_snap(self) -> None:
        """Snap to edges, or draw exactly what the hand draws."""
        self.snap = not self.snap
        self.changed.emit()

    def confirm(self) -> None:
        """Enter: add what is previewed, merge what is chosen, else be done."""
        if self.name == "add" and self._found is not None:
            self._adopt(self._found)
        elif self.name == "merge":
            self.merge()
        else:
            self.leave()

    def step(self, dx: int, dy: int) -> None:
        """Arrow keys: the cross, or the box."""
        if self.name == "box" and self.box is not None:
            self.box.move(dx, -dy, 0)
        else:
            self._panes.at_work().step(_STEP_PX * dx, _STEP_PX * dy)

    def size(self, step: int) -> None:
        """Plus and minus: the brush, or the box."""
        if self.name == "box" and self.box is not None:
            self.box.grow(step)
        else:
            self._panes.at_work().resize_brush(1.15**step)

    def dab(self, *, erase: bool = False) -> None:
        """Paint, erase or click at the cross."""
        if self.name in _PANES:
            self._panes.at_work().dab(erase=erase)

    def merge(self) -> None:
        """Make one thing of the chosen ones, in one step."""
        scene, parts = self._scene, [d for track in self.tracks if (d := self._detection(track)) is not None]
        if scene is None or len(parts) < 2:
            return
        largest = max(parts, key=lambda d: d.area_px)
        mask = np.isin(scene.labels, [d.instance for d in parts])
        whole = self._subject(mask, largest.track)
        subjects = [whole, *(subject_of(d, scene) for d in parts)]
        self.leave()
        self._desk.draw([Thing(largest.track, mask)])
        if self._desk.judge_all(subjects, scene, lambda store, all_: mask_edits.merge(store, all_[1:], all_[0])):
            self._say(f"Those {len(parts)} are one thing now.")
        self.changed.emit()

    @Slot(object, float, bool)
    def _on_stroke(self, points: Border, radius: float, erase: bool) -> None:
        detection, frame = self._detection(), self._desk.frame_of(self._scene) if self._scene is not None else None
        if self._scene is None or detection is None or frame is None:
            return
        before = np.asarray(self._scene.labels == detection.instance)
        stroke = self._panes.stroke(points, radius, before.shape)
        if stroke is None:
            return
        if self.name == "split":
            self._split(retouch.cut_by_stroke(before, stroke))
        elif self.name == "outline":
            depth_m = self._desk.depth_of(frame)
            self._redraw(detection, retouch.brushed(before, stroke, frame.color, depth_m, erase=erase, snap=self.snap))

    def _redraw(self, detection: Detection, mask: Mask) -> None:
        if self._scene is None or np.array_equal(mask, self._scene.labels == detection.instance):
            return
        if not mask.any():
            self._session.say(Toast("Nothing would be left of it. Use Not an object instead.", "warning", "warn"))
            return
        self._desk.draw([Thing(detection.track, mask)])
        subject = self._subject(mask, detection.track, detection.score)
        self._desk.judge_all([subject], self._scene, lambda store, judgements: mask_edits.outline(store, judgements[0]))
        self.changed.emit()

    def _split(self, pieces: Sequence[Mask]) -> None:
        detection, scene = self._detection(), self._scene
        if detection is None or scene is None:
            return
        if len(pieces) < 2:
            self._session.say(Toast("It is still one thing. Draw the line all the way through it.", "info", "plain"))
            return
        tracks = [detection.track, *islice(self._new_tracks, len(pieces) - 1)]
        subjects = [self._subject(mask, track, detection.score) for mask, track in zip(pieces, tracks, strict=True)]
        self.leave()
        self._desk.draw([Thing(s.track, s.mask) for s in subjects])
        if self._desk.judge_all(subjects, scene, mask_edits.split):
            self._say(f"Those are {len(pieces)} things now.")
        self.changed.emit()
        self.divided.emit(detection.track)

    @Slot(float, float)
    def _on_click(self, x: float, y: float) -> None:
        pixel = self._panes.pixel(x, y)
        frame = self._desk.frame_of(self._scene) if self._scene is not None else None
        detection = self._detection()
        if pixel is None or frame is None or self._scene is None:
            return
        if self.name == "add":
            self.grow_at(*pixel, wanted=True)
        elif self.name == "split" and detection is not None:
            mask = np.asarray(self._scene.labels == detection.instance)
            self._split(retouch.cut_by_click(mask, frame.color, self._desk.depth_of(frame), *pixel))

    @Slot(float, float)
    def _on_pointed(self, x: float, y: float) -> None:
        pixel = self._panes.pixel(x, y) if self.name == "add" else None
        if pixel is not None:
            self.grow_at(*pixel)

    def grow_at(self, u: int, v: int, *, wanted: bool = False) -> None:
        """Look for a thing at a colour pixel; `wanted`: then ask its name."""
        camera = self._desk.camera
        frame = self._desk.frame_of(self._scene) if self._scene is not None else None
        if camera is not None and frame is not None and self._scene is not None:
            picture = Picture(frame.color, self._desk.depth_of(frame), camera.color, self._scene.T_base_camera)
            self._growing.ask(picture, u, v, wanted=wanted)

    @Slot(object)
    def _on_grown(self, grown: Grown) -> None:
        if self._scene is None or self.name not in ("add", "") or (self.name == "" and not grown.wanted):
            return
        if grown.wanted:
            self._adopt(grown)
            return
        self._found = grown
        self._show_preview()
        self.changed.emit()

    def _adopt(self, grown: Grown) -> None:
        if self._scene is None or not grown.mask.any():
            self._session.say(Toast("Nothing stands out there. Click its middle.", "warning", "warn"))
            return
        subject = self._subject(grown.mask, next(self._new_tracks), added=True)
        self.leave()
        self.added.emit(subject)

    def _show_preview(self) -> None:
        mask: Mask | None = None
        detection = self._detection()
        if self.name == "add" and self._found is not None:
            mask = self._found.mask
        elif self.name in ("outline", "split") and detection is not None and self._scene is not None:
            mask = np.asarray(self._scene.labels == detection.instance)
        for pane in self._panes.both():
            pane.set_preview(retouch.borders(mask) if mask is not None else ())

    def _subject(self, mask: Mask, track: int, score: float = 0.0, *, added: bool = False) -> Subject:
        """What is drawn, with its middle in base."""
        scene, camera = self._scene, self._desk.camera
        frame = self._desk.frame_of(scene) if scene is not None else None
        if scene is None or camera is None or frame is None:
            return Subject(mask, track, np.zeros(3), np.zeros(3), score, added)
        depth_m = self._desk.depth_of(frame)
        seen = geometry.deproject(depth_m, camera.color)[mask & (depth_m > 0)]
        points = geometry.transform(scene.T_base_camera, seen if len(seen) else np.zeros((1, 3)))
        return Subject(mask, track, points.mean(0).astype(np.float64), frame.color[mask].mean(0).astype(np.float64), score, added)

    def _detection(self, track: int | None = None) -> Detection | None:
        wanted = track if track is not None else (self.tracks[0] if self.tracks else 0)
        return next((d for d in self._scene.detections if d.track == wanted), None) if self._scene is not None else None

    def _say(self, words: str) -> None:
        self._session.say(Toast(words, action="Undo", key="Ctrl Z"))
