"""A simulated month: `python -m bench.month`, with returns, exchanges, claims and whatever comes too late.

Customers, carriers and the warehouse of a demo shop act out `--acts` stories (month_stories), shuffled by `--seed` over
thirty days of the program's own clock: verbs and jobs in process, no web. The store and the payment provider lose
replies and do things twice. At the end of the month, and again when nothing is left to happen, the program's own
invariants are asked for: every ledger balanced, every state legal. The last line is JSON; exit code 1 when not.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench.common import conditions, postgres_version, progress, report
from bench.month_stories import auditor, clerks, leaders, stories
from bench.month_world import BEGINS, MONTH, QUIET, Month, inhabit, settle_in
from bench.site import database
from madoguchi.app import App
from madoguchi.kit import clock
from madoguchi.kit.settings import Settings

ORDERS_EACH = 3  # of a generated customer, at least on average


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a month: what was asked for and how it ended, and the invariants that did not hold, and when."""

    stories: int
    said: dict[str, int]
    broken: dict[str, dict[str, Sequence[str]]]
    seconds: float

    @property
    def met(self) -> bool:
        """Whether all books were balanced and every state legal, then and in the end."""
        return not any(self.broken.values())

    @property
    def summary(self) -> dict[str, Any]:
        """The figures, and the verdict."""
        done = sum(count for said, count in self.said.items() if said.endswith(": done"))
        acts = {"stories": self.stories, "acts": sum(self.said.values()), "done": done}
        return acts | {"seconds": round(self.seconds, 1), "broken": self.broken, "met": self.met}


def main() -> None:
    """Play a month as asked."""
    asked = _arguments()
    logging.getLogger("madoguchi").setLevel(logging.ERROR)  # lost replies are part of it
    with database() as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as conn:  # nothing crashes here, so nothing waits for the disk
            conn.execute("alter system set synchronous_commit = off")
            conn.execute("select pg_reload_conf()")
        found = asyncio.run(play(conninfo, asked.acts, asked.customers, asked.seed))
        given = conditions(acts=asked.acts, customers=asked.customers, seed=asked.seed)
        report({"conditions": given, "postgres": postgres_version(conninfo), "said": found.said}, found.summary)
    sys.exit(0 if found.met else 1)


async def play(conninfo: str, acts: int, customers: int, seed: int) -> Found:
    """A month with so many stories in a shop with so many customers, over a database with our schema; and what follows.

    Whoever calls owns the database.
    """
    with tempfile.TemporaryDirectory(prefix="mdg-month-") as folder:
        app = App(Settings(data_dir=Path(folder)), conninfo, demo=True)
        await app.open()
        try:
            progress(f"{customers} customers settle in")
            await settle_in(app, customers, seed)
            return await _month(app, acts, seed)
        finally:
            await app.close()


async def _month(app: App, acts: int, seed: int) -> Found:
    month = Month(app, random.Random(seed))
    begun, ends = time.monotonic(), BEGINS + MONTH + QUIET
    with clock.frozen(BEGINS):
        await inhabit(month)
    beside = [(BEGINS, leaders(month)), (BEGINS, clerks(month)), (BEGINS, auditor(month, MONTH))]
    await month.play([*stories(month, acts, BEGINS, BEGINS + MONTH), *beside], ends)
    with clock.frozen(ends):
        month.broken["in the end"] = await month.invariants()
    return Found(
        stories=acts, said=dict(month.said.most_common()), broken=month.broken, seconds=time.monotonic() - begun
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=10_000, help="returns, exchanges, claims and the like (10000)")
    parser.add_argument("--customers", type=int, help="of the shop, besides the named ones (one for every third act)")
    parser.add_argument("--seed", type=int, default=1, help="of the shuffling (1)")
    asked = parser.parse_args()
    asked.customers = asked.customers or max(asked.acts // ORDERS_EACH, 1)
    return asked


if __name__ == "__main__":
    main()
