"""Codes are sent and typed, few and for minutes. Never commits."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.people import rules
from madoguchi.core.people.events import CodeRequested
from madoguchi.core.people.queries import customers_by_email
from madoguchi.kit import events, ids, security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


async def request_code(tx: Tx, actor: Actor, address: str) -> None:
    """Send a six-digit code to the address if the shop knows it; the answer never tells whether it does.

    At most CODES_PER_HOUR and CODES_PER_DAY per address over all channels; a new code kills the older one.
    """
    key = rules.email_key(address)
    if key is None:
        raise Refused("invalid_email")
    if actor.session is None or actor.store_id is None:
        raise Refused("session_needed", 401)
    await _within_limits(tx, key)
    code = f"{secrets.randbelow(1_000_000):06d}"
    code_id = ids.uuid7()
    await tx.execute("update one_time_codes set expires_at = %s where session_id = %s", [tx.now, actor.session])
    await tx.execute(
        """insert into one_time_codes (id, session_id, purpose, target, code_hash, tries_left, created_at, expires_at)
           values (%s, %s, 'identify', %s, %s, %s, %s, %s)""",
        [code_id, actor.session, key, _code_hash(code_id, code), rules.CODE_TRIES, tx.now, tx.now + rules.CODE_LIFE],
    )
    if customers := await customers_by_email(tx, actor.store_id, key):
        await events.record(tx, CodeRequested(customer_id=customers[0].id, code=code, locale=actor.locale))


async def prove_by_code(tx: Tx, actor: Actor, code: str) -> UUID | None:
    """The customer proven by the code just typed, whose session may rise; None when it is wrong (a try is used up)."""
    row = await tx.maybe(
        _Code,
        """select id, target, code_hash, tries_left from one_time_codes
           where session_id = %s and used_at is null and expires_at > %s and tries_left > 0
           order by created_at desc limit 1 for update""",
        [actor.session, tx.now],
    )
    if row is None:
        raise Refused("code_expired")
    if not secrets.compare_digest(row.code_hash, _code_hash(row.id, code)):
        await tx.execute("update one_time_codes set tries_left = tries_left - 1 where id = %s", [row.id])
        return None
    await tx.execute("update one_time_codes set used_at = %s where id = %s", [tx.now, row.id])
    customers = await customers_by_email(tx, actor.store_id or "", row.target)
    return customers[0].id if customers else None


class _Code(msgspec.Struct, frozen=True):
    id: UUID
    target: str
    code_hash: bytes
    tries_left: int


def _code_hash(code_id: UUID, code: str) -> bytes:
    return security.token_hash(f"{code_id}:{code}")


async def _within_limits(tx: Tx, target: str) -> None:
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", [target])
    hour, day, oldest = 0, 0, tx.now
    for created in await _codes_sent(tx, target):
        day += 1
        if created > tx.now - timedelta(hours=1):
            hour += 1
            oldest = min(oldest, created)
    if hour >= rules.CODES_PER_HOUR or day >= rules.CODES_PER_DAY:
        wait = (oldest + timedelta(hours=1) - tx.now).total_seconds() if hour else 3600.0
        raise Refused("too_many_codes", 429, retry_after=max(wait, 60.0))


async def _codes_sent(tx: Tx, target: str) -> list[datetime]:
    return await tx.values(
        "select created_at from one_time_codes where target = %s and created_at > %s",
        [target, tx.now - timedelta(days=1)],
    )
