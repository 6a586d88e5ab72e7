"""The demonstration that is open on Review: its playhead, its trim, and its frames in the window's own views."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from app.main_window import MainWindow
from app.pages.review import ReviewPage
from app.presenters.objects import ObjectRows
from app.presenters.replay import Replay
from app.presenters.replay_labels import ReplayLabels, Said
from app.presenters.status import StatusPresenter
from app.session import Session
from core.perception.redraw import Thing
from core.storage.records import Episode
from core.types import Frame, Scene
from widgets.cloud_overlay import Marks

_TICK_MS = 40


class Playback(QObject):
    """Shows a replay while `on()` says that demonstrations are what is looked at. `trim`: handles that are dragged and not stored yet.

    `frame`, `scene`, `said`: what is drawn now, and its labels by track; `selected`: the track that is outlined; `moved`: another frame is.
    """

    moved = Signal()

    def __init__(self, session: Session, window: MainWindow, page: ReviewPage, status: StatusPresenter, on: Callable[[], bool]) -> None:
        super().__init__(window)
        self._session, self._window, self._page, self._status, self._on = session, window, page, status, on
        self._rows = ObjectRows(session)
        self.replay: Replay | None = None
        self.labels = ReplayLabels(session)
        self.frame: Frame | None = None
        self.scene: Scene | None = None
        self.said: Said = {}
        self.selected = 0
        self._drawn: list[Thing] = []
        self.time = 0.0
        self.trim: tuple[float, float] | None = None
        self._index = -1
        self._clock = QElapsedTimer()
        self._playing = QTimer(self)
        self._playing.setInterval(_TICK_MS)
        self._playing.timeout.connect(self._advance)

    @property
    def episode(self) -> Episode | None:
        """The demonstration that is open, as the catalogue has it."""
        return self._session.queries.episode(self.replay.episode.id) if self.replay is not None else None

    def open(self, episode: Episode) -> None:
        """Show a demonstration at its start. Raises StoreError when its file is torn."""
        self.close()
        self.replay = Replay(self._session.store.folder.root, episode)
        self._rows = ObjectRows(self._session)
        self.labels.of(self.replay)
        self.trim = None
        self.seek(episode.trim_start_s)

    def close(self) -> None:
        """Let go of the file."""
        self._playing.stop()
        if self.replay is not None:
            self.replay.close()
        self.replay, self.frame, self.scene, self.said, self.selected, self._index = None, None, None, {}, 0, -1

    def pause(self) -> None:
        """Stand still."""
        self._playing.stop()
        self._page.timeline.set_playing(False)

    def show(self) -> None:
        """Draw the frame under the playhead anew, after something else was in the views or something was said of it."""
        self._index = -1
        self._show_frame()

    def draw(self, things: Sequence[Thing]) -> None:
        """Show these on the frame under the playhead until the labels are read again."""
        new = {thing.track for thing in things}
        self._drawn = [*(thing for thing in self._drawn if thing.track not in new), *things]
        self.show()

    def reload(self) -> None:
        """Labels or names changed."""
        if self.replay is not None:
            self._drawn = []
            self.labels.of(self.replay)
            self.show()

    @property
    def index(self) -> int:
        """The frame under the playhead."""
        return self.replay.index_at(self.time) if self.replay is not None else 0

    def trim_now(self) -> tuple[float, float]:
        """Start and end that are kept, in seconds."""
        episode = self.episode
        if self.trim is not None:
            return self.trim
        if episode is None or self.replay is None:
            return 0.0, 0.0
        end = episode.trim_end_s if episode.trim_end_s is not None else self.replay.duration_s
        return episode.trim_start_s, end

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Put the playhead at a time."""
        if self.replay is not None:
            self.time = min(max(0.0, seconds), self.replay.duration_s)
            self._show_frame()

    def step(self, frames: int) -> None:
        """Move the playhead by frames."""
        if self.replay is not None:
            at = min(max(0, self.replay.index_at(self.time) + frames), len(self.replay.seqs) - 1)
            self.seek(float(self.replay.times[at]))

    @Slot()
    def toggle(self) -> None:
        """Play or pause."""
        if self.replay is None or not self._on():
            return
        if self._playing.isActive():
            self._playing.stop()
        else:
            if self.time >= self.trim_now()[1] - 0.05:
                self.seek(self.trim_now()[0])
            self._clock.start()
            self._playing.start()
        self._page.timeline.set_playing(self._playing.isActive())

    @Slot()
    def _advance(self) -> None:
        self.seek(self.time + self._clock.restart() / 1e3)
        if self.time >= self.trim_now()[1]:
            self.pause()

    def _show_frame(self) -> None:
        replay = self.replay
        if replay is None or self._window.page != "review" or not self._status.replaying or not self._on():
            return
        self._page.timeline.set_time(self.time)
        cloud, index = self._window.stage.cloud, replay.index_at(self.time)
        ahead, done = replay.path(self.time)
        cloud.set_marks(Marks(planned=ahead, done=done, replay=True))
        if index == self._index:
            return
        if self._index >= 0:
            self._drawn = []
        self._index = index
        cloud.set_camera(replay.camera)
        self.frame = frame = replay.frame(index)
        cloud.set_frame(frame)
        scene, self.said = replay.scene(index), {}
        if scene is not None:
            scene, self.said = self.labels.shown(replay, frame, scene, self._drawn)
            cloud.set_scene(scene, self._rows.rows(scene))
        self.scene = scene
        cloud.set_selection(self.selected)
        self.moved.emit()
