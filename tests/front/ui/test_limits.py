"""Who comes too often hears when to come again, at every door; and by which address people are counted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import msgspec
import pytest

from madoguchi.edge.stores.demo.people import MISAKI, Story
from madoguchi.kit.security import RateLimit, Seats
from tests.front.counter.customer import guest, id_of, signed_in
from tests.front.desk.associate import JSON, at_desk, in_line, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

SESSIONS = "/api/v1/sessions"


def _allow(site: Site, kind: str, burst: int) -> None:
    msgspec.structs.force_setattr(site.services.limits, kind, RateLimit(0.01, burst))


def _waits(answer: httpx.Response) -> bool:
    return answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1


@pytest.fixture
async def proxied(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A proxy on this machine that the program trusts."""
    site.app.settings = msgspec.structs.replace(site.app.settings, trusted_proxies=("127.0.0.1",))
    web, services = await site.app.web()
    msgspec.structs.force_setattr(services.limits, "arrive", RateLimit(0.01, 1))
    transport = httpx.ASGITransport(app=web, client=("127.0.0.1", 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=site.url) as client:
        yield client


async def test_behind_a_proxy_each_visitor_counts_alone(proxied: httpx.AsyncClient) -> None:
    async def begin(forwarded: str) -> int:
        headers = {"x-forwarded-for": forwarded}
        return (await proxied.post(SESSIONS, json={"locale": "ja"}, headers=headers)).status_code

    assert await begin("198.51.100.1") == 201
    assert await begin("198.51.100.2") == 201
    assert await begin("198.51.100.1") == 429
    assert await begin("203.0.113.5, 198.51.100.2") == 429  # what the visitor wrote changes nothing


async def test_a_header_of_anybody_changes_nothing(site: Site) -> None:
    _allow(site, "arrive", 2)
    client = await site.client()
    answers = [
        await client.post(SESSIONS, json={"locale": "ja"}, headers={"x-forwarded-for": f"198.51.100.{n}"})
        for n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]


async def test_guests_of_one_address_open_few_chats_whatever_their_sessions(site: Site) -> None:
    _allow(site, "open", 2)
    guests = [await site.api() for _ in range(3)]
    opened = [await one.post("/api/v1/chats", json={"client_id": "c"}) for one in guests]
    assert [answer.status_code for answer in opened] == [201, 201, 429]
    assert _waits(opened[-1])
    known = await site.api(MISAKI)  # for whom the shop vouches
    assert (await known.post("/api/v1/chats", json={"client_id": "c"})).status_code == 201


async def test_proving_who_one_is_says_when_to_try_again(site: Site) -> None:
    _allow(site, "sign_in", 0)
    visitor = await guest(site)
    for path, fields in (("/identify", {"email": "a@example.jp"}), ("/identify/code", {"code": "123456"})):
        await visitor.get(path)
        answer = await visitor.send(path, dict(fields))
        assert _waits(answer)
        assert "続けて送信されました" in answer.text
        assert 'name="csrf"' in answer.text  # the form is still there


async def test_quotes_are_not_asked_for_too_often(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    order = await order_of(site, MISAKI.order(Story.CANCELLABLE))
    await customer.get(f"/orders/{order}/actions/order.cancel")
    program = await site.api(MISAKI)
    _allow(site, "write", 0)
    before = site.counts()
    assert _waits(await customer.send(f"/orders/{order}/actions/order.cancel", {"reason": "no_longer_needed"}))
    body = {"action": "order.cancel", "arguments": {"order_id": str(order)}}
    assert _waits(await program.post("/api/v1/quotes", json=body))
    assert site.counts() == before


@pytest.mark.parametrize("act", ["quotes", "quote", "transfer", "park", "wrap-up"])
async def test_the_desk_acts_at_a_pace(site: Site, act: str) -> None:
    caller = await in_line(site, MISAKI, order=MISAKI.order(Story.CANCELLABLE))
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    here = f"/desk/cases/{caller.case_id}"
    order = await order_of(site, MISAKI.order(Story.CANCELLABLE))
    asked = {"action": "order.cancel", "order_id": order}
    forms: dict[str, dict[str, object]] = {
        "quotes": asked,
        "transfer": {"to": "queue:support"},
        "park": {},
        "wrap-up": {"reason": "order.where", "outcome": "solved"},
    }
    path, fields = f"{here}/{act}", forms.get(act, {})
    if act == "quote":
        made = (await aoi.send(f"{here}/quotes", asked, **JSON)).json()["quote"]
        path, fields = f"{here}/quotes/{made}/confirmation", {"token": "x"}
    _allow(site, "write", 0)
    assert _waits(await aoi.send(path, fields, **JSON))


async def test_asking_for_news_again_and_again_is_slowed_down(site: Site) -> None:
    customer = await guest(site)
    case_id = id_of(await customer.begin(reason="service.human"))
    _allow(site, "visit", 1)
    answers = [await customer.get(f"/live?topics=case:{case_id}", accept="application/json") for _ in range(2)]
    assert answers[0].status_code == 200
    assert _waits(answers[1])


async def test_the_demo_hands_out_tokens_at_a_pace(site: Site) -> None:
    _allow(site, "visit", 1)
    client = await site.client()
    wish = {"store": "demo", "customer_ref": "CU-1001"}
    answers = [await client.post("/api/v1/demo/tokens", json=wish) for _ in range(2)]
    assert answers[0].status_code == 201
    assert _waits(answers[1])


async def test_this_machine_answers_to_its_names_and_to_no_others(site: Site) -> None:
    port = site.url.rpartition(":")[2]
    client = await site.client()
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        page = await client.get("/identify", headers={"host": host})
        assert page.status_code == 200, host
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        form = {"csrf": csrf, "email": f"{uuid4().hex}@example.jp"}
        own = await client.post("/identify", data=form, headers={"host": host, "origin": f"http://{host}"})
        assert own.status_code == 303, own.text
        other = await client.post("/identify", data=form, headers={"host": host, "origin": "http://evil.example"})
        assert other.status_code == 403
    for host in ("localhost", "localhost:1", f"evil.example:{port}", f"localhost.evil:{port}", f"127.0.0.2:{port}"):
        headers = {"host": host, "x-forwarded-host": f"localhost:{port}"}
        assert (await client.get("/", headers=headers)).status_code == 400, host


async def test_streams_are_few_for_a_session_and_for_an_address(site: Site) -> None:
    msgspec.structs.force_setattr(site.services.limits, "streams", Seats(2))
    async with AsyncExitStack() as open_ones:

        async def listen(program: httpx.AsyncClient, chat: str) -> int:
            request = program.build_request("GET", f"/api/v1/chats/{chat}/events")
            answer = await program.send(request, stream=True)
            open_ones.push_async_callback(answer.aclose)
            assert answer.status_code == 200 or _waits(answer)
            return answer.status_code

        async def begin() -> tuple[httpx.AsyncClient, str]:
            program = await site.api()
            return program, (await program.post("/api/v1/chats", json={"client_id": "c"})).json()["id"]

        first, second = await begin(), await begin()
        assert [await listen(*first) for _ in range(3)] == [200, 200, 429]
        assert await listen(*second) == 429  # the address is full
        aoi = await at_desk(site)  # an office is one address with many desks
        async with aoi.http.stream("GET", "/live?topics=queue:all", headers={"accept": "text/event-stream"}) as line:
            assert line.status_code == 200
    async with asyncio.timeout(5):
        while site.services.feeds.count:  # noqa: ASYNC110 - a line that was left tells nobody
            await asyncio.sleep(0.02)
    async with second[0].stream("GET", f"/api/v1/chats/{second[1]}/events") as line:
        assert line.status_code == 200


async def test_whoever_has_five_chats_is_told_so_on_pages_and_by_the_api(site: Site) -> None:
    program = await site.api(MISAKI)
    opened = [await program.post("/api/v1/chats", json={"client_id": str(n)}) for n in range(6)]
    assert [answer.status_code for answer in opened] == [201] * 5 + [409]
    assert opened[-1].json()["code"] == "too_many_chats"
    customer = await signed_in(site, MISAKI)
    await customer.get("/chat")
    refused = await customer.send("/chat", {"client_id": uuid4(), "fresh": True, "reason": "service.human"})
    assert refused.status_code == 409
    assert "進行中のチャットがすでに5件ございます" in refused.text
