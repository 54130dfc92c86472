"""How a living shop answers: by where an order stands, what its units and tenders show, and what is in stock. Pure."""

import re
from collections.abc import Mapping

from msgspec.structs import replace

from madoguchi.core.shop.port import (
    Address,
    Balance,
    Failure,
    OrderState,
    RefundTo,
    StoreOrder,
    Tender,
    TenderKind,
)
from madoguchi.edge.stores.demo import baskets, money, rules
from madoguchi.edge.stores.demo.money import Movement, Way
from madoguchi.edge.stores.demo.operations import answers, parting, returning
from madoguchi.edge.stores.demo.operations.answers import Answer, Effect, Facts, Waiting
from madoguchi.edge.stores.demo.operations.asked import (
    AddGiftOptions,
    ApplyCoupon,
    Cancel,
    ChangePayment,
    CreateReturn,
    EditLines,
    OfLivingOrder,
    Refund,
    RefundGift,
    Restock,
    Stoppable,
    UpdateShippingAddress,
)
from madoguchi.kit.money import Money, share

BEFORE_WAREHOUSE = frozenset({OrderState.PENDING_PAYMENT, OrderState.PAID})
BEFORE_SHIPPING = BEFORE_WAREHOUSE | {OrderState.PREPARING}
BANK = "bank"  # where money goes that leaves by a bank transfer; on nobody's file
COUNTRY = "JP"
_POSTAL_CODE = re.compile(r"\d{3}-?\d{4}")
_PAID_BY_HAND = frozenset({TenderKind.KONBINI, TenderKind.COD, TenderKind.BANK})


def answer(facts: Facts, asked: OfLivingOrder) -> Answer:
    """What the shop says to a change of an order."""
    match asked:
        case Cancel() | UpdateShippingAddress() | AddGiftOptions():
            done = stopped(facts, asked)
            return Waiting.WAREHOUSE if isinstance(done, Effect) and _is_with_warehouse(facts) else done
        case Refund():
            return _refund(facts, asked)
        case CreateReturn():
            return returning.announced(facts.order, asked.lines)
        case Restock():
            return returning.restocked(facts.order, asked.lines)
    if facts.order.state is OrderState.CANCELLED or facts.order.held:
        return Failure.INVALID
    match asked:
        case EditLines():
            return _edit(facts, asked)
        case ChangePayment():
            return _payment(facts, asked)
        case ApplyCoupon():
            return _coupon(facts, asked.code)


def answer_of_warehouse(facts: Facts, asked: Stoppable, *, may_stop: bool) -> Effect | Failure:
    """What the warehouse says to what it was asked: done, too late, or that it makes no sense any more."""
    done = stopped(facts, asked)
    if isinstance(done, Effect) and _is_with_warehouse(facts) and not may_stop:
        return Failure.TOO_LATE
    return done


def stopped(facts: Facts, asked: Stoppable) -> Effect | Failure:
    """The order as if the warehouse had stopped in time, for what it can stop at all."""
    match asked:
        case Cancel():
            return _cancel(facts, asked)
        case UpdateShippingAddress():
            return _address(facts.order, asked)
        case AddGiftOptions():
            return _gift(facts, asked)


def _is_with_warehouse(facts: Facts) -> bool:
    """Whether the order is being prepared, or may be any moment: the cut-off of its delivery has passed."""
    order = facts.order
    cut_off = order.cancel_until is not None and facts.now > order.cancel_until
    return order.state is OrderState.PREPARING or (order.state is OrderState.PAID and cut_off)


def _cancel(facts: Facts, asked: Cancel) -> Effect | Failure:
    order = facts.order
    units = rules.wanted(order, asked.lines)
    by_ref = {line.ref: line for line in order.lines}
    if not units or not all(
        ref in by_ref and 0 < count <= by_ref[ref].quantity - by_ref[ref].cancelled for ref, count in units.items()
    ):
        return Failure.INVALID
    if any(count > rules.unshipped(by_ref[ref]) for ref, count in units.items()):
        return Failure.TOO_LATE
    if order.held and not order.by_parts and not parting.is_rest(order, units):
        return Failure.INVALID
    after = rules.cancelled(order, units, asked.reason, refunds=facts.refunds)
    return Effect(after, money.movements(order, after))


def _address(order: StoreOrder, asked: UpdateShippingAddress) -> Effect | Failure:
    address = asked.address
    if order.state is OrderState.CANCELLED:
        return Failure.INVALID
    if not any(map(rules.unshipped, order.lines)):
        return Failure.TOO_LATE
    if not is_deliverable(address):
        return Failure.INVALID
    return Effect(baskets.promised(replace(order, address=address)))


def is_deliverable(address: Address) -> bool:
    """Whether a carrier can find it; the shop sends within its country."""
    whole = address.name and address.lines and address.city and address.country == COUNTRY
    return bool(whole and _POSTAL_CODE.fullmatch(address.postal_code))


def _edit(facts: Facts, asked: EditLines) -> Effect | Failure:
    edits = {edit.line_ref: edit.sku for edit in asked.edits}
    concerned = [line for line in facts.order.lines if line.ref in edits]
    waits = facts.order.state in BEFORE_WAREHOUSE | {OrderState.PARTLY_SHIPPED}
    if not waits or any(line.shipped for line in concerned):
        return Failure.TOO_LATE
    if any(line.sku == edits[line.ref] or line.cancelled for line in concerned):
        return Failure.INVALID
    changed = answers.edited(facts, asked)
    if isinstance(changed, Failure):
        return changed
    return _with_difference(facts, *changed, asked.method_ref)


def _gift(facts: Facts, asked: AddGiftOptions) -> Effect | Failure:
    order, options = facts.order, asked.options
    if order.state is OrderState.CANCELLED or order.held:
        return Failure.INVALID
    if any(line.shipped for line in order.lines):
        return Failure.TOO_LATE
    if options.wrapping and facts.wrapping is None:
        return Failure.INVALID
    fee = facts.wrapping if options.wrapping else None
    nothing = Money(0, order.currency)
    difference = (fee or nothing) - (order.gift_fee or nothing)
    if asked.expected != difference:
        return Failure.PRICE_CHANGED
    after = replace(order, is_gift=True, gift=options, gift_fee=fee, total=order.total + difference)
    return _with_difference(facts, after, difference.amount, asked.method_ref) if difference else Effect(after)


def _with_difference(facts: Facts, after: StoreOrder, difference: int, method_ref: str) -> Effect | Failure:
    """An order that became dearer or cheaper: the method is charged, or given back to; what is open becomes more."""
    open_tender = next((t for t in after.tenders if t.method_ref == method_ref and _unpaid(t)), None)
    if open_tender:
        return _asked_for(after, open_tender, difference)
    method = facts.method(method_ref)
    if method is None or method.kind not in money.CHARGEABLE:
        return Failure.METHOD_UNKNOWN
    if difference > 0 and not money.covers(method, difference):
        return Failure.INSUFFICIENT
    if difference > 0:
        return answers.effect(money.charged(after, method, difference))
    if difference == 0:
        return Effect(after)
    moved = money.given(after, method.method_ref, -difference, lambda tender: _may_get(method, tender))
    return answers.effect(moved) if moved else Failure.METHOD_UNKNOWN


def _unpaid(tender: Tender) -> bool:
    return bool(tender.amount) and not tender.captured


def _asked_for(order: StoreOrder, tender: Tender, difference: int) -> Effect | Failure:
    """What is still to be paid by this tender becomes more or less."""
    amount = tender.amount.amount + difference
    if amount <= 0:
        return Failure.METHOD_UNKNOWN
    changed = replace(tender, amount=Money(amount, order.currency))
    return Effect(replace(order, tenders=tuple(changed if t.ref == tender.ref else t for t in order.tenders)))


def _may_get(method: Balance, tender: Tender) -> bool:
    """Money goes back to where it came from, or becomes gift balance; points and credit stay what they are."""
    gift = method.kind is TenderKind.GIFT_BALANCE and tender.kind not in money.HELD
    return tender.method_ref == method.method_ref or gift


def _payment(facts: Facts, asked: ChangePayment) -> Effect | Failure:
    if facts.order.state not in BEFORE_WAREHOUSE:
        return Failure.TOO_LATE
    tenders = [tender for tender in facts.order.tenders if tender.amount - tender.refunded]
    method = facts.method(asked.method_ref)
    if method is None or method.kind not in money.CHARGEABLE:
        return Failure.METHOD_UNKNOWN
    if len(tenders) != 1 or tenders[0].method_ref == asked.method_ref:
        return Failure.INVALID
    old = tenders[0]
    if old.captured and old.kind in _PAID_BY_HAND:
        return Failure.INVALID
    amount = (old.amount - old.refunded).amount
    if not money.covers(method, amount):
        return Failure.INSUFFICIENT
    after, taken = money.charged(facts.order, method, amount)
    if facts.order.state is OrderState.PENDING_PAYMENT:
        after = replace(after, state=OrderState.PAID, status_text=OrderState.PAID.value)
    if old.captured:
        back = Movement(tender_ref=old.ref, way=Way.REFUND, method_ref=old.method_ref, amount=amount)
        return Effect(money.with_refunds(after, [back]), (*taken, back))
    voided = replace(old, amount=Money(0, facts.order.currency), pay_by=None)
    return Effect(replace(after, tenders=tuple(voided if t.ref == old.ref else t for t in after.tenders)), taken)


def _coupon(facts: Facts, code: str) -> Effect | Failure:
    """The value is shared out over the lines of which nothing was cancelled."""
    if facts.order.state not in BEFORE_SHIPPING:
        return Failure.TOO_LATE
    coupon = next((one for one in facts.customer.coupons if one.code == code), None)
    if coupon is None or coupon.used or coupon.valid_until < facts.now:
        return Failure.COUPON_INVALID
    if facts.order.coupon:
        return Failure.INVALID
    totals = [0 if line.cancelled else line.total.amount for line in facts.order.lines]
    if sum(totals) < max(coupon.minimum.amount, 1):
        return Failure.COUPON_MINIMUM
    off = share(min(coupon.value.amount, sum(totals)), totals)
    lines = tuple(
        answers.repriced(line, line.total.amount - less) if less else line
        for line, less in zip(facts.order.lines, off, strict=True)
    )
    total = facts.order.total - Money(sum(off), facts.order.currency)
    after = replace(facts.order, lines=lines, total=total, coupon=code)
    return answers.effect(money.eased(facts.order, after, refunds=facts.refunds))


def _refund(facts: Facts, asked: Refund) -> Effect | Failure:
    tender = _with_room(facts.order, asked.tender_ref, asked.amount)
    if tender is None:
        return Failure.INVALID
    if asked.to is RefundTo.BANK and tender.kind in money.HELD:
        return Failure.INVALID
    if asked.to is RefundTo.ORIGINAL and tender.kind in _PAID_BY_HAND:
        return Failure.INVALID
    method_ref = _DESTINATIONS.get(asked.to, tender.method_ref)
    back = Movement(tender_ref=tender.ref, way=Way.REFUND, method_ref=method_ref, amount=asked.amount.amount)
    return Effect(money.with_refunds(facts.order, [back]), (back,))


def given_to_recipient(order: StoreOrder, asked: RefundGift) -> Effect | Failure:
    """Money of a present goes to the gift balance of whoever got it."""
    tender = _with_room(order, asked.tender_ref, asked.amount)
    if tender is None or order.gift_code is None or asked.customer_ref == order.customer_ref:
        return Failure.INVALID
    given = Movement(
        tender_ref=tender.ref,
        way=Way.REFUND,
        method_ref=money.GIFT_BALANCE,
        amount=asked.amount.amount,
        customer_ref=asked.customer_ref,
    )
    return Effect(money.with_refunds(order, [given]), (given,))


def _with_room(order: StoreOrder, tender_ref: str, amount: Money) -> Tender | None:
    """The tender, if this much of it can still be given back."""
    tender = next((one for one in order.tenders if one.ref == tender_ref), None)
    if tender is None or amount.currency != order.currency:
        return None
    return tender if 0 < amount.amount <= money.room(tender) else None


_DESTINATIONS: Mapping[RefundTo, str] = {
    RefundTo.GIFT_BALANCE: money.GIFT_BALANCE,
    RefundTo.BANK: BANK,
    RefundTo.CREDIT: money.STORE_CREDIT,
}
