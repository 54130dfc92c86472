"""What becomes of an order, as pure functions from one order to the next; writing the difference is verbs.py's work."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

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
from madoguchi.edge.stores.demo import money, parcels

PAYMENT_DEADLINE = "payment_deadline"  # the reason on orders whose payment never came
WAREHOUSE_DECIDES_WITHIN = timedelta(seconds=20)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the warehouse will do with an order, None: not by itself. `may_stop`: preparing can still be stopped.

    `pays_at` is when the customer pays what is still to be paid.
    """

    pays_at: datetime | None = None
    allocate_at: datetime | None = None
    ships_at: datetime | None = None
    may_stop: bool = True


def wanted(order: StoreOrder, lines: Mapping[str, int] | None) -> dict[str, int]:
    """Units to cancel by line; lines None means all that were not cancelled yet."""
    if lines is not None:
        return dict(lines)
    return {line.ref: line.quantity - line.cancelled for line in order.lines if line.quantity > line.cancelled}


def out_of_stock(line: OrderLine) -> int:
    """Units that left the stock for it and have not come back."""
    return line.quantity - line.cancelled - line.restocked


def unshipped(line: OrderLine) -> int:
    """Units that are still in the warehouse and wanted."""
    return line.quantity - line.cancelled - line.shipped


def cancelled(order: StoreOrder, units: Mapping[str, int], reason: str, *, refunds: bool = True) -> StoreOrder:
    """The order without these units, their money no longer asked for or, with `refunds`, given back.

    The last cancellation of an order settles all that is left of the money, with the shipping fee; an earlier one the
    value of its units.
    """
    lines = tuple(replace(line, cancelled=line.cancelled + units.get(line.ref, 0)) for line in order.lines)
    everything = all(line.cancelled == line.quantity for line in lines)
    after = replace(order, lines=lines, cancel_reason=reason if everything else order.cancel_reason)
    return _restated(money.eased(order, after, refunds=refunds)[0])


def progressed(order: StoreOrder, plan: Plan, now: datetime) -> StoreOrder:
    """The order when the clock has come to `now`: warehouse and carriers do what was planned until then."""
    if order.state is OrderState.PENDING_PAYMENT and plan.pays_at and plan.pays_at <= now:
        order = _paid(order)
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


def _paid(order: StoreOrder) -> StoreOrder:
    """The order of which the customer has paid what could be paid later."""
    tenders = tuple(replace(t, captured=t.amount, pay_by=None) if t.pay_by else t for t in order.tenders)
    return replace(order, tenders=tenders, state=OrderState.PAID, status_text=OrderState.PAID.value)


def _paid_at_door(tender: Tender) -> Tender:
    return replace(tender, captured=tender.amount) if tender.kind is TenderKind.COD else tender
