"""A worker for `bench.refunds`, to be killed: it sends refunds through a provider and a store that misbehave.

`python -m bench.refund_worker SEED LOST` with DATABASE_URL; it works until it is told to stop, or dies.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from functools import partial

import uvloop

from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.edge.payments.fake.provider import FakeProvider, payments_database
from madoguchi.edge.payments.fake.rules import Temper
from madoguchi.edge.payments.fake.till import ShopTills
from madoguchi.edge.stores.demo.store import DemoStore, store_database
from madoguchi.kit import clock, migrations
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.kit.jobs import Duty, Nothing, Worker
from madoguchi.kit.security import Signer
from madoguchi.service.refunds import webhooks
from madoguchi.service.refunds.jobs import Executor

STORE = "demo"


class Works:
    """Everything that refunds need, over one database."""

    def __init__(self, conninfo: str, seed: int, lost: float) -> None:
        faults = Faults(seed=seed, lost=lost, timed_out=lost / 3, twice=lost / 3)
        temper = Temper(seed=1, pending=0.1, fails=0.01, fails_late=0.02, doubled=0.5, shuffled=True)
        if not lost:
            temper = Temper()
        self.db = Database(conninfo, role=migrations.APP_ROLE)
        self.store_db = store_database(conninfo)
        self.payments_db = payments_database(conninfo, size=8)
        self.store = DemoStore(self.store_db, STORE, faults)
        tills = ShopTills({STORE: DemoStore(self.store_db, STORE)})
        self.provider = FakeProvider(self.payments_db, tills, Signer(bytes(32)), faults, temper)
        self.executor = Executor(self.db, {STORE: self.store}, {STORE: self.provider})

    async def open(self) -> None:
        """Connect."""
        for database in (self.db, self.store_db, self.payments_db):
            await database.open()

    async def close(self) -> None:
        """Hang up."""
        for database in (self.db, self.store_db, self.payments_db):
            await database.close()

    def worker(self) -> Worker:
        """One that executes, and lets the provider tell its news."""
        duties = {
            intents.EXECUTE: Duty(self.executor.execute, intents.ExecuteRefund),
            "payments.news": Duty(self._news, Nothing, timedelta(seconds=1)),
        }
        return Worker(self.db, duties)

    async def _news(self, _: Nothing) -> None:
        await self.provider.tick(clock.now(), partial(webhooks.take, self.db, self.provider))


async def work(conninfo: str, seed: int, lost: float) -> None:
    """Until somebody says stop."""
    works = Works(conninfo, seed, lost)
    await works.open()
    worker = works.worker()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    await works.close()


if __name__ == "__main__":
    uvloop.run(work(os.environ["DATABASE_URL"], int(sys.argv[1]), float(sys.argv[2])))
