"""What becomes of an order, as pure functions from one order to the next; writing the difference is verbs.py's work."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from madoguchi.core.shop.port import (
    OrderLine,
    OrderState,
    Shipment,
    StoreOrder,
    Tender,
    TenderKind,
    TrackingState,
)
from madoguchi.edge.stores.demo import parcels
from madoguchi.edge.stores.demo.shops import Conduct
from madoguchi.kit.money import Money, share, telescoped

PAYMENT_DEADLINE = "payment_deadline"  # the reason on orders whose payment never came
WAREHOUSE_DECIDES_WITHIN = timedelta(seconds=20)
GIFT_BALANCE = "gift_balance"  # every living customer's method of that kind
RECORDED_REASONS = frozenset({"no longer needed", "ordered by mistake"})


class Answer(StrEnum):
    """What the store says to a cancellation; all but the first two are refusals, named as in the port."""

    NOW = "now"
    ASK_WAREHOUSE = "ask_warehouse"
    TOO_LATE = "too_late"
    VERSION_CHANGED = "version_changed"
    INVALID = "invalid"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the warehouse will do with an order, None: not by itself. `may_stop`: preparing can still be stopped."""

    allocate_at: datetime | None = None
    ships_at: datetime | None = None
    may_stop: bool = True


def answer(conduct: Conduct, order: StoreOrder, version: int, lines: Mapping[str, int] | None, reason: str) -> Answer:
    """What the shop says to a cancellation of the whole order (lines None) or of units of lines."""
    if version != order.version:
        return Answer.VERSION_CHANGED
    if conduct is Conduct.RECORDED:
        return _recorded_answer(order, lines, reason)
    return _living_answer(order, wanted(order, lines))


def wanted(order: StoreOrder, lines: Mapping[str, int] | None) -> dict[str, int]:
    """Units to cancel by line; lines None means all that were not cancelled yet."""
    if lines is not None:
        return dict(lines)
    return {line.ref: line.quantity - line.cancelled for line in order.lines if line.quantity > line.cancelled}


def _recorded_answer(order: StoreOrder, lines: Mapping[str, int] | None, reason: str) -> Answer:
    if lines is not None or reason not in RECORDED_REASONS or order.state is OrderState.CANCELLED:
        return Answer.INVALID
    return Answer.NOW if order.status_text == "pending" else Answer.TOO_LATE


def _living_answer(order: StoreOrder, units: Mapping[str, int]) -> Answer:
    by_ref = {line.ref: line for line in order.lines}
    if not units or not all(
        ref in by_ref and 0 < count <= by_ref[ref].quantity - by_ref[ref].cancelled for ref, count in units.items()
    ):
        return Answer.INVALID
    if any(count > unshipped(by_ref[ref]) for ref, count in units.items()):
        return Answer.TOO_LATE
    return Answer.ASK_WAREHOUSE if order.state is OrderState.PREPARING else Answer.NOW


def answer_of_warehouse(order: StoreOrder, plan: Plan, units: Mapping[str, int]) -> Answer:
    """What the warehouse says to a cancellation that it was asked for: now, too late, or nothing left to cancel."""
    answer = _living_answer(order, units)
    if answer is Answer.ASK_WAREHOUSE:
        return Answer.NOW if plan.may_stop else Answer.TOO_LATE
    return answer


def unshipped(line: OrderLine) -> int:
    """Units that are still in the warehouse and wanted."""
    return line.quantity - line.cancelled - line.shipped


def cancelled(order: StoreOrder, units: Mapping[str, int], reason: str) -> StoreOrder:
    """The order without these units, their money given back or no longer asked for.

    The last cancellation of an order gives back all that is left of the money, with the shipping fee; an earlier one
    the value of its units, shared over the tenders by what is left of each, what was paid before what was not.
    """
    lines = tuple(replace(line, cancelled=line.cancelled + units.get(line.ref, 0)) for line in order.lines)
    everything = all(line.cancelled == line.quantity for line in lines)
    paid = [(tender.captured - tender.refunded).amount for tender in order.tenders]
    unpaid = [0 if tender.captured else tender.amount.amount for tender in order.tenders]
    value = sum(paid + unpaid) if everything else sum(_value(line, units) for line in order.lines)
    back = _shared(value, paid)
    let_go = _shared(value - sum(back), unpaid)
    return _restated(
        replace(
            order,
            lines=lines,
            tenders=tuple(map(_lowered, order.tenders, back, let_go)),
            cancel_reason=reason if everything else order.cancel_reason,
        )
    )


def refunds(before: StoreOrder, after: StoreOrder) -> dict[str, Money]:
    """Money given back between two states of an order, by tender."""
    given = {new.ref: new.refunded - old.refunded for old, new in zip(before.tenders, after.tenders, strict=True)}
    return {ref: money for ref, money in given.items() if money}


def credited_method(tender: Tender) -> str | None:
    """The customer's balance to which a refund is credited at once; None when it goes by the payment's provider.

    Money paid at a convenience store cannot go back there and becomes gift balance.
    """
    if tender.kind is TenderKind.KONBINI:
        return GIFT_BALANCE
    return tender.method_ref if tender.kind in (TenderKind.GIFT_BALANCE, TenderKind.POINTS) else None


def progressed(order: StoreOrder, plan: Plan, now: datetime) -> StoreOrder:
    """The order when the clock has come to `now`: warehouse and carriers do what was planned until then."""
    if order.state is OrderState.PENDING_PAYMENT and any(t.pay_by and t.pay_by <= now for t in order.tenders):
        order = cancelled(order, wanted(order, None), PAYMENT_DEADLINE)
    if order.state is OrderState.PAID and plan.allocate_at and plan.allocate_at <= now:
        order = replace(order, state=OrderState.PREPARING, status_text=OrderState.PREPARING.value)
    if order.state is OrderState.PREPARING and plan.ships_at and plan.ships_at <= now:
        order = sent(order, {line.ref: unshipped(line) for line in order.lines if unshipped(line)}, plan.ships_at)
    return arrived(order, now)


def sent(order: StoreOrder, units: Mapping[str, int], at: datetime) -> StoreOrder:
    """The order with these units handed to a carrier, whose whole way is planned from here."""
    shipment = parcels.send(order, units, at)
    lines = tuple(replace(line, shipped=line.shipped + units.get(line.ref, 0)) for line in order.lines)
    return _restated(replace(order, lines=lines, shipments=(*order.shipments, shipment)))


def arrived(order: StoreOrder, now: datetime) -> StoreOrder:
    """The order with the parcels that arrived until `now`; a parcel past its day gets a new estimate, tomorrow."""
    shipments = tuple(_arrived(shipment, now) for shipment in order.shipments)
    units: Counter[str] = Counter()
    for shipment in shipments:
        if shipment.delivered_at:
            units.update(shipment.lines)
    lines = tuple(replace(line, delivered=max(line.delivered, units[line.ref])) for line in order.lines)
    order = _restated(replace(order, shipments=shipments, lines=lines))
    if order.state is OrderState.DELIVERED:  # cash on delivery is paid at the door
        order = replace(order, tenders=tuple(_paid_at_door(tender) for tender in order.tenders))
    return order


def _arrived(shipment: Shipment, now: datetime) -> Shipment:
    if shipment.delivered_at:
        return shipment
    for event in shipment.events:
        if event.state is TrackingState.DELIVERED and event.at <= now:
            return replace(shipment, delivered_at=event.at)
    if shipment.promised_until and shipment.promised_until < now:
        return replace(shipment, promised_until=parcels.day_end(now + timedelta(days=1)))
    return shipment


def _restated(order: StoreOrder) -> StoreOrder:
    state = _state(order)
    if state is order.state:
        return order
    return replace(order, state=state, status_text=state.value)


def _state(order: StoreOrder) -> OrderState:
    """The state that the units show; before anything is shipped it stays what it was."""
    kept = [line for line in order.lines if line.quantity > line.cancelled]
    if not kept:
        return OrderState.CANCELLED
    if not any(line.shipped for line in kept):
        return order.state
    if any(unshipped(line) for line in kept):
        return OrderState.PARTLY_SHIPPED
    return OrderState.DELIVERED if all(line.delivered == line.shipped for line in kept) else OrderState.SHIPPED


def _value(line: OrderLine, units: Mapping[str, int]) -> int:
    return telescoped(line.total.amount, line.quantity, line.cancelled, units.get(line.ref, 0))


def _shared(value: int, left: list[int]) -> list[int]:
    """As much of the value as there is, in proportion to what is left."""
    return share(min(value, sum(left)), left) if any(left) else left


def _lowered(tender: Tender, back: int, let_go: int) -> Tender:
    amount = tender.amount - Money(let_go, tender.amount.currency)
    return replace(
        tender,
        amount=amount,
        refunded=tender.refunded + Money(back, tender.amount.currency),
        pay_by=tender.pay_by if amount else None,
    )


def _paid_at_door(tender: Tender) -> Tender:
    return replace(tender, captured=tender.amount) if tender.kind is TenderKind.COD else tender
