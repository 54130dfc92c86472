"""Reading ratings and figures. Figures are counted from what happened each time they are asked for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.people.sellers.queries import own_seller
from madoguchi.core.shop.queries import access_order
from madoguchi.core.threads.queries import access_thread
from madoguchi.kit.db import Tx
from madoguchi.service.sellers.rules import Figures, Rating

_RATING = "select stars, comment, changed_at from seller_ratings"


async def rating_of(tx: Tx, actor: Actor, order_id: UUID) -> Rating | None:
    """The rating of an order that the actor may see."""
    await access_order(tx, actor, order_id)
    return await tx.maybe(Rating, f"{_RATING} where order_id = %s", [order_id])


async def rating_of_thread(tx: Tx, actor: Actor, case_id: UUID) -> Rating | None:
    """The rating of a thread about a product that the actor may see."""
    await access_thread(tx, actor, case_id)
    return await tx.maybe(Rating, f"{_RATING} where case_id = %s", [case_id])


async def ratings(tx: Tx, actor: Actor, *, limit: int = 20) -> Sequence[Rating]:
    """What customers think of the actor's own seller, newest first; nothing of who they are."""
    async with tx.acting(SYSTEM):
        return await tx.all(
            Rating, f"{_RATING} where seller_id = %s order by changed_at desc limit %s", [own_seller(actor), limit]
        )


async def figures(tx: Tx, actor: Actor, since: datetime) -> Figures:
    """How the actor's own seller answered what was asked since a moment, and is rated since then."""
    async with tx.acting(SYSTEM):
        return await tx.one(
            Figures,
            """select asked.*, rated.*
               from (select count(*) filter (where q.answered_at <= q.due_at)::int as in_time,
                            count(*) filter (where q.answered_at > q.due_at)::int as late,
                            count(*) filter (where q.answered_at is null and c.state <> 'seller'
                                               and q.silent_at is not null)::int as missed,
                            count(*) filter (where q.answered_at is null and c.state = 'seller'
                                               and q.due_at > %(now)s)::int as waiting,
                            count(*) filter (where q.answered_at is null and c.state = 'seller'
                                               and q.due_at <= %(now)s)::int as overdue,
                            percentile_cont(0.5) within group
                              (order by extract(epoch from q.answered_at - q.asked_at))::int as usual_seconds
                     from seller_questions q join seller_threads t on t.case_id = q.case_id
                     join cases c on c.id = q.case_id
                     where t.seller_id = %(seller)s and q.asked_at >= %(since)s) asked,
                    (select count(*)::int as ratings, avg(r.stars)::float as stars from seller_ratings r
                     where r.seller_id = %(seller)s and r.changed_at >= %(since)s) rated""",
            {"seller": own_seller(actor), "since": since, "now": tx.now},
        )
