"""Sending something back: what may come, why, how, and what is given for it. Money moves later, by `return.settle`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, refusal
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Approval, Draft, Outcome, Refusal, Said, Settled, Wish
from madoguchi.core.ledger.returning.verbs import drop_return, open_return
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.photos import queries as photos
from madoguchi.core.policy.decisions import Denied, ReturnDecision, Verdict, outcome
from madoguchi.core.policy.pack import Asked, Fault, Method, ReturnReason, RulePack, Trigger
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import ReturnQuestion
from madoguchi.core.policy.returning import decide_returns
from madoguchi.core.policy.rules import decide_advance, decide_return
from madoguchi.core.policy.verbs import one_at_a_time
from madoguchi.core.requests.queries import access_request
from madoguchi.core.shop.port import Balance, Capability, Operation, OperationState, OrderLine, StorePort
from madoguchi.core.shop.queries import Order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import total
from madoguchi.service.returns import slips, verbs
from madoguchi.service.returns.eligibility import (
    PERSON,
    Basis,
    Told,
    basis,
    before,
    decide,
    in_advance,
    question,
    trusted,
)
from madoguchi.service.returns.narrowing import PHOTO, common_ways, narrowed, postage
from madoguchi.service.returns.plans import Part, ReturnPlan
from madoguchi.service.returns.rules import Condition
from madoguchi.service.returns.rules import Wish as Wanted

EXCHANGE = ("return.exchange", *PERSON)


class ReturnOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which units come back, why, in what state, what for and how.

    `refund_to` says where money goes that cannot go back the way it came; `method_ref` the method to which a store
    gives the price that does so by itself.
    """

    order_id: UUID
    lines: dict[str, int]
    reason: ReturnReason | None = None
    condition: Condition | None = None
    wish: Wanted = Wanted.REFUND
    method: Method | None = None
    refund_to: Destination | None = None
    method_ref: str | None = None
    photos: tuple[UUID, ...] = ()


# --- what is asked


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Which units, why, in what state, what for, and how; what a shop does not ask is left out."""
    try:
        of = await basis(tx, actor, subject.id)
    except Refused as refused:
        if refused.status == 404:
            raise
        return ()
    shown = (await photos.field(tx, actor, of.order.customer_id, required=False),) if _asks_why(of) else ()
    where = (msgspec.structs.replace(field, proposed=True) for field in refund_fields(of.pack, of.document))
    return (
        lines_field(of),
        *why_fields(of, tuple(ReturnReason)),
        *shown,
        *_wish_field(of),
        *where,
        *way_field(of),
        *await _method_field(tx, actor, of),
    )


async def narrow(
    tx: Tx, actor: Actor, subject: Subject, fields: tuple[Field, ...], given: Mapping[str, Any]
) -> tuple[Field, ...]:
    """What of it still matters after what was given."""
    of = await basis(tx, actor, subject.id)
    return narrowed(of, actor, fields, given, given.get("lines", {}), tx.now)


def why_fields(of: Basis, reasons: Sequence[ReturnReason]) -> tuple[Field, ...]:
    """Why (of these reasons, where the shop knows them), and in what state it is."""
    asked = []
    if _asks_why(of):
        known = _reasons(of.pack)
        asked.append(_choice("reason", tuple(reason for reason in reasons if reason in known)))
    if {Asked.OPENED, Asked.USED, Asked.COMPLETE}.intersection(of.pack.returns.asks):
        asked.append(_choice("condition", _conditions(of)))
    return tuple(asked)


def way_field(of: Basis) -> tuple[Field, ...]:
    """How it comes back."""
    if not _asks_why(of):
        return ()
    way = _choice("method", _methods(of.pack), required=False)
    return (msgspec.structs.replace(way, proposed=True),)


def _asks_why(of: Basis) -> bool:
    return Asked.REASON in of.pack.returns.asks


def _wish_field(of: Basis) -> tuple[Field, ...]:
    if not _asks_why(of):
        return ()
    wish = _choice("wish", (Wanted.REFUND, Wanted.REPLACEMENT), default=Wanted.REFUND)
    return (msgspec.structs.replace(wish, proposed=True),)


def lines_field(of: Basis) -> Field:
    """How many units of which lines; whoever got them as a present does not hear what they cost."""
    left = {ref: n for ref, n in of.left.items() if n}
    worth = {} if of.gift else of.worth(left)
    options = tuple(
        FieldOption(value=line.ref, label=slips.named(line), amount=worth.get(line.ref), limit=left[line.ref])
        for line in of.document.lines
        if line.ref in left
    )
    only = left if sum(left.values()) == 1 else None
    return Field(name="lines", kind=FieldKind.UNITS, options=options, default=only)


def _choice(name: str, values: tuple[str, ...], *, required: bool = True, default: str | None = None) -> Field:
    options = tuple(FieldOption(value=one, label=Said(f"returns.{name}.{one}")) for one in values)
    return Field(name=name, kind=FieldKind.CHOICE, options=options, required=required, default=default)


def _reasons(pack: RulePack) -> tuple[ReturnReason, ...]:
    known = pack.returns.reasons
    return tuple(reason for reason in ReturnReason if reason in known and reason is not ReturnReason.LOST)


def _conditions(of: Basis) -> tuple[Condition, ...]:
    """Whether tags are on is asked of an order with goods that one tries on."""
    tried_on = any(not set(of.pack.returns.free).isdisjoint(line.flags) for line in of.document.lines)
    asked = tried_on and Asked.TAGS in of.pack.returns.asks
    return tuple(one for one in Condition if asked or one is not Condition.UNTAGGED)


def _methods(pack: RulePack) -> tuple[Method, ...]:
    every = [method for methods in pack.returns.methods.values() for method in methods]
    return tuple(method for method in Method if method in every)


async def _method_field(tx: Tx, actor: Actor, of: Basis) -> tuple[Field, ...]:
    """To which method a store gives the price that does so by itself."""
    if not of.pack.returns.named_method:
        return ()
    options = tuple(
        FieldOption(value=method.method_ref, label=method.label) for method in await _ways(tx, actor, of.order)
    )
    return (Field(name="method_ref", kind=FieldKind.CHOICE, options=options, unknown="method_unknown"),)


async def _ways(tx: Tx, actor: Actor, order: Order) -> tuple[Balance, ...]:
    facts = await customer_facts(tx, actor, order.customer_id)
    paid_by = {tender.method_ref for tender in order.document.tenders}
    known = tuple(
        Balance(method_ref=tender.method_ref, kind=tender.kind, label=tender.label, balance=None)
        for tender in order.document.tenders
        if tender.method_ref not in {method.method_ref for method in facts.methods}
    )
    return (*known, *sorted(facts.methods, key=lambda one: one.method_ref not in paid_by))


# --- the four moments


async def draft(tx: Tx, actor: Actor, arguments: ReturnOrder) -> Draft:
    """What sending it back means.

    Refused: return_not_delivered, change_open, return_nothing_left, field_missing, unknown_line, wrong_quantity,
    return_replaces_faults, return_nothing_paid, return_method, method_not_allowed, Denied with the rule's reason.
    """
    of = await basis(tx, actor, arguments.order_id)
    to = await _method_for(tx, actor, of, arguments.method_ref)
    plan, decisions = agreement(of, actor, arguments, tx.now, to)
    return drafted(of, plan, decisions)


def agreement(
    of: Basis, actor: Actor, asked: ReturnOrder, at: datetime, to: Balance | None = None
) -> tuple[ReturnPlan, dict[str, ReturnDecision]]:
    """What comes back and what the rules say to each line; Refused as in `draft`."""
    told = _told(of, actor, asked)
    _check_units(of, asked.lines)
    decisions = _decisions(of, asked, told, at)
    if of.document.replaces and asked.wish is Wanted.REFUND:
        raise Refused("return_nothing_paid", 409, alternatives=PERSON, field="wish")
    plan = _plan(of, asked, told, decisions)
    slip = slips.opening(of, plan, tuple(decisions.values()), to)
    return msgspec.structs.replace(plan, slip=slip), decisions


def drafted(of: Basis, plan: ReturnPlan, decisions: Mapping[str, ReturnDecision]) -> Draft:
    """What a quote of it holds."""
    first, *further = decisions.values()
    return Draft(
        slip=plan.slip,
        plan=msgspec.to_builtins(plan),
        order_id=of.order.id,
        order_version=of.order.version,
        line_refs=tuple(plan.units),
        gift=of.gift,
        decision=first,
        further=tuple(further),
        approval=_approval(of, plan.units, decisions),
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Set the units aside and note the return.

    Refused: units_taken; order_changed where the rules say otherwise after what was agreed to in between (quote again).
    """
    plan, order_id = plan_of(wish), wish.order_id
    assert order_id
    await one_at_a_time(tx, wish.customer_id)
    if not await _still_agreed(tx, wish, plan):
        raise Refused("order_changed", 409)
    await open_return(tx, wish.id, order_id, plan.units)
    await verbs.insert(tx, wish, plan)


async def _still_agreed(tx: Tx, wish: Wish, plan: ReturnPlan) -> bool:
    """Whether limits that count what was before still allow what they did when it was quoted."""
    pack = await rules_of(tx, wish.store_id)
    found = await before(tx, pack, wish.customer_id)
    early = plan.early and msgspec.structs.replace(plan.early, open_advances=found.open_advances)
    if early and decide_advance(pack, early).verdict is not Verdict.ALLOW:
        return False
    now = {ref: msgspec.structs.replace(one, returns_before=found.returns) for ref, one in plan.asked.items()}
    again = decide_returns(pack, now, found.history)
    return all(outcome(decide_return(pack, one)) == outcome(again[ref]) for ref, one in plan.asked.items())


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Tell the store that it is coming back, where it wants to know."""
    if Capability.CREATE_RETURN not in store.capabilities():
        return Operation(key=str(wish.id), state=OperationState.SUCCEEDED)
    plan = plan_of(wish)
    coming = {part.line_ref: part.units for part in plan.parts if not part.keep}
    if not coming:
        return Operation(key=str(wish.id), state=OperationState.SUCCEEDED)
    return await store.create_return(
        str(wish.id), wish.order_ref or "", wish.order_version or 0, coming, plan.method_ref
    )


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The return stands, or the units are free again."""
    plan, order_id = plan_of(wish), wish.order_id
    assert order_id
    if operation.state is not OperationState.SUCCEEDED:
        await drop_return(tx, wish.id, order_id, plan.units)
        await verbs.refuse(tx, wish.id)
        return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")
    number = (await access_request(tx, SYSTEM, wish.id)).number
    await verbs.agree(tx, wish.id, number)
    return Outcome(state=Settled.DONE, slip=slips.agreed(plan.slip, number))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something may come back for one reason or another; of what is all too late, until when it could have."""
    try:
        check_any(await basis(tx, actor, subject.id), tx.now)
    except Refused as refused:
        return refusal(refused)
    return None


def check_any(of: Basis, at: datetime) -> None:
    """Denied where nothing of it may come back, for whatever reason."""
    left = {ref: n for ref, n in of.left.items() if n}
    for reason in _reasons(of.pack):
        told = Told(reason=reason, evidence=True)
        found = [decide(of, ref, n, told, at, trusted=False) for ref, n in left.items()]
        if any(one.verdict in {Verdict.ALLOW, Verdict.ALLOW_WITH_APPROVAL} for one in found):
            return
    raise Denied(found[0])


def plan_of(wish: Wish) -> ReturnPlan:
    """What was agreed to."""
    return msgspec.convert(wish.plan, ReturnPlan)


# --- parts of the draft


def _told(of: Basis, actor: Actor, asked: ReturnOrder) -> Told:
    asks = of.pack.returns.asks
    if asked.reason is None and Asked.REASON in asks:
        raise Refused("field_missing", field="reason")
    reason = asked.reason or ReturnReason.NO_LONGER_NEEDED
    wished = of.pack.returns.reasons[reason] is Fault.CUSTOMER
    if asked.condition is None and wished and Asked.OPENED in asks:
        raise Refused("field_missing", field="condition")
    if asked.wish is Wanted.REPLACEMENT and wished:
        raise Refused("return_replaces_faults", 409, alternatives=EXCHANGE, field="wish")
    return Told(
        reason=reason,
        condition=asked.condition or Condition.UNOPENED,
        evidence=bool(asked.photos) or actor.is_staff,
        refund_to=asked.refund_to,
    )


async def _method_for(tx: Tx, actor: Actor, of: Basis, method_ref: str | None) -> Balance | None:
    """The balance of the customer's, or the method by which the order was paid, that gets the price from the store."""
    if method_ref is None:
        return None
    ways = {one.method_ref: one for one in await _ways(tx, actor, of.order)}
    if method_ref not in ways:
        raise Refused("method_unknown", 409)
    paid_by = {tender.method_ref for tender in of.document.tenders}
    if method_ref not in paid_by and ways[method_ref].balance is None:
        raise Refused("method_not_allowed", 409)
    return ways[method_ref]


def _check_units(of: Basis, lines: Mapping[str, int]) -> None:
    if not lines:
        raise Refused("no_lines", field="lines")
    for ref, count in lines.items():
        if ref not in of.left:
            raise Refused("unknown_line", field="lines")
        if not 0 < count <= of.left[ref]:
            raise Refused("wrong_quantity", limit=of.left[ref], field="lines")


def _decisions(of: Basis, asked: ReturnOrder, told: Told, at: datetime) -> dict[str, ReturnDecision]:
    early = trusted(of, asked.lines, at)
    questions = {ref: question(of, ref, count, told, at, trusted=early) for ref, count in asked.lines.items()}
    found = decide_returns(of.pack, questions, of.before.history)
    for ref, one in found.items():
        if one.verdict not in {Verdict.ALLOW, Verdict.ALLOW_WITH_APPROVAL}:
            raise Denied(one, "photos" if PHOTO in one.asks else None)
        if one.fault is Fault.CUSTOMER and ref in of.sent_again:
            raise Refused("return_sent_again", 409, alternatives=PERSON)
    return found


def _approval(of: Basis, lines: Mapping[str, int], decisions: Mapping[str, ReturnDecision]) -> Approval | None:
    """Who must agree, where the rules do not let it be paid back by itself."""
    for one in decisions.values():
        if one.approver:
            worth = total(list(of.worth(lines).values()), of.document.currency)
            return Approval(one.approver, Said(one.reasons[0].key, one.reasons[0].parameters), worth)
    return None


def _plan(of: Basis, asked: ReturnOrder, told: Told, decisions: Mapping[str, ReturnDecision]) -> ReturnPlan:
    coming = [one for one in decisions.values() if not one.keep]
    method = _method(asked, coming)
    lines = {line.ref: line for line in of.document.lines}
    first = next(iter(decisions.values()))
    questions = {ref: one.question for ref, one in decisions.items() if isinstance(one.question, ReturnQuestion)}
    early = any(one.trusted for one in questions.values())
    return ReturnPlan(
        parts=tuple(_part(of, lines[ref], asked.lines[ref], told, one) for ref, one in decisions.items()),
        wish=asked.wish,
        reason=told.reason,
        fault=first.fault,
        condition=asked.condition,
        method=method,
        method_ref=asked.method_ref,
        refund_to=asked.refund_to,
        refund_on=_refund_on(of, asked.wish, coming),
        outward=any(one.outward_shipping for one in decisions.values()),
        postage=postage(method, coming),
        restocking=max((one.restocking_percent for one in coming), default=0),
        send_until=min(one.send_by for one in decisions.values()),
        approval=any(one.approver for one in decisions.values()),
        slip=slips.blank(of.document),
        asked=questions,
        early=in_advance(of, asked.lines, first.question.at) if early else None,
        kept=sum(questions[ref].amount for ref, one in decisions.items() if one.keep),
    )


def _part(of: Basis, line: OrderLine, units: int, told: Told, decision: ReturnDecision) -> Part:
    opened = msgspec.structs.replace(told, condition=Condition.OPENED)
    found_opened = decide(of, line.ref, units, opened, decision.question.at, trusted=False)
    return Part(
        line_ref=line.ref,
        sku=line.sku,
        name=slips.named(line),
        units=units,
        percent=decision.percent,
        if_opened=min(found_opened.percent, decision.percent),
        keep=decision.keep,
    )


def _method(asked: ReturnOrder, coming: list[ReturnDecision]) -> Method | None:
    """The way that was chosen, or the first there is for all that comes back in one parcel; None: nothing comes."""
    if not coming:
        return None
    ways = common_ways(coming)
    if not ways or (asked.method and asked.method not in ways):
        raise Refused("return_method", 409, field="method")
    return asked.method or ways[0]


def _refund_on(of: Basis, wish: Wanted, coming: list[ReturnDecision]) -> Trigger:
    """The latest of all, since they come back together; new goods wait for what those of an exchange wait for.

    What somebody else paid is never given before it is here: nobody could be asked for it again.
    """
    triggers = [one.trigger if wish is Wanted.REFUND else one.ship for one in coming]
    if of.gift and coming:
        triggers.append(Trigger.RECEIVED)
    return max(triggers, key=lambda one: one.rank, default=Trigger.NOW)
