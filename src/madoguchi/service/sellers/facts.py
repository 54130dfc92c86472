"""What is known before a seller is asked: where the parcels are, until when it can come back, what was bought."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from madoguchi.core.actions.rules import Said, said
from madoguchi.core.people.queries import store
from madoguchi.core.policy.pack import ReturnReason
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import ReturnQuestion
from madoguchi.core.policy.returning import return_until
from madoguchi.core.shop.port import OrderState, Shipment
from madoguchi.core.shop.queries import Order, products
from madoguchi.core.threads.rules import Topic
from madoguchi.kit.db import Tx


async def of_order(tx: Tx, order: Order) -> dict[Topic, Said]:
    """What we can answer about an order ourselves, by topic."""
    zone = ZoneInfo((await store(tx, order.store_id)).time_zone)
    found = {Topic.DELIVERY: _delivery(order, zone), Topic.INVOICE: Said("threads.fact.invoice")}
    if back := await _return(tx, order, zone):
        found[Topic.RETURN] = back
    if goods := await _goods(tx, order):
        found[Topic.PRODUCT] = goods
    return found


def _delivery(order: Order, zone: ZoneInfo) -> Said:
    document = order.document
    if document.state is OrderState.CANCELLED:
        return Said("threads.fact.cancelled")
    if document.shipments:
        return _parcel(max(document.shipments, key=lambda one: one.promised_until or document.placed_at), zone)
    if document.promised_until:
        return said("threads.fact.promised", until=_day(document.promised_until, zone))
    return Said("threads.fact.preparing")


def _parcel(parcel: Shipment, zone: ZoneInfo) -> Said:
    if parcel.delivered_at:
        return said("threads.fact.delivered", day=_day(parcel.delivered_at, zone))
    named = {"carrier": parcel.carrier, "number": parcel.tracking_number}
    if parcel.promised_until:
        return said("threads.fact.under_way", until=_day(parcel.promised_until, zone), **named)
    return said("threads.fact.sent", **named)


async def _return(tx: Tx, order: Order, zone: ZoneInfo) -> Said | None:
    """Until when it may come back; nothing where that is over, or some of it never may."""
    pack, document = await rules_of(tx, order.store_id), order.document
    delivered = [one.delivered_at for one in document.shipments if one.delivered_at]
    if not delivered or any(not set(pack.returns.never).isdisjoint(line.flags) for line in document.lines):
        return None
    question = ReturnQuestion(
        at=tx.now,
        country=document.address.country,
        reason=ReturnReason.NO_LONGER_NEEDED,
        ordered_at=document.placed_at,
        delivered_at=max(delivered),
        zone=zone.key,
        amount=0,
    )
    until = return_until(pack, question)
    return said("threads.fact.return", until=_day(until, zone)) if until > tx.now else None


async def _goods(tx: Tx, order: Order) -> Said | None:
    """Which variants there are of what was bought, where it is one thing."""
    refs = {line.product_ref for line in order.document.lines}
    found = (await products(tx, order.store_id, refs)).get(next(iter(refs))) if len(refs) == 1 else None
    named = [" ".join(variant.options.values()) for variant in found.variants if variant.options] if found else []
    return said("threads.fact.variants", product=found.name, variants=", ".join(named)) if found and named else None


def _day(moment: datetime, zone: ZoneInfo) -> date:
    """The day of the shop on which a moment is."""
    return moment.astimezone(zone).date()
