"""Which pictures of the window are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets import theme


@dataclass(frozen=True)
class Wanted:
    """Which pictures: theme names, window sizes, and the states whose names begin with one of `only` (all when empty)."""

    themes: Sequence[theme.ThemeName]
    sizes: Sequence[tuple[int, int]]
    only: Sequence[str] = ()

    def wants(self, state: str) -> bool:
        """Whether a state is to be pictured."""
        return not self.only or any(state.startswith(begin) for begin in self.only)
