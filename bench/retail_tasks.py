"""A recorded shop's tasks: `python -m bench.retail_tasks --data DIR --tasks FILE`, done through the public API.

Each task's write acts are done as its user (look-up, quote, confirmation), the store's state is mapped back into the
files' shape, and compared with what the task must leave behind: its own delta to the cent, and nothing else changed.
Refusals must have the right reason. Each user is in a wave once; each wave begins with the shop as imported.
`--twice` confirms everything twice at the same time; `--twin SEED` plays a metamorphic twin of shop and tasks.
Prints a line of JSON for each task and the sums as the last line; exit code 1 when anything is not as it must be.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from bench import retail_files as files
from bench.common import conditions, progress
from bench.retail_clerk import UNKNOWN, Done, clerk
from bench.retail_files import Shop, Task
from bench.retail_twin import Twin
from bench.site import Site, Web, free_port, program_environment
from madoguchi.edge.stores.demo.importing import export_shop
from madoguchi.edge.stores.demo.store import store_database
from madoguchi.kit.postgres import EmbeddedPostgres

_SIZE = "20"  # of the demo shop that stands beside


class Played(msgspec.Struct, frozen=True):
    """A task and what became of it; `wrong` says in words what must not be."""

    task: Task
    done: list[Done]
    wrong: list[str]

    @property
    def passed(self) -> bool:
        """Whether everything is as it must be."""
        return not self.wrong and all(done.as_it_must_be for done in self.done)


def main() -> None:
    """Play the tasks as asked."""
    asked = _arguments()
    shop, tasks = files.read_shop(asked.data), files.read_tasks(asked.tasks)
    if asked.twin is not None:
        twin = Twin(shop, asked.twin)
        shop, tasks = twin.shop(shop), [twin.task(task) for task in tasks]
    played: list[Played] = []
    beside: list[str] = []
    with _shop_as_imported(shop) as begin:
        for number, wave in enumerate(files.waves(tasks), 1):
            progress(f"wave {number}: {len(wave)} tasks")
            with begin(number) as site:
                done, changed = asyncio.run(_wave(site, wave, shop, asked))
                played += done
                beside += changed + _broken(site)
    for one in sorted(played, key=lambda one: one.task.index):
        print(json.dumps(_line(one)))
    summary = _summary(played, beside)
    print(json.dumps({"conditions": conditions(parallel=asked.parallel, twice=asked.twice, twin=asked.twin)}))
    print(json.dumps(summary), flush=True)
    sys.exit(0 if summary["passed"] == summary["tasks"] and not beside else 1)


async def _wave(
    site: Site, wave: Sequence[Task], shop: Shop, asked: argparse.Namespace
) -> tuple[list[Played], list[str]]:
    gate = asyncio.Semaphore(asked.parallel)

    async def play(task: Task) -> list[Done]:
        async with gate:
            who = await clerk(site.web.port, task.user_id, twice=asked.twice)
            return await who.work(task)

    done = await asyncio.gather(*(play(task) for task in wave))
    after = await _exported(site.conninfo)
    played = [Played(task, acts, files.differences(task, shop, after)) for task, acts in zip(wave, done, strict=True)]
    return played, files.elsewhere(wave, shop, after)


async def _exported(conninfo: str) -> Shop:
    database = store_database(conninfo, size=2)
    await database.open()
    try:
        return await export_shop(database)
    finally:
        await database.close()


def _broken(site: Site) -> list[str]:
    """What the program's own check of its invariants finds."""
    found = site.command("doctor", "--invariants")
    return [] if found.returncode == 0 else [found.stdout]


def _line(one: Played) -> dict[str, Any]:
    return {
        "task": one.task.index,
        "passed": one.passed,
        "acts": [{"name": d.act.name, "must": d.act.ok, "ok": d.ok, "code": d.code} for d in one.done],
        "wrong": one.wrong + [f"{d.act.name}: {d.wrong}" for d in one.done if d.wrong],
    }


def _summary(played: Sequence[Played], beside: Sequence[str]) -> dict[str, Any]:
    acts = [done for one in played for done in one.done]
    refusals = [done for done in acts if not done.act.ok]
    not_built = Counter(done.act.name for done in acts if done.code == UNKNOWN)
    return {
        "tasks": len(played),
        "passed": sum(one.passed for one in played),
        "acts": len(acts),
        "acts_right": sum(done.as_it_must_be for done in acts),
        "refusals": len(refusals),
        "refusals_right": sum(done.rightly_refused for done in refusals),
        "changed_elsewhere": len(beside),
        "beside": list(beside)[:20],
        "not_built": dict(not_built),
        "refusals_not_built": dict(Counter(done.act.name for done in refusals if done.code == UNKNOWN)),
        "tasks_of_what_is_built": sum(all(done.code != UNKNOWN for done in one.done) for one in played),
    }


@contextmanager
def _shop_as_imported(shop: Shop) -> Iterator[Any]:
    """Gives a context manager: the program over a fresh copy of the shop, as often as wanted."""
    with tempfile.TemporaryDirectory(prefix="mdg-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # under root the server is another user's
        with EmbeddedPostgres(folder / "postgres") as conninfo:
            model = _site(folder, conninfo, "model")
            model.web.start()
            data = folder / "data"
            data.mkdir()
            imported = model.command("import-shop", str(files.write_shop(data, shop)))
            model.web.stop()
            if imported.returncode:
                raise RuntimeError(imported.stdout + imported.stderr)

            @contextmanager
            def begin(number: int) -> Iterator[Site]:
                copy = _site(folder, conninfo, f"wave_{number}", of="model")
                copy.web.start()
                try:
                    yield copy
                finally:
                    copy.web.stop()

            yield begin


def _site(folder: Path, conninfo: str, name: str, of: str = "template1") -> Site:
    """A database of this name and the program over it, not started."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        make = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(of))
        conn.execute(make)
    own = conninfo.replace("///madoguchi?", f"///{name}?")
    port = free_port()
    return Site(own, folder, Web(folder, port, program_environment(folder, port, own), ("demo", "--size", _SIZE)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with orders, products and users")
    parser.add_argument("--tasks", type=Path, required=True, help="JSON lines, may be gzipped")
    parser.add_argument("--parallel", type=int, default=1, help="tasks at the same time (1)")
    parser.add_argument("--twice", action="store_true", help="confirm everything twice at the same time")
    parser.add_argument("--twin", type=int, metavar="SEED", help="play a twin of shop and tasks")
    return parser.parse_args()


if __name__ == "__main__":
    main()
