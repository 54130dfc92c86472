"""An imported shop beside the demo shop: ten customers cancel by chat, in English, and nothing else changes there.

Measured on public data beside the repository (../shared/data/tau-bench-retail-v1); skipped, and said so, without it.
"""

import gzip
import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM, Actor, Audience, Level, Role
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Channel, Kind
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.ledger import queries as ledger
from madoguchi.core.people import queries as people
from madoguchi.edge.stores.demo.importing import export_shop, import_shop
from madoguchi.front.demo import world
from madoguchi.kit import ids, jobs
from madoguchi.kit.progress import Progress
from madoguchi.kit.settings import Settings

DATA = Path(__file__).parents[3] / "shared" / "data" / "tau-bench-retail-v1"
CHATS = 10

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public retail data is not at {DATA}")


@pytest.fixture
async def app(database_url: str, tmp_path: Path) -> AsyncIterator[App]:
    made = App(Settings(data_dir=tmp_path), database_url, demo=True)
    await made.open()
    await import_shop(made.store_db, DATA)
    await world.open_retail(made.db, made.store_db, Progress(StringIO()))
    await made.learn_shops()
    yield made
    await made.close()


def _tasks() -> list[dict[str, Any]]:
    """Tasks whose only act is one cancellation that must succeed, each of another customer."""
    lines = gzip.decompress((DATA / "tasks_train.jsonl.gz").read_bytes()).splitlines()
    found: dict[str, dict[str, Any]] = {}
    for task in map(json.loads, lines):
        acts = task["actions"]
        if (
            [act["name"] for act in acts] == ["cancel_pending_order"]
            and acts[0]["ok"]
            and acts[0]["kwargs"]["reason"] == "no longer needed"
        ):
            found.setdefault(task["user_id"], task)
    return list(found.values())[:CHATS]


async def _customer(app: App, ref: str) -> Actor:
    customer = await app.db.run(SYSTEM, lambda tx: people.customer_by_ref(tx, "retail", ref))
    assert customer
    return Actor(
        role=Role.CUSTOMER,
        id=customer.id,
        level=Level.SIGNED_IN,
        locale="en",
        store_id="retail",
        session=ids.uuid7(),
        name=customer.name,
    )


async def _chat(app: App, who: Actor, *words: str) -> list[Entry]:
    """Say the words one after the other, each answered by the bot, with the work behind done; the whole timeline."""
    assert who.id
    customer_id = who.id
    case_id = await app.db.run(
        who, lambda tx: cases.open_case(tx, who, store_id="retail", customer_id=customer_id, channel=Channel.CHAT)
    )
    await app.bot.turn(case_id)
    for word in words:
        await app.db.run(who, lambda tx, word=word: talking.say(tx, who, case_id, text=word))
        await app.bot.turn(case_id)
        await jobs.run_due(app.db, app.duties(None))
    return list(await app.db.run(SYSTEM, lambda tx: case_queries.entries(tx, case_id, Audience.CUSTOMER)))


async def test_ten_cancellations_by_chat_leave_exactly_the_right_difference(app: App) -> None:
    before = await export_shop(app.store_db)
    expected = json.loads(json.dumps(before))
    tasks = _tasks()
    assert len(tasks) == CHATS
    for task in tasks:
        order = task["actions"][0]["kwargs"]["order_id"]
        timeline = await _chat(app, await _customer(app, task["user_id"]), f"Please cancel my order {order}", "yes")
        assert [e.kind for e in timeline if e.kind in {Kind.SLIP, Kind.ACTION}] == [Kind.SLIP, Kind.ACTION]
        for kind, changed in task["expected_delta"].items():
            expected[kind].update(changed)
    after = await export_shop(app.store_db)
    _same(after, expected)
    assert after != before
    for check in (ledger.unbalanced, ledger.drifted):
        assert await app.db.run(SYSTEM, check) == []


async def test_an_order_being_processed_is_refused_with_the_shops_own_reason(app: App) -> None:
    orders = (await export_shop(app.store_db))["orders"]
    order = next(o for o in orders.values() if o["status"] == "processed")
    timeline = await _chat(app, await _customer(app, order["user_id"]), f"cancel {order['order_id']}")
    assert "already being processed" in timeline[-1].text or "already being processed" in timeline[-2].text
    assert not [e for e in timeline if e.kind is Kind.SLIP]


async def test_an_order_of_somebody_else_is_not_found(app: App) -> None:
    task, other = _tasks()[:2]
    order = other["actions"][0]["kwargs"]["order_id"]
    timeline = await _chat(app, await _customer(app, task["user_id"]), f"cancel {order}")
    assert not [e for e in timeline if e.kind in {Kind.SLIP, Kind.ACTION}]
    assert any("find an order" in e.text and order in e.text for e in timeline)


def _same(got: Any, wanted: Any, at: str = "") -> None:
    """Equal value by value, amounts to the cent."""
    if isinstance(wanted, dict):
        assert set(got) == set(wanted), at
        for key in wanted:
            _same(got[key], wanted[key], f"{at}/{key}")
    elif isinstance(wanted, list):
        assert len(got) == len(wanted), at
        for i, (a, b) in enumerate(zip(got, wanted, strict=True)):
            _same(a, b, f"{at}/{i}")
    elif isinstance(wanted, float):
        assert abs(got - wanted) < 0.01, at
    else:
        assert got == wanted, at
