"""What people agree to and are told about claims on the guarantee. Pure."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.actions.paying_back import money_back
from madoguchi.core.actions.rules import Fact, Following, Said, Slip, SlipLine, said
from madoguchi.core.ledger.rules import Part
from madoguchi.core.policy.decisions import GuaranteeDecision
from madoguchi.core.policy.pack import Fault, Ground
from madoguchi.core.shop.port import StoreOrder
from madoguchi.kit.money import Money, total
from madoguchi.service.guarantee.rules import Claim, Side, Verdict


def claim(
    order: StoreOrder,
    ground: Ground,
    units: Mapping[str, int],
    decision: GuaranteeDecision,
    photos: tuple[UUID, ...],
    *,
    shown: bool,
) -> Slip:
    """What is claimed, by when the seller answers, and what happens then."""
    then = "silence" if decision.silence_grants else "review"
    who = Said("guarantee.photos.seller" if shown else "guarantee.photos.shop")
    return msgspec.structs.replace(
        _blank(order),
        title=Said("guarantee.title.claim"),
        facts=(
            _because(ground),
            *_goods(order, units),
            *([Fact(Said("guarantee.fact.photos"), who)] if photos else []),
            Fact(Said("guarantee.fact.answer_by"), said("claims.until", until=decision.answer_by)),
            Fact(Said("guarantee.fact.then"), Said(f"guarantee.then.{then}")),
        ),
        rule=Said(decision.reasons[0].key, decision.reasons[0].parameters),
        next_step=said("guarantee.next.claim", until=decision.answer_by),
        photos=photos,
    )


def claimed(slip: Slip, order_id: UUID | None) -> Slip:
    """The same once the seller is asked: until when they answer, and where it is followed."""
    steps = (slip.next_step,) if slip.next_step else ()
    return msgspec.structs.replace(slip, then=Following(steps=steps, paths={"order": f"/orders/{order_id}"}))


def payment(
    order: StoreOrder, of: Claim, units: Mapping[str, int], worth: Mapping[str, Money], parts: tuple[Part, ...]
) -> Slip:
    """The money that goes back; the goods need not."""
    back = money_back(parts)
    names = {line.ref: line.name for line in order.lines}
    return msgspec.structs.replace(
        _blank(order),
        title=Said("guarantee.title.granted"),
        lines=tuple(
            SlipLine(name=names[ref], quantity=count, amount=worth[ref], line_ref=ref) for ref, count in units.items()
        ),
        money=back,
        total=total([part.amount for part in back], order.currency),
        facts=(Fact(Said("guarantee.fact.number"), of.number), _because(of.ground)),
        next_step=Said("guarantee.next.granted"),
    )


def due(order: StoreOrder, of: Claim) -> Slip:
    """It is granted; the money comes once it is clear which of the goods on their way back their return pays."""
    return msgspec.structs.replace(
        _blank(order),
        title=Said("guarantee.title.granted"),
        facts=(Fact(Said("guarantee.fact.number"), of.number), _because(of.ground), *_goods(order, of.units)),
        next_step=Said("guarantee.next.due"),
    )


def denial(order: StoreOrder, of: Claim, note: str, until: datetime | None) -> Slip:
    """Why not, and until when that can be appealed; None where it was."""
    appeal = said("guarantee.next.denied", until=until) if until else Said("guarantee.next.upheld")
    return msgspec.structs.replace(
        _blank(order),
        title=Said("guarantee.title.denied"),
        facts=(
            Fact(Said("guarantee.fact.number"), of.number),
            _because(of.ground),
            Fact(Said("guarantee.fact.result"), Said(f"guarantee.state.{'denied' if until else 'upheld'}")),
            Fact(Said("guarantee.fact.why"), note),
        ),
        next_step=appeal,
        then=Following(steps=(appeal,), paths={"order": f"/orders/{of.order_id}"}),
    )


def for_staff(slip: Slip, of: Claim, words: Mapping[Side, str], verdict: Verdict, liability: Fault) -> Slip:
    """The same for whoever agrees: what either side says, and whose fault it is."""
    sides = (
        ("guarantee.fact.customer", words.get(Side.CUSTOMER, of.told)),
        ("guarantee.fact.seller", words.get(Side.SELLER, of.seller_told)),
        ("guarantee.fact.appeal", of.appeal or ""),
    )
    return msgspec.structs.replace(
        slip,
        facts=(
            Fact(Said("guarantee.fact.verdict"), Said(f"guarantee.verdict.{verdict}")),
            Fact(Said("guarantee.fact.liability"), Said(f"guarantee.liability.{liability}")),
            *slip.facts,
            *(Fact(Said(label), said_by) for label, said_by in sides if said_by),
        ),
        rule=Said("guarantee.rule.approval"),
        next_step=Said("guarantee.next.approval"),
        photos=(*of.photos, *of.seller_photos),
    )


def _blank(order: StoreOrder) -> Slip:
    return Slip(
        title=Said("guarantee.title.claim"),
        order_ref=order.ref,
        lines=(),
        money=(),
        total=Money(0, order.currency),
        notices=("change_done",),
    )


def _because(ground: Ground) -> Fact:
    return Fact(Said("guarantee.fact.ground"), Said(f"guarantee.ground.{ground}"))


def _goods(order: StoreOrder, units: Mapping[str, int]) -> tuple[Fact, ...]:
    return tuple(
        Fact(Said("claims.fact.goods"), said("claims.goods", name=line.name, n=units[line.ref]))
        for line in order.lines
        if line.ref in units
    )
