"""Points at which the program can be made to die."""

import os
import signal
import subprocess
import sys

PROGRAM = """
from madoguchi.kit.failpoints import failpoint
for _ in range(3):
    failpoint("after_commit")
    failpoint("before_commit")
    print("passed", flush=True)
"""


def _run(armed: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "MADOGUCHI_FAILPOINT": armed}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)


def test_an_armed_point_kills_at_the_passage_that_was_asked_for() -> None:
    ended = _run("after_commit:3")
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout.split() == ["passed", "passed"]


def test_without_one_nothing_happens() -> None:
    ended = _run("")
    assert ended.returncode == 0
    assert ended.stdout.split() == ["passed"] * 3
