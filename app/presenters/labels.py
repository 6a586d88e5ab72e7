"""The queue of doubtful labels on Review: objects, recorded or in view, that nobody confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.main_window import MainWindow
from app.pages import review
from app.pages.review import ReviewPage, ReviewState
from app.presenters.objects import SURE, crop_of
from app.session import Session, subject_of
from core.errors import StoreError
from core.storage import edits
from core.storage.episode import EpisodeReader
from core.storage.store import Changes, Store
from core.types import CameraInfo, Detection, Frame, Scene
from widgets.values import Choice, ObjectRow, Toast

_EPISODES = 12
_LEAST_PX = 150


@dataclass(frozen=True)
class Doubt:
    """A detection that nobody confirmed, with the frame it was made on. `id` counts through the queue."""

    id: int
    detection: Detection
    scene: Scene
    frame: Frame
    camera: CameraInfo


class Labels(QObject):
    """Walks the queue: confirm, rename, not an object, unsure, skip. `shown` is called when the page must be shown anew."""

    def __init__(self, session: Session, window: MainWindow, page: ReviewPage, shown: Callable[[], None]) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._shown = session, window, page, shown
        self.on = False
        self._queue: list[Doubt] | None = None
        self._at = 0
        page.queue.chosen.connect(self._on_row)
        page.question.class_chosen.connect(self._on_class)
        page.question.name_entered.connect(self.name)
        table = window.actions_table
        for digit in range(1, 10):
            table.bind(f"name_{digit}", partial(self._digit, digit), page="review")
        for key, action in (("not_an_object", "not_an_object"), ("unsure", "unsure")):
            table.bind(key, partial(self.act, action), page="review")
        table.bind("type_name", page.question.field.setFocus, page="review")

    def forget(self) -> None:
        """Other demonstrations are there, or another task: gather anew."""
        self._queue = None

    def state(self) -> ReviewState:
        """What the page says of the doubt at hand."""
        queue = self._doubts()
        if not queue:
            return review.no_labels()
        self._at = min(self._at, len(queue) - 1)
        doubt = queue[self._at]
        guesses = self._guesses(doubt.detection)
        name = guesses[0].name if guesses else "new thing"
        state = review.label_question(
            len(queue), name, crop_of(doubt.frame, doubt.scene, doubt.detection), guesses, self._session.choices()
        )
        rows = tuple(self._row(d) for d in queue)
        return review.with_queue(state, rows, doubt.id, known=bool(guesses))

    def act(self, action: str) -> None:
        """A button or key of the queue."""
        doubt = self._doubt()
        if doubt is None:
            return
        if action == "confirm":
            guesses = self._guesses(doubt.detection)
            if guesses:
                self.name(guesses[0].name)
        elif action == "not_an_object":
            self._store(doubt, edits.not_an_object, "That is not an object now. The model leaves it out.")
        elif action == "unsure":
            self._store(doubt, edits.unsure, "It is left open and not asked again.")
        elif action == "skip":
            self.skip(1)

    def skip(self, step: int) -> None:
        """Another one of the queue."""
        count = len(self._doubts())
        self._at = (self._at + step) % count if count else 0
        self._shown()

    @Slot(str)
    def name(self, name: str) -> None:
        """The doubt at hand is a `name`."""
        doubt, wanted = self._doubt(), name.strip()
        if doubt is None or not wanted:
            return
        colour = self._session.free_colour(doubt.detection.mean_color)
        self._store(doubt, lambda store, j: edits.name_object(store, j, wanted, colour=colour), f"That is now “{wanted}”.")

    def _store(self, doubt: Doubt, operation: Callable[[Store, edits.Judgement], Changes], words: str) -> None:
        subject = subject_of(doubt.detection, doubt.scene)
        judgement = edits.Judgement(
            frame=doubt.frame,
            camera=doubt.camera,
            T_base_camera=doubt.scene.T_base_camera,
            mask=subject.mask,
            track=subject.track,
            center_base=subject.center_base,
            identifier=doubt.scene.identifier,
            score=subject.score,
        )
        self._session.run(lambda store: operation(store, judgement))
        self._session.say(Toast(words, action="Undo", key="Ctrl Z"))
        self._page.question.field.clear()
        self._queue = [d for d in self._doubts() if d is not doubt]
        self._shown()

    def _doubt(self) -> Doubt | None:
        queue = self._doubts() if self.on else []
        return queue[min(self._at, len(queue) - 1)] if queue else None

    def _doubts(self) -> list[Doubt]:
        if self._queue is None:
            pairs = self._recorded()
            live = self._session.live
            frame = self._session.frame_of(live.scene) if live.scene is not None else None
            if live.scene is not None and frame is not None and live.camera is not None:
                pairs.insert(0, (live.scene, frame, live.camera))
            found = [(d, s, f, c) for s, f, c in pairs for d in s.detections if _doubtful(d)]
            found.sort(key=lambda item: item[0].score)
            self._queue = [Doubt(n + 1, *item) for n, item in enumerate(found)]
        return self._queue

    def _recorded(self) -> list[tuple[Scene, Frame, CameraInfo]]:
        """The first scene of each of the newest demonstrations."""
        pairs = []
        for episode in self._session.queries.demonstrations(self._session.task_id)[:_EPISODES]:
            try:
                reader = EpisodeReader(self._session.store.folder.root / episode.path)
                try:
                    scene = _first_scene(reader)
                    if scene is not None:
                        pairs.append((scene, reader.frame(scene.frame_seq), reader.camera()))
                finally:
                    reader.close()
            except StoreError:
                continue  # the card of that demonstration says so
        return pairs

    def _row(self, doubt: Doubt) -> ObjectRow:
        known = self._session.class_of(doubt.detection)
        if known is None:
            return ObjectRow(doubt.id, None, 0, None, doubt.detection.score, "unknown")
        return ObjectRow(doubt.id, known.name, known.key or 0, known.colour - 1, doubt.detection.score, "unsure")

    def _guesses(self, detection: Detection) -> tuple[Choice, ...]:
        by_id = {c.class_id: c for c in self._session.choices()}
        known = [(by_id[g.class_id], g.score) for g in detection.guesses if g.class_id in by_id][:3]
        return tuple(Choice(c.class_id, c.name, c.key, c.color, score) for c, score in known)

    def _digit(self, digit: int) -> None:
        known = next((c for c in self._session.classes if c.key == digit), None)
        if known is not None:
            self.name(known.name)

    @Slot(int)
    def _on_class(self, class_id: int) -> None:
        known = next((c for c in self._session.classes if c.id == class_id), None)
        if known is not None:
            self.name(known.name)

    @Slot(object, int)
    def _on_row(self, identity: object, modifiers: int) -> None:
        self._at = next((n for n, d in enumerate(self._doubts()) if d.id == identity), 0)
        self._shown()


def _first_scene(reader: EpisodeReader) -> Scene | None:
    """The first scene whose own frame was recorded."""
    for seq in reader.seqs()[:30]:
        scene = reader.scene(seq)
        if scene is not None and scene.frame_seq == seq:
            return scene
    return None


def _doubtful(detection: Detection) -> bool:
    return not detection.confirmed and detection.area_px > _LEAST_PX and (detection.class_id is None or detection.score < SURE)
