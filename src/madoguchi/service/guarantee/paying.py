"""The money of a claim: set aside, then on its way; the goods stay where they are.

By the system, where the seller agrees or is silent, and where goods are on their way back: then once it is clear which
of them the return pays. Else by the decision that asks for it.
"""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.rules import Draft, Outcome, Settled, Slip, Wish
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.policy import paying_back
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.guarantee import queries, slips, verbs
from madoguchi.service.guarantee.rules import TO_PAY, Claim, State

RETURNING = "guarantee_returning"  # the code of what waits for goods on their way back


class SettleGuarantee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which claim."""

    claim_id: UUID


class Payment(msgspec.Struct, frozen=True):
    """For which units what goes back by tender, and the slip that tells it; nothing where nothing is paid."""

    units: dict[str, int] = {}
    money: dict[str, Money] = {}
    slip: Slip | None = None


class PayPlan(msgspec.Struct, frozen=True):
    """Which claim, and what is paid for it."""

    claim_id: UUID
    payment: Payment


async def draft(tx: Tx, actor: Actor, arguments: SettleGuarantee) -> Draft:
    """What is paid; Refused: guarantee_moved, and as in `payment`."""
    of = await queries.access_claim(tx, actor, arguments.claim_id)
    if of.state not in TO_PAY:
        raise Refused("guarantee_moved", 409)
    order = await access_order(tx, SYSTEM, of.order_id)
    paid = await payment(tx, of)
    assert paid.slip
    return Draft(
        slip=paid.slip,
        plan=msgspec.to_builtins(PayPlan(of.id, paid)),
        order_id=order.id,
        order_version=order.version,
        line_refs=tuple(paid.units),
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Set units and money aside; Refused: units_taken, money_taken."""
    plan = msgspec.convert(wish.plan, PayPlan)
    await reserve(tx, wish, await queries.access_claim(tx, SYSTEM, plan.claim_id, lock=True), plan.payment)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The money goes its way."""
    plan = msgspec.convert(wish.plan, PayPlan)
    of = await queries.access_claim(tx, SYSTEM, plan.claim_id, lock=True)
    if operation.state is not OperationState.SUCCEEDED or of.state not in TO_PAY:
        await release(tx, wish, of, plan.payment)
        return Outcome(state=Settled.FAILED, code="guarantee_moved")
    await pay(tx, wish, of, plan.payment)
    await verbs.move(tx, of, State.GRANTED)
    return Outcome(state=Settled.DONE, slip=plan.payment.slip)


async def payment(tx: Tx, of: Claim) -> Payment:
    """What a claim comes to now, for those of its units for which nothing was done.

    Refused: change_open, guarantee_returning where some are on their way back, or were paid before they are back,
    guarantee_settled where all was made good, guarantee_nothing_paid.
    """
    if await open_request_on(tx, of.order_id):
        raise Refused("change_open", 409)
    order = await access_order(tx, SYSTEM, of.order_id)
    held = await ledger.lines(tx, order.id)
    if await queries.paid_early(tx, of.order_id):
        raise Refused(RETURNING, 409)
    if any(count > held[ref].free and held[ref].return_open for ref, count in of.units.items()):
        raise Refused(RETURNING, 409)
    units = {ref: min(count, held[ref].free) for ref, count in of.units.items() if held[ref].free}
    if not units:
        raise Refused("guarantee_settled", 409)
    money = paying_back.owed(order.document, held, await ledger.tenders(tx, order.id), units, shipping=True)
    if not money:
        raise Refused("guarantee_nothing_paid", 409)
    pack = await rules_of(tx, of.store_id)
    parts = tuple(paying_back.parts(pack, order.document, money, of.refund_to))
    worth = paying_back.worth(order.document, held, units)
    return Payment(units, money, slips.payment(order.document, of, units, worth, parts))


async def reserve(tx: Tx, wish: Wish, of: Claim, paid: Payment) -> None:
    """Nobody else gets the units or the money."""
    await ledger.reserve(tx, wish.id, of.order_id, paid.units, paid.money)


async def release(tx: Tx, wish: Wish, of: Claim, paid: Payment) -> None:
    """They are free again."""
    await ledger.release(tx, wish.id, of.order_id, paid.units, paid.money)


async def pay(tx: Tx, wish: Wish, of: Claim, paid: Payment) -> None:
    """The units are made good, by money that intents carry."""
    order = await access_order(tx, SYSTEM, of.order_id)
    pack = await rules_of(tx, of.store_id)
    await ledger.settle_kept(tx, wish.id, of.order_id, paid.units, refunded=True)
    await intend(tx, wish.id, of.order_id, paying_back.parts(pack, order.document, paid.money, of.refund_to))
