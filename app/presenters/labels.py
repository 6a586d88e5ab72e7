"""The queue of doubt on Review: one question after the other, one key an answer. Shows each thing in its own picture.

Everything slow happens in `QueueWork`; here are only keys, words and rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Slot

from app.label_answers import Said
from app.label_queue import Filter, LabelQueue
from app.main_window import MainWindow
from app.pages import labels as words
from app.pages.review import ReviewPage, ReviewState
from app.presenters.label_decisions import Decisions
from app.presenters.label_filter import open_menu, words_of
from app.presenters.label_rows import QueueRows, balance, draw_question, guesses_of
from app.presenters.queue_work import QueueView, QueueWork
from app.session import Session
from core.learning.candidates import Queue
from core.learning.doubt import Doubt, Look
from core.learning.sights import Sight
from core.perception.names import Naming
from core.storage.store import Changes
from widgets.queue_list import QueueRow
from widgets.values import Bar, Toast

_AHEAD = 5
_RENAME_MS = 1500


class Labels(QObject):
    """Walks the queue: confirm, rename, not an object, unsure, skip. `shown` is called when the page must be shown anew."""

    def __init__(self, session: Session, window: MainWindow, page: ReviewPage, shown: Callable[[], None]) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._shown = session, window, page, shown
        self.on = False
        self.queue = LabelQueue()
        self.gathered: Queue | None = None
        self._rows = QueueRows(session, self.queue)
        self._work = QueueWork(session.store.folder.root, self)
        self._progress = (0, 0)
        self._stale = True
        self._decisions = Decisions(session, self.queue, self)
        self._drawn: QueueView | None = None
        self._tagged: QueueRow | None = None
        self._bars: tuple[Bar, ...] | None = None
        # Naming the rest anew reads every label: not once for each of several quick answers.
        self._rename_soon = QTimer(self, singleShot=True, interval=_RENAME_MS)
        self._rename_soon.timeout.connect(self._rename)
        self._connect()

    def _connect(self) -> None:
        work, page = self._work, self._page
        work.progressed.connect(self._on_progress)
        work.gathered.connect(self.take)
        work.viewed.connect(self._on_view)
        work.renamed.connect(self._on_renamed)
        work.failed.connect(self._on_failed)
        self._decisions.came_back.connect(self._on_came_back)
        self._session.changed.connect(self._on_changed)
        page.queue.chosen.connect(self._on_row)
        page.queue_head.filter_requested.connect(self._open_filter)
        page.question.class_chosen.connect(self._on_class)
        page.question.name_entered.connect(self.name)
        page.question.name_changed.connect(self._on_typed)

    def close(self) -> None:
        """Pendant is closed."""
        self.on = False
        self._rename_soon.stop()
        self._work.close()

    def forget(self) -> None:
        """Other demonstrations are there, or another task: gather anew at the next opening."""
        self._stale = True

    def enter(self) -> None:
        """The queue is shown: what is asked is gathered if it is not here yet, without holding up the window."""
        self._drawn = None
        if self._stale or (self.gathered is not None and not self.queue.doubts):
            self.gather()

    def gather(self) -> None:
        """Begin a new queue."""
        self._stale, self.gathered, self._progress = False, None, (0, 0)
        live = self._session.live
        pair = live.newest_pair()
        sight = Sight(pair[1], pair[0], live.camera, live.host.wall_s()) if pair is not None and live.camera is not None else None
        self._work.gather(self._session.queries.demonstrations(self._session.task_id), sight)

    @property
    def pictured(self) -> bool:
        """Whether there is a question whose picture takes the place of the live one."""
        return self.gathered is not None and self.queue.current is not None and not self.queue.all_done

    @property
    def drawn_key(self) -> str:
        """The question whose picture is drawn, "" for none."""
        return self._drawn.key if self._drawn is not None else ""

    @property
    def asked(self) -> Look | None:
        """What the question at hand is about."""
        return self.queue.current.look if self.on and self.gathered is not None and self.queue.current is not None else None

    def bars(self) -> tuple[Bar, ...]:
        """Labels per name, with how the names do on those held out."""
        if self._bars is None:
            self._bars = balance(self._session, self.gathered.scores if self.gathered is not None else {})
        return self._bars

    def state(self) -> ReviewState:
        """What the page says of the question at hand."""
        queue = self.queue
        if not self.pictured:
            self._drawn = None
        if self.gathered is None:
            return words.loading(*self._progress)
        if not queue.doubts:
            return words.nothing()
        doubt = queue.current
        if doubt is None:
            return self._with_list(words.none_shown())
        if queue.all_done:
            return self._with_list(words.all_done(queue.decided))
        view = self._view(doubt)
        answer, guesses = queue.answers.get(doubt.key), guesses_of(self._session, doubt)
        crop, told = view.crop if view is not None else None, answer.words if answer is not None else ""
        state = words.asking(doubt, self._rows.said(doubt), crop, guesses, self._session.choices(), told)
        if queue.also:
            state = words.several(state, len(queue.selected), self._agreed())
        typed = self._page.question.field.name()
        return self._with_list(words.typing(state, typed, len(queue.selected)) if typed else state)

    def _agreed(self) -> str:
        """The name that Enter gives to what is selected: the best guess, where that is the same for all; else ""."""
        best = {guesses[0].name if (guesses := guesses_of(self._session, d)) else "" for d in self.queue.selected}
        return best.pop() if len(best) == 1 else ""

    def _with_list(self, state: ReviewState) -> ReviewState:
        queue = self.queue
        pace = queue.pace(self._now_s())
        return replace(
            state,
            queue=self._rows.rows(),
            queue_selected=queue.shown[queue.at] if queue.shown else -1,
            queue_also=tuple(queue.place(key) for key in queue.also),
            decided=queue.decided,
            asked=queue.total,
            pace=f"{pace:.0f} a minute" if pace >= 1 else "",
            shown_words=words_of(queue.filter),
        )

    def _view(self, doubt: Doubt) -> QueueView | None:
        """The picture at hand, drawn in the cloud too; the next ones are fetched meanwhile."""
        view = self._work.view(doubt)
        self._work.prefetch(self.queue.ahead(_AHEAD))
        row = self._rows.row(doubt)
        if view is not None and (view is not self._drawn or row != self._tagged) and self._window.page == "review":
            self._drawn, self._tagged = view, row
            draw_question(self._window.stage.cloud, self._session, view, row)
        return view

    def act(self, action: str) -> None:
        """A button or key of the queue."""
        doubt = self.queue.current if self.on and self.gathered is not None else None
        if action == "gather":
            self.gather()
        elif action == "show_all":
            self._choose(Filter())
        elif doubt is None:
            return
        elif action == "confirm":
            self.name(self._agreed())
        elif action == "name_typed":
            self.name(self._page.question.field.name())
        elif action in ("not_an_object", "trash"):
            self._store(doubt, "not_object")
        elif action == "unsure":
            self._store(doubt, "unsure")
        elif action == "skip":
            self.skip(1)
        elif action == "type":
            self._page.question.field.setFocus()
        elif action == "unfold":
            self.queue.unfold(doubt.key)
            self._rows.forget()
            self._shown()

    def skip(self, step: int) -> None:
        """Another one of the queue: the next open one, or the one before."""
        if step > 0:
            self.queue.go_on()
        else:
            self.queue.move(step)
        self._shown()

    def extend(self, step: int) -> None:
        """Shift and an arrow key: one more of the list in a direction, or one less."""
        self.queue.extend_by(step)
        self._shown()

    def go_to_end(self, *, last: bool) -> None:
        """The first or the last question of the list."""
        self.queue.at = max(0, len(self.queue.shown) - 1) if last else 0
        self._shown()

    @Slot(str)
    def name(self, name: str) -> None:
        """The thing at hand is a `name`."""
        doubt, wanted = self.queue.current if self.on else None, name.strip()
        if doubt is not None and wanted:
            self._store(doubt, "name", wanted)

    def _store(self, doubt: Doubt, said: Said, name: str = "") -> None:
        chosen = self.queue.selected if self.queue.also else [doubt]
        if len(chosen) > 1:
            self._decisions.store_all(chosen, self._work.live, said, name)
        else:
            self._decisions.store(doubt, self._work.live, said, name)
        field = self._page.question.field
        field.clear()
        if field.hasFocus():
            self._window.stage.setFocus()
        for each in chosen:
            self._rows.change(each.key)
        self._shown()

    def name_digit(self, digit: int) -> None:
        """A class's key names the thing at hand."""
        self.name(next((c.name for c in self._session.classes if c.key == digit), ""))

    @Slot(int)
    def _on_class(self, class_id: int) -> None:
        self.name(next((c.name for c in self._session.classes if c.id == class_id), ""))

    @Slot(str)
    def _on_typed(self, _name: str) -> None:
        self._show_if_on()

    @Slot(object, int)
    def _on_row(self, identity: object, modifiers: int) -> None:
        if not isinstance(identity, int):
            return
        shift, ctrl = (bool(modifiers & key.value) for key in (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier))
        self.queue.click(self.queue.doubts[identity].key, shift=shift, ctrl=ctrl)
        self._shown()

    @Slot(QPoint)
    def _open_filter(self, at: QPoint) -> None:
        open_menu(self._window, at, self.queue.filter, self._choose)

    def _choose(self, chosen: Filter) -> None:
        self.queue.choose(chosen)
        self._rows.forget()
        self._shown()

    @Slot(int, int)
    def _on_progress(self, done: int, total: int) -> None:
        if (done, total) != self._progress:
            self._progress = (done, total)
            self._show_if_on()

    @Slot(object)
    def take(self, gathered: Queue) -> None:
        """Ask these questions from now on."""
        self.gathered, self._bars = gathered, None
        self._decisions.forget()
        self.queue.fill(gathered.doubts, gathered.revision, self._now_s())
        self._rows.forget()
        self._show_if_on()

    @Slot(object)
    def _on_view(self, view: QueueView) -> None:
        if self.queue.current is not None and self.queue.current.key == view.key:
            self._show_if_on()

    @Slot(object)
    def _on_renamed(self, namings: dict[str, Naming]) -> None:
        for key in self.queue.rename(namings):
            self._rows.change(key)
        self._show_if_on()

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.gathered = self.gathered or Queue()
        self._session.say(Toast(sentence, "warning", "warn"))
        self._show_if_on()

    @Slot(str)
    def _on_came_back(self, key: str) -> None:
        """An answer could not be stored: its question is open again."""
        self.queue.reopen(key)
        self._rows.change(key)
        self._show_if_on()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        """Undo and redo open and close questions; new labels are asked about the rest."""
        if changes.touches("episode", "task"):
            self._stale = True
        if not changes.touches("label", "object_class"):
            return
        self._bars = None
        ours = self._decisions.follow(changes)
        self._stale = not ours or self._stale
        if changes.touches("object_class"):
            self._rows.forget()
        for key in ours:
            self._rows.change(key)
        if not self._rename_soon.isActive():
            self._rename_soon.start()

    @Slot()
    def _rename(self) -> None:
        """Ask the names of now about what is still open."""
        if self.on and self.gathered is not None:
            self._work.rename([d for d in self.queue.doubts if d.look.source != "label" and d.key not in self.queue.answers])

    def _show_if_on(self) -> None:
        if self.on:
            self._shown()

    def _now_s(self) -> float:
        return self._session.live.host.wall_s()
