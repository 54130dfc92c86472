"""Who somebody is: by a code to the address on file, by the shop's word; and leaving."""

import asyncio
import re
from datetime import timedelta

from madoguchi.core.people import tokens
from madoguchi.core.people.rules import CODE_TRIES, CODES_PER_HOUR
from madoguchi.edge.stores.demo.people import MISAKI, YOKO, Person
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock
from tests.conftest import NOW
from tests.front.counter.customer import Customer, guest, id_of, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def ask_code(visitor: Customer, email: str, next_: str = "") -> None:
    """Ask for a code to an address."""
    await visitor.get(f"/identify?next={next_}")
    await visitor.post("/identify", {"email": email, "next": next_})
    assert visitor.page.url.path == "/identify/code"


async def mailed_code(site: Site, person: Person) -> str:
    """The code that the person reads in their mail."""
    for _ in range(80):
        body = site.value(
            "select body from caught_mails where address = %s order by id desc limit 1", person.customer.email
        )
        if body:
            code = re.search(r"^\s*(\d{6})\s*$", str(body), re.MULTILINE)
            assert code, body
            return code[1]
        await asyncio.sleep(0.1)
    raise AssertionError(f"no code for {person.customer.email}")


async def test_a_code_makes_a_guest_the_customer_and_brings_the_chat_along(site: Site) -> None:
    visitor = await guest(site)
    other = await visitor.begin(reason="return.policy")
    await visitor.post(f"{other}/end")
    room = await visitor.begin(reason="order.cancel")
    await visitor.until(room, "ご本人確認")
    guests_cookie = visitor.http.cookies["session"]
    await ask_code(visitor, MISAKI.customer.email, room)
    code = await mailed_code(site, MISAKI)
    page = await visitor.post("/identify/code", {"code": f" {code[:3]} {code[3:]} ", "next": visitor.field("next")})
    assert page.url.path == room
    assert "ご本人確認が完了しました" in page.text
    await visitor.until(room, "どのご注文でしょうか")
    assert visitor.http.cookies["session"] != guests_cookie
    assert MISAKI.customer.name in (await visitor.get("/")).text

    attacker = await guest(site)
    attacker.http.cookies.set("session", guests_cookie)
    assert (await attacker.get(room)).url.path == "/identify", "who began the chat may not read on"
    count = "select count(*) from cases where customer_id = (select id from customers where store_ref = %s)"
    assert site.value(count, MISAKI.customer.ref) == 1, "only the open chat goes along"
    assert (await visitor.get(other)).status_code == 404


async def test_the_answer_never_tells_whether_an_address_is_known(site: Site) -> None:
    pages = []
    for email in (MISAKI.customer.email, "nobody@example.jp", MISAKI.customer.email.upper() + " "):
        visitor = await guest(site)
        await ask_code(visitor, email)
        pages.append(visitor.page.text.replace(visitor._csrf, ""))
        page = await visitor.post("/identify/code", {"code": "000000"})
        assert page.status_code == 422
        pages.append(page.text.replace(visitor._csrf, ""))
    assert len(set(pages)) == 2


async def test_a_code_dies_after_five_tries(site: Site) -> None:
    visitor = await guest(site)
    await ask_code(visitor, MISAKI.customer.email)
    code = await mailed_code(site, MISAKI)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(CODE_TRIES):
        page = await visitor.post("/identify/code", {"code": wrong})
        assert "認証コードが違います" in page.text
    page = await visitor.post("/identify/code", {"code": code})
    assert "有効期限が切れています" in page.text
    assert "佐藤" not in (await visitor.get("/")).text


async def test_a_code_is_good_in_its_own_browser_only(site: Site) -> None:
    here, there = await guest(site), await guest(site)
    await ask_code(here, MISAKI.customer.email)
    code = await mailed_code(site, MISAKI)
    await ask_code(there, "nobody@example.jp")
    assert (await there.post("/identify/code", {"code": code})).status_code == 422
    with clock.frozen(NOW + timedelta(minutes=11)):
        assert (await here.post("/identify/code", {"code": code})).status_code == 422


async def test_codes_are_few(site: Site) -> None:
    for n in range(CODES_PER_HOUR + 1):
        visitor = await guest(site)
        await visitor.get("/identify")
        page = await visitor.post("/identify", {"email": MISAKI.customer.email})
        assert page.status_code == (429 if n == CODES_PER_HOUR else 200)
    assert "1時間ほどおいてから" in page.text
    assert f'value="{MISAKI.customer.email}"' in page.text


async def test_what_is_no_address_is_told(site: Site) -> None:
    visitor = await guest(site)
    await visitor.get("/identify")
    for address in ("", "x", "a@b@c.jp", "<a@b.jp>", "a@b.jp,c@d.jp", "x" * 300 + "@a.jp"):
        page = await visitor.post("/identify", {"email": address})
        assert page.status_code == 422
        assert "メールアドレスの形式" in page.text


async def test_a_token_of_the_shop_is_good_once_and_from_the_shop(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin(reason="return.start")
    before = visitor.http.cookies["session"]
    token = site.shop_token(MISAKI)
    for origin in ("https://elsewhere.example", "null", ""):
        headers = {"origin": origin} if origin else {}
        assert (await visitor.send("/session/shop", {"token": token}, **headers)).status_code == 403
    page = await visitor.post("/session/shop", {"token": token, "next": room}, origin=site.url)
    assert page.url.path == room
    assert visitor.http.cookies["session"] != before
    assert site.value("select customer_id from cases where id = %s", id_of(room)) == site.value(
        "select id from customers where store_ref = %s", MISAKI.customer.ref
    )
    replay = await (await guest(site)).send("/session/shop", {"token": token}, origin=site.url)
    assert replay.status_code == 401
    assert "set-cookie" not in replay.headers or "session=" not in replay.headers["set-cookie"]


async def test_a_token_that_is_no_good_signs_nobody_in(site: Site) -> None:
    secret = site.services.shop_secrets(DEMO.id)
    old = tokens.issue(secret, DEMO.id, MISAKI.customer.ref, NOW - timedelta(hours=1))
    strange = tokens.issue(b"x" * 32, DEMO.id, MISAKI.customer.ref, NOW)
    nobody = tokens.issue(secret, DEMO.id, "CU-0", NOW)
    visitor = await guest(site)
    for token in (old, strange, nobody, "", "a.b.c", "x"):
        assert (await visitor.send("/session/shop", {"token": token}, origin=site.url)).status_code == 401
    framed = await visitor.send("/widget/session", {"token": old, "next": "/widget"}, origin=site.url)
    assert (framed.status_code, framed.headers["location"]) == (303, "/widget"), "a guest can be helped as well"
    assert site.value("select count(*) from sessions") == 0


async def test_after_leaving_nothing_opens_any_more(site: Site) -> None:
    customer = await signed_in(site, YOKO)
    cookie = customer.http.cookies["session"]
    await customer.get("/orders")
    answer = await customer.send("/session/end")
    assert answer.status_code == 303
    assert "storage" in answer.headers["clear-site-data"]
    customer.http.cookies.set("session", cookie)
    assert (await customer.get("/orders")).url.path == "/identify"
