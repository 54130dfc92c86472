"""Paying in advance, and calling it back. Never commits and never goes outside."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.ledger.advances.events import AdvanceCharged, AdvanceDue
from madoguchi.core.ledger.advances.queries import access_advance, check_gone, never_gone, units_of
from madoguchi.core.ledger.advances.rules import MOVES, REMIND_AFTER, Advance, AdvanceState
from madoguchi.core.ledger.intents.verbs import drop_refund
from madoguchi.core.ledger.rules import Part
from madoguchi.core.ledger.verbs import lines, tenders, write_money, write_units
from madoguchi.core.people.events import CustomerNews
from madoguchi.kit import events, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import pack
from madoguchi.kit.money import Money
from madoguchi.kit.security import clean_text

CHARGE = "refunds.charge"


class ChargeAdvance(msgspec.Struct, frozen=True):
    """Arguments of the job that takes an advance again."""

    advance_id: UUID


async def pay(
    tx: Tx, request_id: UUID, order_id: UUID, subject: str, part: Part, until: datetime, *, goods: bool = False
) -> None:
    """Note that a request's refund was paid before it was sure; it is, once nothing has turned up until a moment.

    `goods`: no money was paid but goods of this price were sent.
    """
    try:
        await tx.execute(
            """insert into ledger_advances (id, number, store_id, customer_id, order_id, subject, tender_ref,
                 tender_label, amount, currency, state, due_at, paid_at, goods)
               select %s, %s, o.store_id, o.customer_id, o.id, %s, %s, %s, %s, %s, 'paid', %s, %s, %s
               from orders o where o.id = %s""",
            [
                request_id,
                ids.number("A"),
                subject,
                part.tender_ref,
                part.tender_label,
                part.amount.amount,
                part.amount.currency,
                until,
                tx.now,
                goods,
                order_id,
            ],
        )
    except errors.UniqueViolation as error:
        raise ValueError(f"{subject} of order {order_id} is paid in advance already") from error


async def expect_back(tx: Tx, advance_id: UUID, until: datetime) -> None:
    """The goods are there, and the customer sends them back until a moment.

    Refused: advance_settled, advance_charging.
    """
    advance = await _uncharged(tx, advance_id)
    if advance.state is not AdvanceState.PAID:
        await _move(tx, advance, AdvanceState.PAID)
    await tx.execute("update ledger_advances set coming_back = true, due_at = %s where id = %s", [until, advance_id])
    tx.wake(f"order:{advance.order_id}")


async def travels(tx: Tx, advance_id: UUID) -> None:
    """The goods are on their way back, or here: nothing falls due until somebody has looked at them.

    Refused: advance_settled, advance_charging.
    """
    advance = await _uncharged(tx, advance_id)
    if advance.state is not AdvanceState.UNDER_WAY:
        await _move(tx, advance, AdvanceState.UNDER_WAY)
        await tx.execute("update ledger_advances set reminded = 0 where id = %s", [advance_id])


async def leave_open(tx: Tx, advance_id: UUID, owed: Money, units: Mapping[str, int]) -> None:
    """So much of it is not redeemed yet, given for these units; ValueError where that is nothing, or more than all."""
    advance = await _uncharged(tx, advance_id)
    if not Money(0, owed.currency) < owed <= advance.amount:
        raise ValueError(f"{owed} of {advance.amount} cannot be left open of advance {advance.number}")
    await tx.execute(
        "update ledger_advances set owed = %s, owed_units = %s where id = %s",
        [owed.amount, Jsonb(dict(units)), advance_id],
    )


async def owe(tx: Tx, advance_id: UUID) -> bool:
    """The goods stay with the customer, who owes the money again; False where it never came, and nothing is owed.

    Once; Refused: advance_settled, advance_not_gone while nobody knows yet.
    """
    advance = await _locked_with_books(tx, advance_id)
    if await _came_to_nothing(tx, advance):
        return False
    await check_gone(tx, advance)
    await _move(tx, advance, AdvanceState.RECHARGE_DUE, due_at=tx.now + REMIND_AFTER)
    return True


async def call_back(tx: Tx, advance_id: UUID, *, told: bool = False) -> bool:
    """What is not redeemed did not come: the customer owes it; looked at later if the money has not gone.

    The customer is told, unless whoever calls says that it will be `told` with its reason. Whether it is owed now.
    Refused("advance_settled").
    """
    try:
        owed = await owe(tx, advance_id)
    except Refused as refused:
        if refused.code != "advance_not_gone":
            raise
        await expect_back(tx, advance_id, tx.now + REMIND_AFTER)
        return False
    if owed and not told:
        await events.record(tx, AdvanceDue(advance_id=advance_id))
    return owed


async def agree(tx: Tx, advance_id: UUID, request_id: UUID) -> None:
    """The customer agreed to be charged; the request's id is the key.

    Refused: advance_not_due, advance_charging, advance_not_gone.
    """
    advance = await access_advance(tx, SYSTEM, advance_id, lock=True)
    if advance.state is not AdvanceState.RECHARGE_DUE:
        raise Refused("advance_not_due", 409)
    if advance.charge_key is not None:
        raise Refused("advance_charging", 409)
    await check_gone(tx, advance)
    await tx.execute(
        "update ledger_advances set charge_key = %s, attempts = 0, code = null where id = %s", [request_id, advance_id]
    )
    await enqueue_charge(tx, advance_id)


async def claim_charge(tx: Tx, advance_id: UUID) -> Advance:
    """Take an agreed charge up (again), as it was: from now on it may have been asked for outside."""
    advance = await access_advance(tx, SYSTEM, advance_id, lock=True)
    if advance.charge_key is not None and advance.state is AdvanceState.RECHARGE_DUE:
        await tx.execute("update ledger_advances set attempts = attempts + 1 where id = %s", [advance_id])
    return advance


async def enqueue_charge(tx: Tx, advance_id: UUID, at: datetime | None = None) -> None:
    """Have an agreed charge carried out, now or later."""
    await jobs.enqueue(tx, CHARGE, ChargeAdvance(advance_id), key=f"{CHARGE}:{advance_id}", at=at)


async def settle_charge(tx: Tx, advance_id: UUID, key: UUID, charge_ref: str) -> bool:
    """The provider took it under the wish's key; whether that is news."""
    advance = await _locked_with_books(tx, advance_id)
    if advance.state is not AdvanceState.RECHARGE_DUE or advance.charge_key != key:
        return False
    await _move(tx, advance, AdvanceState.CHARGED, charge_ref=charge_ref)
    if not advance.goods:
        await _count_no_more(tx, advance)
    await events.record(tx, AdvanceCharged(advance_id=advance_id))
    return True


async def decline_charge(tx: Tx, advance_id: UUID, key: UUID, code: str) -> None:
    """The provider did not take it under the wish's key: it is due as before, and the customer is told."""
    advance = await access_advance(tx, SYSTEM, advance_id, lock=True)
    if advance.state is not AdvanceState.RECHARGE_DUE or advance.charge_key != key:
        return
    await tx.execute(
        "update ledger_advances set charge_key = null, code = %s, due_at = %s where id = %s",
        [code, tx.now + REMIND_AFTER, advance_id],
    )
    await events.record(tx, AdvanceDue(advance_id=advance_id))
    tx.wake(f"order:{advance.order_id}")


async def let_be(tx: Tx, advance_id: UUID) -> None:
    """It was owed after all: what was waited for can come no more, and that is nobody's doing.

    Refused: advance_settled, advance_charging.
    """
    await _move(tx, await _uncharged(tx, advance_id), AdvanceState.FINAL)


async def recover(tx: Tx, actor: Actor, advance_id: UUID, note: str) -> None:
    """The goods are back; Refused as in `owe`, advance_charging while it is being charged."""
    await _end(tx, actor, advance_id, AdvanceState.RECOVERED, note)


async def forgive(tx: Tx, actor: Actor, advance_id: UUID, note: str) -> None:
    """Nothing is asked of the customer any more; Refused: advance_settled, advance_charging."""
    await _end(tx, actor, advance_id, AdvanceState.FORGIVEN, note)


async def pass_time(tx: Tx, advance_id: UUID) -> None:
    """Its moment has come: what nobody found was owed, what did not come back is due, what is due is reminded of."""
    advance = await _locked_with_books(tx, advance_id)
    if advance.settled_at is not None or advance.charge_key is not None:
        return
    if advance.state is AdvanceState.RECHARGE_DUE and await _came_to_nothing(tx, advance):
        return
    if advance.due_at > tx.now:
        return
    if advance.state is AdvanceState.PAID and not advance.coming_back:
        await _move(tx, advance, AdvanceState.FINAL)
        return
    if advance.state is AdvanceState.PAID:
        await call_back(tx, advance_id)
        return
    await _remind(tx, advance, REMIND_AFTER)
    await events.record(tx, AdvanceDue(advance_id=advance_id))


async def _locked_with_books(tx: Tx, advance_id: UUID) -> Advance:
    """Lock order: tenders, lines, then the advance."""
    order_id = (await access_advance(tx, SYSTEM, advance_id)).order_id
    await tenders(tx, order_id, lock=True)
    await lines(tx, order_id, lock=True)
    return await access_advance(tx, SYSTEM, advance_id, lock=True)


async def _uncharged(tx: Tx, advance_id: UUID) -> Advance:
    """A locked advance that nobody is being charged for; Refused("advance_charging")."""
    advance = await access_advance(tx, SYSTEM, advance_id, lock=True)
    if advance.charge_key is not None and advance.settled_at is None:
        raise Refused("advance_charging", 409)
    return advance


async def _count_no_more(tx: Tx, advance: Advance) -> None:
    """What was taken again was not given back: the tender holds it as before, the units are as they were sold.

    The store keeps its own figure: it was told of the refund, and nobody tells it of the charge.
    """
    order_id, ref, amount = advance.order_id, advance.tender_ref, advance.owed
    await tx.execute(
        """update ledger_tenders set refunded = refunded - %s, recharged = recharged + %s
           where order_id = %s and tender_ref = %s""",
        [amount.amount, amount.amount, order_id, ref],
    )
    await write_money(tx, advance.id, "recharge", order_id, {ref: amount})
    await _count_units_no_more(tx, advance)


async def _came_to_nothing(tx: Tx, advance: Advance) -> bool:
    """End a (locked) advance whose refund failed for good, though the goods are there; whether it was one.

    What could not be given back is not sent any other way, and nothing is taken.
    """
    refunds = await never_gone(tx, advance)
    for intent_id in refunds:
        await drop_refund(tx, intent_id)
    if not refunds:
        return False
    await _count_units_no_more(tx, advance)
    await _move(tx, advance, AdvanceState.VOID)
    facts = pack({"order": advance.order_ref, "amount": advance.amount, "number": advance.number})
    paths = {"order": f"/orders/{advance.order_id}"}
    await events.record(
        tx,
        CustomerNews(
            customer_id=advance.customer_id,
            order_id=advance.order_id,
            template="advance_void",
            parameters=facts,
            paths=paths,
        ),
    )
    return True


async def _count_units_no_more(tx: Tx, advance: Advance) -> None:
    """What an advance was paid for is as it was sold."""
    order_id = advance.order_id
    kept, returned = await units_of(tx, advance, "keep"), await units_of(tx, advance, "settle_return")
    if advance.owed_units is not None:
        returned = advance.owed_units
    await tx.many(
        """update ledger_lines set kept = kept - %s, refunded = greatest(refunded - %s, 0)
           where order_id = %s and line_ref = %s""",
        [(kept.get(line, 0), count, order_id, line) for line, count in sorted({**returned, **kept}.items())],
    )
    await write_units(tx, advance.id, "recharge", order_id, kept)


async def _remind(tx: Tx, advance: Advance, again: timedelta) -> None:
    await tx.execute(
        "update ledger_advances set reminded = reminded + 1, due_at = %s where id = %s", [tx.now + again, advance.id]
    )


async def _end(tx: Tx, actor: Actor, advance_id: UUID, state: AdvanceState, note: str) -> None:
    advance = await access_advance(tx, actor, advance_id, lock=True)
    if advance.charge_key is not None and advance.settled_at is None:
        raise Refused("advance_charging", 409)
    await tx.execute(
        "update ledger_advances set decided_by = %s, note = %s where id = %s", [actor.id, clean_text(note), advance_id]
    )
    await _move(tx, advance, state)


async def _move(
    tx: Tx, advance: Advance, state: AdvanceState, *, due_at: datetime | None = None, charge_ref: str | None = None
) -> None:
    """Take a (locked) advance on; Refused("advance_settled") where it cannot go there any more."""
    if state not in MOVES[advance.state]:
        raise Refused("advance_settled", 409)
    ended = None if MOVES[state] else tx.now
    await tx.execute(
        """update ledger_advances set state = %s, settled_at = %s, due_at = coalesce(%s, due_at),
             charge_ref = coalesce(%s, charge_ref) where id = %s""",
        [state, ended, due_at, charge_ref, advance.id],
    )
    tx.wake(f"order:{advance.order_id}")
