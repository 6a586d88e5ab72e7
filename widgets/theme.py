"""The tokens of `docs/look.md`: every colour, type size, measure and duration of the screen, and the style sheet made from them.

Every widget reads them here at paint time; nothing else in the program writes a hex value. Knows no widget of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, cast

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from widgets.values import Rgb

Role = Literal["caption", "body", "medium", "strong", "heading", "tab", "title", "figure", "stop", "log"]
ThemeName = Literal["dark", "light"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme as hex strings; names and uses are those of look.md section 2."""

    dark: bool
    canvas: str
    window: str
    panel: str
    raised: str
    hover: str
    pressed: str
    selected: str
    line: str
    line_strong: str
    text: str
    text_2: str
    text_3: str
    text_off: str
    accent: str
    accent_fill: str
    on_accent: str
    accent_fill_hover: str
    accent_fill_pressed: str
    ok: str
    warn: str
    danger: str
    ok_soft: str
    warn_soft: str
    danger_soft: str
    stop: str
    on_stop: str
    stop_hover: str
    stop_pressed: str
    select_outline: str
    ink: str


DARK = Tokens(
    dark=True,
    canvas="#0B0D10",
    window="#101317",
    panel="#14181D",
    raised="#1C2128",
    hover="#252C35",
    pressed="#2F3843",
    selected="#1A2940",
    line="#262D36",
    line_strong="#6F7B89",
    text="#EEF1F4",
    text_2="#B1BAC5",
    text_3="#909BA8",
    text_off="#6B7683",
    accent="#7FB0FF",
    accent_fill="#2B66DD",
    on_accent="#FFFFFF",
    accent_fill_hover="#336FE6",
    accent_fill_pressed="#2257C4",
    ok="#56C990",
    warn="#F2B748",
    danger="#FF857D",
    ok_soft="#14291F",
    warn_soft="#2E2513",
    danger_soft="#331B1C",
    stop="#D8232A",
    on_stop="#FFFFFF",
    stop_hover="#DD2F36",
    stop_pressed="#B3161D",
    select_outline="#FFFFFF",
    ink="#0B0D10",
)

LIGHT = Tokens(
    dark=False,
    canvas="#E7EAEE",
    window="#F5F6F8",
    panel="#FFFFFF",
    raised="#F2F4F7",
    hover="#E9ECF0",
    pressed="#DBE0E6",
    selected="#E1ECFD",
    line="#DCE1E7",
    line_strong="#7B8693",
    text="#14181D",
    text_2="#454F5B",
    text_3="#5C6774",
    text_off="#7B8693",
    accent="#1B57C8",
    accent_fill="#1F5FD6",
    on_accent="#FFFFFF",
    accent_fill_hover="#1A53BE",
    accent_fill_pressed="#1547A4",
    ok="#0F6B45",
    warn="#855500",
    danger="#B3261E",
    ok_soft="#E2F3EA",
    warn_soft="#FBF0D9",
    danger_soft="#FCE6E4",
    stop="#D1161E",
    on_stop="#FFFFFF",
    stop_hover="#BC1018",
    stop_pressed="#9E0B12",
    select_outline="#14181D",
    ink="#0B0D10",
)

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
    """The palette index a new class takes: the free colour nearest (OKLab) to the object's mean; reused when all are taken."""
    used = {index % len(OBJECT_COLORS) for index in taken}
    free = [i for i in range(len(OBJECT_COLORS)) if i not in used] or list(range(len(OBJECT_COLORS)))
    candidates = _oklab(np.array([object_rgb(i) for i in free], np.float64))
    wanted = _oklab(np.array([list(mean_rgb)], np.float64))
    return free[int(np.argmin(((candidates - wanted) ** 2).sum(axis=1)))]


def font(role: Role) -> QFont:
    """Inter in a role of look.md section 2 with equal digits; `log` is the system's fixed font."""
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
    app.setPalette(_palette(tokens()))
    app.setStyleSheet(stylesheet(tokens()))


def duration(ms: int) -> int:
    """A movement's duration, 0 where the operator asked for less motion; held presses do not pass through here."""
    app = QApplication.instance()
    return 0 if app and app.property("pendantReduceMotion") else ms


def _palette(t: Tokens) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: t.window,
        QPalette.ColorRole.WindowText: t.text,
        QPalette.ColorRole.Base: t.raised,
        QPalette.ColorRole.AlternateBase: t.panel,
        QPalette.ColorRole.Text: t.text,
        QPalette.ColorRole.Button: t.panel,
        QPalette.ColorRole.ButtonText: t.text,
        QPalette.ColorRole.Highlight: t.accent_fill,
        QPalette.ColorRole.HighlightedText: t.on_accent,
        QPalette.ColorRole.PlaceholderText: t.text_3,
        QPalette.ColorRole.ToolTipBase: t.raised,
        QPalette.ColorRole.ToolTipText: t.text,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text, QColor(t.text_off))
    return palette


_QSS = """
QMainWindow, QWidget[surface="window"] { background: {window}; }
QWidget[surface="panel"] { background: {panel}; }
QWidget[surface="canvas"] { background: {canvas}; }
QFrame[surface="card"] { background: {panel}; border: 1px solid {line}; border-radius: 10px; }
QFrame[surface="raised"] { background: {raised}; border: 1px solid {line}; border-radius: 10px; }
QFrame[surface="danger"] { background: {danger_soft}; border: 1px solid {danger}; border-radius: 10px; }
QFrame[surface="popover"] { background: {raised}; border: 1px solid {line_strong}; border-radius: 12px; }
QFrame[surface="bar"] { background: {panel}; border: 1px solid {line}; border-radius: 10px; }
QFrame[surface="line"] { background: {line}; border: none; }
QLabel { color: {text}; background: transparent; }
QLabel[tone="2"] { color: {text_2}; }
QLabel[tone="3"] { color: {text_3}; }
QLabel[tone="off"] { color: {text_off}; }
QLabel[tone="accent"] { color: {accent}; }
QLabel[tone="ok"] { color: {ok}; }
QLabel[tone="warn"] { color: {warn}; }
QLabel[tone="danger"] { color: {danger}; }
QLineEdit { background: {raised}; color: {text}; border: 1px solid {line_strong}; border-radius: 8px; min-height: 42px; padding: 0 13px;
  selection-background-color: {accent_fill}; selection-color: {on_accent}; }
QLineEdit:disabled { color: {text_off}; border-color: {line}; }
QLineEdit[error="true"] { border-color: {danger}; }
QComboBox, QSpinBox, QDoubleSpinBox { background: {raised}; color: {text}; border: 1px solid {line_strong}; border-radius: 8px;
  min-height: 42px; padding: 0 13px; }
QComboBox::drop-down { border: none; width: 28px; }
QScrollArea, QScrollArea > QWidget > QWidget[surface="clear"] { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 1px; }
QScrollBar::handle:vertical { background: {line_strong}; border-radius: 3px; min-height: 32px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: transparent; height: 0; width: 0; }
QScrollBar:horizontal { height: 0; }
QDialog { background: {panel}; }
QDialog QPushButton { background: transparent; color: {text}; border: 1px solid {line_strong}; border-radius: 8px;
  min-height: 42px; min-width: 84px; padding: 0 14px; }
QDialog QPushButton:hover, QDialog QToolButton:hover { background: {hover}; }
QDialog QPushButton:default { background: {accent_fill}; color: {on_accent}; border-color: {accent_fill}; }
QDialog QPushButton:default:hover { background: {accent_fill_hover}; }
QDialog QPushButton:disabled { background: {raised}; color: {text_off}; border-color: {line}; }
QDialog QPushButton:focus { border: 2px solid {accent}; }
QDialog QToolButton { background: transparent; border: none; border-radius: 8px; min-width: 40px; min-height: 40px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QDialog QAbstractItemView { background: {raised}; color: {text}; border: 1px solid {line}; border-radius: 8px; outline: none; }
QDialog QAbstractItemView::item { min-height: 36px; }
QDialog QAbstractItemView::item:selected { background: {selected}; color: {text}; }
QHeaderView::section { background: {panel}; color: {text_3}; border: none; border-bottom: 1px solid {line}; padding: 8px; }
QComboBox QAbstractItemView { background: {raised}; color: {text}; selection-background-color: {hover}; selection-color: {text}; }
QMenu { background: {raised}; color: {text}; border: 1px solid {line_strong}; border-radius: 8px; padding: 6px; }
QMenu::item { min-height: 40px; padding: 0 20px 0 14px; border-radius: 6px; }
QMenu::item:selected { background: {hover}; }
QMenu::item:disabled { color: {text_off}; }
QMenu::separator { height: 1px; background: {line}; margin: 6px 8px; }
QToolTip { background: {raised}; color: {text}; border: 1px solid {line_strong}; padding: 6px 8px; }
"""


def stylesheet(t: Tokens) -> str:
    """The application's style sheet in a theme: surfaces, labels, fields, menus; everything with states is painted by its widget."""
    text = _QSS
    for field in fields(t):
        text = text.replace("{" + field.name + "}", str(getattr(t, field.name)))
    return text


def alignment(*flags: Qt.AlignmentFlag) -> Qt.AlignmentFlag:
    """Alignment flags joined, for the places where Qt's stubs want one value."""
    result = Qt.AlignmentFlag(0)
    for flag in flags:
        result |= flag
    return result
