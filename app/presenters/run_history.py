"""The versions and today's rollouts of the task at work, and how Run shows them."""

from __future__ import annotations

from dataclasses import replace

from app.pages.run import RunState
from app.presenters import rollouts
from app.presenters import version_words as words
from app.session import Session
from core.storage.records import Episode, Version
from widgets.values import RolloutRow


class RunHistory:
    """Read from the catalogue by `read`, when it has changed. `number`: of the rollout that is under way, or comes next."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._versions: list[Version] = []
        self._today: list[Episode] = []
        self.number = 1

    def read(self) -> None:
        """Take in what the catalogue holds now."""
        queries, task = self._session.queries, self._session.task_id
        self._versions = queries.versions(task)
        episodes = queries.episodes(task, kinds=("rollout",))
        self._today = rollouts.of_today(episodes, self._session.live.host.wall_s())
        self.number = queries.next_number(task, "rollout")

    @property
    def active(self) -> Version | None:
        """The version that belongs on the arm."""
        return next((v for v in self._versions if v.active), None)

    @property
    def ready_name(self) -> str:
        """What the newest version that passed its checks is called; "" where there is none."""
        return next((words.name_of(v) for v in self._versions if v.state == "passed"), "")

    def on_arm(self, folder: str) -> Version | None:
        """The version that moves the arm, from its `folder` as `act` has it: a roll-back waits for the end of a rollout."""
        return next((v for v in self._versions if folder and folder.endswith(v.folder)), self.active)

    @property
    def previous(self) -> Version | None:
        """The newest passed version before the active one."""
        active = self.active
        return next((v for v in self._versions if active is not None and v.state == "passed" and v.number < active.number), None)

    @property
    def previous_name(self) -> str:
        """What the version before is called; "" where there is none."""
        return words.name_of(self.previous) if self.previous is not None else ""

    def tried(self, version: Version) -> bool:
        """Whether a rollout of that version was recorded today."""
        return any(e.details.get("number") == version.number for e in self._today)

    def with_rollouts(self, state: RunState, running: RolloutRow | None) -> RunState:
        """`state` with today's rollouts, `running` first, and how many of them worked."""
        rows = tuple(rollouts.row_of(e) for e in self._today)
        marks = tuple(rollouts.outcome(e) for e in reversed(self._today))
        good, judged = sum(mark == "worked" for mark in marks), sum(mark != "cut off" for mark in marks)
        if running is not None:
            rows, marks = (running, *rows), (*marks, "running")
        return replace(
            state,
            rollouts=rows,
            rollouts_note=f"{len(rows)} today" if rows else "",
            figure=f"{good} of {judged}" if judged else "",
            marks=marks if judged else (),
        )

    def with_version(self, state: RunState, shown: Version | None, speed: int, *, first: bool) -> RunState:
        """`state` with what the version `shown` was made from; `first`: its first rollout is still to come."""
        active = self.active
        if active is None or shown is None:
            return state
        m = shown.manifest
        made = words.made_from(len(m["episodes"]), m["labels"], m["takeovers"]).rstrip(".")
        back = f" {self.previous_name} is ready to come back." if self.previous_name else ""
        if shown.id != active.id:
            back = f" {words.name_of(active)} comes next."
        slow = " Its first rollout runs at Slow." if first else ""
        return replace(
            state,
            speed=speed,
            version=words.name_of(shown),
            version_score=words.score_words(shown),
            version_words=f"From {made}.{back}{slow}",
        )
