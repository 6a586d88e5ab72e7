"""See: binds the object list, the cloud's clicks, the question and the naming popover to the live scene and to naming operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from app.main_window import MainWindow
from app.pages import see
from app.pages.see import SeePage, SeeState
from app.presenters import lost_camera
from app.presenters.box_keys import BoxKeys
from app.presenters.held import Held
from app.presenters.objects import ObjectRows
from app.presenters.questions import Questions
from app.presenters.see_keys import bind_keys
from app.presenters.spread import Spread
from app.presenters.tools import Name, Tools
from app.session import Session, Subject, subject_of
from core.perception.redraw import Thing
from core.storage import edits
from core.storage.store import Changes, Store
from core.types import Detection, Scene
from widgets.values import Fact, ObjectRow, Toast

_WATCH_MS = 400
_SHIFT = Qt.KeyboardModifier.ShiftModifier.value


class SeePresenter(QObject):
    """Owns what is open on See: the selection, the question, and what is typed."""

    def __init__(self, session: Session, window: MainWindow, page: SeePage) -> None:
        super().__init__(window)
        self._session, self._window, self._page = session, window, page
        self._rows, self._questions, self._held = ObjectRows(session), Questions(session), Held(session)
        self.box = BoxKeys(session, window, self._held)
        self.tools = Tools(session, window, self._held, self.box)
        self.spread = Spread(session, window)
        self.selected = 0
        self.also: tuple[int, ...] = ()
        self._hovered = 0
        self._open = False
        self._typed = ""
        self._base: Scene | None = None
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
            view.set_frozen(lost)
        if lost:
            self.refresh()

    def _connect(self) -> None:
        page, stage = self._page, self._window.stage
        self._session.live.scene_changed.connect(self.show_scene)
        self._session.changed.connect(self._on_changed)
        page.objects.chosen.connect(self._on_row)
        page.objects.hovered_row.connect(self._on_hover)
        page.right.action_requested.connect(self.act)
        page.findings.action_requested.connect(self.act)
        page.left.add_requested.connect(self.take_add)
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
        self.tools.changed.connect(self._show_again)
        self.tools.added.connect(self._on_added)
        self.spread.changed.connect(self.refresh)
        bind_keys(self, self.tools, self._window, page)

    @Slot(object)
    def show_scene(self, scene: Scene) -> None:
        """A scene came: rows, overlays, and the question that follows from it."""
        self._base = scene
        self._show_again()

    @Slot()
    def _show_again(self) -> None:
        if self._base is None:
            return
        self._scene = scene = self._held.shown(self._base)
        self.tools.set_scene(scene)
        if self._window.page == "see":
            rows = self._shown_rows(scene)
            self._window.stage.cloud.set_scene(scene, rows)
            self._window.stage.image.set_scene(scene, rows)
            self.refresh()

    def _shown_rows(self, scene: Scene) -> tuple[ObjectRow, ...]:
        rows = self._rows.rows(scene)
        return tuple(replace(row, detail="selected too") if row.track in self.also else row for row in rows)

    @Slot()
    def refresh(self) -> None:
        """Show the page's state for the newest scene."""
        scene = self._scene
        if self._window.page != "see":
            return
        rows = self._shown_rows(scene) if scene is not None else ()
        if lost_camera.is_lost(self._session):
            self._page.set_state(lost_camera.state_of(self._session, rows))
            return
        state = see.looking() if scene is None else self._state(scene)
        self._page.set_state(replace(state, rows=rows, selected=self.selected))
        self._window.set_badges({"see": len(self._questions.of(scene)) if scene is not None else 0})
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.set_selection(self.selected)
            view.set_also(self.also)

    def _state(self, scene: Scene) -> SeeState:
        live = [d for d in scene.detections if d.area_px > 0]
        chosen = self._detection(self.selected)
        if self.spread.running is not None:
            return see.spreading(self.spread.running, self._questions.crop(scene, chosen) if chosen else None)
        if self.tools.name:
            crop = self._questions.crop(scene, chosen) if chosen is not None else None
            return see.working(self.tools.state(), chosen.name if chosen else None, len(self.also) + 1, crop)
        if not live:
            return see.empty_table()
        ask, names = self._questions, self._session.choices()
        if self._open and chosen is not None:
            state = see.naming(chosen.track, chosen.name, self._typed, ask.crop(scene, chosen), ask.facts(scene, chosen))
            return see.several(state, len(self.also) + 1, self._typed) if self.also else state
        questions = ask.of(scene)
        if not questions:
            return see.nothing_open((Fact("Objects", str(len(live))), Fact("Names known", str(len(self._session.classes)))))
        asked = questions[0]
        if self.selected not in {d.track for d in live}:
            self.selected = asked.track
        number, total = ask.answered + 1, len(questions) + ask.answered
        if not self._session.classes:
            return see.first_names(1, len(live), self._typed, ask.crop(scene, asked), names)
        guesses = ask.guesses(asked)
        if not guesses:
            return see.first_names(number, total, self._typed, ask.crop(scene, asked), names)
        return see.asking(number, total, guesses, ask.crop(scene, asked), names)

    def _asked(self) -> Detection | None:
        if self._open:
            return self._detection(self.selected)
        questions = self._questions.of(self._scene) if self._scene is not None else []
        return questions[0] if questions else self._detection(self.selected)

    def _detection(self, track: int) -> Detection | None:
        return next((d for d in self._scene.detections if d.track == track), None) if self._scene is not None else None

    # what the operator does

    @Slot(object, int)
    def _on_row(self, track: object, modifiers: int) -> None:
        self._on_click(int(str(track)), modifiers)

    @Slot(int, int)
    def _on_click(self, track: int, modifiers: int) -> None:
        if self._window.page != "see":
            return
        if (modifiers & _SHIFT or self.tools.name == "merge") and self.selected not in (0, track):
            self._toggle(track)
        else:
            self.select(track)

    def _toggle(self, track: int) -> None:
        """One more thing beside the selected one, or one less."""
        self._hold()
        self.also = tuple(t for t in self.also if t != track) if track in self.also else (*self.also, track)
        self.tools.choose((self.selected, *self.also))
        self._open = self._open or not self.tools.name
        self._show_again()

    @Slot(int, int)
    def _on_background(self, u: int, v: int) -> None:
        if self._window.page == "see" and self.tools.name != "merge":
            self.close()

    @Slot(object)
    def _on_hover(self, track: object) -> None:
        self._on_hover_track(int(str(track or 0)))

    @Slot(int)
    def _on_hover_track(self, track: int) -> None:
        self._hovered = track
        self._window.stage.cloud.set_hovered(track)
        self._window.stage.image.set_hovered(track)

    def select(self, track: int) -> None:
        """Open the naming popover and the facts of an object, on a held frame."""
        self.tools.leave()
        self.selected, self.also, self._open, self._typed = track, (), True, ""
        self._adding = None
        self._hold()
        self._window.stage.popover.set_choices(self._session.choices())
        self._window.open_popover(track)
        self._show_again()

    def take(self, name: Name) -> None:
        """Take a tool in hand for the open, else the hovered or asked object."""
        scene = self._scene
        if scene is None or self._window.page != "see":
            return
        if not self._open:
            asked = self._asked()
            self.selected = self._hovered or self.selected or (asked.track if asked is not None else 0)
        if name != "add" and self._detection(self.selected) is None:
            self._session.say(Toast("Select a thing first: click it, or press the down arrow.", "cursor", "plain"))
            return
        self._hold()
        self._window.close_popover()
        self._open, self._adding = True, None
        self.tools.take(name, self._scene or scene, (self.selected, *self.also))
        if name == "merge" and self.also:
            self.tools.merge()
            self._end()

    @Slot()
    def take_add(self) -> None:
        """The plus, or its key."""
        self.take("add")

    def _hold(self) -> None:
        """Hold the picture while something is edited on it."""
        live = self._session.live
        if not live.frozen:
            self._held_for_edit = True
            live.freeze(True)

    @Slot()
    def close(self) -> None:
        """Put the tool down, else close the popover; the picture goes on."""
        if self.tools.name:
            self.tools.leave()
        elif not self._open and not self._held_for_edit:
            return
        self._end()

    def _end(self) -> None:
        self._open, self._typed, self.selected, self.also, self._adding = False, "", 0, (), None
        self._window.close_popover()
        if self._held_for_edit:
            self._held_for_edit = False
            self._session.live.freeze(False)
        self._show_again()

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        self._typed = text.strip()
        self.refresh()

    @Slot(int)
    def _name_class(self, class_id: int) -> None:
        known = next((c for c in self._session.classes if c.id == class_id), None)
        if known is not None:
            self.name_selected(known.name)

    def name_digit(self, digit: int) -> None:
        """A class's key names the open, else the asked object."""
        known = next((c for c in self._session.classes if c.key == digit), None)
        if known is not None and not self.tools.name:
            self.name_selected(known.name)

    @Slot(str)
    def name_selected(self, name: str) -> None:
        """Name the open (else the asked) object, and those selected beside it, in one step."""
        subjects, scene = self._subjects(), self._scene
        if not subjects or scene is None or not name.strip():
            return
        colour = self._session.free_colour(subjects[0].mean_color)
        stored = self._session.judge_all(subjects, scene, lambda store, all_: edits.name_objects(store, all_, name, colour=colour))
        if stored:
            words = "That is" if len(subjects) == 1 else f"Those {len(subjects)} are"
            self._session.say(
                Toast(f"{words} now “{name.strip()}”. The model uses it from the next frame on.", action="Undo", key="Ctrl Z")
            )
            self._window.stage.cloud.flash(subjects[0].track)
        self._done(subjects[0].track)

    def _subjects(self) -> list[Subject]:
        if self._adding is not None:
            return [self._adding]
        also = [d for track in self.also if (d := self._detection(track)) is not None]
        asked = self._asked()
        return [subject_of(d, self._scene) for d in (asked, *also) if d is not None and self._scene is not None]

    @Slot(str)
    def act(self, action: str) -> None:
        """A button or tool of the page."""
        detection = self._asked()
        if action in ("outline", "split", "merge", "box"):
            self.take(action)  # type: ignore[arg-type]
        elif action == "tool_done":
            self.tools.confirm()
            if not self.tools.name and self._adding is None:
                self._end()
        elif action == "tool_snap":
            self.tools.toggle_snap()
        elif action == "again":
            self._spread()
        elif action == "spread_cancel":
            self.spread.cancel()
        elif action == "confirm" and detection is not None:
            guesses = self._questions.guesses(detection)
            self.name_selected(detection.name or (guesses[0].name if guesses else ""))
        elif action == "name":
            self.name_selected(self._typed)
        elif action == "not_an_object":
            self._store(edits.not_an_object, "That is not an object now. The model leaves it out.")
        elif action == "unsure":
            self._store(edits.unsure, "It is left open and not asked again.")
        elif action == "skip" and detection is not None:
            self._questions.skip(detection.track)
            self._leave_question()
        else:
            self._go(action)

    def _go(self, action: str) -> None:
        if action == "retry_camera":
            self._window.device_action_requested.emit(action)
        elif action == "close":
            self.close()
        elif action == "next":
            self._page.objects.choose_next(1)
        elif action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))

    def _spread(self) -> None:
        asked = self._asked()
        self._hold()  # on a frame that is still kept
        detection = self._detection(asked.track) if asked is not None else None
        if detection is not None and self._scene is not None:
            self.spread.start(subject_of(detection, self._scene), detection, self._scene)
        self._end()

    def _store(self, operation: Callable[[Store, edits.Judgement], Changes], words: str) -> None:
        subjects = self._subjects()
        if subjects and self._scene is not None and self._session.judge(subjects[0], self._scene, operation):
            self._session.say(Toast(words, action="Undo", key="Ctrl Z"))
            self._done(subjects[0].track)

    def _done(self, track: int) -> None:
        self._questions.done(track)
        self._leave_question()

    def _leave_question(self) -> None:
        self._page.question.field.clear()
        self._end()

    def type_name(self) -> None:
        """N: into the field that is shown."""
        field = self._window.stage.popover.field if self._open else self._page.question.field
        field.setFocus()

    @Slot(int, int)
    def add_at(self, u: int, v: int) -> None:
        """A missed object was double-clicked at colour pixel (u, v): grow it from depth and colour, and ask its name."""
        if self._window.page == "see" and self._scene is not None:
            self._hold()
            self.tools.set_scene(self._scene)
            self.tools.grow_at(u, v, wanted=True)

    @Slot(object)
    def _on_added(self, subject: Subject) -> None:
        self._adding = subject
        self._open, self._typed, self.selected, self.also = True, "", subject.track, ()
        self._held.draw([Thing(subject.track, subject.mask)])
        self._show_again()
        self._window.stage.popover.set_choices(self._session.choices())
        self._window.open_popover(subject.track)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("label", "object_class"):
            self._held.refresh(changes.names_revision)
            self._questions.follow(self._held.spoken_of())
            self._window.stage.popover.set_choices(self._session.choices())
            self._show_again()
