"""The colours of both themes, by the names of docs/look.md section 2: the only hex values of the program beside the object palette."""

from __future__ import annotations

from dataclasses import dataclass


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
