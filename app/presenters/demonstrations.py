"""Demonstrations as cards: title, length, what was found about them, a small picture; and where one more would help."""

from __future__ import annotations

import numpy as np

from app.session import Session
from core.errors import StoreError
from core.storage.episode import EpisodeReader
from core.storage.records import Episode
from widgets.values import DemoCard, Finding, Picture, Tone

_HOW = {"click": "by clicking", "keys": "by keys", "policy": "by keys"}
_THUMB = (176, 112)


class Cards:
    """Makes and keeps the cards of a task; pictures are read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pictures: dict[str, Picture | None] = {}
        self._cards: dict[int, tuple[DemoCard, ...]] = {}

    def forget(self) -> None:
        """The catalogue changed."""
        self._cards.clear()

    def cards(self, task_id: int) -> tuple[DemoCard, ...]:
        """Cards of the task's demonstrations, newest first."""
        if task_id not in self._cards:
            episodes = self._session.queries.demonstrations(task_id)
            usual = float(np.median([e.duration_s for e in episodes])) if episodes else 0.0
            self._cards[task_id] = tuple(self._card(e, usual) for e in episodes)
        return self._cards[task_id]

    def suggestion(self, task_id: int) -> str:
        """Where a start would teach most, in words; "" before there are some."""
        count = len(self.cards(task_id))
        return "Lay the object somewhere else for the next one: new places teach most." if count >= 2 else ""

    def picture(self, episode: Episode) -> Picture | None:
        """A small picture of an episode's first frame."""
        if episode.id not in self._pictures:
            self._pictures[episode.id] = self._read(episode)
        return self._pictures[episode.id]

    def _card(self, episode: Episode, usual_s: float) -> DemoCard:
        flag, tone, icon = flag_of(episode, usual_s)
        detail = f"{length_s(episode):.1f} s · {_HOW.get(episode.how, episode.how)}"
        return DemoCard(episode.id, name_of(episode), detail, flag, tone, icon, self.picture(episode))

    def _read(self, episode: Episode) -> Picture | None:
        try:
            reader = EpisodeReader(self._session.store.folder.root / episode.path)
            try:
                seqs = reader.seqs()
                color = reader.frame(seqs[0]).color if seqs else None
            finally:
                reader.close()
        except StoreError:
            return None
        if color is None:
            return None
        step = max(1, color.shape[1] // _THUMB[0])
        return np.ascontiguousarray(color[::step, ::step])


def name_of(episode: Episode) -> str:
    """ "Demonstration 3", "Take-over 2"."""
    return f"{'Demonstration' if episode.kind == 'demonstration' else 'Take-over'} {episode.number}"


def length_s(episode: Episode) -> float:
    """The kept length of an episode."""
    end = episode.trim_end_s if episode.trim_end_s is not None else episode.duration_s
    return max(0.0, end - episode.trim_start_s)


def flag_of(episode: Episode, usual_s: float) -> tuple[str, Tone, str]:
    """The worst thing to say of an episode: words, tone, icon."""
    if episode.state == "partial":
        return "saved up to a power cut", "warn", "info"
    if episode.succeeded is False:
        return "stopped" if _stopped(episode) else "did not work", "warn", "warning"
    slow = "slow" if is_slow(episode, usual_s) else ""
    missing = f"{episode.gaps} missing" if episode.gaps else ""
    words = ", ".join(word for word in (slow, missing) if word)
    return (words, "warn", "warning") if words else ("good", "ok", "check-circle")


def _stopped(episode: Episode) -> bool:
    """Whether STOP ended it."""
    return bool(episode.details.get("stopped"))


def is_slow(episode: Episode, usual_s: float) -> bool:
    """Whether it takes much longer than the others."""
    return bool(usual_s) and length_s(episode) > 1.8 * usual_s


def headline_of(episode: Episode, usual_s: float) -> str:
    """The situation in a few words; `findings_of` says the rest."""
    if episode.succeeded is False:
        return "The arm was stopped" if _stopped(episode) else "It did not work"
    if is_slow(episode, usual_s):
        return "Slower than the rest"
    return "Frames are missing" if episode.gaps else "Nothing to mend"


def findings_of(episode: Episode, usual_s: float) -> list[Finding]:
    """Everything to know or mend about an episode, the worst first."""
    found = []
    length = length_s(episode)
    if episode.succeeded is False:
        reason = str(episode.details.get("reason", "")) or "It did not end where it should."
        words = "It ends where you pressed STOP." if _stopped(episode) else reason
        found.append(Finding("warning", "warn", words, "Trash it, or cut it to the part that worked."))
    if is_slow(episode, usual_s):
        found.append(Finding("clock", "warn", f"{length:.1f} s. The others take {usual_s:.0f} s.", "Cut it with the handles."))
    if episode.gaps:
        frames = "1 frame" if episode.gaps == 1 else f"{episode.gaps} frames"
        found.append(Finding("warning", "warn", f"{frames} missing.", "The policy does not learn from them."))
    return found
