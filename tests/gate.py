"""The whole gate, as `./madoguchi test` runs it: every step with its time, red when one of them is.

Arguments name the steps to run, such as `./madoguchi test lint types`; without any, all run.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


class Step(NamedTuple):
    """One check: a command, and the folder that it runs in."""

    name: str
    command: list[str]
    folder: Path = ROOT


STEPS = [
    Step("format", [sys.executable, "-m", "ruff", "format", "--check", "--output-format", "concise", ".", "madoguchi"]),
    Step("lint", [sys.executable, "-m", "ruff", "check", "--quiet", ".", "madoguchi"]),
    Step("types", [sys.executable, "-m", "mypy"]),
    Step("imports", [sys.executable, str(PROGRAMS / "lint-imports"), "--no-logo"]),
    Step("pages", ["npm", "run", "--silent", "typecheck"], ROOT / "frontend"),
    Step("browser", [sys.executable, "-m", "tests.browser"]),
    # neighbours, who share what was set up for them, stay together
    Step("tests", [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal"]),
]


class Result(NamedTuple):
    """How a step ended, and after how many seconds."""

    step: Step
    code: int
    seconds: float


def main(names: list[str]) -> int:
    """Run the steps, all of them even after a red one; the exit code of the first red one, 0 when there is none."""
    if unknown := set(names) - {step.name for step in STEPS}:
        print(f"There is no step {', '.join(sorted(unknown))}; there are {', '.join(step.name for step in STEPS)}.")
        return 2
    results = [run(step) for step in STEPS if not names or step.name in names]
    print("\n-- gate")
    for step, code, seconds in results:
        print(f"{step.name:<10}{seconds:7.1f} s  {'ok' if code == 0 else f'FAILED ({code})'}")
    print(f"{'together':<10}{sum(result.seconds for result in results):7.1f} s")
    return next((result.code for result in results if result.code), 0)


def run(step: Step) -> Result:
    """Run one step, its output where ours goes."""
    print(f"\n-- {step.name}", flush=True)
    started = time.monotonic()
    code = subprocess.run(step.command, cwd=step.folder, env=environment(), stdin=subprocess.DEVNULL).returncode
    return Result(step, code, time.monotonic() - started)


def environment() -> dict[str, str]:
    """Ours, with the sources importable wherever the gate was called from."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
