"""The window's part of `bench labels`: ten thousand labels and as many questions, a camera that goes on, and what answering feels like."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.application import Application, Options, make_qt
from app.commands.bench import summary
from app.rig import RigDescription
from app.session import subject_of
from app.tour_hands import Hands
from core.learning.candidates import Queue
from core.learning.doubt import Doubt, Look
from core.learning.sights import look_of_label
from core.perception.names import LENGTH, Naming
from core.storage import edits
from core.storage.class_edits import rename_class
from core.storage.store import Changes, Store
from core.types import Guess

QUESTIONS = 10_000
_PICTURES = 12
_ANSWERS = 40
_STEPS = 200


def measure(data: Path, rig: RigDescription) -> dict[str, Any]:
    """Figures of answering in a window upon `rig`; `data` holds the labels already."""
    make_qt("dark")
    application = Application(Options(data=data, rig=rig, page="see"))
    try:
        application.start()
        return _Answering(application).figures()
    finally:
        application.window.close()
        application.close()


class _Answering:
    """Fills the queue with questions about real pictures and answers them by keys. Times are milliseconds."""

    def __init__(self, application: Application) -> None:
        self._app, self._hands = application, Hands(application)
        self._drawn_s = 0.0
        application.window.stage.cloud.drawn.connect(self._on_drawn)

    def figures(self) -> dict[str, Any]:
        """Decisions, scrolling, edits."""
        self._label_pictures()
        self._open_queue()
        stored = self._app.session.queries.label_count()
        decisions = [self._answer(n) for n in range(_ANSWERS)]
        return {
            "labels": stored,
            "questions": QUESTIONS,
            "decision_to_next_drawn": summary(decisions, "ms"),
            "scroll_step": summary(self._scroll(), "ms"),
            "scroll_step_on_screen": summary(self._scroll_on_screen(), "ms"),
            "edit_to_window": summary([self._edit(n) for n in range(_ANSWERS)], "ms"),
        }

    def _label_pictures(self) -> None:
        """Name everything on a few live frames, so that questions have pictures of the camera's size."""
        live, session = self._app.live, self._app.session
        ready = lambda: live.scene is not None and bool(live.scene.detections) and live.newest_pair() is not None  # noqa: E731
        self._hands.wait(ready, 120, "Nothing was identified, so there is nothing to ask.")
        for n in range(_PICTURES):
            pair = live.newest_pair()
            if pair is not None:
                subjects = [subject_of(d, pair[1]) for d in pair[1].detections if d.area_px > 0]
                session.judge_all(subjects, pair[1], partial(_named, f"kind {n % 4}"))
            self._hands.pause(0.2)
        session.operations.run(lambda _: None).result()

    def _open_queue(self) -> None:
        window, review, labels = self._app.window, self._app.pages.review, self._app.review.labels
        window.show_page("review")
        review.switch.chosen.emit(1)
        self._hands.wait(lambda: labels.gathered is not None, 600, "The questions were not gathered.")
        labels.take(Queue(tuple(self._questions()), self._app.session.queries.names_revision()))
        self._hands.pause(2.0)

    def _questions(self) -> Sequence[Doubt]:
        standing = self._app.session.queries.labels()
        pictured = [label for label in standing if label.created_s >= self._app.session.started_s]
        vector = np.zeros(LENGTH, np.float32)
        looks: list[Look] = [look_of_label(label, vector, 0) for label in pictured]
        names = [(c.id, c.name) for c in self._app.session.classes][:3]
        naming = Naming(None, None, 0.4, tuple(Guess(class_id=k, name=name, score=0.3) for k, name in names))
        return [Doubt(msgspec.structs.replace(looks[n % len(looks)], seq=n), naming, "unsure") for n in range(QUESTIONS)]

    def _answer(self, n: int) -> float:
        window, labels = self._app.window, self._app.review.labels
        current = labels.queue.current
        key = Qt.Key(Qt.Key.Key_1.value + n % 3)
        self._drawn_s = 0.0
        pressed = time.perf_counter()
        QTest.keyClick(window.stage, key)
        self._hands.wait(lambda: self._drawn_s > 0, 5, "The next question was not drawn.")
        if labels.queue.current is current:
            raise AssertionError("the answer was not taken")
        self._hands.pause(0.3 + 0.05 * (n % 7))
        return 1e3 * (self._drawn_s - pressed)

    def _on_drawn(self, ms: float, stride: int) -> None:
        labels = self._app.review.labels
        if not self._drawn_s and labels.queue.current is not None and labels.drawn_key == labels.queue.current.key:
            self._drawn_s = time.perf_counter()

    def _scroll(self) -> list[float]:
        """Three rows a step, as a wheel does: the list's own work, moving and painting."""
        rows, found = self._app.pages.review.queue, []
        for n in range(_STEPS):
            started = time.perf_counter()
            rows.verticalScrollBar().setValue((n + 1) * 3 * rows.row_height)
            rows.viewport().grab()
            found.append(1e3 * (time.perf_counter() - started))
        return found

    def _scroll_on_screen(self) -> list[float]:
        """The same until the window is composed again, the cloud with it, and all else that it does in the meantime."""
        rows = self._app.pages.review.queue
        found, seen = [], _Painted(rows.viewport())
        for n in range(_STEPS):
            self._hands.pause(0.03)
            seen.painted = False
            started = time.perf_counter()
            rows.verticalScrollBar().setValue((n + 1) * 3 * rows.row_height)
            while not seen.painted:
                QApplication.processEvents()
            found.append(1e3 * (time.perf_counter() - started))
        return found

    def _edit(self, n: int) -> float:
        """A class is renamed while all its labels stand: from the call to the window's being told."""
        told: list[float] = []
        hear: Callable[[object], None] = lambda _: told.append(time.perf_counter())  # noqa: E731
        session, kind = self._app.session, self._app.session.classes[n % 3]
        session.changed.connect(hear)
        started = time.perf_counter()
        session.run(lambda store: rename_class(store, kind.id, f"{kind.name.split(' again')[0]}{' again' * (n % 2)}"))
        self._hands.wait(lambda: bool(told), 10, "The edit did not come back.")
        session.changed.disconnect(hear)
        self._hands.pause(0.2)
        return 1e3 * (told[0] - started)


class _Painted(QObject):
    """Notes that a widget was painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.painted = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.painted = self.painted or event.type() == QEvent.Type.Paint
        return False


def _named(name: str, store: Store, judgements: Sequence[edits.Judgement]) -> Changes:
    return edits.name_objects(store, judgements, name)
