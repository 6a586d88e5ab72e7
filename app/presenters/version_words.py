"""Versions in words and curves: what Learn and Run say of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from app.training_files import picture_name
from core.storage.frames import unpng
from core.storage.records import Version
from widgets.values import Curve, Finding, Rehearsal, Tone, VersionRow


def name_of(version: Version) -> str:
    """ "v13"."""
    return f"v{version.number}"


def row_of(version: Version, today: datetime) -> VersionRow:
    """A version in the list."""
    m = version.manifest
    made = f"{len(m['episodes'])} shown, {m['labels']} labels"
    status, tone, icon = _status(version, today)
    return VersionRow(name_of(version), name_of(version), made, status, tone, icon, short_score(version))


def _status(version: Version, today: datetime) -> tuple[str, Tone, str]:
    if version.active:
        return "on the arm", "ok", "check-circle"
    if version.state == "failed":
        return "failed its checks", "danger", "x-circle"
    return day_words(version.created_s, today), "plain", ""


def day_words(wall_s: float, today: datetime) -> str:
    """ "today 08:40", "yesterday", "Monday", or the date."""
    at = datetime.fromtimestamp(wall_s)
    days = (today.date() - at.date()).days
    if days == 0:
        return f"today {at:%H:%M}"
    return "yesterday" if days == 1 else f"{at:%A}" if days < 7 else f"{at:%d %B}"


def short_score(version: Version) -> str:
    """ "8 of 10", else the held-out error, else nothing."""
    m = version.manifest
    if m["rehearsals"]:
        return f"{m['rehearsed_ok']} of {m['rehearsals']}"
    return f"{m['held_out_cm']:.1f} cm" if m["held_out_cm"] is not None else ""


def score_words(version: Version) -> str:
    """ "9 of 10 rehearsals", else the held-out error, else "not rehearsed"."""
    m = version.manifest
    if m["rehearsals"]:
        return f"{m['rehearsed_ok']} of {m['rehearsals']} rehearsals"
    return f"off by {m['held_out_cm']:.1f} cm" if m["held_out_cm"] is not None else "not rehearsed"


def made_from(demonstrations: int, labels: int, takeovers: int, made_s: float | None = None) -> str:
    """What a version is made from, in a sentence."""
    shown = "1 demonstration" if demonstrations == 1 else f"{demonstrations} demonstrations"
    named = "1 label" if labels == 1 else f"{labels} labels"
    words = f"{shown} and {named}" if not takeovers else f"{shown}, {named} and {takeovers} take-over{'s' if takeovers > 1 else ''}"
    return f"{words}, as they were at {datetime.fromtimestamp(made_s):%H:%M}." if made_s else f"{words}."


def curves_of(versions: Sequence[Version]) -> tuple[tuple[Curve, ...], float]:
    """Held-out error in cm per number of demonstrations, the first version counting; and where the axis ends."""
    curves: list[Curve] = []
    for version in versions:
        points = np.array(version.manifest["curve"], np.float64).reshape(-1, 2)
        if len(points):
            label = f"{name_of(version)}, {points[-1, 1]:.1f} cm"
            curves.append(Curve(label, points[:, 0], points[:, 1], "before" if curves else "counts"))
    return tuple(curves), max((float(c.x[-1]) for c in curves), default=1.0)


def rehearsals_of(folder: Path, worked: Sequence[bool], total: int, *, running: bool = False) -> tuple[Rehearsal, ...]:
    """The grid: tried ones with their last picture, the one under way, and those that wait."""
    items = []
    for n in range(max(total, len(worked))):
        if n < len(worked):
            path = folder / picture_name(n)
            picture = unpng(path.read_bytes()) if path.exists() else None
            items.append(Rehearsal(n + 1, "worked" if worked[n] else "missed", picture))
        else:
            items.append(Rehearsal(n + 1, "running" if running and n == len(worked) else "waiting"))
    return tuple(items)


def first_miss(reasons: Sequence[str]) -> Finding | None:
    """The first rehearsal that did not work, with its reason."""
    missed = [(n + 1, reason) for n, reason in enumerate(reasons) if reason]
    return Finding("x-circle", "danger", f"Rehearsal {missed[0][0]}: {missed[0][1]}") if missed else None
