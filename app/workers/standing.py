"""Where `act` stands, as it tells it: mode, sentence, and how the last motion ended. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from app.workers.executor import PathExecutor
from app.workers.rollout import Decision
from core.messages import ActMode, ActStatus
from core.types import Plan


@dataclass
class Standing:
    """As in `ActStatus`; `asked`: what it wants to know before it goes on."""

    mode: ActMode = "idle"
    sentence: str = ""
    result: str = ""
    error: str = ""
    succeeded: bool = False
    stopped: bool = False
    finished: int = 0
    policy_ms: float = 0.0
    asked: Decision | None = None

    def news(self) -> tuple[object, ...]:
        """What is told at once when it changes."""
        return self.mode, self.sentence, self.finished, self.error

    def end(self, sentence: str, *, succeeded: bool, stopped: bool = False) -> None:
        """A motion or rollout is over."""
        self.mode, self.asked = "done" if succeeded else "failed", None
        self.sentence = self.result = sentence
        self.succeeded, self.stopped = succeeded, stopped
        self.finished += 1

    def status(
        self, executor: PathExecutor | None, plan: Plan | None, folders: tuple[str, str, str], *, running: bool, speed: float
    ) -> ActStatus:
        """The message. folders: of the active, the previous and the loading version."""
        asked = self.asked
        return ActStatus(
            mode=self.mode,
            sentence=self.sentence,
            progress=executor.progress if executor is not None else 0.0,
            plan_id=plan.id if plan is not None else 0,
            running=running,
            result=self.result,
            succeeded=self.succeeded,
            stopped=self.stopped,
            active=folders[0],
            previous=folders[1],
            loading=folders[2],
            error=self.error,
            policy_ms=self.policy_ms,
            speed=speed,
            finished=self.finished,
            asked_name=asked.asks if asked is not None else "",
            asked_track=asked.item.track if asked is not None and asked.item is not None else 0,
            asked_sure=asked.confidence if asked is not None else 0.0,
        )
