"""Sessions begin, rise in identity, and end; guests and one-time codes. Never commits."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import Actor, Level, Role
from madoguchi.core.people import queries, rules, tokens
from madoguchi.core.people.events import CodeRequested
from madoguchi.core.people.tokens import DERIVED_KID, Secrets, ShopToken, is_public_key
from madoguchi.kit import events, ids, security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


class NewSession(msgspec.Struct, frozen=True):
    """A session just made and its token, which is told once."""

    token: str
    id: UUID


async def start_session(
    tx: Tx,
    *,
    store_id: str,
    locale: str,
    customer_id: UUID | None = None,
    staff_id: UUID | None = None,
    seller_person_id: UUID | None = None,
    level: Level = Level.GUEST,
) -> NewSession:
    """A new session for a guest, a customer, one of the staff or of a seller's people."""
    made = NewSession(security.new_token(), ids.uuid7())
    kind = "staff" if staff_id else "seller" if seller_person_id else "customer"
    await tx.execute(
        """insert into sessions (id, token_hash, kind, customer_id, staff_id, seller_person_id, store_id, level, locale,
                                 created_at, expires_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            made.id,
            security.token_hash(made.token),
            kind,
            customer_id,
            staff_id,
            seller_person_id,
            store_id,
            int(level),
            locale,
            tx.now,
            rules.session_ends(tx.now, tx.now, at_work=kind != "customer"),
        ],
    )
    return made


async def add_shop_key(tx: Tx, store_id: str, kid: str, jwk: dict[str, Any]) -> None:
    """A shop signs with this public EdDSA key (JWK) too; the same kid replaces the earlier one."""
    if kid == DERIVED_KID or not is_public_key(jwk):
        raise Refused("shop_key_bad")
    await queries.store(tx, store_id)
    await tx.execute(
        """insert into shop_keys (store_id, kid, jwk) values (%s, %s, %s)
           on conflict (store_id, kid) do update set jwk = excluded.jwk""",
        [store_id, kid, Jsonb(jwk)],
    )


async def read_shop_token(tx: Tx, token: str, secrets: Secrets) -> ShopToken:
    """What a shop's token says, checked with what its signature must be made with now; Refused("shop_token_bad")."""
    return tokens.read(token, secrets, await queries.shop_key(tx, *tokens.key_of(token)), tx.now)


async def renew_session(tx: Tx, session: queries.Session) -> None:
    """The session was used just now, and lasts on from here; a dead one stays dead."""
    await tx.execute(
        "update sessions set expires_at = %s where id = %s and ended_at is null and expires_at > %s",
        [session.ends(tx.now), session.id, tx.now],
    )


async def end_session(tx: Tx, session_id: UUID) -> None:
    """The session is dead from now on; its streams close."""
    await tx.execute("update sessions set ended_at = %s where id = %s and ended_at is null", [tx.now, session_id])
    tx.wake(f"session:{session_id}")


async def set_locale(tx: Tx, session_id: UUID, locale: str) -> None:
    """The person reads another language from now on."""
    if locale not in rules.LANGUAGES:
        raise Refused("invalid_language")
    await tx.execute("update sessions set locale = %s where id = %s", [locale, session_id])


async def sign_in_by_shop(tx: Tx, token: ShopToken, customer_id: UUID, locale: str, before: UUID | None) -> NewSession:
    """A session at level 3 for the customer the shop vouches for; the token is used up, the earlier session ends."""
    used = await tx.execute(
        """insert into shop_tokens_used (store_id, jti, expires_at) values (%s, %s, %s) on conflict do nothing""",
        [token.store_id, token.jti, token.expires_at],
    )
    if not used:
        raise Refused("shop_token_used", 401)
    if before:
        await end_session(tx, before)
    return await start_session(
        tx, store_id=token.store_id, locale=locale, customer_id=customer_id, level=Level.SIGNED_IN
    )


async def ensure_guest(tx: Tx, actor: Actor, name: str = "") -> UUID:
    """The customer row of the actor's session; a guest gets one with the first thing they write."""
    if actor.id:
        return actor.id
    if actor.session is None or actor.store_id is None:
        raise Refused("session_needed", 401)
    held = await tx.value("select customer_id from sessions where id = %s for update", [actor.session])
    if held:
        return UUID(str(held))
    customer_id = ids.uuid7()
    await tx.execute(
        "insert into customers (id, store_id, name, locale) values (%s, %s, %s, %s)",
        [customer_id, actor.store_id, name, actor.locale],
    )
    await tx.execute("update sessions set customer_id = %s where id = %s", [customer_id, actor.session])
    return customer_id


async def remember_customer(tx: Tx, store_id: str, facts: rules.CustomerFacts) -> UUID:
    """Insert or update a customer from the store's facts; an older version changes nothing."""
    return UUID(
        str(
            await tx.value(
                """insert into customers (id, store_id, store_ref, name, kana, given_name, family_name,
                                          email, email_key, phone, locale, version)
                   values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                   on conflict (store_id, store_ref) do update
                   set name = excluded.name, kana = excluded.kana, given_name = excluded.given_name,
                       family_name = excluded.family_name, email = excluded.email, email_key = excluded.email_key,
                       phone = excluded.phone, locale = excluded.locale, version = excluded.version
                   where customers.version <= excluded.version
                   returning id""",
                [
                    ids.uuid7(),
                    store_id,
                    facts.ref,
                    facts.name,
                    facts.kana,
                    facts.given_name,
                    facts.family_name,
                    facts.email,
                    rules.email_key(facts.email),
                    facts.phone,
                    facts.locale,
                    facts.version,
                ],
            )
            or await tx.value("select id from customers where store_id = %s and store_ref = %s", [store_id, facts.ref])
        )
    )


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
    if customers := await queries.customers_by_email(tx, actor.store_id, key):
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
    customers = await queries.customers_by_email(tx, actor.store_id or "", row.target)
    return customers[0].id if customers else None


async def raise_session(tx: Tx, actor: Actor, customer_id: UUID, level: Level) -> NewSession:
    """A new session for the proven customer in place of the actor's; the old token is dead."""
    if actor.session is None or actor.store_id is None:
        raise Refused("session_needed", 401)
    await end_session(tx, actor.session)
    return await start_session(tx, store_id=actor.store_id, locale=actor.locale, customer_id=customer_id, level=level)


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


async def add_staff(
    tx: Tx,
    *,
    email: str,
    name: str,
    role: Role,
    locale: str,
    languages: Sequence[str],
    skills: Sequence[str] = (),
    password_hash: str | None = None,
) -> UUID:
    """Somebody new works here, or has changed; without a hash nobody can sign in with a password."""
    key = rules.email_key(email)
    if key is None:
        raise Refused("invalid_email")
    return UUID(
        str(
            await tx.value(
                """insert into staff (id, email, name, role, locale, languages, skills, password_hash)
                   values (%s, %s, %s, %s, %s, %s, %s, %s)
                   on conflict (email) do update
                   set name = excluded.name, role = excluded.role, locale = excluded.locale,
                       languages = excluded.languages, skills = excluded.skills,
                       password_hash = coalesce(excluded.password_hash, staff.password_hash), active = true
                   returning id""",
                [ids.uuid7(), key, name, role, locale, list(languages), list(skills), password_hash],
            )
        )
    )


async def deactivate_staff(tx: Tx, email: str) -> None:
    """Somebody works here no more: their sessions are dead, their streams close; routing lets go of what they had."""
    staff_id = await _set_active(tx, email, active=False)
    for session_id in await queries.sessions_of_staff(tx, staff_id):
        await end_session(tx, session_id)


async def activate_staff(tx: Tx, email: str) -> None:
    """Somebody may sign in again, with the password they had."""
    await _set_active(tx, email, active=True)


async def _set_active(tx: Tx, email: str, *, active: bool) -> UUID:
    found = await tx.value(
        "update staff set active = %s where email = %s returning id", [active, rules.email_key(email)]
    )
    if found is None:
        raise Refused("unknown_staff", email=email)
    return UUID(str(found))


async def sweep(tx: Tx, limit: int) -> int:
    """Delete what nobody can use any more, at most `limit` of each kind; how much was deleted.

    Sessions that are over, used tokens of shops that have expired, and one-time codes that no daily limit counts.
    """
    codes = await tx.execute(
        """delete from one_time_codes where id in (
             select id from one_time_codes where created_at < %s
             order by created_at limit %s for update skip locked)""",
        [tx.now - timedelta(days=1), limit],
    )
    tokens = await tx.execute(
        """delete from shop_tokens_used where (store_id, jti) in (
             select store_id, jti from shop_tokens_used where expires_at < %s
             order by expires_at limit %s for update skip locked)""",
        [tx.now, limit],
    )
    sessions = await tx.execute(
        """delete from sessions where id in (
             select id from sessions s where least(s.ended_at, s.expires_at) < %s
               and not exists (select from one_time_codes c where c.session_id = s.id)
             order by id limit %s for update skip locked)""",
        [tx.now, limit],
    )
    return codes + tokens + sessions
