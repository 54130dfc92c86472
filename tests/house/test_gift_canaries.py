"""A present that goes back: its recipient hears nothing of whoever gave it, and whoever gave it nothing of that."""

import json
import re
from collections.abc import Iterator
from uuid import UUID

import httpx
import msgspec
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from madoguchi.core.access.rules import SYSTEM, Level
from madoguchi.core.actions import verbs as actions
from madoguchi.core.shop.port import TrackingState
from madoguchi.edge.stores.demo.people import NAOKI, YOKO, Person, Story
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import units_of
from tests.front.counter.customer import Customer, id_of, signed_in
from tests.house.routes import routes
from tests.house.test_canaries import _TABLES, _plain, rows
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

PRESENT = YOKO.order(Story.GIVEN)  # two towels and a tea
THE_DEMOS_OWN = ("/demo", "/api/docs", "/session/end")


class Given(msgspec.Struct, frozen=True):
    """Whoever got the present, what there is of its return, and what whoever gave it saw of the order before."""

    recipient: Customer
    known: dict[str, object]
    before: bytes


@pytest.fixture
async def given(site: Site) -> Given:
    """The recipient sends one of the towels back, talks about it, and is paid."""
    order = str(site.value("select id from orders where store_ref = %s", PRESENT))
    before = (await (await site.api(YOKO)).get(f"/api/v1/orders/{order}")).content
    recipient = await signed_in(site, NAOKI)
    await recipient.get("/gifts")
    code = site.value("select document->>'gift_code' from orders where store_ref = %s", PRESENT)
    await recipient.post("/gifts", {"code": code})
    here = recipient.page.url.path
    await recipient.post(here, {"lines[1]": "1", "reason": "defective", "method": "label"})
    await recipient.post(recipient.link("/quotes/[0-9a-f-]+/confirm"), {"token": recipient.field("token")})
    assert re.fullmatch("/returns/[0-9a-f-]+", recipient.page.url.path), recipient.page.text
    back = UUID(recipient.page.url.path.rpartition("/")[2])
    await site.quiet()
    room = await recipient.begin()
    await recipient.say(f"{room}/entries", client_id="1", text="返品の状況を教えてください")
    await site.quiet()
    await _goes_back(site, back)
    return Given(recipient, _known(site, order, back) | {"case_id": id_of(room), "chat_id": id_of(room)}, before)


async def test_every_page_of_the_recipient(site: Site, given: Given) -> None:
    canaries = set(_of_the_giver(site))
    found, seen = [], set()
    for route in await routes(site):
        customers = route.access.customers
        if route.method != "GET" or customers is None or route.path.startswith(THE_DEMOS_OWN):
            continue
        for lang in ("ja", "en"):
            answer = await given.recipient.http.get(
                route.url(given.known), headers={"accept-language": lang}, follow_redirects=True
            )
            seen |= {route.path} if answer.status_code == 200 and customers >= Level.PROVEN else set()
            found += _told(route.path, answer, canaries)
    assert found == [], "\n".join(found)
    assert {"/gifts", "/returns/{return_id:uuid}", "/quotes/{quote_id:uuid}", "/refunds/{refund_id:uuid}"} <= seen


async def test_every_answer_of_the_api_to_the_recipient(site: Site, given: Given) -> None:
    client, canaries = await site.api(NAOKI), set(_of_the_giver(site))
    found, seen = [], 0
    for route in await routes(site):
        if route.method == "GET" and route.path.startswith("/api/v1/") and not route.path.endswith("/events"):
            answer = await client.get(route.url(given.known))
            seen += answer.status_code == 200
            found += _told(route.path, answer, canaries)
    assert found == [], "\n".join(found)
    assert seen > 8


async def test_every_letter_to_the_recipient(site: Site, given: Given) -> None:
    letters = rows(site, f"select to_jsonb(m) from messages m where customer_id = '{_id(site, NAOKI)}'")
    mails = rows(site, f"select to_jsonb(m) from caught_mails m where address = '{NAOKI.customer.email}'")
    assert {"return_received", "return_agreed", "return_settled"} <= {letter["template"] for letter in letters}
    assert mails
    canaries = set(_of_the_giver(site))
    found = [leak for row in (*letters, *mails) for leak in _leaks(json.dumps(row, ensure_ascii=False), canaries)]
    assert found == [], "\n".join(found)


async def test_whoever_gave_it_sees_the_order_as_it_was(site: Site, given: Given) -> None:
    client, canaries = await site.api(YOKO), set(_of_the_return(site))
    assert (await client.get(f"/api/v1/orders/{given.known['order_id']}")).content == given.before
    giver = await signed_in(site, YOKO)
    found = []
    for route in await routes(site):
        if route.method != "GET" or route.access.customers is None or route.path.startswith(THE_DEMOS_OWN):
            continue
        asked = client if route.path.startswith("/api/") else giver.http
        if not route.path.endswith("/events"):
            found += _told(route.path, await asked.get(route.url(given.known), follow_redirects=True), canaries)
    assert found == [], "\n".join(found)
    for table in ("messages", "cases"):
        assert rows(site, f"select to_jsonb(t) from {table} t where customer_id = '{_id(site, YOKO)}'") == []


@pytest.mark.parametrize("reader", [YOKO, NAOKI])
async def test_every_row_that_one_of_them_could_read(site: Site, given: Given, reader: Person) -> None:
    """Behind the second wall as well; of the order itself whoever gave it reads everything."""
    canaries = set(_of_the_giver(site) if reader is NAOKI else _of_the_return(site))
    hidden = {"order_id", "request_id", "intent_id", "document", "gift_code", "plan", "draft", "decision", "inputs"}
    found = []
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        tables = [name for (name,) in conn.execute(_TABLES).fetchall()]
        conn.execute("set role madoguchi_app")
        conn.execute("select set_config('madoguchi.actor', %s, false)", [f"customer:{_id(site, reader)}"])
        for table in tables:
            for (row,) in conn.execute(SQL("select to_jsonb(t) from {} t").format(Identifier(table))).fetchall():
                text = json.dumps({key: value for key, value in row.items() if key not in hidden}, ensure_ascii=False)
                found += [f"{table}: {leak}" for leak in _leaks(text, canaries)]
    assert found == [], "\n".join(found)


# --- what happens, and what would tell of it


async def _goes_back(site: Site, back: UUID) -> None:
    """The carrier has it in hand, the warehouse receives it and looks at it, the worker pays."""

    async def arrive(tx: Tx) -> None:
        await parcels.announced(tx, back, "ヤマト運輸", "440000000015")
        await parcels.tracked(tx, "ヤマト運輸", "440000000015", TrackingState.IN_TRANSIT, clock.now())
        await actions.run(tx, site.app.catalogue, SYSTEM, "return.receive", {"return_id": str(back)})

    await site.app.db.run(SYSTEM, arrive)
    await site.quiet()

    async def look(tx: Tx) -> None:
        for unit in await units_of(tx, back):
            found = {"return_id": str(back), "unit_id": str(unit.id), "disposition": "restock"}
            await actions.run(tx, site.app.catalogue, SYSTEM, "return.inspect", found)

    await site.app.db.run(SYSTEM, look)
    await site.quiet()


def _known(site: Site, order: str, back: UUID) -> dict[str, object]:
    settled = site.value("select id from requests where subject = %s", f"return:{back}")
    return {
        "order_id": order,
        "return_id": back,
        "gift_id": site.value("select gift_id from returns where id = %s", back),
        "request_id": settled,
        "quote_id": site.value("select quote_id from requests where id = %s", back),
        "refund_id": site.value("select id from refund_intents where request_id = %s", settled),
        "message_id": site.value("select id from messages where template = 'return_received'"),
        "name": "gift.return",
    }


def _of_the_giver(site: Site) -> Iterator[str]:
    """Who gave it, from where and how it was paid, what the order and its other goods cost."""
    person = YOKO.customer
    assert person.address
    yield from (person.name, person.given_name, person.kana, person.email, person.phone or "", person.ref, PRESENT)
    yield from (*person.address.lines, person.address.postal_code, str(_id(site, YOKO)))
    yield str(site.value("select id from orders where store_ref = %s", PRESENT))
    yield str(site.value("select document->'tenders'->0->>'label' from orders where store_ref = %s", PRESENT))
    lines = f"select total from demo_store.order_lines where order_ref = '{PRESENT}'"
    for amount in rows(site, f"{lines} union select total from demo_store.orders where ref = '{PRESENT}'"):
        yield f"{amount:,}円"
        yield f"¥{amount:,}"
        yield f'"amount":{amount},'


def _of_the_return(site: Site) -> Iterator[str]:
    """The numbers and ids of what came back, the code, and who sent it, beyond the address that was ordered to."""
    yield from (NAOKI.customer.email, NAOKI.customer.ref, str(_id(site, NAOKI)))
    yield str(site.value("select document->>'gift_code' from orders where store_ref = %s", PRESENT))
    for table in ("gifts", "returns", "refund_intents where gift_id is not null", "requests where gift_id is not null"):
        yield from rows(site, f"select id::text from {table}")  # type: ignore[misc]
        yield from rows(site, f"select number from {table}")  # type: ignore[misc]


def _id(site: Site, person: Person) -> object:
    return site.value("select id from customers where store_ref = %s", person.customer.ref)


def _told(where: str, answer: httpx.Response, canaries: set[str]) -> list[str]:
    assert answer.status_code < 500, where
    told = answer.text + json.dumps(dict(answer.headers), ensure_ascii=False)
    return [f"{where}: {leak}" for leak in _leaks(told, canaries)]


def _leaks(text: str, canaries: set[str]) -> list[str]:
    plain = _plain(text)
    return [word for word in canaries if word and _plain(word) in plain]
