"""Questions as rows, choices and tags. Rows are kept, so that an answer in a list of ten thousand makes one new row."""

from __future__ import annotations

from collections.abc import Mapping

from app.label_queue import LabelQueue, score_of
from app.pages.labels import detail_of
from app.presenters.objects import SURE, row_of
from app.presenters.queue_work import QueueView
from app.session import Session
from core.learning.doubt import Doubt
from core.learning.label_checks import HeldOutScore
from core.storage.records import ObjectClass
from core.types import Scene
from widgets.cloud_overlay import Marks
from widgets.cloud_view import CloudView
from widgets.queue_list import QueueRow
from widgets.values import Bar, Choice, ObjectRow, ObjectState

_CHOICES = 3
_FEW = 3


class QueueRows:
    """The rows of the questions that are shown, in the queue's order."""

    def __init__(self, session: Session, queue: LabelQueue) -> None:
        self._session, self._queue = session, queue
        self._rows: list[QueueRow] | None = None

    def forget(self) -> None:
        """Names or filter changed: all rows are made anew."""
        self._rows = None

    def change(self, key: str) -> None:
        """One question was answered or opened again."""
        position = self._queue.position(key)
        if self._rows is not None and position >= 0:
            self._rows[position] = self._row(self._queue.place(key), self._classes())

    def rows(self) -> tuple[QueueRow, ...]:
        """All rows."""
        if self._rows is None:
            classes = self._classes()
            self._rows = [self._row(place, classes) for place in self._queue.shown]
        return tuple(self._rows)

    def row(self, doubt: Doubt) -> QueueRow:
        """The row of one question."""
        return self._row(self._queue.place(doubt.key), self._classes())

    def said(self, doubt: Doubt) -> str:
        """What the scene or the label called a thing; "" for nothing."""
        known = self._classes().get(doubt.look.class_id or 0)
        return known.name if known is not None else ""

    def _classes(self) -> dict[int, ObjectClass]:
        return {c.id: c for c in self._session.classes}

    def _row(self, place: int, classes: dict[int, ObjectClass]) -> QueueRow:
        doubt = self._queue.doubts[place]
        answer = self._queue.answers.get(doubt.key)
        if answer is not None:
            known = next((c for c in classes.values() if c.name == answer.name), None)
            return _made(place, known, answer.name or answer.words, 1.0, "by you", answered=True)
        asked = doubt.look.class_id if doubt.kind == "outlier" else doubt.naming.class_id
        known = classes.get(asked or 0)
        before = classes.get(doubt.look.class_id or 0)
        second = next((g.name for g in doubt.naming.guesses if g.class_id != doubt.naming.class_id and g.class_id in classes), "")
        if doubt.key in self._queue.settled:
            return _made(place, known, known.name if known is not None else None, score_of(doubt), "sure by now")
        detail = detail_of(doubt, before.name if before is not None else "", second)
        flagged = doubt.kind in ("changed", "outlier")
        return _made(place, known, known.name if known is not None else None, score_of(doubt), detail, flagged=flagged)


def _made(
    place: int, known: ObjectClass | None, name: str | None, score: float, detail: str, *, flagged: bool = False, answered: bool = False
) -> QueueRow:
    key, colour = (known.key or 0, known.colour - 1) if known is not None else (0, None)
    return QueueRow(place, name, key, colour, score, detail, flagged, answered)


def guesses_of(session: Session, doubt: Doubt) -> tuple[Choice, ...]:
    """The names that a question offers, the one that Enter takes first: of a flagged label that is its own."""
    by_id = {c.class_id: c for c in session.choices()}
    guesses = [(g.class_id, g.score) for g in doubt.naming.guesses if g.class_id in by_id]
    if doubt.kind == "outlier":
        guesses.sort(key=lambda guess: guess[0] != doubt.look.class_id)
    return tuple(Choice(c.class_id, c.name, c.key, c.color, score) for k, score in guesses[:_CHOICES] for c in [by_id[k]])


def scene_rows(session: Session, scene: Scene, track: int, asked: QueueRow) -> tuple[ObjectRow, ...]:
    """Tags of a scene of which only `track` speaks up: as its row in the list, whatever the scene said when it was recorded."""
    return tuple(_tag(asked, track) if d.track == track else row_of(d, session.class_of(d), full=False) for d in scene.detections)


def _tag(row: QueueRow, track: int) -> ObjectRow:
    named: ObjectState = "sure" if row.score >= SURE else "unsure"
    state = "yours" if row.answered else named if row.name is not None else "unknown"
    return ObjectRow(track, row.name, row.key, row.color, round(row.score, 2), state)


def draw_question(cloud: CloudView, session: Session, view: QueueView, asked: QueueRow) -> None:
    """Show a question's own picture in the cloud, its tag as its row `asked`; one whose picture is gone leaves it as it is."""
    sight = view.sight
    if sight is None or view.detection is None:
        return
    cloud.set_marks(Marks())
    cloud.set_camera(sight.camera)
    cloud.set_frame(sight.frame)
    cloud.set_scene(sight.scene, scene_rows(session, sight.scene, view.detection.track, asked))
    cloud.set_selection(view.detection.track)


def balance(session: Session, scores: Mapping[int, HeldOutScore]) -> tuple[Bar, ...]:
    """How many labels each name has, the most first, and how many of the held-out ones the names get right."""
    counts = session.queries.labels_per_class()
    bars = [_bar(c.name, counts.get(c.id, 0), scores.get(c.id)) for c in session.classes]
    return tuple(sorted(bars, key=lambda bar: -bar.count))


def _bar(name: str, count: int, score: HeldOutScore | None) -> Bar:
    few = count < _FEW
    if score is None or not score.total:
        return Bar(name, count, few)
    spoken = f"labels, of {score.total} held out {score.right} right, {score.wrong} wrong, {score.unknown} unknown"
    return Bar(name, count, few, f"{score.right} of {score.total}", spoken)
