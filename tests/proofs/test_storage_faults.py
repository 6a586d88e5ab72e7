"""A full disk, torn files, a damaged catalogue, hostile weights: a clear sentence each time, and nothing that was kept is lost."""

import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from app.commands.console import Console
from app.commands.data import check
from app.takes import recover_recordings, where_kept
from core.errors import PendantError, StoreError, WeightsError
from core.learning.versions import load_version
from core.policies.pickplace import PickPlacePolicy
from core.storage import edits
from core.storage.episode import RECORDING_SUFFIX, EpisodeReader, EpisodeWriter, encode_color, encode_depth, recover
from core.storage.queries import Queries
from core.storage.store import Store
from core.types import Frame

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(5)


def frame(seq):
    depth = RNG.integers(0, 3000, (120, 160)).astype(np.uint16)
    return Frame(
        camera="c", seq=seq, t_device_ns=seq, t_host_ns=seq * 33_000_000, depth=depth, color=np.full((120, 160, 3), seq % 255, np.uint8)
    )


def episode(path, count=12):
    writer = EpisodeWriter(path.with_suffix(RECORDING_SUFFIX), {"task": "t", "episode": path.stem})
    for f in (frame(n) for n in range(count)):
        writer.frame(f, encode_color(f.color), encode_depth(f.depth))
    writer.keep(path)
    return path


def open_store(path):
    ticks = iter(range(1, 10_000))
    return Store(path, wall_s=lambda: float(next(ticks)), who="tester")


FULL_DISK = """
    import sys
    from pathlib import Path
    import numpy as np
    from core.errors import StoreError
    from core.storage.episode import EpisodeWriter, encode_color, encode_depth
    from core.types import Frame
    writer = EpisodeWriter(Path(sys.argv[1]), {"task": "t"})
    rng = np.random.default_rng(1)
    committed = 0
    try:
        for seq in range(10_000):
            depth = rng.integers(0, 3000, (120, 160)).astype(np.uint16)
            f = Frame(camera="c", seq=seq, t_device_ns=0, t_host_ns=seq, depth=depth, color=np.zeros((120, 160, 3), np.uint8))
            writer.frame(f, encode_color(f.color), encode_depth(f.depth))
            if seq % 10 == 9:
                writer.commit()
                committed = seq + 1
    except StoreError as error:
        writer.abandon()
        print(committed, error)
"""


def test_a_full_disk_ends_a_recording_in_a_sentence_and_keeps_what_was_committed(tmp_path):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    path = tmp_path / "a.recording"
    code = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(path)]
    done = subprocess.run(code, capture_output=True, text=True, cwd=ROOT, preexec_fn=limit, timeout=60, check=False)
    committed, _, sentence = done.stdout.strip().partition(" ")
    assert int(committed) > 0 and sentence.startswith(("The disk is full", "Recording stopped")) and "kept" in sentence
    reader = recover(path, tmp_path / "a.db")
    assert len(reader.seqs()) >= int(committed) and reader.sound()
    reader.close()


def test_a_recording_does_not_start_without_a_minute_of_disk(tmp_path, monkeypatch):
    from app.workers.recorder import Recorder
    from core.messages import RecorderRequest
    from core.transport.clock import ManualClock
    from core.transport.topics import RECORDER_REQUEST, RECORDER_STATUS
    from core.transport.worker import Lockstep

    real = os.statvfs

    class Small:
        def __init__(self, path):
            self.f_frsize, self.f_bavail = real(path).f_frsize, 10

    monkeypatch.setattr("app.workers.recorder.os.statvfs", Small)
    lockstep = Lockstep([Recorder(encoders=0)], ManualClock(1))
    status = lockstep.bus.subscriber(RECORDER_STATUS)
    lockstep.bus.publisher(RECORDER_REQUEST).send(RecorderRequest(kind="start", episode="e", path=str(tmp_path / "e.db")))
    lockstep.advance(10_000_000)
    (last,) = status.take()
    assert last.state == "error" and "less than a minute" in last.error
    lockstep.close()


@pytest.mark.proof
def test_episodes_torn_anywhere_are_read_or_refused_in_a_sentence(tmp_path):
    whole = episode(tmp_path / "whole.db").read_bytes()
    rng = random.Random(3)
    for n in range(150):
        data = bytearray(whole)
        if n % 2:
            data = data[: rng.randrange(len(data))]
        else:
            for _ in range(rng.randrange(1, 40)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        path = tmp_path / f"torn{n}.db"
        path.write_bytes(bytes(data))
        try:
            reader = EpisodeReader(path)
            for seq in reader.seqs():
                reader.frame(seq)
            list(reader.arms())
            reader.sound()
            reader.close()
        except StoreError as error:
            assert str(error).endswith(".")
        path.unlink()


@pytest.mark.proof
def test_a_catalogue_damaged_anywhere_loses_no_edit(tmp_path):
    rng = random.Random(4)
    for n in range(20):
        root = tmp_path / f"d{n}"
        store = open_store(root)
        for k in range(6):
            edits.create_task(store, f"task{k}", f"Task {k}", "fruit")
            if k == 2:
                store.backup()
        store.undo()
        store.engine.dispose()
        store._lock.release()
        path = root / "catalogue.db"
        for suffix in ("-wal", "-shm"):
            (root / f"catalogue.db{suffix}").unlink(missing_ok=True)
        data = bytearray(path.read_bytes() or b"x" * 4096)
        start = rng.randrange(0, max(1, len(data) - 2000))
        data[start : start + 2000] = rng.randbytes(2000)
        path.write_bytes(bytes(data))
        store = open_store(root)
        names = [t.name for t in Queries(store.engine).tasks()]
        assert names == [f"task{k}" for k in range(5)], f"after damage at {start}: {names}, told {store.told}"
        store.close()


def test_recordings_cut_off_are_entered_at_the_next_start(tmp_path):
    store = open_store(tmp_path)
    edits.create_task(store, "t", "T", "fruit")
    writer = EpisodeWriter(
        store.folder.episodes / "abc.recording", {"task": "t", "task_id": 1, "episode": "abc", "kind": "demonstration", "number": 4}
    )
    for f in (frame(n) for n in range(5)):
        writer.frame(f, encode_color(f.color), encode_depth(f.depth))
    writer.commit()
    writer.abandon()
    assert "saved up to" in recover_recordings(store)[0].text
    (entered,) = Queries(store.engine).episodes()
    assert (entered.id, entered.state, entered.number, entered.frames) == ("abc", "partial", 4, 5)
    store.close()


@pytest.mark.parametrize("taken", [False, True])
def test_a_rollout_that_was_cut_off_is_said_to_be_where_it_is(tmp_path, taken):
    store = open_store(tmp_path)
    edits.create_task(store, "t", "T", "fruit")
    writer = EpisodeWriter(store.folder.episodes / "abc.recording", {"task": "t", "task_id": 1, "episode": "abc", "kind": "rollout"})
    for f in (frame(n) for n in range(5)):
        writer.frame(f, encode_color(f.color), encode_depth(f.depth))
    if taken:
        writer.event(0, "takeover", {})
    writer.commit()
    writer.abandon()
    (changes,) = recover_recordings(store)
    on_review = bool(Queries(store.engine).demonstrations(1))
    assert on_review == taken
    assert ("Review" in where_kept(store, changes)) == on_review
    store.close()


def test_check_names_what_is_damaged(tmp_path, capsys):
    store = open_store(tmp_path)
    edits.create_task(store, "t", "T", "fruit")
    episode(store.folder.episodes / "good.db")
    torn = episode(store.folder.episodes / "torn.db")
    store.close()
    options = type("Options", (), {"data": tmp_path})()
    assert check(options, Console(as_json=True)) == 0
    torn.write_bytes(torn.read_bytes()[:3000])
    assert check(options, Console(as_json=True)) == 1
    assert "torn" in capsys.readouterr().out


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80\x04\x95", b"\xff" * 8 + b"{}", save({"state": np.zeros(10, np.uint8)}), save({"other": np.ones(3)}), b"\x00" * 5000],
)
def test_hostile_weights_are_never_loaded(tmp_path, data):
    (tmp_path / "policy.safetensors").write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        PickPlacePolicy.load(tmp_path)
    assert str(caught.value).endswith(".")
    (tmp_path / "manifest.json").write_text('{"task":"t","policy":"pickplace","seed":1,"weights_hash":"0"}')
    with pytest.raises(PendantError):
        load_version(str(tmp_path), {})
