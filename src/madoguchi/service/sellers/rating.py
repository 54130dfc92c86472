"""Rating the seller of an order."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, refusal
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.core.threads.queries import was_answered
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.sellers import queries, verbs
from madoguchi.service.sellers.asking import seller_of
from madoguchi.service.sellers.rules import COMMENT_LIMIT, STARS


class RateSeller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which order, from 1 (bad) to 5 (good), and why."""

    order_id: UUID
    stars: int
    comment: str = ""


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The stars and a word, as they were given before."""
    given = await queries.rating_of(tx, actor, subject.id)
    stars = tuple(FieldOption(value=str(one), label=Said(f"ui.rating.{one}")) for one in reversed(STARS))
    return (
        Field(name="stars", kind=FieldKind.CHOICE, options=stars, default=str(given.stars) if given else None),
        Field(
            name="comment",
            kind=FieldKind.NOTE,
            required=False,
            limit=COMMENT_LIMIT,
            default=given.comment if given else None,
        ),
    )


async def rate(tx: Tx, actor: Actor, arguments: RateSeller) -> TextCard:
    """What the customer thinks of how the seller handled the order; it may be said anew."""
    order = await access_order(tx, actor, arguments.order_id)
    seller = await seller_of(tx, order)
    await _check_known(tx, order)
    await verbs.rate(tx, actor, seller, order, arguments.stars, arguments.comment)
    return TextCard(lines=(said("threads.rated", seller=seller.name),))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether there is something to be rated: goods that came, or an answer."""
    order = await access_order(tx, actor, subject.id)
    try:
        await seller_of(tx, order)
        await _check_known(tx, order)
    except Refused as refused:
        return refusal(refused)
    return None


async def _check_known(tx: Tx, order: Order) -> None:
    async with tx.acting(SYSTEM):
        answered = await was_answered(tx, order.id)
    if not answered and not any(line.delivered for line in order.document.lines):
        raise Unrelated("rating_too_early", 409)
