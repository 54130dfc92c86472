"""Rating a seller: how an order was handled, or what was answered about a product before it was bought."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.core.cases.queries import access_case
from madoguchi.core.people.sellers.queries import Seller, seller
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.core.threads.queries import access_thread, is_answered, was_answered
from madoguchi.core.threads.rules import Thread
from madoguchi.kit.db import Tx
from madoguchi.service.sellers import queries, verbs
from madoguchi.service.sellers.asking import seller_of
from madoguchi.service.sellers.rules import COMMENT_LIMIT, STARS, Rating
from madoguchi.service.sellers.verbs import Rated


class RateSeller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which order, from 1 (bad) to 5 (good), and why."""

    order_id: UUID
    stars: int
    comment: str = ""


class RateAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which thread about a product, from 1 (bad) to 5 (good), and why."""

    case_id: UUID
    stars: int
    comment: str = ""


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The stars and a word, as they were given before."""
    return _fields(await queries.rating_of(tx, actor, subject.id))


async def rate(tx: Tx, actor: Actor, arguments: RateSeller) -> TextCard:
    """What the customer thinks of how the seller handled the order; it may be said anew."""
    order = await access_order(tx, actor, arguments.order_id)
    sold_by = await _sold_by(tx, order)
    of = Rated(seller_id=sold_by.id, customer_id=order.customer_id, order_id=order.id)
    await verbs.rate(tx, of, arguments.stars, arguments.comment)
    return TextCard(lines=(said("threads.rated", seller=sold_by.name),))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether there is something to be rated: goods that came, or an answer."""
    return await why_not(_sold_by(tx, await access_order(tx, actor, subject.id)))


async def answer_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The same for a thread."""
    return _fields(await queries.rating_of_thread(tx, actor, subject.id))


async def rate_answer(tx: Tx, actor: Actor, arguments: RateAnswer) -> TextCard:
    """What the customer thinks of the seller's answer about a product; it may be said anew.

    Refused: rated_by_order, rating_too_early.
    """
    thread = await _answered(tx, actor, arguments.case_id)
    asked_by = (await access_case(tx, actor, arguments.case_id)).customer_id
    of = Rated(seller_id=thread.seller_id, customer_id=asked_by, case_id=thread.case_id)
    await verbs.rate(tx, of, arguments.stars, arguments.comment)
    return TextCard(lines=(said("threads.rated", seller=(await seller(tx, thread.seller_id)).name),))


async def offer_answer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether a seller has answered about a product."""
    return await why_not(_answered(tx, actor, subject.id))


def _fields(given: Rating | None) -> tuple[Field, ...]:
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


async def _sold_by(tx: Tx, order: Order) -> Seller:
    """Who sold it, once the customer knows something of them."""
    sold_by = await seller_of(tx, order)
    async with tx.acting(SYSTEM):
        answered = await was_answered(tx, order.id)
    if not answered and not any(line.delivered for line in order.document.lines):
        raise Unrelated("rating_too_early", 409)
    return sold_by


async def _answered(tx: Tx, actor: Actor, case_id: UUID) -> Thread:
    """The thread; what is about an order is rated with that."""
    thread = await access_thread(tx, actor, case_id)
    if thread.product_ref is None:
        raise Unrelated("rated_by_order", 409)
    if not await is_answered(tx, case_id):
        raise Unrelated("rating_too_early", 409)
    return thread
