"""What an order's tenders owe, take and give back. Pure; amounts without a currency are minor units."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from madoguchi.core.shop.port import Balance, OrderLine, StoreOrder, Tender, TenderKind
from madoguchi.kit.money import Money, share, telescoped

# methods of a living customer, called by their kind; store credit is opened with the first
GIFT_BALANCE, STORE_CREDIT = "gift_balance", "store_credit"
EXCHANGE = "exchange"  # where money goes that pays for what goods are exchanged for; on nobody's file
HELD = frozenset({TenderKind.GIFT_BALANCE, TenderKind.POINTS, TenderKind.STORE_CREDIT})  # in the shop's own books
# what can be charged by itself; the others are paid by the customer's own hand
CHARGEABLE = HELD | {TenderKind.CARD, TenderKind.WALLET}


class Way(StrEnum):
    """Which way money moved."""

    PAYMENT = "payment"
    REFUND = "refund"


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Money that moved for a tender; `method_ref` is where it came from or went to.

    It is a method of whoever ordered, or of `customer_ref`, who got a present.
    """

    tender_ref: str
    way: Way
    method_ref: str
    amount: int
    customer_ref: str | None = None


Moved = tuple[StoreOrder, tuple[Movement, ...]]  # an order afterwards, and the money that moved
Fits = Callable[[Tender], bool]


def due(order: StoreOrder) -> int:
    """What the units that were not cancelled cost, with the fees as long as there are any."""
    kept = [line for line in order.lines if line.quantity > line.cancelled]
    return sum(_kept(line, line.total) for line in kept) + (order.fees.amount if kept else 0)


def carried(order: StoreOrder) -> int:
    """What of the units that were not cancelled is paid by goods that come back for them."""
    return sum(_kept(line, line.exchange.amount) for line in order.lines if line.exchange)


def eased(before: StoreOrder, after: StoreOrder, *, refunds: bool) -> Moved:
    """`after`, of which less is due than of `before`, with tenders that owe less.

    What was paid covers the difference first and is given back, with `refunds`; what is not covered so is no longer
    asked for. When nothing is due any more, all that is left goes back. Shares follow what is left of each tender.
    Of what is held for an exchange each unit has its own money, paid here or by the goods that come back for it.
    """
    left = due(after)
    paid = [room(tender) for tender in before.tenders]
    unpaid = [0 if tender.captured else tender.amount.amount for tender in before.tenders]
    let_go = carried(before) - carried(after) if before.by_parts else sum(unpaid) - min(sum(unpaid), left)
    back = min(max(due(before) - left - let_go, 0), sum(paid)) if left else sum(paid)
    tenders = tuple(map(_lowered, before.tenders, _shared(back * refunds, paid), _shared(let_go, unpaid)))
    after = replace(after, tenders=tenders)
    return after, movements(before, after)


def movements(before: StoreOrder, after: StoreOrder) -> tuple[Movement, ...]:
    """The money that moved between two states of an order with the same tenders, each its usual way."""
    return tuple(_movements(before, after))


def charged(order: StoreOrder, method: Balance, amount: int) -> Moved:
    """The order with a further tender, taken from the method at once."""
    money = Money(amount, order.currency)
    tender = Tender(
        ref=str(len(order.tenders) + 1),
        kind=method.kind,
        method_ref=method.method_ref,
        label=method.label,
        amount=money,
        captured=money,
        refunded=Money(0, order.currency),
    )
    after = replace(order, tenders=(*order.tenders, tender))
    return after, (Movement(tender_ref=tender.ref, way=Way.PAYMENT, method_ref=method.method_ref, amount=amount),)


def given(order: StoreOrder, method_ref: str, amount: int, fits: Fits) -> Moved | None:
    """The order with an amount given back to a method; None when the tenders that fit have less.

    It is booked on the tenders of that method first, then on the others in their order; nothing on the first of them.
    """
    first = sorted(filter(fits, order.tenders), key=lambda tender: tender.method_ref != method_ref)
    moved, rest = [], amount
    for tender in first:
        part = min(rest, room(tender))
        if part or (tender is first[0] and not amount):
            moved.append(Movement(tender_ref=tender.ref, way=Way.REFUND, method_ref=method_ref, amount=part))
        rest -= part
    return None if rest or not moved else (with_refunds(order, moved), tuple(moved))


def with_refunds(order: StoreOrder, moved: Sequence[Movement]) -> StoreOrder:
    """The order with these refunds booked on its tenders."""
    back = {one.tender_ref: Money(one.amount, order.currency) for one in moved}
    tenders = tuple(
        replace(tender, refunded=tender.refunded + back[tender.ref]) if tender.ref in back else tender
        for tender in order.tenders
    )
    return replace(order, tenders=tenders)


def room(tender: Tender) -> int:
    """What can still be given back."""
    return (tender.captured - tender.refunded).amount


def covers(method: Balance, amount: int) -> bool:
    """Whether the method can be charged with this, as far as the shop knows."""
    return method.balance is None or method.balance.amount >= amount


def credited_method(tender: Tender) -> str | None:
    """The customer's balance to which a refund is credited at once; None when it goes by the payment's provider.

    Money paid at a convenience store cannot go back there and becomes gift balance.
    """
    if tender.kind is TenderKind.KONBINI:
        return GIFT_BALANCE
    return tender.method_ref if tender.kind in HELD else None


def _movements(before: StoreOrder, after: StoreOrder) -> Iterator[Movement]:
    for old, new in zip(before.tenders, after.tenders, strict=True):
        if taken := (new.captured - old.captured).amount:
            yield Movement(tender_ref=new.ref, way=Way.PAYMENT, method_ref=new.method_ref, amount=taken)
        if back := (new.refunded - old.refunded).amount:
            method = credited_method(new) or new.method_ref
            yield Movement(tender_ref=new.ref, way=Way.REFUND, method_ref=method, amount=back)


def _kept(line: OrderLine, whole: Money) -> int:
    """What of an amount for a whole line is for the units that were not cancelled."""
    return telescoped(whole.amount, line.quantity, line.cancelled, line.quantity - line.cancelled)


def _shared(value: int, left: list[int]) -> list[int]:
    return share(value, left) if any(left) else left


def _lowered(tender: Tender, back: int, let_go: int) -> Tender:
    amount = tender.amount - Money(let_go, tender.amount.currency)
    return replace(
        tender,
        amount=amount,
        refunded=tender.refunded + Money(back, tender.amount.currency),
        pay_by=tender.pay_by if amount else None,
    )
