"""A thing on a frame of the open demonstration: what it is, its outline, and its label carried to the frames before and after.

It stops where the thing drifts, says at which frame and why, and goes on from there once that frame is set right.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.main_window import MainWindow
from app.pages import carry as words
from app.pages.review import ReviewPage, ReviewState
from app.presenters.carry_run import CarryRun, Done
from app.presenters.desk import ReplayDesk, recorded
from app.presenters.objects import crop_of
from app.presenters.playback import Playback
from app.presenters.questions import Questions
from app.presenters.tools import Tools
from app.propagation import Said
from app.session import Session, Subject, subject_of
from core.storage import edits
from core.storage.carried_edits import Origin
from core.storage.edits import Judgement
from core.storage.records import Label
from core.storage.store import Changes, Store
from core.types import Detection
from widgets.values import Fact, Toast


class Carry(QObject):
    """Owns what is selected on the replay. `changed`: show the page anew. `here()`: whether demonstrations are shown."""

    changed = Signal()

    def __init__(self, session: Session, window: MainWindow, page: ReviewPage, play: Playback, here: Callable[[], bool]) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._play, self._here = session, window, page, play, here
        self._questions = Questions(session)
        self._desk = ReplayDesk(session, play)
        self.tools = Tools(session, window, self._desk)
        self.span, self.way = 1, 2
        self.run = CarryRun(session, window)
        self._connect()

    def _connect(self) -> None:
        cloud, page = self._window.stage.cloud, self._page
        cloud.object_clicked.connect(self._on_click)
        cloud.background_clicked.connect(self._on_background)
        page.span.chosen.connect(self._choose_span)
        page.way.chosen.connect(self._choose_way)
        page.question.class_chosen.connect(self._on_class)
        page.question.name_entered.connect(self.name)
        self._play.moved.connect(self._on_moved)
        self.tools.changed.connect(self.changed)
        self.run.changed.connect(self.changed)

    @property
    def open(self) -> bool:
        """Whether something is selected, being carried, or just was."""
        return self._here() and (self._detection() is not None or self.run.progress is not None or self._done_here() is not None)

    def state(self) -> ReviewState:
        """What the page says; only while `open`."""
        if self.run.progress is not None:
            p = self.run.progress
            return words.carrying(self.run.words, p.done, p.total, p.kept, p.left_s)
        if (done := self._done_here()) is not None:
            return words.carried(done.words, done.stored, done.ended)
        detection, frame, scene = self._detection(), self._play.frame, self._play.scene
        if detection is None or frame is None or scene is None:
            raise RuntimeError("nothing is selected")
        crop, name = crop_of(frame, scene, detection), detection.name
        if self.tools.name:
            return words.painting(self._where(), name, crop, snap=self.tools.snap)
        guesses = () if detection.confirmed else self._questions.guesses(detection)[: 1 if name else None]
        picks, names = (self.span, self.way), self._session.choices()
        return words.selected(self._where(), name, sum(self._reach()), picks, crop, guesses, names, self._facts(detection))

    def labelled(self) -> list[int]:
        """The frames that carry a label of what is selected."""
        return self._play.labels.seqs_of(self._play.selected) if self._play.selected else []

    def select(self, track: int) -> None:
        """Ask about a thing of the frame under the playhead, on the frame that it was identified on."""
        play = self._play
        self.tools.leave()
        self.run.done = None
        play.pause()
        play.selected = track
        play.show()
        self._stand()
        self.changed.emit()

    def _stand(self) -> bool:
        """Bring the playhead to the frame that the scene was made on: an edit speaks of that one. False, and a sentence, when it cannot be.

        The identifier passes frames over, and its first scene may be of a frame from before the recording.
        """
        play = self._play
        if not play.selected or play.replay is None or play.scene is None or self._desk.frame_of(play.scene) is not None:
            return True
        if (own := play.replay.identified(play.index)) is not None:
            play.seek(float(play.replay.times[own]))
            if self._detection() is not None:
                return True
        play.selected = 0
        play.show()
        self._session.say(Toast("It was not identified on a frame of its own here. Move the playhead and click it there.", "info", "plain"))
        return False

    def select_next(self, step: int = 1) -> None:
        """The next thing of the frame, for keys alone."""
        scene = self._play.scene
        tracks = sorted(d.track for d in scene.detections if d.area_px > 0) if scene is not None else []
        if not tracks:
            self._session.say(Toast("Nothing was identified on this frame. Move the playhead.", "info", "plain"))
            return
        now = self._play.selected
        self.select(tracks[(tracks.index(now) + step) % len(tracks)] if now in tracks else tracks[0])

    @Slot()
    def close(self) -> None:
        """Put the tool down, else forget the selection."""
        if self.tools.name:
            self.tools.leave()
            return
        self.run.done = None
        self._play.selected = 0
        self._play.show()
        self.changed.emit()

    def act(self, action: str) -> bool:
        """A button or key; says whether it was one of these."""
        acts: dict[str, Callable[[], object]] = {
            "carry": self.start,
            "carry_cancel": self.run.cancel,
            "close": self.close,
            "outline": self._paint,
            "tool_done": self.tools.confirm,
            "tool_snap": self.tools.toggle_snap,
            "look": self._look,
            "not_an_object": lambda: self._judge(edits.not_an_object, "That is not an object on this frame."),
        }
        if action.startswith("look:"):
            self._look(int(action.removeprefix("look:")))
        elif action in acts:
            acts[action]()
        return action in acts or action.startswith("look:")

    @Slot(str)
    def name(self, name: str) -> None:
        """The selected thing is a `name` on this frame."""
        wanted, subject = name.strip(), self._subject()
        if not self._here() or not wanted or subject is None:
            return
        colour = self._session.free_colour(subject.mean_color)
        self._judge(lambda store, j: edits.name_object(store, j, wanted, colour=colour), f"That is now “{wanted}”, on this frame.")
        self._page.question.field.clear()
        self._window.stage.setFocus()

    def name_digit(self, digit: int) -> None:
        """A class's key names the selected thing."""
        self.name(next((c.name for c in self._session.classes if c.key == digit), ""))

    def widen(self, step: int) -> None:
        """Plus and minus: further or less far; with the brush in hand its size."""
        if self.tools.name:
            self.tools.size(step)
        else:
            self._choose_span(min(max(0, self.span + step), len(words.SPANS) - 1))

    def step(self, dx: int, dy: int) -> bool:
        """Arrow keys: the brush's cross, else ↑ ↓ through the things of the frame; False when they are none of its business."""
        if self.tools.name:
            self.tools.step(dx, dy)
        elif dy and self.open:
            self.select_next(dy)
        return bool(self.tools.name) or (bool(dy) and self.open)

    def start(self) -> None:
        """Carry the label of the selected thing."""
        stands, detection, subject = self._stand(), self._detection(), self._subject()
        replay, scene = self._play.replay, self._play.scene
        if not stands or detection is None or subject is None or replay is None or scene is None:
            return
        judgement = self._desk.judgement(subject, scene)
        back, on = self._reach()
        said = Said(
            at=self._play.index,
            mask=subject.mask,
            track=detection.track,
            label_track=recorded(detection.track),
            origin=self._origin(detection, self._play.said.get(detection.track), judgement),
            T_base_camera=scene.T_base_camera,
            back=back,
            on=on,
            since_s=0.0,  # on a recorded frame its tracks are those of no other run
        )
        self.run.start(replay, detection, said)

    @staticmethod
    def _origin(detection: Detection, label: Label | None, judgement: Judgement | None) -> Origin:
        """The label that is carried: the one that stands on this frame, or what the operator says by carrying it."""
        kind = "shape" if detection.class_id is None else "name"
        if label is not None and label.kind != "unsure":
            return Origin(kind, detection.class_id, label.id)
        return Origin(kind, detection.class_id, first=judgement)

    def _reach(self) -> tuple[int, int]:
        """How many frames before and after would be reached, within what is kept of the demonstration."""
        replay, at = self._play.replay, self._play.index
        if replay is None:
            return 0, 0
        start, end = (replay.index_at(t) for t in self._play.trim_now())
        most = words.SPANS[self.span] or len(replay.seqs)
        back, on = min(most, max(0, at - start)), min(most, max(0, end - at))
        return (back if self.way < 2 else 0), (on if self.way > 0 else 0)

    def _paint(self) -> None:
        if self._stand() and self._play.scene is not None and self._detection() is not None:
            self.tools.take("outline", self._play.scene, (self._play.selected,))

    def _look(self, frame: int = 0) -> None:
        """Go to where it ended early, with the thing selected."""
        done, replay = self.run.done, self._play.replay
        if done is None or replay is None or not done.ended:
            return
        track, at = done.track, (frame or done.ended[0][0]) - 1
        self._play.seek(float(replay.times[min(at, len(replay.seqs) - 1)]))
        scene = self._play.scene
        there = scene is not None and any(d.track == track and d.area_px > 0 for d in scene.detections)
        self.select(track if there else 0)
        if self._play.selected and self._play.index != at:
            stands = f"Frame {at + 1} was not identified. This is frame {self._play.index + 1}, the one beside it that was."
            self._session.say(Toast(stands, "info", "plain"))

    def _judge(self, operation: Callable[[Store, Judgement], Changes], sentence: str) -> None:
        stands, subject, scene = self._stand(), self._subject(), self._play.scene
        if not stands or subject is None or scene is None:
            return
        if self._desk.judge_all([subject], scene, lambda store, judgements: operation(store, judgements[0])):
            self._session.say(Toast(sentence, action="Undo", key="Ctrl Z"))

    def _subject(self) -> Subject | None:
        detection, scene = self._detection(), self._play.scene
        return subject_of(detection, scene) if detection is not None and scene is not None else None

    def _detection(self) -> Detection | None:
        scene, track = self._play.scene, self._play.selected
        return next((d for d in scene.detections if d.track == track and d.area_px > 0), None) if scene is not None and track else None

    def _done_here(self) -> Done | None:
        replay = self._play.replay
        return self.run.done if self.run.done is not None and replay is not None and replay.episode.id == self.run.done.episode else None

    def _where(self) -> str:
        replay = self._play.replay
        return f"Frame {self._play.index + 1} of {len(replay.seqs)}" if replay is not None else ""

    def _facts(self, detection: Detection) -> tuple[Fact, ...]:
        label, replay = self._play.said.get(detection.track), self._play.replay
        seq = self._play.labels.find(label.origin) if label is not None and label.origin is not None else None
        origin = f"frame {replay.index_of(seq) + 1}" if replay is not None and seq is not None else "a label that is gone"
        return words.facts_of(label, origin, named=detection.name is not None)

    @Slot(int, int)
    def _on_click(self, track: int, modifiers: int) -> None:
        if self._here():
            self.select(track)

    @Slot(int, int)
    def _on_background(self, u: int, v: int) -> None:
        if self._here() and self.open and self.run.progress is None:
            self.close()

    @Slot(int)
    def _on_class(self, class_id: int) -> None:
        self.name(next((c.name for c in self._session.classes if c.id == class_id), ""))

    @Slot(int)
    def _choose_span(self, index: int) -> None:
        self.span = index
        self.changed.emit()

    @Slot(int)
    def _choose_way(self, index: int) -> None:
        self.way = index
        self.changed.emit()

    @Slot()
    def _on_moved(self) -> None:
        """Another frame is under the playhead, or the same one with other labels."""
        scene = self._play.scene
        if self.tools.name and scene is not None and self._desk.frame_of(scene) is not None and self._detection() is not None:
            self.tools.set_scene(scene)
        elif self.tools.name:
            self.tools.leave()
        if self.open:
            self.changed.emit()
