"""`act`: policy, Show and driving by hand become plans and set-points; owns the position on the path at 50 Hz. No Qt.

It never moves anything by itself: every path needs a lease that the arm host granted after a held press, and STOP ends it at the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from app.workers.executor import PathExecutor
from app.workers.jog import Jog
from app.workers.plans import Plans
from app.workers.rollout import Decision, Rollout
from core.errors import PendantError
from core.learning.versions import LoadedVersion, load_version
from core.messages import ActRequest, ActStatus, ArmRequest
from core.motion.task_plan import TaskPlanner
from core.transport.clock import HostClock
from core.transport.topics import ACT_REQUEST, ACT_STATUS, ARM_REQUEST, ARM_STATE, CAMERA_INFO, COMMAND, FRAME, NAMES_CHANGED, PLAN, SCENE
from core.transport.worker import Inputs, Output
from core.types import ArmState, CameraInfo, Frame, Observation, Plan, Scene

_STATUS_NS = 200_000_000
_GRANT_LIMIT_NS = 1_500_000_000
_GRIP_CHECK_S = 0.5
_FRAMES_KEPT = 24  # a busy machine identifies a second late


class Act:
    """The worker. `planner` makes collision-aware paths for the built-in arm; `aliases` reads which names went and what stands for each."""

    name = "act"
    period_ns = 20_000_000
    reads = (ACT_REQUEST, SCENE, FRAME, CAMERA_INFO, ARM_STATE, NAMES_CHANGED)
    writes = (COMMAND, PLAN, ACT_STATUS, ARM_REQUEST)

    def __init__(self, planner: TaskPlanner, aliases: Callable[[], Mapping[str, str]]) -> None:
        self._planner, self._read_aliases = planner, aliases
        self._aliases = aliases()
        self._camera: CameraInfo | None = None
        self._scene: Scene | None = None
        self._frames: dict[int, Frame] = {}
        self._scene_frame: Frame | None = None
        self._to_plan: ActRequest | None = None
        self._arm: ArmState | None = None
        self._plan: Plan | None = None
        self._plans = Plans(planner)
        self._seq = self._finished = 0
        self._executor: PathExecutor | None = None
        self._wait_grant_ns = 0
        self._rollout: Rollout | None = None
        self._jog: Jog | None = None
        self._asked: Decision | None = None
        self._active: LoadedVersion | None = None
        self._previous: LoadedVersion | None = None
        self._waiting_version: LoadedVersion | None = None
        self._speed = 1.0
        self._mode = "idle"
        self._sentence = self._result = self._error = ""
        self._succeeded = False
        self._status_ns = 0
        self._policy_ms = 0.0
        self._host = HostClock()
        self._out: list[Output] = []

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Take requests, plan what is asked, and stream the next set-points."""
        self._out = []
        if inputs.newest(NAMES_CHANGED) is not None:
            self._follow_names()
        self._observe(inputs)
        before = (self._mode, self._sentence, self._finished, self._error)
        for request in inputs.take(ACT_REQUEST):
            self._serve(request, inputs.now_ns)
        if self._to_plan is not None and self._observation() is not None:
            self._serve(self._to_plan, inputs.now_ns)
        self._advance(inputs.now_ns)
        self._swap_at_hold()
        if before != (self._mode, self._sentence, self._finished, self._error) or inputs.now_ns >= self._status_ns:
            self._status_ns = inputs.now_ns + _STATUS_NS
            self._out.append((ACT_STATUS, self._status()))
        return self._out

    def close(self) -> None:
        """Nothing to let go of; commands expire by themselves."""

    def _observe(self, inputs: Inputs) -> None:
        self._camera = inputs.newest(CAMERA_INFO) or self._camera
        for frame in inputs.take(FRAME):
            self._frames[frame.seq] = frame
        for seq in sorted(self._frames)[:-_FRAMES_KEPT]:
            del self._frames[seq]
        scene = inputs.newest(SCENE)
        if scene is not None:
            self._scene = scene
            self._scene_frame = self._frames.get(scene.frame_seq, self._scene_frame)
        self._arm = inputs.newest(ARM_STATE) or self._arm

    def _observation(self) -> Observation | None:
        scene, camera, arm = self._scene, self._camera, self._arm
        frame = self._scene_frame
        if scene is None or frame is None or frame.seq != scene.frame_seq or camera is None or arm is None:
            return None
        return Observation(frame=frame, scene=scene, camera=camera, arm=arm)

    def _serve(self, request: ActRequest, now: int) -> None:
        try:
            getattr(self, f"_on_{request.kind}")(request, now)
        except PendantError as error:
            self._error = str(error)
            self._mode, self._sentence = "failed", str(error)

    def _on_plan(self, request: ActRequest, now: int) -> None:
        observation = self._observation()
        self._to_plan = request if observation is None else None
        if observation is None:
            self._sentence = "Waiting for a picture to plan on"
            return
        self._set_plan(self._plans.of_clicks(request, observation))

    def _set_plan(self, plan: Plan) -> None:
        self._plan = plan
        self._out.append((PLAN, plan))
        self._mode = "planned" if plan.path is not None else "idle"
        self._sentence = plan.intent if plan.path is not None else plan.reason
        self._result = ""

    def _on_show(self, request: ActRequest, now: int) -> None:
        if self._plan is None or self._plan.path is None:
            self._sentence = "There is no motion to show yet. Click what to move and where it goes."
            return
        self._mode, self._wait_grant_ns, self._result = "waiting", now + _GRANT_LIMIT_NS, ""

    def _on_clear(self, request: ActRequest, now: int) -> None:
        self._to_plan = None
        if self._executor is None:
            self._plan, self._mode, self._sentence, self._result = None, "idle", "", ""

    def _on_run(self, request: ActRequest, now: int) -> None:
        if self._active is None:
            self._sentence = "No version is on the arm. Choose one on Learn."
            return
        self._rollout = Rollout(self._active, now)
        self._jog = None
        self._mode, self._wait_grant_ns, self._result, self._succeeded = "waiting", now + _GRANT_LIMIT_NS, "", False

    def _on_end(self, request: ActRequest, now: int) -> None:
        if self._rollout is not None and self._asked is not None:
            self._end_motion(self._asked.sentence, succeeded=False)
        elif self._rollout is not None and self._jog is not None:
            self._end_motion("You ended the rollout.", succeeded=False)
        elif self._rollout is not None:
            self._rollout.ending = True

    def _on_pause(self, request: ActRequest, now: int) -> None:
        if self._executor is not None:
            self._executor.paused, self._mode = True, "paused"

    def _on_resume(self, request: ActRequest, now: int) -> None:
        if self._executor is not None and self._executor.paused:
            self._executor.paused, self._mode = False, "moving"

    def _on_take_over(self, request: ActRequest, now: int) -> None:
        self._executor = self._asked = None
        self._jog = Jog(self._planner.model)
        self._mode, self._sentence = "driving", "You move the arm."

    def _on_hand_back(self, request: ActRequest, now: int) -> None:
        self._jog = self._asked = None
        if self._rollout is not None:
            self._rollout.handed_back(now)
            self._mode, self._wait_grant_ns = "waiting", now + _GRANT_LIMIT_NS
        else:
            self._mode, self._sentence = "idle", ""
            self._out.append((ARM_REQUEST, ArmRequest(kind="revoke")))

    def _on_deny(self, request: ActRequest, now: int) -> None:
        if self._rollout is not None and self._asked is not None and self._asked.item is not None:
            self._rollout.deny(self._asked.item.track)

    def _on_go_on(self, request: ActRequest, now: int) -> None:
        if self._rollout is not None and self._asked is not None:
            self._asked = None
            self._rollout.answered(now)
            self._mode, self._wait_grant_ns = "waiting", now + _GRANT_LIMIT_NS

    def _on_jog(self, request: ActRequest, now: int) -> None:
        if self._jog is None:
            self._jog = Jog(self._planner.model)
            self._mode, self._sentence = "driving", "You move the arm."
        if request.twist is not None:
            self._jog.push(request.twist, now)

    def _on_gripper(self, request: ActRequest, now: int) -> None:
        if self._jog is None:
            self._jog = Jog(self._planner.model)
        self._jog.gripper = request.value

    def _on_home(self, request: ActRequest, now: int) -> None:
        if self._arm is None:
            return
        plan = self._plans.home(self._arm, self._arm.gripper_target)
        self._set_plan(plan)
        if plan.path is not None:
            self._mode, self._wait_grant_ns = "waiting", now + _GRANT_LIMIT_NS

    def _on_speed(self, request: ActRequest, now: int) -> None:
        self._speed = float(np.clip(request.value, 0.05, 1.0))

    def _on_load(self, request: ActRequest, now: int) -> None:
        self._error = ""
        self._aliases = self._read_aliases()
        self._waiting_version = load_version(request.version, self._aliases)

    def _follow_names(self) -> None:
        """A name was merged or changed, or that was undone: the loaded versions go by the names that stand; a rollout under way goes on."""
        aliases = self._read_aliases()
        if aliases == self._aliases:
            return
        loaded = (self._active, self._previous, self._waiting_version)
        try:
            again = [load_version(version.folder, aliases) if version is not None else None for version in loaded]
        except PendantError as error:
            self._error = str(error)
            return
        self._aliases = aliases
        self._active, self._previous, self._waiting_version = again
        if self._rollout is not None and self._active is not None:
            self._rollout.version = self._active

    def _swap_at_hold(self) -> None:
        if self._waiting_version is not None and self._executor is None and self._rollout is None:
            if self._active is not None and self._active.folder != self._waiting_version.folder:
                self._previous = self._active
            self._active, self._waiting_version = self._waiting_version, None

    def _advance(self, now: int) -> None:
        arm = self._arm
        if arm is None:
            return
        if arm.stopped or arm.fault:
            self._halted(arm)
        elif self._mode == "waiting":
            self._await_grant(arm, now)
        elif self._executor is not None:
            self._execute(arm, now)
        elif self._rollout is not None and self._mode not in ("driving", "asking"):
            self._roll(arm, now)
        elif self._jog is not None:
            self._drive(arm, now)

    def _halted(self, arm: ArmState) -> None:
        busy = self._executor is not None or self._rollout is not None or self._jog is not None or self._mode == "waiting"
        if busy:
            self._end_motion("You stopped the arm. It holds its position." if arm.stopped else arm.fault, succeeded=False)

    def _await_grant(self, arm: ArmState, now: int) -> None:
        if arm.driver == "policy":
            if self._rollout is not None:
                self._mode = "planning"
            elif self._plan is not None and self._plan.path is not None:
                self._begin(self._plan, arm)
        elif now > self._wait_grant_ns:
            self._rollout = None
            self._mode, self._sentence = "failed", "The arm did not take the lease. Release the stop, then hold the button again."

    def _begin(self, plan: Plan, arm: ArmState) -> None:
        if plan.path is not None:
            self._executor = PathExecutor(plan.path, "policy", arm.generation)
            self._mode, self._sentence = "moving", plan.intent

    def _execute(self, arm: ArmState, now: int) -> None:
        executor = self._executor
        if executor is None:
            return
        if arm.driver != "policy":
            self._end_motion("The arm was taken from the motion. It holds.", succeeded=False)
            return
        if arm.hold_reason and not executor.paused:
            self._held(arm)
            return
        self._seq += 1
        command = executor.step(now, self._speed, self._seq)
        if command is not None:
            self._out.append((COMMAND, command))
        if executor.done or self._slipped(executor, arm):
            self._motion_over(arm, now, slipped=not executor.done)

    def _held(self, arm: ArmState) -> None:
        """The host refuses to go on: wait where we are while the picture is stale, end on anything else."""
        if "too old" in arm.hold_reason or "does not answer" in arm.hold_reason:
            self._sentence = arm.hold_reason
            if self._executor is not None:
                self._executor.rest()
                self._seq += 1
        else:
            self._end_motion(arm.hold_reason, succeeded=False)

    def _slipped(self, executor: PathExecutor, arm: ArmState) -> bool:
        closed_for = executor.closed_for_s()
        return closed_for > _GRIP_CHECK_S and not arm.gripping

    def _motion_over(self, arm: ArmState, now: int, *, slipped: bool) -> None:
        self._executor = None
        if self._rollout is None:
            sentence = "It slipped out of the hand. The arm holds." if slipped else "Done."
            self._end_motion(sentence, succeeded=not slipped)
            return
        self._rollout.moved(now, slipped=slipped)
        self._mode = "planning"
        if slipped:
            home = self._plans.home(arm, self._planner.open_width)
            if home.path is not None:
                self._begin(home, arm)

    def _roll(self, arm: ArmState, now: int) -> None:
        rollout, observation = self._rollout, self._observation()
        if rollout is None or observation is None:
            return
        if arm.driver != "policy":
            self._end_motion("The arm was taken from the version. It holds.", succeeded=False)
            return
        before_ns = self._host.now_ns()
        decision = rollout.decide(observation, now)
        if decision is None:
            return
        self._policy_ms = (self._host.now_ns() - before_ns) / 1e6
        self._sentence = decision.sentence
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
                self._mode = "planning"
            else:
                self._begin(plan, arm)

    def _ask(self, decision: Decision) -> None:
        """Hold until the operator has answered and presses again."""
        self._asked, self._plan, self._mode = decision, None, "asking"
        self._out.append((ARM_REQUEST, ArmRequest(kind="revoke")))

    def _drive(self, arm: ArmState, now: int) -> None:
        if self._jog is None or arm.driver != "operator":
            return
        self._seq += 1
        command = self._jog.step(arm, now, self._seq)
        if command is not None:
            self._out.append((COMMAND, command))

    def _end_motion(self, sentence: str, *, succeeded: bool) -> None:
        self._executor = self._rollout = self._jog = self._asked = None
        self._plan = None
        self._mode = "done" if succeeded else "failed"
        self._sentence = self._result = sentence
        self._succeeded = succeeded
        self._finished += 1
        self._out.append((ARM_REQUEST, ArmRequest(kind="revoke")))

    def _status(self) -> ActStatus:
        asked = self._asked
        return ActStatus(
            mode=self._mode,  # type: ignore[arg-type]
            sentence=self._sentence,
            progress=self._executor.progress if self._executor is not None else 0.0,
            plan_id=self._plan.id if self._plan is not None else 0,
            running=self._rollout is not None,
            result=self._result,
            succeeded=self._succeeded,
            active=self._active.folder if self._active is not None else "",
            previous=self._previous.folder if self._previous is not None else "",
            loading=self._waiting_version.folder if self._waiting_version is not None else "",
            error=self._error,
            policy_ms=self._policy_ms,
            speed=self._speed,
            finished=self._finished,
            asked_name=asked.asks if asked is not None else "",
            asked_track=asked.item.track if asked is not None and asked.item is not None else 0,
            asked_sure=asked.confidence if asked is not None else 0.0,
        )
