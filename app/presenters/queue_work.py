"""What the queue of labels does off the window's thread: gathering questions, fetching pictures ahead, naming the rest anew.

Answers come back as signals to slots in the window's thread. Two threads: a long gathering never keeps a picture waiting.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Signal, Slot

from app.presenters.objects import crop_of
from core.errors import StoreError
from core.learning.candidates import Gatherer
from core.learning.doubt import Doubt
from core.learning.sights import Sight
from core.learning.views import sight_of_doubt
from core.storage.records import Episode
from core.types import Detection
from widgets.values import Crop

_KEPT = 16
_SEED = 0


@dataclass(frozen=True)
class QueueView:
    """The picture of a question: its scene, the thing in it, and a crop around it. `sight` None: the picture is gone."""

    key: str
    sight: Sight | None
    detection: Detection | None
    crop: Crop | None


class QueueWork(QObject):
    """`progressed(done, total)`, `gathered(Queue)`, `viewed(QueueView)`, `renamed(dict)`, `failed(sentence)`."""

    progressed = Signal(int, int)
    gathered = Signal(object)
    viewed = Signal(object)
    renamed = Signal(object)
    failed = Signal(str)
    _seen = Signal(object)

    def __init__(self, root: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = root
        self._gatherer = Gatherer(root)
        self._slow = ThreadPoolExecutor(1, "label-queue")
        self._quick = ThreadPoolExecutor(1, "label-pictures")
        self._cancel = Event()
        self._renaming: Future[None] | None = None
        self._views: OrderedDict[str, QueueView] = OrderedDict()
        self._wanted: set[str] = set()
        self.live: Sight | None = None
        self._seen.connect(self._on_seen)

    def gather(self, episodes: Sequence[Episode], live: Sight | None) -> None:
        """Begin a new queue; one that is being gathered is given up."""
        self._cancel.set()
        self._cancel = Event()
        self.live = live
        self._views.clear()
        self._slow.submit(self._gather, tuple(episodes), live, self._cancel)

    def rename(self, doubts: Iterable[Doubt]) -> None:
        """Ask the names of now about `doubts`; while one such run waits to begin, another adds nothing."""
        if self._renaming is not None:
            self._renaming.cancel()
        self._renaming = self._slow.submit(self._rename, tuple(doubts))

    def view(self, doubt: Doubt) -> QueueView | None:
        """The picture of a question when it is here; else it is fetched and comes as `viewed`."""
        self.prefetch([doubt])
        return self._views.get(doubt.key)

    def prefetch(self, doubts: Sequence[Doubt]) -> None:
        """Fetch pictures before they are asked for."""
        for doubt in doubts:
            if doubt.key not in self._views and doubt.key not in self._wanted:
                self._wanted.add(doubt.key)
                self._quick.submit(self._fetch, doubt, self.live)

    def close(self) -> None:
        """End both threads; what is not begun is dropped."""
        self._cancel.set()
        for pool in (self._slow, self._quick):
            pool.shutdown(wait=True, cancel_futures=True)

    # on the threads

    def _gather(self, episodes: tuple[Episode, ...], live: Sight | None, cancel: Event) -> None:
        steps = self._gatherer.steps(episodes, live, seed=_SEED)
        try:
            while not cancel.is_set():
                self.progressed.emit(*next(steps))
        except StopIteration as end:
            if not cancel.is_set():
                self.gathered.emit(end.value)
        except StoreError as error:
            self.failed.emit(str(error))
        finally:
            steps.close()

    def _rename(self, doubts: tuple[Doubt, ...]) -> None:
        try:
            self.renamed.emit(self._gatherer.name_again(doubts))
        except StoreError as error:
            self.failed.emit(str(error))

    def _fetch(self, doubt: Doubt, live: Sight | None) -> None:
        sight, detection = sight_of_doubt(self._root, doubt.look, live)
        crop = crop_of(sight.frame, sight.scene, detection) if sight is not None and detection is not None else None
        self._seen.emit(QueueView(doubt.key, sight, detection, crop))

    # in the window's thread

    @Slot(object)
    def _on_seen(self, view: QueueView) -> None:
        self._wanted.discard(view.key)
        self._views[view.key] = view
        while len(self._views) > _KEPT:
            self._views.popitem(last=False)
        self.viewed.emit(view)
