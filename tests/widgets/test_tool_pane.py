"""The layer that a tool works in: strokes, the eraser, the wheel, keys; other buttons reach the view below."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.widgets import scenes
from widgets.image_view import ImageView
from widgets.tool_pane import ToolPane

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pane(qtbot):
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(800, 480)
    _, frame, scene = scenes.synthetic(3)
    view.set_frame(frame)
    view.set_scene(scene, scenes.rows_of(scene))
    with qtbot.waitExposed(view):
        view.show()
    return ToolPane(view, view.positions_of)


def drag(pane, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.mousePress(pane, LEFT, modifiers, QPoint(200, 200))
    for n in range(1, 6):
        QTest.mouseMove(pane, QPoint(200 + 10 * n, 200))
    QTest.mouseRelease(pane, LEFT, modifiers, QPoint(250, 200))


@pytest.mark.parametrize(("modifiers", "erase"), [(Qt.KeyboardModifier.NoModifier, False), (Qt.KeyboardModifier.ShiftModifier, True)])
def test_a_drag_is_a_stroke_and_with_shift_it_takes_away(qtbot, pane, modifiers, erase):
    pane.set_tool("outline")
    with qtbot.waitSignal(pane.stroke_finished) as stroke:
        drag(pane, modifiers)
    points, radius, erases = stroke.args
    assert erases is erase and radius == pane.radius
    np.testing.assert_array_equal(points[[0, -1]][0], [200, 200])
    assert points[:, 0].max() == 250


def test_the_wheel_sizes_the_brush_and_a_move_is_drawn(qtbot, pane):
    pane.set_tool("outline")
    before = pane.radius
    wheel = QWheelEvent(
        QPointF(200, 200),
        QPointF(200, 200),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, wheel)
    assert pane.radius > before
    with qtbot.waitSignal(pane.painted):
        QTest.mouseMove(pane, QPoint(300, 220))


def test_a_click_with_the_knife_is_a_click_and_a_drag_a_cut(qtbot, pane):
    pane.set_tool("split")
    with qtbot.waitSignal(pane.clicked) as click, qtbot.assertNotEmitted(pane.stroke_finished):
        QTest.mouseClick(pane, LEFT, pos=QPoint(120, 130))
    assert click.args == [120.0, 130.0]
    with qtbot.waitSignal(pane.stroke_finished) as cut:
        drag(pane)
    assert cut.args[1] < 3


def test_by_keys_the_cross_moves_and_paints(qtbot, pane):
    pane.set_tool("outline")
    pane.step(30, -10)
    with qtbot.waitSignal(pane.stroke_finished) as stroke:
        pane.dab(erase=False)
    middle = pane.rect().center()
    np.testing.assert_array_equal(stroke.args[0], [[middle.x() + 30, middle.y() - 10]])


def test_by_keys_a_cut_goes_from_one_place_to_another_and_twice_in_one_is_a_click(qtbot, pane):
    pane.set_tool("split")
    pane.set_preview([np.array([[100, 100], [200, 100], [200, 180], [100, 180]], float)])
    x, y = pane.parentWidget().positions_of(np.array([[150, 140]], float))[0]
    with qtbot.assertNotEmitted(pane.clicked), qtbot.assertNotEmitted(pane.stroke_finished, wait=20):
        pane.step(0, -60)
        pane.dab(erase=False)
        pane.step(0, 120)
    with qtbot.waitSignal(pane.stroke_finished) as cut:
        pane.dab(erase=False)
    np.testing.assert_allclose(cut.args[0][[0, -1]], [[x, y - 60], [x, y + 60]])
    pane.dab(erase=False)
    with qtbot.waitSignal(pane.clicked):
        pane.dab(erase=False)


def test_without_a_tool_the_view_has_the_mouse(qtbot, pane):
    pane.set_tool("")
    assert not pane.isVisible()


def test_the_image_says_where_its_pixels_lie(pane):
    view = pane.parentWidget()
    for u, v in ((0, 0), (320, 240), (639, 479)):
        x, y = view.positions_of(np.array([[u, v]], float))[0]
        assert view.pixel_at(QPointF(x, y)) == (u, v)
