"""Rollouts go on in processes of their own, and none of them outlives the command that started them."""

import signal
import subprocess
import sys

import psutil

_COMMAND = """
import os, time
from app.rollouts import processes

if __name__ == "__main__":
    pool = processes(1)
    print(pool.submit(os.getpid).result(), flush=True)
    pool.submit(time.sleep, 600).result()
"""


def test_a_command_that_is_ended_ends_its_rollouts_in_the_middle(tmp_path):
    script = tmp_path / "command.py"
    script.write_text(_COMMAND)
    command = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    rollout = psutil.Process(int(command.stdout.readline()))
    command.send_signal(signal.SIGTERM)
    assert command.wait(20) == -signal.SIGTERM
    gone, left = psutil.wait_procs([rollout], timeout=20)
    for process in left:
        process.kill()
    command.stdout.close()
    assert gone and not left
