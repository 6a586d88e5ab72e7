"""Review: replays a demonstration in the same views, trims, splits, rates, trashes and restores; walks the doubtful labels."""

from __future__ import annotations

import secrets
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from app.main_window import MainWindow
from app.pages import labels as words
from app.pages import review
from app.pages.review import ReviewPage, ReviewState
from app.presenters.carry import Carry
from app.presenters.coverage import CoverageReader
from app.presenters.demonstrations import Cards, findings_of, headline_of, length_s, name_of
from app.presenters.exchange import Exchange
from app.presenters.label_rows import balance
from app.presenters.labels import Labels
from app.presenters.playback import Playback
from app.presenters.review_keys import bind_keys
from app.presenters.status import StatusPresenter
from app.presenters.trash import Trash
from app.session import Session
from core.errors import StoreError
from core.storage import edits
from core.storage.records import Episode
from core.storage.store import Changes
from widgets.cloud_overlay import Marks
from widgets.values import Toast

_RATINGS = ("poor", "unsure", "good")


class ReviewPresenter(QObject):
    """Owns which demonstration is open and where the playhead is. While it shows one, live frames are not drawn."""

    def __init__(self, session: Session, window: MainWindow, page: ReviewPage, status: StatusPresenter, coverage: CoverageReader) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._status = session, window, page, status
        self._cards, self._coverage = Cards(session), coverage
        self._reviewed: set[str] = set()
        self._trash = Trash(session, page)
        self.labels = Labels(session, window, page, self.refresh)
        self.play = Playback(session, window, page, status, lambda: not self.labels.on)
        self.carry = Carry(session, window, page, self.play, lambda: window.page == "review" and not self.labels.on)
        self.exchange = Exchange(session, window, page)
        self._connect()

    def _connect(self) -> None:
        page, line = self._page, self._page.timeline
        page.right.action_requested.connect(self.act)
        page.demos.chosen.connect(self._on_card)
        page.switch.chosen.connect(self._on_switch)
        page.rating.chosen.connect(self._rate)
        page.empty.action_requested.connect(lambda: self._window.show_page("show"))
        page.findings.action_requested.connect(self.act)
        line.play_requested.connect(self.play.toggle)
        line.split_requested.connect(lambda _: self.act("split"))
        line.track.seek_requested.connect(self.play.seek)
        line.track.trim_requested.connect(self._preview_trim)
        line.track.trim_committed.connect(self.store_trim)
        bind_keys(self, self._window, page)
        self._session.changed.connect(self._on_changed)
        self._session.task_changed.connect(self._on_task)
        self.carry.changed.connect(self.refresh)
        self._coverage.changed.connect(self.refresh)

    @property
    def episode(self) -> Episode | None:
        """The demonstration that is open, as the catalogue has it."""
        return self.play.episode

    def close(self) -> None:
        """Pendant is closed."""
        self.play.close()
        self.labels.close()
        self.exchange.close()

    def enter(self) -> None:
        """The page is shown: open the newest demonstration if none is open, or go on with the queue of labels."""
        if self.labels.on:
            self.labels.enter()
        elif self.play.replay is None and (episodes := self._episodes()):
            self.open(episodes[0].id)
        self._show_views()
        self.refresh()

    def _show_views(self) -> None:
        """The views show the replay, or the picture of a question; the live picture when there is neither."""
        self._status.replaying = self.labels.pictured if self.labels.on else self.play.replay is not None
        if self._status.replaying:
            self.play.show()
        else:
            self._live_again()

    def leave(self) -> None:
        """Another page is shown: the live picture comes back."""
        self.play.pause()
        if self._status.replaying:
            self._live_again()

    def _live_again(self) -> None:
        self._status.replaying = False
        cloud, live = self._window.stage.cloud, self._session.live
        cloud.set_marks(Marks())
        cloud.set_selection(0)
        if live.camera is not None:
            cloud.set_camera(live.camera)
        if live.frame is not None:
            live.frame_changed.emit(live.frame)
        if live.scene is not None:
            live.scene_changed.emit(live.scene)

    def open(self, episode_id: str) -> None:
        """Open a demonstration at its start."""
        episode = self._session.queries.episode(episode_id)
        self.play.close()
        if episode is None:
            return
        self._status.replaying = self._window.page == "review"
        try:
            self.play.open(episode)
        except StoreError as error:
            self._session.say(Toast(str(error), "warning", "warn"))

    def refresh(self) -> None:
        """Show the page's state."""
        if self._window.page != "review":
            return
        if self.labels.on:
            self._refresh_labels()
            return
        self._status.pictured = None
        chosen = self.play.replay.episode.id if self.play.replay is not None else ""
        cards = self._cards.cards(self._session.task_id)
        state = self._demo_state(self._episodes())
        if not self.carry.open:
            state = self._coverage.mapped(replace(state, bars=balance(self._session, {})), cards)
        self._page.set_state(replace(state, cards=cards, selected=chosen, trash=self._trash.words()))
        if self.play.replay is not None:
            self._page.timeline.set_data(self.play.replay.timeline(self.play.trim_now(), self.carry.labelled()))
            self._page.timeline.set_time(self.play.time)

    def _refresh_labels(self) -> None:
        asked = self.labels.queue.current
        self._status.pictured = words.picture_of(asked) if asked is not None and self.labels.pictured else None
        if self._status.replaying != self.labels.pictured:
            self._show_views()
        self._page.set_state(replace(self.labels.state(), bars=self.labels.bars(), trash=self._trash.words()))

    def _demo_state(self, episodes: list[Episode]) -> ReviewState:
        if self._trash.asking:
            return review.emptying(self._trash.count(), self._trash.words(), self._trash.made_from_it())
        episode = self.episode
        if not episodes:
            return review.empty()
        if episode is None or episode.state not in ("kept", "partial"):
            return review.reviewed()
        if self.carry.open:
            return self.carry.state()
        title = next((c.title for c in self._cards.cards(self._session.task_id) if c.id == episode.id), "")
        if episode.state == "partial":
            return review.partial(title, episode.duration_s)
        usual = sorted(length_s(e) for e in episodes)[len(episodes) // 2]
        findings = findings_of(episode, usual)
        rating = _RATINGS.index(episode.rating) if episode.rating in _RATINGS else -1
        return review.watching(title, headline_of(episode, usual), findings, rating)

    def _episodes(self) -> list[Episode]:
        return self._session.queries.demonstrations(self._session.task_id)

    # what the operator does

    @Slot(str)
    def act(self, action: str) -> None:
        """A button, link or key of the page."""
        episode = self.episode
        if action.startswith("page_"):
            self._window.show_page(action.removeprefix("page_"))
        elif self.labels.on and action == "carry":
            self._open_asked()
        elif self.labels.on:
            self.labels.act(action)
        elif self.carry.open and self.carry.act(action) or self._trash.act(action):
            pass
        elif episode is not None and action in ("keep_and_next", "keep_partial"):
            self._keep(episode)
        elif episode is not None and action == "trash":
            self._change(episode, {"state": "trashed"}, f"discarding {name_of(episode).lower()}")
            self._session.say(Toast(f"{name_of(episode)} is in the trash.", "trash", "plain", "Undo", "Ctrl Z"))
            self.choose(1)
        elif episode is not None and action == "split":
            at = self.play.time
            self._session.run(lambda store: edits.split_episode(store, episode.id, at, secrets.token_hex(8)))
        self.refresh()

    def _open_asked(self) -> None:
        """The demonstration that the question at hand is from, at its frame, with the thing selected."""
        look = self.labels.asked
        found = next((e for e in self._episodes() if look is not None and e.path == look.origin), None)
        if look is None or found is None:
            return
        self._on_switch(0)
        self.open(found.id)
        if self.play.replay is not None:
            self.play.seek(float(self.play.replay.times[self.play.replay.index_of(look.seq)]))
            self.carry.select(look.track)

    def _keep(self, episode: Episode) -> None:
        if episode.state == "partial":
            self._change(episode, {"state": "kept"}, f"keeping {name_of(episode).lower()}")
        self._reviewed.add(episode.id)
        left = [e for e in self._episodes() if e.id not in self._reviewed]
        if left:
            self.open(left[0].id)
        else:
            self.play.close()

    def _change(self, episode: Episode, values: dict[str, object], words: str) -> None:
        self._session.run(lambda store: edits.set_episodes(store, [episode.id], values, words))

    @Slot(float, float)
    def _preview_trim(self, start: float, end: float) -> None:
        self.play.trim = (start, end)
        self.refresh()

    @Slot(float, float)
    def store_trim(self, start: float, end: float) -> None:
        """Keep from `start` to `end` seconds."""
        episode = self.episode
        if episode is None or end - start < 0.2:
            return
        self.play.trim = (start, end)
        words = f"trimming {name_of(episode).lower()}"
        self._change(episode, {"trim_start_s": round(start, 3), "trim_end_s": round(end, 3)}, words)

    @Slot(int)
    def _rate(self, index: int) -> None:
        episode = self.episode
        if episode is not None:
            self._change(episode, {"rating": _RATINGS[index]}, f"rating {name_of(episode).lower()}")

    def rate_by(self, step: int) -> None:
        """Plus and minus."""
        episode = self.episode
        now = _RATINGS.index(episode.rating) if episode is not None and episode.rating in _RATINGS else 1
        self._rate(min(max(0, now + step), 2))

    def step(self, step: int) -> None:
        """One frame on or back; in the queue one question."""
        if self.labels.on:
            self.labels.skip(step)
        elif not self.carry.step(step, 0):
            self.play.step(step)

    def name_digit(self, digit: int) -> None:
        """A class's key names what is asked about, or what is selected."""
        if self.labels.on:
            self.labels.name_digit(digit)
        else:
            self.carry.name_digit(digit)

    def choose_end(self, last: bool) -> None:
        """The first or the last of the list."""
        if self.labels.on:
            self.labels.go_to_end(last=last)
        else:
            self._page.demos.choose_end(last=last)

    def choose(self, step: int) -> None:
        """The next of the list in a direction."""
        if self.labels.on:
            self.labels.skip(step)
        elif not self.carry.step(0, step):
            self._page.demos.choose_next(step)

    @Slot(object, int)
    def _on_card(self, identity: object, modifiers: int) -> None:
        self._trash.asking = False
        self.open(str(identity))
        self.refresh()

    @Slot(int)
    def _on_switch(self, index: int) -> None:
        self.labels.on = index == 1
        self.play.pause()
        if self.labels.on:
            self.labels.enter()
        self._show_views()
        self.refresh()
        page = self._page
        self._window.stage.show_page(page.left, page.right, slot=page.left.slot, strip=page.strip, centre=page.centre, hold=page.holds)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("episode", "task", "label", "object_class"):
            self._cards.forget()
            self.play.trim = None
            if changes.touches("label", "object_class"):
                self.play.reload()
            self.refresh()

    @Slot()
    def _on_task(self) -> None:
        self.play.close()
        if self._window.page == "review":
            self.enter()
