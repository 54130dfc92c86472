"""Reading gifts. `access_gift` is the only way from an id to a row, for an actor."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.core.access.rules import Actor
from madoguchi.core.gifts.rules import Gift
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible

_GIFT = "select id, number, store_id, order_id, customer_id, redeemed_at from gifts"


async def access_gift(tx: Tx, actor: Actor, gift_id: UUID) -> Gift:
    """The gift, for whoever got it, staff and the system; else invisible."""
    gift = await tx.maybe(Gift, f"{_GIFT} where id = %s", [gift_id])
    if gift is None or not actor.may_see(gift.customer_id):
        raise invisible()
    return gift


async def gifts_of(tx: Tx, actor: Actor, customer_id: UUID, limit: int = 20) -> Sequence[Gift]:
    """What a customer got and showed the codes of, the last first."""
    if not actor.may_see(customer_id):
        raise invisible()
    return await tx.all(Gift, f"{_GIFT} where customer_id = %s order by id desc limit %s", [customer_id, limit])


async def gift_of_order(tx: Tx, order_id: UUID) -> Gift | None:
    """The gift that an order is to whoever showed its code (for the system)."""
    return await tx.maybe(Gift, f"{_GIFT} where order_id = %s", [order_id])
