"""Sessions begin, rise in identity, and end; guests, customers, and the keys of shops. Never commits."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import Actor, Level
from madoguchi.core.people import queries, rules, tokens
from madoguchi.core.people.tokens import DERIVED_KID, Secrets, ShopToken, is_public_key
from madoguchi.kit import ids, security
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


async def raise_session(tx: Tx, actor: Actor, customer_id: UUID, level: Level) -> NewSession:
    """A new session for the proven customer in place of the actor's; the old token is dead."""
    if actor.session is None or actor.store_id is None:
        raise Refused("session_needed", 401)
    await end_session(tx, actor.session)
    return await start_session(tx, store_id=actor.store_id, locale=actor.locale, customer_id=customer_id, level=level)


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
