"""The composition root: data folder, rig, live state, window and presenters; an orderly end; hooks for what nobody caught.

The rig's processes start before the window is built, so that they load while it comes up.
"""

from __future__ import annotations

import faulthandler
import getpass
import logging
import os
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication, QWidget

from app.live import Live, open_live
from app.main_window import MainWindow
from app.operations import Operations
from app.pages import Pages
from app.presenters.classes import ClassesPresenter
from app.presenters.coverage import CoverageReader
from app.presenters.devices import DevicesPresenter
from app.presenters.drive import DriveKeys
from app.presenters.ghost import Ghost
from app.presenters.learn import LearnPresenter
from app.presenters.lost_camera import LostWatch
from app.presenters.menu import MenuPresenter
from app.presenters.picture import Picture
from app.presenters.review import ReviewPresenter
from app.presenters.run import RunPresenter
from app.presenters.see import SeePresenter
from app.presenters.show import ShowPresenter
from app.presenters.status import StatusPresenter
from app.rig import Rig, RigDescription, go_first, simulated_rig
from app.screen import fits, read_scale
from app.session import Session
from app.silence import Silence
from app.takes import adopt_orphans, recover_recordings, where_kept
from app.tasks import ensure_task
from core.cells import find_cell
from core.storage.store import Store
from core.transport.clock import HostClock
from core.transport.worker import calm_collector
from widgets import theme
from widgets.gl_canvas import surface_format
from widgets.values import Toast

_WATCH_MS = 250
_TITLE_PX = 40
_log = logging.getLogger("pendant")


@dataclass(frozen=True)
class Options:
    """How the window starts. `rig` None: the simulated cell `cell` at `layout_seed`."""

    data: Path
    cell: str = "fruit"
    layout_seed: int = 0
    rig: RigDescription | None = None
    page: str = "see"
    theme: str = ""
    size: tuple[int, int] = (1440, 900)
    rehearsals: int = 10


class Application(QObject):
    """Everything that runs behind one window. `start` shows it; `close` ends it in good order."""

    worker_died = Signal(str, str)

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options
        self.store = Store(options.data, wall_s=time.time, who=getpass.getuser())
        self.store.who = str(self.store.setting("who", {"value": self.store.who})["value"])
        try:
            self.rig = Rig(self._description(), options.data, HostClock(), self.worker_died.emit)
            self.rig.start()
            self._greetings = self._recover()
            self._build()
        except BaseException:
            self.store.close()
            raise

    def _description(self) -> RigDescription:
        return self.options.rig or simulated_rig(self.options.cell, self.options.layout_seed)

    def _recover(self) -> list[str]:
        """Enter what earlier runs left, and the tasks of the cell; returns sentences to tell."""
        told = list(self.store.told)
        if self.options.rig is None:
            cell = find_cell(self.options.cell)
            for task in cell.tasks:
                ensure_task(self.store, cell, task)
        for changes in [*recover_recordings(self.store), *adopt_orphans(self.store)]:
            told.append(f"Pendant closed without warning. There is {changes.text}; {where_kept(self.store, changes)}.")
        return told

    def _build(self) -> None:
        self.live: Live = open_live(self.rig.run_id, self.options.data, self.rig.description.clock == "world")
        self.operations = Operations(self.store)
        cell = find_cell(self.options.cell).source if self.options.rig is None else ""
        self.session = Session(self.store, self.operations, self.live, cell=cell, parent=self)
        self.pages = Pages()
        self.window = MainWindow(self.pages.by_name())
        self.window.resize(*self.options.size)
        self.status = StatusPresenter(self.session, self.window)
        stage = self.window.stage
        self.picture = Picture(self.live, stage.cloud, stage.image, lambda: self.status.replaying, self)
        self.ghost = Ghost(self.window.stage.cloud, self.window)
        self.see = SeePresenter(self.session, self.window, self.pages.see)
        drive = DriveKeys(self.session, self.window)
        self.coverage = CoverageReader(self.session, self)
        self.show = ShowPresenter(self.session, self.window, self.pages.show, self.ghost, drive, self.coverage)
        self.run = RunPresenter(self.session, self.window, self.pages.run, self.ghost, drive, self.status)
        self.learn = LearnPresenter(self.session, self.window, self.pages.learn, self.coverage, rehearsals=self.options.rehearsals)
        self.review = ReviewPresenter(self.session, self.window, self.pages.review, self.status, self.coverage)
        self.window.page_changed.connect(self._on_page)
        self.lost = LostWatch(self.session, self.window)
        for presenter in (self.see, self.show):
            self.lost.lost.connect(presenter.refresh)
        self.devices = DevicesPresenter(self.session, self.window, self.rig.restart)
        self.classes = ClassesPresenter(self.session, self.window, self.devices)
        self.menu = MenuPresenter(self.session, self.window, self.status, self.devices)
        self.window.closing.connect(self.close)
        self.worker_died.connect(self._on_death)
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._look_after)
        simulated = bool(self.session.cell)
        self._camera_silence = Silence(partial(self.rig.restart, "sim_camera" if simulated else "camera"))
        self._world_gone_ns = 0
        self._arm_silence = Silence(partial(self.rig.restart, "cell" if simulated else "arm"))
        self._closed = False

    def start(self) -> None:
        """Show the window and begin to pull."""
        self.menu.show_tasks()
        self.menu.propose_scale()
        self.window.show_page(self.options.page)
        self._on_page(self.options.page)
        self.window.show()
        self.live.start()
        self._watch.start(_WATCH_MS)
        calm_collector()
        # A thread that computes gives way ten times as often: each call into Qt takes the interpreter's lock anew, and waited 5 ms for it.
        sys.setswitchinterval(0.0005)
        for sentence in self._greetings:
            self.window.show_toast(Toast(sentence, "info", "plain"))
            self.status.tell(sentence)

    @Slot()
    def close(self) -> None:
        """End in good order: no new frames, workers close their files and hold the arm, the store is backed up. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._watch.stop()
        self.learn.close()
        self.review.close()
        self.coverage.close()
        self.live.stop_pulling()
        self.rig.stop()
        self._enter_last_take()
        self.operations.close()

    @Slot()
    def _look_after(self) -> None:
        """Start again what died, and what hangs."""
        self.rig.watch()
        live = self.live
        now = live.host.now_ns()
        if self.session.cell and live.arm_lost():
            self._world_gone_ns = now  # its camera has nothing to draw, which is not its fault
        if live.frame is not None:
            self._camera_silence.watch(max(live.last_camera_word_ns, self._world_gone_ns), now)
        if live.arm is not None:
            self._arm_silence.watch(live.last_arm_host_ns, now)

    def _enter_last_take(self) -> None:
        """What the recorder kept on closing is entered now rather than at the next start."""
        self.operations.run(lambda store: next(iter(adopt_orphans(store)), None)).result()

    @Slot(str)
    def _on_page(self, name: str) -> None:
        self.see.refresh()
        self.show.refresh()
        self.learn.refresh()
        self.run.refresh()
        if name == "review":
            self.review.enter()
        else:
            self.review.leave()
        if name != "see":
            self.see.close()
        self.live.freeze(False)  # a picture is held on its page: not every other one could let go of it
        if name != "show":
            self.show.leave()
            self.ghost.hide()
        else:
            self.show.enter()
        if self.live.scene is not None:
            self.live.scene_changed.emit(self.live.scene)
        self.status.refresh()

    @Slot(str, str)
    def _on_death(self, name: str, sentence: str) -> None:
        _log.error("worker %s died", name)
        if name == "act":
            self.live.act_died()
        elif name == "recorder":
            self.session.run(lambda _: self.session.takes.recorder_died())
        self.status.tell(sentence)
        self.window.show_toast(Toast(sentence, "warning", "warn"))


def install_hooks(log_file: Path) -> None:
    """Log to a file, and send what nobody caught there instead of ending the window."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=log_file, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    faulthandler.enable((log_file.parent / "crash.log").open("a"))

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.critical("uncaught", exc_info=(kind, error, trace))
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = report
    threading.excepthook = lambda a: report(a.exc_type, a.exc_value or a.exc_type(), a.exc_traceback)


def make_qt(theme_name: str, scale: float = 1.0) -> QApplication:
    """The Qt application with our surface format, fonts and theme; `scale` enlarges everything unless the environment says how much."""
    if scale != 1.0:
        os.environ.setdefault("QT_SCALE_FACTOR", str(scale))
    QSurfaceFormat.setDefaultFormat(surface_format())
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise RuntimeError("another kind of Qt application runs already")
    app.setApplicationName("Pendant")
    theme.load_fonts()
    theme.apply_theme(app, theme_name)  # type: ignore[arg-type]
    return app


def fill_small(window: QWidget) -> None:
    """Fill the screen where a window with its title bar would be larger than that."""
    room = window.screen().availableSize()
    if window.width() > room.width() or window.height() + _TITLE_PX > room.height():
        window.showMaximized()


def _begin_unscaled() -> None:
    """Start again at 100 %: the scale was chosen on a larger screen, on this one STOP would lie outside. Qt reads it once."""
    if os.environ["QT_SCALE_FACTOR"] != "1":
        os.environ["QT_SCALE_FACTOR"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def run_window(options: Options, picture: Path | None = None, after_s: float = 5.0) -> int:
    """Open the window and work until it is closed; with `picture`, save one after `after_s` and end."""
    install_hooks(options.data / "pendant.log")
    go_first()
    app = make_qt(options.theme or "dark", read_scale(options.data))
    room = app.primaryScreen().size()
    if "QT_SCALE_FACTOR" in os.environ and not fits(1.0, room.width(), room.height()) and picture is None:
        _begin_unscaled()
    application = Application(options)
    if not options.theme:
        application.menu.apply()
    application.start()
    if picture is None:
        fill_small(application.window)
    else:
        QTimer.singleShot(int(after_s * 1000), lambda: _picture_and_close(application, picture))
    code = app.exec()
    application.close()
    return code


def _picture_and_close(application: Application, picture: Path) -> None:
    application.window.grab().save(str(picture))
    application.window.close()
