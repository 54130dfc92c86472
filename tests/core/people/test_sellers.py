"""Sellers as the stores tell of them, and the people who sign in for them."""

from datetime import datetime, timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.people import queries as people
from madoguchi.core.people.sellers import queries, verbs
from madoguchi.core.people.sellers.queries import Seller
from madoguchi.core.people.verbs import start_session
from madoguchi.core.shop.verbs import add_store
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import token_hash

MAIL = "yamada@sellers.example"


@pytest.fixture
async def yamada(db: Database, now: datetime) -> Seller:
    async def make(tx: Tx) -> Seller:
        await add_store(tx, "demo", "まどぐち商店", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        for ref in ("yamada", "nagisa"):
            await verbs.remember_seller(tx, "demo", ref, f"{ref}商店", "佐賀県")
        found = await queries.seller_by_ref(tx, "demo", "yamada")
        assert found
        return found

    return await db.run(SYSTEM, make)


async def test_a_seller_is_as_the_store_told_last(db: Database, yamada: Seller) -> None:
    await db.run(SYSTEM, lambda tx: verbs.remember_seller(tx, "demo", "yamada", "山田商店", "有田町"))
    told = await db.run(SYSTEM, lambda tx: queries.seller(tx, yamada.id))
    assert (told.id, told.name, told.address) == (yamada.id, "山田商店", "有田町")


async def test_a_person_answers_for_one_seller(db: Database, yamada: Seller) -> None:
    async def add(tx: Tx, ref: str) -> None:
        seller = await queries.seller_by_ref(tx, "demo", ref)
        assert seller
        await verbs.add_person(tx, seller_id=seller.id, email=f" {MAIL.upper()}", name="山田", locale="ja")

    await db.run(SYSTEM, lambda tx: add(tx, "yamada"))
    await db.run(SYSTEM, lambda tx: add(tx, "yamada"))
    with pytest.raises(Refused, match="seller_person_elsewhere"):
        await db.run(SYSTEM, lambda tx: add(tx, "nagisa"))
    (person,) = await db.run(SYSTEM, lambda tx: queries.people_of(tx, yamada.id))
    assert (person.email, person.seller) == (MAIL, "yamada商店")


async def test_their_sessions_are_a_sellers_and_end_as_those_of_staff(
    db: Database, yamada: Seller, now: datetime
) -> None:
    async def begin(tx: Tx) -> bytes:
        person = await verbs.add_person(tx, seller_id=yamada.id, email=MAIL, name="山田", locale="ja")
        return token_hash((await start_session(tx, store_id="demo", locale="ja", seller_person_id=person)).token)

    key = await db.run(SYSTEM, begin)
    session = await db.run(SYSTEM, lambda tx: people.session(tx, key))
    assert session
    assert (session.actor.role, session.actor.seller_id, session.actor.name) == (Role.SELLER, yamada.id, "山田")
    assert session.actor.key == f"seller:{yamada.id}"
    with clock.frozen(now + timedelta(minutes=31)):
        assert await db.run(SYSTEM, lambda tx: people.session(tx, key)) is None
    await db.run(SYSTEM, lambda tx: verbs.deactivate_person(tx, MAIL))
    assert await db.run(SYSTEM, lambda tx: people.session(tx, key)) is None
    with pytest.raises(Refused, match="unknown_seller_person"):
        await db.run(SYSTEM, lambda tx: verbs.deactivate_person(tx, "nobody@example.jp"))
