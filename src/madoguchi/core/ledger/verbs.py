"""Booking: the store's facts come in, units and money are reserved, settled, released or sent back. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import errors

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import rules
from madoguchi.core.ledger.events import RefundFailed, RefundNeedsAccount, RefundSucceeded
from madoguchi.core.ledger.queries import access_intent
from madoguchi.core.ledger.rules import (
    UNDER_WAY,
    Destination,
    Intent,
    IntentState,
    LineUnits,
    OrderFacts,
    Part,
    TenderMoney,
)
from madoguchi.kit import events, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money


async def lines(tx: Tx, order_id: UUID, *, lock: bool = False) -> Mapping[str, LineUnits]:
    """The units of an order by line."""
    columns = "line_ref, ordered, cancelling, cancelled, return_open, returned, kept, refunded"
    rows = await tx.all(
        LineUnits,
        f"select {columns} from ledger_lines where order_id = %s order by line_ref" + (" for update" if lock else ""),
        [order_id],
    )
    return {row.line_ref: row for row in rows}


EXECUTE = "refunds.execute"


class ExecuteRefund(msgspec.Struct, frozen=True):
    """Arguments of the job that sends an intent on its way."""

    intent_id: UUID


async def tenders(tx: Tx, order_id: UUID, *, lock: bool = False) -> Mapping[str, TenderMoney]:
    """The money of an order by tender."""
    rows = await tx.all(
        TenderMoney,
        "select tender_ref, currency, captured, reserved, refunded, recharged from ledger_tenders where order_id = %s "
        "order by tender_ref" + (" for update" if lock else ""),
        [order_id],
    )
    return {row.tender_ref: row for row in rows}


async def take_store_facts(tx: Tx, order_id: UUID, facts: OrderFacts) -> None:
    """Ordered units and captured money are the store's; what the store cancelled or refunded by itself is adopted.

    Adoption waits while a request of ours is under way on the order, since that books its own part; the facts are
    taken again when it is settled.
    """
    await _take_ordered(tx, order_id, facts)
    if not await _under_way(tx, order_id):
        await _adopt(tx, order_id, facts)


async def reserve(
    tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], money: Mapping[str, Money]
) -> None:
    """Set units of lines and money of tenders aside for a request; CONFLICT when something else took them first."""
    held = await tenders(tx, order_id, lock=True)
    free = await lines(tx, order_id, lock=True)
    if any(ref not in held or held[ref].free < amount or amount.amount < 0 for ref, amount in money.items()):
        raise Refused("money_taken", 409)
    if any(ref not in free or not 0 < count <= free[ref].free for ref, count in units.items()):
        raise Refused("units_taken", 409)
    await tx.many(
        "update ledger_tenders set reserved = reserved + %s where order_id = %s and tender_ref = %s",
        [(amount.amount, order_id, ref) for ref, amount in sorted(money.items())],
    )
    await tx.many(
        "update ledger_lines set cancelling = cancelling + %s where order_id = %s and line_ref = %s",
        [(count, order_id, ref) for ref, count in sorted(units.items())],
    )
    await _write(tx, request_id, "reserve", order_id, units, money)


async def settle_cancellation(
    tx: Tx,
    request_id: UUID,
    order_id: UUID,
    units: Mapping[str, int],
    money: Mapping[str, Money],
    *,
    owed: bool = False,
) -> None:
    """What was reserved has happened: units are cancelled, money is refunded; `owed`: intents will pay for them."""
    await tenders(tx, order_id, lock=True)
    for ref, amount in sorted(money.items()):
        await tx.execute(
            """update ledger_tenders set reserved = reserved - %s, refunded = refunded + %s
               where order_id = %s and tender_ref = %s""",
            [amount.amount, amount.amount, order_id, ref],
        )
    await lines(tx, order_id, lock=True)
    for ref, count in sorted(units.items()):
        await tx.execute(
            """update ledger_lines set cancelling = cancelling - %s, cancelled = cancelled + %s,
                 refunded = refunded + %s
               where order_id = %s and line_ref = %s""",
            [count, count, count if money or owed else 0, order_id, ref],
        )
    await _write(tx, request_id, "settle", order_id, units, money)


async def settle_given(
    tx: Tx, request_id: UUID, order_id: UUID, reserved: Mapping[str, Money], given: Mapping[str, Money]
) -> None:
    """The store itself gave back what was reserved; ValueError for anything else, which a person must see first."""
    if dict(reserved) != {ref: amount for ref, amount in given.items() if amount}:
        raise ValueError(f"the store gave back {given} where {reserved} was reserved")
    await settle_cancellation(tx, request_id, order_id, {}, reserved)


async def settle_kept(tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], *, refunded: bool) -> None:
    """Reserved units were made good and stay where they are; `refunded`: by money that intents pay, else by others."""
    await lines(tx, order_id, lock=True)
    for ref, count in sorted(units.items()):
        await tx.execute(
            """update ledger_lines set cancelling = cancelling - %s, kept = kept + %s, refunded = refunded + %s
               where order_id = %s and line_ref = %s""",
            [count, count, count if refunded else 0, order_id, ref],
        )
    await _write(tx, request_id, "keep", order_id, units, {})


async def release(
    tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], money: Mapping[str, Money]
) -> None:
    """What was reserved will not happen."""
    await tenders(tx, order_id, lock=True)
    for ref, amount in sorted(money.items()):
        await tx.execute(
            "update ledger_tenders set reserved = reserved - %s where order_id = %s and tender_ref = %s",
            [amount.amount, order_id, ref],
        )
    await lines(tx, order_id, lock=True)
    for ref, count in sorted(units.items()):
        await tx.execute(
            "update ledger_lines set cancelling = cancelling - %s where order_id = %s and line_ref = %s",
            [count, order_id, ref],
        )
    await _write(tx, request_id, "release", order_id, units, money)


# --- money on its way back


async def intend(tx: Tx, request_id: UUID, order_id: UUID, parts: Sequence[Part]) -> list[UUID]:
    """Make intents of money that the request has reserved, and have those carried out that can go; their ids.

    Refused: refund_destination where this money may not go there. A second time for the same tender and destination
    of a request is a defect (I8), as is more than is reserved.
    """
    held = await tenders(tx, order_id, lock=True)
    made = []
    for part in parts:
        if part.destination not in rules.destinations_of(part):
            raise Refused("refund_destination", 409)
        reserved = Money(held[part.tender_ref].reserved, held[part.tender_ref].currency)
        if not Money(0, reserved.currency) < part.amount <= reserved:
            raise ValueError(f"{part.amount} of {part.tender_ref} is not reserved")
        intent_id = ids.uuid7()
        await _insert_intent(tx, intent_id, request_id, order_id, part, replaced=None)
        made.append(intent_id)
    return made


async def claim_refund(tx: Tx, intent_id: UUID) -> Intent:
    """Take an intent up (again), as it was: from now on it may have been asked for outside."""
    intent = await access_intent(tx, SYSTEM, intent_id, lock=True)
    if intent.state is IntentState.RESERVED:
        await _move(tx, intent, IntentState.SENT, sent_at=tx.now)
    if intent.state is IntentState.RESERVED or intent.state in UNDER_WAY:
        await tx.execute("update refund_intents set attempts = attempts + 1 where id = %s", [intent_id])
    return intent


async def ready_refund(tx: Tx, intent_id: UUID) -> None:
    """What a planned intent waited for is there: a bank account, to which it is paid out with others."""
    intent = await access_intent(tx, SYSTEM, intent_id, lock=True)
    await _move(tx, intent, IntentState.RESERVED)


async def keep_refund(
    tx: Tx, intent_id: UUID, state: IntentState, again_at: datetime, outside_ref: str | None = None
) -> None:
    """Not decided (PENDING), or nobody knows (UNKNOWN): look again later, under the same key."""
    intent = await access_intent(tx, SYSTEM, intent_id, lock=True)
    await _move(tx, intent, state, outside_ref=outside_ref)
    await enqueue_refund(tx, intent_id, again_at)


async def enqueue_refund(tx: Tx, intent_id: UUID, at: datetime | None = None) -> None:
    """Have an intent looked at, now or later."""
    await jobs.enqueue(tx, EXECUTE, ExecuteRefund(intent_id), key=f"{EXECUTE}:{intent_id}", at=at)


async def settle_refund(tx: Tx, intent_id: UUID, outside_ref: str, *, booked: bool) -> bool:
    """The money went: reserved becomes refunded, once; whether it did so now. `booked`: the store knows already."""
    intent = await _locked_with_tender(tx, intent_id)
    if not await _move(tx, intent, IntentState.SUCCEEDED, outside_ref=outside_ref, settled_at=tx.now):
        return False
    await _shift(tx, intent, "settle", -intent.amount_minor)
    if booked:
        await book_refund(tx, intent_id)
    await events.record(tx, RefundSucceeded(intent_id=intent_id))
    return True


async def book_refund(tx: Tx, intent_id: UUID) -> None:
    """The store has noted it."""
    await tx.execute(
        "update refund_intents set booked_at = %s where id = %s and booked_at is null", [tx.now, intent_id]
    )


async def fail_refund(tx: Tx, intent_id: UUID, code: str) -> bool:
    """It did not go, or came back; the money is owed again and stays reserved. Whether it failed now.

    What came back must have been noted by the store before: else nobody knows whether the next way is noted twice.
    """
    intent = await _locked_with_tender(tx, intent_id)
    if intent.state is IntentState.SUCCEEDED and intent.booked_at is None:
        raise ValueError(f"refund {intent.number} came back before the store noted it")
    if not await _move(tx, intent, IntentState.FAILED, code=code, settled_at=tx.now):
        return False
    if intent.state is IntentState.SUCCEEDED:
        await _shift(tx, intent, "reverse", intent.amount_minor)
    await events.record(tx, RefundFailed(intent_id=intent_id))
    return True


async def reroute_refund(tx: Tx, intent_id: UUID, destination: Destination, days: tuple[int, int]) -> UUID:
    """Let the money of a failed (or still waiting) intent go another way; the new intent's id. Once.

    Refused: refund_destination where it may not go there, refund_not_open when it went or goes already.
    """
    intent = await access_intent(tx, SYSTEM, intent_id, lock=True)
    again = destination is intent.destination and destination is not Destination.BANK  # another account is another way
    if again or destination not in intent.detours:
        raise Refused("refund_destination", 409)
    if not await _move(tx, intent, IntentState.REROUTED):
        raise Refused("refund_not_open", 409)
    part = Part(
        tender_ref=intent.tender_ref,
        tender_kind=intent.tender_kind,
        tender_label=intent.tender_label,
        amount=intent.amount,
        destination=destination,
        days=days,
    )
    new_id = ids.uuid7()
    await _insert_intent(tx, new_id, intent.request_id, intent.order_id, part, replaced=intent)
    return new_id


async def drop_refund(tx: Tx, intent_id: UUID) -> None:
    """It is not owed after all: the money of a failed (or still waiting) intent is free again.

    Refused("refund_not_open") when it went or goes already.
    """
    intent = await _locked_with_tender(tx, intent_id)
    if not await _move(tx, intent, IntentState.DROPPED, settled_at=tx.now):
        raise Refused("refund_not_open", 409)
    amount, noted = intent.amount_minor, intent.booked_at is not None  # the store keeps the refund that it noted
    await tx.execute(
        """update ledger_tenders set reserved = reserved - %s, recharged = recharged + %s
           where order_id = %s and tender_ref = %s""",
        [amount, amount if noted else 0, intent.order_id, intent.tender_ref],
    )
    step, money = "drop" if noted else "release", {intent.tender_ref: intent.amount}
    await _write(tx, intent.request_id, step, intent.order_id, {}, money, intent_id=intent.id)


async def _insert_intent(
    tx: Tx, intent_id: UUID, request_id: UUID, order_id: UUID, part: Part, *, replaced: Intent | None
) -> None:
    state = rules.first_state(part.destination)
    try:
        await tx.execute(
            """insert into refund_intents (id, number, store_id, customer_id, order_id, request_id, tender_ref,
                 tender_kind, tender_label, amount, currency, destination, rail, state, min_days, max_days, root,
                 replaces, made_at, booked_at, gift_id)
               select %s, %s, o.store_id, coalesce(g.customer_id, o.customer_id), o.id, %s, %s, %s, %s, %s, %s, %s, %s,
                 %s, %s, %s, %s, %s, %s, %s, g.id
               from orders o left join gifts g on g.id = %s where o.id = %s""",
            [
                intent_id,
                ids.number("F"),
                request_id,
                part.tender_ref,
                part.tender_kind,
                part.tender_label,
                part.amount.amount,
                part.amount.currency,
                part.destination,
                rules.rail(part.tender_kind, part.destination),
                state,
                *part.days,
                replaced.root if replaced else intent_id,
                replaced.id if replaced else None,
                tx.now,
                replaced.booked_at if replaced else None,
                part.gift_id,
                order_id,
            ],
        )
    except errors.UniqueViolation as error:
        raise ValueError(f"request {request_id} already pays {part.tender_ref} back to {part.destination}") from error
    if state is IntentState.RESERVED:
        await enqueue_refund(tx, intent_id)
    else:
        await events.record(tx, RefundNeedsAccount(intent_id=intent_id))


async def _locked_with_tender(tx: Tx, intent_id: UUID) -> Intent:
    """Lock order: tenders, then intents."""
    intent = await access_intent(tx, SYSTEM, intent_id)
    await tenders(tx, intent.order_id, lock=True)
    return await access_intent(tx, SYSTEM, intent_id, lock=True)


async def _move(
    tx: Tx,
    intent: Intent,
    state: IntentState,
    *,
    outside_ref: str | None = None,
    code: str | None = None,
    sent_at: datetime | None = None,
    settled_at: datetime | None = None,
) -> bool:
    """Whether the intent (locked) went to the state; what comes late or twice is passed over."""
    if not rules.may(intent.state, state):
        return False
    await tx.execute(
        """update refund_intents set state = %s, code = %s, outside_ref = coalesce(%s, outside_ref),
             sent_at = coalesce(%s, sent_at), settled_at = coalesce(%s, settled_at)
           where id = %s""",
        [state, code or intent.code, outside_ref, sent_at, settled_at, intent.id],
    )
    tx.wake(f"order:{intent.order_id}")
    return True


async def _shift(tx: Tx, intent: Intent, step: str, reserved: int) -> None:
    """Move the intent's money between reserved and refunded, with its entry."""
    await tx.execute(
        """update ledger_tenders set reserved = reserved + %s, refunded = refunded - %s
           where order_id = %s and tender_ref = %s""",
        [reserved, reserved, intent.order_id, intent.tender_ref],
    )
    await _write(
        tx, intent.request_id, step, intent.order_id, {}, {intent.tender_ref: intent.amount}, intent_id=intent.id
    )


async def _take_ordered(tx: Tx, order_id: UUID, facts: OrderFacts) -> None:
    await tx.many(
        """insert into ledger_tenders (order_id, tender_ref, currency, captured) values (%s, %s, %s, %s)
           on conflict (order_id, tender_ref) do update set captured = excluded.captured""",
        [(order_id, tender.ref, facts.currency, tender.captured) for tender in facts.tenders],
    )
    await tx.many(
        """insert into ledger_lines (order_id, line_ref, ordered) values (%s, %s, %s)
           on conflict (order_id, line_ref) do update set ordered = excluded.ordered""",
        [(order_id, line.ref, line.ordered) for line in facts.lines],
    )


async def _under_way(tx: Tx, order_id: UUID) -> bool:
    held = await tx.value(
        """select exists (select 1 from ledger_tenders where order_id = %(order)s and reserved > 0)
               or exists (select 1 from ledger_lines where order_id = %(order)s and cancelling > 0)""",
        {"order": order_id},
    )
    return bool(held)


async def _adopt(tx: Tx, order_id: UUID, facts: OrderFacts) -> None:
    money = await tenders(tx, order_id, lock=True)
    for tender in facts.tenders:
        more = tender.refunded - money[tender.ref].refunded - money[tender.ref].recharged
        if more > 0:
            await tx.execute(
                "update ledger_tenders set refunded = refunded + %s where order_id = %s and tender_ref = %s",
                [more, order_id, tender.ref],
            )
            await _write(tx, None, "store", order_id, {}, {tender.ref: Money(more, facts.currency)})
    units = await lines(tx, order_id, lock=True)
    for line in facts.lines:
        more = min(line.cancelled - units[line.ref].cancelled, units[line.ref].free)
        if more > 0:
            await tx.execute(
                """update ledger_lines set cancelled = cancelled + %s, refunded = least(refunded + %s, ordered)
                   where order_id = %s and line_ref = %s""",
                [more, more, order_id, line.ref],
            )
            await _write(tx, None, "store", order_id, {line.ref: more}, {})


async def write_units(tx: Tx, request_id: UUID, step: str, order_id: UUID, units: Mapping[str, int]) -> None:
    """The entries of units that moved."""
    await _write(tx, request_id, step, order_id, units, {})


async def write_money(tx: Tx, request_id: UUID, step: str, order_id: UUID, money: Mapping[str, Money]) -> None:
    """The entries of money that moved."""
    await _write(tx, request_id, step, order_id, {}, money)


async def _write(
    tx: Tx,
    request_id: UUID | None,
    step: str,
    order_id: UUID,
    units: Mapping[str, int],
    money: Mapping[str, Money],
    *,
    intent_id: UUID | None = None,
) -> None:
    about = (order_id, request_id, intent_id, step)
    rows: list[tuple[object, ...]] = [
        (ids.uuid7(), *about, ref, count, None, None, None, tx.now) for ref, count in units.items()
    ]
    rows += [
        (ids.uuid7(), *about, None, None, ref, amount.amount, amount.currency, tx.now) for ref, amount in money.items()
    ]
    await tx.many(
        """insert into ledger_entries
             (id, order_id, request_id, intent_id, step, line_ref, units, tender_ref, amount, currency, at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        rows,
    )
