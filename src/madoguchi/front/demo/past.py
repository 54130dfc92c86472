"""The demo's last month: what the rules said to wishes, so that a changed rule has something to be tried on."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people.queries import customer_by_ref
from madoguchi.core.policy import queries, verbs
from madoguchi.core.policy.pack import ChangeWish
from madoguchi.core.policy.questions import about_change
from madoguchi.core.policy.rules import decide
from madoguchi.core.shop.queries import Order, orders_of
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx

MONTH = timedelta(days=30)
SPREAD = 7  # moments over which an order's questions are dealt
WISHES = (
    (ChangeWish.CANCEL, "order.cancel"),
    (ChangeWish.ADDRESS, "order.change_address"),
    (ChangeWish.ITEMS, "order.change_items"),
    (ChangeWish.PAYMENT, "order.change_payment"),
)


async def remember(database: Database) -> None:
    """Let the named customers have asked, since they ordered, what could be done with their orders; once."""
    now = clock.now()
    orders = await database.run(SYSTEM, _orders)
    for number, (order, (wish, action)) in enumerate(product(orders, WISHES)):
        since = max(order.placed_at, now - MONTH)
        with clock.frozen(since + (now - since) * (number % SPREAD + 1) / (SPREAD + 1)):
            await database.run(SYSTEM, lambda tx: _decide(tx, order, wish, action))  # noqa: B023 - awaited at once


async def _orders(tx: Tx) -> Sequence[Order]:
    """Whose orders are asked about; none when that was done before."""
    if await queries.decisions(tx, DEMO.rule_pack, tx.now - MONTH):
        return ()
    known = [await customer_by_ref(tx, DEMO.id, person.customer.ref) for person in PEOPLE]
    return [order for customer in known if customer for order in await orders_of(tx, customer.id)]


async def _decide(tx: Tx, order: Order, wish: ChangeWish, action: str) -> None:
    decision = decide(await queries.rules_of(tx, DEMO.id), about_change(wish, order.document, tx.now))
    await verbs.record(tx, SYSTEM, action, decision, customer_id=order.customer_id, order_id=order.id)
