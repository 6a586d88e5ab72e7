"""Review: replays a demonstration in the same views, trims, splits, rates, trashes and restores; walks the doubtful labels."""

from __future__ import annotations

import secrets
from dataclasses import replace

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Slot

from app.main_window import MainWindow
from app.pages import review
from app.pages.review import ReviewPage, ReviewState
from app.presenters.demonstrations import Cards, findings_of, length_s
from app.presenters.labels import Labels
from app.presenters.objects import ObjectRows
from app.presenters.replay import Replay
from app.presenters.status import StatusPresenter
from app.presenters.trash import Trash
from app.session import Session
from core.errors import StoreError
from core.storage import edits
from core.storage.records import Episode
from core.storage.store import Changes
from widgets.cloud_overlay import Marks
from widgets.values import Bar, Toast

_TICK_MS = 40
_RATINGS = ("poor", "unsure", "good")
_FEW = 3


class ReviewPresenter(QObject):
    """Owns which demonstration is open and where the playhead is. While it shows one, live frames are not drawn."""

    def __init__(self, session: Session, window: MainWindow, page: ReviewPage, status: StatusPresenter) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._status = session, window, page, status
        self._cards, self._rows = Cards(session), ObjectRows(session)
        self._replay: Replay | None = None
        self._index = -1
        self._time = 0.0
        self._trim: tuple[float, float] | None = None
        self._playing = QTimer(self)
        self._playing.setInterval(_TICK_MS)
        self._playing.timeout.connect(self._advance)
        self._clock = QElapsedTimer()
        self._reviewed: set[str] = set()
        self._trash = Trash(session, page)
        self._labels = Labels(session, window, page, self.refresh)
        for button in (page.import_button, page.export_button):
            # `pendant import` and `pendant export` do it; the window does not yet.
            button.hide()
        self._connect()

    def _connect(self) -> None:
        page, line = self._page, self._page.timeline
        page.right.action_requested.connect(self.act)
        page.demos.chosen.connect(self._on_card)
        page.switch.chosen.connect(self._on_switch)
        page.rating.chosen.connect(self._rate)
        page.empty.action_requested.connect(lambda: self._window.show_page("show"))
        page.findings.action_requested.connect(self.act)
        line.play_requested.connect(self._toggle)
        line.split_requested.connect(lambda _: self.act("split"))
        line.track.seek_requested.connect(self.seek)
        line.track.trim_requested.connect(self._preview_trim)
        line.track.trim_committed.connect(self._store_trim)
        table = self._window.actions_table
        for key, function in (
            ("pause", self._toggle),
            ("frame_back", lambda: self._step(-1)),
            ("frame_on", lambda: self._step(1)),
            ("second_back", lambda: self.seek(self._time - 1)),
            ("second_on", lambda: self.seek(self._time + 1)),
            ("trim_start", lambda: self._store_trim(self._time, self._trim_now()[1])),
            ("trim_end", lambda: self._store_trim(self._trim_now()[0], self._time)),
            ("split", lambda: self.act("split")),
            ("delete", lambda: self.act("trash")),
            ("more", lambda: self._rate_by(1)),
            ("less", lambda: self._rate_by(-1)),
            ("next", lambda: self._choose(1)),
            ("previous", lambda: self._choose(-1)),
        ):
            table.bind(key, function, page="review")
        self._session.changed.connect(self._on_changed)
        self._session.task_changed.connect(self._on_task)

    @property
    def episode(self) -> Episode | None:
        """The demonstration that is open, as the catalogue has it."""
        return self._session.queries.episode(self._replay.episode.id) if self._replay is not None else None

    def enter(self) -> None:
        """The page is shown: open the newest demonstration if none is open."""
        if self._replay is None and not self._labels.on:
            episodes = self._episodes()
            if episodes:
                self.open(episodes[0].id)
        self._status.replaying = self._replay is not None and not self._labels.on
        self._index = -1
        self._show_frame()
        self.refresh()

    def leave(self) -> None:
        """Another page is shown: the live picture comes back."""
        self._playing.stop()
        self._page.timeline.set_playing(False)
        if self._status.replaying:
            self._status.replaying = False
            self._window.stage.cloud.set_marks(Marks())
            live = self._session.live
            if live.camera is not None:
                self._window.stage.cloud.set_camera(live.camera)
            if live.frame is not None:
                live.frame_changed.emit(live.frame)

    def open(self, episode_id: str) -> None:
        """Open a demonstration at its start."""
        self._close()
        episode = self._session.queries.episode(episode_id)
        if episode is None:
            return
        try:
            self._replay = Replay(self._session.store.folder.root, episode)
        except StoreError as error:
            self._session.say(Toast(str(error), "warning", "warn"))
            return
        self._rows = ObjectRows(self._session)
        self._status.replaying = self._window.page == "review"
        self._trim, self._index = None, -1
        self._window.stage.cloud.set_camera(self._replay.camera)
        self.seek(episode.trim_start_s)

    def _close(self) -> None:
        self._playing.stop()
        if self._replay is not None:
            self._replay.close()
        self._replay = None

    def refresh(self) -> None:
        """Show the page's state."""
        if self._window.page != "review":
            return
        episodes = self._episodes()
        cards = self._cards.cards(self._session.task_id)
        state = self._labels.state() if self._labels.on else self._demo_state(episodes)
        chosen = self._replay.episode.id if self._replay is not None else ""
        self._page.set_state(replace(state, cards=cards, selected=chosen, bars=self._bars(), trash=self._trash.words()))
        if self._replay is not None and not self._labels.on:
            self._page.timeline.set_data(self._replay.timeline(self._trim_now()))
            self._page.timeline.set_time(self._time)
        elif self._labels.on:
            self._page.timeline.clear()

    def _demo_state(self, episodes: list[Episode]) -> ReviewState:
        if self._trash.asking:
            return review.emptying(self._trash.count(), self._trash.words(), self._trash.made_from_it())
        episode = self.episode
        if not episodes:
            return review.empty()
        if episode is None or episode.state not in ("kept", "partial"):
            return review.reviewed()
        title = next((c.title for c in self._cards.cards(self._session.task_id) if c.id == episode.id), "")
        if episode.state == "partial":
            return review.partial(title, episode.duration_s)
        usual = sorted(length_s(e) for e in episodes)[len(episodes) // 2]
        findings = findings_of(episode, usual)
        sentence = findings[0].text if findings else "Nothing to mend"
        rating = _RATINGS.index(episode.rating) if episode.rating in _RATINGS else -1
        return review.watching(title, sentence, findings, rating)

    def _bars(self) -> tuple[Bar, ...]:
        counts = self._session.queries.labels_per_class()
        found = [Bar(c.name, counts.get(c.id, 0), counts.get(c.id, 0) < _FEW) for c in self._session.classes]
        return tuple(sorted(found, key=lambda bar: -bar.count))

    def _episodes(self) -> list[Episode]:
        return self._session.queries.demonstrations(self._session.task_id)

    # the playhead

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Put the playhead at a time."""
        if self._replay is not None:
            self._time = min(max(0.0, seconds), self._replay.duration_s)
            self._show_frame()

    def _step(self, frames: int) -> None:
        if self._replay is not None:
            at = min(max(0, self._replay.index_at(self._time) + frames), len(self._replay.seqs) - 1)
            self.seek(float(self._replay.times[at]))

    def _toggle(self) -> None:
        if self._replay is None or self._labels.on:
            return
        if self._playing.isActive():
            self._playing.stop()
        else:
            if self._time >= self._trim_now()[1] - 0.05:
                self.seek(self._trim_now()[0])
            self._clock.start()
            self._playing.start()
        self._page.timeline.set_playing(self._playing.isActive())

    @Slot()
    def _advance(self) -> None:
        self.seek(self._time + self._clock.restart() / 1e3)
        if self._time >= self._trim_now()[1]:
            self._playing.stop()
            self._page.timeline.set_playing(False)

    def _show_frame(self) -> None:
        replay = self._replay
        if replay is None or self._window.page != "review" or not self._status.replaying:
            return
        self._page.timeline.set_time(self._time)
        stage, index = self._window.stage, replay.index_at(self._time)
        ahead, done = replay.path(self._time)
        stage.cloud.set_marks(Marks(planned=ahead, done=done, replay=True))
        if index == self._index:
            return
        self._index = index
        stage.cloud.set_frame(replay.frame(index))
        scene = replay.scene(index)
        if scene is not None:
            stage.cloud.set_scene(scene, self._rows.rows(scene))
        stage.cloud.set_selection(0)

    # what the operator does

    @Slot(str)
    def act(self, action: str) -> None:
        """A button, link or key of the page."""
        episode = self.episode
        if action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))
        elif self._labels.on:
            self._labels.act(action)
        elif self._trash.act(action):
            pass
        elif episode is not None and action in ("keep_and_next", "keep_partial"):
            self._keep(episode)
        elif episode is not None and action == "trash":
            self._change(episode, {"state": "trashed"}, f"discarding demonstration {episode.number}")
            self._session.say(Toast(f"Demonstration {episode.number} is in the trash.", "trash", "plain", "Undo", "Ctrl Z"))
            self._choose(1)
        elif episode is not None and action == "split":
            at = self._time
            self._session.run(lambda store: edits.split_episode(store, episode.id, at, secrets.token_hex(8)))
        self.refresh()

    def _keep(self, episode: Episode) -> None:
        if episode.state == "partial":
            self._change(episode, {"state": "kept"}, f"keeping demonstration {episode.number}")
        self._reviewed.add(episode.id)
        left = [e for e in self._episodes() if e.id not in self._reviewed]
        if left:
            self.open(left[0].id)
        else:
            self._close()

    def _change(self, episode: Episode, values: dict[str, object], words: str) -> None:
        self._session.run(lambda store: edits.set_episodes(store, [episode.id], values, words))

    def _trim_now(self) -> tuple[float, float]:
        episode = self.episode
        if self._trim is not None:
            return self._trim
        if episode is None or self._replay is None:
            return 0.0, 0.0
        end = episode.trim_end_s if episode.trim_end_s is not None else self._replay.duration_s
        return episode.trim_start_s, end

    @Slot(float, float)
    def _preview_trim(self, start: float, end: float) -> None:
        self._trim = (start, end)
        self.refresh()

    @Slot(float, float)
    def _store_trim(self, start: float, end: float) -> None:
        episode = self.episode
        if episode is None or end - start < 0.2:
            return
        self._trim = (start, end)
        words = f"trimming demonstration {episode.number}"
        self._change(episode, {"trim_start_s": round(start, 3), "trim_end_s": round(end, 3)}, words)

    @Slot(int)
    def _rate(self, index: int) -> None:
        episode = self.episode
        if episode is not None:
            self._change(episode, {"rating": _RATINGS[index]}, f"rating demonstration {episode.number}")

    def _rate_by(self, step: int) -> None:
        episode = self.episode
        now = _RATINGS.index(episode.rating) if episode is not None and episode.rating in _RATINGS else 1
        self._rate(min(max(0, now + step), 2))

    def _choose(self, step: int) -> None:
        if self._labels.on:
            self._labels.skip(step)
        else:
            self._page.demos.choose_next(step)

    @Slot(object, int)
    def _on_card(self, identity: object, modifiers: int) -> None:
        self._trash.asking = False
        self.open(str(identity))
        self.refresh()

    @Slot(int)
    def _on_switch(self, index: int) -> None:
        self._labels.on = index == 1
        self._labels.forget()
        self._status.replaying = self._replay is not None and index == 0
        if index == 1:
            self.leave()
        self._index = -1
        self._show_frame()
        self.refresh()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("episode", "task", "label", "object_class"):
            self._cards.forget()
            self._trim = None
            self.refresh()

    @Slot()
    def _on_task(self) -> None:
        self._close()
        if self._window.page == "review":
            self.enter()
