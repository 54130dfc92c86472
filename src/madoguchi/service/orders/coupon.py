"""A coupon that was forgotten: taken off afterwards, and what was paid too much goes back."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, refusal
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Draft, Outcome, Refusal, Said, Slip, SlipLine, Wish, said
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import Destination, by_tender
from madoguchi.core.policy.pack import ChangeWish
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import Coupon, Operation, OperationState, StoreOrder, StorePort
from madoguchi.core.shop.queries import access_order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.orders.opening import Opening, open_for, why_not
from madoguchi.service.orders.rules import account_needed, money_back
from madoguchi.service.orders.settling import MoneyPlan, ended, order_id, settled, still_to_pay


class ApplyCoupon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which coupon of the customer's for which order; `refund_to` for money that cannot go back the way it came."""

    order_id: UUID
    code: str
    refund_to: Destination | None = None


class CouponPlan(MoneyPlan, frozen=True, kw_only=True):
    """The coupon, what each tender gives back, where to, and the slip that was agreed to."""

    code: str
    refund_to: Destination | None


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The customer's coupons with their conditions, and where money goes that has no way back."""
    order = await access_order(tx, actor, subject.id)
    facts = await customer_facts(tx, actor, order.customer_id)
    options = tuple(_option(tx, coupon) for coupon in facts.coupons)
    code = Field(name="code", kind=FieldKind.CHOICE, options=options, unknown="coupon_unknown")
    return code, *refund_fields(await rules_of(tx, order.store_id), order.document)


async def draft(tx: Tx, actor: Actor, arguments: ApplyCoupon) -> Draft:
    """What the coupon takes off, and what of it goes back to which tender.

    Refused: coupon_already, coupon_unknown (also somebody else's), coupon_used, coupon_expired, coupon_minimum.
    """
    opening = await open_for(tx, actor, arguments.order_id, ChangeWish.COUPON)
    order = opening.facts
    coupon = await _coupon(tx, actor, opening, arguments.code)
    off = min(coupon.value, _goods(order))
    money = by_tender(await ledger.tenders(tx, opening.order.id), off)
    slip = _slip(opening, coupon, off, money, arguments.refund_to)
    plan = CouponPlan(code=coupon.code, money=money, refund_to=arguments.refund_to, slip=slip)
    return opening.draft(slip, plan)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key; it looks at the coupon again."""
    return await store.apply_coupon(str(wish.id), wish.order_ref or "", wish.order_version or 0, _plan(wish).code)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """Book what the store gave back; the rest is owed and goes its way."""
    plan = _plan(wish)
    if operation.state is OperationState.SUCCEEDED:
        await settled(tx, wish, {}, plan.money, operation, plan.refund_to)
    else:
        await ledger.release(tx, wish.id, order_id(wish), {}, plan.money)
    return ended(wish, plan.slip, operation)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether a coupon of the customer's can still be used for it; who has none left is not told of coupons."""
    try:
        opening = await open_for(tx, actor, subject.id, ChangeWish.COUPON)
        facts = await customer_facts(tx, actor, opening.order.customer_id)
        good = [one for one in facts.coupons if not one.used and one.valid_until >= tx.now]
        if not good:
            raise Unrelated("coupon_none", 409)
        _check_fits(min(good, key=lambda one: one.minimum), opening.facts)
    except Refused as refused:
        return why_not(refused)
    return None


async def _coupon(tx: Tx, actor: Actor, opening: Opening, code: str) -> Coupon:
    facts = await customer_facts(tx, actor, opening.order.customer_id)
    coupon = next((one for one in facts.coupons if one.code == code), None)
    if coupon is None:
        raise Refused("coupon_unknown", 409)
    _check(tx, coupon)
    _check_fits(coupon, opening.facts)
    return coupon


def _check(tx: Tx, coupon: Coupon) -> None:
    if coupon.used:
        raise Refused("coupon_used", 409)
    if coupon.valid_until < tx.now:
        raise Refused("coupon_expired", 409)


def _check_fits(coupon: Coupon, order: StoreOrder) -> None:
    if order.coupon:
        raise Refused("coupon_already", 409, coupon=order.coupon)
    if _goods(order) < coupon.minimum:
        raise Refused("coupon_minimum", 409, minimum=coupon.minimum, field="code")


def _goods(order: StoreOrder) -> Money:
    """What the lines are worth on which a coupon can be used: those of which nothing was cancelled."""
    return total([line.total for line in order.lines if not line.cancelled], order.currency)


def _option(tx: Tx, coupon: Coupon) -> FieldOption:
    try:
        _check(tx, coupon)
        why_it_cannot = None
    except Refused as refused:
        why_it_cannot = refusal(refused)
    return FieldOption(
        value=coupon.code,
        label=said("orders.coupon.name", code=coupon.code, value=coupon.value),
        note=said("orders.coupon.condition", minimum=coupon.minimum, until=coupon.valid_until),
        refusal=why_it_cannot,
    )


def _slip(opening: Opening, coupon: Coupon, off: Money, money: dict[str, Money], refund_to: Destination | None) -> Slip:
    order = opening.facts
    back = total(list(money.values()), order.currency)
    less = off - back
    unpaid = total([tender.amount for tender in order.tenders if not tender.captured], order.currency)
    parts = money_back(opening.pack, order, money, whole=False, refund_to=refund_to)
    return Slip(
        title=Said("orders.coupon.title"),
        order_ref=order.ref,
        lines=(SlipLine(name=said("orders.coupon.line", code=coupon.code), quantity=1, amount=off),),
        money=parts,
        total=back,
        facts=(*((still_to_pay(unpaid, unpaid - less),) if less else ()), *account_needed(parts)),
        irreversible=(Said("orders.coupon.irreversible"),),
        rule=opening.rule,
        notices=("change_done",),
        next_step=Said("orders.coupon.next" if back else "orders.coupon.next.unpaid"),
    )


def _plan(wish: Wish) -> CouponPlan:
    return msgspec.convert(wish.plan, CouponPlan)
