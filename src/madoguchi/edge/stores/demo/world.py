"""The demo shop's world: named people with an order for every story, and as many more customers as are wanted.

Deterministic in (seed, size, now): the same three give the same shop.
"""

from collections.abc import Callable
from datetime import datetime

from madoguchi.edge.stores.demo import growth, queries, stories, verbs
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import ASKER
from madoguchi.kit.db import Database, Tx

BATCH = 250  # customers that are put in at a time
Progress = Callable[[int, int], None]


async def seed(
    database: Database,
    now: datetime,
    *,
    size: int = 0,
    seed: int = 1,
    progress: Progress = lambda done, total: None,
) -> int:
    """Fill the demo shop with its named people and `size` generated customers; how many customers were added.

    What is there already stays as it is, so that a stopped run goes on where it was. `database` is the store's own
    (store.store_database); `progress` hears how many of all customers are there.
    """
    found = await database.run(ASKER, lambda tx: _open(tx, now))
    there = max(found, len(PEOPLE))
    wanted = size + len(PEOPLE)
    progress(there, wanted)
    while there < wanted:
        first = there - len(PEOPLE)
        batch = growth.contents(seed, range(first, min(first + BATCH, size)), now)
        await database.run(ASKER, lambda tx: verbs.fill(tx, DEMO, batch))  # noqa: B023 - awaited at once
        there += len(batch.customers)
        progress(there, wanted)
    return there - found


async def _open(tx: Tx, now: datetime) -> int:
    """Open the shop with its named people; how many customers were there before."""
    if not await verbs.open_shop(tx, DEMO, now):
        return await queries.number_of_customers(tx, DEMO.id)
    await verbs.fill(tx, DEMO, stories.contents(now))
    return 0
