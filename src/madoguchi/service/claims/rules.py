"""How far a claim is, what it is worth, and the slip that tells what will be done about it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.paying_back import money_back
from madoguchi.core.actions.rules import Fact, Said, Slip, SlipLine, said
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.decisions import ClaimDecision
from madoguchi.core.policy.pack import Problem, Remedy, RulePack
from madoguchi.core.policy.paying_back import parts
from madoguchi.core.policy.questions import AdvanceQuestion, ClaimQuestion
from madoguchi.core.shop.port import StoreOrder
from madoguchi.kit.money import Money, total


class ClaimState(StrEnum):
    """How far a claim is."""

    REPORTED = "reported"
    WAITING = "waiting"  # it may still turn up
    NEEDS_APPROVAL = "needs_approval"
    GRANTED = "granted"
    DONE = "done"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    FOUND = "found"
    FAILED = "failed"  # the store did not do it; it can be claimed again
    OVERTAKEN = "overtaken"  # when its time came, it was settled in another way


MOVES: Mapping[ClaimState, frozenset[ClaimState]] = {
    ClaimState.REPORTED: frozenset({ClaimState.WAITING, ClaimState.WITHDRAWN}),
    ClaimState.WAITING: frozenset(
        {ClaimState.NEEDS_APPROVAL, ClaimState.GRANTED, ClaimState.FOUND, ClaimState.OVERTAKEN}
    ),
    ClaimState.NEEDS_APPROVAL: frozenset({ClaimState.GRANTED, ClaimState.DENIED, ClaimState.WITHDRAWN}),
    ClaimState.GRANTED: frozenset({ClaimState.DONE, ClaimState.FAILED, ClaimState.WITHDRAWN}),
    ClaimState.DONE: frozenset({ClaimState.FOUND}),  # what was paid back in advance is called back
    ClaimState.DENIED: frozenset(),
    ClaimState.WITHDRAWN: frozenset(),
    ClaimState.FOUND: frozenset(),
    ClaimState.FAILED: frozenset(),
    ClaimState.OVERTAKEN: frozenset(),
}


AT_HAND = (Problem.DAMAGED, Problem.DEFECTIVE, Problem.WRONG_ITEM, Problem.MISSING_PART)
"""Problems with goods that came."""


class ClaimPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim will do: for which units, worth how much, made good how.

    `money` is what goes back by tender, `wait_until` when it is looked at again first, `claim_id` the claim that has
    waited, `approval` whether somebody must agree. `advance_until`: it is paid back at once, though until then it
    may still turn up. `question` and `early` are what the rules granted; they are asked again when it is confirmed.
    """

    problem: Problem
    remedy: Remedy | None
    units: dict[str, int]
    amount: Money
    slip: Slip
    money: dict[str, Money] = {}
    parcel_ref: str | None = None
    checked: tuple[str, ...] = ()
    refund_to: Destination | None = None
    wait_until: datetime | None = None
    claim_id: UUID | None = None
    approval: bool = False
    advance_until: datetime | None = None
    question: ClaimQuestion | None = None
    early: AdvanceQuestion | None = None

    @property
    def first_state(self) -> ClaimState:
        """Where the claim is once it was confirmed."""
        if self.wait_until:
            return ClaimState.REPORTED
        return ClaimState.NEEDS_APPROVAL if self.approval else ClaimState.GRANTED

    @property
    def once_resent(self) -> Said:
        """What the customer does with the first goods, which are in their hands or may still turn up."""
        return Said("claims.next.resend.at_hand" if self.problem in AT_HAND else "claims.next.resend")


def refund_slip(pack: RulePack, order: StoreOrder, plan: ClaimPlan, of: Mapping[str, Money]) -> Slip:
    """Money back; the goods need not come back."""
    back = money_back(parts(pack, order, plan.money, plan.refund_to))
    names = {line.ref: line.name for line in order.lines}
    return msgspec.structs.replace(
        plan.slip,
        title=Said("claims.title.refund"),
        lines=tuple(
            SlipLine(name=names[ref], quantity=count, amount=of[ref], line_ref=ref) for ref, count in plan.units.items()
        ),
        money=back,
        total=total([part.amount for part in back], order.currency),
        next_step=Said("claims.next.refund"),
    )


def resend_slip(order: StoreOrder, plan: ClaimPlan) -> Slip:
    """The same goods again, at no price."""
    return msgspec.structs.replace(
        plan.slip,
        title=Said("claims.title.resend"),
        facts=(*goods(order, plan.units), *plan.slip.facts),
        next_step=plan.once_resent,
    )


def waiting_slip(order: StoreOrder, plan: ClaimPlan, until: datetime) -> Slip:
    """Until when we wait, and what we do then without being asked again."""
    then = Fact(Said("claims.fact.then"), Said(f"claims.then.{plan.remedy}"))
    moment = Fact(Said("claims.fact.until"), said("claims.until", until=until))
    return msgspec.structs.replace(
        plan.slip,
        title=Said("claims.title.waiting"),
        facts=(moment, then, *goods(order, plan.units), *plan.slip.facts),
        next_step=Said("claims.next.waiting"),
    )


def advance_slip(slip: Slip, until: datetime) -> Slip:
    """The same paid back now, and what is expected of the customer should the parcel turn up after all."""
    moment = Fact(Said("claims.fact.advance_until"), said("claims.until", until=until))
    return msgspec.structs.replace(
        slip,
        facts=(moment, *slip.facts),
        irreversible=(Said("claims.advance.promise"),),
        rule=Said("claims.rule.advance"),
        next_step=Said("claims.next.advance"),
    )


def to_be_approved(slip: Slip) -> Slip:
    """The same once somebody has agreed, whether the limits ask for it or what the goods are."""
    return msgspec.structs.replace(slip, rule=Said("claims.rule.approval"), next_step=Said("claims.next.approval"))


def blank_slip(order: StoreOrder, problem: Problem, decision: ClaimDecision, photos: tuple[UUID, ...] = ()) -> Slip:
    """What every claim's slip tells: what we go by, what was shown, and what was believed."""
    why = decision.reasons[0]
    believed = Said("claims.rule.approval" if decision.approver else "claims.rule.believed")
    return Slip(
        title=Said("claims.title.refund"),
        order_ref=order.ref,
        lines=(),
        money=(),
        total=Money(0, order.currency),
        facts=(Fact(Said("claims.fact.problem"), Said(f"claims.problem.{problem}")),),
        rule=Said(why.key, why.parameters) if decision.wait_until else believed,
        notices=("change_done",),
        photos=photos,
    )


def goods(order: StoreOrder, units: Mapping[str, int]) -> tuple[Fact, ...]:
    """What it is about, line by line."""
    return tuple(
        Fact(Said("claims.fact.goods"), said("claims.goods", name=line.name, n=units[line.ref]))
        for line in order.lines
        if line.ref in units
    )


# --- what is asked --------------------------------------------------------------------------------------------------


def remedy_field(pack: RulePack) -> Field:
    """What makes it good."""
    options = tuple(FieldOption(value=one, label=Said(f"claims.remedy.{one}")) for one in pack.claims.remedies)
    return Field(name="remedy", kind=FieldKind.CHOICE, options=options)


def checked_field(pack: RulePack) -> Field:
    """Where parcels are often found."""
    options = tuple(
        FieldOption(value=place, label=Said(f"policy.option.claims.check_list.{place}"))
        for place in pack.claims.check_list
    )
    return Field(name="checked", kind=FieldKind.CHOICES, options=options)
