"""What is known before a seller is asked: where the parcels are, until when it can come back, what there is of it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from madoguchi.core.actions.rules import Said, TextCard, said
from madoguchi.core.people.queries import store
from madoguchi.core.policy.pack import ReturnReason
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import ReturnQuestion
from madoguchi.core.policy.returning import return_until
from madoguchi.core.shop.port import OrderState, Product, Shipment, Variant
from madoguchi.core.shop.queries import Order, products
from madoguchi.core.threads.rules import Topic, Wanted
from madoguchi.kit.db import Tx

FEW = 5  # from here on it is told how many there are
_PARCEL = "threads.fact.parcel"  # sellers need not know the numbers by which parcels are followed
_MADE_GOOD = frozenset({Wanted.REPLACEMENT, Wanted.REFUND})
_WAYS = {
    Topic.DELIVERY: ("delivery.redeliver", "parcel.late", "parcel.not_received"),
    Topic.RETURN: ("order.return", "order.exchange"),
    Topic.PRODUCT: (),
    Topic.INVOICE: ("order.receipt",),
    Topic.OTHER: (),
}
_WAYS_TO_MAKE_GOOD = ("order.return", "order.exchange", "item.replace", "item.refund")


async def of_order(tx: Tx, order: Order, topic: Topic, wanted: Wanted) -> TextCard:
    """What we can answer about an order ourselves, and what can be done about it at once; no lines for nothing."""
    zone = ZoneInfo((await store(tx, order.store_id)).time_zone)
    lines: list[Said] = []
    match topic:
        case Topic.DELIVERY:
            lines += _delivery(order, zone)
        case Topic.PRODUCT:
            known = await products(tx, order.store_id, {line.product_ref for line in order.document.lines})
            lines += [line for one in known.values() for line in _variants(one)]
        case Topic.INVOICE:
            lines.append(Said("threads.fact.invoice"))
    made_good = wanted in _MADE_GOOD
    if (topic is Topic.RETURN or made_good) and (back := await _return(tx, order, zone)):
        lines.append(back)
    ways = (*_WAYS[topic], *(_WAYS_TO_MAKE_GOOD if made_good else ()))
    return TextCard(lines=tuple(lines), ways=tuple(dict.fromkeys(ways)) if lines else ())


async def of_product(tx: Tx, store_id: str, product: Product) -> TextCard:
    """What we can answer about a product before it is bought: what there is of it, and whether it can come back."""
    rules = (await rules_of(tx, store_id)).returns
    never = not set(rules.never).isdisjoint(product.flags)
    back = Said("threads.fact.never_back") if never else said("threads.fact.back", n=rules.days)
    return TextCard(lines=(*_variants(product), back))


def for_seller(card: TextCard) -> Sequence[Said]:
    """The lines of it that the seller reads as well."""
    return [line for line in card.lines if line.key != _PARCEL]


def _delivery(order: Order, zone: ZoneInfo) -> Iterator[Said]:
    document = order.document
    if document.state is OrderState.CANCELLED:
        yield Said("threads.fact.cancelled")
    elif document.shipments:
        yield from _parcel(max(document.shipments, key=lambda one: one.promised_until or document.placed_at), zone)
    elif document.promised_until:
        yield said("threads.fact.promised", until=_day(document.promised_until, zone))
    else:
        yield Said("threads.fact.preparing")


def _parcel(parcel: Shipment, zone: ZoneInfo) -> Iterator[Said]:
    if parcel.delivered_at:
        yield said("threads.fact.delivered", day=_day(parcel.delivered_at, zone))
    elif parcel.promised_until:
        yield said("threads.fact.under_way", until=_day(parcel.promised_until, zone))
    else:
        yield Said("threads.fact.sent")
    yield said(_PARCEL, carrier=parcel.carrier, number=parcel.tracking_number)


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


def _variants(product: Product) -> Iterator[Said]:
    """What there is of a product now."""
    named = [_variant(one) for one in product.variants]
    if len(named) == 1:
        yield said("threads.fact.stock", product=product.name, stock=_stock(product.variants[0]))
    elif named:
        yield said("threads.fact.variants", product=product.name, variants=named)


def _variant(variant: Variant) -> Said:
    return said("threads.variant", options=" ".join(variant.options.values()) or variant.sku, stock=_stock(variant))


def _stock(variant: Variant) -> Said:
    if not variant.available or variant.stock == 0:
        return Said("threads.stock.none")
    if variant.stock is not None and variant.stock <= FEW:
        return said("threads.stock.few", n=variant.stock)
    return Said("threads.stock.some")


def _day(moment: datetime, zone: ZoneInfo) -> date:
    """The day of the shop on which a moment is."""
    return moment.astimezone(zone).date()
