"""The versions of the policy that `act` keeps loaded: the one at work, the one before it, and one that waits for the arm to hold. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.learning.versions import LoadedVersion, load_version


class Loaded:
    """Swaps only when told that the arm holds. `aliases` reads which names went and what stands for each."""

    def __init__(self, aliases: Callable[[], Mapping[str, str]]) -> None:
        self._read_aliases, self._aliases = aliases, aliases()
        self.active: LoadedVersion | None = None
        self._previous: LoadedVersion | None = None
        self._waiting: LoadedVersion | None = None

    def load(self, folder: str) -> None:
        """Have a version ready. Raises PendantError when it cannot be used."""
        self._aliases = self._read_aliases()
        self._waiting = load_version(folder, self._aliases)

    def follow_names(self) -> bool:
        """A name was merged or changed, or that was undone: what is loaded goes by the names that stand. Whether anything changed.

        Raises PendantError where a version cannot be read again; then all stay as they were.
        """
        aliases = self._read_aliases()
        if aliases == self._aliases:
            return False
        loaded = (self.active, self._previous, self._waiting)
        again = [load_version(version.folder, aliases) if version is not None else None for version in loaded]
        self._aliases = aliases
        self.active, self._previous, self._waiting = again
        return True

    def swap(self) -> None:
        """The one that waits takes over; the one before stays loaded."""
        if self._waiting is None:
            return
        if self.active is not None and self.active.folder != self._waiting.folder:
            self._previous = self.active
        self.active, self._waiting = self._waiting, None

    def folders(self) -> tuple[str, str, str]:
        """Of the active, the previous and the waiting one; "" where there is none."""
        active, previous, waiting = ((v.folder if v is not None else "") for v in (self.active, self._previous, self._waiting))
        return active, previous, waiting
