"""Relation hypotheses: how the place of an object follows from what lies around it, and how well each explains the demonstrations.

Kinds: `inside` a container; `centre`: at a fixed offset, along the base's axes, from a reference that has no direction of its own; `rigid`:
at a fixed pose in the reference's frame; `table`: at a fixed pose in base. Chosen by leave-one-out residual; with one demonstration by
priors (a relation to the thing that was touched beats one to a place on the table).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.motion.targets import (
    PlaceTarget,
    free_spot,
    inside,
    is_container,
    long_short,
    pose,
    pose_of,
    top,
    wrap_half,
    yaw_of,
)
from core.policies.demonstration import Demonstration, same_kind, turn, turn_between
from core.types import Array, Data, Detection

KINDS = ("inside", "centre", "rigid", "table")
_YAW_METRES = 0.08  # a radian of turn counts like 8 cm
_PRIOR_M = {"inside": 0.0, "centre": 0.004, "rigid": 0.0, "table": 0.012}
_LIKE = 1.6
_APART_M = 0.01


class Relation(Data, frozen=True, kw_only=True):
    """A fitted hypothesis.

    `reference`: an exemplar of the thing referred to (None for the table); `offset` (3,): x, y in the relation's frame, z above the
    reference's top to the object's bottom; `turn`: rad in that frame; `turned`: whether the object's turn was steady; `residual_m`: spread
    over the demonstrations (metres, turn included), with the prior of its kind in `cost_m`.
    """

    kind: str
    reference: Detection | None
    offset: Array
    turn: float
    turned: bool
    square: bool
    residual_m: float
    cost_m: float

    def words(self) -> str:
        """The relation as a person would say it."""
        name = (self.reference.name or "the unnamed thing") if self.reference is not None else "the table"
        return {"inside": f"inside the {name}", "table": "at one place on the table"}.get(self.kind, f"at one place by the {name}")

    def target(self, item: Detection, reference: Detection | None, others: Sequence[Detection], shift: Array | None = None) -> PlaceTarget:
        """Where `item` shall go now, relative to the `reference` seen now; `shift` (2,) is added to the offset, in its frame."""
        if self.kind == "inside" and reference is not None:
            return inside(item, reference, others)
        T_frame = _frame(self.kind, reference)
        offset = self.offset[:2] + (np.zeros(2) if shift is None else shift)
        base = top(reference) if reference is not None and self.offset[2] > -0.01 else 0.0
        height = max(0.0, base) + max(0.0, float(self.offset[2]) if base else 0.0) + item.box.size[2] / 2
        ends = [np.array([*(T_frame[:2, :2] @ side + T_frame[:2, 3]), height]) for side in (offset, -offset)]
        yaw = wrap_half(yaw_of(T_frame[:3, :3]) + self.turn) if self.turned else turn(pose_of(item))
        return PlaceTarget(
            T_base_object=pose(ends[0], yaw),
            yaw_free=not self.turned,
            relation="at" if reference is None else "on" if base else "beside",
            reference=reference.instance if reference is not None else None,
            error_m=self.residual_m,
            T_base_other=pose(ends[1], yaw) if self.kind == "rigid" and np.linalg.norm(ends[1] - ends[0]) > _APART_M else None,
        )


def fit_relations(demonstrations: Sequence[Demonstration]) -> list[Relation]:
    """Every hypothesis that fits all demonstrations, cheapest first."""
    found = [_table(demonstrations)]
    for exemplar in demonstrations[0].others:
        seen = [nearest_like(exemplar, d.others) for d in demonstrations]
        if any(reference is None for reference in seen):
            continue
        references = [reference for reference in seen if reference is not None]
        found += [r for kind in KINDS[:3] if (r := _fit(kind, demonstrations, references)) is not None]
    if len(demonstrations) == 1:
        found = [_with_single_prior(relation, demonstrations[0]) for relation in found]
    return sorted(found, key=lambda relation: relation.cost_m)


def shifts(relation: Relation, demonstrations: Sequence[Demonstration], references: Sequence[Detection | None]) -> Array:
    """How far each demonstration ended from where `relation` puts it: (N, 2) in the relation's frame, metres."""
    local = [(np.linalg.inv(_frame(relation.kind, r)) @ d.T_base_after)[:2, 3] for d, r in zip(demonstrations, references, strict=True)]
    xy = np.array(local).reshape(-1, 2)
    if relation.kind == "rigid":  # seen from the nearer end of a reference that looks the same after half a turn
        nearer = np.linalg.norm(xy - relation.offset[:2], axis=1) <= np.linalg.norm(-xy - relation.offset[:2], axis=1)
        xy = np.where(nearer[:, None], xy, -xy)
    return np.asarray(xy - relation.offset[:2], np.float64)


def nearest_like(exemplar: Detection, candidates: Sequence[Detection]) -> Detection | None:
    """The candidate most like `exemplar`, None when none is like it."""
    distances = [same_kind(exemplar, c) for c in candidates]
    if not distances or min(distances) > _LIKE:
        return None
    return candidates[int(np.argmin(distances))]


def _frame(kind: str, reference: Detection | None) -> Array:
    if reference is None:
        return np.eye(4)
    return pose(reference.box.center, 0.0) if kind == "centre" else pose_of(reference)


def _fit(kind: str, demonstrations: Sequence[Demonstration], references: Sequence[Detection]) -> Relation | None:
    if kind == "inside":
        return _inside(demonstrations, references)
    if kind == "rigid" and long_short(references[0])[0] < 1.12 * long_short(references[0])[1]:
        return None  # a round or square thing has no direction that could be seen
    frames = [_frame(kind, reference) for reference in references]
    return _steady(kind, demonstrations, references, frames)


def _inside(demonstrations: Sequence[Demonstration], references: Sequence[Detection]) -> Relation | None:
    for d, reference in zip(demonstrations, references, strict=True):
        after = d.T_base_after[:3, 3]
        offset = reference.box.R.T @ (after - reference.box.center)
        if not is_container(reference, d.item) or np.any(np.abs(offset[:2]) > reference.box.size[:2] / 2 * 0.9):
            return None
    gaps = [np.linalg.norm(d.T_base_after[:2, 3] - free_spot(r, d.item, d.others)) for d, r in zip(demonstrations, references, strict=True)]
    return Relation(
        kind="inside",
        reference=references[0],
        offset=np.zeros(3),
        turn=0.0,
        turned=False,
        square=False,
        residual_m=float(np.median(gaps)) * 0.25,
        cost_m=_PRIOR_M["inside"],
    )


def _table(demonstrations: Sequence[Demonstration]) -> Relation:
    return _steady("table", demonstrations, [None] * len(demonstrations), [np.eye(4)] * len(demonstrations))


def _steady(
    kind: str, demonstrations: Sequence[Demonstration], references: Sequence[Detection | None], frames: Sequence[Array]
) -> Relation:
    local = [np.linalg.inv(T) @ d.T_base_after for T, d in zip(frames, demonstrations, strict=True)]
    xy = np.array([T[:2, 3] for T in local])
    turns = np.array([yaw_of(T[:3, :3]) for T in local])
    flips = _flips(xy, turns) if kind == "rigid" else np.ones(len(xy))
    xy = xy * flips[:, None]
    square = all(long_short(d.item)[0] < 1.12 * long_short(d.item)[1] for d in demonstrations)
    middle_turn, spread_turn = _mean_turn(turns, square)
    turned = spread_turn < np.deg2rad(12)
    residual = _leave_one_out(xy) + (_YAW_METRES * spread_turn if turned else 0.02)
    heights = [_height(d, r) for d, r in zip(demonstrations, references, strict=True)]
    offset = np.array([*np.median(xy, axis=0), np.median(heights)])
    return Relation(
        kind=kind,
        reference=references[0],
        offset=offset,
        turn=middle_turn,
        turned=turned,
        square=square,
        residual_m=residual,
        cost_m=residual + _PRIOR_M[kind],
    )


def _flips(xy: Array, turns: Array) -> Array:
    """A reference that looks the same after half a turn: for each demonstration the side (+1, -1) that agrees with the first."""
    return np.array([1.0 if np.linalg.norm(p - xy[0]) <= np.linalg.norm(-p - xy[0]) else -1.0 for p in xy])


def _mean_turn(turns: Array, square: bool) -> tuple[float, float]:
    apart = np.array([turn_between(t, turns[0], square=square) for t in turns])
    middle = float(turns[0] + np.median(apart))
    spread = float(np.median(np.abs([turn_between(t, middle, square=square) for t in turns])))
    return middle, spread


def _leave_one_out(xy: Array) -> float:
    if len(xy) == 1:
        return 0.0
    errors = [np.linalg.norm(xy[i] - np.median(np.delete(xy, i, axis=0), axis=0)) for i in range(len(xy))]
    return float(np.median(errors))


def _height(demonstration: Demonstration, reference: Detection | None) -> float:
    low = float(demonstration.T_base_after[2, 3] - demonstration.item.box.size[2] / 2)
    if reference is None:
        return max(0.0, low)
    offset = reference.box.R.T @ (demonstration.T_base_after[:3, 3] - reference.box.center)
    over = np.all(np.abs(offset[:2]) < reference.box.size[:2] / 2)
    return low - top(reference) if over else -1.0


def _with_single_prior(relation: Relation, demonstration: Demonstration) -> Relation:
    """With one demonstration nothing has a residual: prefer what the object came to touch, then what is near, then the table."""
    if relation.kind == "inside":
        return relation
    gap = 0.10
    if relation.reference is not None:
        apart = np.linalg.norm(demonstration.T_base_after[:2, 3] - relation.reference.box.center[:2])
        gap = max(0.0, float(apart) - long_short(relation.reference)[0] / 2)
    values = {name: getattr(relation, name) for name in relation.__struct_fields__}
    return Relation(**(values | {"cost_m": relation.cost_m + 0.5 * gap}))
