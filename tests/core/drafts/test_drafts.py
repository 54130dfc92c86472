"""Drafts: one for an action on an order, its customer's own, forgotten after a while."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.drafts import jobs, queries, verbs
from madoguchi.core.drafts.queries import Draft
from madoguchi.kit import clock
from madoguchi.kit.jobs import Nothing
from tests.service.claims.conftest import Street
from tests.service.claims.conftest import street as street
from tests.service.conftest import shop_dbs as shop_dbs
from tests.service.conftest import shop_template as shop_template

CLOTHES, COD = "MD-10233915", "MD-10233650"
ACTION = "order.return"


async def kept(street: Street, actor: Actor, order_id: UUID, given: dict[str, object]) -> Draft | None:
    assert actor.id
    owner = actor.id
    await street.db.run(actor, lambda tx: verbs.keep(tx, owner, order_id, ACTION, given))
    return await street.db.run(actor, lambda tx: queries.draft(tx, owner, order_id, ACTION))


async def test_the_last_values_count(street: Street) -> None:
    actor, order_id = await street.actor(CLOTHES)
    await kept(street, actor, order_id, {"reason": "size"})
    found = await kept(street, actor, order_id, {"reason": "dislike", "lines": {"2": 1}})
    assert found
    assert found.given == {"reason": "dislike", "lines": {"2": 1}}
    owner = await street.owner(CLOTHES)
    assert len(await street.db.run(actor, lambda tx: queries.drafts_of(tx, owner, ACTION))) == 1
    await street.db.run(actor, lambda tx: verbs.drop(tx, owner, order_id, ACTION))
    assert await street.db.run(actor, lambda tx: queries.draft(tx, owner, order_id, ACTION)) is None


async def test_nobody_else_reads_or_writes_it(street: Street) -> None:
    actor, order_id = await street.actor(CLOTHES)
    await kept(street, actor, order_id, {"reason": "size"})
    other, _ = await street.actor(COD)
    owner = await street.owner(CLOTHES)
    assert await street.db.run(other, lambda tx: queries.draft(tx, owner, order_id, ACTION)) is None
    with pytest.raises(Exception, match="row-level security"):
        await street.db.run(other, lambda tx: verbs.keep(tx, owner, order_id, ACTION, {"reason": "late"}))
    guest = Actor(role=Role.CUSTOMER, level=Level.GUEST)
    assert await street.db.run(guest, lambda tx: queries.drafts_of(tx, owner, ACTION)) == []


async def test_old_ones_are_forgotten(street: Street, now: datetime) -> None:
    actor, order_id = await street.actor(CLOTHES)
    await kept(street, actor, order_id, {"reason": "size"})
    owner = await street.owner(CLOTHES)
    for later, left in ((verbs.LIFE - timedelta(hours=1), 1), (verbs.LIFE + timedelta(hours=1), 0)):
        with clock.frozen(clock.now() + later):
            await jobs.sweep(street.db, Nothing())
        assert len(await street.db.run(SYSTEM, lambda tx: queries.drafts_of(tx, owner, ACTION))) == left
