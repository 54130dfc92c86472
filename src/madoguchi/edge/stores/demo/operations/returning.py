"""Goods that come back, and what goes out for them. Pure.

What was paid for the goods that come back is carried over to the order by which others go out: at first as tenders
that are not captured, and from its release on as money that left the one order and pays for the other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from madoguchi.core.shop.port import (
    Carried,
    Failure,
    LineExchange,
    OrderLine,
    OrderState,
    StoreOrder,
    Tender,
    TenderKind,
    Variant,
)
from madoguchi.edge.stores.demo import baskets, money, parcels
from madoguchi.edge.stores.demo.contents import Payment, Placed
from madoguchi.edge.stores.demo.money import Moved, Movement, Way
from madoguchi.edge.stores.demo.operations import answers
from madoguchi.edge.stores.demo.operations.answers import Effect, Facts
from madoguchi.edge.stores.demo.operations.asked import CreateExchange
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.kit.money import Money, share, telescoped, total


class Exchange(msgspec.Struct, frozen=True):
    """The order whose goods come back, and the new one, which is held."""

    order: StoreOrder
    placed: Placed


class Released(msgspec.Struct, frozen=True):
    """The order that goes out, the one that paid for it, and what the warehouse does from now on."""

    out: Effect
    back: Effect
    plan: Plan


class Wanted(msgspec.Struct, frozen=True):
    """Units of a line, and the variant that goes out for them."""

    line: OrderLine
    variant: Variant
    units: int

    @property
    def difference(self) -> int:
        """What the variant costs more."""
        return (self.variant.price - self.line.unit_price).amount * self.units


def announced(order: StoreOrder, units: Mapping[str, int]) -> Effect | Failure:
    """The order of which units that were shipped will come back."""
    if not _are_out(order, units):
        return Failure.INVALID
    lines = tuple(replace(line, announced=line.announced + units.get(line.ref, 0)) for line in order.lines)
    return Effect(replace(order, lines=lines))


def restocked(order: StoreOrder, units: Mapping[str, int]) -> Effect | Failure:
    """The order of which units that were shipped are in the shelf again."""
    if not _are_out(order, units):
        return Failure.INVALID
    lines = tuple(replace(line, restocked=line.restocked + units.get(line.ref, 0)) for line in order.lines)
    return Effect(replace(order, lines=lines))


def units(asked: CreateExchange) -> dict[str, int]:
    """How many units of each line come back."""
    found: Counter[str] = Counter()
    for edit in asked.edits:
        found[edit.line_ref] += edit.units
    return dict(found)


def wanted(facts: Facts, asked: CreateExchange) -> list[Wanted] | Failure:
    """What goes out for what, when it was delivered, can be had, and costs more or less what is expected."""
    lines = {line.ref: line for line in facts.order.lines}
    there = {line.ref: line.delivered - line.restocked for line in facts.order.lines}
    if not _within(there, units(asked)) or any(edit.units < 1 for edit in asked.edits):
        return Failure.INVALID
    found = []
    taken: Counter[str] = Counter()
    for edit in asked.edits:
        variant = _variant(facts, lines[edit.line_ref], edit)
        if variant is None:
            return Failure.INVALID
        taken[variant.sku] += edit.units
        if not answers.has(variant, taken[variant.sku]):
            return Failure.UNAVAILABLE
        found.append(Wanted(lines[edit.line_ref], variant, edit.units))
    difference = Money(sum(one.difference for one in found), facts.order.currency)
    return found if asked.expected == difference else Failure.PRICE_CHANGED


def exchange(ref: str, facts: Facts, asked: CreateExchange) -> Exchange | Failure:
    """The order with units that will come back, and a new one, held, with what goes out for them."""
    found = wanted(facts, asked)
    if isinstance(found, Failure):
        return found
    lines = tuple(_out(str(n), one, facts.order.currency) for n, one in enumerate(found, 1))
    difference = asked.expected.amount
    if not _by_parts(facts, asked, found):
        lines = tuple(replace(line, exchange=None) for line in lines)
    worth = sum(line.total.amount for line in lines)
    carried = _carried(facts.order, worth - max(difference, 0))
    if carried is None or any(line.total.amount < 0 for line in lines):
        return Failure.INVALID
    after = announced(facts.order, units(asked))
    if isinstance(after, Failure):
        return after
    new = _new_order(ref, facts, lines, carried)
    paid = _with_difference(facts, new, asked.method_ref, difference)
    return paid if isinstance(paid, Failure) else Exchange(after.order, paid)


def _by_parts(facts: Facts, asked: CreateExchange, found: Sequence[Wanted]) -> bool:
    """Whether each unit has its own money: what one costs more pays for no other, and nothing is still to be paid."""
    awaited = asked.expected.amount > 0 and asked.method_ref in facts.pay_later
    return not awaited and len({one.difference > 0 for one in found if one.difference}) < 2


def released(out: StoreOrder, back: StoreOrder, now: datetime) -> Released | Failure:
    """The order that was held goes out, paid for by the money of the order whose goods come back."""
    if not out.held or out.state is OrderState.CANCELLED:
        return Failure.INVALID
    moved: list[Movement] = []
    for tender in out.tenders:
        if is_carried(tender):
            taken = _taken(back, tender)
            if taken is None:
                return Failure.INVALID
            back, movements = taken
            moved += movements
    tenders = tuple(replace(t, captured=t.amount) if is_carried(t) else t for t in out.tenders)
    paid = tuple(
        Movement(tender_ref=t.ref, way=Way.PAYMENT, method_ref=money.EXCHANGE, amount=t.amount.amount)
        for t in out.tenders
        if is_carried(t)
    )
    after = baskets.promised(replace(out, tenders=tenders, held=False), now)
    return Released(Effect(after, paid), Effect(back, tuple(moved)), baskets.usual(out, now))


def _are_out(order: StoreOrder, units: Mapping[str, int]) -> bool:
    return _within({line.ref: line.shipped - line.restocked for line in order.lines}, units)


def _within(there: Mapping[str, int], units: Mapping[str, int]) -> bool:
    return bool(units) and all(0 < count <= there.get(ref, 0) for ref, count in units.items())


def _variant(facts: Facts, line: OrderLine, edit: LineExchange) -> Variant | None:
    return answers.variant_of(facts.products, line.product_ref, edit.sku)


def _out(ref: str, one: Wanted, currency: str) -> OrderLine:
    """The line that goes out, at what was paid for the units that come back and the difference."""
    line = one.line
    done = min(line.cancelled + line.announced, line.quantity - one.units)
    paid = telescoped(line.total.amount, line.quantity, done, one.units)
    carried = Money(paid + min(one.difference, 0), currency)
    tax = telescoped(line.tax.amount, line.quantity, done, one.units)
    return replace(
        answers.repriced(replace(line, total=Money(paid, currency), tax=Money(tax, currency)), paid + one.difference),
        ref=ref,
        sku=one.variant.sku,
        options=one.variant.options,
        quantity=one.units,
        unit_price=one.variant.price,
        cancelled=0,
        shipped=0,
        delivered=0,
        announced=0,
        restocked=0,
        exchange=Carried(line_ref=line.ref, amount=carried),
    )


def _carried(order: StoreOrder, amount: int) -> tuple[Tender, ...] | None:
    """What the tenders of an order will pay of another one; None when they hold less."""
    rooms = [money.room(tender) for tender in order.tenders]
    if amount > sum(rooms):
        return None
    parts = share(amount, rooms) if amount else [0 for _ in rooms]
    given = [(tender, part) for tender, part in zip(order.tenders, parts, strict=True) if part]
    return tuple(carrying(str(n), tender, part) for n, (tender, part) in enumerate(given, 1))


def carrying(ref: str, tender: Tender, part: int) -> Tender:
    """A tender of another order that a part of this one's money will pay."""
    nothing = Money(0, tender.amount.currency)
    amount = Money(part, tender.amount.currency)
    return replace(tender, ref=ref, amount=amount, captured=nothing, refunded=nothing, payment_number=None)


def _new_order(ref: str, facts: Facts, lines: tuple[OrderLine, ...], carried: tuple[Tender, ...]) -> StoreOrder:
    order = facts.order
    nothing = Money(0, order.currency)
    return StoreOrder(
        ref=ref,
        version=1,
        customer_ref=order.customer_ref,
        state=OrderState.PAID,
        status_text=OrderState.PAID.value,
        placed_at=facts.now,
        currency=order.currency,
        lines=lines,
        tenders=carried,
        shipping_fee=nothing,
        total=total([line.total for line in lines], order.currency),
        address=order.address,
        seller=order.seller,
        is_gift=order.is_gift,
        is_business=order.is_business,
        gift=order.gift,
        exchanges=order.ref,
        held=True,
    )


def _with_difference(facts: Facts, order: StoreOrder, method_ref: str, difference: int) -> Placed | Failure:
    """What the new goods cost more is charged, or asked for and awaited."""
    if difference <= 0:
        return Placed(order=order, payments=())
    if method_ref in facts.pay_later:
        return _awaited(facts, order, TenderKind(method_ref), difference)
    method = facts.method(method_ref)
    if method is None or method.kind not in money.CHARGEABLE:
        return Failure.METHOD_UNKNOWN
    if not money.covers(method, difference):
        return Failure.INSUFFICIENT
    paid, (movement,) = money.charged(order, method, difference)
    payment = Payment(
        tender_ref=movement.tender_ref,
        kind=movement.way.value,
        method_ref=movement.method_ref,
        amount=movement.amount,
        at=facts.now,
    )
    return Placed(order=paid, payments=(payment,))


def _awaited(facts: Facts, order: StoreOrder, kind: TenderKind, amount: int) -> Placed:
    """Nine of ten customers pay within a day; the others let it lapse."""
    nothing = Money(0, order.currency)
    tender = Tender(
        ref=str(len(order.tenders) + 1),
        kind=kind,
        method_ref=kind.value,
        label=baskets.label(kind, facts.customer),
        amount=Money(amount, order.currency),
        captured=nothing,
        refunded=nothing,
        pay_by=parcels.day_end(facts.now + baskets.PAY_WITHIN),
        payment_number=baskets.payment_number(order.ref),
    )
    state = OrderState.PENDING_PAYMENT
    waiting = replace(order, tenders=(*order.tenders, tender), state=state, status_text=state.value)
    number = baskets.luck(order.ref)
    pays_at = facts.now + timedelta(minutes=30 + number % 1200) if number // 1200 % 10 else None
    return Placed(order=waiting, payments=(), plan=Plan(pays_at=pays_at))


def is_carried(tender: Tender) -> bool:
    """Whether it waits for money of the goods that come back, and for nobody to pay it."""
    return bool(tender.amount) and not tender.captured and tender.pay_by is None


def _taken(order: StoreOrder, carried: Tender) -> Moved | None:
    """The order of which the money was taken that pays for the other; None when it holds less by now."""
    moved = money.given(order, carried.method_ref, carried.amount.amount, lambda one: one.kind is carried.kind)
    if moved is None:
        return None
    after, movements = moved
    return after, tuple(replace(one, method_ref=money.EXCHANGE) for one in movements)
