"""Packs in the database: shipped, saved, held from their day on; decisions kept, also of attempts that left nothing."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.policy import queries, verbs
from madoguchi.core.policy.decisions import Denied
from madoguchi.core.policy.fields import differences, fields, with_values
from madoguchi.core.policy.pack import ChangeWish, RulePack, Stage, shipped, shipped_names
from madoguchi.core.policy.questions import ChangeQuestion, LineFacts
from madoguchi.core.policy.replay import replay
from madoguchi.core.policy.rules import decide, decide_change
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused

PACK = DEMO.rule_pack


@pytest.fixture
async def admin(db: Database, now: datetime) -> Actor:
    """An administrator of a shop that goes by the default pack."""

    async def make(tx: Tx) -> UUID:
        await add_store(
            tx, DEMO.id, DEMO.name, DEMO.currency, DEMO.time_zone, DEMO.country, DEMO.locale, DEMO.rule_pack
        )
        return await add_staff(
            tx, email="chie@madoguchi.example", name="森", role=Role.ADMIN, locale="ja", languages=["ja"]
        )

    return Actor(role=Role.ADMIN, id=await db.run(SYSTEM, make), name="森")


async def rules(db: Database, at: datetime | None = None) -> RulePack:
    return await db.run(SYSTEM, lambda tx: queries.rules_of(tx, DEMO.id, at))


async def save(db: Database, actor: Actor, base: int, *, days: int, start: timedelta = timedelta(0)) -> int:
    """A new version with other days to return in."""
    made = with_values(await rules(db), {"returns/days": days})
    return await db.run(
        actor, lambda tx: verbs.save(tx, actor, PACK, base, made, note="wider", effective_from=tx.now + start)
    )


def question(at: datetime, stage: Stage = Stage.DELIVERED) -> ChangeQuestion:
    return ChangeQuestion(
        at=at,
        country="JP",
        wish=ChangeWish.CANCEL,
        status=stage,
        gift=False,
        business=False,
        after_cut_off=False,
        lines=(LineFacts("L", stage),),
    )


async def test_a_shop_begins_with_what_is_shipped(db: Database, admin: Actor) -> None:
    assert await rules(db) == shipped(PACK)
    assert await rules(db, datetime.fromisoformat("2020-01-01T00:00Z")) == shipped(PACK)


@pytest.mark.parametrize("name", shipped_names())
def test_a_pack_comes_back_from_the_database_as_it_was(name: str) -> None:
    """Also the order of what a document forgets: a table is read by people."""
    pack = shipped(name)
    stored = msgspec.json.decode(msgspec.json.encode(pack, order="sorted"))
    assert fields(msgspec.convert(stored, RulePack)) == fields(pack)
    assert with_values(pack, {field.path: field.value for field in fields(pack)}) == pack


async def test_a_version_holds_from_its_moment_on(db: Database, admin: Actor, now: datetime) -> None:
    await rules(db)
    assert await save(db, admin, 1, days=45, start=timedelta(days=2)) == 2
    assert (await rules(db)).returns.days == 30
    assert (await rules(db, now + timedelta(days=2))).returns.days == 45
    assert await save(db, admin, 2, days=60) == 3
    assert (await rules(db, now + timedelta(days=3))).returns.days == 60
    found = await db.run(admin, lambda tx: queries.versions(tx, PACK))
    assert [(one.number, one.author, one.note) for one in found] == [
        (3, "森", "wider"),
        (2, "森", "wider"),
        (1, None, ""),
    ]


@pytest.mark.parametrize("role", [Role.ASSOCIATE, Role.LEADER, Role.CUSTOMER, Role.BOT])
async def test_nobody_else_saves(db: Database, admin: Actor, role: Role) -> None:
    await rules(db)
    with pytest.raises(Refused, match="forbidden"):
        await save(db, msgspec.structs.replace(admin, role=role), 1, days=45)
    assert (await rules(db)).version == 1


async def test_an_old_base_is_refused(db: Database, admin: Actor) -> None:
    await rules(db)
    await save(db, admin, 1, days=45)
    with pytest.raises(Refused, match="rules_moved"):
        await save(db, admin, 1, days=60)
    assert (await rules(db)).returns.days == 45


async def test_a_newer_pack_is_offered_where_a_shop_has_rules_of_its_own(
    db: Database, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = msgspec.structs.replace(with_values(shipped(PACK), {"returns/days": 20}), edition="2027-01-01")
    await rules(db)
    await save(db, admin, 1, days=45)
    monkeypatch.setattr(verbs, "shipped", lambda name: newer)
    for _ in range(2):
        await db.run(SYSTEM, queries.ship_all)
    found = await db.run(admin, lambda tx: queries.versions(tx, PACK))
    assert (found[0].number, found[0].edition, found[0].effective_from) == (3, "2027-01-01", None)
    assert (await rules(db)).returns.days == 45
    assert await save(db, admin, 2, days=50) == 4  # what is only offered stands in nobody's way


async def test_a_newer_pack_holds_where_nothing_was_changed(
    db: Database, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = msgspec.structs.replace(with_values(shipped(PACK), {"returns/days": 20}), edition="2027-01-01")
    await rules(db)
    monkeypatch.setattr(verbs, "shipped", lambda name: newer)
    await db.run(SYSTEM, queries.ship_all)
    assert ((await rules(db)).version, (await rules(db)).returns.days) == (2, 20)


async def test_a_decision_is_kept_with_all_it_was_made_from(db: Database, admin: Actor, now: datetime) -> None:
    made = decide_change(await rules(db), question(now))
    twice = [
        await db.run(SYSTEM, lambda tx: verbs.record(tx, SYSTEM, "order.cancel", made, customer_id=None))
        for _ in range(2)
    ]
    found = await db.run(admin, lambda tx: queries.access_decision(tx, admin, PACK, twice[0]))
    assert (found.inputs, found.verdict, found.reasons) == (made.question, made.verdict, made.reasons)
    assert decide(await rules(db), found.inputs) == made
    hashes = await db.run(SYSTEM, lambda tx: tx.value("select count(distinct inputs_hash) from policy_decisions"))
    assert hashes == 1


async def test_what_was_refused_leaves_the_decision_and_nothing_else(db: Database, admin: Actor, now: datetime) -> None:
    denied = Denied(decide_change(await rules(db), question(now)))

    async def attempt(tx: Tx) -> None:
        await tx.execute("update stores set name = 'changed'")
        tx.keep(lambda tx: verbs.record(tx, admin, "order.cancel", denied.decision, customer_id=None))
        raise denied

    with pytest.raises(Denied):
        await db.run(admin, attempt)
    assert await db.run(SYSTEM, lambda tx: tx.value("select name from stores")) == DEMO.name
    assert await db.run(SYSTEM, lambda tx: tx.value("select count(*) from policy_decisions")) == 1


async def test_what_failed_leaves_nothing(db: Database, admin: Actor, now: datetime) -> None:
    made = decide_change(await rules(db), question(now))

    async def attempt(tx: Tx) -> None:
        tx.keep(lambda tx: verbs.record(tx, admin, "order.cancel", made, customer_id=None))
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError):
        await db.run(admin, attempt)
    assert await db.run(SYSTEM, lambda tx: tx.value("select count(*) from policy_decisions")) == 0


@pytest.mark.parametrize("statement", ["update {} set pack = 'x'", "delete from {}"])
@pytest.mark.parametrize("table", ["policy_decisions", "rule_versions"])
async def test_history_cannot_be_changed(db: Database, admin: Actor, statement: str, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.run(SYSTEM, lambda tx: tx.conn.execute(statement.format(table)))


async def test_a_draft_is_its_authors_own(db: Database, admin: Actor) -> None:
    other = msgspec.structs.replace(admin, id=UUID(int=7))
    document = with_values(await rules(db), {"returns/days": 45})
    await db.run(admin, lambda tx: verbs.keep_draft(tx, admin, PACK, 1, document))
    mine = await db.run(admin, lambda tx: queries.draft_of(tx, admin, PACK))
    assert mine
    assert [one.path for one in differences(await rules(db), mine.document)] == ["returns/days"]
    assert await db.run(other, lambda tx: queries.draft_of(tx, other, PACK)) is None


async def test_asked_again_only_what_ends_otherwise_differs(db: Database, admin: Actor, now: datetime) -> None:
    pack = await rules(db)
    for stage in (Stage.PAID, Stage.PREPARING, Stage.DELIVERED):
        made = decide(pack, question(now, stage))
        await db.run(SYSTEM, lambda tx: verbs.record(tx, SYSTEM, "order.cancel", made, customer_id=None))  # noqa: B023
    with clock.frozen(now + timedelta(days=31)):
        assert await db.run(admin, lambda tx: queries.decisions(tx, PACK, tx.now - timedelta(days=30))) == []
    recorded = await db.run(admin, lambda tx: queries.decisions(tx, PACK, tx.now - timedelta(days=30)))
    assert replay(recorded, {1: pack}, pack) == ()
    assert replay(recorded, {1: pack}, with_values(pack, {"returns/days": 45})) == ()  # a sentence, not an outcome
    other = with_values(pack, {"changes/cancel/cancel.preparing/then": "deny"})
    (changed,) = replay(recorded, {1: pack}, other)
    assert (changed.before.code, changed.after.code) == (None, "change_asks_person")
