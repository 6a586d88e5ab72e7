"""The pages of the devices say what is there in numbers that a person reads."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from app.main_window import MainWindow
from app.pages import Pages
from app.presenters.devices import DevicesPresenter
from core.types import ArmState


@pytest.fixture
def window(qtbot):
    made = MainWindow(Pages().by_name())
    qtbot.addWidget(made, before_close_func=lambda w: None)
    made.show()
    return made


def arm(joints, x_m):
    T = np.eye(4)
    T[0, 3] = x_m
    zero = np.zeros(6)
    return ArmState(
        seq=1,
        t_host_ns=0,
        joints=np.array(joints),
        velocities=zero,
        T_base_tool=T,
        gripper=0.05,
        gripper_target=0.05,
        gripping=False,
        driver="nobody",
        generation=1,
        mode="holding",
        stopped=False,
        fault="",
        sent=zero,
    )


def test_a_joint_or_a_place_that_is_just_below_zero_is_zero(window):
    live = SimpleNamespace(arm=arm([-0.004, 0, 0, 0, 0, 0], -0.002))
    DevicesPresenter(SimpleNamespace(live=live), window, lambda device: None).open("arm")
    said = [row.accessibleName() for row in window.device.facts.findChildren(QWidget)]
    assert "Joints: 0°  0°  0°  0°  0°  0°" in said
    assert "Tool: 0, 0, 0 cm" in said
