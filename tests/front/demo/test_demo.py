"""The demo's own pages: whom to be, a shop's page, the mail box, the look-book; and that they exist nowhere else."""

import re
from pathlib import Path

import httpx
import pytest

from madoguchi.app import DOORS, App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.edge.channels.email import verbs as mails
from madoguchi.edge.stores.demo.people import EMMA, MISAKI, PEOPLE
from madoguchi.front import demo
from madoguchi.front.demo.world import STAFF, welcome
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.kit.settings import Settings
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


async def _be(client: httpx.AsyncClient, **wish: str) -> httpx.Response:
    csrf = _CSRF.findall((await client.get("/demo")).text)[0]
    return await client.post("/demo/be", data={"csrf": csrf} | wish)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_pages_say_that_this_is_a_demo(site: Site, lang: str) -> None:
    client = await site.client(lang=lang)
    words = {"ja": "これはデモです", "en": "This is a demo", "zh": "演示", "ko": "데모"}[lang]
    for path in ("/demo", "/demo/shop", "/demo/mail", "/demo/look"):
        page = await client.get(path)
        assert page.status_code == 200, path
        assert words in page.text or path == "/demo/look", path
    names = (await client.get("/demo")).text
    assert all(person.customer.name in names for person in PEOPLE)
    assert all(colleague.name in names for colleague in STAFF)


async def test_one_becomes_a_customer_by_the_shops_word(site: Site) -> None:
    client = await site.client(lang="en")
    answer = await _be(client, kind="customer", ref=MISAKI.customer.ref)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    home = (await client.get("/")).text
    assert MISAKI.customer.name in home
    assert 'lang="ja"' in home
    assert site.value("select count(*) from shop_tokens_used") == 1


async def test_one_becomes_staff_and_leaves(site: Site) -> None:
    client = await site.client()
    answer = await _be(client, kind="staff", ref=STAFF[0].email, to="desk")
    assert answer.headers["location"] == "/desk"
    assert (await client.get("/desk")).status_code == 200
    session = client.cookies["session"]
    await _be(client, kind="nobody")
    client.cookies.set("session", session)
    assert (await client.get("/desk")).status_code == 303


async def test_nobody_else_can_be_become(site: Site) -> None:
    client = await site.client()
    before, sessions = site.counts(), site.value("select count(*) from sessions")
    for wish, status in (
        ({"kind": "customer", "ref": "CU-9999"}, 404),
        ({"kind": "customer", "ref": "CU-1001", "store": "nowhere"}, 404),
        ({"kind": "staff", "ref": "nobody@madoguchi.example"}, 404),
        ({"kind": "admin", "ref": ""}, 422),
        ({"kind": "staff", "ref": STAFF[0].email, "to": "https://evil.example"}, 422),
        ({"kind": "staff", "ref": STAFF[0].email, "role": "admin"}, 422),
    ):
        assert (await _be(client, **wish)).status_code == status, wish
    without = await client.post("/demo/be", data={"kind": "staff", "ref": STAFF[0].email})
    assert without.status_code == 403
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await client.post("/demo/be", data={"kind": "nobody"}, headers=foreign)).status_code == 403
    assert (site.counts(), site.value("select count(*) from sessions")) == (before, sessions)


async def test_customers_are_searched(site: Site) -> None:
    client = await site.client()
    assert "emma.wilson@example.com" in (await client.get("/demo", params={"q": "WILSON"})).text
    for nothing in ("%", "_", "\\", "<script>alert(1)</script>", "\u202e", "x" * 5000):
        page = await client.get("/demo", params={"q": nothing})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "emma.wilson@example.com" not in page.text


async def test_the_shop_hands_its_widget_a_token_that_signs_in_once(site: Site) -> None:
    client = await site.client()
    guest = (await client.get("/demo/shop")).text
    assert 'src="/widget.js"' in guest
    assert "data-token" not in guest.partition("<script src=")[2]
    page = (await client.get("/demo/shop", params={"as": EMMA.customer.ref})).text
    assert EMMA.orders[1].ref in page
    token = re.findall(r'data-token="([\w.-]{50,})"', page)[0]
    form = {"token": token, "next": "/orders"}
    answer = await client.post("/session/shop", data=form, headers={"origin": site.url})
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
    assert EMMA.customer.name in (await client.get("/")).text
    again = await (await site.client()).post("/session/shop", data=form, headers={"origin": site.url})
    assert again.status_code == 401
    assert (await client.get("/demo/shop", params={"as": "CU-9999"})).status_code == 200


RAW = """From: "<b>Shop</b>" <shop@example.jp>
To: {to}
Subject: =?utf-8?b?PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==?=
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=utf-8

<script>alert(2)</script>
--x
Content-Type: text/html; charset=utf-8

<p>Hello</p><script>alert(3)</script><img src=https://evil.example/x>
--x--
"""


async def test_mail_is_shown_shut_in(site: Site) -> None:
    for to in ("a@example.jp", "b@example.jp"):
        raw = RAW.format(to=to).replace("\n", "\r\n").encode()
        await site.services.db.run(SYSTEM, lambda tx: mails.catch(tx, raw, [to]))  # noqa: B023 - awaited at once
    client = await site.client()
    everything = (await client.get("/demo/mail")).text
    assert "a@example.jp" in everything
    assert "<script>alert" not in everything
    only = (await client.get("/demo/mail", params={"address": "b@example.jp"})).text
    assert "a@example.jp" not in only
    one = re.findall(r"/demo/mail/[0-9a-f-]{36}", only)[0]
    page = (await client.get(one)).text
    assert "&lt;script&gt;alert(2)" in page
    assert f'sandbox title="メールソフトでの表示" src="{one}/html"' in page
    html = await client.get(f"{one}/html")
    assert "<p>Hello</p>" in html.text
    policy = html.headers.get_list("content-security-policy")
    assert policy == ["sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"]
    assert (await client.get("/demo/mail/01890000-0000-7000-8000-000000000000")).status_code == 404


async def test_the_look_book_has_all_its_sheets(site: Site) -> None:
    client = await site.client()
    for sheet in ("", "/room", "/desk", "/embed"):
        assert (await client.get(f"/demo/look{sheet}")).status_code == 200
    assert (await client.get("/demo/look/none")).status_code == 404


async def test_outside_the_demo_the_door_is_not_there(site: Site, tmp_path: Path) -> None:
    assert demo not in DOORS
    app = App(site.services.settings, site.database_url, demo=False)
    await app.open()
    try:
        web, _ = await app.web()
        transport = httpx.ASGITransport(web)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=site.url) as client:
            for path in ("/demo", "/demo/shop", "/demo/mail", "/demo/look"):
                assert (await client.get(path)).status_code == 404, path
            assert (await client.post("/demo/be", data={"kind": "staff", "ref": STAFF[0].email})).status_code == 404
            assert (await client.post("/api/v1/demo/tokens", json={"email": "x@example.jp"})).status_code == 404
    finally:
        await app.close()


def test_the_welcome_names_pages_and_people() -> None:
    said = welcome(Settings())
    assert "http://127.0.0.1:8000/demo/shop" in said
    assert MISAKI.customer.name in said
    assert STAFF[-1].name in said
