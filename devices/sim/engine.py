"""The one place that imports MuJoCo: picks an OpenGL back end first, since a missing library would break the import itself.

Imported only when a simulated cell is opened. An explicit MUJOCO_GL in the environment wins.
"""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys

BACKENDS = ("egl", "osmesa")
_LIBRARIES = {"egl": "EGL", "osmesa": "OSMesa"}
_PROBE = (
    "import mujoco; m = mujoco.MjModel.from_xml_string('<mujoco><worldbody><geom size=\".1\"/></worldbody></mujoco>');"
    "d = mujoco.MjData(m); mujoco.mj_forward(m, d); r = mujoco.Renderer(m, 64, 64); r.update_scene(d); r.render(); r.close()"
)


def probe_gl(timeout_s: float = 30.0) -> str:
    """The first back end with which a child process can draw, 'disable' when there is none. Takes about a second."""
    wanted = os.environ.get("MUJOCO_GL", "")
    for backend in (wanted,) if wanted else BACKENDS:
        if backend in _LIBRARIES and not ctypes.util.find_library(_LIBRARIES[backend]):
            continue
        environment = {**os.environ, "MUJOCO_GL": backend, "LP_NUM_THREADS": "1"}
        try:
            child = subprocess.run([sys.executable, "-c", _PROBE], env=environment, capture_output=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            continue
        if child.returncode == 0:
            return backend
    return "disable"


def _choose() -> None:
    """Set MUJOCO_GL to what seems installed, without starting anything."""
    if "MUJOCO_GL" not in os.environ:
        installed = [name for name in BACKENDS if ctypes.util.find_library(_LIBRARIES[name])]
        os.environ["MUJOCO_GL"] = installed[0] if installed else "disable"
    os.environ.setdefault("LP_NUM_THREADS", "1")


_choose()

import mujoco  # noqa: E402

__all__ = ["mujoco", "probe_gl"]
