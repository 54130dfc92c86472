"""The same in another size or colour: what comes back is a return, and another variant goes out for it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, refusal
from madoguchi.core.actions.rules import Draft, Fact, Outcome, Refusal, Said, Settled, Slip, Wish, said
from madoguchi.core.actions.variants import Swap, check_stock, swap, swap_line, swap_option, variants_of
from madoguchi.core.policy.decisions import ReturnDecision
from madoguchi.core.policy.pack import Method, ReturnReason, Trigger
from madoguchi.core.shop.port import LineExchange, Operation, StorePort, Variant
from madoguchi.core.shop.queries import terms
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, share, total
from madoguchi.service.returns import agreeing, asking, opening, slips, verbs
from madoguchi.service.returns.agreeing import ReturnOrder, agreement
from madoguchi.service.returns.differing import Payment, payment_by, payment_field
from madoguchi.service.returns.eligibility import PERSON, Basis, basis
from madoguchi.service.returns.going_on import with_steps
from madoguchi.service.returns.narrowing import narrowed
from madoguchi.service.returns.plans import ReturnPlan
from madoguchi.service.returns.rules import Condition
from madoguchi.service.returns.rules import Wish as Wanted

REASONS = (
    ReturnReason.SIZE,
    ReturnReason.DISLIKE,
    ReturnReason.MISTAKE,
    ReturnReason.WRONG_ITEM,
    ReturnReason.NOT_AS_DESCRIBED,
)
Decisions = Mapping[str, ReturnDecision]
_INSTEAD = ("order.return", *PERSON)
_SAID_OTHERWISE = frozenset({"returns.fact.goods", "returns.fact.reason"})  # the lines say what, and the form asked why


class ExchangeOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which lines are wanted as which variant (line ref → sku), and how many units of those that have several.

    `method_ref` pays what it costs more, `method` is how the goods are sent back; why and in what state as in a return.
    """

    order_id: UUID
    items: dict[str, str]
    method_ref: str
    lines: dict[str, int] | None = None
    reason: ReturnReason | None = None
    condition: Condition | None = None
    method: Method | None = None


class ExchangePlan(ReturnPlan, frozen=True, kw_only=True):
    """What comes back, what goes out for it, and the signed difference in price; with `hold` it waits."""

    edits: tuple[LineExchange, ...]
    difference: Money
    hold: bool


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """For each line the other variants, how many, why, in what state and how it comes back, and what pays."""
    try:
        of = await _open(tx, actor, subject.id)
    except Refused as refused:
        if refused.status == 404:
            raise
        return ()
    variants = await _variants(tx, of)
    lines = [line for line in of.document.lines if variants[line.ref]]
    options = tuple(
        swap_option(line, slips.named(line), variants[line.ref], of.left[line.ref], _why_not) for line in lines
    )
    several = tuple(
        FieldOption(value=line.ref, label=slips.named(line), limit=of.left[line.ref])
        for line in lines
        if of.left[line.ref] > 1
    )
    every = {option.value: option.limit for option in several}
    many = (
        (Field(name="lines", kind=FieldKind.UNITS, options=several, required=False, default=every),) if several else ()
    )
    return (
        Field(name="items", kind=FieldKind.SWAPS, options=options),
        *many,
        *asking.why_fields(of, REASONS),
        *asking.way_field(of),
        await payment_field(tx, actor, of),
    )


async def narrow(
    tx: Tx, actor: Actor, subject: Subject, fields: tuple[Field, ...], given: Mapping[str, Any]
) -> tuple[Field, ...]:
    """What of it still matters after what was given; of the ways back, those that cost nothing."""
    of = await _open(tx, actor, subject.id)
    units = _units(of, given.get("items", {}), given.get("lines"))
    return narrowed(of, actor, fields, given, units, tx.now, free=True)


async def draft(tx: Tx, actor: Actor, arguments: ExchangeOrder) -> Draft:
    """What the exchange means: what comes back, what goes out and when, and what the difference is.

    Refused: as in opening.draft; exchange_not_offered, exchange_only_as_new, exchange_price, variant_same,
    variant_unavailable, method_unknown, balance_too_low.
    """
    of = await _open(tx, actor, arguments.order_id)
    plan, decisions = _agreement(of, actor, _as_return(of, arguments), tx.now)
    _check_as_new(decisions)
    swaps = await _swaps(tx, of, arguments, plan.units)
    difference = _difference(of, swaps, plan.units)
    payment = await payment_by(tx, actor, of, arguments.method_ref, difference)
    plan = msgspec.structs.replace(
        plan, method_ref=arguments.method_ref, refund_on=_ships_on(plan, decisions, difference)
    )
    plan = _with_less(plan, swaps, difference)
    slip = _slip(of, plan, next(iter(decisions.values())), swaps, payment, difference)
    slip = msgspec.structs.replace(slip, facts=(*slip.facts, *await _parts(tx, of, plan, swaps, payment)))
    exchange = ExchangePlan(
        **msgspec.structs.asdict(msgspec.structs.replace(plan, slip=slip)),
        edits=tuple(LineExchange(line_ref=one.line.ref, sku=one.variant.sku, units=one.units) for one in swaps),
        difference=difference,
        hold=plan.refund_on is not Trigger.NOW,
    )
    return agreeing.drafted(of, exchange, decisions)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Have the store note what comes back and put the new goods aside, under the request's key."""
    plan = _plan(wish)
    return await store.create_exchange(
        str(wish.id),
        wish.order_ref or "",
        wish.order_version or 0,
        plan.edits,
        plan.method_ref or "",
        plan.difference,
        plan.hold,
    )


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The return stands, with the order by which the new goods go out; or the units are free again."""
    outcome = await opening.settle(tx, wish, operation)
    if outcome.state is Settled.DONE and operation.created:
        await verbs.goes_out(tx, wish.id, operation.created)
        assert outcome.slip
        slip = await with_steps(tx, slips.settled(outcome.slip, operation.created), wish.id)
        return msgspec.structs.replace(outcome, slip=slip)
    return outcome


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something of it can be had in another variant; what comes in no other is not offered at all."""
    if why_not := await opening.offer(tx, actor, subject):
        return why_not
    try:
        of = await _open(tx, actor, subject.id)
    except Refused as refused:
        return refusal(refused)
    variants = await _variants(tx, of)
    found = [_why_not(Swap(line, variant, 1)) for line in of.document.lines for variant in variants[line.ref]]
    if not found:
        return Refusal("exchange_not_offered", unrelated=True)
    return None if None in found else found[0]


async def _open(tx: Tx, actor: Actor, order_id: UUID) -> Basis:
    """The order, where the shop exchanges at all; what was sent again at no price is for a person."""
    of = await basis(tx, actor, order_id)
    if not of.pack.returns.exchange.offered or of.document.replaces:
        raise Unrelated("exchange_not_offered", 409, alternatives=_INSTEAD)
    return of


def _as_return(of: Basis, asked: ExchangeOrder) -> ReturnOrder:
    """What comes back of it: of each line as many units as were said, or all that are left."""
    if not asked.items:
        raise Refused("no_lines", field="items")
    if not asked.items.keys() <= of.left.keys():
        raise Refused("unknown_line", field="items")
    return ReturnOrder(
        order_id=asked.order_id,
        lines=_units(of, asked.items, asked.lines),
        reason=asked.reason,
        condition=asked.condition,
        wish=Wanted.EXCHANGE,
        method=asked.method,
    )


def _units(of: Basis, items: Mapping[str, str], said: Mapping[str, int] | None) -> dict[str, int]:
    return {ref: (said or {}).get(ref, of.left[ref]) for ref in items}


def _agreement(of: Basis, actor: Actor, asked: ReturnOrder, at: datetime) -> tuple[ReturnPlan, Decisions]:
    """What comes back; by a way that costs nothing, since there is no price from which it could be taken.

    Refused("exchange_postage") for another way.
    """
    plan, decisions = agreement(of, actor, asked, at)
    if plan.postage and asked.method is None:
        plan, decisions = agreement(of, actor, msgspec.structs.replace(asked, method=Method.OWN), at)
    if plan.postage:
        raise Refused("exchange_postage", 409, field="method")
    return plan, decisions


def _check_as_new(decisions: Decisions) -> None:
    """Refused("exchange_only_as_new") for what is worth less than its price, or needs somebody's word."""
    if any(one.percent < 100 or one.approver for one in decisions.values()):
        raise Refused("exchange_only_as_new", 409, alternatives=_INSTEAD)


def _ships_on(plan: ReturnPlan, decisions: Decisions, difference: Money) -> Trigger:
    """What the new goods wait for: money is never given back before the others are there."""
    if any(one.inspected for one in decisions.values()):  # what they are worth is seen then
        return Trigger.INSPECTED
    early = plan.refund_on is Trigger.NOW and difference < Money(0, difference.currency)
    return Trigger.RECEIVED if early else plan.refund_on


async def _variants(tx: Tx, of: Basis) -> dict[str, tuple[Variant, ...]]:
    """What each line of which something can come back could become."""
    found = await variants_of(tx, of.order, same=of.pack.changes.same_variant)
    return {ref: variants if of.left[ref] else () for ref, variants in found.items()}


async def _swaps(tx: Tx, of: Basis, asked: ExchangeOrder, units: Mapping[str, int]) -> list[Swap]:
    variants = await _variants(tx, of)
    return [
        swap(line, variants[line.ref], asked.items[line.ref], units[line.ref])
        for line in of.document.lines
        if line.ref in asked.items
    ]


def _difference(of: Basis, swaps: Sequence[Swap], units: Mapping[str, int]) -> Money:
    """What it costs more, or less; Refused("exchange_price") where the shop exchanges only for the same price.

    Less than was paid for what comes back, by a coupon, is for a person.
    """
    currency = of.document.currency
    difference = total([one.difference for one in swaps], currency)
    worth = total(list(of.worth(units).values()), currency)
    if (difference and not of.pack.returns.exchange.difference) or worth + difference < Money(0, currency):
        raise Refused("exchange_price", 409, alternatives=_INSTEAD)
    return difference


def _with_less(plan: ReturnPlan, swaps: Sequence[Swap], difference: Money) -> ReturnPlan:
    """The same with what each line's new goods cost less, as far as it is given back."""
    cheaper = [max(-swap.difference.amount, 0) for swap in swaps]
    less = share(max(-difference.amount, 0), cheaper) if any(cheaper) else cheaper
    by_line = {swap.line.ref: one for swap, one in zip(swaps, less, strict=True)}
    parts = tuple(msgspec.structs.replace(part, less=by_line[part.line_ref]) for part in plan.parts)
    return msgspec.structs.replace(plan, parts=parts)


async def _parts(tx: Tx, of: Basis, plan: ReturnPlan, swaps: Sequence[Swap], payment: Payment) -> tuple[Fact, ...]:
    """What happens where only some of several units come back; nothing of a store that does all of it itself.

    They count one by one where the store can let them, none pays for another, and nothing is still to be paid.
    """
    if of.pack.returns.named_method or sum(plan.units.values()) == 1:
        return ()
    told = await terms(tx, of.order.store_id)
    signs = {swap.difference.amount > 0 for swap in swaps if swap.difference}
    each = told is not None and told.releases_lines and not payment.facts and len(signs) < 2
    return (Fact(Said("returns.fact.parts"), Said(f"returns.parts.{'each' if each else 'together'}")),)


def _slip(
    of: Basis, plan: ReturnPlan, decision: ReturnDecision, swaps: Sequence[Swap], payment: Payment, difference: Money
) -> Slip:
    """The return's slip with what goes out for what, until when that can be, and how a difference is settled."""
    slip = slips.opening(of, plan, (decision,), None)
    told = [fact for fact in slip.facts if fact.label.key not in _SAID_OTHERWISE]
    back = max(-difference, Money(0, difference.currency))
    money = slips.money(of, plan, back, payment.to)
    return msgspec.structs.replace(
        slip,
        lines=tuple(map(swap_line, swaps)),
        charges=payment.charges,
        money=money,
        total=total([part.amount for part in money], back.currency),
        facts=(
            *payment.facts,
            *(_after(payment, fact) for fact in told),
        ),
        rule=said("returns.exchange.rule", until=decision.until),
    )


def _after(payment: Payment, fact: Fact) -> Fact:
    """What would be sent at once is sent once it is paid, where that is still to be done."""
    waits = payment.facts and fact.words == Said(f"returns.when.{Wanted.EXCHANGE}.{Trigger.NOW}")
    return msgspec.structs.replace(fact, words=Said("returns.when.paid")) if waits else fact


def _why_not(of: Swap) -> Refusal | None:
    try:
        check_stock(of)
    except Refused as refused:
        return refusal(refused)
    return None


def _plan(wish: Wish) -> ExchangePlan:
    return msgspec.convert(wish.plan, ExchangePlan)
