"""No output of a seller holds anything of a customer: every route of theirs, every letter, every answer of the API."""

import json
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.kit import clock
from madoguchi.kit.jobs import Nothing
from madoguchi.service.sellers import jobs
from tests.conftest import NOW
from tests.front.counter.customer import Customer
from tests.front.counter.test_photos import picture
from tests.front.seller.merchant import BOWLS, Merchant, asked, claimed, merchant
from tests.house.routes import routes
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

CARD = "4111 1111 1111 1111"
TALK = """佐藤美咲（サトウ ミサキ、さとう みさき）です。{name} {kana} へ。
電話 {phone}、メール {email}、住所 {address}。カードは {card}、会員番号 {ref} です。"""
THE_DEMOS_OWN = ("/demo", "/api/docs")  # where anybody can be anybody, and what its people are examples of
KEPT_PUBLIC = {"JP", "ja", "demo", "東京都", "世田谷区", BOWLS}  # what says nothing about anybody
_IDS = """
select c.id::text from customers c where c.store_ref = %(ref)s
union select o.id::text from orders o join customers c on c.id = o.customer_id where c.store_ref = %(ref)s
union select s.id::text from sessions s join customers c on c.id = s.customer_id where c.store_ref = %(ref)s
union select o.store_ref from orders o join customers c on c.id = o.customer_id
      where c.store_ref = %(ref)s and o.store_ref <> %(order)s
"""


@pytest.fixture
async def told(site: Site) -> AsyncIterator[tuple[Merchant, UUID, str]]:
    """A customer who told everything about herself: asked, showed a photo, rated, claimed; the seller, two days on."""
    text = TALK.format_map(facts_of(site) | {"card": CARD})
    customer, case_id = await asked(site, text, topic="return")
    await customer.upload(f"/chat/{case_id}/attachments", picture(), name="佐藤美咲 090-0000-1001.jpg")
    await rate(site, customer, text)
    with clock.frozen(NOW + timedelta(hours=37)):
        await jobs.sweep(site.app.db, Nothing())
    with clock.frozen(NOW + timedelta(hours=49)):
        await jobs.sweep(site.app.db, Nothing())
        await site.quiet()
        claim = await claimed(site, text)
        hers = await merchant(site)
        yield hers, case_id, claim


async def test_every_page_of_a_seller(site: Site, told: tuple[Merchant, UUID, str]) -> None:
    """Walked as routes are served, so that a page that comes later is walked too."""
    hers, case_id, claim = told
    known = {"case_id": case_id, "claim_id": claim, "seq": photo_of(site, case_id)}
    found, seen = [], 0
    for route in await routes(site):
        if Role.SELLER not in route.access.at_work or route.method != "GET" or route.path.startswith(THE_DEMOS_OWN):
            continue
        for accept in ("text/html", "application/json"):
            answer = await hers.http.get(route.url(known), headers={"accept": accept})
            seen += answer.status_code == 200 and route.path.startswith("/seller")
            found += leaks(site, route.path, answer)
    assert found == [], "\n".join(found)
    assert seen > 10


async def test_every_answer_to_what_a_seller_sends(site: Site, told: tuple[Merchant, UUID, str]) -> None:
    hers, case_id, claim = told
    await hers.get(f"/seller/threads/{case_id}")
    thread, words = f"/seller/threads/{case_id}", {"client_id": "1", "text": "はい"}
    answers = [
        await hers.send(f"{thread}/entries", words),
        await hers.send(f"{thread}/entries", {"client_id": "2", "text": ""}),
        await hers.say(f"{thread}/entries", client_id="3", text="どうぞ"),
        await hers.upload(f"{thread}/attachments", picture()),
        await hers.upload(f"{thread}/attachments", b"no photo"),
        await hers.send(f"/seller/claims/{claim}/answers", {"answer": "refuse", "words": ""}),
        await hers.send(f"/seller/claims/{claim}/answers", {"answer": "refuse", "words": "写真どおりです"}),
        await hers.get(f"/seller/claims/{claim}"),
    ]
    assert [leak for answer in answers for leak in leaks(site, str(answer.url), answer)] == []
    assert [answer.status_code for answer in answers] == [303, 422, 200, 200, 422, 422, 303, 200]


async def test_doors_of_others_stay_shut_for_a_seller(site: Site, told: tuple[Merchant, UUID, str]) -> None:
    """With the very ids of the customer's things; a stream of events is one of these doors."""
    hers, case_id, claim = told
    order = str(site.value("select id from orders where store_ref = %s", BOWLS))
    customer = str(site.value("select id from customers where store_ref = %s", MISAKI.customer.ref))
    known = {"case_id": case_id, "chat_id": case_id, "order_id": order, "customer_id": customer, "claim_id": claim}
    shut = [route.url(known) for route in await routes(site) if Role.SELLER not in route.access.at_work]
    streams = [f"/live?topics={topic}" for topic in (f"case:{case_id}", "person", f"order:{order}")]
    wrong = []
    for path in [*shut, *streams]:
        answer = await hers.http.get(path, headers={"accept": "application/json"})
        shown = answer.status_code < 400 and not path.startswith("/api/")  # where cookies count for nothing
        if shown or answer.status_code >= 500:
            wrong.append(f"{path} {answer.status_code}")
        wrong += leaks(site, path, answer)
    assert wrong == []


async def test_every_letter_to_a_seller(site: Site, told: tuple[Merchant, UUID, str]) -> None:
    letters = rows(site, "select to_jsonb(m) from messages m where seller_person_id is not null")
    mails = rows(site, "select to_jsonb(m) from caught_mails m where address like '%%@sellers.example'")
    assert {letter["template"] for letter in letters} >= {"question_asked", "question_due", "question_overdue"}
    assert len(mails) >= 3
    found = [leak for row in (*letters, *mails) for leak in leaking(site, json.dumps(row, ensure_ascii=False))]
    assert found == [], "\n".join(found)


async def test_every_row_that_a_seller_could_read(site: Site, told: tuple[Merchant, UUID, str]) -> None:
    """Behind the second wall there is nothing either, were a page ever to show all that it can read."""
    hers, *_ = told
    found = []
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        tables = [name for (name,) in conn.execute(_TABLES).fetchall()]
        conn.execute("set role madoguchi_app")
        conn.execute("select set_config('madoguchi.actor', %s, false)", [hers.actor.key])
        for table in tables:
            readable = conn.execute(SQL("select to_jsonb(t) - 'order_id' from {} t").format(Identifier(table)))
            for (row,) in readable.fetchall():
                found += [f"{table}: {leak}" for leak in leaking(site, json.dumps(row, ensure_ascii=False))]
    assert {"entries", "seller_threads"} <= set(tables)
    assert found == [], "\n".join(found)


async def test_catches_a_leak(site: Site) -> None:
    assert list(leaking(site, "佐 藤 美咲"))
    assert list(leaking(site, "０９０-0000 1001"))
    assert list(leaking(site, "misaki.SATO@example.jp"))
    assert list(leaking(site, "有田焼 飯碗 × 2")) == []


_TABLES = """
select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  and has_table_privilege('madoguchi_app', c.oid, 'select') and c.relrowsecurity order by 1
"""


async def rate(site: Site, customer: Customer, comment: str) -> None:
    order_id = site.value("select id from orders where store_ref = %s", BOWLS)
    path = f"/orders/{order_id}/actions/seller.rate"
    await customer.get(path)
    assert (await customer.post(path, {"stars": "4", "comment": comment})).status_code == 200


def facts_of(site: Site) -> Mapping[str, str]:
    """What the shop knows of her."""
    person = MISAKI.customer
    assert person.address
    address = f"{person.address.city}{''.join(person.address.lines)}"
    return {"name": person.name, "kana": person.kana, "email": person.email, "ref": person.ref, "address": address} | {
        "phone": person.phone or ""
    }


def canaries(site: Site) -> Iterator[str]:
    """Everything that would tell who she is, and the ids of everything that is hers."""
    person = MISAKI.customer
    assert person.address
    words = {*facts_of(site).values(), person.family_name, person.given_name, *person.address.lines}
    words |= {person.address.postal_code, "さとうみさき", "サトウ", "ミサキ", CARD}
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        words |= {word for (word,) in conn.execute(_IDS, {"ref": person.ref, "order": BOWLS}).fetchall()}
    yield from (word for word in words if word and word not in KEPT_PUBLIC)


def leaks(site: Site, where: str, answer: httpx.Response) -> list[str]:
    """What an answer tells of her, its headers included."""
    text = answer.text if not answer.headers.get("content-type", "").startswith("image/") else ""
    told = text + json.dumps(dict(answer.headers), ensure_ascii=False)
    return [f"{where}: {leak}" for leak in leaking(site, told)]


def leaking(site: Site, text: str) -> Iterator[str]:
    """The canaries in a text, however they are spaced and whatever their width."""
    plain = _plain(text)
    return (word for word in canaries(site) if _plain(word) in plain)


def _plain(text: str) -> str:
    return re.sub(r"[\s\u3000–・-]", "", unicodedata.normalize("NFKC", text)).casefold()


def photo_of(site: Site, case_id: UUID) -> int:
    """The number of the photo in the thread."""
    return int(str(site.value("select seq from entries where case_id = %s and kind = 'file'", case_id)))


def rows(site: Site, query: str) -> list[dict[str, Any]]:
    """Rows as the owner reads them."""
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        return [row for (row,) in conn.execute(query.encode()).fetchall()]
