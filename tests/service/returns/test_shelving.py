"""What comes back as good as new stands in the store's shelf again, each unit once."""

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop.queries import access_order
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit.faults import Faults
from madoguchi.kit.jobs import Nothing
from madoguchi.service.returns import queries
from madoguchi.service.returns.shelving import Shelver
from tests.service.returns.conftest import Yard

CLOTHES = "MD-10233915"  # a sweater and two T-shirts


async def stock(yard: Yard) -> int:
    """How many of the T-shirts there are."""
    product = await yard.store.get_product("TSHIRT")
    assert product
    return next(variant.stock or 0 for variant in product.variants if variant.sku == "TSHIRT-M")


async def shelve(yard: Yard, faults: Faults | None = None) -> None:
    await Shelver(yard.db, {"demo": DemoStore(yard.store_db, "demo", faults)}).sweep(Nothing())


async def shirts_come_back(yard: Yard, disposition: str) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 2}, reason="size", condition="untagged")
    await yard.arrives(of)
    await yard.looked_at(of, disposition=disposition)


async def test_what_is_as_new_is_sold_again(yard: Yard) -> None:
    before = await stock(yard)
    await shirts_come_back(yard, "restock")
    await shelve(yard)
    await shelve(yard)
    assert await stock(yard) == before + 2
    _, order_id = await yard.actor(CLOTHES)
    order = await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, order_id))
    assert order.document.lines[1].restocked == 2
    await yard.in_order()


async def test_what_is_not_is_not(yard: Yard) -> None:
    before = await stock(yard)
    await shirts_come_back(yard, "discard")
    await shelve(yard)
    assert await stock(yard) == before


async def test_lost_replies_put_nothing_there_twice(yard: Yard) -> None:
    before = await stock(yard)
    await shirts_come_back(yard, "restock")
    await shelve(yard, Faults(lost=1.0))
    assert await yard.db.run(SYSTEM, queries.to_shelve)
    await shelve(yard, Faults(twice=1.0))
    assert not await yard.db.run(SYSTEM, queries.to_shelve)
    assert await stock(yard) == before + 2


async def test_a_store_that_takes_nothing_back_is_left_alone(yard: Yard) -> None:
    await shirts_come_back(yard, "restock")
    await Shelver(yard.db, {}).sweep(Nothing())
    assert len(await yard.db.run(SYSTEM, queries.to_shelve)) == 2
