"""The one place that imports MuJoCo, after an OpenGL back end has been chosen. Imported only when a simulated cell is opened."""

from __future__ import annotations

from devices.sim.gl import choose_gl

choose_gl()

import mujoco  # noqa: E402

__all__ = ["mujoco"]
