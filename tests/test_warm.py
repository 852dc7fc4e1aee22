"""What is forked from the nursery is a process like one that was started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.machine import PATIENCE
from tests.warm import CLIENT, WarmProcess, nursery_socket

SCRIPT = """
import os, random, sys
ours = [name for name in os.environ if name.startswith("OURS")]
print(sys.argv[1:], os.getcwd(), ours, random.random())
print("told", file=sys.stderr)
sys.exit(int(sys.stdin.readline()))
"""


def test_it_has_its_own_files_directory_environment_and_exit_code(tmp_path: Path) -> None:
    """Nothing is left of what the nursery had, and two of them draw different numbers."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    drawn = set()
    for code in (0, 3):
        process = WarmProcess(
            "a", "b c", script=script, cwd=tmp_path, env={"OURS": "1", "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin as stdin:
            stdin.write(f"{code}\n")
        with process.stdout as stdout:
            said, told = stdout.read().splitlines()
        assert said.startswith(f"['a', 'b c'] {tmp_path} ['OURS'] ")
        assert told == "told"
        assert process.wait(PATIENCE) == code
        drawn.add(said.rpartition(" ")[2])
    assert len(drawn) == 2


def test_it_dies_like_any_other(tmp_path: Path) -> None:
    """By signals, by a failpoint, with the exit codes of subprocess; who is dead hears nothing."""
    waiting = tmp_path / "waiting.py"
    waiting.write_text("import time\ntime.sleep(3600)\n")
    for how in (signal.SIGKILL, signal.SIGTERM):
        process = WarmProcess(script=waiting, cwd=tmp_path)
        assert process.poll() is None
        process.send_signal(how)
        assert process.wait(PATIENCE) == -how
        process.kill()
        assert process.poll() == -how
    struck = tmp_path / "struck.py"
    struck.write_text("from flowhook import failpoints\nfailpoints.hit('here')\nfailpoints.hit('here')\n")
    for passes, code in (("2", -signal.SIGKILL), ("3", 0)):
        process = WarmProcess(
            script=struck, cwd=tmp_path, env={**os.environ, "FLOWHOOK_FAILPOINT": f"here:{passes}"}
        )
        assert process.wait(PATIENCE) == code


def test_a_shell_gets_it_by_the_client(tmp_path: Path) -> None:
    """Output and exit code are those of the command."""
    words = [sys.executable, "-S", CLIENT, nursery_socket()]
    done = subprocess.run([*words, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("flowhook ")
    assert (
        subprocess.run([*words, "nonsense"], cwd=tmp_path, capture_output=True, check=False).returncode == 2
    )
