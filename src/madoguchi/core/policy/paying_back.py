"""Which way owed money goes, by the rules of a store: the usual one of its tender, or another that was wished. Pure."""

from collections.abc import Mapping

from madoguchi.core.ledger.rules import Destination, Part
from madoguchi.core.policy.pack import RulePack, WayBack
from madoguchi.core.shop.port import StoreOrder, TenderKind
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money


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
