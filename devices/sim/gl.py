"""Which OpenGL back end works here. Imports no MuJoCo, since its import itself fails when the chosen library is missing.

Called by a camera's process before it imports the engine, and by the engine for a guess from what is installed.
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


def choose_gl(probe: bool = False) -> str:
    """Set MUJOCO_GL unless it is set: by drawing in a child process (`probe`), or by what seems installed. Returns the choice."""
    if "MUJOCO_GL" not in os.environ:
        installed = [name for name in BACKENDS if ctypes.util.find_library(_LIBRARIES[name])]
        os.environ["MUJOCO_GL"] = probe_gl() if probe else next(iter(installed), "disable")
    # llvmpipe's own threads save no processor time and would take the window's core.
    os.environ.setdefault("LP_NUM_THREADS", "1")
    return os.environ["MUJOCO_GL"]
