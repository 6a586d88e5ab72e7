"""What a version is, or will be, made from: what it learns from is counted, what is left out is named with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.presenters import version_words as words
from app.presenters.demonstrations import name_of
from core.learning.dataset import POOR
from core.storage.queries import Queries
from core.storage.records import Episode
from widgets.values import Finding

_NAMED = 3


@dataclass(frozen=True)
class Taught:
    """`shown`: demonstrations that are learned from, with the `takeovers` among them; `left_out`: the others, in words."""

    shown: int
    takeovers: int
    labels: int
    left_out: tuple[Finding, ...] = ()

    def words(self) -> str:
        """In a sentence."""
        return words.made_from(self.shown, self.labels, self.takeovers)


def taught_now(episodes: Sequence[Episode], labels: int, unusable: Mapping[str, str]) -> Taught:
    """What the next version will learn from. `unusable`: ids of those that nothing can be learned from, each with why."""
    reasons = {e.id: POOR if e.rating == "poor" else unusable.get(e.id, "") for e in episodes}
    used = [e for e in episodes if not reasons[e.id]]
    return Taught(len(used), sum(e.has_takeover for e in used), labels, _findings((e, reasons[e.id]) for e in reversed(episodes)))


def taught_then(manifest: Mapping[str, Any], queries: Queries) -> Taught:
    """What a version with that manifest learned from."""
    pairs = [(queries.episode(identity), why) for identity, why in manifest.get("left_out", [])]
    findings = _findings((episode, why) for episode, why in pairs if episode is not None)
    return Taught(len(manifest["episodes"]), manifest["takeovers"], manifest["labels"], findings)


def _findings(reasons: Iterable[tuple[Episode, str]]) -> tuple[Finding, ...]:
    """One for each reason that there is."""
    names: dict[str, list[str]] = {}
    for episode, why in reasons:
        if why:
            names.setdefault(why, []).append(name_of(episode))
    return tuple(Finding("info", "plain", _left_out(found), why) for why, found in names.items())


def _left_out(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is left out"
    if len(names) > _NAMED:
        return f"{len(names)} demonstrations are left out"
    return f"{', '.join(names[:-1])} and {names[-1]} are left out"
