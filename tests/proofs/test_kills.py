"""Every process killed at random moments of a recording: nothing older than half a second is lost, the arm holds, the rest goes on."""

import random

import pytest

from core.storage.episode import RECORDING_SUFFIX, EpisodeReader, recover
from core.transport.topics import ARM_STATE, FRAME, SCENE
from tests.proofs.harness import Bench

HALF_A_SECOND = 500_000_000
OTHERS = ("cell", "sim_camera", "perceive", "act")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp("rig"))
    made.alive()
    yield made
    made.close()


def kill_during_a_recording(bench, name, rng):
    path = bench.record()
    start = bench.frames[-1][0]
    bench.sleep(rng.uniform(0.6, 1.6))
    told = len(bench.told)
    if name in ("act", "cell"):
        bench.move()
        bench.sleep(rng.uniform(0.0, 0.4))
    at = bench.kill(name)
    assert len(bench.told) > told and bench.told[-1][0] == name and bench.told[-1][1].endswith(".")
    if name == "recorder":
        reader = recover(path.with_suffix(RECORDING_SUFFIX), path)
    else:
        before = (bench.get(FRAME).seq, bench.get(SCENE).frame_seq)
        bench.wait(lambda: bench.get(FRAME).seq > before[0] and bench.get(SCENE).frame_seq > before[1], "frames and scenes to go on", 40)
        bench.finish(path)
        reader = EpisodeReader(path)
    stored = set(reader.seqs())
    first = min(stored)
    wanted = {seq for seq in bench.published_before(at - HALF_A_SECOND, start) if seq >= first}
    missing = wanted - stored
    assert reader.sound()
    reader.close()
    assert not missing, f"{len(missing)} of {len(wanted)} frames older than half a second are gone: {sorted(missing)[:5]}"
    bench.wait(bench.arm_still, "the arm to hold", 5)
    return len(wanted)


@pytest.mark.parametrize("name", ["recorder", *OTHERS])
def test_one_kill_loses_nothing(bench, name):
    assert kill_during_a_recording(bench, name, random.Random(name)) > 0


@pytest.mark.proof
@pytest.mark.parametrize("name", ["recorder", *OTHERS])
def test_twenty_kills_lose_nothing(bench, name):
    rng = random.Random(f"twenty {name}")
    counted = [kill_during_a_recording(bench, name, rng) for _ in range(20)]
    assert sum(counted) > 100


def test_a_lost_window_makes_the_arm_hold(bench):
    from core.messages import ActRequest, ArmRequest
    from core.transport.topics import ACT_REQUEST, ARM_REQUEST

    bench.send(ARM_REQUEST, ArmRequest(kind="grant", driver="operator"))
    bench.wait(lambda: bench.get(ARM_STATE).driver == "operator", "the lease")
    bench.beating = False
    bench.wait(lambda: "does not answer" in bench.get(ARM_STATE).hold_reason, "the arm to notice", 5)
    bench.beating = True
    bench.wait(lambda: bench.get(ARM_STATE).hold_reason == "", "the arm to notice the window again", 5)
    bench.send(ARM_REQUEST, ArmRequest(kind="revoke"))
    bench.send(ACT_REQUEST, ActRequest(kind="clear"))


def test_stop_latches_and_release_only_holds(bench):
    bench.memory.stop(bench.clock.now_ns())
    bench.wait(lambda: bench.get(ARM_STATE).stopped, "the stop", 2)
    bench.move()
    bench.sleep(0.5)
    assert bench.get(ARM_STATE).driver == "nobody" and bench.arm_still()
    assert bench.memory.held_ns >= bench.memory.stop_event_ns > 0
    bench.memory.release()
    bench.wait(lambda: not bench.get(ARM_STATE).stopped, "the release", 2)
    assert bench.get(ARM_STATE).mode == "holding" and bench.arm_still()
