"""The menu that chooses what of the queue is shown: by kind, score, version and time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from app.label_queue import Filter

_SECTIONS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "kind",
        (
            ("", "Every kind"),
            ("unknown", "No name yet"),
            ("unsure", "Not sure"),
            ("changed", "Called differently now"),
            ("outlier", "Unlike its name"),
            ("random", "At random"),
        ),
    ),
    ("score", (("", "Any score"), ("low", "Below 50%"), ("middle", "50% to 80%"), ("high", "80% and more"))),
    ("version", (("", "Any version"), ("now", "Names of now"), ("earlier", "Earlier names"))),
    ("time", (("", "Any time"), ("hour", "The last hour"), ("day", "The last day"), ("week", "The last week"))),
)


def words_of(chosen: Filter) -> str:
    """What a filter shows, in words."""
    words = [dict(entries)[value] for section, entries in _SECTIONS if (value := getattr(chosen, section))]
    return ", ".join([words[0], *(w[:1].lower() + w[1:] for w in words[1:])]) if words else "Everything"


def open_menu(parent: QWidget, at: QPoint, chosen: Filter, choose: Callable[[Filter], None]) -> QMenu:
    """Pop the menu up; `choose` is called with the new filter."""
    menu = QMenu(parent)
    for n, (section, entries) in enumerate(_SECTIONS):
        if n:
            menu.addSeparator()
        for value, words in entries:
            entry = menu.addAction(words)
            entry.setCheckable(True)
            entry.setChecked(getattr(chosen, section) == value)
            entry.setData((section, value))
    menu.triggered.connect(lambda entry: choose(replace(chosen, **{entry.data()[0]: entry.data()[1]})))
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)
    return menu
