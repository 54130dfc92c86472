"""What every claim about goods begins with: nothing else under way, units that are still to be made good, the rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.actions.fields import Field
from madoguchi.core.actions.rules import Approval, Draft, Said, Slip
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import Destination, LineUnits
from madoguchi.core.photos import queries as photos
from madoguchi.core.policy import paying_back
from madoguchi.core.policy.believed.queries import history
from madoguchi.core.policy.claiming import PHOTO
from madoguchi.core.policy.decisions import ClaimDecision, Denied, Verdict
from madoguchi.core.policy.pack import NEVER_BY_ITSELF, Fault, Problem, Remedy, RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import AdvanceQuestion, ClaimQuestion
from madoguchi.core.policy.rules import decide_advance, decide_claim
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.claims import advancing, rules
from madoguchi.service.claims.rules import ClaimPlan, ClaimState

_PERSON = ("service.human",)
FAULTS: Mapping[Problem, Fault] = {
    Problem.NOT_RECEIVED: Fault.CARRIER,
    Problem.LATE: Fault.CARRIER,
    Problem.MISDELIVERED: Fault.CARRIER,
    Problem.DAMAGED: Fault.CARRIER,
    Problem.DEFECTIVE: Fault.SELLER,
    Problem.WRONG_ITEM: Fault.SELLER,
    Problem.MISSING_PART: Fault.SELLER,
    Problem.UNKNOWN_CHARGE: Fault.FRAUD,
}


class Basis(msgspec.Struct, frozen=True):
    """The order of a claim as the ledger and the rules see it."""

    order: Order
    pack: RulePack
    held: Mapping[str, LineUnits]

    def worth(self, units: Mapping[str, int]) -> Money:
        """What units cost."""
        parts = paying_back.worth(self.order.document, self.held, units)
        return total(list(parts.values()), self.order.document.currency)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is claimed: which problem, for which units, what is known about their delivery, and photos that show it."""

    problem: Problem
    units: dict[str, int]
    remedy: Remedy | None
    delivered_at: datetime | None = None
    promised_until: datetime | None = None
    parcel_ref: str | None = None
    checked: tuple[str, ...] = ()
    refund_to: Destination | None = None
    claim_id: UUID | None = None
    photos: tuple[UUID, ...] = ()


async def basis(tx: Tx, actor: Actor, order_id: UUID) -> Basis:
    """The order, when nothing else is under way on it; Refused("change_open")."""
    order = await access_order(tx, actor, order_id)
    if await open_request_on(tx, order.id):
        raise Refused("change_open", 409)
    return Basis(order, await rules_of(tx, order.store_id), await ledger.lines(tx, order.id))


async def decide(tx: Tx, actor: Actor, of: Basis, facts: Facts) -> ClaimDecision:
    """What the rules say; it may be to wait. Refused: claim_settled, Denied with the rule's reason."""
    if any(count > of.held[ref].free for ref, count in facts.units.items()):
        raise Refused("claim_settled", 409, alternatives=_PERSON)
    question = ClaimQuestion(
        at=tx.now,
        country=of.order.document.address.country,
        problem=facts.problem,
        amount=of.worth(facts.units).amount,
        delivered_at=facts.delivered_at,
        promised_until=facts.promised_until,
        ordered_at=of.order.placed_at,
        checked=facts.checked,
        remedy=facts.remedy,
        evidence=bool(facts.photos) or actor.is_staff,  # who works on it has seen what there is to see
        history=await history(tx, of.pack, of.order.customer_id),
    )
    decision = decide_claim(of.pack, question)
    if waits(decision):
        later = decide_claim(of.pack, msgspec.structs.replace(question, at=decision.wait_until))
        if later.verdict is Verdict.NEEDS_INFO:
            raise Denied(later)
        return decision
    if not decision.allowed:
        missing = "photos" if PHOTO in decision.asks else None
        raise Denied(msgspec.structs.replace(decision, alternatives=decision.alternatives or _PERSON), missing)
    return decision


async def photo_fields(tx: Tx, actor: Actor, order: Order, pack: RulePack, worth: Sequence[Money]) -> tuple[Field, ...]:
    """Photos of goods, where the rules ask for them for any of these worths; to be left out unless they ask for each.

    `worth` is from the least that can be claimed to the most. Staff may leave them out: they have seen what there is.
    """
    question = ClaimQuestion(
        at=tx.now,
        country=order.document.address.country,
        problem=Problem.DEFECTIVE,
        amount=0,
        history=await history(tx, pack, order.customer_id),
    )
    asked = [PHOTO in decide_claim(pack, msgspec.structs.replace(question, amount=of.amount)).asks for of in worth]
    if not any(asked):
        return ()
    return (await photos.field(tx, actor, order.customer_id, required=all(asked) and not actor.is_staff),)


async def still_granted(tx: Tx, pack: RulePack, customer_id: UUID, plan: ClaimPlan) -> bool:
    """Whether what needed nobody's word when it was quoted needs nobody's now, after what was granted in between."""
    if plan.question is None or plan.first_state is not ClaimState.GRANTED:
        return True
    at = plan.advance_until or plan.question.at
    asked = msgspec.structs.replace(plan.question, at=at, history=await history(tx, pack, customer_id))
    if decide_claim(pack, asked).verdict is not Verdict.ALLOW:
        return False
    if plan.early is None:
        return True
    early = msgspec.structs.replace(plan.early, open_advances=await advancing.under_way(tx, customer_id))
    return decide_advance(pack, early).verdict is Verdict.ALLOW


def waits(decision: ClaimDecision) -> bool:
    """Whether a parcel that was scanned as delivered may still turn up; then the claim is taken up and waits."""
    question = decision.question
    assert isinstance(question, ClaimQuestion)
    scanned = question.problem is Problem.NOT_RECEIVED and question.delivered_at is not None
    return scanned and decision.wait_until is not None


async def claim(tx: Tx, actor: Actor, of: Basis, facts: Facts) -> Draft:
    """What is done about it: at once, after somebody agreed, or when the wait is over.

    Refused: as in `decide`, claim_nothing_paid where there is no money to give back.
    """
    decision = await decide(tx, actor, of, facts)
    until = decision.wait_until if waits(decision) else None
    approval = None if until else _approval(of, facts, decision)
    order = of.order
    money = await _money(tx, of, facts) if facts.remedy is Remedy.REFUND else {}
    early = await advancing.decided(tx, of.pack, order, facts.units, money, decision) if until and money else None
    at_once = early is not None and early.verdict is Verdict.ALLOW
    assert isinstance(decision.question, ClaimQuestion)
    plan = ClaimPlan(
        problem=facts.problem,
        remedy=facts.remedy,
        units=facts.units,
        amount=of.worth(facts.units),
        slip=rules.blank_slip(order.document, facts.problem, decision, facts.photos),
        money=money,
        parcel_ref=facts.parcel_ref,
        checked=facts.checked,
        refund_to=facts.refund_to,
        wait_until=None if at_once else until,
        advance_until=until if at_once else None,
        claim_id=facts.claim_id,
        approval=approval is not None,
        question=decision.question,
        early=early.question if at_once and early and isinstance(early.question, AdvanceQuestion) else None,
    )
    slip = _slip(of, plan, approval)
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(msgspec.structs.replace(plan, slip=slip)),
        order_id=order.id,
        order_version=order.version,
        line_refs=tuple(facts.units),
        decision=decision,
        further=(early,) if early else (),
        approval=approval,
    )


async def _money(tx: Tx, of: Basis, facts: Facts) -> dict[str, Money]:
    shipping = of.pack.faults[FAULTS[facts.problem]].outward_shipping
    money = await ledger.tenders(tx, of.order.id)
    owed = paying_back.owed(of.order.document, of.held, money, facts.units, shipping=shipping)
    if not owed:
        raise Refused("claim_nothing_paid", 409, alternatives=_PERSON)
    return owed


def _slip(of: Basis, plan: ClaimPlan, approval: Approval | None) -> Slip:
    order = of.order.document
    if plan.wait_until:
        return rules.waiting_slip(order, plan, plan.wait_until)
    if plan.remedy is Remedy.REFUND:
        slip = rules.refund_slip(of.pack, order, plan, paying_back.worth(order, of.held, plan.units))
    else:
        slip = rules.resend_slip(order, plan)
    if plan.advance_until:
        return rules.advance_slip(slip, plan.advance_until)
    return rules.to_be_approved(slip) if approval else slip


def _approval(of: Basis, facts: Facts, decision: ClaimDecision) -> Approval | None:
    """Who must agree: above the limits of good faith, and for what is never refunded by itself."""
    if decision.approver:
        why = decision.reasons[0]
        return Approval(decision.approver, Said(why.key, why.parameters), of.worth(facts.units))
    flags = {flag for line in of.order.document.lines if line.ref in facts.units for flag in line.flags}
    if flags.isdisjoint(NEVER_BY_ITSELF):
        return None
    return Approval(Role(of.pack.claims.approval), Said("claims.why.never_by_itself"), of.worth(facts.units))
