"""Signing in at the desk, and out again."""

import httpx
import pytest

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.kit.db import Tx
from madoguchi.kit.security import hash_password
from tests.front.counter.customer import Customer, guest, signed_in
from tests.front.desk.associate import at_desk, in_line
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

MAIL = "haru@madoguchi.example"
PASSWORD = "窓口-correct-horse"


@pytest.fixture
async def haru(site: Site) -> Customer:
    """Somebody hired, before the sign-in page."""
    stored = await hash_password(PASSWORD)

    async def hire(tx: Tx) -> None:
        await add_staff(
            tx, email=MAIL, name="春", role=Role.ASSOCIATE, locale="ko", languages=["ko"], password_hash=stored
        )

    await site.services.db.run(SYSTEM, hire)
    visitor = await guest(site)
    await visitor.get("/desk/sign-in")
    return visitor


async def sign_in(visitor: Customer, email: str = MAIL, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await visitor.send("/desk/sign-in", {"email": email, "password": password} | more)


async def test_the_right_password_opens_the_desk_in_ones_language(haru: Customer) -> None:
    answer = await sign_in(haru, "Haru@Madoguchi.example ")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk"
    desk = await haru.get("/desk")
    assert "자리 비움" in desk.text
    assert "春" in desk.text


async def test_each_sign_in_gets_a_new_session_and_the_one_before_is_dead(site: Site, haru: Customer) -> None:
    await sign_in(haru)
    first = haru.http.cookies["session"]
    await haru.get("/desk")
    await sign_in(haru)
    assert haru.http.cookies["session"] != first
    late = await site.client()
    late.cookies.set("session", first)
    assert (await late.get("/desk")).status_code == 303


@pytest.mark.parametrize(
    ("email", "password"), [(MAIL, "wrong"), ("nobody@example.jp", PASSWORD), ("?", ""), (MAIL, "")]
)
async def test_every_wrong_guess_gets_the_same_answer(haru: Customer, email: str, password: str) -> None:
    answer = await haru.send("/desk/sign-in", {"email": email, "password": password}, accept="application/json")
    assert answer.status_code == 401
    assert answer.json()["code"] == "sign_in_failed"
    page = await sign_in(haru, email, password)
    assert page.status_code == 401
    assert "メールアドレスまたはパスワードが違います" in page.text
    assert password not in page.text or not password
    assert "session" not in haru.http.cookies


async def test_who_left_cannot_sign_in(site: Site, haru: Customer) -> None:
    await site.services.db.run(
        SYSTEM, lambda tx: tx.execute("update staff set active = false where email = %s", [MAIL])
    )
    assert (await sign_in(haru)).status_code == 401


async def test_guessing_is_slowed_down_by_account_and_by_source(site: Site, haru: Customer) -> None:
    answers = [await sign_in(haru, password=f"guess {n}") for n in range(9)]
    assert [a.status_code for a in answers][-1] == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = await guest(site)  # from the same source, with another name
    await other.get("/desk/sign-in")
    assert (await sign_in(other, "somebody@else.example", "x")).status_code == 429


async def test_a_bookmark_survives_the_sign_in(haru: Customer) -> None:
    wanted = "/desk/cases/0198f3a0-0000-7000-8000-000000000000"
    asked = await haru.get(wanted)
    assert asked.url.path == "/desk/sign-in"
    assert haru.field("next") == wanted
    assert (await sign_in(haru, next=wanted)).headers["location"] == wanted


@pytest.mark.parametrize(
    "wish", ["https://evil.example", "//evil.example", "/desk//evil", "/orders", "/desk/../orders"]
)
async def test_signing_in_leads_nowhere_else(haru: Customer, wish: str) -> None:
    assert (await sign_in(haru, next=wish)).headers["location"] == "/desk"


async def test_a_form_of_another_browser_is_refused(site: Site, haru: Customer) -> None:
    stranger = await site.client()
    answer = await stranger.post("/desk/sign-in", data={"email": MAIL, "password": PASSWORD, "csrf": haru._csrf})
    assert answer.status_code == 403
    assert "session" not in stranger.cookies


async def test_unknown_fields_are_refused(haru: Customer) -> None:
    answer = await sign_in(haru, role="admin")
    assert answer.status_code == 422
    assert "session" not in haru.http.cookies


async def test_signing_out_ends_the_session_and_gives_back_what_was_in_hand(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    token = aoi.http.cookies["session"]
    answer = await aoi.send("/desk/sign-out")
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache"'
    late = await site.client()
    late.cookies.set("session", token)
    assert (await late.get("/desk")).status_code == 303
    assert site.value("select state from cases where id = %s", caller.case_id) == "queued"
    assert site.value("select state from presence where staff_id = %s", aoi.actor.id) == "offline"


async def test_the_desk_is_not_for_customers(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    assert (await customer.get("/desk")).status_code == 403
    before = site.counts()
    answer = await customer.send("/desk/presence", {"state": "available"}, accept="application/json")
    assert answer.status_code == 403
    assert site.counts() == before
