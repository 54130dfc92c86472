"""Money that is owed, until it went: promised, sent, settled, failed, sent another way, or dropped. Never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import errors

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.intents import rules
from madoguchi.core.ledger.intents.events import RefundFailed, RefundNeedsAccount, RefundSucceeded
from madoguchi.core.ledger.intents.queries import access_intent
from madoguchi.core.ledger.intents.rules import UNDER_WAY, Intent, IntentState
from madoguchi.core.ledger.rules import Destination, Part, destinations_of
from madoguchi.core.ledger.verbs import tenders, write_money
from madoguchi.kit import events, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money

EXECUTE = "refunds.execute"


class ExecuteRefund(msgspec.Struct, frozen=True):
    """Arguments of the job that sends an intent on its way."""

    intent_id: UUID


async def intend(tx: Tx, request_id: UUID, order_id: UUID, parts: Sequence[Part]) -> list[UUID]:
    """Make intents of money that the request has reserved, and have those carried out that can go; their ids.

    Refused: refund_destination where this money may not go there. A second time for the same tender and destination
    of a request is a defect (I8), as is more than is reserved.
    """
    held = await tenders(tx, order_id, lock=True)
    made = []
    for part in parts:
        if part.destination not in destinations_of(part):
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
    await write_money(tx, intent.request_id, step, intent.order_id, money, intent_id=intent.id)


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
    money = {intent.tender_ref: intent.amount}
    await write_money(tx, intent.request_id, step, intent.order_id, money, intent_id=intent.id)
