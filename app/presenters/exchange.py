"""Import and Export on Review: a folder is chosen, the work runs on a thread with progress, and the button cancels it.

Nothing is offered while the arm moves, because a file dialog takes the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMenu

from app.main_window import MainWindow
from app.pages.review import ReviewPage
from app.session import Session
from core.errors import PendantError
from core.storage.exchange import EXPORTERS, IMPORTERS, Labelled, counted, export
from core.storage.exchange.coco_import import Import, enter
from widgets.file_dialog import ask_path
from widgets.values import Toast

_FORMATS = (("coco", "COCO"), ("yolo", "YOLO"), ("png", "Frames with masks"))
Job = Generator[tuple[int, int], None, Any]


class Exchange(QObject):
    """One job at a time."""

    _progressed = Signal(int, int)
    _ended = Signal(object)
    _failed = Signal(str)

    def __init__(self, session: Session, window: MainWindow, page: ReviewPage) -> None:
        super().__init__(window)
        self._session, self._window, self._page = session, window, page
        self._thread = ThreadPoolExecutor(1, "exchange")
        self._cancel = Event()
        self._busy = ""
        self._asking: QFileDialog | None = None
        page.export_button.clicked.connect(self._choose_format)
        page.import_button.clicked.connect(self._choose_import)
        self._progressed.connect(self._on_progress)
        self._ended.connect(self._on_end)
        self._failed.connect(self._on_failure)
        window.page_changed.connect(self._on_page)

    def close(self) -> None:
        """Pendant is closed: a job under way leaves nothing behind."""
        self._cancel.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def export_to(self, kind: str, out: Path) -> None:
        """Write the labels as `kind` into a new or empty folder."""
        store = self._session.store
        self._start("Export", lambda: export(EXPORTERS[kind], Labelled(store.engine, store.folder), out))

    def import_from(self, path: Path) -> None:
        """Take the labels of a COCO folder over."""
        self._start("Import", lambda: IMPORTERS["coco"](self._session.store.folder, path))

    def _may_ask(self) -> bool:
        """Whether a dialog may open now; a job under way is cancelled instead."""
        if self._busy:
            self._cancel.set()
            return False
        if self._asking is not None:
            self._asking.activateWindow()
            return False
        arm = self._session.live.arm
        if arm is not None and (arm.mode == "moving" or arm.driver != "nobody"):
            self._session.say(Toast("The arm moves. Choose a folder when it holds.", "info", "plain"))
            return False
        return True

    @Slot()
    def _choose_format(self) -> None:
        if not self._may_ask():
            return
        menu = QMenu(self._window)
        for kind, words in _FORMATS:
            menu.addAction(words).setData(kind)
        menu.triggered.connect(lambda entry: self._choose_export(str(entry.data())))
        button = self._page.export_button
        menu.aboutToHide.connect(button.look_for_pointer)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(button.rect().topLeft()) - QPoint(0, menu.sizeHint().height()))

    def _choose_export(self, kind: str) -> None:
        self._ask("Export into a new folder", partial(self.export_to, kind), name=f"labels-{kind}")

    @Slot()
    def _choose_import(self) -> None:
        if self._may_ask():
            self._ask("Import COCO labels", self.import_from, kinds="COCO (*.json)")

    def _ask(self, title: str, chosen: Callable[[Path], None], *, name: str = "", kinds: str = "") -> None:
        self._asking = ask_path(self._window, title, chosen, name=name, kinds=kinds)
        self._asking.destroyed.connect(self._answered)

    @Slot(str)
    def _on_page(self, name: str) -> None:
        """The question belongs to Review."""
        if self._asking is not None and name != "review":
            self._asking.close()

    @Slot()
    def _answered(self) -> None:
        self._asking = None

    def _start(self, what: str, make: Callable[[], Job]) -> None:
        self._busy, self._cancel = what, Event()
        self._thread.submit(self._run, make, self._cancel)

    def _run(self, make: Callable[[], Job], cancel: Event) -> None:
        try:
            steps = make()
            try:
                while not cancel.is_set():
                    self._progressed.emit(*next(steps))
            finally:
                steps.close()
            self._failed.emit("It was cancelled. Nothing was changed.")
        except StopIteration as end:
            self._ended.emit(end.value)
        except PendantError as error:
            self._failed.emit(str(error))

    @Slot(int, int)
    def _on_progress(self, done: int, total: int) -> None:
        button = self._page.export_button if self._busy == "Export" else self._page.import_button
        button.setText(f"Cancel, {100 * done // max(1, total)}%")

    @Slot(object)
    def _on_end(self, result: Import | str) -> None:
        self._rest()
        if isinstance(result, Import):
            self._session.run(lambda store: enter(store, result))
            words = f"Imported: {counted(len(result.labels), 'label')} on {counted(len(result.frames), 'picture')}."
            self._session.say(Toast(words, action="Undo", key="Ctrl Z"))
        else:
            self._session.say(Toast(result))

    @Slot(str)
    def _on_failure(self, sentence: str) -> None:
        self._rest()
        self._session.say(Toast(sentence, "warning", "warn"))

    def _rest(self) -> None:
        self._busy = ""
        self._page.export_button.setText("Export")
        self._page.import_button.setText("Import")
