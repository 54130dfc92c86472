"""Granting goodwill: the moments of the change. Never commits."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Approval, Draft, Outcome, Refusal, Said, Settled, Wish, said
from madoguchi.core.cases.queries import Case, access_case
from madoguchi.core.ledger.credits import verbs as credits
from madoguchi.core.people.queries import Customer, Store, access_customer, store
from madoguchi.core.policy.decisions import Decision, Denied, Verdict
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import GoodwillQuestion
from madoguchi.core.policy.rules import decide_goodwill
from madoguchi.core.shop.port import Operation, OperationState, StorePort
from madoguchi.core.shop.queries import Order, access_order, orders_of
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.money import Money
from madoguchi.service.goodwill import queries, rules
from madoguchi.service.goodwill.rules import Given, GrantState, Plan

YEAR = timedelta(days=365)
_ORDERS = 6  # to choose from, the newest ones


class GrantGoodwill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much, in which case, why; `order` is the one that it is about."""

    case_id: UUID
    amount: Money
    reason: str
    note: str = ""
    order: UUID | None = None


class Basis(msgspec.Struct, frozen=True):
    """A case whose customer can be given something, and the shop's rules."""

    case: Case
    customer: Customer
    shop: Store
    pack: RulePack

    @property
    def customer_ref(self) -> str:
        """Under which the store knows the customer."""
        assert self.customer.store_ref
        return self.customer.store_ref


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """How much, with what the actor may grant alone; why; about which order; a word for whoever has to agree."""
    of = await _basis(tx, actor, subject.id)
    alone = rules.left(of.pack, actor.role, await _given(tx, of, actor.id))
    orders = await orders_of(tx, of.customer.id, limit=_ORDERS)
    about = next((str(order.id) for order in orders if order.id == of.case.order_id), None)
    return (
        Field(name="amount", kind=FieldKind.MONEY, most=rules.most(of.pack), hint=said("goodwill.alone", amount=alone)),
        Field(name="reason", kind=FieldKind.CHOICE, options=_reasons(of.pack)),
        Field(name="order", kind=FieldKind.CHOICE, required=False, options=_choices(orders), default=about),
        Field(name="note", kind=FieldKind.NOTE, required=False, limit=rules.NOTE_LIMIT),
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """None where the shop grants goodwill and knows the customer."""
    return await why_not(_basis(tx, actor, subject.id))


async def draft(tx: Tx, actor: Actor, arguments: GrantGoodwill) -> Draft:
    """What is granted, and whether somebody else must agree; Denied above what anybody may grant."""
    of = await _basis(tx, actor, arguments.case_id)
    order = await _order(tx, actor, of, arguments.order) if arguments.order else None
    decision = _decide(tx, of, actor.role, arguments.amount, await _given(tx, of, actor.id))
    if decision.verdict is Verdict.DENY:
        raise Denied(decision)
    plan = Plan(
        amount=arguments.amount,
        reason=arguments.reason,
        note=arguments.note,
        case_id=of.case.id,
        case_number=of.case.number,
        customer_ref=of.customer_ref,
        slip=rules.customer_slip(arguments.amount, arguments.reason, order.store_ref if order else ""),
        order_id=order.id if order else None,
        approver=decision.approver,
    )
    return Draft(
        slip=rules.staff_slip(plan, decision),
        plan=msgspec.to_builtins(plan),
        subject=f"case:{of.case.id}",
        decision=decision,
        approval=_approval(decision, arguments.amount),
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Note it, and set the credit aside where nobody else has to agree.

    Refused("goodwill_moved") when the limits of whoever confirms do not allow (any more) what was quoted.
    """
    plan = _plan(wish)
    await _insert(tx, wish, plan)
    if plan.approver is None:
        await _grant(tx, Actor(role=wish.actor_role, id=wish.actor_id), wish, plan, refuses="goodwill_moved")


async def approve(tx: Tx, actor: Actor, wish: Wish) -> None:
    """Somebody else grants it, within their own limits; Refused("goodwill_above_yours")."""
    await _grant(tx, actor, wish, _plan(wish), refuses="goodwill_above_yours")


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store for the credit, under the request's key."""
    plan = _plan(wish)
    return await store.issue_credit(str(wish.id), plan.customer_ref, plan.amount, plan.case_number)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """Book that it was given, or let it go."""
    if operation.state is OperationState.SUCCEEDED:
        await credits.settle(tx, wish.id, operation.created)
        await _move(tx, wish.id, GrantState.GIVEN)
        return Outcome(state=Settled.DONE, slip=_plan(wish).slip)
    await credits.release(tx, wish.id)
    await _move(tx, wish.id, GrantState.ENDED)
    return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")


# --- what it rests on -----------------------------------------------------------------------------------------------


async def _basis(tx: Tx, actor: Actor, case_id: UUID) -> Basis:
    """Unrelated: goodwill_guest (the store does not know the customer), goodwill_never (the shop grants none)."""
    case = await access_case(tx, actor, case_id)
    customer = await access_customer(tx, actor, case.customer_id)
    shop = await store(tx, customer.store_id)
    pack = await rules_of(tx, shop.id)
    if customer.store_ref is None:
        raise Unrelated("goodwill_guest", 409)
    if not rules.most(pack):
        raise Unrelated("goodwill_never", 409)
    return Basis(case, customer, shop, pack)


async def _order(tx: Tx, actor: Actor, of: Basis, order_id: UUID) -> Order:
    order = await access_order(tx, actor, order_id)
    if order.customer_id != of.customer.id:
        raise invisible()
    return order


async def _given(tx: Tx, of: Basis, giver_id: UUID | None) -> Given:
    zone = ZoneInfo(of.shop.time_zone)
    today = datetime.combine(tx.now.astimezone(zone).date(), time.min, zone)
    return await queries.given(
        tx,
        customer_id=of.customer.id,
        case_id=of.case.id,
        giver_id=giver_id,
        currency=of.pack.currency,
        year=tx.now - YEAR,
        day=today,
    )


def _decide(tx: Tx, of: Basis, role: Role, amount: Money, given: Given) -> Decision:
    question = GoodwillQuestion(
        at=tx.now,
        country=of.shop.country,
        role=role,
        amount=amount.amount,
        given_case=given.case,
        given_year=given.year,
        given_today=given.today,
    )
    return decide_goodwill(of.pack, question)


def _approval(decision: Decision, amount: Money) -> Approval | None:
    why = decision.reasons[0]
    return Approval(decision.approver, Said(why.key, why.parameters), amount) if decision.approver else None


def _reasons(pack: RulePack) -> tuple[FieldOption, ...]:
    reasons = pack.goodwill.reasons
    return tuple(FieldOption(value=one, label=Said(f"policy.option.goodwill.reasons.{one}")) for one in reasons)


def _choices(orders: Sequence[Order]) -> tuple[FieldOption, ...]:
    return tuple(FieldOption(value=str(order.id), label=order.store_ref) for order in orders)


def _plan(wish: Wish) -> Plan:
    return msgspec.convert(wish.plan, Plan)


# --- keeping it -----------------------------------------------------------------------------------------------------


async def _grant(tx: Tx, giver: Actor, wish: Wish, plan: Plan, *, refuses: str) -> None:
    """Count it against the giver's limits, one grant of a customer and of a giver at a time, and set it aside."""
    for who in (wish.customer_id, giver.id):  # in this order, so that nobody waits in a circle
        await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 3))", [str(who)])
    of = await _basis(tx, giver, plan.case_id)
    given = await _given(tx, of, giver.id)
    if _decide(tx, of, giver.role, plan.amount, given).verdict is not Verdict.ALLOW:
        raise Refused(refuses, 409, amount=rules.left(of.pack, giver.role, given))
    await tx.execute(
        "update goodwill_grants set state = 'granted', given_by = %s, granted_at = %s where request_id = %s",
        [giver.id, tx.now, wish.id],
    )
    await credits.reserve(tx, wish.id, wish.customer_id, plan.amount)


async def _insert(tx: Tx, wish: Wish, plan: Plan) -> None:
    await tx.execute(
        """insert into goodwill_grants (request_id, customer_id, case_id, order_id, amount, currency, reason, note,
             state, asked_by, asked_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, 'waiting', %s, %s)""",
        [
            wish.id,
            wish.customer_id,
            plan.case_id,
            plan.order_id,
            plan.amount.amount,
            plan.amount.currency,
            plan.reason,
            plan.note,
            wish.actor_id,
            tx.now,
        ],
    )


async def _move(tx: Tx, request_id: UUID, state: GrantState) -> None:
    await tx.execute("update goodwill_grants set state = %s where request_id = %s", [state, request_id])
