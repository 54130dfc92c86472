"""Refunding, and what time brings. Each runs in a transaction of the provider's own."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from madoguchi.edge.payments.fake import queries, rules
from madoguchi.edge.payments.fake.queries import ChargeRow, RefundRow
from madoguchi.edge.payments.fake.rules import Payment, Temper
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money


async def remember(tx: Tx, payment: Payment) -> None:
    """Know a payment from the till; more may have been captured since."""
    await tx.execute(
        """insert into payments (ref, kind, currency, captured, taken_at) values (%s, %s, %s, %s, %s)
           on conflict (ref) do update set captured = greatest(payments.captured, excluded.captured)""",
        [payment.ref, payment.kind, payment.captured.currency, payment.captured.amount, payment.taken_at],
    )


async def refund(tx: Tx, temper: Temper, key: str, payment_ref: str, amount: Money) -> RefundRow:
    """Take or refuse a refund; the same key gives the same one, with another request `key_reused`."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    request = rules.request_hash(payment_ref, amount)
    known = await queries.refund(tx, key)
    if known is None:
        return await _decide(tx, temper, RefundRow(
            key, request, "", payment_ref, amount.amount, amount.currency, "failed", None, tx.now
        ))  # fmt: skip
    if known.request != request:
        return RefundRow(key, request, "", payment_ref, amount.amount, amount.currency, "failed", "key_reused", tx.now)
    return known


async def charge(tx: Tx, temper: Temper, key: str, payment_ref: str, amount: Money) -> ChargeRow:
    """Take or decline a charge; the same key gives the same one, with another request `key_reused`."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", [key])
    request = rules.request_hash(payment_ref, amount)
    known = await queries.charge(tx, key)
    if known is not None and known.request == request:
        return known
    held = await queries.locked_payment(tx, payment_ref)
    code = "key_reused" if known else rules.decline(temper, held.payment if held else None, key, amount)
    made = ChargeRow(
        key,
        request,
        "" if code else f"ch_{ids.uuid7().hex}",
        payment_ref,
        amount.amount,
        amount.currency,
        "failed" if code else "succeeded",
        code,
        tx.now,
    )
    if known is None:
        await tx.execute(
            """insert into charges (key, request, ref, payment_ref, amount, currency, state, code, made_at)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            list(msgspec.structs.astuple(made)),
        )
    return made


async def pass_time(tx: Tx, now: datetime) -> int:
    """Decide what is pending and send back what a bank does not take; how many refunds changed."""
    rows = await queries.due(tx, now)
    for row in rows:
        failed = row.state == "succeeded" or row.code is not None
        if failed:
            await tx.execute("select from payments where ref = %s for update", [row.payment_ref])
            await tx.execute(
                "update payments set refunded = refunded - %s where ref = %s", [row.amount, row.payment_ref]
            )
        await tx.execute(
            "update refunds set state = %s, code = %s, decides_at = null, fails_at = null where key = %s",
            ["failed" if failed else "succeeded", "account_closed" if failed else None, row.key],
        )
        await _tell(tx, row.key)
    return len(rows)


async def delivered(tx: Tx, webhooks: Sequence[int]) -> None:
    """These were taken by whoever wanted to know."""
    await tx.execute("delete from webhooks where id = any(%s)", [list(webhooks)])


async def _decide(tx: Tx, temper: Temper, asked: RefundRow) -> RefundRow:
    held = await queries.locked_payment(tx, asked.payment_ref)
    amount = Money(asked.amount, asked.currency)
    code = rules.refusal(held.payment if held else None, held.refunded if held else 0, amount, tx.now)
    course = rules.Course("failed", code) if code else rules.course(temper, asked.key, tx.now)
    if course.state != "failed":
        await tx.execute(
            "update payments set refunded = refunded + %s where ref = %s", [asked.amount, asked.payment_ref]
        )
    ref = "" if code else f"re_{ids.uuid7().hex}"
    await tx.execute(
        """insert into refunds
             (key, request, ref, payment_ref, amount, currency, state, code, made_at, decides_at, fails_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            asked.key,
            asked.request,
            ref,
            asked.payment_ref,
            asked.amount,
            asked.currency,
            course.state,
            course.code,
            asked.made_at,
            course.decides_at,
            course.fails_at,
        ],
    )
    if not code:
        await _tell(tx, asked.key)
    made = await queries.refund(tx, asked.key)
    assert made
    return made


async def _tell(tx: Tx, key: str) -> None:
    await tx.execute("insert into webhooks (key, made_at) values (%s, %s)", [key, tx.now])
