"""All keys, over the canvas: opened and closed by the same key. Owned by the window."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.actions import Actions
from widgets.key_page import KeyPage, key_page
from widgets.stage import Stage


class Help:
    """The page of keys, where it is open."""

    def __init__(self, stage: Stage, actions: Actions) -> None:
        self._stage, self._actions = stage, actions
        self._shown: KeyPage | None = None

    def is_open(self) -> bool:
        """Whether it covers the canvas."""
        return self._shown is not None

    def toggle(self, page: str) -> None:
        """Show the keys of a page, or hide them."""
        if self._shown is not None:
            self.close()
            return
        self._shown = key_page(self._stage, page, self._actions.help())
        self._stage.setFocus(Qt.FocusReason.OtherFocusReason)  # a field under it would take the keys that close it
        self._stage.lay_over(self._shown)

    def close(self) -> None:
        """Hide it, where it is open."""
        if self._shown is not None:
            self._shown.hide()
            self._shown.deleteLater()
            self._shown = None
            self._stage.lay_over(None)

    def scroll(self, lines: int) -> None:
        """By so many lines."""
        if self._shown is not None:
            self._shown.scroll_by(lines)
