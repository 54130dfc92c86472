"""What an order looks like to people, and what cancelling it would do. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import msgspec

from madoguchi.core.actions.carried import agreed_facts
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, refusal
from madoguchi.core.actions.owing import to_pay
from madoguchi.core.actions.rules import CardLine, Fact, MoneyBack, OrderCard, Parcel, Said, Slip, SlipLine, Step, said
from madoguchi.core.carriers.port import Agreed, Tracked
from madoguchi.core.carriers.rules import promised_until
from madoguchi.core.ledger.rules import Destination, LineUnits, TenderMoney, by_tender
from madoguchi.core.policy.decisions import ChangeDecision, Denied, Verdict
from madoguchi.core.policy.pack import ChangeWish, RulePack, Then
from madoguchi.core.policy.paying_back import way_back
from madoguchi.core.policy.questions import about_change
from madoguchi.core.policy.rules import decide_change
from madoguchi.core.shop.port import OrderLine, OrderState, Shipment, StoreOrder, Tender, TrackingState
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, telescoped, total
from madoguchi.service.orders import presents


class CancelPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a cancellation will book: units by line, money by tender, whether the whole rest of the order goes.

    `given_up`: the shop calls off what it had set aside for an exchange.
    """

    units: dict[str, int]
    money: dict[str, Money]
    whole: bool
    asked: bool
    reason: str
    refund_to: Destination | None = None
    given_up: bool = False


class Left(msgspec.Struct, frozen=True):
    """How many units of a line can go now, and what they cost; when none can, the whole line's price, and why not."""

    line: OrderLine
    units: int
    worth: Money
    refused: Refused | None


def order_card(
    order_id: UUID,
    facts: StoreOrder,
    now: datetime,
    time_zone: str,
    carried: Mapping[tuple[str, str], Tracked] = MappingProxyType({}),
) -> OrderCard:
    """The order as a card, with what carriers told of its parcels (by carrier and number)."""
    parcels = tuple(
        _parcel(one, carried.get((one.carrier, one.tracking_number)), now, time_zone) for one in facts.shipments
    )
    open_ended = facts.state not in {OrderState.DELIVERED, OrderState.CANCELLED}
    overdue = facts.promised_until is not None and now > facts.promised_until and not parcels
    return OrderCard(
        id=order_id,
        ref=facts.ref,
        state=facts.state,
        placed_at=facts.placed_at,
        total=facts.total,
        lines=tuple(_line(line) for line in facts.lines),
        parcels=parcels,
        promised_until=facts.promised_until,
        late=open_ended and (overdue or any(parcel.late for parcel in parcels)),
        seller=facts.seller.name if facts.seller else None,
        is_gift=facts.is_gift,
        to_pay=to_pay(facts),
        time_zone=time_zone,
        held=_waits(facts),
        facts=(*_coupon(facts), *_exchange(facts), *(presents.facts(facts.gift) if facts.gift else ())),
    )


def _coupon(order: StoreOrder) -> tuple[Fact, ...]:
    """That its prices are those after a coupon."""
    if order.coupon is None:
        return ()
    return (Fact(Said("orders.card.coupon"), said("orders.card.coupon.used", code=order.coupon)),)


def _exchange(order: StoreOrder) -> tuple[Fact, ...]:
    """For which order's goods these go out, and what they wait for."""
    if order.exchanges is None:
        return ()
    key = "orders.card.exchange.held" if _waits(order) else "orders.card.exchange.out"
    facts = (Fact(Said("orders.card.exchange"), said(key, order=order.exchanges)),)
    parted = sum(line.parted for line in order.lines)
    return (*facts, Fact(Said("orders.card.parted"), said("orders.card.parted.units", n=parted))) if parted else facts


def _waits(order: StoreOrder) -> bool:
    return order.held and order.state is not OrderState.CANCELLED


def decide(
    rules: RulePack,
    order: StoreOrder,
    units: Mapping[str, LineUnits],
    wanted: Mapping[str, int] | None,
    now: datetime,
) -> tuple[dict[str, int], ChangeDecision]:
    """Which units go and by which rules; Refused with the first reason when what is wanted cannot be.

    Wanting nothing in particular (None) means everything that can still go.
    """
    lines = {line.ref: line for line in order.lines}
    if wanted is not None and not rules.changes.cancel_lines:
        raise Refused("cancel_whole_only", 409)
    named = None if wanted is None else tuple(wanted)
    decision = decide_change(rules, about_change(ChangeWish.CANCEL, order, now, named))
    if decision.verdict is not Verdict.ALLOW:
        raise Denied(decision)
    chosen: dict[str, int] = {}
    for ref in decision.lines:
        free = _free(lines[ref], units)
        count = wanted[ref] if wanted is not None else free
        if count > free:
            raise Refused("units_taken", 409)
        if count:
            chosen[ref] = count
    if not chosen:
        raise Refused("cancel_already", 409, alternatives=(), word=order.status_text)
    return chosen, decision


def left(rules: RulePack, order: StoreOrder, units: Mapping[str, LineUnits], now: datetime) -> list[Left]:
    """What can go of each line; also where the rules let only the whole order go."""
    by_line = msgspec.structs.replace(rules, changes=msgspec.structs.replace(rules.changes, cancel_lines=True))
    found = []
    for line in order.lines:
        free, refused = _free(line, units), None
        try:
            decide(by_line, order, units, {line.ref: 1}, now)
        except Refused as refusal:
            free, refused = 0, refusal
        found.append(Left(line, free, _worth(line, units, free) if free else line.total, refused))
    return found


def lines_field(lines: Sequence[Left]) -> Field:
    """How many units of which lines; everything that can go unless something is chosen."""
    free = {one.line.ref: one.units for one in lines if one.units}
    return Field(
        name="lines",
        kind=FieldKind.UNITS,
        required=bool(free),
        options=tuple(
            FieldOption(
                value=one.line.ref,
                label=item_name(one.line),
                amount=one.worth,
                limit=one.units,
                refusal=refusal(one.refused) if one.refused else None,
            )
            for one in lines
        ),
        default=free or None,
    )


def reason_field(rules: RulePack) -> Field:
    """Why, in one of the store's words; the first is the usual one."""
    reasons = rules.changes.cancel_reasons
    options = tuple(
        FieldOption(value=reason, label=Said(f"actions.order.cancel.field.reason.{reason}")) for reason in reasons
    )
    return Field(name="reason", kind=FieldKind.CHOICE, options=options, default=reasons[0])


def item_name(line: OrderLine) -> str | Said:
    """What was ordered, with its colour, size and the like."""
    chosen = " / ".join(line.options.values())
    return said("orders.item", name=line.name, options=chosen) if chosen else line.name


def plan(
    order: StoreOrder,
    units: Mapping[str, LineUnits],
    money: Mapping[str, TenderMoney],
    chosen: Mapping[str, int],
    decision: ChangeDecision,
    reason: str,
    refund_to: Destination | None = None,
    *,
    given_up: bool = False,
) -> CancelPlan:
    """The money of the chosen units by tender. When nothing is left of the order, everything left of the money.

    Refused("cancel_held_whole") for a part of what is set aside and goes out as a whole.
    """
    whole = all(units[ref].free == chosen.get(ref, 0) and not units[ref].kept for ref in units)
    if whole:
        parts = {ref: tender.free for ref, tender in sorted(money.items()) if tender.free}
    else:
        if order.held and not order.by_parts:
            raise Refused("cancel_held_whole", 409)
        owed = [_owed(order, line, units, chosen[line.ref]) for line in order.lines if line.ref in chosen]
        parts = by_tender(money, total(owed, order.currency))
    return CancelPlan(
        units=dict(chosen),
        money=parts,
        whole=whole,
        asked=any(decision.lines[ref].then is Then.ASK_STORE for ref in chosen),
        reason=reason,
        refund_to=refund_to,
        given_up=given_up,
    )


def slip(
    rules: RulePack,
    order: StoreOrder,
    of: CancelPlan,
    units: Mapping[str, LineUnits],
    decision: ChangeDecision | None = None,
) -> Slip:
    """The plan as a slip to confirm."""
    lines = tuple(
        SlipLine(
            name=line.name,
            quantity=of.units[line.ref],
            amount=_worth(line, units, of.units[line.ref]),
            line_ref=line.ref,
        )
        for line in order.lines
        if line.ref in of.units
    )
    back = total(list(of.money.values()), order.currency)
    money = money_back(rules, order, of.money, of.whole, of.refund_to)
    asked = Said("orders.cancel.next.asked") if of.asked else None
    return Slip(
        title=Said("orders.cancel.title" if of.whole else "orders.cancel.title.lines"),
        order_ref=order.ref,
        lines=lines,
        money=money,
        total=back,
        facts=(*account_needed(money), *_return_goes_on(order, of)),
        irreversible=(Said("orders.cancel.irreversible"),),
        rule=Said(decision.reasons[0].key) if decision else None,
        notices=("order_cancelled",),
        asked=of.asked,
        next_step=asked or Said("orders.cancel.next" if back else "orders.cancel.next.no_money"),
    )


def _return_goes_on(order: StoreOrder, of: CancelPlan) -> tuple[Fact, ...]:
    """That the price is given back of goods for which nothing else goes out any more, or why it does not go out."""
    if order.exchanges is None or not order.held:
        return ()
    key = "orders.cancel.exchange.given_up" if of.given_up else "orders.cancel.exchange"
    return (Fact(Said("orders.card.exchange"), said(key, order=order.exchanges)),)


def account_needed(money: Sequence[MoneyBack]) -> tuple[Fact, ...]:
    """That an account is asked for next, where money goes to a bank."""
    if not any(part.destination is Destination.BANK for part in money):
        return ()
    return (Fact(Said("orders.refund_to.bank"), Said("orders.refund_to.bank.next")),)


def money_back(
    rules: RulePack, order: StoreOrder, money: Mapping[str, Money], whole: bool, refund_to: Destination | None = None
) -> tuple[MoneyBack, ...]:
    """Each tender with what it gets and when it shows; tenders never charged are let go with the whole order.

    What an exchange carries over was charged for the goods that come back, and stays with those.
    """
    found = []
    for tender in order.tenders:
        if tender.ref in money:
            way = way_back(rules, tender.kind, refund_to)
            found.append(
                MoneyBack(
                    tender_ref=tender.ref,
                    kind=tender.kind,
                    label=tender.label,
                    amount=money[tender.ref],
                    destination=Destination(way.way.value),
                    min_days=way.least_days,
                    max_days=way.most_days,
                )
            )
        elif whole and not tender.captured and not _is_carried(order, tender):
            found.append(
                MoneyBack(tender_ref=tender.ref, kind=tender.kind, label=tender.label, amount=tender.amount, void=True)
            )
    return tuple(found)


def _is_carried(order: StoreOrder, tender: Tender) -> bool:
    """Whether a tender that is not charged here is the money of goods that come back, and nothing still to be paid."""
    return order.exchanges is not None and tender.pay_by is None


def _free(line: OrderLine, units: Mapping[str, LineUnits]) -> int:
    return min(units[line.ref].free, line.quantity - line.cancelled - line.shipped)


def _worth(line: OrderLine, units: Mapping[str, LineUnits], count: int) -> Money:
    """What some units of a line cost, after those for which everything was done (I10)."""
    amount = telescoped(line.total.amount, line.quantity, units[line.ref].settled, count)
    return Money(amount, line.total.currency)


def _owed(order: StoreOrder, line: OrderLine, units: Mapping[str, LineUnits], count: int) -> Money:
    """What of the price of some units was paid here: of what is held the goods that come back pay the rest."""
    worth = _worth(line, units, count)
    if not (order.held and line.exchange):
        return worth
    carried = line.exchange.amount
    share = telescoped(carried.amount, line.quantity, units[line.ref].settled, count)
    return worth - Money(share, carried.currency)


def _line(line: OrderLine) -> CardLine:
    return CardLine(
        ref=line.ref,
        name=line.name,
        quantity=line.quantity,
        total=line.total,
        options=line.options,
        image=line.image,
        cancelled=line.cancelled,
        shipped=line.shipped,
        sku=line.sku,
        product_ref=line.product_ref,
    )


def _parcel(shipment: Shipment, told: Tracked | None, now: datetime, time_zone: str) -> Parcel:
    steps = tuple(Step(event.state, event.at, event.place) for event in shipment.events if event.at <= now)
    agreed = told.agreed if told and shipment.delivered_at is None else Agreed()
    kept = told.held_until if told and shipment.delivered_at is None else None
    promised = promised_until(shipment, told, time_zone)
    return Parcel(
        ref=shipment.ref,
        carrier=shipment.carrier,
        number=shipment.tracking_number,
        state=steps[-1].state if steps else TrackingState.PENDING,
        steps=steps,
        lines=shipment.lines,
        promised_until=shipment.promised_until,
        first_promised_until=shipment.first_promised_until,
        delivered_at=shipment.delivered_at,
        late=shipment.delivered_at is None and kept is None and promised is not None and now > promised,
        agreed=tuple(agreed_facts(agreed)),
        held_until=kept,
    )
