"""One rollout of a version: look, decide, move, look again, until the goal holds, nothing suitable is left, or the time is up. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from app.workers.memory import PutAway, TrackNames
from core.judge import judge_all, objects_in_scene
from core.learning.versions import LoadedVersion
from core.motion.targets import PlaceTarget
from core.perception.solids import exact
from core.policies.demonstration import typical
from core.policies.opinion import decide
from core.types import Detection, Observation, Scene

_SETTLE_NS = 600_000_000
_LOOKS = 3
_LONG_LOOKS = 8
_PER_OBJECT_NS = 30_000_000_000
_TRIES = 3
_COVERED = 0.8
_MOVED_M = 0.05


@dataclass(frozen=True)
class Decision:
    """What to do next: move `item` to `target`, ask whether `item` is one of `asks`, or end (`over`) with `succeeded`.

    `sentence` is for the screen; `observation`: what it rests on; `confidence`: of the motion, or that the answer is yes.
    """

    sentence: str
    item: Detection | None = None
    target: PlaceTarget | None = None
    confidence: float = 0.0
    asks: str = ""
    over: bool = False
    succeeded: bool = False
    observation: Observation | None = None


class Rollout:
    """State of the rollout that goes on. It decides only on scenes that are younger than its last motion and have settled."""

    def __init__(self, version: LoadedVersion, now_ns: int) -> None:
        self.version = version
        self.ending = False
        self._start_ns = self._still_ns = now_ns
        self._looks: list[Observation] = []
        self._tries: dict[int, int] = {}
        self._objects = 0
        self._reason = ""
        self._references: dict[str, Detection] = {}
        self._put_away = PutAway()
        self._names = TrackNames({g.object_class for g in version.goals})
        self._moving: Decision | None = None
        self._asked_ns = self._taken_ns = 0
        self._denied: set[int] = set()

    def deny(self, track: int) -> None:
        """The operator says that this thing is not meant."""
        self._denied.add(track)

    def answered(self, now_ns: int) -> None:
        """The operator let it go on; the time that the question stood does not count."""
        self._start_ns += now_ns - self._asked_ns
        self._look_again(now_ns)

    def taken_over(self, now_ns: int) -> None:
        """The operator has the arm."""
        self._taken_ns = now_ns

    def handed_back(self, now_ns: int) -> None:
        """Look afresh after a take-over; the time that the operator had the arm does not count."""
        self._start_ns += now_ns - self._taken_ns
        self._moving = None
        self._put_away.forget()
        self._look_again(now_ns)

    def moved(self, now_ns: int, *, slipped: bool) -> None:
        """A motion is over."""
        done, self._moving = self._moving, None
        if slipped:
            self._reason = "It slipped out of the hand."
        elif done is not None and done.item is not None and done.target is not None and done.observation is not None:
            self._put_away.put(done.item, done.target, done.observation.scene.detections)
        self._look_again(now_ns)

    def _look_again(self, now_ns: int) -> None:
        self._still_ns = now_ns
        self._looks.clear()

    def refused(self, reason: str) -> None:
        """No motion could be planned for that object: look again before giving it up, the next picture's noise is another one."""
        self._reason = reason
        self._looks.clear()

    def decide(self, observation: Observation, now_ns: int) -> Decision | None:
        """The next decision; None while the scene is not new and settled."""
        scene = observation.scene
        if scene.t_host_ns < self._still_ns + _SETTLE_NS:
            return None
        if self._looks and self._looks[-1].scene.frame_seq == scene.frame_seq:
            return None  # decided on already, and fitting boxes takes longer than the 20 ms between two calls
        self._looks.append(observation)
        if len(self._looks) < _LOOKS:
            return None
        recent = self._looks[-_LOOKS:]
        chosen = recent[typical([o.scene for o in recent])]
        boxed = exact(chosen.scene, chosen.frame, chosen.camera)
        named = msgspec.structs.replace(boxed, detections=self._names.on(boxed.detections))
        return self._decide(msgspec.structs.replace(chosen, scene=self._with_references(named)), now_ns)

    def _decide(self, seen: Observation, now_ns: int) -> Decision | None:
        goals, policy, detections = self.version.goals, self.version.policy, seen.scene.detections
        self._put_away.see(detections)
        objects = objects_in_scene(seen.scene, [g.reference for g in goals if g.kind == "inside" and g.reference])
        held, why_not = judge_all(goals, objects + self._put_away.unseen(detections))
        unsure = [d for d in policy.doubtful(detections) if d.track not in self._denied]
        if held and unsure and len(self._looks) < _LONG_LOOKS:
            return None  # a few more looks often settle a name
        if held and all(d.track in self._denied for d in policy.unnamed(detections)):
            return self._ask_of(unsure[0], now_ns) if unsure else Decision("The goal holds.", over=True, succeeded=True)
        if self.ending:
            return Decision("Ended after the last motion, as asked.", over=True)
        self._objects = max(self._objects, sum(1 for d in detections if d.name in {g.object_class for g in goals}))
        if now_ns - self._start_ns > _PER_OBJECT_NS * max(1, self._objects):
            return Decision(f"The time is up. {self._reason or why_not}", over=True)
        # Templates take long, and what belongs to the goal is where it should be when the goal holds: a last resort.
        decision = self._next(seen, why_not, now_ns, search=not held and len(self._looks) >= _LONG_LOOKS)
        if decision.item is None or decision.asks:
            return None if len(self._looks) < _LONG_LOOKS else decision  # look longer before saying so
        return decision

    def _ask_of(self, doubtful: Detection, now_ns: int) -> Decision:
        """The goal holds for what has a name, but this might be one of the kinds to move."""
        kinds = self.version.policy.state().kinds
        guess = max((g for g in doubtful.guesses if g.name in kinds), key=lambda g: g.score)
        return self._ask(doubtful, guess.name, guess.score, now_ns)

    def _ask(self, item: Detection, name: str, sure: float, now_ns: int) -> Decision:
        self._asked_ns = now_ns
        return Decision(f"Is this the {name}?", item, confidence=sure, asks=name)

    def _next(self, seen: Observation, why_not: str, now_ns: int, *, search: bool) -> Decision:
        avoid = frozenset(self._denied | {track for track, tries in self._tries.items() if tries >= _TRIES})
        seen, proposal = decide(self.version.policy, seen, avoid, search=search)
        item = next((d for d in seen.scene.detections if d.instance == proposal.pick), None)
        if item is not None and proposal.asks:
            return self._ask(item, proposal.asks, proposal.sure, now_ns)
        if item is None or proposal.target is None:
            return Decision(self._reason or proposal.reason or why_not, over=True)
        self._remember(seen.scene, item)
        self._tries[item.track] = self._tries.get(item.track, 0) + 1
        words = f"Moving the {item.name or 'object'} {proposal.relation}"
        self._moving = Decision(words, item, proposal.target, proposal.confidence, observation=seen)
        return self._moving

    def _remember(self, scene: Scene, item: Detection) -> None:
        """The things that goals refer to, as they lie before a motion may cover them."""
        names = {goal.reference for goal in self.version.goals} - {item.name, None}
        for d in scene.detections:
            known = self._references.get(d.name or "")
            if d.name in names and (known is None or d.area_px > _COVERED * known.area_px):
                self._references[str(d.name)] = d

    def _with_references(self, scene: Scene) -> Scene:
        """The scene with references that are covered by now as they lay before, unless something moved them."""
        found = list(scene.detections)
        for name, known in self._references.items():
            near = [d for d in found if d.name == name and np.linalg.norm(d.box.center[:2] - known.box.center[:2]) < _MOVED_M]
            if any(d.area_px > _COVERED * known.area_px for d in near) or (not near and any(d.name == name for d in found)):
                continue
            box, instance = known.box, near[0].instance if near else 0
            found = [d for d in found if d not in near[:1]]
            found.append(
                msgspec.structs.replace(near[0] if near else known, box=box, instance=instance, area_px=near[0].area_px if near else 0)
            )
        return msgspec.structs.replace(scene, detections=tuple(found))
