"""The cloud: drawn, picked and framed; tags placed without covering each other."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, QSizeF, Qt
from PySide6.QtTest import QTest

from core.types import ARM_LABEL
from tests.widgets import scenes
from widgets.cloud_view import CloudView
from widgets.gl_canvas import Thinning, gl_available
from widgets.image_view import ImageView
from widgets.orbit import Orbit, eased, from_camera, project, projection
from widgets.tags import place_tags

gl = pytest.mark.gl


def shown(qtbot, shift=0.0):
    view = CloudView()
    qtbot.addWidget(view)
    view.resize(640, 560)
    camera, frame, scene = scenes.synthetic(3, shift)
    view.set_camera(camera)
    view.set_frame(frame)
    view.set_scene(scene, scenes.rows_of(scene))
    with qtbot.waitExposed(view):
        view.show()
    return view, camera, frame, scene


def pixels(view):
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB888)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3]


def place_of(view, scene, track):
    """Where an object's centre lies in the widget."""
    box = next(d.box for d in scene.detections if d.track == track)
    clip = projection(view.width() / view.height()) @ view.orbit().view_from_base()
    xy, _ = project(box.center[None], clip, view.width(), view.height())
    return QPoint(round(xy[0, 0]), round(xy[0, 1]))


@gl
@pytest.mark.skipif("not __import__('os').environ.get('DISPLAY')", reason="needs a display for OpenGL")
def test_the_cloud_is_drawn(qtbot):
    view, *_ = shown(qtbot)
    assert gl_available()
    assert len(np.unique(pixels(view).reshape(-1, 3), axis=0)) > 50
    for mode in ("camera", "depth", "objects"):
        view.set_mode(mode)
        assert pixels(view).std() > 5


@pytest.mark.parametrize("shift", [0.0, 0.05])
def test_a_click_maps_to_the_object_under_it_also_with_two_cameras_apart(qtbot, shift):
    view, _, _, scene = shown(qtbot, shift)
    for track in (1, 2, 3):
        at = place_of(view, scene, track)
        assert view.track_at(at.x(), at.y()) == track
        with qtbot.waitSignal(view.object_clicked) as clicked:
            QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
        assert clicked.args[0] == track


@gl
def test_the_shader_reads_colour_and_label_where_the_picking_does(qtbot):
    """With the depth camera 5 cm aside, a named ball is still tinted where a click on it says it is."""
    view, _, _, scene = shown(qtbot, 0.05)
    image = view._canvas.grabFramebuffer()
    ratio = view.devicePixelRatioF()
    at = place_of(view, scene, 1)
    colors = [image.pixelColor(round((at.x() + dx) * ratio), round((at.y() + dy) * ratio)) for dx in range(-3, 4) for dy in range(-3, 4)]
    yellow = [c for c in colors if c.red() > 90 and c.green() > 80 and c.blue() < 70]
    assert len(yellow) > len(colors) / 3


def test_a_click_beside_objects_is_the_background_and_a_double_click_adds(qtbot):
    view, *_ = shown(qtbot)
    at = QPoint(320, 440)
    assert view.track_at(320, 440) == 0
    with qtbot.waitSignal(view.background_clicked):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    with qtbot.waitSignal(view.add_requested) as added:
        QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert 0 <= added.args[0] < 640


def test_a_drag_orbits_and_is_no_click(qtbot):
    view, _, _, scene = shown(qtbot)
    before = view.orbit()
    with qtbot.assertNotEmitted(view.object_clicked):
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place_of(view, scene, 2))
        for x in range(0, 60, 10):
            QTest.mouseMove(view, place_of(view, scene, 2) + QPoint(x, 5))
        from PySide6.QtCore import QEvent, QPointF
        from PySide6.QtGui import QMouseEvent

        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(400, 400),
            QPointF(400, 400),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        view.mouseMoveEvent(move)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(400, 400))
    assert view.orbit() != before


def test_centring_eases_to_the_object(qtbot):
    view, _, _, scene = shown(qtbot)
    view.center_on(3)
    qtbot.waitUntil(lambda: np.allclose(view.orbit().target, scene.detections[2].box.center), timeout=3000)


def test_frozen_ghost_and_selection_draw_without_error(qtbot):
    view, _, frame, scene = shown(qtbot)
    view.set_selection(2)
    vertices = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0.0], [0, 0, 0.1]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    view.set_ghost([(vertices, faces)], [np.eye(4)])
    lively = pixels(view).copy()
    labels = scene.labels.copy()
    labels[:40] = ARM_LABEL
    view.set_scene(msgspec.structs.replace(scene, labels=labels), scenes.rows_of(scene))
    view.set_frozen(True)
    assert (pixels(view) != lively).any()


def test_without_opengl_the_picture_stands_in(qtbot):
    view, *_ = shown(qtbot)
    view._without_gl("no OpenGL here")
    at = view.pixel_at(320, 280)
    assert at is not None
    assert pixels(view).std() > 5


def test_thinning_follows_the_measured_time():
    thin = Thinning()
    for _ in range(10):
        thin.measured(76)
    assert thin.stride > 1
    for _ in range(40):
        thin.measured(4)
    assert thin.stride == 1


@pytest.mark.parametrize("degrees", [20, 45, 75, 100])
def test_the_view_from_the_camera_is_the_right_way_up(degrees):
    down = np.deg2rad(degrees)  # over 90: it hangs over the table and looks a little back
    forward, right = np.array([0.0, np.cos(down), -np.sin(down)]), np.array([1.0, 0.0, 0.0])
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = np.stack([right, np.cross(forward, right), forward], 1), -0.8 * forward
    clip = projection(1.3) @ from_camera(T, 0.8).view_from_base()
    (left, on_right, near, far), _ = project(np.array([[-0.1, 0, 0], [0.1, 0, 0], [0, -0.1, 0], [0, 0.1, 0]]), clip, 640, 480)
    assert left[0] < on_right[0] and far[1] < near[1]


def test_orbit_is_a_rigid_view_and_eases_the_short_way():
    view = Orbit(azimuth=0.4).view_from_base()
    assert np.allclose(view[:3, :3] @ view[:3, :3].T, np.eye(3))
    middle = eased(Orbit(azimuth=3.0), Orbit(azimuth=-3.0), 0.5)
    assert abs(middle.azimuth) > 3.0


def test_tags_do_not_cover_each_other():
    boxes = {1: QRectF(100, 100, 80, 60), 2: QRectF(150, 110, 80, 60), 3: QRectF(130, 20, 60, 60)}
    sizes = {t: QSizeF(110, 28) for t in boxes}
    placed = place_tags(boxes, sizes, QRectF(0, 0, 500, 400))
    rects = [tag.rect for tag in placed.values()]
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[i + 1 :])


def test_a_tag_does_not_cover_what_else_is_read_there_also_where_it_sat_before():
    box, size, room = {1: QRectF(100, 100, 80, 60)}, {1: QSizeF(110, 28)}, QRectF(0, 0, 500, 400)
    start = place_tags(box, size, room)[1].rect
    assert not place_tags(box, size, room, {1: 0}, kept=[start])[1].rect.intersects(start)


def test_image_view_uses_the_same_pixels(qtbot):
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(800, 480)
    _, frame, scene = scenes.synthetic(3)
    view.set_frame(frame)
    view.set_scene(scene, scenes.rows_of(scene))
    view.show()
    v, u = (int(x.mean()) for x in np.nonzero(scene.labels == 2))
    at = QPoint(80 + u, v)
    assert view.pixel_at(at.toPointF()) == (u, v)
    with qtbot.waitSignal(view.object_clicked) as clicked:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert clicked.args[0] == 2
