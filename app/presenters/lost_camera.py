"""See while the camera sends nothing: since when, what is safe, what to do. The last picture stays, grey."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.live import LOST_NS
from app.main_window import MainWindow
from app.pages import see
from app.pages.see import SeeState
from app.session import Session
from widgets.values import ObjectRow

_WATCH_MS = 400


class LostWatch(QObject):
    """Greys the last picture on every page while no frames come. `lost`: camera or arm say nothing, so nothing else would show it."""

    lost = Signal()

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_WATCH_MS)

    @Slot()
    def _look(self) -> None:
        lost = is_lost(self._session)
        for view in (self._window.stage.cloud, self._window.stage.image):
            view.set_frozen(lost)
        if lost or self._session.live.arm_lost():
            self.lost.emit()


def is_lost(session: Session) -> bool:
    """Whether no frame came for three seconds, after there were some."""
    live = session.live
    return live.frame is not None and live.frame_age_ns() > LOST_NS


def state_of(session: Session, rows: Sequence[ObjectRow]) -> SeeState:
    """The page's words."""
    live, queries = session.live, session.queries
    age_s = live.frame_age_ns() / 1e9
    since = datetime.fromtimestamp(live.host.wall_s() - age_s)
    shown, labels = len(queries.demonstrations(session.task_id)), queries.label_count()
    kept = f"{shown} demonstration{'' if shown == 1 else 's'} and {labels} label{'' if labels == 1 else 's'}"
    said = live.device.text if live.device is not None and live.device.state != "streaming" else ""
    simulated = live.camera is not None and live.camera.simulated
    return see.camera_lost(rows, f"{since:%H:%M}", age_s, kept, said, simulated=simulated)
