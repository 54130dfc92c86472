"""Showing the code of a present. Never commits."""

from functools import partial
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.gifts.queries import gift_of_order
from madoguchi.core.gifts.rules import TRIES, WITHIN, Gift
from madoguchi.core.people.queries import Customer
from madoguchi.core.shop.queries import Order, order_with_code
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

_PERSON = ("service.human",)


async def redeem(tx: Tx, customer: Customer, typed: str) -> Gift:
    """Whoever shows the code of a present got it; again is as good as once.

    Refused: gift_code_unknown, gift_tries after some of these within an hour, gift_own (to whoever gave it), gift_taken
    where another account has shown it.
    """
    if await _misses(tx, customer.id) >= TRIES:
        raise Refused("gift_tries", 429)
    async with tx.acting(SYSTEM):
        order = await order_with_code(tx, customer.store_id, ids.plain_code(typed))
        if order is None:
            tx.keep(partial(_miss, customer_id=customer.id))
            raise Refused("gift_code_unknown", field="code")
        return await _give(tx, customer, order)


async def _give(tx: Tx, customer: Customer, order: Order) -> Gift:
    if order.customer_id == customer.id:
        raise Refused("gift_own", 409, alternatives=("return.start",), field="code")
    await tx.execute(
        """insert into gifts (id, number, store_id, order_id, customer_id, redeemed_at) values (%s, %s, %s, %s, %s, %s)
           on conflict (order_id) do nothing""",
        [ids.uuid7(), ids.number("P"), order.store_id, order.id, customer.id, tx.now],
    )
    gift = await gift_of_order(tx, order.id)
    if gift is None or gift.customer_id != customer.id:
        raise Refused("gift_taken", 409, alternatives=_PERSON, field="code")
    return gift


async def _misses(tx: Tx, customer_id: UUID) -> int:
    query = "select misses from gift_misses where customer_id = %s and since > %s"
    return int(await tx.value(query, [customer_id, tx.now - WITHIN]) or 0)


async def _miss(tx: Tx, customer_id: UUID) -> None:
    await tx.execute(
        """insert into gift_misses as m (customer_id, since, misses) values (%(who)s, %(now)s, 1)
           on conflict (customer_id) do update
           set misses = case when m.since > %(begin)s then m.misses + 1 else 1 end,
               since = case when m.since > %(begin)s then m.since else excluded.since end""",
        {"who": customer_id, "now": tx.now, "begin": tx.now - WITHIN},
    )
