"""`pickplace`: few demonstrations, object-centric. Which thing, its motion relative to which reference, or an honest "I don't know".

The kinds to move are those that were shown, and those that the task's goal puts beside them. The relation is chosen by leave-one-out
residual (`relations.py`). Source of the idea: `../shared/research/few-shot.md` (object-centric policy), and Zeng et al., Transporter
Networks, arXiv 2010.14406, for the task family.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from core.errors import NothingToLearn
from core.motion.targets import PlaceTarget, holds, pose_of, poses_of
from core.policies import ranking, refinement, weights
from core.policies.alike import Looks, looks_of
from core.policies.demonstration import Demonstration, Proposal, looks_apart, nothing, question, same_kind, turn, turn_between
from core.policies.ranking import Ranking, clearance
from core.policies.refinement import Refinement
from core.policies.relations import Relation, fit_relations, nearest_like, shifts
from core.types import Array, Data, Detection, Goal

_LEAST_SCORE = 0.4
_SURE_TOGETHER = 0.5
_MAYBE = 0.25
_LIKE = 1.0
# What one demonstration tells of the place: shares of motions that ended right, 155 of 155 inside, 25 of 28 elsewhere (docs/figures.md).
_ONE_INSIDE, _ONE_ELSEWHERE = 0.98, 0.9
_SURE_CONFIRMED = 0.9
_DOUBT = 0.25
_TWIN = 0.35


class Fitted(Data, frozen=True, kw_only=True):
    """What is stored of a policy: the relation, exemplars of what to move, and the kinds that the goal puts beside them.

    `ranking`, `refinement`: learned parts, None where the rules do as well; `looks`: templates of what was shown, a second opinion;
    `twins`: whether a demonstration had several things that look like the one that was moved, so that any of them will do.
    """

    policy: str
    relation: Relation
    runner_up: Relation | None
    exemplars: tuple[Detection, ...]
    kinds: tuple[str, ...]
    demonstrations: int
    ranking: Ranking | None = None
    refinement: Refinement | None = None
    looks: tuple[Looks, ...] = ()
    twins: bool = True


class PickPlacePolicy:
    """Fitted by `fit`; `propose` is called on every fresh scene of a rollout."""

    name = "pickplace"
    learns = True  # beyond its rules, by gradient steps

    def __init__(self, fitted: Fitted | None = None) -> None:
        self.fitted = fitted

    def fit(self, demonstrations: Sequence[Demonstration], goals: Sequence[Goal]) -> None:
        """Choose relation and exemplars. Raises NothingToLearn without a demonstration."""
        usable = [d for d in demonstrations if any(x.instance == d.pick for x in d.detections)]
        if not usable:
            raise NothingToLearn("There is no demonstration to learn from. Show it at least once.")
        relations = fit_relations(usable)
        shown = {d.item.name for d in usable if d.item.name}
        asked = {goal.object_class for goal in goals}
        kinds = asked if shown and shown <= asked else shown
        self.fitted = Fitted(
            policy=self.name,
            relation=relations[0],
            runner_up=relations[1] if len(relations) > 1 else None,
            exemplars=tuple(d.item for d in usable),
            kinds=tuple(sorted(kinds)),
            demonstrations=len(usable),
            looks=looks_of(d.template for d in usable if d.template is not None),
            twins=any(_has_twin(d) for d in usable),
        )

    def propose(self, detections: Sequence[Detection], avoid: frozenset[int] = frozenset()) -> Proposal:
        """What to do now. `avoid`: tracks that were tried in vain. Abstains with a sentence."""
        relation = self.state().relation
        candidates = self._candidates(detections, avoid)
        if not candidates:
            return self._none([d for d in detections if d.track not in avoid])
        reference = self._reference(detections, {c.instance for c in candidates})
        if relation.reference is not None and reference is None:
            return nothing(f"The {relation.reference.name or 'thing it goes by'} is not in view.")
        open_ones = [c for c in candidates if not self._satisfied(c, reference, detections)]
        if not open_ones:
            return nothing("Everything is where it belongs.")
        item = self._first(open_ones, reference, detections)
        target = self._target(item, reference, [d for d in detections if d.instance != item.instance])
        sure = self._sure(item, open_ones)
        known = sure * self._fits(target)
        return Proposal(pick=item.instance, target=target, confidence=known, sure=sure, relation=relation.words())

    def state(self) -> Fitted:
        """What it holds. Raises NothingToLearn before `fit`."""
        if self.fitted is None:
            raise NothingToLearn("This version holds nothing. Learn again.")
        return self.fitted

    def choice(self, demonstration: Demonstration) -> tuple[Array, int, int] | None:
        """What a demonstration picked among what it could have: features (N, D), the index taken, the index that the rule takes.

        None where there was nothing to choose.
        """
        seen = demonstration.detections
        suitable = [d for d in seen if d.instance == demonstration.pick or self._suits(d)]
        reference = self._reference(seen, {d.instance for d in suitable})
        there = [d for d in suitable if d.instance == demonstration.pick or not self._satisfied(d, reference, seen)]
        if len(there) < 2:
            return None
        room = [clearance(d, seen) for d in there]
        picked = next(i for i, d in enumerate(there) if d.instance == demonstration.pick)
        return ranking.features(there, reference, seen), picked, int(np.argmax(room))

    def residuals(self, demonstrations: Sequence[Demonstration]) -> list[tuple[Array, Array]]:
        """For each demonstration of a relation with a fixed place: features (D,) and the shift (2,) from where the relation puts it."""
        relation = self.state().relation
        if relation.kind == "inside":
            return []
        references = [self._reference(d.detections, {d.pick}) for d in demonstrations]
        known = [(d, r) for d, r in zip(demonstrations, references, strict=True) if r is not None or relation.reference is None]
        made = shifts(relation, [d for d, _ in known], [r for _, r in known])
        return [(refinement.features(d.item, r), shift) for (d, r), shift in zip(known, made, strict=True)]

    def held_out_errors(self, demonstrations: Sequence[Demonstration], goals: Sequence[Goal]) -> list[tuple[float, float]]:
        """Leave-one-out error of every demonstration: (metres, radians) between where the object went and where it would be put."""
        errors = []
        for i, left_out in enumerate(demonstrations):
            rest = [d for k, d in enumerate(demonstrations) if k != i] or [left_out]
            policy = type(self)()
            policy.fit(rest, goals)
            errors.append(policy.error_on(left_out))
        return errors

    def error_on(self, demonstration: Demonstration) -> tuple[float, float]:
        """(metres, radians) between the demonstrated and the proposed end of the demonstrated object; infinite where it abstains."""
        fitted = self.state()
        reference = self._reference(demonstration.detections, {demonstration.pick})
        if fitted.relation.reference is not None and reference is None:
            return float("inf"), float("inf")
        wanted = demonstration.T_base_after
        target = self._target(demonstration.item, reference, demonstration.others)
        metres = min(float(np.linalg.norm(wanted[:2, 3] - T[:2, 3])) for T in poses_of(target))
        if target.relation == "inside":
            return (0.0 if metres < 0.06 else metres), 0.0
        radians = 0.0 if target.yaw_free else abs(turn_between(turn(wanted), turn(target.T_base_object), square=fitted.relation.square))
        return metres, radians

    def save(self, folder: Path) -> None:
        """Write `policy.safetensors` into an existing folder."""
        if self.fitted is None:
            raise NothingToLearn("There is nothing to save yet. Learn first.")
        weights.write(folder / weights.FILE, self.fitted)

    @classmethod
    def load(cls, folder: Path) -> PickPlacePolicy:
        """Read what `save` wrote. Raises WeightsError on torn or foreign files."""
        return cls(weights.read(folder / weights.FILE, Fitted))

    def _first(self, candidates: Sequence[Detection], reference: Detection | None, detections: Sequence[Detection]) -> Detection:
        """The one to take next: as learned, else the one with the most room around it."""
        learned = self.state().ranking
        if learned is None or len(candidates) == 1:
            return max(candidates, key=lambda d: clearance(d, detections))
        chances = learned.probabilities(ranking.features(candidates, reference, detections))
        return candidates[int(np.argmax(chances))]

    def _target(self, item: Detection, reference: Detection | None, others: Sequence[Detection]) -> PlaceTarget:
        relation, learned = self.state().relation, self.state().refinement
        shift = np.zeros(2) if learned is None else learned.shift(refinement.features(item, reference))
        return relation.target(item, reference, others, shift)

    def _candidates(self, detections: Sequence[Detection], avoid: frozenset[int]) -> list[Detection]:
        return [d for d in detections if d.track not in avoid and self._suits(d)]

    def _suits(self, d: Detection) -> bool:
        fitted = self.fitted
        if fitted is None:
            return False
        if fitted.kinds:
            named = d.name in fitted.kinds and (d.confirmed or d.score >= _LEAST_SCORE)
            return named or (not d.confirmed and self._chance(d) >= _SURE_TOGETHER)
        return min(same_kind(d, exemplar) for exemplar in fitted.exemplars) < _LIKE

    def doubtful(self, detections: Sequence[Detection]) -> list[Detection]:
        """What might be one of the kinds to move, lies outside of where they go, and is not sure enough to be moved."""
        fitted = self.fitted
        if fitted is None or not fitted.kinds:
            return []
        reference = self._reference(detections, set())
        maybe = [d for d in detections if not d.confirmed and not self._suits(d) and self._chance(d) >= _MAYBE]
        return [d for d in maybe if reference is None or (d.instance != reference.instance and not holds(reference, d))]

    def unnamed(self, detections: Sequence[Detection]) -> list[Detection]:
        """What surely is one of the kinds to move though not which one, and does not lie where it belongs yet."""
        fitted = self.fitted
        if fitted is None:
            return []
        found = [d for d in self._candidates(detections, frozenset()) if fitted.kinds and d.name not in fitted.kinds]
        reference = self._reference(detections, {d.instance for d in found})
        return [d for d in found if not self._satisfied(d, reference, detections)]

    def _chance(self, d: Detection) -> float:
        """The probability that a thing is of any of the kinds to move, whichever it is."""
        return sum(g.score for g in d.guesses if self.fitted and g.name in self.fitted.kinds)

    def _none(self, detections: Sequence[Detection]) -> Proposal:
        """Why there is nothing to move: nothing of that kind is in view, or it is not sure enough which one it is."""
        kinds = self.state().kinds
        unsure = max((d for d in detections if d.name in kinds), key=lambda d: d.score, default=None)
        if unsure is None:
            return nothing(f"No {' or '.join(kinds) if kinds else 'such thing'} is in view.", missing=True)
        asked = question(unsure, str(unsure.name), unsure.score)
        return msgspec.structs.replace(asked, reason=f"Not sure enough which is the {unsure.name}.", missing=True)

    def _reference(self, detections: Sequence[Detection], movable: set[int]) -> Detection | None:
        exemplar = self.fitted.relation.reference if self.fitted else None
        if exemplar is None:
            return None
        return nearest_like(exemplar, [d for d in detections if d.instance not in movable])

    def _satisfied(self, item: Detection, reference: Detection | None, detections: Sequence[Detection]) -> bool:
        fitted = self.fitted
        if fitted is None:
            return False
        if fitted.relation.kind == "inside":
            return reference is not None and holds(reference, item)
        target = self._target(item, reference, detections)
        apart = min(float(np.linalg.norm(item.box.center[:2] - T[:2, 3])) for T in poses_of(target))
        turned = (
            0.0 if target.yaw_free else abs(turn_between(turn(pose_of(item)), turn(target.T_base_object), square=fitted.relation.square))
        )
        return bool(apart < 0.012 and turned < np.deg2rad(8) and abs(item.box.center[2] - target.T_base_object[2, 3]) < 0.03)

    def _sure(self, item: Detection, candidates: Sequence[Detection]) -> float:
        """The probability that `item` is what is meant: of its name, or of its looks against every other candidate's and none's."""
        fitted = self.state()
        if fitted.kinds:
            named = item.score if item.name in fitted.kinds else 0.0
            return float(np.clip(max(named, self._chance(item), _SURE_CONFIRMED if item.confirmed else 0.0), 0.0, 1.0))
        odds = {c.instance: _odds(min(same_kind(c, e) for e in fitted.exemplars)) for c in candidates}
        whole = 1 + sum(odds.values())
        meant = [c for c in candidates if c is item or (fitted.twins and looks_apart(c, item) < _TWIN)]
        return float(sum(odds[c.instance] for c in meant) / whole)

    def _fits(self, target: PlaceTarget) -> float:
        """How surely the place is the right one: by the relation's residual, and by whether one demonstration was enough to tell."""
        fitted = self.state()
        fit = 1.0 / (1.0 + target.error_m / 0.03)
        if fitted.demonstrations > 1 or fitted.runner_up is None:
            return fit
        return fit * (_ONE_INSIDE if fitted.relation.kind == "inside" else _ONE_ELSEWHERE)


def _odds(apart: float) -> float:
    """Odds that a thing so unlike the exemplars is of their kind: even where a person would doubt (`looks_apart`)."""
    return float(np.exp((_LIKE - apart) / _DOUBT))


def _has_twin(demonstration: Demonstration) -> bool:
    return any(looks_apart(demonstration.item, other) < _TWIN for other in demonstration.others)
