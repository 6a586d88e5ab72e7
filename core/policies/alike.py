"""How the things that were shown look from above, by kind, and how alike is alike enough: measured on what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.policies import template
from core.policies.template import Template
from core.types import Data

SLACK = 1.6
_MOST = 5
# How often a template finds itself in a wrong thing: not measured, set on the careful side.
_AGREES_IF_WRONG = 0.2


class Looks(Data, frozen=True, kw_only=True):
    """Templates of one kind (`name` None: by looks alone). `bound`: how unlike the right thing may be; `tried`, `missed`: held out."""

    name: str | None
    templates: tuple[Template, ...]
    bound: float
    tried: int
    missed: int

    def factor(self, *, agrees: bool) -> float:
        """By how much agreeing or disagreeing multiplies the odds that the right thing was chosen; from what was held out."""
        disagrees_if_right = (self.missed + 0.5) / (self.tried + 1)
        return (1 - disagrees_if_right) / _AGREES_IF_WRONG if agrees else disagrees_if_right / (1 - _AGREES_IF_WRONG)


def looks_of(templates: Iterable[Template]) -> tuple[Looks, ...]:
    """Templates by kind, the newest few, with a bound from how unlike each is to the others of its kind."""
    kinds: dict[str | None, list[Template]] = {}
    for one in templates:
        kinds.setdefault(one.name, []).append(one)
    return tuple(_looks(name, found[-_MOST:]) for name, found in kinds.items())


def _looks(name: str | None, templates: Sequence[Template]) -> Looks:
    if len(templates) < 2:
        return Looks(name=name, templates=tuple(templates), bound=0.0, tried=0, missed=0)
    pairs = [_apart(t, [o for o in templates if o is not t]) for t in templates]
    bound = SLACK * float(np.median(pairs))
    return Looks(name=name, templates=tuple(templates), bound=bound, tried=len(pairs), missed=sum(p > bound for p in pairs))


def _apart(one: Template, others: Sequence[Template]) -> float:
    """How unlike a shown thing is to the other ones, found in its own crop."""
    room = max(len(o.weight) for o in others)
    values = np.pad(one.values, ((room, room), (room, room), (0, 0)))
    return float(template.find(others, values, np.pad(one.weight, room)).min())
