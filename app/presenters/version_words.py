"""Versions in words and curves: what Learn and Run say of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from app.training_files import picture_name
from core.learning.naming_versions import identifier_with
from core.learning.progress import Point
from core.storage.frames import unpng
from core.storage.records import NamingVersion, Version
from widgets.values import Curve, Finding, Rehearsal, Tone, VersionRow


def name_of(version: Version) -> str:
    """ "v13"."""
    return f"v{version.number}"


def row_of(version: Version, today: datetime) -> VersionRow:
    """A version in the list."""
    m = version.manifest
    made = short_made(len(m["episodes"]), m["labels"])
    status, tone, icon = _status(version, today)
    return VersionRow(name_of(version), name_of(version), made, status, tone, icon, short_score(version))


def short_made(demonstrations: int, labels: int) -> str:
    """ "8 shown, 214 labels"."""
    return f"{demonstrations} shown, {labels} labels"


def under_way(name: str, made: str, fraction: float, *, paused: bool) -> VersionRow:
    """The version that is being learned, in the list."""
    status, icon = ("paused", "pause") if paused else ("learning", "clock")
    return VersionRow(name, name, made, status, "accent", icon, f"{fraction:.0%}")


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


def back_words(version: Version, naming: NamingVersion | None, *, rolling: bool) -> str:
    """What a roll-back to `version` does. `naming`: in use now; `rolling`: a rollout goes on."""
    name = name_of(version)
    when = f"{name} comes back when this rollout is over." if rolling else f"{name} is back on the arm. Nothing moves until you hold Run."
    if not named_otherwise(version, naming):
        return when
    apart = str(version.manifest.get("identifier")).partition("+")[0] == identifier_with(naming).partition("+")[0]
    return f"{when} It learned {'with other names than are in use' if apart else 'when things were told apart in another way'}."


def named_otherwise(version: Version, naming: NamingVersion | None) -> bool:
    """Whether things were told apart or named by other means when it learned than now, with `naming`, None as shipped."""
    return version.manifest.get("identifier") != identifier_with(naming)


def made_from(demonstrations: int, labels: int, takeovers: int, made_s: float | None = None) -> str:
    """What a version is made from, in a sentence. `demonstrations`: with the `takeovers` among them."""
    demonstrations = max(0, demonstrations - takeovers)
    shown = "1 demonstration" if demonstrations == 1 else f"{demonstrations} demonstrations"
    named = "1 label" if labels == 1 else f"{labels} labels"
    words = f"{shown} and {named}" if not takeovers else f"{shown}, {named} and {takeovers} take-over{'s' if takeovers > 1 else ''}"
    return f"{words}, as they were at {datetime.fromtimestamp(made_s):%H:%M}." if made_s else f"{words}."


@dataclass(frozen=True)
class Chart:
    """Curves with their heading; `end`: where the axis ends; `empty`: why there are none, "" before any was drawn."""

    title: str
    note: str
    curves: tuple[Curve, ...]
    end: float
    empty: str = ""


ALONE = "One demonstration leaves none to measure it on"


def chart_of(versions: Sequence[Version]) -> Chart:
    """The loss where every version has one, else the held-out error; the first version counts, the other is laid over it."""
    if all(v.manifest.get("loss") for v in versions):
        chart = loss_chart(name_of(versions[0]), _points(versions[0]), None)
        others = [_held_out(f"{name_of(v)} held-out", _points(v), "before") for v in versions[1:]]
        return replace(chart, curves=(*chart.curves, *others), end=max([chart.end, *(float(c.x[-1]) for c in others)]))
    chart = error_chart([(name_of(v), v.manifest["curve"]) for v in versions], None)
    return replace(chart, empty=ALONE) if len(versions[0].manifest["episodes"]) == 1 else chart


def loss_chart(name: str, loss: Sequence[Point], before: Version | None, left_out: str = "held-out demonstrations") -> Chart:
    """Held-out and training loss by steps; where the version `before` ended as a dotted line. `left_out`: what of."""
    steps = np.array([p.step for p in loss], np.float64)
    training = np.array([p.training for p in loss], np.float64)
    held = _held_out(f"{name}, {loss[-1].held_out:.2f}", loss, "counts")
    curves = [held, Curve(f"training {loss[-1].training:.2f}", steps, training, "training")]
    if before is not None and before.manifest.get("loss"):
        last = _points(before)[-1].held_out
        curves.append(Curve(f"{name_of(before)} held-out", np.array([0.0, steps[-1]]), np.array([last, last]), "before"))
    note = f"Lower is better. The blue line counts: it is measured on {left_out}."
    return Chart("Loss", note, tuple(curves), float(steps[-1]))


def error_chart(measured: Sequence[tuple[str, Sequence[tuple[int, float]]]], before: Version | None) -> Chart:
    """Held-out error in cm per number of demonstrations, the first of `measured` counting."""
    named = [*measured, *([(name_of(before), before.manifest["curve"])] if before is not None else [])]
    curves: list[Curve] = []
    for name, curve in named:
        points = np.array(curve, np.float64).reshape(-1, 2)
        if len(points):
            kind: Literal["counts", "before"] = "before" if name != named[0][0] else "counts"
            curves.append(Curve(f"{name}, {points[-1, 1]:.1f} cm", points[:, 0], points[:, 1], kind))
    note = "On demonstrations it has not seen, by how many it learned from. Lower is better."
    return Chart("Off by, in cm", note, tuple(curves), max((float(c.x[-1]) for c in curves), default=1.0))


def _held_out(name: str, loss: Sequence[Point], kind: Literal["counts", "before"]) -> Curve:
    return Curve(name, np.array([p.step for p in loss], np.float64), np.array([p.held_out for p in loss], np.float64), kind)


def _points(version: Version) -> list[Point]:
    return msgspec.convert(version.manifest["loss"], list[Point])


def scores_words(versions: Sequence[Version]) -> str:
    """ "9 of 10 rehearsals", of two versions "v13: 9 of 10, v12: 8 of 10"."""
    if len(versions) == 1:
        return score_words(versions[0])
    return ", ".join(f"{name_of(v)}: {short_score(v) or 'not rehearsed'}" for v in versions)


def learned_words(manifest: Mapping[str, Any]) -> str:
    """What gradient steps taught the version beyond its rules, and why not; "" for versions that never tried."""
    parts = (("Which comes first", manifest.get("ranking")), ("Where exactly", manifest.get("refinement")))
    return " ".join(f"{title}: {text}." for title, text in parts if text)


def device_words(device: str) -> str:
    """What a training runs on, in a sentence; `device` as in the manifest, "gpu" for one whose name is not known yet."""
    where = {"cpu": "This machine’s CPU", "gpu": "This machine’s GPU"}.get(device, f"This machine’s GPU ({device})")
    return f"{where}, in a process of its own at low priority. The arm and the picture go first."


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


def disk_words(root: Path, versions: Sequence[Version | NamingVersion]) -> str:
    """How much of the data folder `root` the versions fill; "" where there are none."""
    if not versions:
        return ""
    size = sum(p.stat().st_size for v in versions for p in (root / v.folder).glob("*"))
    count = "1 version uses" if len(versions) == 1 else f"{len(versions)} versions use"
    return f"{count} {max(0.1, size / 1e6):.1f} MB. None is ever deleted on its own."
