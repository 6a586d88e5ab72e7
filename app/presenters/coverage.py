"""Where the task's demonstrations began and where one more would help most, read beside the window. Review maps it, Show marks it.

Learn asks it which of them nothing can be learned from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.pages.review import ReviewState
from app.session import Session
from core.learning.coverage import Coverage, CoverageSource, Thing
from core.motion.safety import Limits
from core.storage.records import Episode
from core.storage.store import Changes
from core.types import Array, Scene
from widgets.values import CoveragePoint, DemoCard

_LEAST, _MAPPED = 2, 5
Key = tuple[tuple[str, float, float | None], ...]


class CoverageReader(QObject):
    """`changed`: what was asked about is known now."""

    changed = Signal()
    _read = Signal(object, object, object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._source = CoverageSource(session.store.folder.root, Limits())
        self._thread = ThreadPoolExecutor(1, "coverage")
        self._asked: Key | None = None
        self._known: Coverage | None = None
        self._unusable: dict[str, str] = {}
        self._stale = True
        self._suggested: tuple[float, float] | None = None
        session.changed.connect(self._on_changed)
        session.task_changed.connect(self._forget)
        self._read.connect(self._on_read)

    @Slot()
    def close(self) -> None:
        """End with the window; what was not read is not needed."""
        self._thread.shutdown(cancel_futures=True)

    def now(self) -> Coverage | None:
        """Of the task at work; what is not known yet is read, and `changed` comes."""
        if not self._stale:
            return self._known
        self._stale = False
        episodes = self._session.queries.demonstrations(self._session.task_id)
        key = tuple((e.id, e.trim_start_s, e.trim_end_s) for e in episodes)
        if key != self._asked:
            self._asked, self._known, self._suggested = key, None, None
            self._unusable = {}
            self._thread.submit(self._work, key, episodes)
        return self._known

    def unusable(self) -> Mapping[str, str]:
        """Demonstrations that nothing can be learned from, by id, with why; empty until it is known, and `changed` comes."""
        self.now()
        return self._unusable

    def points(self) -> tuple[CoveragePoint, ...]:
        """For the map: where they began, and the best next start."""
        known = self.now()
        if known is None:
            return ()
        best = known.best_next()
        dots = tuple(CoveragePoint(float(x), float(y)) for x, y in known.starts)
        return (*dots, CoveragePoint(*best, suggested=True)) if best is not None else dots

    def mapped(self, state: ReviewState, cards: Sequence[DemoCard]) -> ReviewState:
        """The map goes before the labels per name once there are five demonstrations and none is flagged."""
        known = self.now() if len(cards) >= _MAPPED and all(card.tone == "ok" for card in cards) else None
        return replace(state, coverage=self.points(), table=known.bounds(), arm_far=known.arm_far) if known is not None else state

    def start_here(self, scene: Scene) -> Array | None:
        """Where on the table (3,) one more should begin, clear of what stands there now; None before there are two."""
        known = self.now()
        if known is None or len(known.starts) < _LEAST:
            return None
        boxes = [d.box for d in scene.detections if d.area_px > 0]
        around = [Thing(float(b.center[0]), float(b.center[1]), float(np.hypot(*b.size[:2]) / 2)) for b in boxes]
        self._suggested = known.best_next(around, before=self._suggested)
        return np.array([*self._suggested, 0.0]) if self._suggested is not None else None

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        self._stale = self._stale or changes.touches("episode", "task")

    @Slot()
    def _forget(self) -> None:
        self._stale = True

    def _work(self, key: Key, episodes: Sequence[Episode]) -> None:
        self._read.emit(key, self._source.of(episodes), self._source.unusable(episodes))

    @Slot(object, object, object)
    def _on_read(self, key: Key, coverage: Coverage | None, unusable: dict[str, str]) -> None:
        if key == self._asked:
            self._known, self._unusable = coverage, unusable
            self.changed.emit()
