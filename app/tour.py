"""The tour: the whole loop in the real window with real processes on the simulated cell, by clicks and typed words.

A picture at every step and `tour.json` with what happened. Only its eye reads the truth: a person sees what things are, and where they end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.application import Application, Options, install_hooks, make_qt
from app.rig import go_first
from app.sight import Eye
from app.tour_hands import Hands, TourError
from core import judge
from core.cells import Task, find_cell
from core.errors import PendantError
from core.types import Detection, Plan

_CELL, _TASK = "fruit", "banana-in-basket"
_MOTION_S, _LEARN_S = 150.0, 240.0
_UNSEEN = 40_000
_TRIES = 4


class Tour:
    """Plays the steps, one method each, in order."""

    def __init__(self, application: Application, out: Path, seed: int) -> None:
        self.app, self.out, self.seed = application, out, seed
        self.hands = Hands(application)
        self.eye = Eye(application.rig.run_id)
        self.task: Task = find_cell(_CELL).task(_TASK)
        self.steps: list[dict[str, object]] = []
        self._began_ns = application.live.host.now_ns()
        self._done_yet = False

    def play(self) -> str:
        """All steps; returns "" or the sentence of what went wrong."""
        parts: tuple[tuple[str, Callable[[], str]], ...] = (
            ("see", self.see),
            ("name", self.name),
            ("choose", self.choose),
            ("plan", self.plan),
            ("show", self.show),
            ("review", self.review),
            ("learn", self.learn),
            ("push", self.push),
            ("new-layout", self.new_layout),
            ("run", self.run),
        )
        try:
            for step, play in parts:
                self.note(step, play())
        except PendantError as error:
            self.note("failed", str(error))
            return str(error)
        finally:
            self.eye.close()
        return ""

    def note(self, step: str, words: str) -> None:
        """Keep a picture and a line of what happened."""
        name = f"{len(self.steps) + 1:02d}-{step}.png"
        self.hands.picture(self.out / name)
        seconds = (self.app.live.host.now_ns() - self._began_ns) / 1e9
        self.steps.append({"step": step, "picture": name, "at_s": round(seconds, 1), "what": words})

    # the steps

    def see(self) -> str:
        """Wait until something is identified."""
        live = self.app.live
        self.hands.wait(lambda: bool(self.seen()) and bool(self.eye.objects()), 40, "Nothing was identified within 40 s.")
        self.hands.wait(lambda: live.arm is not None and live.act is not None, 20, "The arm did not answer within 20 s.")
        self.hands.pause(1.5)
        return f"{len(self.seen())} objects were found."

    def name(self) -> str:
        """Click each object that is not named right, in the cloud or in the list, and type what it is."""
        given: list[str] = []
        for _ in range(12):
            wrong = self.eye.misnamed(self.seen())
            if not wrong:
                break
            given.append(self._name(*wrong[0], by_row=len(given) == 1))
        if self.eye.misnamed(self.seen()):
            raise TourError("Names did not stay.")
        return f"Named by clicks: {', '.join(given)}. The next scenes say so." if given else "Every name was right already."

    def choose(self) -> str:
        """Take the task from the menu at the top left."""
        self.hands.choose(self.app.window.top.brand, self.task.title)
        self.hands.wait(lambda: getattr(self.app.session.task, "name", "") == self.task.id, 5, "The task was not chosen.")
        return f"The task is {self.task.title}."

    def plan(self) -> str:
        """Click the object, click where it goes, look at the ghost; where things lie too close, lay the table anew, as a person would."""
        plan = self._clicked_plan()
        for again in range(_TRIES):
            if plan.path is not None:
                break
            self.note("no-room", plan.reason)
            self._lay_anew(self.seed + 100 * (again + 1))
            self.name()
            plan = self._clicked_plan()
        if plan.path is None:
            raise TourError(plan.reason)
        self.hands.speed(self.app.pages.show.speed, 2)
        self.hands.pause(0.6)
        return plan.intent

    def _clicked_plan(self) -> Plan:
        self.hands.go("show")
        show = self.app.show
        show.act("clear")
        self.hands.pause(0.5)
        self.hands.click_object(self._find(self.task.move[0]))
        self.hands.wait(lambda: show.aim.pick != 0, 5, "The click on the object did nothing.")
        self.hands.click_object(self._find(str(self.task.goals[0].reference)))
        self.hands.wait(lambda: show.aim.plan is not None, 30, "No motion was planned within 30 s.")
        if show.aim.plan is None:
            raise TourError("No motion was planned.")
        return show.aim.plan

    def _lay_anew(self, layout_seed: int) -> None:
        live = self.app.live
        before = live.scene.frame_seq if live.scene is not None else 0
        live.lay_anew(layout_seed)
        self.hands.wait(lambda: live.scene is not None and live.scene.frame_seq > before + 20, 40, "The new layout was not seen.")
        self.hands.go("see")

    def show(self) -> str:
        """Hold Show; the arm does it, and a demonstration is kept."""
        before = len(self.app.session.queries.demonstrations(self.app.session.task_id))
        self.hands.hold()
        self.hands.wait(lambda: self.app.live.act_mode() == "moving", 10, "The arm did not start.")
        self.hands.wait(lambda: self._progress() > 0.5 or self.app.live.act_mode() != "moving", _MOTION_S, "The arm did not get on.")
        self.note("moving", "The arm shows it; every frame is recorded.")
        self.hands.wait(lambda: self.app.live.act_mode() in ("done", "failed"), _MOTION_S, "The motion did not end.")
        session = self.app.session
        self.hands.wait(lambda: len(session.queries.demonstrations(session.task_id)) > before, 20, "No demonstration was kept.")
        self.hands.pause(1.0)
        if not self.goal_holds():
            raise TourError(f"The {self.task.move[0]} did not end where it should: {self._result()}")
        kept = session.queries.demonstrations(session.task_id)[0]
        return f"Demonstration {kept.number} is kept: {kept.duration_s:.1f} s, {kept.frames} frames, {kept.gaps} missing."

    def review(self) -> str:
        """Look at it in the replay."""
        self.hands.go("review")
        self.hands.pause(1.5)
        return "The demonstration is replayed."

    def learn(self) -> str:
        """Press Learn and wait for the version."""
        self.hands.go("learn")
        self.hands.pause(0.5)
        self.hands.second("Learn anyway")
        learn = self.app.learn
        self.hands.wait(lambda: learn.job is not None, 5, "Learning did not start.")
        self.hands.wait(lambda: learn.job is None or len(learn.course.rehearsed) > 0, _LEARN_S, "It did not learn.")
        self.note("learning", "The version tries the task in the simulated cell.")
        queries, task = self.app.session.queries, self.app.session.task_id
        self.hands.wait(lambda: bool(queries.versions(task)), _LEARN_S, "No version came within the time.")
        self.hands.pause(0.8)
        version = queries.versions(task)[0]
        if version.state != "passed":
            raise TourError(str(version.manifest["sentence"]))
        return f"v{version.number}: {version.manifest['sentence']} ({version.manifest['relation']})"

    def push(self) -> str:
        """Try it on Run: the version goes to the arm."""
        self.hands.press()
        self.hands.wait(lambda: self.app.window.page == "run" and self.app.run.active is not None, 10, "No version came to Run.")
        live = self.app.live
        self.hands.wait(lambda: live.act is not None and bool(live.act.active), 20, "The version was not loaded.")
        self.hands.pause(0.5)
        return "The version is on the arm."

    def new_layout(self) -> str:
        """Lay the table anew, as it never was, and correct what is misnamed."""
        self._lay_anew(_UNSEEN + self.seed)
        words = self.name()
        self.hands.go("run")
        self.hands.pause(0.6)
        if self.goal_holds():
            raise TourError("The new layout has nothing left to do.")
        return words

    def run(self) -> str:
        """Hold Run; the version does the task by itself."""
        live = self.app.live
        finished = live.act.finished if live.act is not None else 0
        self.hands.hold()
        self.hands.wait(lambda: self.app.live.act_mode() == "moving", 20, "The version did not start to move.")
        self.hands.wait(lambda: self._progress() > 0.45, _MOTION_S, "The arm did not get on.")
        self.note("running", "The version moves the arm.")
        over = lambda: live.act is not None and live.act.finished > finished  # noqa: E731
        self.hands.wait(over, 2 * _MOTION_S, "The rollout did not end.")
        self.hands.pause(1.5)
        result = self._result()
        if not self.goal_holds():
            raise TourError(f"The {self.task.move[0]} is not in the basket: {result}")
        self._done_yet = True
        return f"{result} Seen in the room: the {self.task.move[0]} is in the basket."

    # what the steps use

    def seen(self) -> list[Detection]:
        """What the program says is there."""
        scene = self.app.live.scene
        return [d for d in scene.detections if d.area_px > 0] if scene is not None else []

    def goal_holds(self) -> bool:
        """Whether a person in the room would say that it is done."""
        return judge.judge_all(self.task.goals, self.eye.objects())[0]

    def _name(self, detection: Detection, word: str, *, by_row: bool) -> str:
        session, popover = self.app.session, self.app.window.stage.popover
        revision = session.queries.names_revision()
        if by_row or self.hands.place_of(detection.track) is None:
            self.hands.click_row(self.app.pages.see.objects, detection.track)
        else:
            self.hands.click_object(detection)
        self.hands.wait(popover.isVisible, 5, "The naming popover did not open.")
        if not any(s["step"] == "naming" for s in self.steps):
            self.hands.pause(0.4)
            self.note("naming", f"Clicked; types “{word}”.")
        self.hands.type(popover.field, word)
        self.hands.wait(lambda: session.queries.names_revision() > revision, 10, "The name was not stored.")
        live, wanted = self.app.live, session.queries.names_revision()
        told = lambda: live.scene is not None and live.scene.names_revision >= wanted  # noqa: E731
        self.hands.wait(told, 15, "The name did not reach the model.")
        self.hands.pause(0.3)
        return word

    def _find(self, name: str) -> Detection:
        found = [d for d in self.seen() if d.name == name]
        if not found:
            raise TourError(f"No {name} is in view.")
        return found[0]

    def _progress(self) -> float:
        return self.app.live.act.progress if self.app.live.act is not None else 0.0

    def _result(self) -> str:
        return self.app.live.act.result if self.app.live.act is not None else ""

    def report(self, failure: str) -> dict[str, object]:
        """What goes into `tour.json`."""
        seconds = (self.app.live.host.now_ns() - self._began_ns) / 1e9
        return {
            "ok": not failure,
            "sentence": failure,
            "seed": self.seed,
            "task": self.task.id,
            "seconds": round(seconds, 1),
            "steps": self.steps,
        }


def run_tour(out: Path, seed: int = 1, data: Path | None = None) -> int:
    """Play the tour; 0 only when the object ended in the basket. `data`: a fresh folder when None."""
    if data is None:
        with tempfile.TemporaryDirectory(prefix="pendant-tour-") as folder:
            return run_tour(out, seed, Path(folder))
    out.mkdir(parents=True, exist_ok=True)
    install_hooks(data / "pendant.log")
    go_first()
    make_qt("dark")
    application = Application(Options(data=data, cell=_CELL, layout_seed=seed, rehearsals=2))
    try:
        application.start()
        tour = Tour(application, out, seed)
        failure = tour.play()
        report = tour.report(failure)
    finally:
        application.window.close()
        application.close()
    (out / "tour.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return 1 if failure else 0
