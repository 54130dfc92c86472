"""Sending back a present, by whoever got it: with its code, for their own balance. Whoever gave it hears nothing."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import About, Field, FieldKind, Subject, Thing, refusal
from madoguchi.core.actions.rules import Draft, Outcome, Refusal, TextCard, Wish, said
from madoguchi.core.gifts import verbs as gifts
from madoguchi.core.gifts.queries import access_gift, gifts_of
from madoguchi.core.gifts.rules import Gift
from madoguchi.core.people.queries import access_customer
from madoguchi.core.photos import queries as photos
from madoguchi.core.policy.pack import Method, ReturnReason
from madoguchi.core.shop.port import Operation, StorePort
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import agreeing, asking, opening, verbs
from madoguchi.service.returns.agreeing import ReturnOrder
from madoguchi.service.returns.eligibility import Basis, basis_of
from madoguchi.service.returns.narrowing import narrowed
from madoguchi.service.returns.plans import ReturnPlan
from madoguchi.service.returns.rules import Condition
from madoguchi.service.returns.slips import named

CODE = Field(name="code", kind=FieldKind.TEXT, limit=40)
_BUYERS = frozenset({ReturnReason.MISTAKE, ReturnReason.BETTER_PRICE, ReturnReason.LOST})
REASONS = tuple(reason for reason in ReturnReason if reason not in _BUYERS)


class RedeemGift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who got it, and the code on the slip that was in the parcel."""

    customer_id: UUID
    code: str


class ReturnGift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which units of a present come back, why, in what state and how."""

    gift_id: UUID
    lines: dict[str, int]
    reason: ReturnReason | None = None
    condition: Condition | None = None
    method: Method | None = None
    photos: tuple[UUID, ...] = ()


class GiftPlan(ReturnPlan, frozen=True, kw_only=True):
    """What was agreed to; `store_ref` is how the store calls the order."""

    gift_id: UUID
    store_ref: str


class Goods(msgspec.Struct, frozen=True):
    """A present as whoever got it sees it: what is in it, and how many of that."""

    gift: Gift
    lines: Mapping[str, tuple[str, int]]

    @property
    def named(self) -> str:
        """What people call it."""
        return f"{self.gift.number} {', '.join(name for name, _ in self.lines.values())}"


# --- the code


async def code_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The code."""
    await access_customer(tx, actor, subject.id)
    return (CODE,)


async def redeem(tx: Tx, actor: Actor, arguments: RedeemGift) -> TextCard:
    """Know from now on that the customer got the present; Refused as `gifts.redeem`."""
    goods = await shown(tx, await redeemed(tx, actor, arguments.customer_id, arguments.code))
    return TextCard(lines=(said("returns.gift.known", goods=goods.named),), ways=("gift.return",))


async def redeemed(tx: Tx, actor: Actor, customer_id: UUID, code: str) -> Gift:
    """The present whose code a customer shows."""
    return await gifts.redeem(tx, await access_customer(tx, actor, customer_id), code)


async def offer_code(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Always: whether there is a present, its code alone tells."""
    return None


async def things(tx: Tx, actor: Actor, customer_id: UUID) -> Sequence[Thing]:
    """The presents that a customer got and showed the codes of, the last first."""
    found = [await shown(tx, one) for one in await gifts_of(tx, actor, customer_id)]
    return [Thing(Subject(About.GIFT, one.gift.id, str(one.gift.id)), one.named) for one in found]


async def shown(tx: Tx, gift: Gift) -> Goods:
    """What is in a present that the actor was found to see."""
    async with tx.acting(SYSTEM):
        order = (await access_order(tx, SYSTEM, gift.order_id)).document
    return Goods(gift, {line.ref: (named(line), line.quantity - line.cancelled) for line in order.lines})


# --- the return


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Which units, why, in what state, and how."""
    gift = await access_gift(tx, actor, subject.id)
    try:
        of = await _basis(tx, gift)
    except Refused:
        return ()
    shown = await photos.field(tx, actor, gift.customer_id, required=False)
    return (asking.lines_field(of), *asking.why_fields(of, REASONS), shown, *asking.way_field(of))


async def narrow(
    tx: Tx, actor: Actor, subject: Subject, fields: tuple[Field, ...], given: Mapping[str, Any]
) -> tuple[Field, ...]:
    """What of it still matters after what was given."""
    of = await _basis(tx, await access_gift(tx, actor, subject.id))
    return narrowed(of, actor, fields, given, given.get("lines", {}), tx.now)


async def draft(tx: Tx, actor: Actor, arguments: ReturnGift) -> Draft:
    """What sending it back means; Refused as `opening.draft`."""
    of = await _basis(tx, await access_gift(tx, actor, arguments.gift_id))
    asked = ReturnOrder(
        order_id=of.order.id,
        lines=arguments.lines,
        reason=arguments.reason,
        condition=arguments.condition,
        method=arguments.method,
        photos=arguments.photos,
    )
    plan, decisions = agreeing.agreement(of, actor, asked, tx.now)
    assert of.gift
    plan = GiftPlan(**msgspec.structs.asdict(plan), gift_id=of.gift.id, store_ref=of.document.ref)
    return agreeing.drafted(of, plan, decisions)


async def begin(tx: Tx, wish: Wish) -> None:
    """Set the units aside and note the return; Refused("units_taken")."""
    async with tx.acting(SYSTEM):
        await opening.begin(tx, wish)
        await verbs.of_gift(tx, wish.id, _plan(wish).gift_id)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Tell the store that it is coming back."""
    return await opening.perform(store, msgspec.structs.replace(wish, order_ref=_plan(wish).store_ref))


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The return stands, or the units are free again."""
    async with tx.acting(SYSTEM):
        return await opening.settle(tx, wish, operation)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something of it may come back."""
    try:
        opening.check_any(await _basis(tx, await access_gift(tx, actor, subject.id)), tx.now)
    except Refused as refused:
        return refusal(refused)
    return None


async def _basis(tx: Tx, gift: Gift) -> Basis:
    """The present as the ledger and the rules see it; nobody pays in advance for what somebody else paid."""
    async with tx.acting(SYSTEM):
        return await basis_of(tx, await access_order(tx, SYSTEM, gift.order_id), gift)


def _plan(wish: Wish) -> GiftPlan:
    return msgspec.convert(wish.plan, GiftPlan)
