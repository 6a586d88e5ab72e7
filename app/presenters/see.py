"""See: binds the object list, the cloud's clicks, the question and the naming popover to the live scene and to naming operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from app.main_window import MainWindow
from app.pages import see
from app.pages.see import SeePage, SeeState
from app.presenters import lost_camera
from app.presenters.objects import SURE, ObjectRows, crop_of
from app.session import Session, Subject, subject_of
from core import geometry
from core.geometry import plane_of
from core.perception import click
from core.storage import edits
from core.storage.store import Changes, Store
from core.types import Detection, Scene
from widgets.values import Choice, Crop, Fact, Toast

_EVERY_FIFTH = 5
_WATCH_MS = 400
_ADDED_TRACKS = 1000


class SeePresenter(QObject):
    """Owns what is open on See: the selection, the question, and what is typed."""

    def __init__(self, session: Session, window: MainWindow, page: SeePage) -> None:
        super().__init__(window)
        self._session, self._window, self._page = session, window, page
        self._rows = ObjectRows(session)
        self.selected = 0
        self._open = False
        self._typed = ""
        self._skipped: set[int] = set()
        self._answered = 0
        self._scene: Scene | None = None
        self._held_for_edit = False
        self._adding: Subject | None = None
        self._connect()
        self._lost = QTimer(self)
        self._lost.timeout.connect(self._watch_camera)
        self._lost.start(_WATCH_MS)

    @Slot()
    def _watch_camera(self) -> None:
        """Without frames nothing else would show that there are none."""
        lost = lost_camera.is_lost(self._session)
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.set_frozen(lost or self._session.live.frozen)
        if lost:
            self.refresh()

    def _connect(self) -> None:
        page, stage = self._page, self._window.stage
        self._session.live.scene_changed.connect(self.show_scene)
        self._session.changed.connect(self._on_changed)
        page.objects.chosen.connect(self._on_row)
        page.objects.hovered_row.connect(self._on_hover)
        page.right.action_requested.connect(self.act)
        page.left.add_requested.connect(self._say_how_to_add)
        page.question.class_chosen.connect(self._name_class)
        page.question.name_entered.connect(self.name_selected)
        page.question.name_changed.connect(self._on_typed)
        popover = stage.popover
        popover.class_chosen.connect(self._name_class)
        popover.name_entered.connect(self.name_selected)
        popover.name_changed.connect(self._on_typed)
        popover.tool_requested.connect(self.act)
        popover.close_requested.connect(self.close)
        for view in (stage.cloud, stage.image):
            view.object_clicked.connect(self._on_click)
            view.background_clicked.connect(self._on_background)
            view.add_requested.connect(self.add_at)
            view.hovered.connect(self._on_hover_track)
        self._bind_keys()

    def _bind_keys(self) -> None:
        table = self._window.actions_table
        for digit in range(1, 10):
            table.bind(f"name_{digit}", partial(self._name_digit, digit), page="see")
        table.bind("not_an_object", lambda: self.act("not_an_object"), page="see")
        table.bind("delete", lambda: self.act("not_an_object"), page="see")
        table.bind("unsure", lambda: self.act("unsure"), page="see")
        table.bind("type_name", self._type_name, page="see")
        table.bind("next", lambda: self._page.objects.choose_next(1), page="see")
        table.bind("previous", lambda: self._page.objects.choose_next(-1), page="see")
        table.bind("first", lambda: self._page.objects.choose_end(last=False), page="see")
        table.bind("last", lambda: self._page.objects.choose_end(last=True), page="see")
        table.bind("back", self.close, page="see")
        table.bind("add", self._say_how_to_add, page="see")

    @Slot(object)
    def show_scene(self, scene: Scene) -> None:
        """A scene came: rows, overlays, and the question that follows from it."""
        self._scene = scene
        if self._window.page != "see":
            return
        rows = self._rows.rows(scene)
        self._window.stage.cloud.set_scene(scene, rows)
        self._window.stage.image.set_scene(scene, rows)
        self.refresh()

    def refresh(self) -> None:
        """Show the page's state for the newest scene."""
        scene = self._scene
        if self._window.page != "see":
            return
        rows = self._rows.rows(scene) if scene is not None else ()
        if lost_camera.is_lost(self._session):
            self._page.set_state(lost_camera.state_of(self._session, rows))
            return
        state = see.looking() if scene is None else self._state(scene)
        self._page.set_state(replace(state, rows=rows, selected=self.selected))
        self._window.set_badges({"see": len(self._questions(scene)) if scene is not None else 0})
        self._window.stage.cloud.set_selection(self.selected)
        self._window.stage.image.set_selection(self.selected)

    def _state(self, scene: Scene) -> SeeState:
        live = [d for d in scene.detections if d.area_px > 0]
        if not live:
            return see.empty_table()
        chosen = self._detection(self.selected)
        if self._open and chosen is not None:
            return see.naming(chosen.track, chosen.name, self._typed, self._crop(chosen), self._facts(chosen))
        questions = self._questions(scene)
        if not questions:
            return see.nothing_open((Fact("Objects", str(len(live))), Fact("Names known", str(len(self._session.classes)))))
        asked = questions[0]
        if self.selected not in {d.track for d in live}:
            self.selected = asked.track
        if not self._session.classes:
            return see.first_names(1, len(live), self._typed, self._crop(asked), self._session.choices())
        guesses = self._guesses(asked)
        number = self._answered + 1
        if not guesses:
            return see.first_names(number, len(questions) + self._answered, self._typed, self._crop(asked), self._session.choices())
        return see.asking(number, len(questions) + self._answered, guesses, self._crop(asked), self._session.choices())

    def _questions(self, scene: Scene) -> list[Detection]:
        """Objects to ask about: least sure first, every fifth question at random (by track, so that it does not jump)."""
        doubtful = [d for d in scene.detections if d.area_px > 0 and not d.confirmed and d.track not in self._skipped]
        doubtful = [d for d in doubtful if d.class_id is None or d.score < SURE]
        doubtful.sort(key=lambda d: (d.class_id is None and bool(self._session.classes), d.score, d.track))
        if len(doubtful) > 1 and self._answered % _EVERY_FIFTH == _EVERY_FIFTH - 1:
            odd = doubtful.pop(self._answered * 7 % len(doubtful))
            doubtful.insert(0, odd)
        return doubtful

    def _asked(self) -> Detection | None:
        if self._open:
            return self._detection(self.selected)
        questions = self._questions(self._scene) if self._scene is not None else []
        return questions[0] if questions else self._detection(self.selected)

    def _detection(self, track: int) -> Detection | None:
        return next((d for d in self._scene.detections if d.track == track), None) if self._scene is not None else None

    def _crop(self, detection: Detection) -> Crop | None:
        frame = self._session.live.frame_of(self._scene) if self._scene is not None else None
        return crop_of(frame, self._scene, detection) if frame is not None and self._scene is not None else None

    def _guesses(self, detection: Detection) -> tuple[Choice, ...]:
        by_id = {c.class_id: c for c in self._session.choices()}
        known = [(by_id[g.class_id], g.score) for g in detection.guesses if g.class_id in by_id][:3]
        return tuple(Choice(c.class_id, c.name, c.key, c.color, score) for c, score in known)

    def _facts(self, detection: Detection) -> tuple[Fact, ...]:
        size = " × ".join(f"{100 * s:.1f}" for s in detection.box.size)
        facts = [Fact("Size", f"{size} cm")]
        if self._scene is not None:
            center = geometry.transform(geometry.invert(self._scene.T_base_camera), detection.box.center[None])[0]
            facts.append(Fact("From the camera", f"{float((center**2).sum()) ** 0.5:.2f} m"))
        facts.append(Fact("Seen", f"{detection.age_s:.0f} s, {detection.seen_frames} frames"))
        guess = detection.guesses[0] if detection.guesses else None
        facts.append(Fact("Looks most like", f"{guess.name}, {guess.score:.0%}" if guess else "nothing known"))
        return tuple(facts)

    # what the operator does

    @Slot(object, int)
    def _on_row(self, track: object, modifiers: int) -> None:
        self.select(int(str(track)))

    @Slot(int, int)
    def _on_click(self, track: int, modifiers: int) -> None:
        if self._window.page == "see":
            self.select(track)

    @Slot(int, int)
    def _on_background(self, u: int, v: int) -> None:
        if self._window.page == "see":
            self.close()

    @Slot(object)
    def _on_hover(self, track: object) -> None:
        self._on_hover_track(int(str(track or 0)))

    @Slot(int)
    def _on_hover_track(self, track: int) -> None:
        self._window.stage.cloud.set_hovered(track)
        self._window.stage.image.set_hovered(track)

    def select(self, track: int) -> None:
        """Open the naming popover and the facts of an object, on a held frame."""
        self.selected, self._open, self._typed = track, True, ""
        self._adding = None
        self._hold()
        self._window.stage.popover.set_choices(self._session.choices())
        self._window.open_popover(track)
        self.refresh()

    def _hold(self) -> None:
        """Hold the picture while something is edited on it."""
        live = self._session.live
        if not live.frozen:
            live.freeze(True)
            self._held_for_edit = True

    def close(self) -> None:
        """Close the popover; the picture goes on."""
        if not self._open and not self._held_for_edit:
            return
        self._open, self._typed, self.selected, self._adding = False, "", 0, None
        self._window.close_popover()
        if self._held_for_edit:
            self._held_for_edit = False
            self._session.live.freeze(False)
        self.refresh()

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        self._typed = text.strip()
        self.refresh()

    @Slot(int)
    def _name_class(self, class_id: int) -> None:
        known = next((c for c in self._session.classes if c.id == class_id), None)
        if known is not None:
            self.name_selected(known.name)

    def _name_digit(self, digit: int) -> None:
        known = next((c for c in self._session.classes if c.key == digit), None)
        if known is not None:
            self.name_selected(known.name)

    @Slot(str)
    def name_selected(self, name: str) -> None:
        """Name the open (else the asked) object."""
        subject, scene = self._subject(), self._scene
        if subject is None or scene is None or not name.strip():
            return
        colour = self._session.free_colour(subject.mean_color)
        stored = self._session.judge(subject, scene, lambda store, judgement: edits.name_object(store, judgement, name, colour=colour))
        if stored:
            self._session.say(
                Toast(f"That is now “{name.strip()}”. The model uses it from the next frame on.", action="Undo", key="Ctrl Z")
            )
            self._window.stage.cloud.flash(subject.track)
        self._done(subject.track)

    def _subject(self) -> Subject | None:
        if self._adding is not None:
            return self._adding
        detection = self._asked()
        return subject_of(detection, self._scene) if detection is not None and self._scene is not None else None

    @Slot(str)
    def act(self, action: str) -> None:
        """A button or tool of the page."""
        detection = self._asked()
        if action == "confirm" and detection is not None:
            guesses = self._guesses(detection)
            self.name_selected(detection.name or (guesses[0].name if guesses else ""))
        elif action == "name":
            self.name_selected(self._typed)
        elif action == "not_an_object":
            self._store(edits.not_an_object, "That is not an object now. The model leaves it out.")
        elif action == "unsure":
            self._store(edits.unsure, "It is left open and not asked again.")
        elif action == "skip" and detection is not None:
            self._done(detection.track)
        elif action == "retry_camera":
            self._window.device_action_requested.emit(action)
        elif action == "close":
            self.close()
        elif action == "next":
            self._page.objects.choose_next(1)
        elif action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))

    def _store(self, operation: Callable[[Store, edits.Judgement], Changes], words: str) -> None:
        subject = self._subject()
        if subject is not None and self._scene is not None and self._session.judge(subject, self._scene, operation):
            self._session.say(Toast(words, action="Undo", key="Ctrl Z"))
            self._done(subject.track)

    def _done(self, track: int) -> None:
        self._skipped.add(track)
        self._answered += 1
        self._typed = ""
        self._page.question.field.clear()
        self.selected = 0
        self._open = True
        self.close()

    def _type_name(self) -> None:
        field = self._window.stage.popover.field if self._open else self._page.question.field
        field.setFocus()

    @Slot()
    def _say_how_to_add(self) -> None:
        self._session.say(Toast("Double-click what was missed, in the cloud or in the picture.", "cursor", "plain"))

    @Slot(int, int)
    def add_at(self, u: int, v: int) -> None:
        """A missed object was double-clicked at colour pixel (u, v): grow it from depth and colour, and ask its name."""
        live, scene = self._session.live, self._scene
        if self._window.page != "see" or scene is None or live.camera is None:
            return
        frame = live.frame_of(scene)
        if frame is None:
            return
        depth_m = geometry.register_depth(frame.depth, live.camera)
        mask = click.grow(frame.color, depth_m, live.camera.color, u, v, table=plane_of(scene.T_base_camera))
        if not mask.any():
            self._session.say(Toast("Nothing stands out there. Click its middle.", "warning", "warn"))
            return
        points = geometry.transform(scene.T_base_camera, geometry.deproject(depth_m, live.camera.color)[mask & (depth_m > 0)])
        center = points.mean(0) if len(points) else geometry.transform(scene.T_base_camera, np.zeros((1, 3)))[0]
        track = max((d.track for d in scene.detections), default=0) + _ADDED_TRACKS
        self._adding = Subject(mask, track, center, frame.color[mask].mean(0).astype(np.float64), added=True)
        self._hold()
        self._open, self._typed, self.selected = True, "", 0
        self._window.stage.popover.set_choices(self._session.choices())
        self._window.open_popover(0)
        self.refresh()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("label", "object_class"):
            self._window.stage.popover.set_choices(self._session.choices())
            self.refresh()
