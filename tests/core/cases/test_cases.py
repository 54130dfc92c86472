"""Writing to cases: numbers, repeats, what is kept, who may, and what a silence does."""

import asyncio
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Audience, Level, Role
from madoguchi.core.cases import queries, verbs
from madoguchi.core.cases.rules import OPEN_AT_ONCE, Channel, State
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.people import verbs as people
from madoguchi.core.people.rules import CustomerFacts
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.shop.verbs import add_store
from madoguchi.kit import ids
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused


class World(msgspec.Struct, frozen=True):
    misaki: Actor
    emma: Actor
    aoi: Actor
    case_id: UUID


@pytest.fixture
async def world(db: Database, now: datetime) -> World:
    async def make(tx: Tx) -> World:
        await add_store(tx, "demo", "まどぐち商店", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        actors = []
        for ref, name, locale in (("c1", "佐藤 美咲", "ja"), ("c2", "Emma Wilson", "en")):
            facts = CustomerFacts(ref=ref, name=name, email=f"{ref}@example.jp", locale=locale)
            customer = await people.remember_customer(tx, "demo", facts)
            actors.append(
                Actor(
                    role=Role.CUSTOMER,
                    id=customer,
                    level=Level.SIGNED_IN,
                    locale=locale,
                    store_id="demo",
                    session=ids.uuid7(),
                )
            )
        staff = await add_staff(
            tx, email="aoi@example.jp", name="田中 葵", role=Role.ASSOCIATE, locale="ja", languages=["ja"]
        )
        aoi = Actor(role=Role.ASSOCIATE, id=staff, name="田中 葵", store_id="demo")
        return World(*actors, aoi, await _open(tx, actors[0]))

    return await db.run(SYSTEM, make)


async def _open(tx: Tx, actor: Actor, client_id: str | None = None) -> UUID:
    assert actor.id
    return await verbs.open_case(
        tx, actor, store_id="demo", customer_id=actor.id, channel=Channel.CHAT, client_id=client_id
    )


async def _entries(db: Database, case_id: UUID, audience: Audience = Audience.STAFF) -> list[queries.Entry]:
    return list(await db.run(SYSTEM, lambda tx: queries.entries(tx, case_id, audience)))


async def _case(db: Database, case_id: UUID) -> queries.Case:
    return await db.run(SYSTEM, lambda tx: queries.access_case(tx, SYSTEM, case_id))


async def _say(db: Database, world: World, text: str, client_id: str | None = None) -> talking.Written:
    return await db.run(
        world.misaki, lambda tx: talking.say(tx, world.misaki, world.case_id, text=text, client_id=client_id)
    )


async def _move(db: Database, world: World, to: State, **more: UUID) -> None:
    async def work(tx: Tx) -> None:
        case = await queries.access_case(tx, SYSTEM, world.case_id, lock=True)
        await verbs.transition(tx, case, to, text_key="cases.status.resumed", **more)  # type: ignore[arg-type]

    await db.run(SYSTEM, work)


async def test_many_who_write_at_once_are_numbered_without_gaps(db: Database, world: World) -> None:
    written = await asyncio.gather(*(_say(db, world, f"{n}番目", str(n)) for n in range(30)))
    assert sorted(w.seq for w in written) == list(range(1, 31))
    assert [e.seq for e in await _entries(db, world.case_id)] == list(range(1, 31))


async def test_a_repeated_post_is_answered_like_the_first(db: Database, world: World) -> None:
    answers = await asyncio.gather(*(_say(db, world, "まだ届きません", "same") for _ in range(10)))
    assert {a.seq for a in answers} == {1}
    assert sum(not a.repeated for a in answers) == 1
    assert len(await _entries(db, world.case_id)) == 1


async def test_a_client_id_is_not_for_something_else(db: Database, world: World) -> None:
    await _say(db, world, "一つ目", "same")
    with pytest.raises(Refused) as refused:
        await _say(db, world, "二つ目", "same")
    assert (refused.value.code, refused.value.status) == ("client_id_reused", 422)


async def test_opening_again_with_the_same_client_id_opens_nothing(db: Database, world: World) -> None:
    opened = await asyncio.gather(*(db.run(world.misaki, lambda tx: _open(tx, world.misaki, "x")) for _ in range(5)))
    assert len(set(opened)) == 1


async def test_cards_are_masked_before_they_are_stored(db: Database, world: World) -> None:
    written = await _say(db, world, "カードは 4242 4242 4242 4242 です")
    assert written.masked
    assert [e.text for e in await _entries(db, world.case_id)] == ["カードは **** **** **** 4242 です"]


@pytest.mark.parametrize(
    ("post", "code"),
    [
        ({"text": ""}, "empty_message"),
        ({"text": " \u200e\u202e\x00 "}, "empty_message"),
        ({"text": "長" * 4001}, "message_too_long"),
        ({"choice": "reason:order.cancel"}, "unknown_choice"),
        ({"choice": ""}, "unknown_choice"),
        ({"text": "a", "choice": "b"}, "text_or_choice"),
        ({"text": "a", "client_id": "x" * 65}, "invalid_client_id"),
        ({"text": "a", "client_id": ""}, "invalid_client_id"),
    ],
    ids=str,
)
async def test_bad_input_is_refused_and_leaves_no_trace(
    db: Database, world: World, post: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await db.run(world.misaki, lambda tx: talking.say(tx, world.misaki, world.case_id, **post))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert await _entries(db, world.case_id) == []
    assert (await _case(db, world.case_id)).last_seq == 0


async def test_others_cases_do_not_exist(db: Database, world: World) -> None:
    missing = ids.uuid7()
    for case_id in (world.case_id, missing):
        with pytest.raises(Refused) as refused:
            await db.run(world.emma, lambda tx, case_id=case_id: talking.say(tx, world.emma, case_id, text="hello"))
        assert (refused.value.code, refused.value.status) == ("not_found", 404)
    assert await _entries(db, world.case_id) == []


async def test_row_level_security_stands_behind_the_policy(db: Database, world: World) -> None:
    """Even a query that forgot to ask who may see it finds nothing of others."""
    await _say(db, world, "秘密です")
    for table in ("cases", "contacts"):
        assert await db.run(world.emma, lambda tx, t=table: tx.value(f"select count(*) from {t}")) == 0
        assert await db.run(world.misaki, lambda tx, t=table: tx.value(f"select count(*) from {t}")) == 1


async def test_notes_of_staff_stay_with_staff(db: Database, world: World) -> None:
    await _move(db, world, State.ACTIVE, assigned_to=world.aoi.id)  # type: ignore[arg-type]
    note = await db.run(world.aoi, lambda tx: talking.say(tx, world.aoi, world.case_id, text="要注意のメモ", note=True))
    seen = await _entries(db, world.case_id, Audience.CUSTOMER)
    assert note.seq not in {e.seq for e in seen}
    count = await db.run(world.misaki, lambda tx: tx.value("select count(*) from entries where kind = 'note'"))
    assert count == 0


async def test_only_the_one_who_has_it_writes_to_the_customer(db: Database, world: World) -> None:
    with pytest.raises(Refused) as refused:
        await db.run(world.aoi, lambda tx: talking.say(tx, world.aoi, world.case_id, text="こんにちは"))
    assert refused.value.code == "not_assigned"


async def test_the_bot_owes_an_answer_while_it_has_the_case(db: Database, world: World) -> None:
    await _say(db, world, "こんにちは")
    assert (await _case(db, world.case_id)).bot_due_seq == 1
    await _move(db, world, State.ACTIVE, assigned_to=world.aoi.id)  # type: ignore[arg-type]
    await _say(db, world, "もしもし")
    assert (await _case(db, world.case_id)).bot_due_seq is None


async def test_the_next_word_wakes_a_parked_case(db: Database, world: World) -> None:
    await _move(db, world, State.PARKED)
    await _say(db, world, "戻りました")
    assert (await _case(db, world.case_id)).state is State.BOT


async def test_a_closed_case_takes_no_word_until_it_is_resumed(db: Database, world: World) -> None:
    await _move(db, world, State.CLOSED)
    with pytest.raises(Refused) as refused:
        await _say(db, world, "もう一つ")
    assert refused.value.code == "case_closed"
    await db.run(world.misaki, lambda tx: verbs.resume(tx, world.misaki, world.case_id))
    assert (await _say(db, world, "もう一つ")).seq == 3


async def test_states_follow_the_table(db: Database, world: World) -> None:
    await _move(db, world, State.CLOSED)
    with pytest.raises(Refused) as refused:
        await _move(db, world, State.PARKED)
    assert refused.value.code == "case_state"


async def test_read_marks_never_go_back_nor_beyond(db: Database, world: World) -> None:
    for n in range(3):
        await _say(db, world, str(n + 1))
    for seq in (2, 1, 99):
        await db.run(world.misaki, lambda tx, seq=seq: verbs.mark_read(tx, world.misaki, world.case_id, seq))
    assert (await _case(db, world.case_id)).customer_read_seq == 3


async def test_invariants_hold_and_are_able_to_fail(db: Database, world: World, database_url: str) -> None:
    await _say(db, world, "こんにちは")
    await _move(db, world, State.QUEUED)
    checks = (queries.misnumbered, queries.misfolded, queries.jumped, queries.mismarked, queries.leaked)
    for check in (*checks, queries.forgotten):
        assert await db.run(SYSTEM, check) == []
    await db.run(SYSTEM, lambda tx: tx.execute("update cases set last_seq = 9, state = 'bot'"))
    assert len(await db.run(SYSTEM, queries.misnumbered)) == 1
    assert len(await db.run(SYSTEM, queries.misfolded)) == 1
    with psycopg.connect(database_url, autocommit=True) as owner:  # the application cannot change entries
        owner.execute("""update entries set body = '{"to": "closed"}' where kind = 'status'""")
        owner.execute("update entries set kind = 'note' where author = 'customer'")
        owner.execute(
            """insert into entries (case_id, seq, kind, author, audience, body, at)
               select case_id, 9, kind, author, audience, '{"to": "parked"}', at from entries where kind = 'status'"""
        )
        owner.execute("update cases set customer_read_seq = 10")
    assert [said.split(": ")[1] for said in await db.run(SYSTEM, queries.jumped)] == ["closed → parked"]
    for check in (queries.mismarked, queries.leaked):
        assert len(await db.run(SYSTEM, check)) == 1


async def test_entries_are_never_changed(db: Database, world: World) -> None:
    await _say(db, world, "こんにちは")
    for statement in ("update entries set text = 'x'", "delete from entries"):
        with pytest.raises(Exception, match="permission denied"):
            await db.run(SYSTEM, lambda tx, s=statement: tx.execute(s))


async def test_a_customer_has_few_cases_open_at_once(db: Database, world: World) -> None:
    async def begin(client_id: str) -> UUID:
        return await db.run(world.misaki, lambda tx: _open(tx, world.misaki, client_id))

    answers = await asyncio.gather(*(begin(str(n)) for n in range(8)), return_exceptions=True)
    opened = [answer for answer in answers if isinstance(answer, UUID)]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(opened) == OPEN_AT_ONCE - 1  # the world has one
    assert {(one.code, one.status) for one in refused} == {("too_many_chats", 409)}
    assert len(refused) == 8 - len(opened)
    again = str(next(n for n, answer in enumerate(answers) if isinstance(answer, UUID)))
    assert await begin(again) in opened  # the same post gets its first answer
    await db.run(world.misaki, lambda tx: verbs.end(tx, world.misaki, world.case_id))
    assert await begin("one more") not in opened
    assert await db.run(world.emma, lambda tx: _open(tx, world.emma, "hers"))
