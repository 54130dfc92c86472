"""A customer asks a seller: the deadline, the alias, what each side reads, and who sees nothing."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Audience, Level, Role
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases import verbs as case_verbs
from madoguchi.core.cases.rules import Author, State
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.people import verbs as people
from madoguchi.core.people.rules import CustomerFacts
from madoguchi.core.people.sellers.queries import Seller, seller_by_ref
from madoguchi.core.people.sellers.verbs import add_person, remember_seller
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.photos.queries import File
from madoguchi.core.policy import queries as policy
from madoguchi.core.shop.verbs import add_store
from madoguchi.core.threads import queries, verbs
from madoguchi.core.threads.rules import Standing, Topic, Wanted
from madoguchi.core.threads.verbs import About
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused

PLATE = About(store_id="demo", product_ref="PLATE")
HOURS = timedelta(hours=1)
PHOTO = File("a" * 64, "佐藤美咲.jpg", "image/jpeg", 10, 10, 100)


class World(msgspec.Struct, frozen=True):
    misaki: Actor
    emma: Actor
    aoi: Actor
    yamada: Seller
    taro: Actor
    yumi: Actor


@pytest.fixture
async def world(db: Database, now: datetime) -> World:
    async def make(tx: Tx) -> World:
        await policy.ship_all(tx)
        await add_store(tx, "demo", "まどぐち商店", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        customers = [await _customer(tx, *one) for one in (("c1", "佐藤 美咲", "ja"), ("c2", "Emma Wilson", "en"))]
        staff = await add_staff(
            tx, email="aoi@example.jp", name="田中 葵", role=Role.ASSOCIATE, locale="ja", languages=["ja"]
        )
        aoi = Actor(role=Role.ASSOCIATE, id=staff, name="田中 葵", store_id="demo")
        sells = [await _seller(tx, ref) for ref in ("yamada", "nagisa")]
        yamada = await seller_by_ref(tx, "demo", "yamada")
        assert yamada
        return World(*customers, aoi, yamada, *sells)

    return await db.run(SYSTEM, make)


async def _customer(tx: Tx, ref: str, name: str, locale: str) -> Actor:
    facts = CustomerFacts(ref=ref, name=name, email=f"{ref}@example.jp", locale=locale, family_name=name[:2])
    customer = await people.remember_customer(tx, "demo", facts)
    return Actor(
        role=Role.CUSTOMER, id=customer, level=Level.SIGNED_IN, locale=locale, store_id="demo", session=ids.uuid7()
    )


async def _seller(tx: Tx, ref: str) -> Actor:
    await remember_seller(tx, "demo", ref, f"{ref}商店", "佐賀県")
    seller = await seller_by_ref(tx, "demo", ref)
    assert seller
    person = await add_person(tx, seller_id=seller.id, email=f"{ref}@sellers.example", name=ref, locale="ja")
    return Actor(role=Role.SELLER, id=person, seller_id=seller.id, locale="ja", store_id="demo")


async def ask(db: Database, world: World, text: str = "電子レンジで使えますか", who: Actor | None = None) -> UUID:
    actor = who or world.misaki
    assert actor.id
    owner = actor.id

    async def work(tx: Tx) -> UUID:
        asked = await verbs.ask(tx, actor, owner, world.yamada, PLATE, Topic.PRODUCT, Wanted.ANSWER, text)
        return asked.case_id

    return await db.run(actor, work)


async def write(db: Database, actor: Actor, case_id: UUID, text: str, client_id: str | None = None) -> int:
    return (await db.run(actor, lambda tx: verbs.write(tx, actor, case_id, text, client_id=client_id))).seq


async def read(db: Database, actor: Actor, case_id: UUID) -> list[str]:
    """What the actor reads of what passed between the two."""

    async def work(tx: Tx) -> list[str]:
        thread = await queries.access_thread(tx, actor, case_id)
        return [entry.text for entry in await queries.said(tx, thread) if entry.text]

    return await db.run(actor, work)


async def test_a_question_waits_for_the_seller_until_a_deadline(db: Database, world: World, now: datetime) -> None:
    case_id = await ask(db, world)
    (line,) = await db.run(world.taro, lambda tx: queries.waiting(tx, world.taro))
    assert (line.case_id, line.due_at, line.standing(now)) == (case_id, now + 48 * HOURS, Standing.WAITING)
    case = await db.run(world.misaki, lambda tx: cases.access_case(tx, world.misaki, case_id))
    assert (case.state, case.reason, case.bot_due_seq) == (State.SELLER, "seller.contact", None)
    assert await read(db, world.taro, case_id) == ["電子レンジで使えますか"]


async def test_more_words_do_not_put_the_deadline_off(db: Database, world: World, now: datetime) -> None:
    case_id = await ask(db, world)
    with clock.frozen(now + 5 * HOURS):
        assert await ask(db, world, "オーブンはどうでしょう") == case_id  # the thread that is open goes on
        (line,) = await db.run(world.taro, lambda tx: queries.waiting(tx, world.taro))
    assert line.due_at == now + 48 * HOURS


async def test_an_answer_ends_the_wait_and_the_next_word_begins_another(
    db: Database, world: World, now: datetime
) -> None:
    case_id = await ask(db, world)
    with clock.frozen(now + 2 * HOURS):
        await write(db, world.taro, case_id, "はい、お使いいただけます。")
        assert await db.run(world.taro, lambda tx: queries.waiting(tx, world.taro)) == []
        (line,) = await db.run(world.taro, lambda tx: queries.answered(tx, world.taro))
        assert line.standing(clock.now()) is Standing.ANSWERED
    with clock.frozen(now + 3 * HOURS):
        await write(db, world.misaki, case_id, "ありがとうございます。オーブンは?")
        (line,) = await db.run(world.taro, lambda tx: queries.waiting(tx, world.taro))
    assert line.due_at == now + 51 * HOURS


async def test_each_side_reads_the_other_without_contact_details(db: Database, world: World) -> None:
    case_id = await ask(db, world, "佐藤です。090-1234-5678 へお願いします")
    await write(db, world.taro, case_id, "yamada@sellers.example へどうぞ")
    masked = ["●●●です。●●● へお願いします", "●●● へどうぞ"]
    for actor in (world.misaki, world.taro, world.aoi):
        assert await read(db, actor, case_id) == masked
    originals = await db.run(world.aoi, lambda tx: cases.originals(tx, world.aoi, case_id))
    assert list(originals.values()) == ["佐藤です。090-1234-5678 へお願いします", "yamada@sellers.example へどうぞ"]
    for actor in (world.misaki, world.taro):
        with pytest.raises(Refused, match="not_found"):
            await db.run(actor, lambda tx, actor=actor: cases.originals(tx, actor, case_id))


async def test_the_seller_learns_nothing_of_whose_it_is(db: Database, world: World) -> None:
    case_id = await ask(db, world)

    async def work(tx: Tx) -> bytes:
        thread = await queries.access_thread(tx, world.taro, case_id)
        said = await queries.said(tx, thread)
        assert {entry.name for entry in said if entry.author is Author.CUSTOMER} == {""}
        return msgspec.json.encode([thread, await queries.last_question(tx, case_id), await queries.goods(tx, thread)])

    told = (await db.run(world.taro, work)).decode()
    assert str(world.misaki.id) not in told
    with pytest.raises(Refused, match="not_found"):
        await db.run(world.taro, lambda tx: cases.access_case(tx, world.taro, case_id))


async def test_the_same_customer_has_the_same_alias_another_has_another(db: Database, world: World) -> None:
    hers = await ask(db, world)
    await db.run(world.misaki, lambda tx: case_verbs.end(tx, world.misaki, hers))
    again, others = await ask(db, world), await ask(db, world, who=world.emma)

    async def alias(case_id: UUID) -> str:
        return (await db.run(world.taro, lambda tx: queries.access_thread(tx, world.taro, case_id))).alias

    assert await alias(hers) == await alias(again) != await alias(others)


async def test_another_seller_and_another_customer_see_nothing(db: Database, world: World) -> None:
    case_id = await ask(db, world)
    for stranger in (world.yumi, world.emma):
        with pytest.raises(Refused, match="not_found"):
            await read(db, stranger, case_id)
        with pytest.raises(Refused, match="not_found"):
            await write(db, stranger, case_id, "?")
        with pytest.raises(Refused, match="not_found"):
            await db.run(stranger, lambda tx, one=stranger: verbs.show(tx, one, case_id, PHOTO))
    assert await db.run(world.yumi, lambda tx: queries.waiting(tx, world.yumi)) == []
    assert await db.run(world.yumi, lambda tx: cases.entries(tx, case_id, Audience.SELLER)) == []
    assert await read(db, world.taro, case_id) == ["電子レンジで使えますか"]


async def test_what_is_for_the_customer_or_staff_is_not_for_the_seller(db: Database, world: World) -> None:
    case_id = await ask(db, world)
    await db.run(world.aoi, lambda tx: talking.say(tx, world.aoi, case_id, text="常連の方", note=True))
    seen = await db.run(world.taro, lambda tx: cases.entries(tx, case_id, Audience.STAFF))
    assert {entry.audience for entry in seen} == {Audience.SELLER}


async def test_a_photo_loses_its_name(db: Database, world: World) -> None:
    case_id = await ask(db, world)
    written = await db.run(world.misaki, lambda tx: verbs.show(tx, world.misaki, case_id, PHOTO, client_id="1"))
    again = await db.run(world.misaki, lambda tx: verbs.show(tx, world.misaki, case_id, PHOTO, client_id="1"))
    assert (again.seq, again.repeated) == (written.seq, True)
    held = await db.run(world.taro, lambda tx: queries.photo(tx, world.taro, case_id, written.seq))
    assert (held.sha, held.name) == (PHOTO.sha, "photo.jpg")
    with pytest.raises(Refused, match="not_found"):
        await db.run(world.taro, lambda tx: queries.photo(tx, world.taro, case_id, written.seq - 1))


async def test_what_is_sent_twice_is_said_once(db: Database, world: World) -> None:
    case_id = await ask(db, world)
    assert await write(db, world.taro, case_id, "はい", "1") == await write(db, world.taro, case_id, "はい", "1")
    with pytest.raises(Refused, match="client_id_reused"):
        await write(db, world.taro, case_id, "いいえ", "1")
    assert await read(db, world.taro, case_id) == ["電子レンジで使えますか", "はい"]


async def test_silence_is_told_once_after_a_reminder(db: Database, world: World, now: datetime) -> None:
    case_id = await ask(db, world)
    with clock.frozen(now + 36 * HOURS):
        (question,) = await db.run(SYSTEM, queries.to_remind)
        await db.run(SYSTEM, lambda tx: verbs.remind(tx, question.id))
        assert await db.run(SYSTEM, queries.to_remind) == []
        assert await db.run(SYSTEM, queries.due) == []
        await db.run(SYSTEM, lambda tx: verbs.fall_silent(tx, question.id))  # too early: nothing happens
    with clock.frozen(now + 48 * HOURS):
        (overdue,) = await db.run(SYSTEM, queries.due)
        assert overdue.silent_at is None
        for _ in range(2):
            await db.run(SYSTEM, lambda tx: verbs.fall_silent(tx, question.id))
        assert await db.run(SYSTEM, queries.due) == []
        told = await db.run(world.misaki, lambda tx: cases.entries(tx, case_id, Audience.CUSTOMER))
        assert [(entry.body or {}).get("key") for entry in told].count("threads.silent") == 1
        (line,) = await db.run(world.taro, lambda tx: queries.waiting(tx, world.taro))
        assert line.standing(clock.now()) is Standing.OVERDUE
        await write(db, world.taro, case_id, "遅くなり申し訳ございません")
        assert await db.run(world.taro, lambda tx: queries.waiting(tx, world.taro)) == []


async def test_who_ends_a_thread_waits_for_nothing(db: Database, world: World, now: datetime) -> None:
    case_id = await ask(db, world)
    await db.run(world.misaki, lambda tx: case_verbs.end(tx, world.misaki, case_id))
    for actor in (world.misaki, world.taro):
        with pytest.raises(Refused, match="thread_closed"):
            await write(db, actor, case_id, "?")
    with clock.frozen(now + 48 * HOURS):
        assert await db.run(SYSTEM, queries.due) == []
        assert await db.run(world.taro, lambda tx: queries.waiting(tx, world.taro)) == []
    await db.run(world.misaki, lambda tx: case_verbs.resume(tx, world.misaki, case_id))
    await write(db, world.taro, case_id, "はい")


async def test_a_quiet_thread_is_closed_after_its_answer(db: Database, world: World, now: datetime) -> None:
    case_id = await ask(db, world)

    async def quiet() -> list[UUID]:
        return list(await db.run(SYSTEM, lambda tx: queries.quiet_since(tx, "demo", tx.now - 24 * HOURS)))

    with clock.frozen(now + 30 * HOURS):
        assert await quiet() == []  # nothing was answered
        await write(db, world.taro, case_id, "はい")
    with clock.frozen(now + 55 * HOURS):
        assert await quiet() == [case_id]
        await db.run(SYSTEM, lambda tx: verbs.close(tx, case_id))
        assert await quiet() == []
    case = await db.run(SYSTEM, lambda tx: cases.access_case(tx, SYSTEM, case_id))
    assert case.state is State.CLOSED


async def test_nobody_speaks_there_as_in_other_cases(db: Database, world: World) -> None:
    case_id = await ask(db, world)
    for actor in (world.misaki, world.aoi):
        with pytest.raises(Refused, match="case_with_seller"):
            await db.run(actor, lambda tx, one=actor: talking.say(tx, one, case_id, text="直接"))
    with pytest.raises(Refused, match="forbidden"):
        await write(db, SYSTEM, case_id, "直接")


async def test_a_case_with_a_seller_is_sound(db: Database, world: World) -> None:
    case_id = await ask(db, world)
    await write(db, world.taro, case_id, "はい")
    await db.run(world.misaki, lambda tx: case_verbs.end(tx, world.misaki, case_id))
    for check in (cases.misnumbered, cases.misfolded, cases.jumped, cases.mismarked, cases.leaked):
        assert await db.run(SYSTEM, check) == []
