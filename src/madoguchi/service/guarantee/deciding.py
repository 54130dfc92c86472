"""Deciding what the seller did not settle, or the customer appealed: one of the staff decides, another one agrees."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Approval, Draft, Outcome, Refusal, Said, Settled, Slip, Wish
from madoguchi.core.policy.pack import Fault
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.requests.queries import access_request, open_request_on
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import clean_text
from madoguchi.service.guarantee import paying, queries, slips, verbs
from madoguchi.service.guarantee.paying import Payment
from madoguchi.service.guarantee.rules import NOTE_LIMIT, TO_DECIDE, Claim, State, Verdict, appeal_until, ended


class DecideGuarantee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which order, what is decided, whose fault it was, and why as the customer is told."""

    order_id: UUID
    verdict: Verdict
    liability: Fault
    note: str


class DecidePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided about a claim that is in `state`, and what is paid; `slip` is the customer's."""

    claim_id: UUID
    state: State
    verdict: Verdict
    liability: Fault
    note: str
    payment: Payment
    slip: Slip


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What, whose fault, and why."""
    await access_order(tx, actor, subject.id)
    verdicts = tuple(FieldOption(value=one, label=Said(f"guarantee.verdict.{one}")) for one in Verdict)
    whose = tuple(FieldOption(value=one, label=Said(f"guarantee.liability.{one}")) for one in Fault)
    return (
        Field(name="verdict", kind=FieldKind.CHOICE, options=verdicts),
        Field(name="liability", kind=FieldKind.CHOICE, options=whose),
        Field(name="note", kind=FieldKind.NOTE, limit=NOTE_LIMIT),
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something waits for a decision."""
    return await why_not(_to_decide(tx, actor, subject.id))


async def draft(tx: Tx, actor: Actor, arguments: DecideGuarantee) -> Draft:
    """What the customer will be told and paid, once somebody else has agreed; Refused as in `paying.payment`.

    Of goods on their way back the money comes later.
    """
    of = await _to_decide(tx, actor, arguments.order_id)
    order = await access_order(tx, actor, of.order_id)
    pack = await rules_of(tx, of.store_id)
    note = clean_text(arguments.note)
    grants = arguments.verdict is Verdict.GRANT
    payment = await _payment(tx, of) if grants else Payment()
    can_appeal = None if of.state is State.APPEALED else appeal_until(tx.now, pack.guarantee.appeal_days)
    unpaid = slips.due(order.document, of) if grants else slips.denial(order.document, of, note, can_appeal)
    slip = payment.slip or unpaid
    plan = DecidePlan(
        claim_id=of.id,
        state=of.state,
        verdict=arguments.verdict,
        liability=arguments.liability,
        note=note,
        payment=payment,
        slip=slip,
    )
    words = await queries.words_of(tx, actor, of.id)
    return Draft(
        slip=slips.for_staff(slip, of, words, arguments.verdict, arguments.liability),
        plan=msgspec.to_builtins(plan),
        order_id=order.id,
        order_version=order.version,
        line_refs=tuple(payment.units),
        approval=Approval(Role(pack.guarantee.approval), Said("guarantee.rule.approval"), of.amount),
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Set aside what would be paid; Refused: order_changed where the claim went on, units_taken, money_taken."""
    plan = _plan(wish)
    of = await queries.access_claim(tx, SYSTEM, plan.claim_id, lock=True)
    if of.state is not plan.state:
        raise Refused("order_changed", 409)
    if plan.payment.units:
        await paying.reserve(tx, wish, of, plan.payment)


async def approve(tx: Tx, actor: Actor, wish: Wish) -> None:
    """Whoever agreed to what was appealed does not agree to the answer; Refused("guarantee_decided_by_you")."""
    of = await queries.access_claim(tx, actor, _plan(wish).claim_id)
    if of.state is State.APPEALED and of.decided_by == actor.id:
        raise Refused("guarantee_decided_by_you", 403)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """It is decided, unless the customer took the claim back first."""
    plan = _plan(wish)
    of = await queries.access_claim(tx, SYSTEM, plan.claim_id, lock=True)
    if operation.state is not OperationState.SUCCEEDED or of.state is not plan.state:
        if plan.payment.units:
            await paying.release(tx, wish, of, plan.payment)
        return Outcome(state=Settled.FAILED, code="guarantee_moved")
    if plan.payment.units:
        await paying.pay(tx, wish, of, plan.payment)
    found = await verbs.move(tx, of, ended(of, plan.verdict, paid=bool(plan.payment.units)), liability=plan.liability)
    if found.state is State.DUE:
        await verbs.enqueue_payment(tx, of.id)
    await _note(tx, wish, of, plan)
    return Outcome(state=Settled.DONE, slip=plan.slip)


async def _payment(tx: Tx, of: Claim) -> Payment:
    try:
        return await paying.payment(tx, of)
    except Refused as refused:
        if refused.code != paying.RETURNING:
            raise
        return Payment()


async def _to_decide(tx: Tx, actor: Actor, order_id: UUID) -> Claim:
    """The claim on an order; Refused: guarantee_not_to_decide (unrelated), change_open."""
    of = await queries.claim_of_order(tx, actor, order_id)
    if of is None or of.state not in TO_DECIDE:
        raise Unrelated("guarantee_not_to_decide", 409)
    if await open_request_on(tx, order_id):
        raise Refused("change_open", 409)
    return of


async def _note(tx: Tx, wish: Wish, of: Claim, plan: DecidePlan) -> None:
    agreed = await access_request(tx, SYSTEM, wish.id)
    days = (await rules_of(tx, wish.store_id)).guarantee.appeal_days
    await verbs.note_decision(tx, of, agreed.decided_by, plan.note, appeal_until(tx.now, days))


def _plan(wish: Wish) -> DecidePlan:
    return msgspec.convert(wish.plan, DecidePlan)
