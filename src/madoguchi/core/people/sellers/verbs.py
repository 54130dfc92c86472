"""Sellers become known, and who may sign in for them. Never commits."""

from uuid import UUID

from madoguchi.core.people.rules import email_key
from madoguchi.core.people.sellers import queries
from madoguchi.core.people.verbs import end_session
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


async def remember_seller(tx: Tx, store_id: str, store_ref: str, name: str, address: str) -> None:
    """Insert or update a seller from the store's facts."""
    await tx.execute(
        """insert into sellers (id, store_id, store_ref, name, address) values (%s, %s, %s, %s, %s)
           on conflict (store_id, store_ref) do update set name = excluded.name, address = excluded.address
           where (sellers.name, sellers.address) <> (excluded.name, excluded.address)""",
        [ids.uuid7(), store_id, store_ref, name, address],
    )


async def add_person(
    tx: Tx, *, seller_id: UUID, email: str, name: str, locale: str, password_hash: str | None = None
) -> UUID:
    """Somebody answers for a seller, or has changed; without a hash nobody can sign in with a password.

    Refused: invalid_email, seller_person_elsewhere when the address belongs to somebody of another seller.
    """
    key = email_key(email)
    if key is None:
        raise Refused("invalid_email")
    found = await tx.value(
        """insert into seller_people (id, seller_id, email, name, locale, password_hash) values (%s, %s, %s, %s, %s, %s)
           on conflict (email) do update
           set name = excluded.name, locale = excluded.locale, active = true,
               password_hash = coalesce(excluded.password_hash, seller_people.password_hash)
           where seller_people.seller_id = excluded.seller_id
           returning id""",
        [ids.uuid7(), seller_id, key, name, locale, password_hash],
    )
    if found is None:
        raise Refused("seller_person_elsewhere", 409, email=email)
    return UUID(str(found))


async def deactivate_person(tx: Tx, email: str) -> None:
    """Somebody answers for a seller no more: their sessions are dead. Refused("unknown_seller_person")."""
    found = await tx.value("update seller_people set active = false where email = %s returning id", [email_key(email)])
    if found is None:
        raise Refused("unknown_seller_person", email=email)
    for session_id in await queries.sessions_of_person(tx, UUID(str(found))):
        await end_session(tx, session_id)
