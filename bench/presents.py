"""Orders that become presents, and the codes on the slips in their parcels."""

from msgspec.structs import replace

from madoguchi.core.shop import mirror
from madoguchi.edge.stores.demo import queries, verbs
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import ASKER, DemoStore
from madoguchi.edge.stores.demo.verbs import Step
from madoguchi.kit.db import Database, Tx


async def wrapped(db: Database, store_db: Database, store: DemoStore, ref: str) -> str:
    """Make an order a present; its code."""

    async def make(tx: Tx) -> str:
        order = await queries.locked_order(tx, DEMO.id, ref)
        assert order
        await verbs.write(tx, DEMO, [Step(order, replace(order, is_gift=True))], tx.now)
        made = await queries.order(tx, DEMO.id, ref)
        assert made
        assert made.gift_code
        return made.gift_code

    code = await store_db.run(ASKER, make)
    await mirror.follow(db, store)
    return code
