"""See while the camera sends nothing: since when, what is safe, what to do. The last picture stays, grey."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.live import LOST_NS
from app.pages import see
from app.pages.see import SeeState
from app.session import Session
from widgets.values import ObjectRow

_TRY_EVERY_S = 5.0


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
    return see.camera_lost(rows, f"{since:%H:%M}", age_s, kept, _TRY_EVERY_S - age_s % _TRY_EVERY_S, said, simulated=simulated)
