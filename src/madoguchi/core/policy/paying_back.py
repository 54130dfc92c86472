"""Which way owed money goes, by the rules of a store: the usual one of its tender, or another that was wished. Pure."""

from collections.abc import Mapping
from uuid import UUID

from madoguchi.core.ledger.rules import Destination, LineUnits, Part, TenderMoney, by_tender
from madoguchi.core.policy.pack import RulePack, WayBack
from madoguchi.core.shop.port import StoreOrder, TenderKind
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, telescoped, total


def way_back(rules: RulePack, kind: TenderKind, wished: Destination | None) -> WayBack:
    """The way of a tender; a wish counts where there is a choice. Refused("refund_destination") nowhere else."""
    ways = rules.refunds.ways(kind)
    if wished is None or len(ways) == 1:
        return ways[0]
    for way in ways:
        if way.way.value == wished.value:
            return way
    raise Refused("refund_destination", 409)


def choices(rules: RulePack, order: StoreOrder) -> tuple[Destination, ...]:
    """Between which ways the customer may choose, for what was paid with this order; none where there is one only."""
    found = [
        Destination(way.way.value)
        for tender in order.tenders
        if tender.captured and len(rules.refunds.ways(tender.kind)) > 1
        for way in rules.refunds.ways(tender.kind)
    ]
    return tuple(dict.fromkeys(found))


def parts(rules: RulePack, order: StoreOrder, owed: Mapping[str, Money], wished: Destination | None) -> list[Part]:
    """What is owed, by tender, as parts for the ledger's intents."""
    made = []
    for tender in order.tenders:
        amount = owed.get(tender.ref)
        if amount:
            way = way_back(rules, tender.kind, wished)
            made.append(
                Part(
                    tender_ref=tender.ref,
                    tender_kind=tender.kind,
                    tender_label=tender.label,
                    amount=amount,
                    destination=Destination(way.way.value),
                    days=(way.least_days, way.most_days),
                )
            )
    return made


def to_recipient(rules: RulePack, order: StoreOrder, owed: Mapping[str, Money], gift_id: UUID) -> list[Part]:
    """What is owed for a present, by tender, to the gift balance of whoever got it; they read nothing of a card."""
    usual = rules.refunds.ways(TenderKind.GIFT_BALANCE)[0]
    return [
        Part(
            tender_ref=tender.ref,
            tender_kind=tender.kind,
            tender_label="",
            amount=owed[tender.ref],
            destination=Destination.RECIPIENT,
            days=(usual.least_days, usual.most_days),
            gift_id=gift_id,
        )
        for tender in order.tenders
        if owed.get(tender.ref)
    ]


def worth(order: StoreOrder, held: Mapping[str, LineUnits], units: Mapping[str, int]) -> dict[str, Money]:
    """What units of lines cost, after those for which everything was done (I10)."""
    return {
        line.ref: Money(
            telescoped(line.total.amount, line.quantity, held[line.ref].settled, units[line.ref]), order.currency
        )
        for line in order.lines
        if line.ref in units
    }


def owed(
    order: StoreOrder,
    held: Mapping[str, LineUnits],
    money: Mapping[str, TenderMoney],
    units: Mapping[str, int],
    *,
    shipping: bool,
) -> dict[str, Money]:
    """What goes back by tender: the units' share, and with everything that was ordered also what sending it cost."""
    return by_tender(money, price(order, held, units, shipping=shipping))


def price(order: StoreOrder, held: Mapping[str, LineUnits], units: Mapping[str, int], *, shipping: bool) -> Money:
    """What units cost, with everything that was ordered also what sending it cost."""
    amount = total(list(worth(order, held, units).values()), order.currency)
    everything = all(units.get(ref) == line.ordered for ref, line in held.items())
    return amount + order.fees if shipping and everything else amount
