"""What is aimed at on Show: the object, where it goes, and the motion planned for the two. Knows no widgets."""

from __future__ import annotations

from app.presenters import show_words as words
from app.session import Session
from core.messages import ActRequest
from core.types import Array, Detection, Plan, Scene

_ANSWER_NS = 1_500_000_000  # by then `act` has read what was asked


class Aim:
    """`pick` and `place`: tracks, 0 where there is none; `plan`: of the last that were asked for, None while `planning`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.pick = self.place = 0
        self.point: Array | None = None
        self.plan: Plan | None = None
        self.planning = False
        self._asked_ns = 0
        self.scene: Scene | None = None

    @property
    def possible(self) -> bool:
        """Whether there is a motion."""
        return self.plan is not None and self.plan.path is not None

    @property
    def aimed(self) -> bool:
        """Whether both are set: what to move and where it goes."""
        return self.pick != 0 and (self.place != 0 or self.point is not None)

    def forget(self) -> None:
        """Nothing is aimed at."""
        self.pick = 0
        self.forget_goal()

    def forget_goal(self) -> None:
        """The object stays; where it goes is open again."""
        self.place, self.point, self.plan, self.planning = 0, None, None, False

    def at_thing(self, track: int) -> None:
        """It goes to a thing."""
        self.place, self.point = track, None
        self.ask()

    def at_pixel(self, u: int, v: int) -> bool:
        """It goes to where colour pixel (u, v) shows the table; False when it shows none."""
        camera = self._session.live.camera
        point = words.table_point(camera, self.scene, u, v) if camera is not None and self.scene is not None else None
        if point is None:
            return False
        self.place, self.point = 0, point
        self.ask()
        return True

    def ask(self) -> None:
        """Have the motion planned, for where things are now."""
        self.planning, self.plan = True, None
        self._asked_ns = self._session.live.host.now_ns()
        self._session.live.ask(ActRequest(kind="plan", pick_track=self.pick, place_track=self.place, place_base=self.point))

    def lost(self, mode: str) -> bool:
        """Whether `act`, which is at `mode`, knows nothing of the motion that stands here or was asked for: it was started again."""
        waited = self._session.live.host.now_ns() - self._asked_ns > _ANSWER_NS
        return mode == "idle" and self.aimed and (self.possible or self.planning) and waited

    def planned(self, plan: Plan) -> None:
        """The answer came."""
        self.planning, self.plan = False, plan

    def words(self) -> tuple[str, str]:
        """The object and the goal in words, "" where there is none."""
        item = words.item_words(self.thing(self.pick), picked=self.pick != 0)
        return item, words.goal_words(self.thing(self.place), on_table=self.point is not None)

    def thing(self, track: int) -> Detection | None:
        """A track of the newest scene."""
        found = self.scene.detections if self.scene is not None and track else ()
        return next((d for d in found if d.track == track), None)

    def next_of(self, class_id: int) -> int:
        """The track that a class's key takes next: its first thing, then one after the other; 0 when none is in view."""
        tracks = [d.track for d in self.scene.detections if d.class_id == class_id] if self.scene is not None else []
        now = self.place if self.pick and self.pick not in tracks else self.pick
        if not tracks:
            return 0
        return tracks[(tracks.index(now) + 1) % len(tracks)] if now in tracks else tracks[0]
