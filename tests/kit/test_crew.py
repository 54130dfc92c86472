"""Processes that watch over one another are tried as processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, time
from pathlib import Path
from madoguchi.kit import crew

folder = Path(sys.argv[1])
place = crew.muster(3)
if (folder / "broken").exists():
    sys.exit(65)
role = "helper" if place.told else "first"
said = folder / f"saying-{os.getpid()}"
said.write_text(place.told or "")
said.rename(folder / f"{role}-{os.getpid()}")
place.ready("the word")
while True:
    time.sleep(10)
"""


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment)
    yield process
    process.kill()
    process.wait()


def members(folder: Path, role: str, count: int) -> list[int]:
    """The processes that have taken up a role, as soon as there are so many."""
    deadline = time.monotonic() + 10
    while len(found := sorted(folder.glob(f"{role}-*"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return [int(path.name.partition("-")[2]) for path in found]


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not Path(f"/proc/{pid}").exists()


def test_others_join_the_first_and_all_end_together(crew: subprocess.Popen[bytes], tmp_path: Path) -> None:
    everybody = members(tmp_path, "first", 1) + members(tmp_path, "helper", 2)
    assert all(path.read_text() == "the word" for path in tmp_path.glob("helper-*"))
    crew.send_signal(signal.SIGTERM)
    assert crew.wait(10) == 0
    assert all(gone(pid) for pid in everybody)


def test_whoever_dies_is_started_again(crew: subprocess.Popen[bytes], tmp_path: Path) -> None:
    first, helpers = members(tmp_path, "first", 1), members(tmp_path, "helper", 2)
    os.kill(helpers[0], signal.SIGKILL)
    members(tmp_path, "helper", 3)
    os.kill(first[0], signal.SIGKILL)
    members(tmp_path, "first", 2)
    assert crew.poll() is None


def test_all_end_when_the_watcher_is_killed(crew: subprocess.Popen[bytes], tmp_path: Path) -> None:
    everybody = members(tmp_path, "first", 1) + members(tmp_path, "helper", 2)
    crew.kill()
    assert all(gone(pid) for pid in everybody)


def test_a_first_one_that_cannot_start_ends_all_with_its_code(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment, timeout=10)
    assert done.returncode == 65
    assert not list(tmp_path.glob("helper-*"))
