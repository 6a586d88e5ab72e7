"""What is said of a recorded frame is said of the one that was identified, also where the identifier came late."""

import time
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from app.live import Live
from app.main_window import MainWindow
from app.operations import Operations
from app.pages import Pages
from app.presenters.carry_run import Done
from app.presenters.coverage import CoverageReader
from app.presenters.review import ReviewPresenter
from app.presenters.status import StatusPresenter
from app.session import Session
from app.takes import adopt_orphans
from core.storage.episode import EpisodeWriter, encode_color, encode_depth
from core.storage.store import Store
from core.transport.clock import ManualClock
from core.transport.topics import MemoryBus
from core.types import CameraInfo, Frame, Intrinsics
from tests.core.drawn import scene, thing

SEQS = range(10, 18)
GRID = Intrinsics(width=64, height=48, fx=60, fy=60, cx=32, cy=24)
CAMERA = CameraInfo(id="c", serial="s", name="test", depth=GRID, color=GRID, depth_scale=0.001, T_color_depth=np.eye(4))


def frame(seq):
    depth = np.full((48, 64), 700 + seq, np.uint16)
    return Frame(camera="c", seq=seq, t_device_ns=0, t_host_ns=seq * 66_000_000, depth=depth, color=np.full((48, 64, 3), 90, np.uint8))


def identified(seq):
    labels = np.zeros((48, 64), np.uint16)
    labels[20:30, 25:40] = 1
    lemon = msgspec.structs.replace(thing(1, None, (0.4, 0.0), (0.07, 0.05, 0.05)), track=5)
    return scene(lemon, frame_seq=seq, labels=labels)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, wall_s=time.time, who="test")


@pytest.fixture
def review(qtbot, store, request):
    """Review with a demonstration open whose scenes are of the frames `request.param`."""
    path = store.folder.episodes / "a.db"
    writer = EpisodeWriter(path.with_suffix(".recording"), {"episode": "a", "task": "t"})
    writer.camera(CAMERA)
    for seq in SEQS:
        writer.frame(frame(seq), encode_color(frame(seq).color), encode_depth(frame(seq).depth))
    for seq in request.param:
        writer.scene(identified(seq))
    writer.keep(path)
    adopt_orphans(store)
    operations, pages = Operations(store), Pages()
    session = Session(store, operations, Live(MemoryBus(), SimpleNamespace(stopped=False), ManualClock()), cell="")
    window = MainWindow(pages.by_name())
    qtbot.addWidget(window, before_close_func=lambda w: None)
    coverage = CoverageReader(session, session)
    made = ReviewPresenter(session, window, pages.review, StatusPresenter(session, window), coverage)
    with qtbot.waitExposed(window):
        window.show()
    window.show_page("review")
    made.enter()
    yield SimpleNamespace(at=made.play, carry=made.carry, session=session, window=window)
    made.close()
    coverage.close()
    operations.close()


LATE = [[9, 12, 13, 14, 15, 16, 17]]


@pytest.mark.parametrize("review", LATE, indirect=True)
def test_a_thing_of_the_first_frames_is_named_where_it_was_identified_first(qtbot, review):
    assert (review.at.frame.seq, review.at.scene.frame_seq) == (10, 9)
    review.carry.select(5)
    assert review.at.frame.seq == review.at.scene.frame_seq == 12
    review.carry.name("lemon")
    qtbot.waitUntil(lambda: len(review.session.queries.labels()) == 1)
    (label,) = review.session.queries.labels()
    assert (label.source, label.track) == ("operator", -5)


@pytest.mark.parametrize("review", LATE, indirect=True)
def test_what_is_carried_from_a_frame_that_was_passed_over_says_where_it_came_from(qtbot, review):
    review.at.seek(0.4)
    review.carry.select(5)
    review.at.seek(0.0)
    review.carry.start()
    assert review.at.frame.seq == 12
    qtbot.waitUntil(lambda: len(review.session.queries.labels()) > 1, timeout=20_000)
    said, *carried = sorted(review.session.queries.labels(), key=lambda label: label.id)
    assert said.source == "operator" and {label.origin for label in carried} == {said.id}


@pytest.mark.parametrize("review", [[9]], indirect=True)
def test_where_nothing_was_identified_on_a_frame_of_its_own_it_says_so(review):
    heard = []
    review.session.said.connect(lambda toast: heard.append(toast.text))
    review.carry.select(5)
    assert not review.at.selected and not review.carry.open
    assert heard == ["It was not identified on a frame of its own here. Move the playhead and click it there."]


@pytest.mark.parametrize("review", [[10, 11, 14]], indirect=True)
def test_who_goes_to_a_frame_that_was_not_identified_is_told_which_one_is_shown(review):
    heard = []
    review.session.said.connect(lambda toast: heard.append(toast.text))
    review.carry.run.done = Done("a", 5, "the lemon", 6, ((7, "It is hidden there."),))
    review.carry.act("look:7")
    assert (review.at.index, review.at.selected) == (4, 5)
    assert heard == ["Frame 7 was not identified. This is frame 5, the one beside it that was."]
    review.carry.run.done = Done("a", 5, "the lemon", 3, ((5, "It is hidden there."),))
    review.carry.act("look:5")
    assert len(heard) == 1
