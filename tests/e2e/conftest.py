"""The real program with real processes on a folder of its own; one window serves a whole module, because starting takes seconds."""

import pytest
from PySide6.QtGui import QSurfaceFormat

from app.application import Application, Options
from app.rig import go_first
from app.tour import Eye
from app.tour_hands import Hands
from widgets import theme
from widgets.gl_canvas import surface_format

# A layout of the fruit cell where everything stands apart.
LAYOUT = 1


@pytest.fixture(scope="session")
def qapp_args():
    QSurfaceFormat.setDefaultFormat(surface_format())
    return ["pendant"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("pendant")


@pytest.fixture(scope="module")
def options(data):
    """How the program is started; a module may have its own."""
    return Options(data=data, layout_seed=LAYOUT, rehearsals=1)


@pytest.fixture(scope="module")
def application(qapp, options):
    go_first()
    theme.load_fonts()
    theme.apply_theme(qapp, "dark")
    made = Application(options)
    made.start()
    hands = Hands(made)
    hands.wait(lambda: made.live.scene is not None and bool(made.live.scene.detections), 60, "Nothing was identified.")
    hands.wait(lambda: made.live.arm is not None and made.live.act is not None, 30, "The arm did not answer.")
    yield made
    made.window.close()
    made.close()
    made.window.deleteLater()


@pytest.fixture
def hands(application):
    return Hands(application)


@pytest.fixture(scope="module")
def eye(application):
    """What a person in the room sees."""
    made = Eye(application.rig.run_id)
    yield made
    made.close()
