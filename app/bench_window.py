"""The window's part of `bench see`: opens the real window upon a rig for a while and measures what reaches the screen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer

from app.application import Application, Options, make_qt
from app.commands.bench import summary
from app.rig import RigDescription
from app.tour_hands import Hands
from core.errors import PendantError
from core.types import Scene

_WARM_S = 8.0


def measure(data: Path, rig: RigDescription, seconds: float) -> dict[str, Any]:
    """Figures of the window upon `rig`, after it has warmed up."""
    started = time.perf_counter()
    make_qt("dark")
    application = Application(Options(data=data, rig=rig))
    application.start()
    shown = time.perf_counter() - started
    watch = _Watch(application)
    _spin(_WARM_S)
    first_frame = watch.first_frame_s - started if watch.first_frame_s else None
    watch.begin()
    _spin(seconds)
    value = watch.figures(seconds) | {"click_to_label": summary(_Labelling(application).delays(), "ms")}
    application.window.close()
    application.close()
    application.window.deleteLater()
    application.deleteLater()
    _spin(0.3)
    return value | {"window_shown_s": round(shown, 2), "first_picture_s": round(first_frame, 2) if first_frame else None}


class _Labelling:
    """Names things by clicks and Enter and notes when the cloud with the new name was drawn; each name is taken back."""

    def __init__(self, application: Application) -> None:
        self._app, self._hands = application, Hands(application)
        self._wanted, self._track, self._drawn_s = "", 0, 0.0
        application.window.stage.cloud.drawn.connect(self._on_drawn)

    def delays(self, count: int = 20) -> list[float]:
        """Milliseconds from Enter to the drawing."""
        return [self._once(f"kind {n % 4}") for n in range(count)]

    def _once(self, name: str) -> float:
        hands, window, live = self._hands, self._app.window, self._app.live
        if live.scene is None:
            raise PendantError("Nothing was identified, so there is nothing to name.")
        largest = max((d for d in live.scene.detections), key=lambda d: d.area_px)
        hands.click_object(largest)
        hands.wait(window.stage.popover.isVisible, 5, "The naming popover did not open.")
        self._track, self._wanted, self._drawn_s = largest.track, name, 0.0
        window.stage.popover.field.setText(name)
        entered = time.perf_counter()
        hands.enter(window.stage.popover.field)
        hands.wait(lambda: self._drawn_s > 0, 5, "The new name was not drawn.")
        self._wanted = ""
        self._app.status.undo()
        hands.pause(0.4)
        return 1e3 * (self._drawn_s - entered)

    def _on_drawn(self, ms: float, stride: int) -> None:
        rows = self._app.pages.see.objects.rows()
        if self._wanted and not self._drawn_s and any(r.track == self._track and r.name == self._wanted for r in rows):
            self._drawn_s = time.perf_counter()


class _Watch:
    def __init__(self, application: Application) -> None:
        self._live = application.live
        self._pending: list[int] = []
        self._ages: list[float] = []
        self._draws: list[float] = []
        self._work: list[float] = []
        self._scenes = self._frames = 0
        self.first_frame_s = 0.0
        self._drawing_ms = 0.0
        self._live.scene_changed.connect(self._on_scene)
        self._live.frame_changed.connect(self._on_frame)
        application.window.stage.cloud.drawn.connect(self._on_drawn)
        self._pump = self._live.pump
        self._live.replace_pump(self._timed_pump)

    def begin(self) -> None:
        """Forget the warm-up."""
        self._ages, self._draws, self._work, self._pending = [], [], [], []
        self._scenes = self._frames = 0

    def figures(self, seconds: float) -> dict[str, Any]:
        """What was measured."""
        return {
            "seconds": seconds,
            "identification_fps": round(self._scenes / seconds, 1),
            "frames_fps": round(self._frames / seconds, 1),
            "cloud_fps": round(len(self._draws) / seconds, 1),
            "frame_to_overlay": summary(self._ages, "ms"),
            "cloud_draw": summary(self._draws, "ms"),
            "window_work_per_frame": summary(self._work, "ms"),
        }

    def _timed_pump(self) -> None:
        frames = self._frames
        started = time.perf_counter()
        self._pump()
        if self._frames > frames:
            self._work.append(1e3 * (time.perf_counter() - started))

    def _on_scene(self, scene: Scene) -> None:
        self._scenes += 1
        self._pending.append(scene.t_host_ns)

    def _on_frame(self, _: object) -> None:
        self._frames += 1
        self.first_frame_s = self.first_frame_s or time.perf_counter()

    def _on_drawn(self, ms: float, stride: int) -> None:
        now = self._live.host.now_ns()
        self._draws.append(ms)
        self._ages += [(now - t) / 1e6 for t in self._pending]
        self._pending = []


def _spin(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
