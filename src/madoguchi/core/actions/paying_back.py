"""How money goes back, as every room asks and tells it. Pure."""

from collections.abc import Sequence

from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.rules import MoneyBack, Said
from madoguchi.core.ledger.rules import Part
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.paying_back import choices
from madoguchi.core.shop.port import StoreOrder, TenderKind


def refund_fields(pack: RulePack, order: StoreOrder) -> tuple[Field, ...]:
    """Where money goes that cannot go back the way it came; no field where there is nothing to choose."""
    ways = choices(pack, order)
    if not ways:
        return ()
    options = tuple(FieldOption(value=way, label=Said(f"orders.refund_to.{way}")) for way in ways)
    return (Field(name="refund_to", kind=FieldKind.CHOICE, options=options, default=ways[0]),)


def money_back(parts: Sequence[Part]) -> tuple[MoneyBack, ...]:
    """What each tender gets, and when it should show there."""
    return tuple(
        MoneyBack(
            tender_ref=part.tender_ref,
            kind=TenderKind(part.tender_kind),
            label=part.tender_label,
            amount=part.amount,
            destination=part.destination,
            min_days=part.days[0],
            max_days=part.days[1],
        )
        for part in parts
    )
