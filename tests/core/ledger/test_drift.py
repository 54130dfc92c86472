"""What the store tells of an order, beside what we hold: money, units, states; only where nothing is under way."""

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.queries import drifted
from madoguchi.core.shop.port import OrderState, StoreOrder
from madoguchi.core.shop.queries import access_order
from madoguchi.core.shop.verbs import mirror_order
from tests.core.ledger.conftest import UNITS, Books, yen


async def _of(books: Books) -> StoreOrder:
    return (await books.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, books.order_id))).document


async def _told(books: Books, order: StoreOrder) -> list[str]:
    """What is found when the store tells the order so."""
    document = Jsonb(msgspec.to_builtins(order))
    query = "update orders set document = %s where id = %s"
    await books.db.run(SYSTEM, lambda tx: tx.execute(query, [document, books.order_id]))
    return list(await books.db.run(SYSTEM, drifted))


async def test_the_same_is_no_drift(books: Books) -> None:
    order = await _of(books)
    assert await _told(books, order) == []


async def test_money_units_and_states_are_compared(books: Books) -> None:
    order = await _of(books)
    tenders = (msgspec.structs.replace(order.tenders[0], refunded=yen(1)), *order.tenders[1:])
    (money,) = await _told(books, msgspec.structs.replace(order, tenders=tenders))
    assert money == f"{order.ref} tender 1: ours 0, the store's 1"
    line = msgspec.structs.replace(order.lines[0], cancelled=1)
    (units,) = await _told(books, msgspec.structs.replace(order, lines=(line,)))
    assert units == f"{order.ref} line 1: ours 0 cancelled, the store's 1"
    (state,) = await _told(books, msgspec.structs.replace(order, state=OrderState.CANCELLED))
    assert state == f"{order.ref}: ours not cancelled, the store's cancelled"


async def test_what_the_store_cancelled_and_we_took_over_is_no_drift(books: Books) -> None:
    order = await _of(books)
    line = msgspec.structs.replace(order.lines[0], cancelled=UNITS)
    cancelled = msgspec.structs.replace(order, lines=(line,), state=OrderState.CANCELLED, version=order.version + 1)
    await books.db.run(SYSTEM, lambda tx: mirror_order(tx, "demo", cancelled))
    assert await _told(books, cancelled) == []
