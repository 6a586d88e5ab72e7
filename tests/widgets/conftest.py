"""Fixtures of the screen's tests: themed application and default GL format."""

import pytest
from PySide6.QtGui import QSurfaceFormat

from widgets import theme
from widgets.gl_canvas import surface_format


@pytest.fixture(scope="session")
def qapp_args():
    QSurfaceFormat.setDefaultFormat(surface_format())
    return ["pendant"]


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.load_fonts()
    theme.apply_theme(qapp, "dark")
