"""Memory, start times and size: `python -m bench.memory`, of the demo as one command starts it, its Postgres included.

Memory is the proportional set size (PSS) of all processes together, so that what they share counts once.
"""

import argparse
import asyncio
import os
import re
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

from bench import listeners, people, senders
from bench.common import conditions, progress, report
from bench.people import Customer
from bench.senders import customer_sender
from bench.site import ROOT, Site, Web, free_port, program_environment
from bench.wire import bearer

SETTLES = 10.0  # seconds after which it is called idle
CHATS = 40  # as many as the people of the demo may have open
RATE = 200.0  # messages a second of the load
LATER_STARTS = 3
TARGETS = {"idle_mb": 400, "first_start_s": 60, "later_start_s": 5}
_NAME = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


def main() -> None:
    """Measure as asked."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="mdg-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # under root the database's server is another user's
        port = free_port()
        web = Web(folder, port, program_environment(folder, port), ("demo", "--processes", str(asked.processes)))
        try:
            _measure(web, asked)
        finally:
            web.stop()


def _measure(web: Web, asked: argparse.Namespace) -> None:
    if asked.cold:
        _evict()
    first = web.start()
    progress("idle")
    time.sleep(SETTLES)
    idle = memory(web)
    progress("under load")
    loaded, after = _load(web, asked)
    web.stop()
    progress("starting again")
    later = []
    for _ in range(LATER_STARTS):
        later.append(web.start())
        web.stop()
    sizes = {"program": _bytes_in(ROOT / "src"), "packages": sum(_size(part) for part in _packages())}
    found = {
        "conditions": conditions(
            disk="cold" if asked.cold else "warm",
            web_processes=asked.processes,
            load=f"{CHATS} chats and streams, {RATE:g} messages a second for {asked.seconds:g} seconds",
            seed=asked.seed,
        ),
        "idle_mb": idle,
        "under_load_mb": loaded,
        "after_load_mb": after,
        "first_start_s": round(first, 2),
        "later_starts_s": [round(took, 2) for took in later],
        "installed_mb": {part: round(size / 1e6, 1) for part, size in sizes.items()},
        "targets": TARGETS,
    }
    summary = {
        "idle_mb": idle["all"],
        "under_load_mb": loaded["all"],
        "after_load_mb": after["all"],
        "first_start_s": round(first, 2),
        "later_start_s": round(median(later), 2),
        "installed_mb": round(sum(sizes.values()) / 1e6),
    }
    report(found, summary | {"met": all(summary[name] <= target for name, target in TARGETS.items())})


def memory(web: Web) -> dict[str, float]:
    """PSS in megabytes: of the program's Python processes, of Postgres, of all."""
    found = {"program": 0.0, "postgres": 0.0}
    for pid in web.pids:
        try:
            command = Path(f"/proc/{pid}/comm").read_text().strip()
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:  # ended meanwhile
            continue
        part = "postgres" if command.startswith("postgres") else "program"
        found[part] += int(rollup.split("\nPss:", 1)[1].split()[0]) / 1000
    return {name: round(size, 1) for name, size in found.items()} | {"all": round(sum(found.values()), 1)}


def _load(web: Web, asked: argparse.Namespace) -> tuple[dict[str, float], dict[str, float]]:
    """Memory towards the end of a load, and some time after it."""
    here = Site(_joined(web), web.folder, web)
    customers = asyncio.run(people.customers(here, CHATS))
    asyncio.run(people.associates(here, [customer.chat for customer in customers]))
    streams = listeners.Plan(
        port=web.port,
        readers=[_reader(customer) for customer in customers],
        seconds=asked.seconds + 10,
        notes=str(web.folder / "came"),
    )
    posts = senders.Plan(
        port=web.port,
        senders=[customer_sender(customer.token, customer.chat) for customer in customers],
        seconds=asked.seconds,
        rate=RATE,
        seed=asked.seed,
    )
    with listeners.begin(streams) as listening, senders.begin(posts) as posting:
        listening.ready()
        time.sleep(0.8 * asked.seconds)
        loaded = memory(web)
        posting.result(asked.seconds + 60)
        listening.finish(60)
    time.sleep(SETTLES)
    return loaded, memory(web)


def _reader(customer: Customer) -> listeners.Reader:
    return listeners.Reader(f"/api/v1/chats/{customer.chat}/events", dict(bearer(customer.token)), customer.chat)


def _joined(web: Web) -> str:
    """The address of the Postgres that the program runs."""
    socket = (web.folder / "home" / "postgres" / "home" / "run").resolve()
    return f"postgresql:///madoguchi?host={socket}&port=5432&user=postgres"


def _packages() -> Iterator[Distribution]:
    """What requirements.lock asks for, as far as it is for this machine."""
    for name in _NAME.findall((ROOT / "requirements.lock").read_text()):
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue


def _size(part: Distribution) -> int:
    paths = (Path(str(file.locate())) for file in part.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _evict() -> None:
    """Let the kernel forget the files of the program and its packages, as far as nobody else has them in use."""
    files = [Path(str(file.locate())) for part in _packages() for file in part.files or ()]
    for path in [*files, *(ROOT / "src").rglob("*")]:
        if path.is_file():
            opened = os.open(path, os.O_RDONLY)
            os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(opened)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=1, help="web processes (1)")
    parser.add_argument("--seconds", type=float, default=20, help="of load (20)")
    parser.add_argument("--cold", action="store_true", help="begin with the files not in the machine's memory")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
