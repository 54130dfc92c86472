"""Reading sellers and their people."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible


class Seller(msgspec.Struct, frozen=True):
    """A marketplace seller of a shop; `store_ref` is the shop's reference, name and address are public."""

    id: UUID
    store_id: str
    store_ref: str
    name: str
    address: str


class SellerPerson(msgspec.Struct, frozen=True):
    """Somebody who answers for a seller."""

    id: UUID
    seller_id: UUID
    email: str
    name: str
    locale: str
    seller: str


_SELLER = "select id, store_id, store_ref, name, address from sellers"
_PERSON = """select p.id, p.seller_id, p.email, p.name, p.locale, s.name as seller
  from seller_people p join sellers s on s.id = p.seller_id"""


def own_seller(actor: Actor) -> UUID:
    """For which seller somebody answers; invisible to whoever answers for none."""
    if actor.role is not Role.SELLER or actor.seller_id is None:
        raise invisible()
    return actor.seller_id


async def seller(tx: Tx, seller_id: UUID) -> Seller:
    """One seller, whoever asks; invisible when there is none."""
    async with tx.acting(SYSTEM):
        found = await tx.maybe(Seller, f"{_SELLER} where id = %s", [seller_id])
    if found is None:
        raise invisible()
    return found


async def seller_by_ref(tx: Tx, store_id: str, store_ref: str) -> Seller | None:
    """The seller whom the shop knows by this reference, whoever asks."""
    async with tx.acting(SYSTEM):
        return await tx.maybe(Seller, f"{_SELLER} where store_id = %s and store_ref = %s", [store_id, store_ref])


async def people_of(tx: Tx, seller_id: UUID) -> Sequence[SellerPerson]:
    """Those who answer for a seller and may sign in (for the system)."""
    return await tx.all(SellerPerson, f"{_PERSON} where p.seller_id = %s and p.active order by p.id", [seller_id])


async def everybody(tx: Tx) -> Sequence[SellerPerson]:
    """All who may sign in for a seller (for the system)."""
    return await tx.all(SellerPerson, f"{_PERSON} where p.active order by s.name, p.name, p.id")


async def password_of(tx: Tx, email: str) -> tuple[SellerPerson, str | None] | None:
    """A seller's person and the stored hash of their password, by mail address (for the system)."""
    found = await tx.maybe(SellerPerson, f"{_PERSON} where p.email = %s and p.active", [email])
    if found is None:
        return None
    return found, await tx.value("select password_hash from seller_people where id = %s", [found.id])


async def sessions_of_person(tx: Tx, person_id: UUID) -> Sequence[UUID]:
    """The sessions of a seller's person that have not been ended."""
    return await tx.values(
        "select id from sessions where seller_person_id = %s and ended_at is null order by id", [person_id]
    )
