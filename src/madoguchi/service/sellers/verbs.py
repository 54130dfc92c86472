"""Rating a seller. Never commits."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.threads.masking import masked
from madoguchi.core.threads.queries import secrets_of
from madoguchi.kit import ids, security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.sellers.rules import COMMENT_LIMIT, STARS


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """What is rated: how a seller handled an order, or answered in a thread about a product."""

    seller_id: UUID
    customer_id: UUID
    order_id: UUID | None = None
    case_id: UUID | None = None


async def rate(tx: Tx, of: Rated, stars: int, comment: str) -> UUID:
    """What a customer thinks of a seller; said again, it takes the place of what was said before.

    Refused: invalid_rating, text_too_long.
    """
    if stars not in STARS:
        raise Refused("invalid_rating")
    clean, _ = security.mask_cards(security.clean_text(comment))
    if len(clean) > COMMENT_LIMIT:
        raise Refused("text_too_long", limit=COMMENT_LIMIT)
    async with tx.acting(SYSTEM):
        told = masked(clean, await secrets_of(tx, of.customer_id, of.order_id))
        once = "order_id" if of.order_id else "case_id"
        found: UUID = await tx.value(
            f"""insert into seller_ratings
                  (id, seller_id, customer_id, order_id, case_id, stars, comment, rated_at, changed_at)
                values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                on conflict ({once}) do update
                set stars = excluded.stars, comment = excluded.comment, changed_at = excluded.changed_at
                returning id""",
            [ids.uuid7(), of.seller_id, of.customer_id, of.order_id, of.case_id, stars, told.text, tx.now, tx.now],
        )
        return found
