"""See: binds the object list, the cloud's clicks, the question and the naming popover to the live scene and to naming operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, Slot

from app.main_window import MainWindow
from app.pages import see
from app.pages.see import SeePage
from app.presenters import lost_camera
from app.presenters.box_tool import BoxTool
from app.presenters.held import Held
from app.presenters.see_answers import SELECT_FIRST, SeeAnswers
from app.presenters.see_keys import bind_keys
from app.presenters.see_screen import Looked, SeeScreen
from app.presenters.spread import Spread
from app.presenters.tools import Name, Tools
from app.session import Session, Subject, subject_of
from core.perception.redraw import Thing
from core.storage.store import Changes
from core.types import Scene

_SHIFT = Qt.KeyboardModifier.ShiftModifier.value


class SeePresenter(QObject):
    """Owns what is open on See: the selection, the tool in hand, and whether the frame is held for them."""

    def __init__(self, session: Session, window: MainWindow, page: SeePage) -> None:
        super().__init__(window)
        self._session, self._window, self._page = session, window, page
        self._held, self.looked = Held(session), Looked()
        self.screen = SeeScreen(session, self.looked)
        self.answers = SeeAnswers(session, window, self.looked, self.screen)
        self.box = BoxTool(session, window, self._held)
        self.tools = Tools(session, window, self._held, self.box)
        self.spread = Spread(session, window)
        self._base: Scene | None = None
        self._held_for_edit = self._greeted = False
        self._connect()
        self._connect_views()
        bind_keys(self, self.tools, window, page)

    def _connect(self) -> None:
        page, popover = self._page, self._window.stage.popover
        self._session.live.scene_changed.connect(self.show_scene)
        self._session.changed.connect(self._on_changed)
        page.right.action_requested.connect(self.act)
        page.findings.action_requested.connect(self.act)
        page.left.add_requested.connect(self.take_add)
        for namer in (page.question, popover):
            namer.class_chosen.connect(self.answers.name_class)
            namer.name_entered.connect(self.answers.name)
            namer.name_changed.connect(self._on_typed)
        page.question.field.digit_pressed.connect(self.answers.digit)
        popover.tool_requested.connect(self.act)
        popover.close_requested.connect(self.close)
        self.answers.answered.connect(self._leave_question)
        self.tools.changed.connect(self._show_again)
        self.tools.added.connect(self._on_added)
        self.tools.divided.connect(self.select)
        self.spread.changed.connect(self.refresh)

    def _connect_views(self) -> None:
        objects = self._page.objects
        objects.chosen.connect(self._on_row)
        objects.hovered_row.connect(self._on_hover)
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.object_clicked.connect(self._on_click)
            view.background_clicked.connect(self._on_background)
            view.add_requested.connect(self.add_at)
            view.hovered.connect(self._on_hover_track)

    @Slot(object)
    def show_scene(self, scene: Scene) -> None:
        """A scene came: rows, overlays, and the question that follows from it."""
        self._base = scene
        self._show_again()

    @Slot()
    def _show_again(self) -> None:
        if self._base is None:
            return
        self.looked.scene = scene = self._held.shown(self._base)
        self.tools.set_scene(scene)
        if self._window.page == "see":
            rows = self.screen.shown_rows(scene)
            self._window.stage.cloud.set_scene(scene, rows)
            self._window.stage.image.set_scene(scene, rows)
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the page's state for the newest scene."""
        scene, looked = self.looked.scene, self.looked
        if self._window.page != "see":
            return
        rows = self.screen.shown_rows(scene) if scene is not None else ()
        if lost_camera.is_lost(self._session):
            self._page.set_state(lost_camera.state_of(self._session, rows))
            return
        state = see.looking() if scene is None else self.screen.state(scene, self.tools.state(), self.spread.running)
        self._page.set_state(replace(state, rows=rows, selected=looked.selected))
        self._greet()
        self._window.set_badges({"see": len(self.screen.questions.of(scene)) if scene is not None else 0})
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.set_selection(looked.selected)
            view.set_also(looked.also)

    def _greet(self) -> None:
        """At the first start the field has the keys, so that a name can be typed at once."""
        first = self.looked.scene is not None and not self._session.classes and not self.looked.open and not self.tools.name
        if first and not self._greeted and self._page.question.isVisible():
            self._greeted = True
            self._page.question.field.setFocus(Qt.FocusReason.OtherFocusReason)

    # what the operator does

    @Slot(object, int)
    def _on_row(self, track: object, modifiers: int) -> None:
        self._on_click(int(str(track)), modifiers)

    @Slot(int, int)
    def _on_click(self, track: int, modifiers: int) -> None:
        if self._window.page != "see":
            return
        if (modifiers & _SHIFT or self.tools.name == "merge") and self.looked.selected not in (0, track):
            self._toggle(track)
        else:
            self.select(track)

    def _toggle(self, track: int) -> None:
        """One more thing beside the selected one, or one less."""
        self._hold()
        looked = self.looked
        looked.also = tuple(t for t in looked.also if t != track) if track in looked.also else (*looked.also, track)
        self.tools.choose(looked.chosen())
        looked.open = looked.open or not self.tools.name
        self._show_again()
        if self._window.stage.popover.isVisible():
            self._window.stage.popover.field.setFocus()  # the click took the keys out of it, and what is typed next is a name

    @Slot(int, int)
    def _on_background(self, u: int, v: int) -> None:
        if self._window.page == "see" and self.tools.name != "merge":
            self.close()

    @Slot(object)
    def _on_hover(self, track: object) -> None:
        self._on_hover_track(int(str(track or 0)))

    @Slot(int)
    def _on_hover_track(self, track: int) -> None:
        self.looked.hovered = track
        self._window.stage.cloud.set_hovered(track)
        self._window.stage.image.set_hovered(track)

    @Slot(int)
    def select(self, track: int) -> None:
        """Open the naming popover and the facts of an object, on a held frame."""
        self.tools.leave()
        self.looked.look_at(track)
        self._hold()
        self._open_popover(track)

    def _open_popover(self, track: int) -> None:
        self._show_again()
        self._window.stage.popover.set_choices(self._session.choices())
        self._window.open_popover(track)

    def take(self, name: Name) -> None:
        """Take a tool in hand for the open, else the hovered or asked object."""
        scene, looked = self.looked.scene, self.looked
        if scene is None or self._window.page != "see":
            return
        if not looked.open:
            looked.selected = looked.hovered or looked.selected
        if name != "add" and looked.thing(looked.selected) is None:
            self.tell_to_select()
            return
        self._hold()
        self._window.close_popover()
        looked.open, looked.adding = True, None
        self.tools.take(name, looked.scene or scene, looked.chosen())
        if name == "merge" and looked.also:
            self._merge()

    def tell_to_select(self) -> None:
        """Nothing is selected that could be meant."""
        self._session.say(SELECT_FIRST)

    def _merge(self) -> None:
        self.screen.rows.drop(self.tools.parts())
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
            live.freeze(True, editing=True)

    @Slot()
    def close(self) -> None:
        """Put the tool down, else close the popover; the picture goes on."""
        if self.tools.name:
            self.tools.leave()
        elif not self.looked.open and not self._held_for_edit:
            return
        self._end()

    def _end(self) -> None:
        self.looked.close()
        self._window.close_popover()
        if self._held_for_edit:
            self._held_for_edit = False
            self._session.live.freeze(False)
        self._show_again()

    @Slot()
    def _leave_question(self) -> None:
        self._page.question.field.clear()
        self._end()

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        self.looked.typed = text.strip()
        self.refresh()

    @Slot(str)
    def act(self, action: str) -> None:
        """A button or tool of the page."""
        actions: dict[str, Callable[[], None]] = {
            **{name: partial(self.take, name) for name in ("outline", "split", "merge", "box")},
            "tool_done": self._tool_done,
            "tool_snap": self.tools.toggle_snap,
            "again": self._spread,
            "spread_cancel": self.spread.cancel,
            "confirm": self.answers.confirm,
            "name": lambda: self.answers.name(self.looked.typed),
            "not_an_object": self.answers.not_an_object,
            "unsure": self.answers.unsure,
            "skip": self.answers.skip,
            "retry_camera": lambda: self._window.device_action_requested.emit("retry_camera"),
            "close": self.close,
            "next": lambda: self._page.objects.choose_next(1),
        }
        if action in actions:
            actions[action]()
        elif action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))

    def _tool_done(self) -> None:
        if self.tools.name == "merge":
            self._merge()
            return
        self.tools.confirm()
        if not self.tools.name and self.looked.adding is None:
            self._end()

    def _spread(self) -> None:
        asked = self.screen.asked()
        self._hold()  # on a frame that is still kept
        detection, scene = self.looked.thing(asked.track) if asked is not None else None, self.looked.scene
        if detection is not None and scene is not None:
            self.spread.start(subject_of(detection, scene), detection, scene)
        self._end()

    @Slot(int, int)
    def add_at(self, u: int, v: int) -> None:
        """A missed object was double-clicked at colour pixel (u, v): grow it from depth and colour, and ask its name."""
        if self._window.page == "see" and self.looked.scene is not None:
            self._hold()
            self.tools.set_scene(self.looked.scene)
            self.tools.grow_at(u, v, wanted=True)

    @Slot(object)
    def _on_added(self, subject: Subject) -> None:
        self.screen.rows.drop(self.answers.covered_by(subject))
        self.looked.look_at(subject.track, subject)
        self._held.draw([Thing(subject.track, subject.mask)])
        self._open_popover(subject.track)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("label", "object_class"):
            self._held.refresh(changes.names_revision)
            self.screen.questions.follow(self._held.spoken_of())
            self._window.stage.popover.set_choices(self._session.choices())
            self._show_again()
