"""The plain values that widgets show: small frozen records made by pages from core's types, or by hand in tests.

Widgets take them in `set_*()`. Pictures are RGB u8 (H, W, 3); times are seconds; fractions are 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Rgb = tuple[int, int, int]
Tone = Literal["plain", "ok", "warn", "danger", "accent"]
ObjectState = Literal["sure", "unsure", "unknown", "yours", "not_saved", "gone", "stale", "looking"]
ChipState = Literal["ok", "holding", "moving", "stalled", "lost", "simulated", "none"]


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object in the list and its style in the cloud and image. `color` indexes the palette, None = unknown; `key` is the class key."""

    track: int
    name: str | None
    key: int
    color: int | None
    score: float
    state: ObjectState
    detail: str = ""
    full_tag: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A class that a field or a card offers."""

    class_id: int
    name: str
    key: int
    color: int
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Crop:
    """A picture of one object with its mask on the same grid (H, W)."""

    picture: Picture
    mask: Mask


@dataclass(frozen=True, slots=True)
class ButtonSpec:
    """A button's state. `hold_ms` > 0: acts only after being held; `why` says why it is disabled."""

    id: str
    text: str
    key: str = ""
    enabled: bool = True
    hold_ms: int = 0
    busy: bool = False
    why: str = ""
    icon: str = ""
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """The words at the top of the right column."""

    caption: str
    title: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One measured thing: "From the camera", "0.89 m"."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know or to fix; `action` is the text of its link, `id` what the link asks for."""

    icon: str
    tone: Tone
    text: str
    detail: str = ""
    action: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: done (tick), now (accent number), waiting (number), unmet (hollow number with its reason)."""

    state: Literal["done", "now", "waiting", "unmet"]
    caption: str
    value: str
    action: str = ""
    id: str = ""
    strong_first: bool = False


@dataclass(frozen=True, slots=True)
class DemoCard:
    """One demonstration in the list."""

    id: str
    title: str
    detail: str
    flag: str
    tone: Tone
    icon: str
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of the policy in the list."""

    id: str
    title: str
    made_from: str
    status: str
    tone: Tone
    icon: str
    score: str


@dataclass(frozen=True, slots=True)
class NameScoreRow:
    """How often things of one name were named right, `before` and `after`, of `total`; `color` its index in the palette."""

    name: str
    key: int
    color: int | None
    before: int
    after: int
    total: int


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """One rollout in the list of today's."""

    id: str
    title: str
    outcome: str
    icon: str
    tone: Tone
    time: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold before and while the arm moves."""

    name: str
    value: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A device at the top: caption, state glyph, value."""

    id: str
    caption: str
    value: str
    state: ChipState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PillState:
    """The pill on the canvas and the canvas frame: who moves the arm, or what the picture is."""

    text: str
    icon: str = ""
    tone: Tone = "plain"
    framed: bool = False


@dataclass(frozen=True, slots=True)
class BottomState:
    """The bottom line: what just happened, the link beside it, and the quiet facts at the right."""

    text: str = ""
    icon: str = "check"
    tone: Tone = "plain"
    action: str = ""
    action_key: str = ""
    saved: str = "All changes saved"
    disk: str = ""
    fps: str = ""


@dataclass(frozen=True, slots=True)
class Toast:
    """A message above the bottom line for six seconds."""

    text: str
    icon: str = "check-circle"
    tone: Tone = "ok"
    action: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """What stands where nothing is yet: icon, title, sentence, and the way on."""

    icon: str
    title: str
    sentence: str
    action: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class TimelineData:
    """An episode on the timeline. Times in seconds; `speed` is sampled evenly; spans are (start, end).

    `times`: of the frames (N,); `labelled`: spans with a label of what is selected.
    """

    duration: float
    frames: int
    pictures: tuple[Picture, ...] = ()
    speed: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    gripped: tuple[tuple[float, float], ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    unnamed: tuple[tuple[float, float], ...] = ()
    labelled: tuple[tuple[float, float], ...] = ()
    trim: tuple[float, float] = (0.0, 0.0)
    times: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True)
class Pick:
    """A setting with a few values, of which `index` is on."""

    id: str
    title: str
    options: tuple[str, ...]
    index: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a chart: x, y (N,)."""

    label: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    kind: Literal["counts", "training", "before", "other"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One rehearsal: waiting, worked or missed, with its last picture."""

    number: int
    state: Literal["waiting", "running", "worked", "missed"]
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """Where a demonstration began, or (`suggested`) where one more would help most; base frame, metres."""

    x: float
    y: float
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a small bar chart: name, count, and whether it is few. `score`: how it does, in a few letters; `spoken` in words."""

    name: str
    count: int
    few: bool = False
    score: str = ""
    spoken: str = ""
