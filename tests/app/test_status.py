"""The bottom line tells what the identifier has to do without."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from app.main_window import MainWindow
from app.pages import Pages
from app.presenters.status import StatusPresenter


class Live(SimpleNamespace):
    """Nothing is connected yet; `scene` comes from the identifier."""

    def fps(self):
        return 0.0

    def frame_age_ns(self):
        return 0


class Session(QObject):
    changed = Signal(object)
    said = Signal(object)

    def __init__(self, folder):
        super().__init__()
        self.cell, self.undo_text = "fruit", ""
        self.store = SimpleNamespace(folder=SimpleNamespace(root=folder))
        self.live = Live(arm=None, act=None, frame=None, scene=None, camera=None, frozen=False, memory=SimpleNamespace(stopped=False))


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path)


def test_a_notice_of_the_identifier_is_said_once_in_the_bottom_line(qtbot, session):
    window = MainWindow(Pages().by_name())
    qtbot.addWidget(window, before_close_func=lambda w: None)
    status = StatusPresenter(session, window)
    sentence = "Things are told apart by geometry alone. identifier.safetensors is missing."
    session.live.scene = SimpleNamespace(notice="", camera_moved=False)
    status.refresh()
    assert "simulated cell" in window.bottom.accessibleName()
    session.live.scene = SimpleNamespace(notice=sentence, camera_moved=False)
    status.refresh()
    assert window.bottom.accessibleName() == sentence
    status.tell("Banana was named.")
    status.refresh()
    assert window.bottom.accessibleName() == "Banana was named."
