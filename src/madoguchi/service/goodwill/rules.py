"""What is granted and why, how much somebody may still grant, and its slips for staff and for the customer. Pure."""

from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.actions.rules import Fact, Said, Slip, said
from madoguchi.core.policy.decisions import Decision
from madoguchi.core.policy.pack import RulePack
from madoguchi.kit.money import Money

NOTE_LIMIT = 500  # characters
NOTICE = "goodwill_given"


class GrantState(StrEnum):
    """How far a grant is."""

    WAITING = "waiting"  # for somebody to agree
    GRANTED = "granted"
    GIVEN = "given"
    ENDED = "ended"  # without being given; its request tells why


class Given(msgspec.Struct, frozen=True):
    """What was granted before, in minor units: in the case, to the customer in a year, by the giver today."""

    case: int = 0
    year: int = 0
    today: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What will be granted. `approver` is who must agree at least; `slip` is the customer's."""

    amount: Money
    reason: str
    note: str
    case_id: UUID
    case_number: str
    customer_ref: str
    slip: Slip
    order_id: UUID | None = None
    approver: Role | None = None


def left(pack: RulePack, role: Role, given: Given) -> Money:
    """What somebody of this role may still grant here alone."""
    limits = pack.goodwill.limits[role]
    rest = min(limits.case - given.case, limits.customer_year - given.year, limits.day - given.today)
    return Money(max(rest, 0), pack.currency)


def most(pack: RulePack) -> Money:
    """The most that anybody may grant at once."""
    return Money(max(limits.case for limits in pack.goodwill.limits.values()), pack.currency)


def customer_slip(amount: Money, reason: str, order_ref: str) -> Slip:
    """What the customer is told once it is given: how much and what for, none of the shop's limits or notes."""
    return Slip(
        title=Said("goodwill.slip.title"),
        order_ref=order_ref,
        lines=(),
        money=(),
        total=Money(0, amount.currency),
        facts=(
            Fact(Said("goodwill.fact.amount"), said("goodwill.credit", amount=amount)),
            Fact(Said("goodwill.fact.reason"), Said(f"goodwill.told.{reason}")),
        ),
        notices=(NOTICE,),
        next_step=Said("goodwill.next.given"),
    )


def staff_slip(plan: Plan, decision: Decision) -> Slip:
    """The same for whoever grants it or agrees: with the note and the rule."""
    why = decision.reasons[0]
    note = (Fact(Said("goodwill.fact.note"), plan.note),) if plan.note else ()
    return msgspec.structs.replace(
        plan.slip,
        facts=(*plan.slip.facts, *note),
        rule=Said(why.key, why.parameters),
        next_step=Said("goodwill.next.approval" if plan.approver else "goodwill.next.at_once"),
    )
