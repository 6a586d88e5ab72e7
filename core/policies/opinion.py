"""The second opinion: templates of what was shown agree with the chosen thing, doubt it, or find it where nothing was told apart.

`decide` is what rollouts and the plain door call: a policy's proposal, checked against the picture, and an honest question when it is
more likely wrong than right.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from core import geometry, registration
from core.geometry import Mask
from core.perception import click, looks
from core.perception.solids import exact
from core.policies import template
from core.policies.alike import SLACK, Looks
from core.policies.demonstration import Proposal, question
from core.policies.pickplace import PickPlacePolicy
from core.types import ARM_LABEL, TABLE_LABEL, Array, Detection, LabelMap, Observation

ASK_BELOW = 0.5
_NEAR_M = 0.02
_NEW_TRACK = -1
_SURELY_OTHER = 0.7
_LEAST_PX = 40


def decide(
    policy: PickPlacePolicy, seen: Observation, avoid: frozenset[int] = frozenset(), *, search: bool = True
) -> tuple[Observation, Proposal]:
    """What to do now and what it rests on: `seen`, with a thing added that only a template found. Asks when it is not sure which.

    search: look for what is missing by templates, which takes up to seconds with many kinds.
    """
    proposal = policy.propose(seen.scene.detections, avoid)
    if proposal.missing and search:
        found = found_by_template(policy, seen)
        if found is not None and (again := policy.propose(found.scene.detections, avoid)).target is not None:
            seen, proposal = found, again
    elif proposal.target is not None:
        proposal = _checked(policy, seen, proposal)
    if proposal.target is None or proposal.sure >= ASK_BELOW:
        return seen, proposal
    item = _item(seen, proposal)
    return seen, question(item, item.name or "", proposal.sure)


def found_by_template(policy: PickPlacePolicy, seen: Observation) -> Observation | None:
    """The observation with a thing of a kind to move where a template says so, grown from there; None when none is surely there."""
    values, known = template.from_above(seen.frame, seen.camera, seen.scene.T_base_camera)
    for kind in policy.state().looks:
        if kind.tried == 0:
            continue  # with one demonstration nothing says how alike is alike enough
        centres = template.standing(seen.frame, seen.camera, seen.scene.T_base_camera, _open_to(seen, kind))
        match = template.best_match(template.find_at(kind.templates, values, known, centres))
        if match.apart <= kind.bound:
            made = _grown(seen, match.p_base, kind)
            if made is not None:
                return made
    return None


def _open_to(seen: Observation, kind: Looks) -> Mask:
    """Pixels (H, W) that may be of a thing of that kind: neither the robot nor surely another thing."""
    taken = [d.instance for d in seen.scene.detections if _is_other(d, kind)]
    return np.asarray((seen.scene.labels != ARM_LABEL) & ~np.isin(seen.scene.labels, taken), bool)


def _is_other(known: Detection, kind: Looks) -> bool:
    return known.confirmed or (known.name not in (None, kind.name) and known.score > _SURELY_OTHER)


def _checked(policy: PickPlacePolicy, seen: Observation, proposal: Proposal) -> Proposal:
    item = _item(seen, proposal)
    kind = next((k for k in policy.state().looks if k.name == item.name), None)
    if kind is None or item.confirmed:
        return proposal
    values, known = template.from_above(seen.frame, seen.camera, seen.scene.T_base_camera)
    if kind.tried:
        apart = template.find_at(kind.templates, values, known, template.disc(item.box.center, _NEAR_M))
    else:
        apart = template.find(kind.templates, values, known)
    own = template.at_place(apart, item.box.center, _NEAR_M)
    bound = kind.bound if kind.tried else SLACK * float(apart.min())
    odds = proposal.sure / max(1e-6, 1 - proposal.sure) * kind.factor(agrees=own <= bound)
    sure = odds / (1 + odds)
    return msgspec.structs.replace(proposal, sure=sure, confidence=proposal.confidence * sure / max(proposal.sure, 1e-6))


def _item(seen: Observation, proposal: Proposal) -> Detection:
    return next(d for d in seen.scene.detections if d.instance == proposal.pick)


def _grown(seen: Observation, p_base: Array, kind: Looks) -> Observation | None:
    """The thing at `p_base` as a detection of that kind; None where another thing is known to be, or nothing can be told apart."""
    scene, camera = seen.scene, seen.camera
    depth_m = registration.register_depth(seen.frame.depth, camera)
    points = geometry.transform(scene.T_base_camera, geometry.deproject(depth_m, camera.color))
    far = np.linalg.norm(points[..., :2] - p_base, axis=2) + np.where(depth_m > 0, 0.0, np.inf)
    v, u = np.unravel_index(int(np.argmin(far)), far.shape)
    there = int(scene.labels[v, u])
    known = next((d for d in scene.detections if d.instance == there), None)
    score = 1 - (kind.missed + 0.5) / (kind.tried + 1)
    if known is not None:
        renamed = msgspec.structs.replace(known, name=kind.name, score=score)
        return None if _is_other(known, kind) else _with(seen, scene.labels, [*(d for d in scene.detections if d is not known), renamed])
    mask = click.grow(seen.frame.color, depth_m, camera.color, int(u), int(v), table=geometry.plane_of(scene.T_base_camera))
    mask &= (scene.labels == 0) | (scene.labels == TABLE_LABEL)
    if mask.sum() < _LEAST_PX:
        return None
    box = looks.box_of(depth_m, camera.color, scene.T_base_camera, np.s_[0 : mask.shape[0], 0 : mask.shape[1]], mask)
    if box is None:
        return None
    instance = 1 + int(scene.labels[scene.labels < TABLE_LABEL].max(initial=0))
    labels = scene.labels.copy()
    labels[mask] = instance
    made = Detection(
        instance=instance,
        track=_NEW_TRACK,
        class_id=next((d.class_id for d in scene.detections if d.name == kind.name and kind.name), None),
        name=kind.name,
        score=score,
        guesses=(),
        box=box,
        area_px=int(mask.sum()),
        mean_color=seen.frame.color[mask].mean(axis=0).astype(np.float64),
    )
    return _with(seen, labels, [*scene.detections, made])


def _with(seen: Observation, labels: LabelMap, detections: Sequence[Detection]) -> Observation:
    scene = msgspec.structs.replace(seen.scene, labels=labels, detections=tuple(detections))
    return msgspec.structs.replace(seen, scene=exact(scene, seen.frame, seen.camera))
