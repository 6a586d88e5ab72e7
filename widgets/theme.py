"""The look in force: colours, type, measures and durations of `docs/look.md`, and what puts a theme on the application.

Every widget reads them here at paint time; only this file and `tokens` write a hex value. Knows no widget of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from widgets.stylesheet import palette, stylesheet
from widgets.tokens import DARK, LIGHT, Tokens
from widgets.values import Rgb

Role = Literal["caption", "body", "medium", "strong", "heading", "tab", "title", "figure", "stop", "log"]
ThemeName = Literal["dark", "light"]


# One palette for both themes, so a class keeps its colour on every screen.
OBJECT_COLORS = (
    "#FFE414",
    "#EA4001",
    "#FD8B2B",
    "#8CE9F4",
    "#9A69FC",
    "#55BB7D",
    "#E5A7C2",
    "#46887E",
    "#D2FEA7",
    "#9D7653",
    "#B1AEF5",
    "#D33DB1",
)
OBJECT_COLOR_NAMES = (
    "yellow",
    "tomato",
    "orange",
    "sky",
    "violet",
    "green",
    "pink",
    "teal",
    "lime",
    "brown",
    "lavender",
    "plum",
)

CASING = "#14181D"  # around every mark in a class colour on light surfaces

TOAST_IN_MS = 160
TOAST_STAYS_MS = 6000
VIEW_MOVE_MS = 220
LABEL_FLASH_MS = 600
HOLD_MS = 500
RELEASE_STOP_MS = 1000
STOP_ANSWER_MS = 200

_LINE: dict[Role, int] = {
    "caption": 18,
    "body": 22,
    "medium": 22,
    "strong": 22,
    "heading": 24,
    "tab": 24,
    "title": 28,
    "figure": 40,
    "stop": 28,
    "log": 18,
}
_TYPE: dict[Role, tuple[int, QFont.Weight]] = {
    "caption": (13, QFont.Weight.Normal),
    "body": (15, QFont.Weight.Normal),
    "medium": (15, QFont.Weight.Medium),
    "strong": (15, QFont.Weight.DemiBold),
    "heading": (17, QFont.Weight.DemiBold),
    "tab": (17, QFont.Weight.Medium),
    "title": (22, QFont.Weight.DemiBold),
    "figure": (34, QFont.Weight.DemiBold),
    "stop": (22, QFont.Weight.Bold),
    "log": (13, QFont.Weight.Normal),
}


@dataclass(frozen=True, slots=True)
class Metrics:
    """Sizes that follow the window's width (look.md section 4), logical pixels."""

    top: int
    left: int
    right: int
    tab: int
    tab_px: int
    stop_width: int
    stop_height: int
    thumb_width: int
    thumb_height: int
    question_height: int
    help_shown: bool
    strip: int

    @property
    def column(self) -> int:
        """The inner width of the right column."""
        return self.right - 40


_COLOR_WEIGHTS = np.array([0.1, 1.0, 1.0])
_DARKEST = 0.1
_NARROW = Metrics(56, 248, 296, 80, 15, 256, 46, 72, 56, 102, False, 204)
_USUAL = Metrics(64, 272, 320, 92, 17, 280, 48, 88, 56, 158, True, 204)
_WIDE = Metrics(64, 304, 360, 92, 17, 320, 48, 104, 64, 180, True, 204)
_HUGE = Metrics(72, 344, 400, 92, 17, 360, 56, 104, 64, 202, True, 260)


def metrics_for(width: int) -> Metrics:
    """The sizes for a window of this width."""
    for limit, metrics in ((1360, _NARROW), (1920, _USUAL), (2560, _WIDE)):
        if width < limit:
            return metrics
    return _HUGE


def tokens() -> Tokens:
    """The tokens in force: what `apply_theme` put on the application."""
    app = QApplication.instance()
    name = app.property("pendantTheme") if app else None
    base = LIGHT if name == "light" else DARK
    if app and app.property("pendantHighContrast"):
        return replace(base, line=base.line_strong, text_3=base.text_2)
    return base


def color(token: str, alpha: float = 1.0) -> QColor:
    """A token's colour with an opacity of 0..1."""
    value = QColor(getattr(tokens(), token))
    value.setAlphaF(alpha)
    return value


def object_color(index: int | None) -> QColor:
    """The class colour of a palette index from 0; None is an unknown object."""
    return color("text_2") if index is None else QColor(OBJECT_COLORS[index % len(OBJECT_COLORS)])


def object_rgb(index: int) -> Rgb:
    """The class colour as three integers 0..255."""
    value = object_color(index)
    return value.red(), value.green(), value.blue()


def swatch_text(key: int, index: int | None) -> str:
    """What a swatch says: the class key 1-9, two letters from the tenth on, "?" for unknown."""
    if index is None:
        return "?"
    return str(key) if 1 <= key <= 9 else OBJECT_COLOR_NAMES[index % len(OBJECT_COLORS)][:2]


def _oklab(rgb: np.ndarray) -> np.ndarray:
    """SRGB 0..255 (N, 3) to OKLab (N, 3); Ottosson 2020."""
    c = rgb / 255.0
    lin = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(
        lin
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return cast(
        np.ndarray,
        lms
        @ np.array(
            [
                [0.2104542553, 1.9779984951, 0.0259040371],
                [0.7936177850, -2.4285922050, 0.7827717662],
                [-0.0040720468, 0.4505937099, -0.8086757660],
            ]
        ),
    )


def free_color(mean_rgb: Iterable[float], taken: Iterable[int]) -> int:
    """The palette index a new class takes: the free colour nearest (OKLab) to the object's mean; reused when all are taken.

    Shade dims the three numbers of OKLab alike, so hue and strength are compared at equal lightness; lightness itself counts a little.
    """
    used = {index % len(OBJECT_COLORS) for index in taken}
    free = [i for i in range(len(OBJECT_COLORS)) if i not in used] or list(range(len(OBJECT_COLORS)))
    candidates = _oklab(np.array([object_rgb(i) for i in free], np.float64))
    wanted = _oklab(np.array([list(mean_rgb)], np.float64))
    apart = (_unshaded(candidates) - _unshaded(wanted)) ** 2
    return free[int(np.argmin(apart @ _COLOR_WEIGHTS))]


def _unshaded(oklab: np.ndarray) -> np.ndarray:
    """(N, 3) with hue and strength as if equally bright."""
    light = np.maximum(oklab[:, :1], _DARKEST)
    return np.hstack([oklab[:, :1], oklab[:, 1:] / light])


def font(role: Role) -> QFont:
    """Inter in a role of look.md section 2 with equal digits; `log` is the system's fixed font."""
    return QFont(_font(role))


@lru_cache(maxsize=32)
def _font(role: Role) -> QFont:
    px, weight = _TYPE[role]
    if role == "log":
        result = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    else:
        result = QFont("Inter")
        result.setFeature(QFont.Tag("tnum"), 1)
    result.setPixelSize(px)
    result.setWeight(weight)
    return result


def line_height(role: Role) -> int:
    """The line height of a role, pixels."""
    return _LINE[role]


def sized_font(px: int, weight: QFont.Weight = QFont.Weight.DemiBold) -> QFont:
    """Inter at a size outside the roles: swatch digits, narrow tabs."""
    result = font("body")
    result.setPixelSize(px)
    result.setWeight(weight)
    return result


def load_fonts() -> None:
    """Register the shipped Inter files; without them the system's sans serif stands in."""
    for path in sorted((Path(__file__).parent.parent / "assets" / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))


def apply_theme(app: QApplication, name: ThemeName, *, high_contrast: bool = False, reduce_motion: bool = False) -> None:
    """Put a theme on the application: palette, fonts, style sheet; every widget repaints."""
    app.setProperty("pendantTheme", name)
    app.setProperty("pendantHighContrast", high_contrast)
    app.setProperty("pendantReduceMotion", reduce_motion)
    app.setStyle("Fusion")
    app.setFont(font("body"))
    app.setPalette(palette(tokens()))
    app.setStyleSheet(stylesheet(tokens()))


def duration(ms: int) -> int:
    """A movement's duration, 0 where the operator asked for less motion; held presses do not pass through here."""
    app = QApplication.instance()
    return 0 if app and app.property("pendantReduceMotion") else ms


def alignment(*flags: Qt.AlignmentFlag) -> Qt.AlignmentFlag:
    """Alignment flags joined, for the places where Qt's stubs want one value."""
    result = Qt.AlignmentFlag(0)
    for flag in flags:
        result |= flag
    return result
