"""Rollouts of today as rows and marks, and the checks that must hold before and while the arm moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.live import STALE_NS, Live
from app.pages.run import GRIPS
from app.presenters.objects import SURE
from core.messages import ActStatus
from core.storage.queries import Queries
from core.storage.records import Episode
from core.storage.store import Changes
from core.types import Plan
from widgets.values import Check, Finding, RolloutRow, Tone

_OLD_NS = 1_500_000_000  # the arm holds much earlier by itself; a button that flickers cannot be held
_PATIENCE_NS = 700_000_000
_MS_UNTIL_NS = 1_000_000_000
_OUTCOMES: dict[str, tuple[str, str, Tone]] = {
    "worked": ("worked", "check", "ok"),
    "take-over": ("take-over", "user", "warn"),
    "missed": ("missed", "x", "danger"),
    "stopped": ("stopped", "octagon", "danger"),
    "cut off": ("cut off", "scissors", "plain"),
    "running": ("running", "play", "accent"),
}


class ArmRate:
    """States of the arm a second, from their numbers and host time."""

    def __init__(self) -> None:
        self._seq = self._ns = 0
        self.hz = 0.0

    def saw(self, seq: int, now_ns: int) -> None:
        """A state with that number came."""
        if now_ns - self._ns > 1_000_000_000:
            self.hz = (seq - self._seq) * 1e9 / (now_ns - self._ns) if self._ns and seq > self._seq else 0.0
            self._seq, self._ns = seq, now_ns


def outcome(episode: Episode) -> str:
    """stopped, take-over, worked, missed, or cut off where a part of Pendant ended before it did: that is no miss of the version."""
    if episode.details.get("stopped"):
        return "stopped"
    if episode.has_takeover:
        return "take-over"
    if episode.succeeded is None or episode.details.get("cut_off"):
        return "cut off"
    return "worked" if episode.succeeded else "missed"


def of_today(episodes: Sequence[Episode], wall_s: float) -> list[Episode]:
    """Those that were recorded today, newest first."""
    today = datetime.fromtimestamp(wall_s).date()
    return [e for e in episodes if datetime.fromtimestamp(e.created_s).date() == today]


def row_of(episode: Episode) -> RolloutRow:
    """A rollout that is over."""
    words, icon, tone = _OUTCOMES[outcome(episode)]
    return RolloutRow(episode.id, f"Rollout {episode.number}", words, icon, tone, f"{episode.duration_s:.1f} s")


def running_row(number: int, seconds: float, *, taken: bool) -> RolloutRow:
    """The one that goes on."""
    words, icon, tone = _OUTCOMES["take-over" if taken else "running"]
    return RolloutRow("running", f"Rollout {number}", words, icon, tone, f"{seconds:.1f} s")


class Patience:
    """Whether the arm has waited for the camera long enough to say so: what flickers can neither be read nor clicked."""

    def __init__(self) -> None:
        self._since_ns = 0

    def over(self, waits: bool, now_ns: int) -> bool:
        """`waits`: whether it waits at `now_ns`."""
        self._since_ns = (self._since_ns or now_ns) if waits else 0
        return waits and now_ns - self._since_ns > _PATIENCE_NS


class Ended:
    """How the last rollout ended; what else the arm did, as driving home, is none."""

    def __init__(self) -> None:
        self._running = False
        self._last: ActStatus | None = None

    def saw(self, status: ActStatus) -> bool:
        """Whether a rollout ended with this word of `act`."""
        over = self._running and not status.running
        self._running = status.running
        if over or status.running:
            self._last = status if over else None
        return over

    def findings(self) -> tuple[Finding, ...]:
        """It in words; nothing before the first, while one goes on, and for a stop, which the page says itself."""
        last = self._last
        if last is None or last.stopped:
            return ()
        return (Finding("check-circle", "ok", last.result) if last.succeeded else Finding("warning", "warn", last.result),)


def checks(live: Live, act: ActStatus | None, rate: float) -> tuple[Check, ...]:
    """Camera, objects, policy, arm."""
    age = live.frame_age_ns()
    camera = Check("Camera", age_words(age) if live.frame is not None else "starting", age < _OLD_NS)
    if live.scene is not None and live.scene.camera_moved:
        camera = Check("Camera", "moved since its calibration", False)
    named = [d for d in live.scene.detections if d.area_px > 0 and d.class_id is not None] if live.scene is not None else []
    sure = sum(d.confirmed or d.score >= SURE for d in named)
    objects = Check("Objects", f"{sure} sure" if sure else "none is sure", sure > 0)
    arm = live.arm
    if arm is None:
        last = Check("Arm", "not set up", False)
    elif live.arm_age_ns() > _OLD_NS:
        last = Check("Arm", "does not answer", False)
    elif arm.stopped or arm.fault:
        last = Check("Arm", "stopped" if arm.stopped else arm.fault, False)
    elif arm.gripping and act is not None and not act.running:
        last = Check("Arm", GRIPS, False)
    else:
        last = Check("Arm", f"{rate:.0f} per second" if rate else "holding", True)
    return camera, objects, _policy(act), last


def age_words(age_ns: int) -> str:
    """ "40 ms old", "2.7 s old", "14 s old"."""
    if age_ns < _MS_UNTIL_NS:
        return f"{age_ns / 1e6:.0f} ms old"
    return f"{age_ns / 1e9:.1f} s old" if age_ns < 10 * _MS_UNTIL_NS else f"{age_ns / 1e9:.0f} s old"


def waits_for(live: Live) -> str:
    """What is late while the arm holds for it: pictures, or what says where things are in them."""
    return "camera" if live.frame_age_ns() > STALE_NS else "identification"


def works_on(plan: Plan | None, changes: Changes, queries: Queries) -> bool:
    """Whether an edit touches what a rollout's motion is about: a label of what it takes or of where it goes."""
    if plan is None:
        return False
    edited = {key for table, key in changes.touched if table == "label"}
    return any(label.track in (plan.pick_track, plan.place_track) for label in queries.labels_by_id(edited))


def _policy(act: ActStatus | None) -> Check:
    if act is None:
        return Check("Policy", "none yet", False)
    if act.error:
        return Check("Policy", "not loaded", False)
    if not act.active:
        return Check("Policy", "loading" if act.loading else "none yet", False)
    return Check("Policy", f"{act.policy_ms:.0f} ms a step" if act.policy_ms else "loaded", True)
