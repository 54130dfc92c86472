"""What is agreed to when something is sent back: the units, what the rules say to each line, by when and for what."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.rules import Approval, Draft, Said
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.decisions import Denied, ReturnDecision
from madoguchi.core.policy.pack import Asked, Fault, Method, ReturnReason, Trigger
from madoguchi.core.policy.questions import ReturnQuestion
from madoguchi.core.policy.returning import decide_returns
from madoguchi.core.shop.port import Balance, OrderLine
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import total
from madoguchi.service.returns import slips
from madoguchi.service.returns.eligibility import (
    PERSON,
    Basis,
    Told,
    decide,
    in_advance,
    question,
    trusted,
)
from madoguchi.service.returns.narrowing import PHOTO, common_ways, postage
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
        if not one.allowed:
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
