"""`act`: policy, Show and driving by hand become plans and set-points; owns the position on the path at 50 Hz. No Qt.

It never moves anything by itself: every path needs a lease that the arm host granted after a held press, and STOP ends it at the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from app.workers.executor import PathExecutor
from app.workers.jog import Jog
from app.workers.loaded import Loaded
from app.workers.plans import Plans
from app.workers.rollout import Decision, Rollout
from app.workers.seen import Seen
from app.workers.standing import Standing
from core.errors import PendantError
from core.messages import ActRequest, ActStatus, ArmRequest
from core.motion.task_plan import TaskPlanner
from core.transport.clock import HostClock
from core.transport.topics import ACT_REQUEST, ACT_STATUS, ARM_REQUEST, ARM_STATE, CAMERA_INFO, COMMAND, FRAME, NAMES_CHANGED, PLAN, SCENE
from core.transport.worker import Inputs, Output
from core.types import ArmState, Plan, Waypoints

_STATUS_NS = 200_000_000
_GRANT_LIMIT_NS = 1_500_000_000
_LOOKING = "Looking at the table"


class Act:
    """The worker. `planner` makes collision-aware paths for the built-in arm; `aliases` reads which names went and what stands for each."""

    name = "act"
    period_ns = 20_000_000
    reads = (ACT_REQUEST, SCENE, FRAME, CAMERA_INFO, ARM_STATE, NAMES_CHANGED)
    writes = (COMMAND, PLAN, ACT_STATUS, ARM_REQUEST)

    def __init__(self, planner: TaskPlanner, aliases: Callable[[], Mapping[str, str]]) -> None:
        self._planner = planner
        self._seen, self._loaded = Seen(), Loaded(aliases)
        self._to_plan: ActRequest | None = None
        self._plan: Plan | None = None
        self._plans = Plans(planner)
        self._seq = 0
        self._executor: PathExecutor | None = None
        self._wait_grant_ns = 0
        self._rollout: Rollout | None = None
        self._jog: Jog | None = None
        self._at = Standing()
        self._speed = 1.0
        self._status_ns = 0
        self._host = HostClock()
        self._out: list[Output] = []

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Take requests, plan what is asked, and stream the next set-points."""
        self._out = []
        if inputs.newest(NAMES_CHANGED) is not None:
            self._follow_names()
        self._seen.take(inputs)
        before = self._at.news()
        for request in inputs.take(ACT_REQUEST):
            self._serve(request, inputs.now_ns)
        if self._to_plan is not None and self._seen.observation() is not None:
            self._serve(self._to_plan, inputs.now_ns)
        self._advance(inputs.now_ns)
        if self._executor is None and self._rollout is None:
            self._loaded.swap()
        if before != self._at.news() or inputs.now_ns >= self._status_ns:
            self._status_ns = inputs.now_ns + _STATUS_NS
            self._out.append((ACT_STATUS, self._status()))
        return self._out

    def close(self) -> None:
        """Nothing to let go of; commands expire by themselves."""

    def _serve(self, request: ActRequest, now: int) -> None:
        try:
            getattr(self, f"_on_{request.kind}")(request, now)
        except PendantError as error:
            self._at.error = str(error)
            self._at.mode, self._at.sentence = "failed", str(error)

    def _on_plan(self, request: ActRequest, now: int) -> None:
        observation = self._seen.observation()
        self._to_plan = request if observation is None else None
        if observation is None:
            self._at.sentence = "Waiting for a picture to plan on"
            return
        self._set_plan(self._plans.of_clicks(request, observation))

    def _set_plan(self, plan: Plan) -> None:
        self._plan = plan
        self._out.append((PLAN, plan))
        self._at.mode = "planned" if plan.path is not None else "idle"
        self._at.sentence = plan.intent if plan.path is not None else plan.reason
        self._at.result = ""

    def _on_show(self, request: ActRequest, now: int) -> None:
        if self._plan is None or self._plan.path is None:
            self._at.sentence = "There is no motion to show yet. Click what to move and where it goes."
            return
        self._at.mode, self._wait_grant_ns, self._at.result = "waiting", now + _GRANT_LIMIT_NS, ""

    def _on_clear(self, request: ActRequest, now: int) -> None:
        self._to_plan = None
        if self._executor is None:
            self._plan, self._at.mode, self._at.sentence, self._at.result = None, "idle", "", ""

    def _on_run(self, request: ActRequest, now: int) -> None:
        if self._loaded.active is None:
            self._at.sentence = "No version is on the arm. Choose one on Learn."
            return
        self._rollout = Rollout(self._loaded.active, now)
        self._jog = None
        self._at.result, self._at.succeeded = "", False
        self._look_and_wait(now)

    def _look_and_wait(self, now: int) -> None:
        """A rollout begins or goes on: it looks while the arm is asked for."""
        self._at.mode, self._wait_grant_ns, self._at.sentence = "waiting", now + _GRANT_LIMIT_NS, _LOOKING

    def _on_end(self, request: ActRequest, now: int) -> None:
        if self._rollout is not None and self._at.asked is not None:
            self._end_motion(self._at.asked.sentence, succeeded=False)
        elif self._rollout is not None and self._jog is not None:
            self._end_motion("You ended the rollout.", succeeded=False)
        elif self._rollout is not None:
            self._rollout.ending = True

    def _on_pause(self, request: ActRequest, now: int) -> None:
        if self._executor is not None:
            self._executor.paused, self._at.mode = True, "paused"

    def _on_resume(self, request: ActRequest, now: int) -> None:
        if self._executor is not None and self._executor.paused:
            self._executor.paused, self._at.mode = False, "moving"

    def _on_take_over(self, request: ActRequest, now: int) -> None:
        if self._rollout is not None:
            self._rollout.taken_over(now)
        self._executor = self._at.asked = None
        self._jog = Jog(self._planner.model)
        self._at.mode, self._at.sentence = "driving", "You move the arm."

    def _on_hand_back(self, request: ActRequest, now: int) -> None:
        self._jog = self._at.asked = None
        if self._rollout is not None:
            self._rollout.handed_back(now)
            self._look_and_wait(now)
        else:
            self._at.mode, self._at.sentence = "idle", ""
            self._out.append((ARM_REQUEST, ArmRequest(kind="revoke")))

    def _on_deny(self, request: ActRequest, now: int) -> None:
        if self._rollout is not None and self._at.asked is not None and self._at.asked.item is not None:
            self._rollout.deny(self._at.asked.item.track)

    def _on_go_on(self, request: ActRequest, now: int) -> None:
        if self._rollout is not None and self._at.asked is not None:
            self._at.asked = None
            self._rollout.answered(now)
            self._look_and_wait(now)

    def _on_jog(self, request: ActRequest, now: int) -> None:
        if self._jog is None:
            self._jog = Jog(self._planner.model)
            self._at.mode, self._at.sentence = "driving", "You move the arm."
        if request.twist is not None:
            self._jog.push(request.twist, now)

    def _on_gripper(self, request: ActRequest, now: int) -> None:
        if self._jog is None:
            self._jog = Jog(self._planner.model)
        self._jog.gripper = request.value

    def _on_home(self, request: ActRequest, now: int) -> None:
        if self._seen.arm is None:
            return
        plan = self._plans.home(self._seen.arm, self._seen.arm.gripper_target)
        self._set_plan(plan)
        if plan.path is not None:
            self._at.mode, self._wait_grant_ns = "waiting", now + _GRANT_LIMIT_NS

    def _on_speed(self, request: ActRequest, now: int) -> None:
        self._speed = float(np.clip(request.value, 0.05, 1.0))

    def _on_load(self, request: ActRequest, now: int) -> None:
        self._at.error = ""
        self._loaded.load(request.version)

    def _follow_names(self) -> None:
        """A rollout under way goes on, by the names that stand."""
        try:
            changed = self._loaded.follow_names()
        except PendantError as error:
            self._at.error = str(error)
            return
        if changed and self._rollout is not None and self._loaded.active is not None:
            self._rollout.version = self._loaded.active

    def _advance(self, now: int) -> None:
        arm = self._seen.arm
        if arm is None:
            return
        if arm.stopped or arm.fault:
            self._halted(arm)
        elif self._at.mode == "waiting":
            self._await_grant(arm, now)
        elif self._executor is not None:
            self._execute(self._executor, arm, now)
        elif self._rollout is not None and self._at.mode not in ("driving", "asking"):
            self._roll(self._rollout, arm, now)
        elif self._jog is not None:
            self._drive(self._jog, arm, now)

    def _halted(self, arm: ArmState) -> None:
        busy = self._executor is not None or self._rollout is not None or self._jog is not None or self._at.mode == "waiting"
        if busy:
            sentence = "You stopped the arm. It holds its position." if arm.stopped else arm.fault
            self._end_motion(sentence, succeeded=False, stopped=arm.stopped)

    def _await_grant(self, arm: ArmState, now: int) -> None:
        if arm.driver == "policy":
            if self._rollout is not None:
                self._at.mode = "planning"
            elif self._plan is not None and self._plan.path is not None:
                self._begin(self._plan, self._plan.path, arm)
        elif now > self._wait_grant_ns:
            self._end_motion("The arm did not take the lease. Release the stop, then hold the button again.", succeeded=False)

    def _begin(self, plan: Plan, path: Waypoints, arm: ArmState) -> None:
        self._executor = PathExecutor(path, "policy", arm.generation)
        self._at.mode, self._at.sentence = "moving", plan.intent

    def _execute(self, executor: PathExecutor, arm: ArmState, now: int) -> None:
        if arm.driver != "policy":
            self._end_motion("The arm was taken from the motion. It holds.", succeeded=False)
            return
        if arm.hold_reason and not executor.paused:
            self._held(executor, arm)
            return
        self._seq += 1
        command = executor.step(now, self._speed, self._seq)
        if command is not None:
            self._out.append((COMMAND, command))
        if executor.done or executor.slipped(arm.gripping):
            self._motion_over(arm, now, slipped=not executor.done)

    def _held(self, executor: PathExecutor, arm: ArmState) -> None:
        """The host refuses to go on: wait where we are while the picture is stale, end on anything else."""
        if "too old" in arm.hold_reason or "does not answer" in arm.hold_reason:
            executor.rest()
            self._seq += 1
        else:
            self._end_motion(arm.hold_reason, succeeded=False)

    def _motion_over(self, arm: ArmState, now: int, *, slipped: bool) -> None:
        self._executor = None
        if self._rollout is None:
            sentence = "It slipped out of the hand. The arm holds." if slipped else "Done."
            self._end_motion(sentence, succeeded=not slipped)
            return
        self._rollout.moved(now, slipped=slipped)
        self._at.mode = "planning"
        if slipped:
            home = self._plans.home(arm, self._planner.open_width)
            if home.path is not None:
                self._begin(home, home.path, arm)

    def _roll(self, rollout: Rollout, arm: ArmState, now: int) -> None:
        observation = self._seen.observation()
        if observation is None:
            return
        if arm.driver != "policy":
            self._end_motion("The arm was taken from the version. It holds.", succeeded=False)
            return
        before_ns = self._host.now_ns()
        decision = rollout.decide(observation, now)
        if decision is None:
            return
        self._at.policy_ms = (self._host.now_ns() - before_ns) / 1e6
        self._at.sentence = decision.sentence
        if decision.over:
            self._end_motion(decision.sentence, succeeded=decision.succeeded)
        elif decision.asks:
            self._ask(decision)
        elif decision.item is not None and decision.target is not None:
            seen = decision.observation or observation
            plan = self._plans.of_proposal(seen, decision.item, decision.target, rollout.version.name, decision.confidence)
            self._set_plan(plan)
            if plan.path is None:
                rollout.refused(plan.reason)
                self._at.mode = "planning"
            else:
                self._begin(plan, plan.path, arm)

    def _ask(self, decision: Decision) -> None:
        """Hold until the operator has answered and presses again."""
        self._at.asked, self._plan, self._at.mode = decision, None, "asking"
        self._out.append((ARM_REQUEST, ArmRequest(kind="revoke")))

    def _drive(self, jog: Jog, arm: ArmState, now: int) -> None:
        if arm.driver != "operator":
            return
        self._seq += 1
        command = jog.step(arm, now, self._seq)
        if command is not None:
            self._out.append((COMMAND, command))

    def _end_motion(self, sentence: str, *, succeeded: bool, stopped: bool = False) -> None:
        self._executor = self._rollout = self._jog = self._plan = None
        self._at.end(sentence, succeeded=succeeded, stopped=stopped)
        self._out.append((ARM_REQUEST, ArmRequest(kind="revoke")))

    def _status(self) -> ActStatus:
        return self._at.status(self._executor, self._plan, self._loaded.folders(), running=self._rollout is not None, speed=self._speed)
