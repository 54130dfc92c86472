"""A part of a measurement that runs as a process of its own: a plan goes in as JSON, what came of it comes out."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
import uvloop

from bench.site import ROOT

P = TypeVar("P", bound=msgspec.Struct)
R = TypeVar("R", bound=msgspec.Struct)


class Load(Generic[R]):
    """A running load."""

    def __init__(self, module: str, plan: msgspec.Struct, result: type[R]) -> None:
        self._result = result
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdin
        self.process.stdin.write(msgspec.json.encode(plan))
        self.process.stdin.close()
        self.process.stdin = None

    def __enter__(self) -> "Load[R]":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def ready(self) -> None:
        """Wait for the line that says so, from loads that say it."""
        assert self.process.stdout
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("a load did not come to the point where it was ready")

    def finish(self, within: float) -> R:
        """Ask it to end, and what came of it."""
        self.process.terminate()
        return self.result(within)

    def result(self, within: float) -> R:
        """What came of it, when it has ended by itself."""
        output, _ = self.process.communicate(timeout=within)
        return msgspec.json.decode(output, type=self._result)


def say_ready() -> None:
    """Tell the measurement that the load is in place."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def carry_out(plan: type[P], work: Callable[[P], Awaitable[msgspec.Struct]]) -> None:
    """The main program of a load."""
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=plan)

    async def run() -> msgspec.Struct:
        return await work(given)

    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run())))
