"""Rating a seller. Never commits."""

from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.people.sellers.queries import Seller
from madoguchi.core.shop.queries import Order
from madoguchi.core.threads.masking import masked
from madoguchi.core.threads.queries import secrets_of
from madoguchi.kit import ids, security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.sellers.rules import COMMENT_LIMIT, STARS


async def rate(tx: Tx, actor: Actor, seller: Seller, order: Order, stars: int, comment: str) -> UUID:
    """What the customer of an order thinks of its seller; said again, it takes the place of what was said before.

    Refused: invalid_rating, text_too_long.
    """
    if stars not in STARS:
        raise Refused("invalid_rating")
    clean, _ = security.mask_cards(security.clean_text(comment))
    if len(clean) > COMMENT_LIMIT:
        raise Refused("text_too_long", limit=COMMENT_LIMIT)
    async with tx.acting(SYSTEM):
        told = masked(clean, await secrets_of(tx, order.customer_id, order.id))
        return UUID(
            str(
                await tx.value(
                    """insert into seller_ratings
                         (id, seller_id, customer_id, order_id, stars, comment, rated_at, changed_at)
                       values (%s, %s, %s, %s, %s, %s, %s, %s)
                       on conflict (order_id) do update
                       set stars = excluded.stars, comment = excluded.comment, changed_at = excluded.changed_at
                       returning id""",
                    [ids.uuid7(), seller.id, order.customer_id, order.id, stars, told.text, tx.now, tx.now],
                )
            )
        )
