"""The four moments of cancelling, and the order's card. Units and money are booked in core.ledger."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, Subject
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Draft, OrderCard, Outcome, Refusal, Settled, Slip, Wish
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.people import queries as people
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import Operation, OperationState, StoreOrder, StorePort
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.orders import rules
from madoguchi.service.orders.opening import why_not
from madoguchi.service.orders.settling import order_id, settled


class ShowOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which order."""

    order_id: UUID


class CancelOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which order; `lines` (line ref → units) for a part of it; why, in one of the store's words.

    `refund_to` says where money goes that cannot go back the way it came (konbini, cash on delivery).
    """

    order_id: UUID
    lines: dict[str, int] | None = None
    reason: str = "no_longer_needed"
    refund_to: Destination | None = None


async def show(tx: Tx, actor: Actor, arguments: ShowOrder) -> OrderCard:
    """The card of an order the actor may see."""
    (card,) = await order_cards(tx, [await access_order(tx, actor, arguments.order_id)])
    return card


async def order_cards(tx: Tx, orders: Sequence[Order]) -> list[OrderCard]:
    """The cards of orders that the actor may see, in the time zones of their shops."""
    zones = {id: (await people.store(tx, id)).time_zone for id in {order.store_id for order in orders}}
    carried = await carriers.tracked_on(tx, [order.id for order in orders])
    return [rules.order_card(one.id, one.document, tx.now, zones[one.store_id], carried) for one in orders]


async def cancellation_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Why, and how many units of which lines where a part of an order can go."""
    order = await access_order(tx, actor, subject.id)
    pack = await rules_of(tx, order.store_id)
    why = rules.reason_field(pack)
    if not pack.changes.cancel_lines or (order.document.held and not order.document.by_parts):
        return (why,)
    where = refund_fields(pack, order.document)
    left = rules.left(pack, order.document, await ledger.lines(tx, order.id), tx.now)
    return rules.lines_field(left), why, *where


async def draft_cancellation(tx: Tx, actor: Actor, arguments: CancelOrder) -> Draft:
    """What cancelling would do now, by the rules of the order's store."""
    order = await access_order(tx, actor, arguments.order_id)
    pack = await rules_of(tx, order.store_id)
    if await open_request_on(tx, order.id):
        raise Refused("change_open", 409)
    units = await ledger.lines(tx, order.id)
    money = await ledger.tenders(tx, order.id)
    chosen, decision = rules.decide(pack, order.document, units, arguments.lines, tx.now)
    plan = rules.plan(
        order.document,
        units,
        money,
        chosen,
        decision,
        arguments.reason,
        arguments.refund_to,
        given_up=actor == SYSTEM,
    )
    return Draft(
        slip=rules.slip(pack, order.document, plan, units, decision),
        plan=msgspec.to_builtins(plan),
        order_id=order.id,
        order_version=order.version,
        line_refs=tuple(plan.units),
        decision=decision,
    )


async def begin_cancellation(tx: Tx, wish: Wish) -> None:
    """Set units and money aside."""
    plan = _plan(wish)
    await ledger.reserve(tx, wish.id, order_id(wish), plan.units, plan.money)


async def perform_cancellation(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key."""
    plan = _plan(wish)
    return await store.cancel(
        str(wish.id),
        wish.order_ref or "",
        wish.order_version or 0,
        None if plan.whole else plan.units,
        plan.reason.replace("_", " "),
    )


async def settle_cancellation(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """Book what the store did: all of it, or nothing. What it did not give back itself is owed, and goes its way."""
    plan = _plan(wish)
    if operation.state is not OperationState.SUCCEEDED:
        await ledger.release(tx, wish.id, order_id(wish), plan.units, plan.money)
        return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")
    await settled(tx, wish, plan.units, plan.money, operation, plan.refund_to)
    return Outcome(state=Settled.DONE, slip=await _done_slip(tx, order_id(wish), plan, operation.order))


async def offer_cancellation(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """None when the order, or some of it, can be cancelled; else why not and what instead."""
    try:
        await draft_cancellation(tx, actor, CancelOrder(subject.id))
    except Refused as refused:
        return why_not(refused)
    return None


async def _done_slip(tx: Tx, of: UUID, plan: rules.CancelPlan, after: StoreOrder | None) -> Slip:
    order = await access_order(tx, SYSTEM, of)
    pack = await rules_of(tx, order.store_id)
    units = await ledger.lines(tx, of)
    before = {
        ref: msgspec.structs.replace(line, cancelled=line.cancelled - plan.units.get(ref, 0))
        for ref, line in units.items()
    }
    document = after or order.document
    made = rules.slip(pack, document, plan, before)
    return msgspec.structs.replace(made, irreversible=(), asked=False)


def _plan(wish: Wish) -> rules.CancelPlan:
    return msgspec.convert(wish.plan, rules.CancelPlan)
