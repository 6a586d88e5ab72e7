"""The box in hand, dragged by the mouse: its body along the table, a side, the ring; beside it the mouse is the cloud's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.types import OrientedBox
from tests.widgets import scenes
from widgets.box_hand import BODY, RING, dragged, grip_at, grips, ray_at, turned
from widgets.box_pane import BoxPane
from widgets.cloud_view import CloudView
from widgets.orbit import Orbit, project, projection

SIZE = (800.0, 600.0)
LEFT = Qt.MouseButton.LeftButton
BOX = turned(OrientedBox(center=np.array([0.4, 0.0, 0.05]), size=np.array([0.12, 0.08, 0.1]), R=np.eye(3)), 0.3)
EYE = Orbit(target=(0.4, 0.0, 0.05), elevation=0.7, distance=0.6)
CLIP = projection(SIZE[0] / SIZE[1]) @ EYE.view_from_base()


def at(point, clip=CLIP, size=SIZE):
    xy, _ = project(np.asarray(point)[None], clip, *size)
    return xy[0]


def drag(grip, start, end):
    """From one point in base to another, both seen under the pointer."""
    return dragged(BOX, grip, *(ray_at(CLIP, *SIZE, *at(p)) for p in (start, end)))


@given(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_the_body_follows_the_pointer_along_the_table(dx, dy):
    top = BOX.center + [0.0, 0.0, BOX.size[2] / 2]
    moved = drag(BODY, top, top + [dx, dy, 0])
    np.testing.assert_allclose(moved.center - BOX.center, [dx, dy, 0], atol=1e-6)
    assert np.array_equal(moved.size, BOX.size) and np.array_equal(moved.R, BOX.R)


@pytest.mark.parametrize("by_m", [0.02, -0.03, -0.5])
def test_a_side_follows_the_pointer_and_the_opposite_one_stays(by_m):
    for (axis, side), middle in grips(BOX, EYE.eye()).items():
        if axis < 0:
            continue
        normal = side * BOX.R[:, axis]
        now = drag((axis, side), middle, middle + normal * by_m)
        assert now.size[axis] == pytest.approx(max(0.004, BOX.size[axis] + by_m), abs=1e-6)
        far = lambda box, n=normal, a=axis: box.center - n * box.size[a] / 2  # noqa: E731
        np.testing.assert_allclose(far(now), far(BOX), atol=1e-6)


def test_the_ring_turns_it_about_its_middle():
    ring = grips(BOX, EYE.eye())[RING]
    out, angle = ring - BOX.center, 0.4
    turned_to = BOX.center + np.array([out[0] * np.cos(angle) - out[1] * np.sin(angle), out[0] * np.sin(angle) + out[1] * np.cos(angle), 0])
    now = drag(RING, ring, turned_to)
    np.testing.assert_allclose(now.R, turned(BOX, angle).R, atol=1e-6)
    assert np.array_equal(now.center, BOX.center)


def test_nothing_is_gripped_beside_the_box_and_a_pointer_at_the_horizon_leaves_it_where_it_is():
    assert grip_at(BOX, CLIP, EYE.eye(), SIZE, 5, 5) is None
    low = Orbit(target=(0.4, 0.0, 0.05), elevation=0.1, distance=0.6)
    clip = projection(SIZE[0] / SIZE[1]) @ low.view_from_base()
    start, sky = ray_at(clip, *SIZE, *at(BOX.center, clip)), ray_at(clip, *SIZE, 400, 5)
    assert np.array_equal(dragged(BOX, BODY, start, sky).center, BOX.center)


@pytest.fixture
def pane(qtbot):
    view = CloudView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    camera, frame, scene = scenes.synthetic(3)
    view.set_camera(camera)
    view.set_frame(frame)
    view.set_scene(scene, scenes.rows_of(scene))
    with qtbot.waitExposed(view):
        view.show()
    pane = BoxPane(view, view.overlay)
    view.center_on(scene.detections[0].track)
    pane.set_box(scene.detections[0].box)
    qtbot.waitUntil(lambda: np.allclose(view.orbit().target, scene.detections[0].box.center), timeout=3000)
    return view, pane, scene.detections[0].box


def middle(view, box):
    return QPoint(*(int(x) for x in at(box.center, view.overlay.sight().clip_from_base, (view.width(), view.height()))))


def test_a_drag_of_the_box_moves_it_once_and_one_beside_it_turns_the_view(qtbot, pane):
    view, pane, box = pane
    start, before = middle(view, box) + QPoint(0, 3), view.orbit()
    heard = []
    pane.grabbed.connect(lambda: heard.append("grabbed"))
    pane.moved.connect(heard.append)
    pane.released.connect(lambda: heard.append("released"))
    for begin in (start, QPoint(20, 20)):
        QTest.mousePress(pane, LEFT, Qt.KeyboardModifier.NoModifier, begin)
        for n in range(1, 6):
            QTest.mouseMove(pane, begin + QPoint(8 * n, 0))
        QTest.mouseRelease(pane, LEFT, Qt.KeyboardModifier.NoModifier, begin + QPoint(40, 0))
        if begin is start:
            assert view.orbit() == before, "the view turned with the box"
    assert heard[0] == "grabbed" and heard.count("released") == 1
    moved = heard[-2]
    assert np.linalg.norm(moved.center - box.center) > 0.005 and moved.center[2] == pytest.approx(box.center[2])
    assert view.orbit().azimuth != before.azimuth, "beside the box the view does not turn"


@pytest.mark.parametrize(("modifier", "signal"), [(Qt.KeyboardModifier.NoModifier, "sized"), (Qt.KeyboardModifier.ShiftModifier, "turned")])
def test_the_wheel_over_the_box_sizes_it_and_beside_it_is_the_views(qtbot, pane, modifier, signal):
    view, pane, box = pane

    def wheel(place):
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(QPointF(place), QPointF(place), QPoint(), QPoint(0, 240), none, modifier, phase, False)
        QApplication.sendEvent(pane, event)
        return event.isAccepted()

    with qtbot.waitSignal(getattr(pane, signal)) as turned_by:
        assert wheel(middle(view, box))
    assert turned_by.args == [2]
    assert not wheel(QPoint(20, 20))
