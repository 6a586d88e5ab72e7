"""What is said of a training that is over: at the bottom, and above it with the way to Learn unless that is looked at."""

from __future__ import annotations

from app.main_window import MainWindow
from app.naming_job import SHIPPED
from app.presenters import version_words as words
from app.presenters.naming_words import title_of
from app.session import Session
from core.learning.progress import Progress
from core.storage.records import NamingVersion, Version
from widgets.values import Toast


class LearnNews:
    """Says it. `seen`: that side of Learn, the task's or the names', is the one that is chosen there."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        self._session, self._window = session, window

    def broke_off(self, name: str, progress: Progress) -> None:
        """What should become `name` ended without a version."""
        self._session.say(Toast(progress.error, "warning", "warn", action=self._way(seen=True)))
        self._session.note(f"{name} was cut off. Nothing is lost." if progress.cut_off else progress.error, "warning")

    def version(self, made: Version, *, seen: bool) -> None:
        """A version of a task was entered."""
        worked = f", {words.short_score(made)} worked" if made.manifest["rehearsals"] else ""
        self._made(f"{words.name_of(made)} is ready{worked}.", f"{words.name_of(made)} did not pass its checks.", made, seen)

    def naming(self, made: NamingVersion, *, seen: bool) -> None:
        """A version of the names was entered."""
        self._made(f"{title_of(made)} is ready.", f"{title_of(made)} did not pass its checks.", made, seen)

    def names_by(self, active: NamingVersion | None) -> None:
        """What names things now."""
        by = f"by {title_of(active)}" if active is not None else SHIPPED
        sentence = f"Things are named {by} from the next frame on."
        self._session.say(Toast(sentence))
        self._session.note(sentence, "check")

    def _made(self, ready: str, failed: str, made: Version | NamingVersion, seen: bool) -> None:
        passed, way = made.state == "passed", self._way(seen=seen)
        sentence, icon = (ready, "check-circle") if passed else (failed, "x-circle")
        self._session.note(sentence, "check" if passed else icon)
        if way:
            self._session.say(Toast(sentence, icon, "ok" if passed else "danger", action=way))

    def _way(self, *, seen: bool) -> str:
        return "" if seen and self._window.page == "learn" else "Open Learn"
