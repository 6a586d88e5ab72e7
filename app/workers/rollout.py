"""One rollout of a version: look, decide, move, look again, until the goal holds, nothing suitable is left, or the time is up. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from core.judge import judge_all, objects_in_scene
from core.learning.versions import LoadedVersion
from core.motion.targets import PlaceTarget
from core.types import Detection, Observation

_SETTLE_NS = 600_000_000
_LOOKS = 3
_PER_OBJECT_NS = 30_000_000_000
_TRIES = 3


@dataclass(frozen=True)
class Decision:
    """What to do next: move `item` to `target`, or end (`over`) with `succeeded`; the sentence is for the screen."""

    sentence: str
    item: Detection | None = None
    target: PlaceTarget | None = None
    confidence: float = 0.0
    over: bool = False
    succeeded: bool = False


class Rollout:
    """State of the rollout that goes on. It decides only on scenes that are younger than its last motion and have settled."""

    def __init__(self, version: LoadedVersion, now_ns: int) -> None:
        self.version = version
        self.ending = False
        self._start_ns = self._still_ns = now_ns
        self._seen: set[int] = set()
        self._tries: dict[int, int] = {}
        self._last_track = 0
        self._objects = 0
        self._reason = ""

    def begin_again(self, now_ns: int) -> None:
        """Look afresh after a take-over."""
        self._still_ns = now_ns
        self._seen.clear()

    def moved(self, now_ns: int, *, slipped: bool) -> None:
        """A motion is over."""
        if slipped:
            self._reason = "It slipped out of the hand."
        self.begin_again(now_ns)

    def refused(self, track: int, reason: str) -> None:
        """No motion could be planned for that object."""
        self._tries[track] = _TRIES
        self._reason = reason
        self._seen.clear()

    def decide(self, observation: Observation, now_ns: int) -> Decision | None:
        """The next decision; None while the scene is not fresh and settled."""
        scene = observation.scene
        if scene.t_host_ns < self._still_ns + _SETTLE_NS:
            return None
        self._seen.add(scene.frame_seq)
        if len(self._seen) < _LOOKS:
            return None
        goals, policy = self.version.goals, self.version.policy
        held, why_not = judge_all(goals, objects_in_scene(scene, [g.reference for g in goals if g.kind == "inside" and g.reference]))
        if held:
            return Decision("The goal holds.", over=True, succeeded=True)
        if self.ending:
            return Decision("Ended after the last motion, as asked.", over=True)
        avoid = frozenset(track for track, tries in self._tries.items() if tries >= _TRIES)
        proposal = policy.propose(scene.detections, avoid)
        self._objects = max(self._objects, sum(1 for d in scene.detections if d.name in {g.object_class for g in goals}))
        if now_ns - self._start_ns > _PER_OBJECT_NS * max(1, self._objects):
            return Decision(f"The time is up. {self._reason or why_not}", over=True)
        if proposal.target is None:
            return Decision(self._reason or proposal.reason or why_not, over=True)
        item = next(d for d in scene.detections if d.instance == proposal.pick)
        self._tries[item.track] = self._tries.get(item.track, 0) + 1
        return Decision(f"Moving the {item.name or 'object'} {proposal.relation}", item, proposal.target, proposal.confidence)
